"""On start: the device is brought to what the store says, before the DPU reports ready.

Resources come back parents first, and what others refer to before those. What the device refuses
or cannot do yet is tried again, with longer and longer pauses, until all of it is there. Until the
back end of a service has answered once, calls of that service are UNAVAILABLE; a single resource
that the device refuses holds up nothing but the health of its service, so that it can be mended.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from graphlib import CycleError, TopologicalSorter
from typing import Any

import grpc
from google.protobuf.message import Message

from dpu_sim.api.call import Call
from dpu_sim.api.errors import ApiError, unavailable
from dpu_sim.api.service import ResourceService
from dpu_sim.api.stage import Requests, Stream, Unary, close
from dpu_sim.api.store import Record, Store
from opi.catalog import Method

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
"""Seconds between attempts."""

_log = logging.getLogger(__name__)

Report = Callable[[str, bool], Awaitable[None]]
"""Hears of a service (full name) whether all of its resources are on the device."""


class Reconciliation:
    """The resources that are not on the device yet; also the stage that holds calls back."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._services: dict[str, ResourceService[Any]] = {}
        self._left: list[Record] = []
        self._unheard: dict[str, str] = {}
        """Services whose back end has not answered, and what it is that does not."""
        self._told: dict[str, str] = {}

    def begin(self, services: Iterable[ResourceService[Any]]) -> None:
        """Take everything in the store as missing on the device."""
        self._services = {one.kind.kind: one for one in services}
        self._left = _in_order(self._store)
        waiting = "its state has not been restored yet"
        self._unheard = {self._service_of(one): waiting for one in self._left}

    def is_restored(self, service: str) -> bool:
        """Whether all resources of a service (full name) are on the device."""
        return all(self._service_of(one) != service for one in self._left)

    async def attempt(self) -> bool:
        """Try once to bring back what is missing; whether nothing is missing any more."""
        self._unheard = {}
        self._left = [one for one in self._left if not await self._restore(one)]
        return not self._left

    async def run(self, report: Report) -> None:
        """Attempt until nothing is missing; report each service once it is complete."""
        pause = _FIRST_PAUSE
        while self._left:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            waiting = {self._service_of(one) for one in self._left}
            await self.attempt()
            for service in sorted(waiting):
                if self.is_restored(service):
                    _log.info("restored", extra={"data": {"service": service}})
                    await report(service, True)

    async def _restore(self, record: Record) -> bool:
        try:
            await self._services[record.kind].reconcile(record.name)
        except ApiError as error:
            if error.code is grpc.StatusCode.UNAVAILABLE:
                self._unheard[self._service_of(record)] = error.message
            if self._told.get(record.name) != error.message:
                self._told[record.name] = error.message
                data = {"resource": record.name, "problem": error.message}
                _log.error("a stored resource is not on the device", extra={"data": data})
            return False
        return True

    def _service_of(self, record: Record) -> str:
        return self._services[record.kind].kind.service

    # -- the stage -----------------------------------------------------------------------------

    def unary(self, method: Method, handler: Unary) -> Unary:
        """The handler, once the back end of its service has answered."""

        async def admitted(request: Message, call: Call) -> Message:
            self._admit(method.service)
            return await handler(request, call)

        return admitted

    def stream(self, method: Method, handler: Stream) -> Stream:
        """The handler, once the back end of its service has answered."""

        async def admitted(requests: Requests, call: Call) -> AsyncIterator[Message]:
            self._admit(method.service)
            responses = handler(requests, call)
            try:
                async for response in responses:
                    yield response
            finally:
                await close(responses)

        return admitted

    def _admit(self, service: str) -> None:
        """Raises UNAVAILABLE."""
        if problem := self._unheard.get(service):
            raise unavailable(f"{service} is being restored: {problem}", retry_after=1.0)


def _in_order(store: Store) -> list[Record]:
    """Everything stored: parents and what is referred to first, else in the order of creation."""
    records = store.everything()
    position = {record.name: index for index, record in enumerate(records)}
    needs: dict[str, set[str]] = {record.name: {record.parent} for record in records}
    for owner, target in store.references():
        needs[owner].add(target)
    sorter = TopologicalSorter({name: wanted & needs.keys() for name, wanted in needs.items()})
    order: dict[str, int] = {}
    try:
        sorter.prepare()
    except CycleError:
        return records  # two that refer to each other: one of them was there before the other
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=position.__getitem__)
        order |= {name: len(order) + index for index, name in enumerate(ready)}
        sorter.done(*ready)
    return sorted(records, key=lambda record: order[record.name])
