"""The log of a target that many misbehave towards."""

from __future__ import annotations

import logging

from dpu_sim.spdk_sim.flood import MOST, SECONDS, FloodFilter


def record(text: str, *values: object) -> logging.LogRecord:
    return logging.LogRecord("a", logging.WARNING, "", 0, text, values, None)


def test_of_each_kind_so_many_a_while_and_then_how_many_there_were() -> None:
    now = 100.0
    flood = FloodFilter(lambda: now)
    assert [flood.filter(record("no %d", n)) for n in range(MOST + 7)] == [True] * MOST + [
        False
    ] * 7
    other = record("another %s", "kind")
    assert flood.filter(other)
    assert not hasattr(other, "data")
    now += SECONDS
    after, later = record("no %d", 1), record("no %d", 2)
    assert flood.filter(after)
    assert flood.filter(later)
    assert after.__dict__["data"] == {"withheld": 7}
    assert not hasattr(later, "data")
