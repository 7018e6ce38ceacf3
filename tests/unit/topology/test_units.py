"""Quantities with units."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.topology import units


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        (units.microseconds, "10ms", 10_000),
        (units.microseconds, "250us", 250),
        (units.microseconds, "1.5 s", 1_500_000),
        (units.microseconds, "0ms", 0),
        (units.probability, "1%", 0.01),
        (units.probability, "0.5", 0.005),
        (units.probability, "100%", 1.0),
        (units.bits_per_second, "500kbit", 500_000),
        (units.bits_per_second, "10Mbit", 10_000_000),
        (units.bits_per_second, "1gbit", 1_000_000_000),
        (units.bits_per_second, "9600bit", 9600),
        (units.bytes_of, "512mb", 512_000_000),
        (units.bytes_of, "1Gib", 1 << 30),
        (units.bytes_of, "1.5Ki", 1536),
        (units.bytes_of, "2g", 2_000_000_000),
        (units.bytes_of, "42", 42),
    ],
)
def test_values(reader: Callable[[str], float], text: str, value: float) -> None:
    assert reader(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        (units.microseconds, "10"),
        (units.microseconds, "-1ms"),
        (units.microseconds, "61s"),
        (units.microseconds, "9" * 30 + "us"),
        (units.probability, "101%"),
        (units.probability, "1 percent"),
        (units.bits_per_second, "10mbps"),
        (units.bits_per_second, "0mbit"),
        (units.bits_per_second, "\u0661mbit"),
        (units.bytes_of, "1 parsec"),
        (units.bytes_of, ""),
    ],
)
def test_what_is_no_quantity(reader: Callable[[str], float], text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a|is longer"):
        reader(text)


@given(st.text(max_size=12))
def test_any_text_is_a_quantity_or_a_value_error(text: str) -> None:
    readers = (units.microseconds, units.probability, units.bits_per_second, units.bytes_of)
    for reader in readers:
        assert outcome(reader, text) >= 0


def outcome(reader: Callable[[str], float], text: str) -> float:
    try:
        return reader(text)
    except ValueError:
        return 0
