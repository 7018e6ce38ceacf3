"""Messages of the vhost-user protocol: bytes to values and back; nothing here does I/O.

The format is that of QEMU's docs/interop/vhost-user.rst: a header of three little-endian words
(request, flags, size of the payload), then the payload. File descriptors travel beside it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag

HEADER = struct.Struct("<III")
VERSION = 1
LARGEST_PAYLOAD = 4096
"""Bytes of a payload; the largest that is understood is far smaller."""
MOST_DESCRIPTORS = 8
"""File descriptors of one message."""

VERSION_MASK, REPLY, NEED_REPLY = 0x3, 1 << 2, 1 << 3
RING_MASK, NO_DESCRIPTOR = 0xFF, 1 << 8
"""Of the word that goes with the descriptor of a ring: its number, and that there is none."""

CONFIG_BYTES = 256
"""The most bytes of a device's configuration that one message has."""

_U64 = struct.Struct("<Q")
_STATE = struct.Struct("<II")
_ADDRESS = struct.Struct("<IIQQQQ")
_TABLE = struct.Struct("<II")
_REGION = struct.Struct("<QQQQ")
_CONFIG = struct.Struct("<III")


class Request(IntEnum):
    """What a front end may ask; others of the protocol are refused."""

    GET_FEATURES = 1
    SET_FEATURES = 2
    SET_OWNER = 3
    RESET_OWNER = 4
    SET_MEM_TABLE = 5
    SET_VRING_NUM = 8
    SET_VRING_ADDR = 9
    SET_VRING_BASE = 10
    GET_VRING_BASE = 11
    SET_VRING_KICK = 12
    SET_VRING_CALL = 13
    SET_VRING_ERR = 14
    GET_PROTOCOL_FEATURES = 15
    SET_PROTOCOL_FEATURES = 16
    GET_QUEUE_NUM = 17
    SET_VRING_ENABLE = 18
    SET_BACKEND_REQ_FD = 21
    GET_CONFIG = 24
    SET_CONFIG = 25


BACKEND_CONFIG_CHANGE = 2
"""What a back end tells: the device's configuration is another one."""


class Protocol(IntFlag):
    """Features of the protocol, negotiated when both sides have `PROTOCOL_FEATURES`."""

    MQ = 1 << 0
    REPLY_ACK = 1 << 3
    BACKEND_REQ = 1 << 5
    CONFIG = 1 << 9


class Feature(IntFlag):
    """Features of any virtio device (Virtual I/O Device 1.2, section 6)."""

    INDIRECT_DESC = 1 << 28
    EVENT_IDX = 1 << 29
    PROTOCOL_FEATURES = 1 << 30
    VERSION_1 = 1 << 32


class MessageError(Exception):
    """A message that is none, or that does not fit what was agreed upon."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first twelve bytes of a message."""

    request: int
    flags: int
    size: int

    @classmethod
    def parse(cls, data: bytes) -> Header:
        """Raises MessageError: another version, a reply, or a payload that is too large."""
        header = cls(*HEADER.unpack(data))
        if header.flags & VERSION_MASK != VERSION or header.flags & REPLY:
            raise MessageError(f"flags {header.flags:#x}")
        if header.size > LARGEST_PAYLOAD:
            raise MessageError(f"a payload of {header.size} bytes")
        return header

    @property
    def needs_reply(self) -> bool:
        """Whether the sender wants to know how it went."""
        return bool(self.flags & NEED_REPLY)


@dataclass(frozen=True, slots=True)
class Region:
    """Memory of the guest: where guest and front end see it, and where it is in a file."""

    guest_address: int
    size: int
    user_address: int
    offset: int


@dataclass(frozen=True, slots=True)
class RingAddress:
    """Where the parts of a ring are, as addresses of the front end."""

    index: int
    flags: int
    descriptors: int
    used: int
    available: int
    log: int


@dataclass(frozen=True, slots=True)
class Config:
    """A piece of the device's configuration."""

    offset: int
    size: int
    flags: int
    data: bytes


def parse_u64(payload: bytes) -> int:
    """A payload of one number. Raises MessageError."""
    return int(_unpack(_U64, payload)[0])


def parse_state(payload: bytes) -> tuple[int, int]:
    """(ring, number). Raises MessageError."""
    index, number = _unpack(_STATE, payload)
    return index, number


def parse_address(payload: bytes) -> RingAddress:
    """Where a ring is. Raises MessageError."""
    return RingAddress(*_unpack(_ADDRESS, payload))


def parse_regions(payload: bytes, descriptors: int) -> list[Region]:
    """The guest's memory, one region for each of the descriptors. Raises MessageError."""
    if len(payload) < _TABLE.size:
        raise MessageError("no table of memory")
    count, _ = _TABLE.unpack_from(payload)
    if not 0 < count <= MOST_DESCRIPTORS or count != descriptors:
        raise MessageError(f"{count} regions with {descriptors} descriptors")
    if len(payload) < _TABLE.size + count * _REGION.size:
        raise MessageError("a table of memory that ends early")
    rows = _REGION.iter_unpack(payload[_TABLE.size :][: count * _REGION.size])
    return [Region(*row) for row in rows]


def parse_config(payload: bytes) -> Config:
    """A piece of configuration; its data may be missing where it is asked for.

    Raises MessageError: it is too large, or has other data than it says.
    """
    if len(payload) < _CONFIG.size:
        raise MessageError("no configuration")
    offset, size, flags = _CONFIG.unpack_from(payload)
    data = payload[_CONFIG.size :]
    if size > CONFIG_BYTES or offset > CONFIG_BYTES or len(data) not in (0, size):
        raise MessageError(f"configuration of {size} bytes at {offset}")
    return Config(offset, size, flags, data)


def message(request: int, payload: bytes, flags: int = REPLY) -> bytes:
    """A message as it is sent."""
    return HEADER.pack(request, VERSION | flags, len(payload)) + payload


def u64(value: int) -> bytes:
    """The payload of one number."""
    return _U64.pack(value)


def state(index: int, number: int) -> bytes:
    """The payload of a ring's number."""
    return _STATE.pack(index, number)


def config(offset: int, flags: int, data: bytes) -> bytes:
    """The payload of a piece of configuration."""
    return _CONFIG.pack(offset, len(data), flags) + data


def _unpack(form: struct.Struct, payload: bytes) -> tuple[int, ...]:
    if len(payload) != form.size:
        raise MessageError(f"{len(payload)} bytes instead of {form.size}")
    return form.unpack(payload)
