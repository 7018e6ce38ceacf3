"""Any sequence of operations on any device leaves what it leaves in a plain array of bytes."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpu_sim.spdk_sim.bdev.bdev import Descriptor
from dpu_sim.spdk_sim.bdev.errors import CompareFailedError, OutOfRangeError, UnsupportedError
from tests.unit.dpu_sim.spdk_sim.stacks import BLOCK, BLOCKS, build

STACKS = [
    "malloc",
    "aio",
    "fallocate",
    "limited over malloc",
    "passthru over malloc",
    "delay over malloc",
    "error over malloc",
    "crypto over malloc",
    "crypto over aio",
    "crypto over fallocate",
    "passthru over crypto over delay over error over limited over aio",
]

first = st.integers(0, BLOCKS - 1)
count = st.integers(1, 12)
fill = st.integers(0, 3)
operations = st.lists(
    st.one_of(
        st.tuples(st.just("read"), first, count),
        st.tuples(st.just("write"), first, count, fill),
        st.tuples(st.just("write_zeroes"), first, count),
        st.tuples(st.just("unmap"), first, count),
        st.tuples(st.just("compare"), first, count, fill),
        st.tuples(st.just("compare_and_write"), first, count, fill, st.booleans()),
        st.tuples(st.just("copy"), first, first, st.integers(1, 12)),
        st.tuples(st.just("flush")),
    ),
    max_size=25,
)


class Model:
    """What a device is: bytes."""

    def __init__(self) -> None:
        self.content = bytearray(BLOCKS * BLOCK)

    def part(self, start: int, blocks: int) -> slice:
        return slice(start * BLOCK, (start + blocks) * BLOCK)

    async def apply(self, device: Descriptor, operation: tuple[Any, ...]) -> None:
        """Carry an operation out on both; the outcomes are the same."""
        name, *arguments = operation
        if name == "flush":
            await device.flush()
        elif name == "copy":
            await self.copy(device, *arguments)
        elif arguments[0] + arguments[1] > BLOCKS:
            with pytest.raises(OutOfRangeError):
                await device.read(*arguments[:2])
        else:
            await getattr(self, name)(device, *arguments)

    async def read(self, device: Descriptor, start: int, blocks: int) -> None:
        assert await device.read(start, blocks) == self.content[self.part(start, blocks)]

    async def write(self, device: Descriptor, start: int, blocks: int, value: int) -> None:
        # Blocks of one write differ, so that mixed-up blocks show.
        data = b"".join(bytes([value, start + n]) * (BLOCK // 2) for n in range(blocks))
        await device.write(start, memoryview(data))
        self.content[self.part(start, blocks)] = data

    async def write_zeroes(self, device: Descriptor, start: int, blocks: int) -> None:
        await device.write_zeroes(start, blocks)
        self.content[self.part(start, blocks)] = bytes(blocks * BLOCK)

    async def unmap(self, device: Descriptor, start: int, blocks: int) -> None:
        try:
            await device.unmap(start, blocks)
        except UnsupportedError:
            assert "unmap" not in device.bdev.device.io_types
            return
        if device.bdev.device.zeroes_after_unmap:
            self.content[self.part(start, blocks)] = bytes(blocks * BLOCK)
        else:
            await self.write_zeroes(device, start, blocks)  # undefined until written

    async def compare(self, device: Descriptor, start: int, blocks: int, value: int) -> None:
        found = self.content[self.part(start, blocks)]
        await device.compare(start, found)
        expected = bytearray(found)
        expected[-value] ^= 1
        with pytest.raises(CompareFailedError) as caught:
            await device.compare(start, expected)
        assert caught.value.offset == (len(expected) - value) % len(expected)

    async def compare_and_write(
        self, device: Descriptor, start: int, blocks: int, value: int, right: bool
    ) -> None:
        expected = bytearray(self.content[self.part(start, blocks)])
        data = bytes([value]) * len(expected)
        if right:
            await device.compare_and_write(start, expected, data)
            self.content[self.part(start, blocks)] = data
            return
        expected[value] ^= 0xFF
        with pytest.raises(CompareFailedError):
            await device.compare_and_write(start, expected, data)

    async def copy(self, device: Descriptor, source: int, target: int, blocks: int) -> None:
        if max(source, target) + blocks > BLOCKS:
            with pytest.raises(OutOfRangeError):
                await device.copy(source, target, blocks)
            return
        await device.copy(source, target, blocks)
        self.content[self.part(target, blocks)] = self.content[self.part(source, blocks)]


@pytest.mark.parametrize("what", STACKS)
@settings(max_examples=25, deadline=None)
@given(sequence=operations)
def test_a_device_holds_what_a_plain_array_holds(
    what: str, sequence: list[tuple[Any, ...]]
) -> None:
    async def run(folder: Path) -> None:
        stack, model = build(what, folder), Model()
        device = stack.open()
        if what.startswith("crypto") or "over crypto" in what:
            await device.write_zeroes(0, BLOCKS)  # a new medium decrypts to noise
        for operation in sequence:
            await model.apply(device, operation)
        await model.read(device, 0, BLOCKS)
        await stack.registry.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))


@pytest.mark.parametrize("what", STACKS)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_blocks_written_by_many_at_a_time_are_each_whole(what: str, data: st.DataObject) -> None:
    """Of writes, and reads, that overlap and run together, no block is a mixture."""
    writes = data.draw(
        st.lists(st.tuples(st.integers(0, BLOCKS - 8), st.integers(1, 8)), min_size=8, max_size=32)
    )

    async def run(folder: Path) -> None:
        stack = build(what, folder)
        device = stack.open()
        await device.write(0, bytes(BLOCKS * BLOCK))

        async def check() -> None:
            content = await device.read(0, BLOCKS)
            for n in range(BLOCKS):
                block = content[n * BLOCK : (n + 1) * BLOCK]
                assert block == block[:1] * BLOCK

        async with asyncio.TaskGroup() as group:
            for number, (start, blocks) in enumerate(writes, 1):
                group.create_task(device.write(start, bytes([number]) * (blocks * BLOCK)))
                group.create_task(check())
        await check()
        await stack.registry.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))
