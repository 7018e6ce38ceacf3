"""I/O statistics of one channel, in SPDK's terms. A tick is a nanosecond."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from time import perf_counter_ns

from dpu_sim.spdk_sim.bdev.device import IoType

TICKS_PER_SECOND = 1_000_000_000

now = perf_counter_ns
"""Ticks since some point in the past."""

_COUNTED = {
    IoType.READ: ("bytes_read", "num_read_ops"),
    IoType.WRITE: ("bytes_written", "num_write_ops"),
    IoType.UNMAP: ("bytes_unmapped", "num_unmap_ops"),
    IoType.COPY: ("bytes_copied", "num_copy_ops"),
}
"""Operations that SPDK counts, and what it calls the numbers."""


class Reset(StrEnum):
    """What is set back to zero."""

    ALL = "all"
    MAXMIN = "maxmin"
    ERROR = "error"
    NONE = "none"


@dataclass(slots=True)
class Tally:
    """Number, bytes and latencies (ticks) of operations of one kind."""

    operations: int = 0
    bytes: int = 0
    ticks: int = 0
    longest: int = 0
    shortest: int = 0

    def count(self, size: int, ticks: int) -> None:
        """One more operation."""
        self.operations += 1
        self.bytes += size
        self.ticks += ticks
        if ticks > self.longest:  # noqa: PLR1730  half the time of a call of max
            self.longest = ticks
        if ticks < self.shortest or not self.shortest:
            self.shortest = ticks

    def count_many(self, operations: int, size: int, ticks: int) -> None:
        """More operations, of `size` bytes in all, which together took `ticks`."""
        self.operations += operations
        self.bytes += size
        self.ticks += ticks
        share = ticks // operations
        self.longest = max(self.longest, share)
        self.shortest = min(self.shortest or share, share)

    def add(self, other: Tally) -> None:
        """Take in the operations of another channel."""
        self.operations += other.operations
        self.bytes += other.bytes
        self.ticks += other.ticks
        self.longest = max(self.longest, other.longest)
        self.shortest = min(self.shortest or other.shortest, other.shortest or self.shortest)


@dataclass(slots=True)
class IoStatistics:
    """What passed through one channel."""

    read: Tally = field(default_factory=Tally)
    write: Tally = field(default_factory=Tally)
    unmap: Tally = field(default_factory=Tally)
    copy: Tally = field(default_factory=Tally)
    errors: Counter[str] = field(default_factory=Counter)

    def tally(self, kind: IoType) -> Tally | None:
        """The tally of a kind of operation, None where SPDK has none."""
        return getattr(self, kind.value) if kind in _COUNTED else None

    def add(self, other: IoStatistics) -> None:
        """Take in another channel."""
        for kind in _COUNTED:
            getattr(self, kind.value).add(getattr(other, kind.value))
        self.errors.update(other.errors)

    def reset(self, mode: Reset) -> None:
        """Set back what `mode` says."""
        if mode in (Reset.ALL, Reset.ERROR):
            self.errors.clear()
        if mode is Reset.ALL:
            self.read, self.write, self.unmap, self.copy = Tally(), Tally(), Tally(), Tally()
        if mode is Reset.MAXMIN:
            for kind in _COUNTED:
                tally: Tally = getattr(self, kind.value)
                tally.longest = tally.shortest = 0

    def describe(self) -> dict[str, object]:
        """The fields of bdev_get_iostat."""
        shown: dict[str, object] = {}
        for kind, (size, number) in _COUNTED.items():
            tally: Tally = getattr(self, kind.value)
            shown |= {size: tally.bytes, number: tally.operations}
        for kind in _COUNTED:
            tally = getattr(self, kind.value)
            shown[f"{kind}_latency_ticks"] = tally.ticks
            shown[f"max_{kind}_latency_ticks"] = tally.longest
            shown[f"min_{kind}_latency_ticks"] = tally.shortest
        return shown | {"io_error": dict(self.errors)}
