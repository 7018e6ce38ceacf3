"""Commands of the NVM command set, and the ranges that some of them carry."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, NamedTuple

from nvmetcp.command import Command, TypedCommand
from nvmetcp.errors import LocalProtocolError
from nvmetcp.record import Buffer, bits, parse_array, u8, u16, u64

FUSED_FIRST = 0x01
FUSED_SECOND = 0x02
MAX_RANGES = 256
DEALLOCATE = 0x04


class IoOpcode(IntEnum):
    """Opcodes of an I/O queue."""

    FLUSH = 0x00
    WRITE = 0x01
    READ = 0x02
    COMPARE = 0x05
    WRITE_ZEROES = 0x08
    DATASET_MANAGEMENT = 0x09
    RESERVATION_REGISTER = 0x0D
    RESERVATION_REPORT = 0x0E
    RESERVATION_ACQUIRE = 0x11
    RESERVATION_RELEASE = 0x15
    COPY = 0x19


def first_block(command: Command) -> int:
    """Return the first block of a Read, Write, Compare or Write Zeroes, fast."""
    return command.cdw10 | command.cdw11 << 32


def block_count(command: Command) -> int:
    """Return how many blocks such a command is about, fast."""
    return (command.cdw12 & 0xFFFF) + 1


@dataclass(slots=True, kw_only=True)
class _Blocks(TypedCommand):
    """Blocks `slba` to `slba + nlb`: `nlb` is 0's based."""

    slba: int = u64(40)
    nlb: int = u16(48)
    prinfo: int = bits(48, 4, 26, 4)
    fua: int = bits(48, 4, 30, 1)
    limited_retry: int = bits(48, 4, 31, 1)


@dataclass(slots=True, kw_only=True)
class Read(_Blocks):
    """Read blocks."""

    OPCODE: ClassVar[int] = IoOpcode.READ


@dataclass(slots=True, kw_only=True)
class Write(_Blocks):
    """Write blocks."""

    OPCODE: ClassVar[int] = IoOpcode.WRITE


@dataclass(slots=True, kw_only=True)
class Compare(_Blocks):
    """Compare blocks with the data sent."""

    OPCODE: ClassVar[int] = IoOpcode.COMPARE


@dataclass(slots=True, kw_only=True)
class WriteZeroes(_Blocks):
    """Make blocks read as zeros, with `deallocate` by giving them back."""

    OPCODE: ClassVar[int] = IoOpcode.WRITE_ZEROES
    deallocate: int = bits(48, 4, 25, 1)


@dataclass(slots=True, kw_only=True)
class Flush(TypedCommand):
    """Make what was written durable."""

    OPCODE: ClassVar[int] = IoOpcode.FLUSH


def fused(compare: Command, write: Command) -> tuple[Command, Command]:
    """Return a compare and a write as one fused operation; submit them one after the other."""
    if (compare.opcode, write.opcode) != (IoOpcode.COMPARE, IoOpcode.WRITE):
        raise LocalProtocolError("only compare and write can be fused")
    first = compare._replace(flags=compare.flags | FUSED_FIRST)
    return first, write._replace(flags=write.flags | FUSED_SECOND)


@dataclass(slots=True, kw_only=True)
class DatasetManagement(TypedCommand):
    """Tell about `nr` + 1 ranges, which follow; `attributes` holds DEALLOCATE."""

    OPCODE: ClassVar[int] = IoOpcode.DATASET_MANAGEMENT
    nr: int = u8(40)
    attributes: int = bits(44, 4, 0, 3)


class Range(NamedTuple):
    """`length` blocks from `slba` on."""

    attributes: int
    length: int
    slba: int


_RANGE = struct.Struct("<IIQ")


def pack_ranges(ranges: Sequence[Range]) -> bytes:
    """Return the data of Dataset Management: 1 to 256 ranges."""
    return _pack_all(_RANGE, ranges)


def parse_ranges(data: Buffer, count: int) -> list[Range]:
    """Read `count` ranges. Raises RemoteProtocolError when the data are short."""
    return [Range(*one) for one in parse_array(_RANGE, data, count)]


@dataclass(slots=True, kw_only=True)
class Copy(TypedCommand):
    """Copy `nr` + 1 source ranges, which follow, to `sdlba` and on; `form` is 0 here."""

    OPCODE: ClassVar[int] = IoOpcode.COPY
    sdlba: int = u64(40)
    nr: int = u8(48)
    form: int = bits(48, 4, 8, 4)
    fua: int = bits(48, 4, 30, 1)


class SourceRange(NamedTuple):
    """`nlb` + 1 blocks from `slba` on."""

    slba: int
    nlb: int


_SOURCE = struct.Struct("<8xQH14x")


def pack_sources(ranges: Sequence[SourceRange]) -> bytes:
    """Return the data of Copy: 1 to 256 source ranges of format 0, 32 bytes each."""
    return _pack_all(_SOURCE, ranges)


def parse_sources(data: Buffer, count: int) -> list[SourceRange]:
    """Read `count` source ranges. Raises RemoteProtocolError when the data are short."""
    return [SourceRange(*one) for one in parse_array(_SOURCE, data, count)]


def _pack_all(form: struct.Struct, ranges: Sequence[tuple[int, ...]]) -> bytes:
    if not 1 <= len(ranges) <= MAX_RANGES:
        raise LocalProtocolError(f"{len(ranges)} ranges, 1 to {MAX_RANGES} are possible")
    try:
        return b"".join(form.pack(*one) for one in ranges)
    except struct.error as error:
        raise LocalProtocolError(f"range: {error}") from error
