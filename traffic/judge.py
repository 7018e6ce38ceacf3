"""Observations -> result. Pure: no clock, no socket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from traffic.frame import Fault, Observation, Other

MAX_RANGES: Final = 20
MAX_ANNOUNCED: Final = 8


class Tally:
    """Counts of one run, kept up frame by frame. `expected` 0 means that nothing should come."""

    def __init__(self, tag: bytes, expected: int, proto: str | None = None) -> None:
        self.tag = tag
        self.expected = expected
        self.proto = proto
        self.seen: set[int] = set()
        self.announced: set[int] = set()
        self.faults: Counter[Fault] = Counter()
        self.others: Counter[Other] = Counter()
        self.duplicates = 0
        self.reordered = 0
        self.strays = 0
        self.corrupt_strays = 0
        self._beyond = 0
        self._next = 0

    @property
    def complete(self) -> bool:
        """Whether every expected packet was seen; never so when none is expected."""
        return 0 < self.expected <= len(self.seen) - self._beyond

    def add(self, seen: Observation | Other) -> bool:
        """Count one frame; True when it bears this run's tag."""
        if isinstance(seen, Other):
            self.others[seen] += 1
            return False
        if seen.tag != self.tag:
            self.strays += 1
            self.corrupt_strays += seen.fault is not None
            return False
        if self.proto is not None and seen.proto != self.proto:
            self.others[Other.FILTERED] += 1
            return False
        if seen.fault is not None:
            self.faults[seen.fault] += 1
        else:
            self._add_intact(seen)
        return True

    def _add_intact(self, seen: Observation) -> None:
        if seen.seq in self.seen:
            self.duplicates += 1
            return
        self.seen.add(seen.seq)
        self._beyond += seen.seq >= self.expected
        if len(self.announced) < MAX_ANNOUNCED:
            self.announced.add(seen.total)
        # Reordered as RFC 4737 section 3.2 has it: below what the packets so far made us expect.
        if seen.seq < self._next:
            self.reordered += 1
        else:
            self._next = seen.seq + 1

    def result(self, drops: int = 0) -> dict[str, Any]:
        """What arrived, ready for JSON; the field list is in `traffic.receiver.receive`.

        `drops` is how many frames the kernel threw away before we saw them: with any, absence
        proves nothing.
        """
        gaps = missing_ranges(self.seen, self.expected)
        missing = sum(last - first + 1 for first, last in gaps)
        return {
            "tag": self.tag.hex(),
            "expected": self.expected,
            "received": len(self.seen),
            "beyond_expected": self._beyond,
            "announced": sorted(self.announced),
            "duplicates": self.duplicates,
            "reordered": self.reordered,
            "corrupt": self.faults.total(),
            "corrupt_by": _by_name(self.faults),
            "missing": {
                "count": missing,
                "ranges": [list(gap) for gap in gaps[:MAX_RANGES]],
                "ranges_left_off": max(0, len(gaps) - MAX_RANGES),
            },
            "strays": self.strays,
            "strays_corrupt": self.corrupt_strays,
            "others": self.others.total(),
            "others_by": _by_name(self.others),
            "kernel_drops": drops,
            "inconclusive": drops > 0 and (missing > 0 or self.expected == 0),
        }


def judge(
    observations: Iterable[Observation | Other],
    tag: bytes,
    expected: int,
    *,
    proto: str | None = None,
    drops: int = 0,
) -> dict[str, Any]:
    """The result of a whole run at once; see Tally.result."""
    tally = Tally(tag, expected, proto)
    for seen in observations:
        tally.add(seen)
    return tally.result(drops)


def missing_ranges(seen: set[int], expected: int) -> Sequence[tuple[int, int]]:
    """Runs of numbers below `expected` that are not in `seen`: (first, last), both inclusive."""
    gaps: list[tuple[int, int]] = []
    start = 0
    for number in [*sorted(number for number in seen if number < expected), expected]:
        if number > start:
            gaps.append((start, number - 1))
        start = number + 1
    return gaps


def _by_name(counts: Counter[Any]) -> dict[str, int]:
    return {str(name): counts[name] for name in sorted(counts)}
