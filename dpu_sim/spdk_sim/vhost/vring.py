"""One ring of a front end at work: requests are taken, carried out and given back in their order.

In order, because then the index of what was given back says everything of what was done: a device
that dies is replaced by another one that goes on there, and no request is lost.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from dpu_sim.spdk_sim.vhost.interrupts import Calls, signal
from dpu_sim.spdk_sim.vhost.memory import GuestFaultError, GuestMemory
from dpu_sim.spdk_sim.vhost.messages import RingAddress
from dpu_sim.spdk_sim.vhost.ring import Chain, SplitRing

Outcome = int | Awaitable[int]
"""How many bytes of the request's memory were written, now or later."""

BURST, BURST_BYTES = 64, 8 << 20
"""Requests, or bytes of them, that are taken before others have their turn."""
BYTES_UNDER_WAY = 64 << 20
"""Data of one front end that are in memory at a time."""

_NONE = -1

_log = logging.getLogger("dpu_sim.spdk_sim")


class Budget:
    """What the requests of one front end take of our memory while they are carried out."""

    def __init__(self, run: Callable[[], None]) -> None:
        """`run` is called when there is room again for those that found none."""
        self._run = run
        self._bytes = 0
        self._refused = False

    def has_room(self) -> bool:
        """Whether another request may be taken."""
        self._refused = self._refused or self._bytes >= BYTES_UNDER_WAY
        return self._bytes < BYTES_UNDER_WAY

    def take(self, size: int) -> None:
        """A request is under way."""
        self._bytes += size

    def release(self, size: int) -> None:
        """A request has ended."""
        self._bytes -= size
        if self._refused and self._bytes < BYTES_UNDER_WAY:
            self._refused = False
            asyncio.get_running_loop().call_soon(self._run)


class _Request:
    __slots__ = ("head", "size", "written")

    def __init__(self, head: int, size: int) -> None:
        self.head = head
        self.size = size
        self.written: int | None = None


