"""A named set of controllers of one remote subsystem, and the block devices of its namespaces."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from dpu_sim.spdk_sim.bdev.bdev import Bdev
from dpu_sim.spdk_sim.bdev.nvme import NvmeDevice
from dpu_sim.spdk_sim.bdev.registry import Registry
from host_sim.client import ConnectOptions, Controller, MultipathNamespace, Policy, State, Subsystem

_log = logging.getLogger("dpu_sim.spdk_sim")


class NvmeGroup:
    """What bdev_nvme_attach_controller makes under one name: NAME, with devices NAMEn1 and on."""

    def __init__(self, name: str, subnqn: str, multipath: str, policy: Policy) -> None:
        self.name = name
        self.multipath = multipath
        """disable, failover or multipath."""
        self.subsystem = Subsystem(subnqn, policy)
        self.requests: dict[Controller, dict[str, Any]] = {}
        """The parameters that made each path, but for those that a discovery service listed."""
        self.connecting = 0
        self._bdevs: dict[MultipathNamespace, Bdev] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._registry: Registry | None = None

    @property
    def controllers(self) -> list[Controller]:
        """The paths, in the order in which they came."""
        return self.subsystem.controllers

    def path_to(self, options: ConnectOptions) -> Controller | None:
        """The controller at an address, connected from the same one of ours."""
        return next(
            (
                one
                for one in self.controllers
                if one.options.address == options.address
                and one.options.host_traddr == options.host_traddr
            ),
            None,
        )

    async def attach(
        self, registry: Registry, options: ConnectOptions, request: dict[str, Any] | None
    ) -> Controller:
        """Add a path, with the parameters that make it if it is to be saved. Raises HostError."""
        if self._registry is None:
            self._registry = registry
            self.subsystem.on_added.append(self._added)
            self.subsystem.on_removed.append(self._removed)
            self.subsystem.on_resized.append(self._resized)
        self.connecting += 1
        try:
            controller = await self.subsystem.connect(options)
        finally:
            self.connecting -= 1
        if request is not None:
            self.requests[controller] = request
        controller.on_change.append(self._state_changed)
        return controller

    async def detach(self, controller: Controller) -> None:
        """Take a path away; with the last one, the devices."""
        await self.subsystem.disconnect(controller)
        await self._settle()

    async def close(self) -> None:
        """Take everything away."""
        for namespace in list(self._bdevs):
            namespace.give_up()
        await self.subsystem.close()
        await self._settle()

    async def _settle(self) -> None:
        while self._under_way:
            await asyncio.wait(self._under_way)

    def bdevs(self) -> list[Bdev]:
        """The devices, by namespace identifier."""
        return [self._bdevs[one] for one in sorted(self._bdevs, key=lambda one: one.nsid)]

    def _state_changed(self, controller: Controller) -> None:
        if controller.state is State.DEAD:
            self.requests.pop(controller, None)

    def _added(self, namespace: MultipathNamespace) -> None:
        assert self._registry is not None
        name = f"{self.name}n{namespace.nsid}"
        try:
            self._bdevs[namespace] = self._registry.register(name, NvmeDevice(namespace))
        except OSError as error:
            _log.warning("no %s: %s", name, error.strerror)

    def _removed(self, namespace: MultipathNamespace) -> None:
        bdev = self._bdevs.pop(namespace, None)
        if bdev is not None:
            assert self._registry is not None
            self._spawn(self._registry.unregister(bdev))

    def _resized(self, namespace: MultipathNamespace) -> None:
        bdev = self._bdevs.get(namespace)
        if bdev is not None:
            assert self._registry is not None
            bdev.geometry.blocks = namespace.blocks
            self._spawn(self._registry.resized(bdev))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
