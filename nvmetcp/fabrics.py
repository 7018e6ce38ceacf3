"""Fabrics commands and the registers of a controller that they read and write."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Self

from nvmetcp.command import FabricsCommand
from nvmetcp.record import Record, bits, name, raw, u8, u16, u32, u64

DISCOVERY_NQN = "nqn.2014-08.org.nvmexpress.discovery"
DYNAMIC_CONTROLLER = 0xFFFF  # CNTLID by which a host asks for any controller
CONNECT_DATA_SIZE = 1024
DISABLE_FLOW_CONTROL = 0x04  # of CATTR

# Result of Connect: authentication that is required first.
AUTHENTICATION_REQUIRED = 1 << 17
SECURE_CHANNEL_REQUIRED = 1 << 18

# Security protocol and its specific fields that say "NVMe authentication".
SECURITY_PROTOCOL = 0xE9
SECURITY_SPECIFIC = 0x01


class FabricsType(IntEnum):
    """Which Fabrics command."""

    PROPERTY_SET = 0x00
    CONNECT = 0x01
    PROPERTY_GET = 0x04
    AUTHENTICATION_SEND = 0x05
    AUTHENTICATION_RECEIVE = 0x06
    DISCONNECT = 0x08


class Property(IntEnum):
    """Offset of a register; SIZES has those of 8 bytes."""

    CAP = 0x00
    VS = 0x08
    INTMS = 0x0C
    INTMC = 0x10
    CC = 0x14
    CSTS = 0x1C
    NSSR = 0x20
    CRTO = 0x68


WIDE_PROPERTIES = frozenset({Property.CAP})


@dataclass(slots=True, kw_only=True)
class Connect(FabricsCommand):
    """Make this connection a queue. `sqsize` is 0's based, `kato` in ms; ConnectData follows."""

    TYPE: ClassVar[int] = FabricsType.CONNECT
    recfmt: int = u16(40)
    qid: int = u16(42)
    sqsize: int = u16(44)
    cattr: int = u8(46)
    kato: int = u32(48)

    @property
    def flow_control(self) -> bool:
        """Whether the host wants to see the head of the queue move."""
        return not self.cattr & DISABLE_FLOW_CONTROL


@dataclass(slots=True, kw_only=True)
class ConnectData(Record):
    """Who connects to what."""

    SIZE: ClassVar[int] = CONNECT_DATA_SIZE
    hostid: bytes = raw(0, 16)
    cntlid: int = u16(16, DYNAMIC_CONTROLLER)
    subnqn: str = name(256)
    hostnqn: str = name(512)


# Offsets for `invalid_parameter`.
AT_RECFMT, AT_QID, AT_SQSIZE, AT_CATTR, AT_KATO = 40, 42, 44, 46, 48
AT_HOSTID, AT_CNTLID, AT_SUBNQN, AT_HOSTNQN = 0, 16, 256, 512


def invalid_parameter(offset: int, *, in_data: bool) -> int:
    """Return the result of a Connect with CONNECT_INVALID_PARAMETERS: which field it was."""
    return offset | in_data << 16


@dataclass(slots=True, kw_only=True)
class PropertyGet(FabricsCommand):
    """Read a register; its value is the result. `attrib` is 1 for 8 bytes, 0 for 4."""

    TYPE: ClassVar[int] = FabricsType.PROPERTY_GET
    attrib: int = u8(40)
    offset: int = u32(44)


@dataclass(slots=True, kw_only=True)
class PropertySet(FabricsCommand):
    """Write a register."""

    TYPE: ClassVar[int] = FabricsType.PROPERTY_SET
    attrib: int = u8(40)
    offset: int = u32(44)
    value: int = u64(48)


@dataclass(slots=True, kw_only=True)
class Disconnect(FabricsCommand):
    """Give an I/O queue up."""

    TYPE: ClassVar[int] = FabricsType.DISCONNECT
    recfmt: int = u16(40)


@dataclass(slots=True, kw_only=True)
class AuthenticationSend(FabricsCommand):
    """Host hands over an authentication message of `length` bytes."""

    TYPE: ClassVar[int] = FabricsType.AUTHENTICATION_SEND
    spsp0: int = u8(41, SECURITY_SPECIFIC)
    spsp1: int = u8(42, SECURITY_SPECIFIC)
    secp: int = u8(43, SECURITY_PROTOCOL)
    length: int = u32(44)


@dataclass(slots=True, kw_only=True)
class AuthenticationReceive(FabricsCommand):
    """Host fetches an authentication message of up to `length` bytes."""

    TYPE: ClassVar[int] = FabricsType.AUTHENTICATION_RECEIVE
    spsp0: int = u8(41, SECURITY_SPECIFIC)
    spsp1: int = u8(42, SECURITY_SPECIFIC)
    secp: int = u8(43, SECURITY_PROTOCOL)
    length: int = u32(44)


@dataclass(slots=True)
class Register(Record):
    """A register as fields and as a number."""

    @classmethod
    def of(cls, value: int) -> Self:
        """Read the fields out of the register's value."""
        return cls.parse(value.to_bytes(cls.SIZE, "little"))

    @property
    def value(self) -> int:
        """The register's value."""
        return int.from_bytes(self.pack(), "little")


@dataclass(slots=True, kw_only=True)
class Capabilities(Register):
    """CAP. `mqes` 0's based, `timeout` in 500 ms; bit 0 of `crms` says that CRTO exists."""

    SIZE: ClassVar[int] = 8
    mqes: int = bits(0, 8, 0, 16, 127)
    cqr: int = bits(0, 8, 16, 1, 1)
    timeout: int = bits(0, 8, 24, 8, 30)
    dstrd: int = bits(0, 8, 32, 4)
    nssrs: int = bits(0, 8, 36, 1)
    css: int = bits(0, 8, 37, 8, 1)
    mpsmin: int = bits(0, 8, 48, 4)
    mpsmax: int = bits(0, 8, 52, 4)
    crms: int = bits(0, 8, 59, 2)


@dataclass(slots=True, kw_only=True)
class Configuration(Register):
    """CC. `shn` is 1 for a normal and 2 for an abrupt shutdown; entry sizes are powers of two."""

    SIZE: ClassVar[int] = 4
    en: int = bits(0, 4, 0, 1)
    css: int = bits(0, 4, 4, 3)
    mps: int = bits(0, 4, 7, 4)
    ams: int = bits(0, 4, 11, 3)
    shn: int = bits(0, 4, 14, 2)
    iosqes: int = bits(0, 4, 16, 4, 6)
    iocqes: int = bits(0, 4, 20, 4, 4)


@dataclass(slots=True, kw_only=True)
class ControllerStatus(Register):
    """CSTS. `shst` is 1 while shutting down and 2 when that is complete."""

    SIZE: ClassVar[int] = 4
    rdy: int = bits(0, 4, 0, 1)
    cfs: int = bits(0, 4, 1, 1)
    shst: int = bits(0, 4, 2, 2)
    nssro: int = bits(0, 4, 4, 1)
    pp: int = bits(0, 4, 5, 1)
