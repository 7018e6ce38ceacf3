"""A block device as a SCSI logical unit: commands of SPC-4 and SBC-3 on descriptor blocks.

What is not carried out is refused with sense data that say why (SPC-4, 4.5.3, fixed format).
"""

from __future__ import annotations

import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dpu_sim.spdk_sim.bdev.bdev import Descriptor
from dpu_sim.spdk_sim.bdev.device import IoType
from dpu_sim.spdk_sim.bdev.errors import (
    IoError,
    NoMemoryError,
    NoSpaceError,
    OutOfRangeError,
    ReadFailedError,
    ReadOnlyError,
    RemovedError,
    UnsupportedError,
    WriteFailedError,
)
from dpu_sim.spdk_sim.vhost import scsi_pages as pages

GOOD, CHECK_CONDITION, BUSY = 0x00, 0x02, 0x08
"""Status of a command (SAM-5)."""

LARGEST_DATA = 16 << 20
"""Bytes of one read or write; initiators are told (block limits page)."""
UNMAP_BLOCKS, UNMAP_RANGES = 1 << 22, 256
"""Blocks and ranges of one UNMAP."""

_ILLEGAL_REQUEST, _NOT_READY, _MEDIUM_ERROR, _HARDWARE_ERROR, _DATA_PROTECT = 5, 2, 3, 4, 7
INVALID_OPCODE = (_ILLEGAL_REQUEST, 0x20, 0x00)
INVALID_FIELD = (_ILLEGAL_REQUEST, 0x24, 0x00)
INVALID_PARAMETER = (_ILLEGAL_REQUEST, 0x26, 0x00)
PARAMETER_LENGTH = (_ILLEGAL_REQUEST, 0x1A, 0x00)
OUT_OF_RANGE = (_ILLEGAL_REQUEST, 0x21, 0x00)
NO_UNIT = (_ILLEGAL_REQUEST, 0x25, 0x00)
"""(sense key, ASC, ASCQ)."""

_SENSES: tuple[tuple[type[IoError], tuple[int, int, int]], ...] = (
    (OutOfRangeError, OUT_OF_RANGE),
    (UnsupportedError, INVALID_OPCODE),
    (ReadOnlyError, (_DATA_PROTECT, 0x27, 0x00)),
    (NoSpaceError, (_DATA_PROTECT, 0x27, 0x07)),
    (ReadFailedError, (_MEDIUM_ERROR, 0x11, 0x00)),
    (WriteFailedError, (_MEDIUM_ERROR, 0x0C, 0x00)),
    (RemovedError, (_NOT_READY, 0x3A, 0x00)),
)
_INTERNAL_FAILURE = (_HARDWARE_ERROR, 0x44, 0x00)
_FUA, _PROTECT = 0x08, 0xE0
_UNMAP_RANGE = struct.Struct(">QII")


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended: data for the initiator, or sense data."""

    status: int = GOOD
    data: bytes | bytearray = b""
    sense: bytes = b""
    overrun: bool = False
    """The initiator has less room or data than the command needs."""
    used: int = 0
    """Bytes of the initiator's data that were needed."""


Answered = Answer | Awaitable[Answer]


@dataclass(frozen=True, slots=True)
class Given:
    """One command: its block, the initiator's data, and how much it has room for."""

    cdb: bytes
    data: memoryview
    room: int

    def field(self, start: int, size: int) -> int:
        """A number of the command's block."""
        return int.from_bytes(self.cdb[start : start + size], "big")


class RefusedError(Exception):
    """A command that is not carried out; `sense` is (key, ASC, ASCQ)."""

    def __init__(self, sense: tuple[int, int, int]) -> None:
        super().__init__(sense)
        self.sense = sense


def refused(sense: tuple[int, int, int]) -> Answer:
    """CHECK CONDITION with sense data."""
    return Answer(CHECK_CONDITION, sense=sense_data(*sense))


def sense_data(key: int, code: int, qualifier: int) -> bytes:
    """Sense data in the fixed format (18 bytes)."""
    return struct.pack(">BxB4xB4xBB4x", 0x70, key, 10, code, qualifier)


