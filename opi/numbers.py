"""Numbers as people write them: with units, in hexadecimal, protocols by name."""

from __future__ import annotations

import re

_SIZE = re.compile(r"(\d+)\s*(?:([kmgtp])i?)?b?", re.IGNORECASE)
_UNITS = {unit: 1024**power for power, unit in enumerate(("", "k", "m", "g", "t", "p"))}

PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "ah": 51, "icmpv6": 58}
"""Protocol numbers (iana.org/assignments/protocol-numbers) that have a name here."""


def parse_integer(text: str, low: int, high: int) -> int:
    """A whole number in decimal, 0x, 0o or 0b notation, within [low, high]."""
    try:
        value = int(text, 10) if text.lstrip("+-").isdigit() else int(text, 0)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None
    return _within(value, text, low, high)


def parse_size(text: str, low: int, high: int) -> int:
    """A count with a unit: 512, 4k, 64M, 1Gi, 1GiB; units are powers of 1024."""
    match = _SIZE.fullmatch(text.strip())
    if not match:
        return parse_integer(text, low, high)
    return _within(int(match[1]) * _UNITS[(match[2] or "").lower()], text, low, high)


def parse_protocol(text: str) -> int:
    """An IP protocol: a name or a number from 0 to 255."""
    if text.lower() in PROTOCOLS:
        return PROTOCOLS[text.lower()]
    try:
        return parse_integer(text, 0, 255)
    except ValueError:
        names = ", ".join(PROTOCOLS)
        raise ValueError(f"{text!r} is no IP protocol: a number or one of {names}") from None


def show_protocol(number: int) -> str:
    """The protocol's name, or its number."""
    return next((name for name, value in PROTOCOLS.items() if value == number), str(number))


def _within(value: int, text: str, low: int, high: int) -> int:
    if not low <= value <= high:
        raise ValueError(f"{text} is out of range: {low} to {high}")
    return value