class Vring:
    """A ring as the front end has set it up so far; it works once it has a ring and is enabled."""

    def __init__(
        self,
        name: str,
        execute: Callable[[Chain], Outcome] | None,
        budget: Budget,
        *,
        coalescing: Callable[[], tuple[int, int]],
        ready: Callable[[], bool],
    ) -> None:
        """`execute` None: requests wait until there is something to say.

        `ready`: whether requests may be taken yet.
        """
        self.name = name
        self.size = 0
        self.address: RingAddress | None = None
        self.kick = self.call = self.error = _NONE
        self.enabled = False
        self.ring: SplitRing | None = None
        self._execute = execute
        self._ready = ready
        self._requests: deque[_Request] = deque()
        self._budget = budget
        self._told = 0
        self._calls = Calls(coalescing, self._call)
        self._idle = asyncio.Event()
        self._idle.set()
        self._scheduled = False

    @property
    def under_way(self) -> int:
        """Requests that are being carried out."""
        return len(self._requests)

    # -- setting up

    def start(self, memory: GuestMemory, events: bool) -> None:
        """Begin, or go on where it was in another mapping. Raises GuestFaultError."""
        if self.address is None:
            raise GuestFaultError("a ring without an address")
        ring = SplitRing(memory, self.size, self.address, events=events)
        if self.ring is not None:
            ring.next_available = self.ring.next_available
            ring.next_used = self.ring.next_used
        self._told = ring.next_used
        self.ring = ring

    async def stop(self) -> int:
        """Take no more requests, wait for those under way; the index of the next one."""
        await self.drain()
        self._calls.flush()
        stopped, self.ring = self.ring, None
        return stopped.next_used if stopped is not None else 0

    async def drain(self) -> None:
        """Take no more requests; return when none is under way."""
        self.enabled = False
        await self._idle.wait()

    def replace(self, which: str, descriptor: int) -> None:
        """Have another descriptor for kick, call or error; _NONE takes it away."""
        former = getattr(self, which)
        setattr(self, which, descriptor)
        if former != _NONE:
            os.close(former)

    def close(self) -> None:
        """Give the descriptors and the memory back."""
        self.ring = None
        for which in ("kick", "call", "error"):
            self.replace(which, _NONE)

    # -- requests

    def run(self) -> None:
        """Carry out what waits."""
        self._scheduled = False
        ring = self.ring
        if ring is None or not self.enabled or self._execute is None or not self._ready():
            return
        former = ring.next_used
        try:
            self._take_all(ring, self._execute)
        except Exception as error:  # noqa: BLE001  whatever it is, it is this guest's alone
            self._give_up(error)
        self._tell(ring, former)

    def post(self, data: bytes) -> bool:
        """Put data where the driver has made room for it; whether there was some."""
        ring = self.ring
        if ring is None or not self.enabled:
            return False
        former = ring.next_used
        try:
            if not ring.pending():
                return False
            chain = ring.take()
        except GuestFaultError as error:
            self._give_up(error)
            return False
        chain.write(0, data[: chain.room])
        ring.give_back(chain.head, min(chain.room, len(data)))
        self._tell(ring, former)
        return True

    def _take_all(self, ring: SplitRing, execute: Callable[[Chain], Outcome]) -> None:
        requests, size = BURST, BURST_BYTES
        while self._budget.has_room():
            if not ring.pending() and not ring.ask_for_kick():
                return
            if requests <= 0 or size <= 0:
                self._schedule()
                return
            requests -= 1
            size -= self._take(ring, execute)

    def _take(self, ring: SplitRing, execute: Callable[[Chain], Outcome]) -> int:
        """Carry the next request out, or begin to; how many bytes it has."""
        chain = ring.take()
        size = chain.length + chain.room
        try:
            outcome = execute(chain)
        except Exception:  # noqa: BLE001  one request must not end the others
            _log.exception("%s: a request failed", self.name)
            outcome = 0
        if isinstance(outcome, int) and not self._requests:
            ring.give_back(chain.head, outcome)
            return size
        request = _Request(chain.head, size)
        self._requests.append(request)
        self._budget.take(size)
        self._idle.clear()
        if isinstance(outcome, int):
            request.written = outcome
        else:
            task = asyncio.ensure_future(outcome)
            task.add_done_callback(lambda done: self._done(request, done))
        return size

    def _done(self, request: _Request, task: asyncio.Future[Any]) -> None:
        if task.cancelled() or task.exception() is not None:
            _log.error("%s: a request failed", self.name, exc_info=_reason(task))
            request.written = 0
        else:
            request.written = task.result()
        ring = self.ring
        former = ring.next_used if ring else 0
        while self._requests and (written := self._requests[0].written) is not None:
            first = self._requests.popleft()
            self._budget.release(first.size)
            if ring is not None:
                ring.give_back(first.head, written)
        if ring is not None:
            self._tell(ring, former)
        if not self._requests:
            self._idle.set()
        self._schedule()

    def _schedule(self) -> None:
        """Look for more as soon as others had their turn."""
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self.run)

    def _give_up(self, error: Exception) -> None:
        """The driver uses the ring wrongly: it is looked at no more until it is set up anew."""
        unexpected = None if isinstance(error, GuestFaultError) else error
        _log.warning("%s: stopped: %s", self.name, error, exc_info=unexpected)
        self.enabled = False
        if self.error != _NONE:
            signal(self.error)

    # -- telling

    def _tell(self, ring: SplitRing, former: int) -> None:
        if count := (ring.next_used - former) & 0xFFFF:
            self._calls.done(count)

    def _call(self) -> None:
        ring = self.ring
        if ring is None:
            return
        former, self._told = self._told, ring.next_used
        if self.call != _NONE and ring.wants_call(former):
            signal(self.call)


def _reason(task: asyncio.Future[Any]) -> BaseException | None:
    return None if task.cancelled() else task.exception()
