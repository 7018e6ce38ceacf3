"""Points in time that nest: a step's own time never outlasts its scenario's."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

SHORTEST = 0.001
"""Seconds given to a call whose time is over: zero means "for ever" to some of them."""


class Deadline:
    """`seconds` from now, or the parent's end when that comes first."""

    def __init__(self, seconds: float, parent: Deadline | None = None) -> None:
        self.seconds = seconds
        self._own = time.monotonic() + seconds
        self._parent = parent

    def remaining(self) -> float:
        """Seconds left; negative when it is over."""
        own = self._own - time.monotonic()
        return own if self._parent is None else min(own, self._parent.remaining())

    def timeout(self, most: float = float("inf")) -> float:
        """Seconds that a call may take now: what is left, at most `most`."""
        return max(min(self.remaining(), most), SHORTEST)

    @property
    def expired(self) -> bool:
        """Whether it is over."""
        return self.remaining() <= 0

    def within(self, seconds: float) -> Self:
        """A deadline of its own inside this one."""
        return type(self)(seconds, self)


class AlarmRang(BaseException):
    """The time of an `alarm` is over. Not an Exception: no library on the way may swallow it."""


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise AlarmRang inside the block after `seconds`, also out of a call that blocks.

    Only the main thread can be interrupted (signal(7)); in another one the block runs unbounded
    and its deadlines have to do. A timer that was set before goes on afterwards.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise AlarmRang

    handler = signal.signal(signal.SIGALRM, ring)
    started = time.monotonic()
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:
            rest = max(left - (time.monotonic() - started), SHORTEST)
            signal.setitimer(signal.ITIMER_REAL, rest, interval)
