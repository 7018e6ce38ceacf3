"""Asynchronous events of one controller: NVM Express Base Specification, section 5.2 (2.0).

An event waits for a request of the host. Once told, it isn't told again before the host has read
the log page that clears it; what happens in between is in that page.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from dpu_sim.spdk_sim.nvmf.outcome import CommandError
from nvmetcp.admin import (
    ANA_CHANGED,
    DISCOVERY_CHANGED,
    NAMESPACE_CHANGED,
    AsyncEvent,
)
from nvmetcp.features import AsyncEvents
from nvmetcp.status import Status

LIMIT = 4
"""Requests that may wait (AERL + 1)."""

_BITS = {
    NAMESPACE_CHANGED: AsyncEvents.NAMESPACE_ATTRIBUTE,
    ANA_CHANGED: AsyncEvents.ANA_CHANGE,
    DISCOVERY_CHANGED: AsyncEvents.DISCOVERY_CHANGE,
}
"""Which bit of the configuration feature lets an event through; others always pass."""


class EventQueue:
    """Requests that wait for events, and events that wait for requests."""

    def __init__(self, complete: Callable[[int, int], None]) -> None:
        """`complete` ends a request, by its command identifier, with a result."""
        self.enabled = 0
        self._complete = complete
        self._requests: deque[int] = deque()
        self._pending: dict[AsyncEvent, None] = {}
        self._told: set[AsyncEvent] = set()

    def request(self, cid: int) -> None:
        """A host waits. Raises CommandError when too many do."""
        if len(self._requests) >= LIMIT:
            raise CommandError(Status.ASYNC_EVENT_LIMIT_EXCEEDED)
        self._requests.append(cid)
        self._tell()

    def raise_event(self, event: AsyncEvent) -> None:
        """Something happened."""
        bit = _BITS.get(event)
        if (bit is None or self.enabled & bit) and event not in self._told:
            self._pending[event] = None
            self._tell()

    def read(self, log_page: int) -> None:
        """The host has read a log page, and is ready for what comes next."""
        for event in [one for one in (*self._told, *self._pending) if one.log_page == log_page]:
            self._told.discard(event)
            self._pending.pop(event, None)

    def abort(self, cid: int) -> bool:
        """Give up a request; whether there was such a one. Its completion is up to the caller."""
        if cid in self._requests:
            self._requests.remove(cid)
            return True
        return False

    def reset(self) -> list[int]:
        """Forget everything; return the requests that waited."""
        waiting = list(self._requests)
        self._requests.clear()
        self._pending.clear()
        self._told.clear()
        self.enabled = 0
        return waiting

    def _tell(self) -> None:
        while self._requests and self._pending:
            event = next(iter(self._pending))
            del self._pending[event]
            self._told.add(event)
            self._complete(self._requests.popleft(), event.result)
