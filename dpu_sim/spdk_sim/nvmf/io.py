"""The commands of an I/O queue: NVM Command Set Specification 1.0, section 3."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from dpu_sim.spdk_sim.bdev.device import Buffer, IoType
from dpu_sim.spdk_sim.nvmf.fused import FusedPairs
from dpu_sim.spdk_sim.nvmf.limits import Limits
from dpu_sim.spdk_sim.nvmf.outcome import CommandError, Outcome, Result
from dpu_sim.spdk_sim.nvmf.queue import Queue
from dpu_sim.spdk_sim.nvmf.view import NamespaceView
from nvmetcp.admin import ALL_NAMESPACES
from nvmetcp.command import Command
from nvmetcp.controller import QuickRead
from nvmetcp.io import (
    DEALLOCATE,
    Copy,
    DatasetManagement,
    IoOpcode,
    WriteZeroes,
    block_count,
    first_block,
    parse_ranges,
    parse_sources,
)
from nvmetcp.sgl import FUSE_MASK
from nvmetcp.status import Status

COPY_RANGES = 16
"""Source ranges of one Copy."""
COPY_BYTES = 1 << 20
"""Bytes of one source range."""
COMMAND_SIZE_LIMIT_EXCEEDED = 0x183

_FUA = 1 << 30
_READ, _WRITE, _COMPARE = int(IoOpcode.READ), int(IoOpcode.WRITE), int(IoOpcode.COMPARE)
_MOVES_DATA = frozenset({_READ, _WRITE, _COMPARE})
_CHANGES = frozenset(
    {
        IoOpcode.WRITE, IoOpcode.WRITE_ZEROES, IoOpcode.DATASET_MANAGEMENT, IoOpcode.COPY,
        IoOpcode.FLUSH,
    }
)  # fmt: skip
"""What a reservation that lets others read keeps them from."""

Views = dict[int, NamespaceView]
Reserve = Callable[[NamespaceView, Command, "bytes | None"], Result]


class IoCommands:
    """Carries out the commands of all I/O queues of a controller; `views` is the controller's."""

    def __init__(self, views: Views, limits: Limits, reserve: dict[int, Reserve]) -> None:
        """`reserve` are the reservation commands."""
        self.completed = 0
        self._views = views
        self._largest = limits.transfer
        self._limits = limits
        self._reserve = reserve
        self._fused = FusedPairs(self._compare_and_write)
        self._methods: dict[int, Callable[[NamespaceView, Command, Any], Outcome]] = {
            IoOpcode.FLUSH: self._flush,
            IoOpcode.WRITE: self._write,
            IoOpcode.READ: self._read,
            IoOpcode.COMPARE: self._compare,
            IoOpcode.WRITE_ZEROES: self._write_zeroes,
            IoOpcode.DATASET_MANAGEMENT: self._manage,
            IoOpcode.COPY: self._copy,
        }

    # -- at once

    def read_at_once(self, reads: list[QuickRead]) -> Sequence[Buffer]:
        """Blocks of one namespace, as long as that takes no waiting and nothing is unusual."""
        nsid = reads[0][1]
        view = self._views.get(nsid)
        if view is None or view.read_fault:
            return ()
        size, largest, ranges = view.block_size, self._largest, []
        for _, its, slba, control, length in reads:
            # The length differs also where there are flags in the upper half of `control`.
            if its != nsid or (control + 1) * size != length or length > largest:
                break
            ranges.append((slba, control + 1))
        contents = view.descriptor.read_many_now(ranges)
        self.completed += len(contents)
        return contents

    def write_at_once(self, nsid: int, slba: int, control: int, data: memoryview) -> bool:
        """Replace blocks, unless that takes waiting or anything is unusual."""
        view = self._views.get(nsid)
        if view is None or view.write_fault:
            return False
        if (control + 1) * view.block_size != len(data):
            return False
        done = view.write_now(slba, data)
        self.completed += done
        return done

    # -- in general

    def check(self, queue: Queue, command: Command, length: int) -> None:
        """Refuse what cannot succeed before its data are asked for. Raises CommandError."""
        if command.flags & FUSE_MASK or self._fused.expects(queue):
            self._fused.arrived(queue, command)
        opcode = command.opcode
        if opcode not in self._methods and opcode not in self._reserve:
            raise CommandError(Status.INVALID_OPCODE)
        if command.nsid == ALL_NAMESPACES and opcode == IoOpcode.FLUSH:
            return
        view = self._view(command)
        if opcode in _MOVES_DATA:
            self._check_blocks(view, command, length)

    def execute(self, queue: Queue, command: Command, data: bytes | None) -> Outcome:
        """Carry a command out, when its data have arrived. Raises CommandError, IoError."""
        self.completed += 1
        if command.nsid == ALL_NAMESPACES:
            return self._flush_all()
        view, opcode = self._view(command), command.opcode
        if command.flags & FUSE_MASK:
            return self._fused.ready(queue, view, command, data or b"")
        if reserve := self._reserve.get(opcode):
            return reserve(view, command, data)
        if fault := view.write_fault if opcode in _CHANGES else view.read_fault:
            raise CommandError(fault)
        return self._methods[opcode](view, command, data)

    def failed(self, queue: Queue, command: Command) -> None:
        """A command failed before it could be carried out."""
        if command.flags & FUSE_MASK:
            self._fused.failed(queue, command)

    def forget(self, queue: Queue) -> None:
        """A queue is gone."""
        self._fused.forget(queue)

    def _view(self, command: Command) -> NamespaceView:
        view = self._views.get(command.nsid)
        if view is None:
            raise CommandError(Status.INVALID_NAMESPACE)
        return view

    @staticmethod
    def _check_blocks(view: NamespaceView, command: Command, length: int) -> None:
        count = block_count(command)
        _check_range(view, first_block(command), count)
        if count * view.block_size > length:
            raise CommandError(Status.SGL_DATA_LENGTH_INVALID)

    # -- one by one

    def _read(self, view: NamespaceView, command: Command, _: Any) -> Outcome:
        first, count = first_block(command), block_count(command)
        data = view.read_now(first, count)
        return view.descriptor.read(first, count) if data is None else data

    def _write(self, view: NamespaceView, command: Command, data: bytes) -> Outcome:
        first, exact = first_block(command), _exact(view, command, data)
        durable = command.cdw12 & _FUA and view.supports(IoType.FLUSH)
        if not durable and view.write_now(first, exact):
            return None
        return _write_through(view, first, exact) if durable else _write(view, first, exact)

    def _compare(self, view: NamespaceView, command: Command, data: bytes) -> Outcome:
        return view.descriptor.compare(first_block(command), _exact(view, command, data))

    def _flush(self, view: NamespaceView, _: Command, __: Any) -> Outcome:
        return view.descriptor.flush() if view.supports(IoType.FLUSH) else None

    async def _flush_all(self) -> None:
        views = [one for one in self._views.values() if one.supports(IoType.FLUSH)]
        await asyncio.gather(*(one.descriptor.flush() for one in views))

    def _write_zeroes(self, view: NamespaceView, command: Command, _: Any) -> Outcome:
        wanted = WriteZeroes.of(command)
        _check_range(view, wanted.slba, wanted.nlb + 1)
        if (wanted.nlb + 1) * view.block_size > self._limits.zeroed:
            raise CommandError(Status.INVALID_FIELD)
        descriptor = view.descriptor
        if wanted.deallocate and _unmap_gives_zeroes(view):
            return descriptor.unmap(wanted.slba, wanted.nlb + 1)
        return descriptor.write_zeroes(wanted.slba, wanted.nlb + 1)

    def _manage(self, view: NamespaceView, command: Command, data: bytes | None) -> Outcome:
        wanted = DatasetManagement.of(command)
        ranges = parse_ranges(data or b"", wanted.nr + 1)
        for one in ranges:
            _check_range(view, one.slba, one.length)
            if one.length > self._limits.deallocated:
                raise CommandError(COMMAND_SIZE_LIMIT_EXCEEDED)
        if not wanted.attributes & DEALLOCATE or not view.supports(IoType.UNMAP):
            return None  # the rest are hints
        return _unmap(view, [(one.slba, one.length) for one in ranges if one.length])

    def _copy(self, view: NamespaceView, command: Command, data: bytes | None) -> Outcome:
        wanted = Copy.of(command)
        if wanted.form:
            raise CommandError(Status.INVALID_FIELD)
        if wanted.nr >= COPY_RANGES:
            raise CommandError(COMMAND_SIZE_LIMIT_EXCEEDED)
        sources = [(one.slba, one.nlb + 1) for one in parse_sources(data or b"", wanted.nr + 1)]
        for first, count in sources:
            _check_range(view, first, count)
            if count > copy_blocks(view):
                raise CommandError(COMMAND_SIZE_LIMIT_EXCEEDED)
        _check_range(view, wanted.sdlba, sum(count for _, count in sources))
        return _copy(view, sources, wanted.sdlba)

    async def _compare_and_write(
        self, view: NamespaceView, command: Command, expected: bytes, data: bytes
    ) -> Result:
        if view.write_fault:
            raise CommandError(view.write_fault)
        first = first_block(command)
        await view.descriptor.compare_and_write(
            first, _exact(view, command, expected), _exact(view, command, data)
        )
        return None


