"""Admin commands but for the structures they carry: see identify, logpages and features."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from nvmetcp.command import TypedCommand
from nvmetcp.record import bits, u8, u16, u32, u64

ALL_NAMESPACES = 0xFFFFFFFF
NOT_ABORTED = 1  # bit 0 of the result of Abort


class AdminOpcode(IntEnum):
    """Opcodes of the admin queue."""

    GET_LOG_PAGE = 0x02
    IDENTIFY = 0x06
    ABORT = 0x08
    SET_FEATURES = 0x09
    GET_FEATURES = 0x0A
    ASYNC_EVENT_REQUEST = 0x0C
    KEEP_ALIVE = 0x18
    FABRICS = 0x7F


@dataclass(slots=True, kw_only=True)
class Identify(TypedCommand):
    """Ask for one of the structures in identify.py; 4096 bytes come back."""

    OPCODE: ClassVar[int] = AdminOpcode.IDENTIFY
    cns: int = u8(40)
    cntid: int = u16(42)
    cnssid: int = u16(44)
    csi: int = u8(47)
    uuid_index: int = bits(56, 1, 0, 7)


@dataclass(slots=True, kw_only=True)
class GetLogPage(TypedCommand):
    """Ask for `size` bytes of a log page from byte `offset`; `rae` keeps the event pending."""

    OPCODE: ClassVar[int] = AdminOpcode.GET_LOG_PAGE
    lid: int = u8(40)
    lsp: int = bits(40, 4, 8, 7)
    rae: int = bits(40, 4, 15, 1)
    numdl: int = u16(42)
    numdu: int = u16(44)
    lsi: int = u16(46)
    offset: int = u64(48)
    uuid_index: int = bits(56, 4, 0, 7)
    csi: int = u8(59)

    @property
    def size(self) -> int:
        """How many bytes are asked for."""
        return ((self.numdl | self.numdu << 16) + 1) * 4

    @size.setter
    def size(self, size: int) -> None:
        dwords = size // 4 - 1
        self.numdl, self.numdu = dwords & 0xFFFF, dwords >> 16


@dataclass(slots=True, kw_only=True)
class SetFeatures(TypedCommand):
    """Change a feature; `value` is dword 11."""

    OPCODE: ClassVar[int] = AdminOpcode.SET_FEATURES
    fid: int = u8(40)
    save: int = bits(40, 4, 31, 1)
    value: int = u32(44)


@dataclass(slots=True, kw_only=True)
class GetFeatures(TypedCommand):
    """Read a feature; `select` is 0 current, 1 default, 2 saved, 3 capabilities."""

    OPCODE: ClassVar[int] = AdminOpcode.GET_FEATURES
    fid: int = u8(40)
    select: int = bits(40, 4, 8, 3)
    value: int = u32(44)


@dataclass(slots=True, kw_only=True)
class AsyncEventRequest(TypedCommand):
    """Completes when something happens."""

    OPCODE: ClassVar[int] = AdminOpcode.ASYNC_EVENT_REQUEST


@dataclass(slots=True, kw_only=True)
class Abort(TypedCommand):
    """Give up command `cid` of queue `sqid`, at best effort."""

    OPCODE: ClassVar[int] = AdminOpcode.ABORT
    sqid: int = u16(40)
    cid: int = u16(42)


@dataclass(slots=True, kw_only=True)
class KeepAlive(TypedCommand):
    """The host is there."""

    OPCODE: ClassVar[int] = AdminOpcode.KEEP_ALIVE


class EventType(IntEnum):
    """Bits 2:0 of the result of an asynchronous event."""

    ERROR = 0
    SMART = 1
    NOTICE = 2
    IMMEDIATE = 3
    IO_COMMAND_SET = 6


class Notice(IntEnum):
    """Event information of a notice."""

    NAMESPACE_ATTRIBUTE = 0x00
    FIRMWARE_ACTIVATION = 0x01
    ANA_CHANGE = 0x03
    DISCOVERY_CHANGE = 0xF0


@dataclass(frozen=True, slots=True)
class AsyncEvent:
    """What an asynchronous event tells: type, information, and the log page that has more."""

    kind: int
    information: int
    log_page: int

    @property
    def result(self) -> int:
        """The result (dword 0) of the request's completion."""
        return self.kind | self.information << 8 | self.log_page << 16

    @classmethod
    def of(cls, result: int) -> AsyncEvent:
        """Read the result of a completion."""
        return cls(result & 7, result >> 8 & 0xFF, result >> 16 & 0xFF)


NAMESPACE_CHANGED = AsyncEvent(EventType.NOTICE, Notice.NAMESPACE_ATTRIBUTE, 0x04)
ANA_CHANGED = AsyncEvent(EventType.NOTICE, Notice.ANA_CHANGE, 0x0C)
DISCOVERY_CHANGED = AsyncEvent(EventType.NOTICE, Notice.DISCOVERY_CHANGE, 0x70)
RESERVATION_CHANGED = AsyncEvent(EventType.IO_COMMAND_SET, 0x00, 0x80)
