"""Paths to remote NVMe controllers: connections that an SPDK target makes as a host.

SPDK calls a remote controller what has paths under one name; its first path makes it, its last one
takes it away, and with it the devices of its namespaces.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from ipaddress import ip_address
from typing import Any

from dpu_sim.api.backend import Backend
from dpu_sim.api.errors import (
    ApiError,
    failed_precondition,
    invalid_arguments,
    unimplemented,
)
from dpu_sim.nqn import nqn_problem
from dpu_sim.storage.bdevs import Bdevs, bdev_name, is_unavailable
from dpu_sim.storage.claims import Claims
from dpu_sim.storage.controllers import FAMILIES, PCIE, RDMA, TCP, address_problem
from dpu_sim.storage.keys import Keys
from dpu_sim.storage.records import Records
from dpu_sim.storage.remote import Remote, device_sum, same_trid
from dpu_sim.storage.spdk import SpdkClient
from opi.proto.opi_api.storage.v1.backend_nvme_pb2 import (
    NVME_MULTIPATH_DISABLE,
    NVME_MULTIPATH_FAILOVER,
    NVME_MULTIPATH_MULTIPATH,
    NvmePath,
    NvmeRemoteController,
)
from opi.proto.opi_api.storage.v1.opicommon_pb2 import VolumeStats

MODES = {
    NVME_MULTIPATH_DISABLE: "disable",
    NVME_MULTIPATH_FAILOVER: "failover",
    NVME_MULTIPATH_MULTIPATH: "multipath",
}

RECONNECT = {"ctrlr_loss_timeout_sec": -1, "reconnect_delay_sec": 1}
"""A path that breaks is tried again every second for ever: meanwhile I/O waits, and none is lost.
SPDK by itself would not try again."""

ATTACH_SECONDS = 60.0
"""So long the target may take to connect."""

PATIENCE = 1.0
"""Seconds that restoring waits for paths, all together, before it goes on with other resources."""

PATIENCE_AGAIN = 5.0
"""So many seconds later it waits for them again."""

_BDF = re.compile(r"(?:[0-9a-fA-F]{4,8}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7]")

Trid = Mapping[str, str]
"""Where a path leads, as the target spells it."""


class PathBackend(Backend[NvmePath]):
    """The paths of one target."""

    def __init__(self, spdk: SpdkClient, slow: SpdkClient, records: Records, keys: Keys) -> None:
        """`slow` is a connection of its own for calls that wait for other machines."""
        self._bdevs = Bdevs(spdk)
        self._remote = Remote(spdk)
        self._slow = Bdevs(slow.parallel())
        self._turns: dict[str, asyncio.Lock] = {}
        """Paths of one controller come and go one by one, and wait for no other controller's."""
        self._records = records
        self._keys = keys
        self._claims: Claims[tuple[str, ...]] = Claims()
        self._connecting: dict[str, asyncio.Task[None]] = {}
        """Attempts of restoring that take long, by name of the path."""
        self._patience = Patience()

    async def validate(self, resource: NvmePath) -> None:
        """Check the address. Raises ApiError: INVALID_ARGUMENT, UNIMPLEMENTED."""
        if resource.trtype == RDMA:
            raise unimplemented("trtype: the card has no RDMA")
        if problems := {name: text for name, text in _problems(resource).items() if text}:
            raise invalid_arguments(problems)
        remote = self._records.remote(resource.name)
        if resource.trtype == PCIE and remote.HasField("tcp"):
            text = f"trtype: {remote.name} is for paths over TCP"
            raise failed_precondition(text, [remote.name], "TRANSPORT", "has settings for TCP")

    async def create(self, resource: NvmePath) -> NvmePath:
        """Connect. A connection that is nobody's was left by an interrupted creation."""
        with self._taking(resource):
            await self._connect(resource)
        return resource

    async def _connect(self, resource: NvmePath) -> None:
        remote = self._records.remote(resource.name)
        others = [one for one in self._records.paths(remote.name) if one.name != resource.name]
        if others and remote.multipath == NVME_MULTIPATH_DISABLE:
            text = f"{remote.name} takes one path: its multipath is DISABLE"
            raise failed_precondition(text, [others[0].name], "IN_USE", "is its path")
        if not await self._is_there(resource):
            await self._attach(resource, remote)

    async def update(self, old: NvmePath, new: NvmePath) -> NvmePath:
        """Connect to the new address, then leave the old one, or the other way round."""
        await self._end_attempt(old)
        with self._taking(new):
            await self._move(old, new)
        if _place(old) != _place(new):
            self._claims.leave(_place(old), old.name)
        return new

    async def _move(self, old: NvmePath, new: NvmePath) -> None:
        remote = self._records.remote(new.name)
        if _trid(old) != _trid(new) and remote.multipath != NVME_MULTIPATH_DISABLE:
            await self._attach(new, remote)
            try:
                await self._detach(old)
            except ApiError as error:
                if not is_unavailable(error):
                    await self._detach(new)
                raise
            return
        await self._check_unused(old)
        await self._detach(old)
        try:
            await self._attach(new, remote)
        except ApiError as error:
            if not is_unavailable(error):
                await self._attach(old, remote)
            raise

    async def delete(self, resource: NvmePath) -> None:
        """Disconnect. Raises ApiError: FAILED_PRECONDITION, volumes hang on this last path."""
        await self._end_attempt(resource)
        await self._check_unused(resource)
        await self._detach(resource)
        self._claims.leave(_place(resource), resource.name)
        remote = self._records.find_remote(resource.name)
        if remote is not None:
            await self._forget_key(remote, resource)

    async def discard(self, intended: NvmePath, stored: NvmePath | None) -> None:
        """Disconnect what an interrupted creation or change has connected."""
        if stored is not None and _trid(stored) == _trid(intended):
            await self._detach(intended)  # it may differ in the host: restoring connects anew
            return
        if not self._owner(intended):
            await self._detach(intended)

    async def reconcile(self, resource: NvmePath) -> NvmePath:
        """See to it that the target has the path. Raises ApiError: it does not get there.

        What is far away and does not answer holds nothing else up: connecting goes on meanwhile.
        """
        if await self._is_there(resource):
            return resource
        attempt = self._connecting.pop(resource.name, None)
        if attempt is None:
            remote = self._records.remote(resource.name)
            attempt = asyncio.create_task(self._attach(resource, remote))
        await self._patience.wait(attempt)
        if not attempt.done():
            self._connecting[resource.name] = attempt
            raise failed_precondition(f"{resource.name} is still being connected")
        try:
            await attempt
        except ApiError as error:
            if is_unavailable(error):  # by what is on the other side
                raise failed_precondition(error.message) from error
            raise
        return resource

    async def _end_attempt(self, path: NvmePath) -> None:
        attempt = self._connecting.pop(path.name, None)
        if attempt is not None:
            await asyncio.wait([attempt])

    async def stats(self, resource: NvmePath) -> VolumeStats:
        """What went over the path.

        Raises:
            ApiError: UNIMPLEMENTED, there are several and the target does not tell them apart.
        """
        parent = resource.name.rsplit("/", 2)[0]
        devices = await self._remote.devices(bdev_name(parent))
        if len(self._records.paths(parent)) == 1:
            return await device_sum(self._bdevs, devices)
        counted = await self._remote.path_statistics(devices, _trid(resource))
        if counted is None:
            raise unimplemented(
                f"{parent} has several paths, and the target counts what went over them together: "
                "ask for the statistics of the remote controller"
            )
        return counted

    def _taking(self, resource: NvmePath) -> AbstractContextManager[None]:
        if owner := self._owner(resource):
            text = f"traddr: {owner} leads there already"
            raise failed_precondition(text, [owner], "IN_USE", "has the address")
        return self._claims.taking(_place(resource), resource.name, "traddr")

    def _owner(self, resource: NvmePath) -> str:
        """The other path to the same place; '' for none."""
        mine = _place(resource)
        if other := self._claims.other(mine, resource.name):
            return other
        siblings = self._records.paths(resource.name.rsplit("/", 2)[0])
        others = (one.name for one in siblings if one.name != resource.name and _place(one) == mine)
        return next(others, "")

    async def _is_there(self, path: NvmePath) -> bool:
        trids = await self._remote.trids(bdev_name(path.name.rsplit("/", 2)[0]))
        return any(same_trid(one, _trid(path)) for one in trids)

    async def _check_unused(self, path: NvmePath) -> None:
        """Raise FAILED_PRECONDITION when this is the last path to devices in use."""
        name = bdev_name(path.name.rsplit("/", 2)[0])
        trids = await self._remote.trids(name)
        if any(not same_trid(one, _trid(path)) for one in trids):
            return
        used = [str(one["name"]) for one in await self._remote.devices(name) if one["claimed"]]
        if used:
            text = f"{path.name} is the last path to {', '.join(used)}, which is in use"
            raise failed_precondition(text, used, "IN_USE", "is in use")

    async def _attach(self, path: NvmePath, remote: NvmeRemoteController) -> None:
        wanted: dict[str, Any] = {**_trid(path), **_source(path)}
        wanted["multipath"] = MODES[remote.multipath]
        if path.trtype == TCP:
            wanted |= RECONNECT
            wanted |= {name: True for name in ("hdgst", "ddgst") if getattr(remote.tcp, name)}
        if remote.io_queues_count:
            wanted["num_io_queues"] = remote.io_queues_count
        if remote.tcp.psk:
            wanted["psk"] = await self._keys.offer(remote.name, remote.tcp.psk)
        await self._remote.count_by_path()
        try:
            async with self._turn(remote.name):
                await self._slow.call(
                    "bdev_nvme_attach_controller", name=bdev_name(remote.name), **wanted
                )
        except ApiError as error:
            if is_unavailable(error):
                raise
            await self._forget_key(remote, path)
            where = " ".join(_trid(path).values())
            text = (
                f"the SPDK target does not get to {where}: nobody answers there, or does not let "
                f"it in: {error.message}"
            )
            raise failed_precondition(text) from error
        if remote.multipath == NVME_MULTIPATH_MULTIPATH:
            await self._remote.use_all_paths(bdev_name(remote.name))

    async def _forget_key(self, remote: NvmeRemoteController, path: NvmePath) -> None:
        """Withdraw the controller's key unless paths beside this one need it."""
        stored = any(one.name != path.name for one in self._records.paths(remote.name))
        claimed = any(
            place[0] == remote.name and place != _place(path) for place in self._claims.places()
        )
        if remote.tcp.psk and not (stored or claimed):
            await self._keys.withdraw(remote.name, remote.tcp.psk)

    async def _detach(self, path: NvmePath) -> None:
        """Disconnect, if it is connected."""
        if await self._is_there(path):
            parent = path.name.rsplit("/", 2)[0]
            async with self._turn(parent):
                await self._slow.call(
                    "bdev_nvme_detach_controller", name=bdev_name(parent), **_trid(path)
                )

    def _turn(self, controller: str) -> asyncio.Lock:
        return self._turns.setdefault(controller, asyncio.Lock())


