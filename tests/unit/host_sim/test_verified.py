"""The check behind verified I/O: what it accepts, and that it catches what it is there for."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_sim.operations import Operation, Operations
from host_sim.verified import CELL_BYTES, Cells, judge, stamped

small = st.integers(0, 1 << 40)


@given(run=small, cell=small, generation=small)
def test_a_stamp_is_recognised_and_nothing_else_is(run: int, cell: int, generation: int) -> None:
    data = stamped(run, cell, generation, CELL_BYTES)
    assert len(data) == CELL_BYTES
    assert judge(data, run, cell, generation, generation) == ""
    assert judge(data, run, cell, generation + 1, generation + 1) == "lost"
    assert judge(data, run, cell + 1, generation, generation) == "lost"
    assert judge(data, run + 1, cell, generation, generation) == "lost"


@given(generation=small, sector=st.integers(0, 7), at=st.integers(0, 511))
def test_one_byte_of_another_write_is_seen(generation: int, sector: int, at: int) -> None:
    data = bytearray(stamped(1, 2, generation, CELL_BYTES))
    data[sector * 512 + at] ^= 0xFF
    assert judge(bytes(data), 1, 2, generation, generation) in {"lost", "torn"}


def test_half_of_the_next_write_is_torn() -> None:
    old, new = (stamped(1, 2, generation, CELL_BYTES) for generation in (4, 5))
    assert judge(new[:2048] + old[2048:], 1, 2, 4, 5) == "torn"


class Disk(Operations):
    """A disk in memory that may forget: it tells of every write, but keeps only some."""

    def __init__(self) -> None:
        super().__init__(nsid=1, block_size=512)
        self.data = bytearray(1 << 16)
        self.keeps = True

    @property
    def max_blocks(self) -> int:
        return 64

    async def perform(self, operation: Operation) -> bytes | bytearray:
        start = operation.command.cdw10 * 512
        if operation.data is None:
            return self.data[start : start + operation.length]
        if self.keeps:
            self.data[start : start + len(operation.data)] = operation.data
        return b""


@pytest.mark.parametrize(("keeps", "verdict"), [(True, ""), (False, "lost")])
def test_a_write_that_is_acknowledged_and_forgotten_is_lost(keeps: bool, verdict: str) -> None:
    async def run() -> list[str]:
        disk = Disk()
        cells = Cells(disk, 4, run=1)
        await cells.write(2)
        before = await cells.check(2)
        disk.keeps = keeps
        await cells.write(2)
        return [before, await cells.check(2), await cells.check(3)]

    assert asyncio.run(run()) == ["", verdict, ""]
