"""Latency histograms in SPDK's layout.

A range holds the latencies of one bit length and is cut into 2**granularity buckets of equal width;
the lowest range starts at zero. What is too short or too long goes to the outermost bucket.
"""

from __future__ import annotations

import base64
from array import array
from dataclasses import dataclass, field

from dpu_sim.spdk_sim.bdev.device import IoType
from dpu_sim.spdk_sim.bdev.statistics import TICKS_PER_SECOND

GRANULARITY = 7
SHORTEST = 1_000
LONGEST = 10_000_000_000
"""Defaults: 128 buckets to a range, 1 us to 10 s (nanoseconds)."""


@dataclass(slots=True)
class Histogram:
    """Latencies of one device; `only` restricts it to one kind of operation.

    Raises:
        ValueError: there is no such granularity, or the limits are the wrong way round.
    """

    granularity: int = GRANULARITY
    shortest: int = SHORTEST
    longest: int = LONGEST
    only: IoType | None = None
    first_range: int = field(init=False)
    last_range: int = field(init=False)
    _counts: array[int] = field(init=False)

    def __post_init__(self) -> None:
        if not 1 <= self.granularity <= 12 or not 0 <= self.shortest < self.longest < 1 << 63:
            raise ValueError("no such histogram")
        self.first_range, self.last_range = self._range(self.shortest), self._range(self.longest)
        ranges = self.last_range - self.first_range + 1
        self._counts = array("Q", bytes(8 * (ranges << self.granularity)))

    def _range(self, ticks: int) -> int:
        return max(0, ticks.bit_length() - self.granularity)

    def count(self, kind: IoType, ticks: int) -> None:
        """One more operation that took so long."""
        if self.only in (None, kind):
            self._counts[self.bucket(ticks)] += 1

    def bucket(self, ticks: int) -> int:
        """Index of the bucket of a latency."""
        level = self._range(ticks)
        if level < self.first_range:
            return 0
        if level > self.last_range:
            return len(self._counts) - 1
        within = (ticks >> max(0, level - 1)) & ((1 << self.granularity) - 1)
        return ((level - self.first_range) << self.granularity) + within

    def describe(self) -> dict[str, object]:
        """The result of bdev_get_histogram; counts are 64-bit numbers in the machine's order."""
        return {
            "histogram": base64.b64encode(self._counts.tobytes()).decode(),
            "granularity": self.granularity,
            "min_range": self.first_range,
            "max_range": self.last_range,
            "tsc_rate": TICKS_PER_SECOND,
        }
