"""Published ports: `[[address:]host-port:]port[/protocol]`, as Docker writes them."""

from __future__ import annotations

import ipaddress
import re

from lab.topology.model import PortBinding

LOOPBACK = "127.0.0.1"
MAX_RANGE = 1000
"""Most ports one entry may publish."""

_SPEC = re.compile(
    r"(?:(?:\[(?P<v6>[^\]]*)\]|(?P<v4>[^:\[\]]*)):(?=.*:))?"
    r"(?:(?P<host>[\d-]*):)?(?P<port>[\d-]+)(?:/(?P<protocol>\w+))?",
    re.ASCII,
)


def parse(text: str) -> list[PortBinding]:
    """Read one entry; a range gives several. Raises ValueError.

    Without an address the port is published on 127.0.0.1 only; without a host port the kernel
    chooses one.
    """
    match = _SPEC.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' is no port: write [[address:]host-port:]port[/tcp|udp|sctp]")
    protocol = (match["protocol"] or "tcp").lower()
    if protocol not in {"tcp", "udp", "sctp"}:
        raise ValueError(f"'{protocol}' is no protocol: tcp, udp or sctp")
    address = _address(match["v6"] or match["v4"] or LOOPBACK)
    inside = _range(match["port"])
    outside = _range(match["host"]) if match["host"] else [0] * len(inside)
    if len(outside) != len(inside):
        raise ValueError(f"'{text}' maps {len(outside)} host ports to {len(inside)} ports")
    return [
        PortBinding(address, out, port, protocol) for out, port in zip(outside, inside, strict=True)
    ]


def collide(a: PortBinding, b: PortBinding) -> bool:
    """Whether two published ports cannot both be bound on the machine."""
    if not a.host_port or (a.host_port, a.protocol) != (b.host_port, b.protocol):
        return False
    return a.host_ip == b.host_ip or any(
        ipaddress.ip_address(ip).is_unspecified for ip in (a.host_ip, b.host_ip)
    )


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(f"'{text}' is no address to publish a port on") from None


def _range(text: str) -> list[int]:
    first, dash, last = text.partition("-")
    if not (
        first.isdigit() and len(first) <= 5 and (not dash or (last.isdigit() and len(last) <= 5))
    ):
        raise ValueError(f"'{text}' is no port or range of ports")
    low, high = int(first), int(last or first)
    if not 1 <= low <= high <= 65535:
        raise ValueError(f"port '{text}' is not between 1 and 65535")
    if high - low >= MAX_RANGE:
        raise ValueError(f"'{text}' publishes more than {MAX_RANGE} ports")
    return list(range(low, high + 1))
