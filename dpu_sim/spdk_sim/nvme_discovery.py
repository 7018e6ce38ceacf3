"""A discovery service that is followed: what it lists is attached, what it lists no more goes."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

from dpu_sim.spdk_sim.bdev.nvme import transport_id
from dpu_sim.spdk_sim.errors import RpcError
from host_sim.client import (
    Address,
    ConnectOptions,
    Controller,
    HostError,
    State,
    address_of,
    read_log,
)
from nvmetcp.admin import AsyncEvent, EventType, Notice
from nvmetcp.logpages import TRTYPE_TCP, DiscoveryEntry, DiscoverySubtype

_RECONNECT = 1.0
"""Seconds between attempts to reach a service."""
_AGAIN = 5.0
"""Seconds before entries that could not be attached are tried again."""

_log = logging.getLogger("dpu_sim.spdk_sim")


class Paths(Protocol):
    """Who makes and unmakes the controllers."""

    async def attach_path(self, wanted: Mapping[str, Any]) -> Controller:
        """As bdev_nvme_attach_controller. Raises HostError, OSError, RpcError."""

    async def detach_path(self, name: str, controller: Controller) -> None:
        """Take a path away, if it is there."""


class DiscoveryService:
    """One service, followed from `start` to `stop`.

    Subsystem after subsystem gets a name: NAME0, NAME1, ...; one that is listed with several
    addresses gets a path to each. A connection to the service that is lost is made again, and the
    controllers stay meanwhile.
    """

    def __init__(
        self, name: str, options: ConnectOptions, request: dict[str, Any], paths: Paths
    ) -> None:
        self.name = name
        self.options = options
        self.request = request
        """The parameters that started it."""
        self.entries: list[DiscoveryEntry] = []
        self.followed = asyncio.Event()
        """Whether everything that the first log listed has been tried."""
        self._paths = paths
        self._made: dict[tuple[str, Address], Controller] = {}
        self._names: dict[str, str] = {}
        self._failed: set[tuple[str, Address]] = set()
        self._numbers = itertools.count()
        self._controller = Controller(options)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; errors are tried again until it works."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Detach everything, and end the connection."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        for subnqn, address in list(self._made):
            await self._detach(subnqn, address)
        await self._controller.disconnect()

    def describe(self) -> dict[str, Any]:
        """As bdev_nvme_get_discovery_info shows it."""
        referrals = [
            {"trid": transport_id(self.options.at(address_of(one), one.subnqn))}
            for one in self.entries
            if one.subtype != DiscoverySubtype.NVM and _has_address(one)
        ]
        return {"name": self.name, "trid": transport_id(self.options), "referrals": referrals}

    async def _run(self) -> None:
        await self._connect()
        while True:
            self._wake.clear()
            if await self._follow():
                self.followed.set()
                await self._wake.wait()
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_AGAIN):
                        await self._wake.wait()

    async def _connect(self) -> None:
        while True:
            self._controller = Controller(self.options)
            try:
                await self._controller.connect()
            except HostError as error:
                _log.info("discovery %s: %s", self.name, error)
                await asyncio.sleep(_RECONNECT)
                continue
            self._controller.on_event.append(self._event)
            self._controller.on_change.append(self._changed)
            return

    def _event(self, event: AsyncEvent) -> None:
        if event.kind == EventType.NOTICE and event.information == Notice.DISCOVERY_CHANGE:
            self._wake.set()

    def _changed(self, controller: Controller) -> None:
        if controller.live:  # again: much may have changed unseen
            self._wake.set()

    async def _follow(self) -> bool:
        """Do what the log says; whether that worked."""
        try:
            _, self.entries = await read_log(self._controller)
        except HostError as error:
            _log.warning("discovery %s: %s", self.name, error)
            return False
        listed = [
            (one.subnqn, address_of(one))
            for one in self.entries
            if one.subtype == DiscoverySubtype.NVM and _has_address(one)
        ]
        for gone in [one for one in self._made if one not in listed]:
            await self._detach(*gone)
        worked = True
        for subnqn, address in listed:
            controller = self._made.get((subnqn, address))
            if controller is None or controller.state is State.DEAD:
                worked &= await self._attach(subnqn, address)
        # An entry that cannot be attached does not keep those who wait for the others.
        self.followed.set()
        return worked

    async def _attach(self, subnqn: str, address: Address) -> bool:
        if subnqn not in self._names:
            self._names[subnqn] = f"{self.name}{next(self._numbers)}"
        there = transport_id(self.options.at(address, subnqn))
        wanted = self.request | there | {"name": self._names[subnqn]}
        try:
            self._made[subnqn, address] = await self._paths.attach_path(wanted)
        except (HostError, OSError, RpcError) as error:
            level = logging.DEBUG if (subnqn, address) in self._failed else logging.WARNING
            _log.log(level, "discovery %s: %s at %s: %s", self.name, subnqn, address, error)
            self._failed.add((subnqn, address))
            self._forget_unused(subnqn)
            return False
        self._failed.discard((subnqn, address))
        return True

    async def _detach(self, subnqn: str, address: Address) -> None:
        controller = self._made.pop((subnqn, address))
        await self._paths.detach_path(self._names[subnqn], controller)
        self._forget_unused(subnqn)

    def _forget_unused(self, subnqn: str) -> None:
        if not any(made == subnqn for made, _ in self._made):
            del self._names[subnqn]


def _has_address(entry: DiscoveryEntry) -> bool:
    return entry.trtype == TRTYPE_TCP and entry.trsvcid.isdecimal()