class Patience:
    """Waits for tasks, but not long for many of them one after the other."""

    def __init__(self) -> None:
        self._since = -PATIENCE_AGAIN
        self._left = 0.0

    async def wait(self, task: asyncio.Task[Any]) -> None:
        """Wait for a task to end as long as there is patience left."""
        began = time.monotonic()
        if began - self._since >= PATIENCE_AGAIN:
            self._since, self._left = began, PATIENCE
        await asyncio.wait([task], timeout=max(self._left, 0))
        self._left -= time.monotonic() - began


def _trid(path: NvmePath) -> dict[str, str]:
    """Where a path leads, by SPDK's names."""
    if path.trtype == PCIE:
        return {"trtype": "PCIE", "traddr": path.traddr.lower()}
    fabrics = path.fabrics
    return {
        "trtype": "TCP",
        "adrfam": f"IPv{FAMILIES[fabrics.adrfam]}",
        "traddr": str(ip_address(path.traddr)),
        "trsvcid": str(fabrics.trsvcid),
        "subnqn": fabrics.subnqn,
    }


def _place(path: NvmePath) -> tuple[str, ...]:
    """What only one path of a remote controller can lead to."""
    return (path.name.rsplit("/", 2)[0], *_trid(path).values())


def _source(path: NvmePath) -> dict[str, str]:
    """Who connects, and from where."""
    fabrics = path.fabrics
    found = {
        "hostnqn": fabrics.hostnqn,
        "hostaddr": fabrics.source_traddr,
        "hostsvcid": str(fabrics.source_trsvcid or ""),
    }
    return {name: text for name, text in found.items() if text}


