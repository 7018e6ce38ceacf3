"""A captured frame -> the TCP segment in it. Total: anything that is no whole TCP segment is None.

Link types as registered with the pcap format: Ethernet (with VLAN tags), raw IP, loopback, and both
"cooked" formats of captures on all interfaces.
"""

from __future__ import annotations

import ipaddress
import struct
from typing import Final, NamedTuple

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10

_ETHERNET, _NULL, _RAW, _COOKED, _COOKED2 = 1, 0, 101, 113, 276
_RAW_TYPES: Final = frozenset((12, 14, _RAW, 228, 229))
_VLAN_TYPES: Final = frozenset((0x8100, 0x88A8))
_TCP: Final = 6
_OPTION_HEADERS: Final = frozenset((0, 43, 60))
_MAX_OPTION_HEADERS: Final = 16


class Endpoint(NamedTuple):
    """An address as text, and a port."""

    address: str
    port: int

    def __str__(self) -> str:
        shown = f"[{self.address}]" if ":" in self.address else self.address
        return f"{shown}:{self.port}"


class Segment(NamedTuple):
    """One TCP segment; `missing` counts bytes that the capture cut off."""

    source: Endpoint
    target: Endpoint
    seq: int
    ack: int
    flags: int
    data: bytes
    missing: int = 0


def parse_segment(frame: bytes, link_type: int) -> Segment | None:
    """Return the TCP segment in a frame, None if there is none (fragments included)."""
    try:
        return _network(frame, _network_offset(frame, link_type))
    except (struct.error, IndexError):
        return None


def _network_offset(frame: bytes, link_type: int) -> int:
    if link_type in _RAW_TYPES:
        return 0
    if link_type == _NULL:
        return 4
    if link_type == _COOKED:
        return 16
    if link_type == _COOKED2:
        return 20
    if link_type != _ETHERNET:
        raise IndexError
    at = 12
    while struct.unpack_from("!H", frame, at)[0] in _VLAN_TYPES:
        at += 4
    return at + 2


def _network(frame: bytes, at: int) -> Segment | None:
    version = frame[at] >> 4
    if version == 4:
        header = (frame[at] & 15) * 4
        total, fragment, protocol = struct.unpack_from("!2xH2xHxB", frame, at)
        if protocol != _TCP or fragment & 0x3FFF or header < 20:
            return None
        # A length of 0: the sender left the segmentation to its network card.
        end = at + total if total else len(frame)
        ends = frame[at + 12 : at + 16], frame[at + 16 : at + 20]
        return _tcp(frame, at + header, end, ends)
    if version == 6:
        length, following = struct.unpack_from("!4xHB", frame, at)
        ends = frame[at + 8 : at + 24], frame[at + 24 : at + 40]
        end, start = at + 40 + length, at + 40
        for _ in range(_MAX_OPTION_HEADERS):
            if following not in _OPTION_HEADERS:
                break
            following, start = frame[start], start + 8 * (frame[start + 1] + 1)
        return _tcp(frame, start, end, ends) if following == _TCP else None
    return None


def _tcp(frame: bytes, at: int, end: int, ends: tuple[bytes, bytes]) -> Segment | None:
    sport, dport, seq, ack, offset, flags = struct.unpack_from("!HHIIBB", frame, at)
    start = at + (offset >> 4) * 4
    if start < at + 20 or start > end:
        return None
    source, target = (str(ipaddress.ip_address(one)) for one in ends)
    data = frame[start:end]
    missing = max(0, end - max(start, len(frame)))
    return Segment(Endpoint(source, sport), Endpoint(target, dport), seq, ack, flags, data, missing)
