"""Quantities with units as a topology file writes them. Each reader raises ValueError."""

from __future__ import annotations

import re

_QUANTITY = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[A-Za-z%]*)", re.ASCII)

_MICROSECONDS = {"us": 1, "ms": 1_000, "s": 1_000_000}
# tc(8): bit rates are decimal; "kbps" means kilobytes a second there, so it is not accepted.
_BITS = {"bit": 1, "kbit": 10**3, "mbit": 10**6, "gbit": 10**9, "tbit": 10**12}
# containerlab reads sizes with humanize.ParseBytes: kb is 1000, KiB is 1024.
_BYTES: dict[str, int] = {"": 1, "b": 1} | {
    prefix + suffix: base**power
    for power, prefix in enumerate("kmgt", start=1)
    for suffix, base in (("", 1000), ("b", 1000), ("i", 1024), ("ib", 1024))
}

DELAY_PATTERN = r"^\d+(\.\d+)?\s*(us|ms|s)$"
LOSS_PATTERN = r"^\d+(\.\d+)?\s*%?$"
RATE_PATTERN = r"^\d+(\.\d+)?\s*([kKmMgGtT]?bit)$"
MEMORY_PATTERN = r"^\d+(\.\d+)?\s*([kKmMgGtT]?[iI]?[bB]?)$"

MAX_DELAY_US = 60_000_000
"""A minute; more is a typing mistake."""


def microseconds(text: str) -> int:
    """Read "10ms", "250us" or "1s" as microseconds."""
    number, unit = _split(text)
    if unit not in _MICROSECONDS:
        raise ValueError(f"'{text}' is not a time: write 250us, 10ms or 1s")
    value = round(number * _MICROSECONDS[unit])
    if value > MAX_DELAY_US:
        raise ValueError(f"'{text}' is longer than a minute")
    return value


def probability(text: str) -> float:
    """Read "1%" or "0.5" (percent as well) as a probability in [0, 1]."""
    number, unit = _split(text)
    if unit not in {"", "%"} or number > 100:
        raise ValueError(f"'{text}' is not a percentage between 0% and 100%")
    return number / 100


def bits_per_second(text: str) -> int:
    """Read "10mbit" as bit/s; prefixes are decimal, as in tc(8)."""
    number, unit = _split(text)
    if unit.lower() not in _BITS or number <= 0:
        raise ValueError(f"'{text}' is not a rate: write 500kbit, 10mbit or 1gbit")
    return round(number * _BITS[unit.lower()])


def bytes_of(text: str) -> int:
    """Read "512mb" (decimal) or "1Gib" (binary) as bytes."""
    number, unit = _split(text)
    if unit.lower() not in _BYTES:
        raise ValueError(f"'{text}' is not a size: write 512mb or 1Gib")
    return int(number * _BYTES[unit.lower()])


def _split(text: str) -> tuple[float, str]:
    match = _QUANTITY.fullmatch(text.strip())
    # Eighteen digits are beyond every unit's use and below float's trouble with infinity.
    if match is None or len(match["number"]) > 18:
        return 0.0, "?"
    return float(match["number"]), match["unit"]
