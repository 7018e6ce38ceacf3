"""What to send: a value that fixes every byte of every packet."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from traffic.errors import SpecError
from traffic.payload import HEADER_BYTES, TAG_BYTES

DEFAULT_SOURCE_PORT: Final = 40000
DEFAULT_DESTINATION_PORT: Final = 9  # discard (RFC 863)
MAX_COUNT: Final = 1_000_000
MAX_TOTAL_BYTES: Final = 256 << 20
"""All packets are built before the first leaves; this bounds their memory."""

_IP_MAX: Final = 65535
_TCP_FLAGS: Final = frozenset("FSRPAUEC")


class Proto(StrEnum):
    """Transport; ICMP is an echo request of the destination's family."""

    UDP = "udp"
    TCP = "tcp"
    ICMP = "icmp"

    @property
    def header_bytes(self) -> int:
        """Length of the header before the payload, without options."""
        return 20 if self is Proto.TCP else 8


def parse_tag(text: str) -> bytes:
    """The 16-byte run tag from 32 hex digits. Raises SpecError."""
    if not re.fullmatch(r"[0-9a-fA-F]{32}", text):
        raise SpecError(f"--tag: {text!r} is not {2 * TAG_BYTES} hex digits")
    return bytes.fromhex(text)


def _check_range(flag: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise SpecError(f"--{flag}: {value} is not in {low}..{high}")


def _check_address(flag: str, text: str) -> int:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise SpecError(f"--{flag}: {text!r} is not an IPv4 or IPv6 address") from None
    if getattr(address, "scope_id", None):
        raise SpecError(f"--{flag}: {text!r} has a zone; name the interface with --interface")
    return address.version


@dataclass(frozen=True, slots=True)
class PacketSpec:
    """A run of packets. Raises SpecError, naming the flag, when it cannot exist.

    `size` is payload bytes, `dscp` 0..63 (RFC 2474), `ttl` the IPv4 TTL or IPv6 hop limit,
    `tcp_flags` letters of FSRPAUEC. Ports mean nothing for ICMP and must be None there.
    """

    source: str
    destination: str
    proto: Proto
    tag: bytes
    count: int = 10
    size: int = 64
    sport: int | None = None
    dport: int | None = None
    dscp: int = 0
    ttl: int = 64
    seed: int = 0
    tcp_flags: str = "S"

    def __post_init__(self) -> None:
        version = _check_address("to", self.destination)
        if _check_address("source", self.source) != version:
            raise SpecError(f"--source: {self.source} and {self.destination} differ in IP version")
        if len(self.tag) != TAG_BYTES:
            raise SpecError(f"--tag: {len(self.tag)} bytes instead of {TAG_BYTES}")
        _check_range("count", self.count, 1, MAX_COUNT)
        _check_range("size", self.size, HEADER_BYTES, self._largest_payload())
        _check_range("dscp", self.dscp, 0, 63)
        _check_range("ttl", self.ttl, 1, 255)
        self._check_transport()
        if self.count * self.size > MAX_TOTAL_BYTES:
            raise SpecError(f"--count x --size: more than {MAX_TOTAL_BYTES} bytes; lower one")

    @property
    def version(self) -> int:
        """4 or 6."""
        return 6 if ":" in self.destination else 4

    def _largest_payload(self) -> int:
        # RFC 791 counts the IPv4 header in the total length, RFC 8200 does not.
        return _IP_MAX - self.proto.header_bytes - (20 if self.version == 4 else 0)

    def _check_transport(self) -> None:
        for flag, port in (("sport", self.sport), ("dport", self.dport)):
            if port is None:
                continue
            if self.proto is Proto.ICMP:
                raise SpecError(f"--{flag}: icmp has no ports")
            _check_range(flag, port, 0, 65535)
        if not set(self.tcp_flags) <= _TCP_FLAGS:
            raise SpecError(f"--tcp-flags: {self.tcp_flags!r} has letters outside FSRPAUEC")
