"""Order among operations on overlapping ranges of a device whose I/O runs in several threads.

Reads share a range, writes have it alone. An operation waits for those that came before it and
conflict with it, never for later ones: nothing starves, and no two wait for each other.
"""

from __future__ import annotations

import asyncio


class Hold:
    """The ranges of one operation: [first, end) and whether it needs them alone."""

    __slots__ = ("_conflicts", "done", "ranges")

    def __init__(self, ranges: tuple[tuple[int, int, bool], ...]) -> None:
        self.ranges = ranges
        self.done: asyncio.Future[None] | None = None
        self._conflicts: list[Hold] = []

    def conflicts_with(self, other: Hold) -> bool:
        """Whether both must not be under way together."""
        return any(
            (alone or other_alone) and first < other_end and other_first < end
            for first, end, alone in self.ranges
            for other_first, other_end, other_alone in other.ranges
        )

    def follow(self, earlier: Hold) -> None:
        """Wait for `earlier`."""
        self._conflicts.append(earlier)

    async def turn(self) -> None:
        """Return once every conflicting operation that came before has ended."""
        for one in self._conflicts:
            if one.done is not None and not one.done.done():
                await asyncio.shield(one.done)
        self._conflicts.clear()

    @property
    def is_free(self) -> bool:
        """Whether there is nothing to wait for."""
        return not self._conflicts


class RangeOrder:
    """The operations under way, and those that wait for them."""

    def __init__(self) -> None:
        self._holds: dict[Hold, None] = {}

    def enter(self, *ranges: tuple[int, int, bool]) -> Hold:
        """Take a place behind the conflicting operations; `leave` must follow."""
        hold = Hold(ranges)
        for earlier in self._holds:
            if hold.conflicts_with(earlier):
                earlier.done = earlier.done or asyncio.get_running_loop().create_future()
                hold.follow(earlier)
        self._holds[hold] = None
        return hold

    def leave(self, hold: Hold) -> None:
        """The operation has ended."""
        del self._holds[hold]
        if hold.done is not None:
            hold.done.set_result(None)

    def is_free(self, first: int, end: int, alone: bool) -> bool:
        """Whether an operation on [first, end) would have nothing to wait for."""
        if not self._holds:
            return True
        wanted = Hold(((first, end, alone),))
        return not any(wanted.conflicts_with(one) for one in self._holds)