class LogicalUnit:
    """The commands of one logical unit."""

    def __init__(self, descriptor: Descriptor) -> None:
        self.descriptor = descriptor
        self._commands: dict[int, Callable[[Given], Answered]] = {
            0x00: self._nothing,  # TEST UNIT READY
            0x03: self._request_sense,
            0x08: lambda given: self._read(given, given.field(1, 3) & 0x1FFFFF, _count6(given)),
            0x0A: lambda given: self._write(given, given.field(1, 3) & 0x1FFFFF, _count6(given)),
            0x12: self._inquire,
            0x1A: lambda given: self._mode_sense(given, given.field(4, 1), long=False),
            0x1B: self._nothing,  # START STOP UNIT
            0x25: self._capacity10,
            0x28: lambda given: self._read(given, given.field(2, 4), given.field(7, 2)),
            0x2A: lambda given: self._write(given, given.field(2, 4), given.field(7, 2)),
            0x35: self._synchronize,
            0x42: self._unmap,
            0x5A: lambda given: self._mode_sense(given, given.field(7, 2), long=True),
            0x88: lambda given: self._read(given, given.field(2, 8), given.field(10, 4)),
            0x8A: lambda given: self._write(given, given.field(2, 8), given.field(10, 4)),
            0x91: self._synchronize,
            0x9E: self._capacity16,
            0xA0: report_units,
            0xA8: lambda given: self._read(given, given.field(2, 4), given.field(6, 4)),
            0xAA: lambda given: self._write(given, given.field(2, 4), given.field(6, 4)),
        }

    def execute(self, given: Given) -> Answered:
        """Carry a command out; at once where that is possible."""
        command = self._commands.get(given.cdb[0])
        if command is None:
            return refused(INVALID_OPCODE)
        try:
            return command(given)
        except RefusedError as error:
            return refused(error.sense)
        except IoError as error:
            return failed(error)

    @property
    def _size(self) -> int:
        return self.descriptor.bdev.geometry.block_size

    def _supports(self, kind: IoType) -> bool:
        return kind in self.descriptor.bdev.device.io_types

    # -- what it is

    def _nothing(self, _: Given) -> Answer:
        return Answer()

    def _request_sense(self, given: Given) -> Answer:
        return _limited(sense_data(0, 0, 0), given.field(4, 1))

    def _inquire(self, given: Given) -> Answer:
        vital, page, length = given.cdb[1] & 1, given.cdb[2], given.field(3, 2)
        if given.cdb[1] & 2 or (page and not vital):
            raise RefusedError(INVALID_FIELD)
        if not vital:
            return _limited(pages.inquiry(self.descriptor.bdev), length)
        content = pages.vital_product_data(self.descriptor.bdev, page)
        if content is None:
            raise RefusedError(INVALID_FIELD)
        return _limited(content, length)

    def _mode_sense(self, given: Given, length: int, *, long: bool) -> Answer:
        control, page, subpage = given.cdb[2] >> 6, given.cdb[2] & 0x3F, given.cdb[3]
        cache, readonly = self._supports(IoType.FLUSH), self.descriptor.bdev.device.readonly
        content = pages.modes(page, changeable=control == 1, cache=cache)
        if content is None or subpage not in (0, 0xFF) or control == 3:
            raise RefusedError(INVALID_FIELD)
        flags = 0x80 * readonly | 0x10  # FUA is known
        if long:
            header = struct.pack(">HBBHH", len(content) + 6, 0, flags, 0, 0)
        else:
            header = bytes((len(content) + 3, 0, flags, 0))
        return _limited(header + content, length)

    def _capacity10(self, _: Given) -> Answer:
        last = self.descriptor.bdev.geometry.blocks - 1
        return Answer(data=struct.pack(">II", min(last, 0xFFFFFFFF), self._size))

    def _capacity16(self, given: Given) -> Answer:
        if given.cdb[1] & 0x1F != 0x10:
            raise RefusedError(INVALID_OPCODE)
        bdev = self.descriptor.bdev
        thin = self._supports(IoType.UNMAP)
        flags = 0x80 * thin | 0x40 * (thin and bdev.device.zeroes_after_unmap)
        last = bdev.geometry.blocks - 1
        return _limited(struct.pack(">QIxxB17x", last, self._size, flags), given.field(10, 4))

    # -- data

    def _read(self, given: Given, first: int, count: int) -> Answered:
        self._check(given, first, count)
        if not count:
            return Answer()
        if count * self._size > given.room:
            return Answer(overrun=True)
        content = self.descriptor.read_now(first, count)
        return _read(self.descriptor, first, count) if content is None else Answer(data=content)

    def _write(self, given: Given, first: int, count: int) -> Answered:
        self._check(given, first, count)
        if not count:
            return Answer()
        size = count * self._size
        if size > len(given.data):
            return Answer(overrun=True)
        durable = given.cdb[0] != 0x0A and given.cdb[1] & _FUA and self._supports(IoType.FLUSH)
        data = given.data[:size]
        if not durable and self.descriptor.write_now(first, data):
            return Answer(used=size)
        return _write(self.descriptor, first, data, bool(durable))

    def _check(self, given: Given, first: int, count: int) -> None:
        if given.cdb[0] not in (0x08, 0x0A) and given.cdb[1] & _PROTECT:
            raise RefusedError(INVALID_FIELD)
        if first + count > self.descriptor.bdev.geometry.blocks:
            raise RefusedError(OUT_OF_RANGE)
        if count * self._size > LARGEST_DATA:
            raise RefusedError(INVALID_FIELD)

    def _synchronize(self, given: Given) -> Answered:
        long = given.cdb[0] == 0x91
        first, count = given.field(2, 8 if long else 4), given.field(*((10, 4) if long else (7, 2)))
        if first + count > self.descriptor.bdev.geometry.blocks:
            raise RefusedError(OUT_OF_RANGE)
        return _flush(self.descriptor) if self._supports(IoType.FLUSH) else Answer()

    def _unmap(self, given: Given) -> Answered:
        if not self._supports(IoType.UNMAP):
            raise RefusedError(INVALID_OPCODE)
        length = given.field(7, 2)
        if length > len(given.data):
            return Answer(overrun=True)
        ranges = unmap_ranges(given.data[:length])
        blocks = self.descriptor.bdev.geometry.blocks
        if len(ranges) > UNMAP_RANGES or sum(count for _, count in ranges) > UNMAP_BLOCKS:
            raise RefusedError(INVALID_PARAMETER)
        if any(first + count > blocks for first, count in ranges):
            raise RefusedError(OUT_OF_RANGE)
        wanted = [(first, count) for first, count in ranges if count]
        return _unmap(self.descriptor, wanted, length)


