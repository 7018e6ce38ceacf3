"""Event descriptors of a ring: the driver's kicks, and calls to it.

They come from the front end, which may have made them anything: only event descriptors are taken
(eventfd(2)), none is read, and none is written that has no room. None of it ever blocks.
"""

from __future__ import annotations

import asyncio
import os
import select
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from dpu_sim.spdk_sim.vhost.messages import MessageError

_ONE = (1).to_bytes(8, "little")
_INTERVAL = 0.01
"""Seconds over which the rate of I/O is looked at."""
_PER_SECOND = round(1 / _INTERVAL)


def require_eventfd(descriptor: int) -> None:
    """Raises MessageError: it is another kind of file."""
    if str(Path(f"/proc/self/fd/{descriptor}").readlink()) != "anon_inode:[eventfd]":
        raise MessageError("a descriptor that is no eventfd")
    os.set_blocking(descriptor, False)


class Kicks:
    """The descriptors that drivers write to; edge triggered, so that they need not be read."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._handlers: dict[int, Callable[[], None]] = {}
        asyncio.get_running_loop().add_reader(self._epoll, self._kicked)

    def add(self, descriptor: int, handler: Callable[[], None]) -> None:
        """Call `handler` whenever the descriptor is written, and once now if it was before."""
        self._handlers[descriptor] = handler
        self._epoll.register(descriptor, select.EPOLLIN | select.EPOLLET)

    def remove(self, descriptor: int) -> None:
        """No longer look at a descriptor."""
        if self._handlers.pop(descriptor, None) is not None:
            with suppress(OSError):
                self._epoll.unregister(descriptor)

    def _kicked(self) -> None:
        for descriptor, _ in self._epoll.poll(0):
            if handler := self._handlers.get(descriptor):
                handler()

    def close(self) -> None:
        """Look at none any more."""
        asyncio.get_running_loop().remove_reader(self._epoll)
        self._handlers.clear()
        self._epoll.close()


class Calls:
    """The descriptor that tells a driver of what is done; may be put off while there is much."""

    def __init__(self, coalescing: Callable[[], tuple[int, int]], call: Callable[[], None]) -> None:
        """`coalescing` gives (microseconds, I/Os per second); `call` is called when it is time."""
        self._coalescing = coalescing
        self._call = call
        self._timer: asyncio.TimerHandle | None = None
        self._since = 0.0
        self._count = 0
        self._delay = 0.0

    def done(self, count: int) -> None:
        """So many requests are done: call, now or later."""
        base, threshold = self._coalescing()
        if not base:
            self.flush()
            return
        self._measure(count, base / 1e6, threshold / _PER_SECOND)
        if not self._delay:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._delay, self.flush)

    def _measure(self, count: int, base: float, threshold: float) -> None:
        """Let the delay grow with the rate beyond the threshold, as SPDK does."""
        self._count += count
        now = time.monotonic()
        if now - self._since >= _INTERVAL:
            self._delay = max(0.0, base * (self._count - threshold) / threshold)
            self._since, self._count = now, 0

    def flush(self) -> None:
        """Call now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._call()


def signal(descriptor: int) -> None:
    """Write an event descriptor, unless it is full: then it says already what there is to say."""
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    if poll.poll(0):
        with suppress(OSError):
            os.write(descriptor, _ONE)