def copy_blocks(view: NamespaceView) -> int:
    """How many blocks one source range of Copy may have (MSSRL)."""
    return max(1, min(COPY_BYTES // view.block_size, 0xFFFF))


def _check_range(view: NamespaceView, first: int, count: int) -> None:
    if first + count > view.blocks:
        raise CommandError(Status.LBA_OUT_OF_RANGE)


def _exact(view: NamespaceView, command: Command, data: bytes | None) -> Buffer:
    """The data of the command's blocks; a host may describe more."""
    size = block_count(command) * view.block_size
    if data is None or len(data) < size:
        raise CommandError(Status.SGL_DATA_LENGTH_INVALID)
    return data if len(data) == size else memoryview(data)[:size]


def _unmap_gives_zeroes(view: NamespaceView) -> bool:
    return view.supports(IoType.UNMAP) and view.descriptor.bdev.device.zeroes_after_unmap


async def _write(view: NamespaceView, first: int, data: Buffer) -> None:
    await view.descriptor.write(first, data)


async def _write_through(view: NamespaceView, first: int, data: Buffer) -> None:
    await view.descriptor.write(first, data)
    await view.descriptor.flush()


async def _unmap(view: NamespaceView, ranges: list[tuple[int, int]]) -> None:
    for first, count in ranges:
        await view.descriptor.unmap(first, count)


async def _copy(view: NamespaceView, sources: list[tuple[int, int]], target: int) -> None:
    for first, count in sources:
        await view.descriptor.copy(first, target, count)
        target += count
