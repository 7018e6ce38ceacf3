"""The operations of a namespace: from blocks and bytes to commands."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Sequence
from typing import Any, NamedTuple

from nvmetcp.command import Command, make_command
from nvmetcp.io import (
    DEALLOCATE,
    MAX_RANGES,
    Copy,
    DatasetManagement,
    Flush,
    IoOpcode,
    Range,
    SourceRange,
    WriteZeroes,
    fused,
    pack_ranges,
    pack_sources,
)
from nvmetcp.record import Buffer
from nvmetcp.reservations import (
    AcquireAction,
    ExtendedRegisteredController,
    Keys,
    RegisterAction,
    RegisteredController,
    ReleaseAction,
    ReleaseKey,
    ReportHeader,
    ReservationAcquire,
    ReservationRegister,
    ReservationRelease,
    ReservationReport,
    ReservationType,
    parse_report,
)
from nvmetcp.sgl import PSDT_SGL

_LOW = 0xFFFFFFFF
_FUA = 1 << 30
_MOST_ZEROES = 1 << 16  # blocks of one Write Zeroes
_REPORT = 4096
_READ = int(IoOpcode.READ)
_NAMES = {IoOpcode.WRITE: "write", IoOpcode.COMPARE: "compare"}


class Operation(NamedTuple):
    """A command with its data; `repeatable` if doing it twice is the same as once.

    `fused` is the second command of a fused operation, with its data.
    """

    what: str
    command: Command
    data: Buffer | None = None
    length: int = 0
    repeatable: bool = True
    fused: tuple[Command, Buffer] | None = None


class Operations(ABC):
    """What a namespace can do. `perform` carries an operation out and raises HostErrors."""

    def __init__(self, nsid: int, block_size: int) -> None:
        self.nsid = nsid
        self.block_size = block_size
        blank = make_command(0, nsid)
        self._middle = blank[3:10]  # of every command here, between identifier and dword 10

    @abstractmethod
    async def perform(self, operation: Operation) -> bytes | bytearray:
        """Carry an operation out; return the data that came back."""

    @property
    @abstractmethod
    def max_blocks(self) -> int:
        """The most blocks that one command may be about."""

    # -- data

    def read(self, slba: int, blocks: int) -> Coroutine[Any, Any, bytes | bytearray]:
        """The content of `blocks` blocks from `slba` on."""
        if blocks <= self.max_blocks:
            return self.perform(self._reading(slba, blocks))
        return self._read_in_parts(slba, blocks)

    async def _read_in_parts(self, slba: int, blocks: int) -> bytes:
        most = self.max_blocks
        parts = [
            self._reading(start, min(most, slba + blocks - start))
            for start in range(slba, slba + blocks, most)
        ]
        return b"".join(await asyncio.gather(*(self.perform(one) for one in parts)))

    async def write(self, slba: int, data: Buffer, *, fua: bool = False) -> None:
        """Replace blocks from `slba` on; `data` must not change before the call returns.

        `fua` returns only when the data are durable. Raises ValueError for parts of blocks.
        """
        view = memoryview(data).cast("B")
        blocks = self._blocks_of(view)
        most = self.max_blocks
        if blocks <= most:
            await self.perform(self._writing(IoOpcode.WRITE, slba, view, fua))
            return
        step = most * self.block_size
        parts = [
            self._writing(IoOpcode.WRITE, slba + n * most, view[start : start + step], fua)
            for n, start in enumerate(range(0, len(view), step))
        ]
        await asyncio.gather(*(self.perform(one) for one in parts))

    async def compare(self, slba: int, data: Buffer) -> None:
        """Raise NvmeError, COMPARE_FAILURE, unless the blocks hold `data`."""
        view = memoryview(data).cast("B")
        self._blocks_of(view)
        await self.perform(self._writing(IoOpcode.COMPARE, slba, view, fua=False))

    async def compare_and_write(self, slba: int, expected: Buffer, data: Buffer) -> None:
        """Write `data` if the blocks hold `expected`, as one fused operation.

        Raises NvmeError, COMPARE_FAILURE, if they do not; not repeated when a path is lost.
        """
        before, after = memoryview(expected).cast("B"), memoryview(data).cast("B")
        if self._blocks_of(before) != self._blocks_of(after):
            raise ValueError("data of different length")
        compare = self._writing(IoOpcode.COMPARE, slba, before, fua=False)
        write = self._writing(IoOpcode.WRITE, slba, after, fua=False)
        first, second = fused(compare.command, write.command)
        await self.perform(Operation("compare and write", first, before, 0, False, (second, after)))

    async def flush(self) -> None:
        """Make every write that was acknowledged durable."""
        await self.perform(Operation("flush", Flush(nsid=self.nsid).command()))

    async def write_zeroes(self, slba: int, blocks: int, *, deallocate: bool = False) -> None:
        """Make blocks read as zeroes."""
        for start in range(slba, slba + blocks, _MOST_ZEROES):
            count = min(_MOST_ZEROES, slba + blocks - start)
            command = WriteZeroes(
                nsid=self.nsid, slba=start, nlb=count - 1, deallocate=deallocate
            ).command()
            await self.perform(Operation("write zeroes", command))

    async def deallocate(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Give blocks back: (first, number) each; at most 256 ranges go in one command."""
        for start in range(0, len(ranges), MAX_RANGES):
            part = [Range(0, count, slba) for slba, count in ranges[start : start + MAX_RANGES]]
            command = DatasetManagement(nsid=self.nsid, nr=len(part) - 1, attributes=DEALLOCATE)
            data = pack_ranges(part)
            await self.perform(Operation("dataset management", command.command(), data))

    async def copy(self, source: int, destination: int, blocks: int) -> None:
        """Copy blocks within the namespace; not repeated when a path is lost."""
        command = Copy(nsid=self.nsid, sdlba=destination).command()
        data = pack_sources([SourceRange(source, blocks - 1)])
        await self.perform(Operation("copy", command, data, repeatable=False))

    # -- reservations

    async def register(self, key: int, new_key: int = 0,
                       action: RegisterAction = RegisterAction.REGISTER, *,
                       ignore_key: bool = False) -> None:  # fmt: skip
        """Register, replace or take back a reservation key: `new_key` is the one to register."""
        command = ReservationRegister(nsid=self.nsid, action=action, ignore_key=ignore_key)
        data = Keys(current=key, second=new_key).pack()
        await self._reserve("reservation register", command.command(), data)

    async def acquire(self, key: int, kind: ReservationType, preempted: int = 0,
                      action: AcquireAction = AcquireAction.ACQUIRE) -> None:  # fmt: skip
        """Take the reservation, or take it away from whoever registered `preempted`."""
        command = ReservationAcquire(nsid=self.nsid, action=action, rtype=kind)
        data = Keys(current=key, second=preempted).pack()
        await self._reserve("reservation acquire", command.command(), data)

    async def release(
        self, key: int, kind: ReservationType, action: ReleaseAction = ReleaseAction.RELEASE
    ) -> None:
        """Give the reservation back, or clear all registrations."""
        command = ReservationRelease(nsid=self.nsid, action=action, rtype=kind)
        data = ReleaseKey(current=key).pack()
        await self._reserve("reservation release", command.command(), data)

    async def report(
        self,
    ) -> tuple[ReportHeader, list[RegisteredController | ExtendedRegisteredController]]:
        """Who has registered, and who holds the reservation; up to 63 registrants."""
        command = ReservationReport(nsid=self.nsid, numd=_REPORT // 4 - 1, extended=1).command()
        operation = Operation("reservation report", command, length=_REPORT)
        return parse_report(await self.perform(operation), extended=True)

    async def _reserve(self, what: str, command: Command, data: bytes) -> None:
        await self.perform(Operation(what, command, data, repeatable=False))

    # -- commands

    def _command(self, opcode: int, slba: int, dword12: int) -> Command:
        """A command about blocks, quicker than by name."""
        return tuple.__new__(
            Command,
            (opcode, PSDT_SGL, 0, *self._middle, slba & _LOW, slba >> 32, dword12, 0, 0, 0),
        )

    def _reading(self, slba: int, blocks: int) -> Operation:
        command = self._command(_READ, slba, blocks - 1)
        return Operation("read", command, None, blocks * self.block_size)

    def _writing(self, opcode: IoOpcode, slba: int, data: memoryview, fua: bool) -> Operation:
        dword12 = len(data) // self.block_size - 1 | (_FUA if fua else 0)
        command = self._command(opcode, slba, dword12)
        return Operation(_NAMES[opcode], command, data, 0, opcode != IoOpcode.COMPARE)

    def _blocks_of(self, data: memoryview) -> int:
        blocks, rest = divmod(len(data), self.block_size)
        if rest or not blocks:
            raise ValueError(f"{len(data)} bytes are no blocks of {self.block_size}")
        return blocks
