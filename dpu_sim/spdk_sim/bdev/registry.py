"""The block devices by name, the layers that wait for their base, and notifications."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from dpu_sim.spdk_sim.bdev.bdev import Bdev, Descriptor, Event
from dpu_sim.spdk_sim.bdev.device import Device
from dpu_sim.spdk_sim.bdev.errors import IoError
from dpu_sim.spdk_sim.bdev.layered import Layer

REGISTER, UNREGISTER, RESIZE = "bdev_register", "bdev_unregister", "bdev_resize"
_KEPT = 1024
"""Notifications that are kept; SPDK keeps as many."""

_log = logging.getLogger("dpu_sim.spdk_sim")


@dataclass(frozen=True, slots=True)
class Plan:
    """A layer that is to exist whenever its base does."""

    name: str
    base: str
    module: str
    build: Callable[[Descriptor], Layer]


class Notifications:
    """What happened, numbered from 0 on; the oldest are forgotten."""

    def __init__(self) -> None:
        self._kept: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._next = 0

    def add(self, kind: str, name: str) -> None:
        """Something happened to the device `name`."""
        self._kept.append({"type": kind, "ctx": name, "id": self._next})
        self._next += 1

    def since(self, first: int, most: int) -> list[dict[str, Any]]:
        """Up to `most` of those that are kept, from number `first` on."""
        return [one for one in self._kept if one["id"] >= first][:most]


class Registry:
    """All block devices of one target."""

    def __init__(self) -> None:
        self.notifications = Notifications()
        self._bdevs: dict[str, Bdev] = {}
        self._aliases: dict[str, Bdev] = {}
        self._plans: dict[str, Plan] = {}
        self._arrival = asyncio.Event()
        self.examiners: list[Callable[[Bdev], Awaitable[None]]] = []
        """Who looks for what is on a device that arrives, and that nobody has claimed."""
        self.examines = True
        """Whether that is done for every device."""
        self._examinations: set[asyncio.Task[None]] = set()

    def __iter__(self) -> Iterator[Bdev]:
        return iter(list(self._bdevs.values()))

    def find(self, name: str) -> Bdev | None:
        """The device of that name or alias."""
        return self._bdevs.get(name) or self._aliases.get(name)

    def get(self, name: str) -> Bdev:
        """As `find`. Raises OSError, ENODEV."""
        if (bdev := self.find(name)) is None:
            raise OSError(errno.ENODEV, name)
        return bdev

    async def wait_for(self, name: str, seconds: float) -> Bdev:
        """As `find`, as soon as there is one. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while (bdev := self.find(name)) is None:
                await self._arrival.wait()
        return bdev

    # -- arrival and departure

    def check_name(self, name: str) -> None:
        """Raise OSError, EEXIST, if a device has or claims that name."""
        if self.find(name) is not None:
            raise OSError(errno.EEXIST, name)

    def register(self, name: str, device: Device) -> Bdev:
        """Make a device known, and build the layers that were waiting for it.

        Raises:
            OSError: EEXIST, its name or uuid is taken.
        """
        self.check_name(name)
        for alias in device.aliases:
            self.check_name(alias)
        bdev = self._bdevs[name] = Bdev(name, device)
        self._aliases |= dict.fromkeys(bdev.aliases, bdev)
        self.notifications.add(REGISTER, name)
        self._arrival.set()
        self._arrival = asyncio.Event()
        for plan in list(self._plans.values()):
            if plan.base in (name, *bdev.aliases) and bdev.claimed_by is None:
                try:
                    self._build(plan, bdev)
                except (OSError, ValueError) as error:
                    _log.warning("no %s on %s: %s", plan.name, name, error)
        if self.examines:
            self.examine(bdev)
        return bdev

    def examine(self, bdev: Bdev) -> None:
        """Begin to look for what is on a device."""
        if bdev.claimed_by is not None or not self.examiners:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # nobody can do I/O
            return
        for examiner in self.examiners:
            task = loop.create_task(_examine(examiner, bdev))
            self._examinations.add(task)
            task.add_done_callback(self._examinations.discard)

    async def examined(self) -> None:
        """Wait until every device that has arrived so far is known."""
        while self._examinations:
            await asyncio.wait(self._examinations)

    def rename(self, bdev: Bdev, former: list[str]) -> None:
        """A device has other aliases than before."""
        for alias in former:
            del self._aliases[alias]
        self._aliases |= dict.fromkeys(bdev.aliases, bdev)

    async def unregister(self, bdev: Bdev) -> None:
        """Remove a device once its I/O has ended, with the layers on it."""
        if self._bdevs.get(bdev.name) is bdev:
            del self._bdevs[bdev.name]
            for alias in bdev.aliases:
                del self._aliases[alias]
            await bdev.remove()
            self.notifications.add(UNREGISTER, bdev.name)

    async def resized(self, bdev: Bdev) -> None:
        """Tell those who have opened `bdev` that its size is another one."""
        self.notifications.add(RESIZE, bdev.name)
        await bdev.announce(Event.RESIZE)

    async def close(self) -> None:
        """Remove everything."""
        self._plans.clear()
        while self._bdevs:
            await self.unregister(next(iter(self._bdevs.values())))

    # -- layers

    def create_layer(self, plan: Plan) -> None:
        """Build a layer, now or when its base arrives.

        Raises:
            OSError: EEXIST, the name is taken; EPERM, the base is claimed.
        """
        self.check_name(plan.name)
        if plan.name in self._plans:
            raise OSError(errno.EEXIST, plan.name)
        base = self.find(plan.base)
        if base is not None:
            self._build(plan, base)
        self._plans[plan.name] = plan

    async def delete_layer(self, name: str, module: str) -> None:
        """Remove a layer and its plan. Raises OSError, ENODEV: there is none, or only the plan."""
        plan = self._plans.get(name)
        if plan is not None and plan.module == module:
            del self._plans[name]
        bdev = self.get(name)
        if plan is None or plan.module != module:
            raise OSError(errno.ENODEV, name)
        await self.unregister(bdev)

    def _build(self, plan: Plan, base: Bdev) -> None:
        layers: list[Bdev] = []

        async def on_event(event: Event) -> None:
            for layer in layers:
                await (self.unregister(layer) if event is Event.REMOVE else self._follow(layer))

        descriptor = base.open(write=True, on_event=on_event, claim=plan.module)
        try:
            layers.append(self.register(plan.name, plan.build(descriptor)))
        except (OSError, ValueError):
            descriptor.close()
            raise

    async def _follow(self, layer: Bdev) -> None:
        """Give a layer the size that its base has now."""
        assert isinstance(layer.device, Layer)
        layer.geometry.blocks = layer.device.base.bdev.geometry.blocks
        await self.resized(layer)


async def _examine(examiner: Callable[[Bdev], Awaitable[None]], bdev: Bdev) -> None:
    try:
        await examiner(bdev)
    except (IoError, OSError, ValueError) as error:
        _log.warning("%s is not examined: %s", bdev.name, error)
