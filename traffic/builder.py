"""PacketSpec -> the bytes of every packet. The only module that imports scapy.

scapy builds one packet, which settles the headers; each further packet is that template with its
own payload, serial numbers and checksums. Pure: no socket, no route, no clock.
"""

from __future__ import annotations

import hashlib
import random
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6
from scapy.packet import Raw

from traffic import payload
from traffic.checksum import checksum, word_sum
from traffic.spec import DEFAULT_DESTINATION_PORT, DEFAULT_SOURCE_PORT, PacketSpec, Proto

_IP4_ID: Final = 4
_IP4_CHECKSUM: Final = 10
_DONT_FRAGMENT: Final = "DF"
_CHECKSUM_AT: Final = {Proto.UDP: 6, Proto.TCP: 16, Proto.ICMP: 2}
_U16 = struct.Struct("!H")
_U32 = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class _Template:
    """Headers of packet 0 and where the per-packet fields are in them."""

    headers: bytes
    transport_at: int
    checksum_at: int
    pseudo_sum: int
    first_id: int
    first_serial: int


def packets(spec: PacketSpec) -> list[bytes]:
    """Every IP packet of the run in sending order; the same spec gives the same bytes."""
    template = _template(spec)
    return [_packet(spec, template, seq) for seq in range(spec.count)]


def digest(run: Iterable[bytes]) -> str:
    """SHA-256, in hex, of all packets joined."""
    total = hashlib.sha256()
    for packet in run:
        total.update(packet)
    return total.hexdigest()


def _packet(spec: PacketSpec, template: _Template, seq: int) -> bytes:
    body = payload.encode(spec.tag, seq, spec.count, spec.size, spec.seed)
    headers = bytearray(template.headers)
    _number_transport(spec, template, seq, headers)
    if spec.version == 4:
        _number_ip4(template, seq, headers)
    at = template.checksum_at
    _U16.pack_into(headers, at, 0)
    total = template.pseudo_sum + word_sum(headers[template.transport_at :]) + word_sum(body)
    value = checksum(total)
    if value == 0 and spec.proto is Proto.UDP:
        value = 0xFFFF  # zero would mean "no checksum" (RFC 768)
    _U16.pack_into(headers, at, value)
    return bytes(headers) + body


def _number_ip4(template: _Template, seq: int, headers: bytearray) -> None:
    # Never 0: the kernel would put an identification of its own choice there (raw(7)).
    _U16.pack_into(headers, _IP4_ID, (template.first_id + seq) % 0xFFFF + 1)
    _U16.pack_into(headers, _IP4_CHECKSUM, 0)
    _U16.pack_into(headers, _IP4_CHECKSUM, checksum(word_sum(headers[: template.transport_at])))


def _number_transport(spec: PacketSpec, template: _Template, seq: int, headers: bytearray) -> None:
    if spec.proto is Proto.ICMP:
        _U16.pack_into(headers, template.transport_at + 6, seq & 0xFFFF)
    elif spec.proto is Proto.TCP:
        # One more than the payload per packet: segments that do not adjoin are never merged by
        # receive offload, so the receiver counts what was sent.
        serial = template.first_serial + seq * (spec.size + 1)
        _U32.pack_into(headers, template.transport_at + 4, serial & 0xFFFFFFFF)


def _template(spec: PacketSpec) -> _Template:
    chance = random.Random(spec.seed)  # noqa: S311 - reproducible on purpose, not a secret
    # random() alone is promised to be the same in every Python version.
    first_id, first_serial, echo_id = (int(chance.random() * (1 << bits)) for bits in (16, 32, 16))
    body = payload.encode(spec.tag, 0, spec.count, spec.size, spec.seed)
    built = bytes(_network(spec) / _transport(spec, echo_id) / Raw(body))
    headers = built[: -spec.size]
    transport_at = len(headers) - spec.proto.header_bytes
    return _Template(
        headers=headers,
        transport_at=transport_at,
        checksum_at=transport_at + _CHECKSUM_AT[spec.proto],
        pseudo_sum=_pseudo_sum(spec, headers),
        first_id=first_id,
        first_serial=first_serial,
    )


def _network(spec: PacketSpec) -> Any:
    service = spec.dscp << 2  # the low two bits are ECN (RFC 3168)
    if spec.version == 6:
        return IPv6(src=spec.source, dst=spec.destination, hlim=spec.ttl, tc=service)
    return IP(
        src=spec.source, dst=spec.destination, ttl=spec.ttl, tos=service, id=1, flags=_DONT_FRAGMENT
    )


def _transport(spec: PacketSpec, echo_id: int) -> Any:
    if spec.proto is Proto.ICMP:
        return ICMPv6EchoRequest(id=echo_id) if spec.version == 6 else ICMP(type=8, id=echo_id)
    sport = DEFAULT_SOURCE_PORT if spec.sport is None else spec.sport
    dport = DEFAULT_DESTINATION_PORT if spec.dport is None else spec.dport
    if spec.proto is Proto.UDP:
        return UDP(sport=sport, dport=dport)
    return TCP(sport=sport, dport=dport, flags=spec.tcp_flags)


def _pseudo_sum(spec: PacketSpec, headers: bytes) -> int:
    """The pseudo-header's part of the sum (RFC 9293 3.1, RFC 8200 8.1); ICMPv4 has none."""
    length = spec.proto.header_bytes + spec.size
    if spec.version == 6:
        return word_sum(headers[8:40]) + headers[6] + length
    return 0 if spec.proto is Proto.ICMP else word_sum(headers[12:20]) + headers[9] + length
