"""Log pages, as Get Log Page returns them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import ClassVar

from nvmetcp.errors import RemoteProtocolError
from nvmetcp.identify import pack_namespaces
from nvmetcp.record import Buffer, Record, name, parse_array, text, u8, u16, u32, u64, u128

MANY_NAMESPACES = 0xFFFFFFFF  # in a changed namespace list: more than it holds
RETURN_GROUPS_ONLY = 1  # LSP of the ANA log
EFFECTS_SIZE = 4096
OPCODES = 256


class LogPage(IntEnum):
    """Log identifiers."""

    SUPPORTED = 0x00
    ERRORS = 0x01
    SMART = 0x02
    FIRMWARE_SLOT = 0x03
    CHANGED_NAMESPACES = 0x04
    EFFECTS = 0x05
    ANA = 0x0C
    FEATURE_EFFECTS = 0x12
    DISCOVERY = 0x70
    RESERVATION = 0x80


def section(page: bytes, offset: int, size: int) -> bytes:
    """Return `size` bytes of a page from `offset`, with zeros where the page is over."""
    return page[offset : offset + size].ljust(size, b"\0")


def pack_supported(pages: Iterable[int]) -> bytes:
    """Return log 00: which pages there are."""
    image = bytearray(OPCODES * 4)
    for page in pages:
        image[page * 4] = 1
    return bytes(image)


@dataclass(slots=True, kw_only=True)
class ErrorEntry(Record):
    """An entry of log 01; `status` as in a completion, phase bit included."""

    SIZE: ClassVar[int] = 64
    count: int = u64(0)
    sqid: int = u16(8)
    cid: int = u16(10)
    status: int = u16(12)
    parameter: int = u16(14)
    lba: int = u64(16)
    nsid: int = u32(24)
    vendor_page: int = u8(28)
    trtype: int = u8(29)
    csi: int = u8(30)
    opcode: int = u8(31)
    command_specific: int = u64(32)
    transport_specific: int = u16(40)


@dataclass(slots=True, kw_only=True)
class Smart(Record):
    """Log 02. `temperature` in kelvin, data units of 512,000 bytes."""

    SIZE: ClassVar[int] = 512
    critical_warning: int = u8(0)
    temperature: int = u16(1)
    available_spare: int = u8(3, 100)
    spare_threshold: int = u8(4)
    percentage_used: int = u8(5)
    data_units_read: int = u128(32)
    data_units_written: int = u128(48)
    read_commands: int = u128(64)
    write_commands: int = u128(80)
    busy_minutes: int = u128(96)
    power_cycles: int = u128(112)
    power_on_hours: int = u128(128)
    unsafe_shutdowns: int = u128(144)
    media_errors: int = u128(160)
    error_entries: int = u128(176)


@dataclass(slots=True, kw_only=True)
class FirmwareSlots(Record):
    """Log 03: the active slot, and the revision in the first."""

    SIZE: ClassVar[int] = 512
    afi: int = u8(0, 1)
    frs1: str = text(8, 8)


def pack_changed(nsids: Iterable[int]) -> bytes:
    """Return log 04: namespaces that changed, one entry MANY_NAMESPACES if over 1024."""
    changed = set(nsids)
    return pack_namespaces(changed if len(changed) <= 1024 else {MANY_NAMESPACES})


class Effect(IntFlag):
    """What a command does."""

    SUPPORTED = 1 << 0
    CONTENT_CHANGE = 1 << 1
    NAMESPACE_CAPABILITY_CHANGE = 1 << 2
    NAMESPACE_INVENTORY_CHANGE = 1 << 3
    CONTROLLER_CAPABILITY_CHANGE = 1 << 4


def pack_effects(admin: Mapping[int, int], io: Mapping[int, int]) -> bytes:
    """Return log 05 from effects by opcode."""
    table = [admin.get(opcode, 0) for opcode in range(OPCODES)]
    table += [io.get(opcode, 0) for opcode in range(OPCODES)]
    return struct.pack(f"<{2 * OPCODES}I", *table).ljust(EFFECTS_SIZE, b"\0")


def parse_effects(data: Buffer) -> tuple[dict[int, int], dict[int, int]]:
    """Return the effects of admin and of I/O commands by opcode, those that are supported."""
    values = [value for (value,) in parse_array(struct.Struct("<I"), data, 2 * OPCODES)]
    admin, io = values[:OPCODES], values[OPCODES:]
    return _present(admin), _present(io)


def _present(values: Sequence[int]) -> dict[int, int]:
    return {opcode: value for opcode, value in enumerate(values) if value}


class AnaState(IntEnum):
    """How good a path to a group of namespaces is."""

    OPTIMIZED = 0x01
    NON_OPTIMIZED = 0x02
    INACCESSIBLE = 0x03
    PERSISTENT_LOSS = 0x04
    CHANGE = 0x0F


@dataclass(slots=True)
class AnaGroup:
    """A group of namespaces with one state."""

    group: int
    state: int
    nsids: list[int] = field(default_factory=list)
    changes: int = 0


_ANA_HEADER = struct.Struct("<QH6x")
_ANA_GROUP = struct.Struct("<IIQB15x")


def pack_ana(changes: int, groups: Sequence[AnaGroup], *, groups_only: bool = False) -> bytes:
    """Return log 0C; with `groups_only` (RGO) without namespaces."""
    image = [_ANA_HEADER.pack(changes, len(groups))]
    for one in groups:
        nsids = [] if groups_only else one.nsids
        image.append(_ANA_GROUP.pack(one.group, len(nsids), one.changes, one.state))
        image.append(struct.pack(f"<{len(nsids)}I", *nsids))
    return b"".join(image)


def parse_ana(data: Buffer) -> tuple[int, list[AnaGroup]]:
    """Return change count and groups. Raises RemoteProtocolError when the page is cut short."""
    ((changes, count),) = parse_array(_ANA_HEADER, data, 1)
    start, groups = _ANA_HEADER.size, []
    for _ in range(count):
        ((group, size, changed, state),) = parse_array(_ANA_GROUP, data, 1, start)
        start += _ANA_GROUP.size
        nsids = [one for (one,) in parse_array(struct.Struct("<I"), data, size, start)]
        start += 4 * size
        groups.append(AnaGroup(group, state & 0x0F, nsids, changed))
    return changes, groups


class DiscoverySubtype(IntEnum):
    """What an entry of the discovery log points to."""

    REFERRAL = 1
    NVM = 2
    CURRENT_DISCOVERY = 3


TRTYPE_TCP = 3
ADRFAM_IPV4, ADRFAM_IPV6 = 1, 2
SECTYPE_NONE, SECTYPE_TLS13 = 0, 2
TREQ_NOT_SPECIFIED, TREQ_REQUIRED, TREQ_NOT_REQUIRED = 0, 1, 2
TREQ_NO_FLOW_CONTROL = 4


@dataclass(slots=True, kw_only=True)
class DiscoveryEntry(Record):
    """A place to connect to."""

    SIZE: ClassVar[int] = 1024
    trtype: int = u8(0, TRTYPE_TCP)
    adrfam: int = u8(1, ADRFAM_IPV4)
    subtype: int = u8(2, DiscoverySubtype.NVM)
    treq: int = u8(3)
    portid: int = u16(4)
    cntlid: int = u16(6, 0xFFFF)
    asqsz: int = u16(8, 128)
    eflags: int = u16(10)
    trsvcid: str = text(32, 32)
    subnqn: str = name(256)
    traddr: str = text(512, 256)
    sectype: int = u8(768)


_DISCOVERY = struct.Struct("<QQH1006x")


def pack_discovery(generation: int, entries: Sequence[DiscoveryEntry]) -> bytes:
    """Return log 70."""
    head = _DISCOVERY.pack(generation, len(entries), 0)
    return head + b"".join(entry.pack() for entry in entries)


def parse_discovery(data: Buffer) -> tuple[int, int, list[DiscoveryEntry]]:
    """Return generation, number of entries, and those of them that `data` hold as a whole.

    Raises RemoteProtocolError when the header is cut short or has another format. A host reads the
    header alone first: 1024 bytes.
    """
    ((generation, count, form),) = parse_array(_DISCOVERY, data, 1)
    if form != 0:
        raise RemoteProtocolError(f"discovery log of format {form}")
    size = DiscoveryEntry.SIZE
    present = min(count, len(data) // size - 1)
    view = memoryview(data)
    entries = [DiscoveryEntry.parse(view[(1 + one) * size :]) for one in range(present)]
    return generation, count, entries


class ReservationNotice(IntEnum):
    """Kinds of reservation notification."""

    EMPTY = 0
    REGISTRATION_PREEMPTED = 1
    RELEASED = 2
    PREEMPTED = 3


@dataclass(slots=True, kw_only=True)
class ReservationNotification(Record):
    """Log 80: the oldest notification; `available` more wait."""

    SIZE: ClassVar[int] = 64
    count: int = u64(0)
    kind: int = u8(8)
    available: int = u8(9)
    nsid: int = u32(12)
