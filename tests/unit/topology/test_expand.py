"""Environment variables and where they leave the rest of the line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.topology.expand import expand

ENV = {"A": "alpha", "EMPTY": "", "DOLLAR": "${A}"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${A}/$A", "alpha/alpha"),
        ("${UNSET} $UNSET", "${UNSET} $UNSET"),
        ("${UNSET:-d}${UNSET:=d}${UNSET-d}${UNSET=d}", "dddd"),
        ("${EMPTY:-d}${EMPTY:=d}|${EMPTY-d}${EMPTY=d}|${EMPTY}", "dd||"),
        ("${A:-d}${A-d}", "alphaalpha"),
        ("${A:+x}${A+x}|${UNSET:+x}${UNSET+x}", "xx|"),
        ("${UNSET:-$A}", "alpha"),
        ("${UNSET:-}", ""),
        ("${UNSET:-http://x:80/y}", "http://x:80/y"),
        ("$$A $${A}", "$A ${A}"),
        ("$1 ${1} $( $", "$1 ${1} $( $"),
        ("${A", "${A"),
        ("${DOLLAR}", "${A}"),
    ],
)
def test_forms(text: str, expected: str) -> None:
    assert expand(text, ENV).text == expected


def test_places_after_a_variable_are_those_of_the_source() -> None:
    source = "x: ${A} y\nz: $A!"
    expanded = expand(source, ENV)
    assert expanded.origin(expanded.text.index("y")) == (1, source.index("y") + 1)
    assert expanded.origin(expanded.text.index("z")) == (2, 1)
    assert expanded.origin(expanded.text.index("!")) == (2, 6)
    assert expanded.origin(expanded.text.index("alpha") + 3) == (1, 4)


@given(st.text("${}:-=+A\n x", max_size=40))
def test_every_place_in_the_text_has_one_in_the_source(source: str) -> None:
    expanded = expand(source, ENV)
    lines = source.split("\n")
    for index in range(len(expanded.text) + 1):
        line, column = expanded.origin(index)
        assert 1 <= line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 1


def test_many_unfinished_references_take_linear_time() -> None:
    source = "${A:-" * 200_000
    assert expand(source, ENV).text == source
