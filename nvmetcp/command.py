"""The 64 bytes of a submission queue entry, quick to read; and typed commands on top of them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, NamedTuple, Self

from nvmetcp.errors import LocalProtocolError, RemoteProtocolError
from nvmetcp.record import Buffer, Record, u32
from nvmetcp.sgl import PSDT_SGL, TRANSPORT_DATA_BLOCK, Sgl

SQE_SIZE = 64
_SQE = struct.Struct("<BBHIIIQQI3xB6I")
assert _SQE.size == SQE_SIZE


class Direction(IntEnum):
    """Where the data of a command goes: bits 1:0 of the opcode, of Fabrics commands of the type."""

    NONE = 0
    HOST_TO_CONTROLLER = 1
    CONTROLLER_TO_HOST = 2
    BOTH = 3


FABRICS = 0x7F
_DIRECTIONS = tuple(Direction)  # quicker than a call of the enumeration


class Command(NamedTuple):
    """A command with its fields by position; `nsid` of a Fabrics command holds its type."""

    opcode: int
    flags: int
    cid: int
    nsid: int
    cdw2: int
    cdw3: int
    metadata: int
    sgl_address: int
    sgl_length: int
    sgl_type: int
    cdw10: int
    cdw11: int
    cdw12: int
    cdw13: int
    cdw14: int
    cdw15: int

    @property
    def sgl(self) -> Sgl:
        """The descriptor of the command's data."""
        return Sgl(self.sgl_address, self.sgl_length, self.sgl_type)

    @property
    def fabrics_type(self) -> int:
        """The type of a Fabrics command, -1 of any other command."""
        return self.nsid & 0xFF if self.opcode == FABRICS else -1

    @property
    def direction(self) -> Direction:
        """Where the data goes, if the command has data."""
        return _DIRECTIONS[(self.nsid if self.opcode == FABRICS else self.opcode) & 3]

    def pack(self) -> bytes:
        """Return the 64 bytes. Raises LocalProtocolError when a field is too large."""
        try:
            return _SQE.pack(*self)
        except struct.error as error:
            raise LocalProtocolError(f"{self}: {error}") from error


def parse_command(data: Buffer, offset: int = 0) -> Command:
    """Read a command at `offset`. Raises RemoteProtocolError when there are less than 64 bytes."""
    try:
        return tuple.__new__(Command, _SQE.unpack_from(data, offset))
    except struct.error as error:
        raise RemoteProtocolError(f"command of {len(data) - offset} bytes") from error


def make_command(opcode: int, nsid: int = 0, *, flags: int = PSDT_SGL, **dwords: int) -> Command:
    """Return a command without identifier and data; `dwords` are cdw10=..., cdw11=..."""
    blank = Command(opcode, flags, 0, nsid, 0, 0, 0, 0, 0, TRANSPORT_DATA_BLOCK, 0, 0, 0, 0, 0, 0)
    return blank._replace(**dwords)


@dataclass(slots=True, kw_only=True)
class TypedCommand(Record):
    """Base of the commands with named fields; OPCODE is the class's."""

    SIZE: ClassVar[int] = SQE_SIZE
    OPCODE: ClassVar[int] = 0
    nsid: int = u32(4)

    @classmethod
    def of(cls, command: Command) -> Self:
        """Read a command of this kind. Raises RemoteProtocolError if it is another."""
        if command.opcode != cls.OPCODE:
            raise RemoteProtocolError(f"opcode {command.opcode:#04x} is no {cls.__name__}")
        return cls.parse(command.pack())

    def command(self) -> Command:
        """Return the command, still without identifier and data descriptor."""
        packed = parse_command(self.pack())
        return packed._replace(
            opcode=self.OPCODE, flags=PSDT_SGL, sgl_address=0, sgl_length=0,
            sgl_type=TRANSPORT_DATA_BLOCK,
        )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class FabricsCommand(Record):
    """Base of the Fabrics commands, told apart by TYPE."""

    SIZE: ClassVar[int] = SQE_SIZE
    TYPE: ClassVar[int] = 0

    @classmethod
    def of(cls, command: Command) -> Self:
        """Read a command of this kind. Raises RemoteProtocolError if it is another."""
        if command.fabrics_type != cls.TYPE:
            raise RemoteProtocolError(f"Fabrics type {command.fabrics_type} is no {cls.__name__}")
        return cls.parse(command.pack())

    def command(self) -> Command:
        """Return the command, still without identifier and data descriptor."""
        packed = parse_command(self.pack())
        return packed._replace(
            opcode=FABRICS, flags=PSDT_SGL, nsid=self.TYPE, sgl_type=TRANSPORT_DATA_BLOCK
        )
