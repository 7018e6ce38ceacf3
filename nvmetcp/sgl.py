"""Scatter-gather descriptors: the two kinds that NVMe/TCP uses, 16 bytes each in a command."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nvmetcp.status import Status

if TYPE_CHECKING:
    from nvmetcp.command import Command

TRANSPORT_DATA_BLOCK = 0x5A  # data comes in data PDUs (or goes there)
IN_CAPSULE_DATA_BLOCK = 0x01  # data follows the command in its capsule, at an offset

# Command flags: SGLs are used for data; metadata pointer is an address (01b) or an SGL (10b).
PSDT_SGL = 0x40
PSDT_MASK = 0xC0
FUSE_MASK = 0x03
_GOOD = Status.SUCCESS


class Sgl(NamedTuple):
    """One descriptor: `address` is an offset for in-capsule data and 0 for transport data."""

    address: int
    length: int
    kind: int


def transport(length: int) -> Sgl:
    """Describe `length` bytes that are sent as data PDUs."""
    return Sgl(0, length, TRANSPORT_DATA_BLOCK)


def in_capsule(length: int, offset: int = 0) -> Sgl:
    """Describe `length` bytes that follow the command, `offset` bytes into the capsule's data."""
    return Sgl(offset, length, IN_CAPSULE_DATA_BLOCK)


def check(command: Command, capsule_data: int) -> Status:
    """Return what is wrong with a command's descriptor, SUCCESS if nothing.

    `capsule_data` is how many bytes of data came in the capsule. An in-capsule descriptor of length
    0 is a command without data: SPDK's initiator sends that.
    """
    if command.flags & PSDT_MASK != PSDT_SGL:
        return Status.INVALID_FIELD
    if command.sgl_type == TRANSPORT_DATA_BLOCK:
        return Status.SGL_DATA_LENGTH_INVALID if capsule_data else _GOOD
    if command.sgl_type != IN_CAPSULE_DATA_BLOCK:
        return Status.SGL_TYPE_INVALID
    if command.sgl_length and command.sgl_address > capsule_data:
        return Status.SGL_OFFSET_INVALID
    if command.sgl_length and command.sgl_address + command.sgl_length > capsule_data:
        return Status.SGL_DATA_LENGTH_INVALID
    return _GOOD
