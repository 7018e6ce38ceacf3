"""Numbers and layouts of the NBD protocol (NetworkBlockDevice/nbd, doc/proto.md). Big-endian."""

from __future__ import annotations

import errno
import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag

MAGIC = 0x4E42444D41474943
OPTION_MAGIC = 0x49484156454F5054
OPTION_REPLY_MAGIC = 0x0003E889045565A9
REQUEST_MAGIC = 0x25609513
SIMPLE_REPLY_MAGIC = 0x67446698
CHUNK_MAGIC = 0x668E33EF

GREETING = struct.Struct(">QQH")
CLIENT_FLAGS = struct.Struct(">I")
OPTION = struct.Struct(">QII")
"""Magic, option, length."""
OPTION_REPLY = struct.Struct(">QIII")
"""Magic, option, reply, length."""
REQUEST = struct.Struct(">IHHQQI")
"""Magic, flags, command, cookie, offset, length."""
SIMPLE_REPLY = struct.Struct(">IIQ")
"""Magic, error, cookie."""
CHUNK = struct.Struct(">IHHQI")
"""Magic, flags, type, cookie, length."""
INFO_EXPORT = struct.Struct(">HQH")
INFO_BLOCK_SIZE = struct.Struct(">HIII")
U16, U32, U64 = struct.Struct(">H"), struct.Struct(">I"), struct.Struct(">Q")
OLD_EXPORT = struct.Struct(">QH")
OLD_EXPORT_PADDING = 124

MAX_PAYLOAD = 32 << 20
"""Bytes of one request; what clients assume when no server says otherwise."""
MAX_NAME = 4096
MAX_OPTION = 3 * MAX_NAME
"""Bytes of an option's data that are worth reading."""
CHUNK_DONE = 1


class Handshake(IntFlag):
    """What a server offers, and a client takes."""

    FIXED_NEWSTYLE = 1
    NO_ZEROES = 2


class Option(IntEnum):
    """What a client asks for before it begins."""

    EXPORT_NAME = 1
    ABORT = 2
    LIST = 3
    STARTTLS = 5
    INFO = 6
    GO = 7
    STRUCTURED_REPLY = 8


class Reply(IntEnum):
    """How an option is answered."""

    ACK = 1
    SERVER = 2
    INFO = 3
    UNSUPPORTED = 0x80000001
    INVALID = 0x80000003
    UNKNOWN = 0x80000006


class Info(IntEnum):
    """What INFO and GO tell about an export."""

    EXPORT = 0
    NAME = 1
    DESCRIPTION = 2
    BLOCK_SIZE = 3


class Transmission(IntFlag):
    """What an export can do."""

    HAS_FLAGS = 1
    READ_ONLY = 2
    FLUSH = 4
    FUA = 8
    TRIM = 32
    WRITE_ZEROES = 64
    MULTI_CONN = 256


class Command(IntEnum):
    """What a request asks for."""

    READ = 0
    WRITE = 1
    DISC = 2
    FLUSH = 3
    TRIM = 4
    WRITE_ZEROES = 6


class CommandFlag(IntFlag):
    """How a request is to be done."""

    FUA = 1
    NO_HOLE = 2


class ChunkType(IntEnum):
    """What a part of a structured reply holds."""

    NONE = 0
    OFFSET_DATA = 1
    ERROR = 0x8001


KNOWN_ERRORS = frozenset(
    (errno.EPERM, errno.EIO, errno.ENOMEM, errno.EINVAL, errno.ENOSPC, errno.EOVERFLOW,
     errno.EOPNOTSUPP, errno.ESHUTDOWN)
)  # fmt: skip
"""The only error numbers that a reply may carry; they have Linux's values."""


class ProtocolError(Exception):
    """The other side does not speak the protocol; its connection is of no more use."""


@dataclass(frozen=True, slots=True)
class Export:
    """What a client is told about a device. Sizes are in bytes."""

    size: int
    block_size: int
    read_only: bool = False
    description: str = ""
    """Tells one device from the next at the same place, where a server says so."""

    def replaces(self, other: Export) -> bool:
        """Whether this is another device than `other`, which may have grown since."""
        mine = self.block_size, self.read_only, self.description
        its = other.block_size, other.read_only, other.description
        return mine != its or self.size < other.size

    @property
    def flags(self) -> Transmission:
        """As they travel. Many connections see the same data: it is one device behind them."""
        flags = Transmission.HAS_FLAGS | Transmission.FLUSH | Transmission.MULTI_CONN
        if self.read_only:
            return flags | Transmission.READ_ONLY
        return flags | Transmission.FUA | Transmission.TRIM | Transmission.WRITE_ZEROES


@dataclass(frozen=True, slots=True)
class Request:
    """One command of a client. `command` may be a number that no one knows."""

    command: int
    flags: int
    cookie: int
    offset: int
    length: int
    data: bytes = b""
