"""What Identify returns: 4096 bytes each, chosen by CNS."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import ClassVar, NamedTuple

from nvmetcp.errors import LocalProtocolError, RemoteProtocolError
from nvmetcp.record import Buffer, Record, name, raw, text, u8, u16, u32, u64, u128

IDENTIFY_SIZE = 4096
LIST_ENTRIES = 1024
NVM_COMMAND_SET = 0


class Cns(IntEnum):
    """Which structure is asked for."""

    NAMESPACE = 0x00
    CONTROLLER = 0x01
    ACTIVE_NAMESPACES = 0x02
    DESCRIPTORS = 0x03
    COMMAND_SET_NAMESPACE = 0x05
    COMMAND_SET_CONTROLLER = 0x06
    COMMAND_SET_ACTIVE_NAMESPACES = 0x07
    INDEPENDENT_NAMESPACE = 0x08
    COMMAND_SETS = 0x1C


class ControllerType(IntEnum):
    """CNTRLTYPE."""

    IO = 1
    DISCOVERY = 2
    ADMINISTRATIVE = 3


class Cmic(IntFlag):
    """Multi-path I/O capabilities."""

    MULTI_PORT = 1
    MULTI_CONTROLLER = 2
    ANA = 8


class Oncs(IntFlag):
    """Optional NVM commands."""

    COMPARE = 1 << 0
    DATASET_MANAGEMENT = 1 << 2
    WRITE_ZEROES = 1 << 3
    RESERVATIONS = 1 << 5
    COPY = 1 << 8


SGLS_NVME_TCP = 0x00100001  # SGLs, and offsets into the capsule
CTRATT_HOST_ID_128 = 1
FUSES_COMPARE_WRITE = 1
NMIC_SHARED = 1


@dataclass(slots=True, kw_only=True)
class IdentifyController(Record):
    """CNS 01. `mdts` is a power of two of 4 KiB, `kas` in 100 ms, `ioccsz` in 16 bytes."""

    SIZE: ClassVar[int] = IDENTIFY_SIZE
    vid: int = u16(0)
    ssvid: int = u16(2)
    sn: str = text(4, 20)
    mn: str = text(24, 40)
    fr: str = text(64, 8)
    rab: int = u8(72)
    ieee: bytes = raw(73, 3)
    cmic: int = u8(76)
    mdts: int = u8(77)
    cntlid: int = u16(78)
    ver: int = u32(80, 0x00020000)
    rtd3r: int = u32(84)
    rtd3e: int = u32(88)
    oaes: int = u32(92)
    ctratt: int = u32(96)
    cntrltype: int = u8(111, ControllerType.IO)
    fguid: bytes = raw(112, 16)
    crdt1: int = u16(128)
    crdt2: int = u16(130)
    crdt3: int = u16(132)
    oacs: int = u16(256)
    acl: int = u8(258)
    aerl: int = u8(259)
    frmw: int = u8(260)
    lpa: int = u8(261)
    elpe: int = u8(262)
    npss: int = u8(263)
    wctemp: int = u16(266)
    cctemp: int = u16(268)
    tnvmcap: int = u128(280)
    unvmcap: int = u128(296)
    kas: int = u16(320)
    sanicap: int = u32(328)
    anatt: int = u8(342)
    anacap: int = u8(343)
    anagrpmax: int = u32(344)
    nanagrpid: int = u32(348)
    domainid: int = u16(356)
    sqes: int = u8(512, 0x66)
    cqes: int = u8(513, 0x44)
    maxcmd: int = u16(514)
    nn: int = u32(516)
    oncs: int = u16(520)
    fuses: int = u16(522)
    fna: int = u8(524)
    vwc: int = u8(525)
    awun: int = u16(526)
    awupf: int = u16(528)
    nwpc: int = u8(531)
    acwu: int = u16(532)
    cdfs: int = u16(534)
    sgls: int = u32(536, SGLS_NVME_TCP)
    mnan: int = u32(540)
    subnqn: str = name(768)
    ioccsz: int = u32(1792, 4)
    iorcsz: int = u32(1796, 1)
    icdoff: int = u16(1800)
    fcatt: int = u8(1802)
    msdbd: int = u8(1803, 1)
    ofcs: int = u16(1804)

    @property
    def in_capsule(self) -> int:
        """How many bytes of data fit a capsule of an I/O queue."""
        return max(0, self.ioccsz * 16 - 64)

    @in_capsule.setter
    def in_capsule(self, size: int) -> None:
        self.ioccsz = 4 + size // 16


@dataclass(slots=True, kw_only=True)
class IdentifyNamespace(Record):
    """CNS 00, with the first LBA format: blocks of 2 ** `lbads` bytes. Sizes are in blocks."""

    SIZE: ClassVar[int] = IDENTIFY_SIZE
    nsze: int = u64(0)
    ncap: int = u64(8)
    nuse: int = u64(16)
    nsfeat: int = u8(24)
    nlbaf: int = u8(25)
    flbas: int = u8(26)
    mc: int = u8(27)
    dpc: int = u8(28)
    dps: int = u8(29)
    nmic: int = u8(30)
    rescap: int = u8(31)
    fpi: int = u8(32)
    dlfeat: int = u8(33)
    nawun: int = u16(34)
    nawupf: int = u16(36)
    nacwu: int = u16(38)
    noiob: int = u16(46)
    nvmcap: int = u128(48)
    npwg: int = u16(64)
    npwa: int = u16(66)
    npdg: int = u16(68)
    npda: int = u16(70)
    nows: int = u16(72)
    mssrl: int = u16(74)
    mcl: int = u32(76)
    msrc: int = u8(80)
    anagrpid: int = u32(92)
    nsattr: int = u8(99)
    nvmsetid: int = u16(100)
    endgid: int = u16(102)
    nguid: bytes = raw(104, 16)
    eui64: bytes = raw(120, 8)
    metadata: int = u16(128)
    lbads: int = u8(130, 9)
    rp: int = u8(131)


@dataclass(slots=True, kw_only=True)
class IndependentNamespace(Record):
    """CNS 08: what every command set has. `nstat` bit 0: ready."""

    SIZE: ClassVar[int] = IDENTIFY_SIZE
    nsfeat: int = u8(0)
    nmic: int = u8(1)
    rescap: int = u8(2)
    fpi: int = u8(3)
    anagrpid: int = u32(4)
    nsattr: int = u8(8)
    nvmsetid: int = u16(10)
    endgid: int = u16(12)
    nstat: int = u8(14, 1)


@dataclass(slots=True, kw_only=True)
class NvmController(Record):
    """CNS 06 for the NVM command set: limits, powers of two of 4 KiB; `dmrl` counts ranges."""

    SIZE: ClassVar[int] = IDENTIFY_SIZE
    vsl: int = u8(0)
    wzsl: int = u8(1)
    wusl: int = u8(2)
    dmrl: int = u8(3)
    dmrsl: int = u32(4)
    dmsl: int = u64(8)


@dataclass(slots=True, kw_only=True)
class NvmNamespace(Record):
    """CNS 05 for the NVM command set: protection information, all zero without."""

    SIZE: ClassVar[int] = IDENTIFY_SIZE
    lbstm: int = u64(0)
    pic: int = u8(8)


@dataclass(slots=True, kw_only=True)
class CommandSets(Record):
    """CNS 1C: the first combination of command sets; bit 0 is NVM."""

    SIZE: ClassVar[int] = IDENTIFY_SIZE
    vector0: int = u64(0, 1)


def pack_namespaces(nsids: Iterable[int], after: int = 0) -> bytes:
    """Return CNS 02: the first 1024 namespace identifiers above `after`, ascending."""
    chosen = sorted(nsid for nsid in nsids if nsid > after)[:LIST_ENTRIES]
    return struct.pack(f"<{len(chosen)}I", *chosen).ljust(IDENTIFY_SIZE, b"\0")


def parse_namespaces(data: Buffer) -> list[int]:
    """Read a list of namespaces up to its first zero. Raises RemoteProtocolError for odd sizes."""
    if len(data) % 4:
        raise RemoteProtocolError(f"namespace list of {len(data)} bytes")
    found: list[int] = []
    for (nsid,) in struct.iter_unpack("<I", data):
        if not nsid:
            break
        found.append(nsid)
    return found


class DescriptorType(IntEnum):
    """Kinds of namespace identification."""

    EUI64 = 1
    NGUID = 2
    UUID = 3
    COMMAND_SET = 4


DESCRIPTOR_SIZES = {
    DescriptorType.EUI64: 8,
    DescriptorType.NGUID: 16,
    DescriptorType.UUID: 16,
    DescriptorType.COMMAND_SET: 1,
}


class Descriptor(NamedTuple):
    """One identification of a namespace."""

    kind: int
    value: bytes


def pack_descriptors(descriptors: Iterable[Descriptor]) -> bytes:
    """Return CNS 03. Raises LocalProtocolError for a value of the wrong size."""
    image = bytearray()
    for kind, value in descriptors:
        if DESCRIPTOR_SIZES.get(DescriptorType(kind)) != len(value):
            raise LocalProtocolError(f"descriptor {kind} of {len(value)} bytes")
        image += bytes((kind, len(value), 0, 0)) + value
    if len(image) > IDENTIFY_SIZE:
        raise LocalProtocolError(f"{len(image)} bytes of descriptors")
    return bytes(image.ljust(IDENTIFY_SIZE, b"\0"))


def parse_descriptors(data: Buffer) -> list[Descriptor]:
    """Read descriptors up to the first of length 0. Raises RemoteProtocolError when cut short.

    Kinds that are not known here are returned too.
    """
    view, start = memoryview(data), 0
    found: list[Descriptor] = []
    while start + 4 <= len(view) and view[start + 1]:
        kind, size = view[start], view[start + 1]
        value = bytes(view[start + 4 : start + 4 + size])
        expected = DESCRIPTOR_SIZES.get(DescriptorType(kind)) if 1 <= kind <= 4 else size
        if len(value) != size or size != expected:
            raise RemoteProtocolError(f"descriptor {kind} of {len(value)} bytes, {size} told")
        found.append(Descriptor(kind, value))
        start += 4 + size
    return found
