"""Order among operations on overlapping ranges of a device whose I/O runs in several threads.

Reads share a range, writes have it alone. An operation waits for those that came before it and
conflict with it, never for later ones: nothing starves, and no two wait for each other.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator

REGION = 1024
"""Blocks of a region: conflicts are looked for among the operations of the same regions."""

WIDE = 16
"""Operations on more regions are looked at by all."""

Range = tuple[int, int, bool]
"""[first, end), and whether the operation needs it alone."""


class Hold:
    """The ranges of one operation, and the earlier operations that it waits for."""

    __slots__ = ("conflicts", "done", "ranges")

    def __init__(self, ranges: tuple[Range, ...]) -> None:
        self.ranges = ranges
        self.done: asyncio.Future[None] | None = None
        self.conflicts: list[Hold] = []

    def conflicts_with(self, other: Hold) -> bool:
        """Whether both must not be under way together."""
        for first, end, alone in self.ranges:
            for other_first, other_end, other_alone in other.ranges:
                if (alone or other_alone) and first < other_end and other_first < end:
                    return True
        return False

    async def turn(self) -> None:
        """Return once every conflicting operation that came before has ended."""
        for one in self.conflicts:
            if one.done is not None and not one.done.done():
                await asyncio.shield(one.done)
        self.conflicts.clear()


class RangeOrder:
    """The operations under way, and those that wait for them."""

    def __init__(self) -> None:
        self._holds: dict[Hold, None] = {}
        self._wide: dict[Hold, None] = {}
        self._regions: defaultdict[int, dict[Hold, None]] = defaultdict(dict)

    def enter(self, *ranges: Range) -> Hold:
        """Take a place behind the conflicting operations; `leave` must follow."""
        hold = Hold(ranges)
        for earlier in self._neighbours(ranges):
            if hold.conflicts_with(earlier):
                earlier.done = earlier.done or asyncio.get_running_loop().create_future()
                hold.conflicts.append(earlier)
        self._holds[hold] = None
        for place in self._places(ranges):
            place[hold] = None
        return hold

    def leave(self, hold: Hold) -> None:
        """The operation has ended."""
        del self._holds[hold]
        for place in self._places(hold.ranges):
            del place[hold]
        for region in _regions(hold.ranges) or ():
            if not self._regions[region]:
                del self._regions[region]
        if hold.done is not None:
            hold.done.set_result(None)

    def is_free(self, first: int, end: int, alone: bool) -> bool:
        """Whether an operation on [first, end) would have nothing to wait for."""
        if not self._holds:
            return True
        wanted = Hold(((first, end, alone),))
        return not any(map(wanted.conflicts_with, self._neighbours(wanted.ranges)))

    def _places(self, ranges: tuple[Range, ...]) -> list[dict[Hold, None]]:
        """Where an operation on these ranges is kept."""
        regions = _regions(ranges)
        return [self._wide] if regions is None else [self._regions[one] for one in regions]

    def _neighbours(self, ranges: tuple[Range, ...]) -> Iterable[Hold]:
        """The operations that may conflict with one on these ranges."""
        regions = _regions(ranges)
        return self._holds if regions is None else self._near(regions)

    def _near(self, regions: set[int]) -> Iterator[Hold]:
        yield from self._wide
        for region in regions:
            yield from self._regions.get(region, ())


def _regions(ranges: tuple[Range, ...]) -> set[int] | None:
    """The regions that ranges touch; None: so many that they are not told one by one."""
    touched: set[int] = set()
    for first, end, _ in ranges:
        low, high = first // REGION, (end - 1) // REGION
        if high - low >= WIDE:
            return None
        touched.update(range(low, high + 1))
    return touched