def report_units(given: Given) -> Answer:
    """REPORT LUNS: a target has one, number 0."""
    if given.field(6, 4) < 16:
        return refused(INVALID_FIELD)
    return _limited(struct.pack(">II8x", 8, 0), given.field(6, 4))


def unmap_ranges(data: memoryview) -> list[tuple[int, int]]:
    """(first block, blocks) of each range of UNMAP (SBC-3, 5.28).

    Raises RefusedError: the list is shorter than it says.
    """
    if not data:
        return []
    if len(data) < 8:
        raise RefusedError(PARAMETER_LENGTH)
    size = min(int.from_bytes(data[2:4], "big"), len(data) - 8)
    whole = size - size % _UNMAP_RANGE.size
    return [(first, count) for first, count, _ in _UNMAP_RANGE.iter_unpack(data[8 : 8 + whole])]


def absent_unit(given: Given) -> Answer:
    """The answer of a logical unit that does not exist (SPC-4, 5.12)."""
    opcode = given.cdb[0]
    if opcode == 0xA0:
        return report_units(given)
    if opcode == 0x12 and not given.cdb[1] & 3 and not given.cdb[2]:
        return _limited(pages.no_unit(), given.field(3, 2))
    if opcode == 0x03:
        return _limited(sense_data(*NO_UNIT), given.field(4, 1))
    return refused(NO_UNIT)


def failed(error: IoError) -> Answer:
    """What an initiator is told of I/O that failed."""
    if isinstance(error, NoMemoryError):
        return Answer(BUSY)
    return refused(next((s for kind, s in _SENSES if isinstance(error, kind)), _INTERNAL_FAILURE))


def _count6(given: Given) -> int:
    """Blocks of READ (6) and WRITE (6): none is 256."""
    return given.cdb[4] or 256


def _limited(data: bytes, length: int) -> Answer:
    return Answer(data=data[:length])


async def _read(descriptor: Descriptor, first: int, count: int) -> Answer:
    try:
        return Answer(data=await descriptor.read(first, count))
    except IoError as error:
        return failed(error)


async def _write(descriptor: Descriptor, first: int, data: memoryview, durable: bool) -> Answer:
    try:
        await descriptor.write(first, data)
        if durable:
            await descriptor.flush()
    except IoError as error:
        return failed(error)
    return Answer(used=len(data))


async def _flush(descriptor: Descriptor) -> Answer:
    try:
        await descriptor.flush()
    except IoError as error:
        return failed(error)
    return Answer()


async def _unmap(descriptor: Descriptor, ranges: list[tuple[int, int]], length: int) -> Answer:
    try:
        for first, count in ranges:
            await descriptor.unmap(first, count)
    except IoError as error:
        return failed(error)
    return Answer(used=length)
