"""Bringing the device to what the store says: on start, and when the device comes back.

First goes what interrupted changes have left. Resources follow, parents first, and what others
refer to before those; what lets hosts in comes last (`Backend.restored_last`). What the device
refuses or cannot do yet is tried again, with longer and longer pauses, until all of it is there.
Until the back end of a service has answered, calls of that service are UNAVAILABLE; a single
resource that the device refuses holds up nothing but the health of its service, so that it can be
mended.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

import grpc

from dpu_sim.api.call import Call
from dpu_sim.api.errors import ApiError, unavailable
from dpu_sim.api.service import ResourceService
from dpu_sim.api.stage import Gate
from dpu_sim.api.store import Record, Store
from opi.catalog import Method

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
"""Seconds between attempts."""

_WAITING = "its state has not been restored yet"

_log = logging.getLogger(__name__)

Report = Callable[[str, bool], Awaitable[None]]
"""Hears of a service (full name) whether all of its resources are on the device."""


class _Task(NamedTuple):
    """Something to do for one resource: `act` brings it back, or settles what was interrupted."""

    service: str
    name: str
    act: Callable[[str], Awaitable[None]]


class Reconciliation(Gate):
    """The resources that are not on the device yet; also the stage that holds calls back."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._services: dict[str, ResourceService[Any]] = {}
        self._left: list[_Task] = []
        self._unheard: dict[str, str] = {}
        """Services whose back end has not answered, and what it is that does not."""
        self._told: dict[str, str] = {}
        self._lost = asyncio.Event()
        self._looking: Callable[[], AbstractContextManager[None]] = nullcontext

    def begin(
        self,
        services: Iterable[ResourceService[Any]],
        looking: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Take everything in the store as missing on the device.

        Args:
            services: all that keep resources.
            looking: what every attempt is made within.
        """
        self._looking = looking
        self._services = {one.kind.kind: one for one in services}
        self._take_all()
        for kind in {record.kind for record in self._store.everything()} - self._services.keys():
            text = "nothing serves the stored resources of a kind"
            _log.error(text, extra={"data": {"kind": kind}})

    def device_lost(self) -> None:
        """The device has gone away, with all that it had: restore it when it is back."""
        self._take_all()
        self._lost.set()

    def is_restored(self, service: str) -> bool:
        """Whether all resources of a service (full name) are on the device."""
        return all(one.service != service for one in self._left)

    async def attempt(self) -> bool:
        """Try once to bring back what is missing; whether nothing is missing any more."""
        tasks = self._left
        unheard: dict[str, str] = {}
        # A device that is away would let us wait for it once for every resource.
        with self._looking():
            left = [
                task
                for task in tasks
                if task.service in unheard or not await self._done(task, unheard)
            ]
        if tasks is self._left:  # else the device went away under our hands
            self._left, self._unheard = left, unheard
        return not self._left

    async def run(self, report: Report) -> None:
        """Attempt until nothing is missing, for ever; report services that change."""
        while True:
            await self._restore(report)
            await self._lost.wait()
            await self._tell_lost(report)

    async def _tell_lost(self, report: Report) -> None:
        self._lost.clear()
        for service in sorted({one.service for one in self._left}):
            await report(service, False)

    async def _restore(self, report: Report) -> None:
        pause = _FIRST_PAUSE
        while self._left:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._lost.wait(), pause)
                pause = _FIRST_PAUSE
                await self._tell_lost(report)
            pause = min(2 * pause, _LONGEST_PAUSE)
            waiting = {one.service for one in self._left}
            await self.attempt()
            for service in sorted(waiting):
                restored = self.is_restored(service)
                if restored:
                    _log.info("restored", extra={"data": {"service": service}})
                await report(service, restored)

    def _take_all(self) -> None:
        self._left = list(self._tasks())
        self._unheard = {one.service: _WAITING for one in self._left}

    def _tasks(self) -> Iterator[_Task]:
        for kind, name in self._store.intents():
            if service := self._services.get(kind):
                yield _Task(service.kind.service, name, service.settle)
        for record in sorted(_in_order(self._store), key=self._comes_last):
            if service := self._services.get(record.kind):
                yield _Task(service.kind.service, record.name, service.reconcile)

    def _comes_last(self, record: Record) -> bool:
        service = self._services.get(record.kind)
        return service is not None and service.backend.restored_last

    async def _done(self, task: _Task, unheard: dict[str, str]) -> bool:
        try:
            await task.act(task.name)
        except ApiError as error:
            if error.code is grpc.StatusCode.UNAVAILABLE:
                unheard[task.service] = error.message
            self._complain(task, error.message)
            return False
        except Exception as error:  # noqa: BLE001 (one resource must not hold up all others)
            self._complain(task, repr(error), error)
            return False
        self._told.pop(task.name, None)
        return True

    def _complain(self, task: _Task, problem: str, defect: Exception | None = None) -> None:
        """Log a problem, but not again in each attempt."""
        if self._told.get(task.name) != problem:
            self._told[task.name] = problem
            data = {"resource": task.name, "problem": problem}
            text = "a stored resource is not on the device"
            _log.error(text, exc_info=defect, extra={"data": data})

    def refusal(self, method: Method, call: Call) -> ApiError | None:  # noqa: ARG002
        """UNAVAILABLE for services whose back end has not answered yet."""
        problem = self._unheard.get(method.service)
        if not problem:
            return None
        return unavailable(f"{method.service} is being restored: {problem}", retry_after=1.0)


def _in_order(store: Store) -> list[Record]:
    """Everything stored: parents and what is referred to first, else in the order of creation."""
    records = store.everything()
    position = {record.name: index for index, record in enumerate(records)}
    needs: dict[str, set[str]] = {record.name: {record.parent} for record in records}
    children: dict[str, list[str]] = {}
    for record in records:
        children.setdefault(record.parent, []).append(record.name)
    for owner, target in store.references():
        if owner != target:  # a LUN and the controller that it refers to can share a name
            needs[owner].add(target)
        if target not in needs and "/" in target:  # found by the back end, behind a sibling
            needs[owner].update(children.get(target.rsplit("/", 2)[0], ()))
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
