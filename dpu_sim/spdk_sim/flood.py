"""Keeps those who misbehave from flooding the log: of each kind of record only so many a while."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

MOST = 20
"""Records of one kind that are logged in SECONDS."""

SECONDS = 10.0


@dataclass(slots=True)
class _Kind:
    """What has come of a kind: since when, how many, and how many of them were withheld."""

    since: float
    count: int = 0
    withheld: int = 0


class FloodFilter(logging.Filter):
    """Withholds records; the next one of the kind that is logged says how many (`withheld`).

    Of a kind are records with the same text before its arguments are put in.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._kinds: dict[tuple[str, str], _Kind] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to log a record."""
        now = self._clock()
        kind = self._kinds.setdefault((record.name, str(record.msg)), _Kind(now))
        if now - kind.since >= SECONDS:
            kind.since, kind.count = now, 0
        kind.count += 1
        if kind.count > MOST:
            kind.withheld += 1
            return False
        if kind.withheld:
            record.data = {**getattr(record, "data", {}), "withheld": kind.withheld}
            kind.withheld = 0
        return True
