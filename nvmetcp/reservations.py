"""Reservations: which hosts may touch a namespace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from nvmetcp.command import TypedCommand
from nvmetcp.io import IoOpcode
from nvmetcp.record import Buffer, Record, bits, raw, u8, u16, u32, u64

HOLDER = 1  # of RegisteredController.rcsts


class RegisterAction(IntEnum):
    """What Reservation Register does."""

    REGISTER = 0
    UNREGISTER = 1
    REPLACE = 2


class AcquireAction(IntEnum):
    """What Reservation Acquire does."""

    ACQUIRE = 0
    PREEMPT = 1
    PREEMPT_AND_ABORT = 2


class ReleaseAction(IntEnum):
    """What Reservation Release does."""

    RELEASE = 0
    CLEAR = 1


class ReservationType(IntEnum):
    """Who may read and write beside the holder."""

    NONE = 0
    WRITE_EXCLUSIVE = 1
    EXCLUSIVE_ACCESS = 2
    WRITE_EXCLUSIVE_REGISTRANTS = 3
    EXCLUSIVE_ACCESS_REGISTRANTS = 4
    WRITE_EXCLUSIVE_ALL_REGISTRANTS = 5
    EXCLUSIVE_ACCESS_ALL_REGISTRANTS = 6


@dataclass(slots=True, kw_only=True)
class ReservationRegister(TypedCommand):
    """Register, unregister or replace a key; two keys follow. `cptpl` 2 clears, 3 sets PTPL."""

    OPCODE: ClassVar[int] = IoOpcode.RESERVATION_REGISTER
    action: int = bits(40, 4, 0, 3)
    ignore_key: int = bits(40, 4, 3, 1)
    cptpl: int = bits(40, 4, 30, 2)


@dataclass(slots=True, kw_only=True)
class ReservationAcquire(TypedCommand):
    """Take, or take away, a reservation; two keys follow."""

    OPCODE: ClassVar[int] = IoOpcode.RESERVATION_ACQUIRE
    action: int = bits(40, 4, 0, 3)
    ignore_key: int = bits(40, 4, 3, 1)
    rtype: int = u8(41)


@dataclass(slots=True, kw_only=True)
class ReservationRelease(TypedCommand):
    """Give a reservation back, or clear all; the key follows (`second` of Keys is not sent)."""

    OPCODE: ClassVar[int] = IoOpcode.RESERVATION_RELEASE
    action: int = bits(40, 4, 0, 3)
    ignore_key: int = bits(40, 4, 3, 1)
    rtype: int = u8(41)


@dataclass(slots=True, kw_only=True)
class ReservationReport(TypedCommand):
    """Ask for `numd` + 1 dwords of the report; `extended` for host identifiers of 128 bits."""

    OPCODE: ClassVar[int] = IoOpcode.RESERVATION_REPORT
    numd: int = u32(40)
    extended: int = bits(44, 4, 0, 1)


@dataclass(slots=True, kw_only=True)
class Keys(Record):
    """The current key, and the new one (Register) or the one to preempt (Acquire)."""

    SIZE: ClassVar[int] = 16
    current: int = u64(0)
    second: int = u64(8)


@dataclass(slots=True, kw_only=True)
class ReleaseKey(Record):
    """The current key."""

    SIZE: ClassVar[int] = 8
    current: int = u64(0)


@dataclass(slots=True, kw_only=True)
class ReportHeader(Record):
    """Start of a report: generation, type, number of registered controllers, persistence."""

    SIZE: ClassVar[int] = 24
    generation: int = u32(0)
    rtype: int = u8(4)
    regctl: int = u16(5)
    ptpls: int = u8(9)


@dataclass(slots=True, kw_only=True)
class RegisteredController(Record):
    """A registrant, with a host identifier of 64 bits."""

    SIZE: ClassVar[int] = 24
    cntlid: int = u16(0)
    rcsts: int = u8(2)
    hostid: bytes = raw(8, 8)
    rkey: int = u64(16)


@dataclass(slots=True, kw_only=True)
class ExtendedRegisteredController(Record):
    """A registrant, with a host identifier of 128 bits."""

    SIZE: ClassVar[int] = 64
    cntlid: int = u16(0)
    rcsts: int = u8(2)
    rkey: int = u64(8)
    hostid: bytes = raw(16, 16)


EXTENDED_START = 64

Registrants = Sequence[RegisteredController] | Sequence[ExtendedRegisteredController]


def pack_report(header: ReportHeader, registrants: Registrants, *, extended: bool) -> bytes:
    """Return a whole report; `regctl` is filled in."""
    header.regctl = len(registrants)
    start = header.pack().ljust(EXTENDED_START if extended else ReportHeader.SIZE, b"\0")
    return start + b"".join(one.pack() for one in registrants)


def parse_report(
    data: Buffer, *, extended: bool
) -> tuple[ReportHeader, list[RegisteredController | ExtendedRegisteredController]]:
    """Read a report as far as `data` go. Raises RemoteProtocolError without a whole header."""
    header = ReportHeader.parse(data)
    kind = ExtendedRegisteredController if extended else RegisteredController
    start = EXTENDED_START if extended else ReportHeader.SIZE
    view = memoryview(data)[start:]
    count = min(header.regctl, len(view) // kind.SIZE)
    return header, [kind.parse(view[index * kind.SIZE :]) for index in range(count)]
