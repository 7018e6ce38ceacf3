"""Reading addresses of a topology file. Each reader raises ValueError with the reason."""

from __future__ import annotations

import ipaddress
import re
from typing import TypeAlias

Interface: TypeAlias = ipaddress.IPv4Interface | ipaddress.IPv6Interface
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")
_INTERFACE = re.compile(r"[^\s/:\x00-\x20\x7f]{1,15}")

MAX_INTERFACE = 15
"""IFNAMSIZ - 1."""


def interface_name(text: str) -> str:
    """Check a Linux interface name (net/core/dev.c, dev_valid_name)."""
    if len(text.encode()) > MAX_INTERFACE:
        raise ValueError(f"interface name '{text}' is longer than {MAX_INTERFACE} characters")
    if not _INTERFACE.fullmatch(text) or text in {".", ".."}:
        raise ValueError(f"'{text}' is no interface name: no spaces, '/' or ':'")
    if text in {"lo", "all", "default"}:
        raise ValueError(f"interface name '{text}' is taken by the kernel")
    return text


def mac(text: str) -> str:
    """Read a unicast Ethernet address; normalised to lower case with colons."""
    if not _MAC.fullmatch(text):
        raise ValueError(f"'{text}' is no MAC address: write aa:c1:ab:00:00:01")
    value = text.lower().replace("-", ":")
    if int(value[:2], 16) & 1:
        raise ValueError(f"MAC address '{text}' is a multicast address")
    if value == "00:00:00:00:00:00":
        raise ValueError("MAC address is all zero")
    return value


def interface(text: str, version: int) -> Interface:
    """Read an address with prefix length that an interface can have."""
    if "/" not in text:
        raise ValueError(f"'{text}' has no prefix length: write {_example(version)}")
    try:
        value = ipaddress.ip_interface(text)
    except ValueError:
        value = None
    if value is None or value.version != version or "%" in text:
        raise ValueError(f"'{text}' is no IPv{version} address: write {_example(version)}")
    _usable(text, value)
    return value


def _usable(text: str, value: Interface) -> None:
    ip, network = value.ip, value.network
    if ip.is_multicast or ip.is_unspecified or ip.is_loopback:
        raise ValueError(f"'{text}' is no address for an interface")
    if value.version == 4 and network.num_addresses > 2:
        if ip == network.network_address:
            raise ValueError(f"'{text}' is the address of the network itself")
        if ip == network.broadcast_address:
            raise ValueError(f"'{text}' is the broadcast address of its network")


def _example(version: int) -> str:
    return "10.0.0.1/24" if version == 4 else "fd00::1/64"


def network(text: str, version: int) -> Network:
    """Read a subnet."""
    try:
        value = ipaddress.ip_interface(text)
    except ValueError:
        value = None
    if value is None or value.version != version or "/" not in text:
        example = "172.30.0.0/24" if version == 4 else "fd00:30::/64"
        raise ValueError(f"'{text}' is no IPv{version} subnet: write {example}")
    if value.ip != value.network.network_address:
        raise ValueError(f"'{text}' is an address in a subnet: write {value.network}")
    return value.network


def host(text: str, version: int | None = None) -> str:
    """Read an address without prefix length."""
    try:
        value = ipaddress.ip_address(text)
    except ValueError:
        value = None
    if value is None or (version and value.version != version) or "%" in text:
        family = f"IPv{version}" if version else "IP"
        raise ValueError(f"'{text}' is no {family} address")
    return str(value)