def _problems(path: NvmePath) -> dict[str, str | None]:
    """What is wrong with a path, by field."""
    if path.trtype == PCIE:
        return {
            "traddr": None if _BDF.fullmatch(path.traddr) else "must be like 0000:01:00.0",
            "fabrics": "is not for PCIE" if path.HasField("fabrics") else None,
        }
    if path.trtype != TCP:
        return {"trtype": "must be TCP or PCIE"}
    if not path.HasField("fabrics"):
        return {"fabrics": "is required with this trtype"}
    fabrics = path.fabrics
    version = FAMILIES.get(fabrics.adrfam)
    return {
        "traddr": address_problem(path.traddr, version),
        "fabrics.adrfam": None if version else "must be IPV4 or IPV6",
        "fabrics.trsvcid": _port_problem(fabrics.trsvcid),
        "fabrics.subnqn": nqn_problem(fabrics.subnqn),
        "fabrics.hostnqn": nqn_problem(fabrics.hostnqn) if fabrics.hostnqn else None,
        "fabrics.source_traddr": address_problem(fabrics.source_traddr, version)
        if fabrics.source_traddr
        else None,
        "fabrics.source_trsvcid": _port_problem(fabrics.source_trsvcid)
        if fabrics.source_trsvcid
        else None,
    }


def _port_problem(number: int) -> str | None:
    return None if 0 < number <= 65535 else "must be a port, 1 to 65535"
