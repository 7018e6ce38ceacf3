"""Rate limits of a block device: reads and writes wait for their turn.

Every limit is a schedule of its own (generic cell rate algorithm): an operation pushes the point
where the next may start by its share of a second. A device that idled may catch up `CREDIT`
seconds, so that a timer that fires late costs no throughput.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, fields
from time import monotonic

from dpu_sim.spdk_sim.bdev.device import IoType

CREDIT = 0.02
_MIB = 1 << 20
_STEP = 1000
"""SPDK hands out operations per millisecond, hence in thousands per second."""


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Limits by SPDK's names: operations, or MiB, per second; 0 is no limit."""

    rw_ios_per_sec: int = 0
    rw_mbytes_per_sec: int = 0
    r_mbytes_per_sec: int = 0
    w_mbytes_per_sec: int = 0

    def rounded(self) -> RateLimits:
        """The limits that are enforced: operations are rounded up to whole thousands."""
        operations = -(-self.rw_ios_per_sec // _STEP) * _STEP
        megabytes = (self.rw_mbytes_per_sec, self.r_mbytes_per_sec, self.w_mbytes_per_sec)
        return RateLimits(operations, *megabytes)

    def describe(self) -> dict[str, int]:
        """`assigned_rate_limits` of bdev_get_bdevs."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @property
    def unlimited(self) -> bool:
        """Whether there is no limit at all."""
        return not any(self.describe().values())


class _Schedule:
    """One limit. `free` is when the next operation is due."""

    def __init__(self, kinds: frozenset[IoType], per_second: float, counts_bytes: bool) -> None:
        self.kinds = kinds
        self._per_second = per_second
        self._counts_bytes = counts_bytes
        self.free = 0.0

    def book(self, start: float, size: int) -> None:
        """Let an operation of `size` bytes start at `start`."""
        amount = size if self._counts_bytes else 1
        self.free = max(self.free, start) + amount / self._per_second


class Limiter:
    """Makes reads and writes of one device keep to its limits, in the order they came."""

    def __init__(self, limits: RateLimits) -> None:
        read, write = frozenset({IoType.READ}), frozenset({IoType.WRITE})
        wanted = (
            (read | write, limits.rw_ios_per_sec, False),
            (read | write, limits.rw_mbytes_per_sec * _MIB, True),
            (read, limits.r_mbytes_per_sec * _MIB, True),
            (write, limits.w_mbytes_per_sec * _MIB, True),
        )
        schedules = [_Schedule(*one) for one in wanted if one[1]]
        self._concerned = {
            kind: [one for one in schedules if kind in one.kinds]
            for kind in (IoType.READ, IoType.WRITE)
        }
        self._waiting: set[asyncio.Future[None]] = set()
        self._released = False

    def delay(self, kind: IoType, size: int) -> float:
        """Book an operation; seconds that it has to wait."""
        start = present = monotonic()
        for one in self._concerned[kind]:
            start = max(start, one.free - CREDIT)
        for one in self._concerned[kind]:
            one.book(start, size)
        return start - present

    def admit_now(self, kind: IoType, size: int) -> bool:
        """Book an operation unless it would have to wait; whether it was booked."""
        latest = monotonic() + CREDIT
        for one in self._concerned[kind]:
            if one.free > latest:
                return False
        self.delay(kind, size)
        return True

    async def admit(self, kind: IoType, size: int) -> bool:
        """Wait for the turn of an operation; False if the limits were lifted meanwhile."""
        if (seconds := self.delay(kind, size)) > 0:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.add(turn)
            timer = turn.get_loop().call_later(seconds, _resolve, turn)
            try:
                await turn
            finally:
                timer.cancel()
                self._waiting.discard(turn)
        return not self._released

    def release(self) -> None:
        """Let everything go that waits: the limits hold no longer."""
        self._released = True
        for turn in self._waiting:
            _resolve(turn)


def _resolve(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_result(None)
