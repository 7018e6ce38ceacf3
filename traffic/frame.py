"""Frame -> what it says about a run, or why it is none of ours. Pure and total: any bytes do.

Knows Ethernet II with stacked VLAN tags, IPv4 with options, IPv6 with hop-by-hop, destination and
finished routing headers. Damage is judged only in frames that carry our magic.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from traffic import payload
from traffic.checksum import is_valid, word_sum

MAX_IPV6_HEADERS: Final = 16

_VLAN_TYPES: Final = frozenset((0x8100, 0x88A8))
_IPV4_TYPE: Final = 0x0800
_IPV6_TYPE: Final = 0x86DD
_ICMP, _TCP, _UDP, _ICMPV6 = 1, 6, 17, 58
_HOP_BY_HOP, _ROUTING, _FRAGMENT_HEADER, _DESTINATION = 0, 43, 44, 60
_OPTION_HEADERS: Final = frozenset((_HOP_BY_HOP, _ROUTING, _DESTINATION))
_ECHO_REQUESTS: Final = {_ICMP: 8, _ICMPV6: 128}
_NAMES: Final = {_ICMP: "icmp", _ICMPV6: "icmp", _TCP: "tcp", _UDP: "udp"}
_MIN_HEADER: Final = {_ICMP: 8, _ICMPV6: 8, _TCP: 20, _UDP: 8}


class Other(StrEnum):
    """Why a frame is not a packet of any run."""

    NOT_IP = "not_ip"
    TRUNCATED = "truncated"
    """Ends before a payload header could be read."""
    MALFORMED = "malformed"
    FRAGMENT = "fragment"
    """IP fragment, also one that is whole: runs are sent unfragmented."""
    PROTOCOL = "protocol"
    """Neither UDP, TCP nor an ICMP echo request; a tunnel, a reply, an error."""
    NO_MAGIC = "no_magic"
    FILTERED = "filtered"
    """Of a run, but of another transport than the receiver was told to count."""


class Fault(StrEnum):
    """How a packet of a run is damaged; the first that applies."""

    LENGTH = "length"
    """The lengths in its headers disagree with each other or with the frame."""
    CHECKSUM = "checksum"
    """IPv4 header or transport checksum wrong: a host would have thrown it away."""
    CRC = "crc"


class Observation(NamedTuple):
    """A frame of some run. With a fault, `seq` and `total` are what the damaged frame says."""

    tag: bytes
    seq: int
    total: int
    """Packets in the run, as the sender announced it."""
    proto: str
    version: int
    fault: Fault | None


class _Network(NamedTuple):
    """What the IP layer says about the segment it carries."""

    version: int
    proto: int
    segment: memoryview
    length: int
    """Bytes the IP header promises; `segment` is shorter in a truncated frame."""
    address_sum: int
    """Source and destination address as a part of the checksum."""
    header_ok: bool


def parse_frame(frame: memoryview) -> Observation | Other:
    """Judge an Ethernet frame."""
    at = 12
    while len(frame) >= at + 2:
        kind = frame[at] << 8 | frame[at + 1]
        if kind not in _VLAN_TYPES:
            known = kind in {_IPV4_TYPE, _IPV6_TYPE}
            return parse_packet(frame[at + 2 :]) if known else Other.NOT_IP
        at += 4
    return Other.TRUNCATED


def parse_packet(packet: memoryview) -> Observation | Other:
    """Judge an IP packet without link header, as devices such as tun give."""
    if not packet:
        return Other.TRUNCATED
    version = packet[0] >> 4
    if version == 4:
        network = _ipv4(packet)
    elif version == 6:
        network = _ipv6(packet)
    else:
        return Other.NOT_IP
    return network if isinstance(network, Other) else _transport(network)


def _ipv4(packet: memoryview) -> _Network | Other:
    header = (packet[0] & 15) * 4
    if len(packet) < max(header, 20):
        return Other.TRUNCATED
    total = packet[2] << 8 | packet[3]
    if header < 20 or total < header:
        return Other.MALFORMED
    if (packet[6] << 8 | packet[7]) & 0x3FFF:  # more-fragments flag or an offset
        return Other.FRAGMENT
    return _Network(
        version=4,
        proto=packet[9],
        segment=packet[header:total],
        length=total - header,
        address_sum=word_sum(packet[12:20]),
        header_ok=is_valid(word_sum(packet[:header])),
    )


def _ipv6(packet: memoryview) -> _Network | Other:
    if len(packet) < 40:
        return Other.TRUNCATED
    end = 40 + (packet[4] << 8 | packet[5])
    found = _skip_options(packet[:end], packet[6])
    if isinstance(found, Other):
        return found
    proto, at = found
    if at > end:
        return Other.MALFORMED
    return _Network(
        version=6,
        proto=proto,
        segment=packet[at:end],
        length=end - at,
        address_sum=word_sum(packet[8:40]),
        header_ok=True,  # IPv6 has no header checksum
    )


def _skip_options(packet: memoryview, proto: int) -> tuple[int, int] | Other:
    """The transport protocol and its offset behind the extension headers (RFC 8200 section 4)."""
    at = 40
    for _ in range(MAX_IPV6_HEADERS):
        if proto == _FRAGMENT_HEADER:
            return Other.FRAGMENT
        if proto not in _OPTION_HEADERS:
            return proto, at
        if len(packet) < at + 8:
            return Other.TRUNCATED
        if proto == _ROUTING and packet[at + 3]:
            return Other.PROTOCOL  # segments left: the checksum's destination is further on
        proto, at = packet[at], at + 8 * (packet[at + 1] + 1)
    return Other.MALFORMED


def _transport(network: _Network) -> Observation | Other:
    segment = network.segment
    if not _is_countable(network.proto, network.version):
        return Other.PROTOCOL
    if len(segment) < _MIN_HEADER[network.proto]:
        return Other.TRUNCATED
    if segment[0] != _ECHO_REQUESTS.get(network.proto, segment[0]):
        return Other.PROTOCOL
    header = (segment[12] >> 4) * 4 if network.proto == _TCP else 8
    if header < _MIN_HEADER[network.proto]:
        return Other.MALFORMED
    return _payload(network, segment[header:])


def _is_countable(proto: int, version: int) -> bool:
    return proto in {_UDP, _TCP, _ICMP if version == 4 else _ICMPV6}


def _payload(network: _Network, body: memoryview) -> Observation | Other:
    if len(body) < payload.HEADER_BYTES:
        return Other.NO_MAGIC if len(network.segment) == network.length else Other.TRUNCATED
    magic, tag, seq, total, crc = payload.HEADER.unpack_from(body)
    if magic != payload.MAGIC:
        return Other.NO_MAGIC
    fault = _fault(network) or (None if payload.is_intact(body, crc) else Fault.CRC)
    return Observation(tag, seq, total, _NAMES[network.proto], network.version, fault)


def _fault(network: _Network) -> Fault | None:
    segment = network.segment
    if len(segment) != network.length:
        return Fault.LENGTH
    if network.proto == _UDP and (segment[4] << 8 | segment[5]) != network.length:
        return Fault.LENGTH
    return None if network.header_ok and _checksum_ok(network) else Fault.CHECKSUM


def _checksum_ok(network: _Network) -> bool:
    segment, total = network.segment, word_sum(network.segment)
    if network.proto == _ICMP:
        return is_valid(total)
    if network.proto == _UDP and not (segment[6] or segment[7]):
        return network.version == 4  # "none" is allowed in IPv4 only (RFC 8200 section 8.1)
    return is_valid(total + network.address_sum + network.proto + network.length)
