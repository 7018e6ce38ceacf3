"""Remote NVMe controllers, and the namespaces that an SPDK target has found behind their paths.

A remote controller is settings: there is nothing of it on the target before its first path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from dpu_sim.api.backend import Backend
from dpu_sim.api.errors import failed_precondition, invalid_arguments
from dpu_sim.storage.bdevs import Bdevs, Found, added, bdev_name
from dpu_sim.storage.keys import check_key
from dpu_sim.storage.records import Records
from dpu_sim.storage.spdk import SpdkClient, SpdkError
from opi.proto.opi_api.storage.v1.backend_nvme_pb2 import NvmeMultipath, NvmeRemoteController
from opi.proto.opi_api.storage.v1.opicommon_pb2 import VolumeStats

MOST_QUEUES = 65535
MOST_ENTRIES = 65536
"""Of a queue (NVMe Base, MQES is 16 bits and 0-based)."""


class Remote:
    """What a target knows of remote controllers, by the names that they have there."""

    def __init__(self, spdk: SpdkClient) -> None:
        self._spdk = spdk
        self._bdevs = Bdevs(spdk)

    async def trids(self, name: str) -> list[Mapping[str, str]]:
        """Where the paths of a controller lead; none when there is no such controller."""
        listed = await self._bdevs.call("bdev_nvme_get_controllers")
        return [
            path
            for one in listed
            if one["name"] == name
            for ctrlr in one["ctrlrs"]
            for path in (ctrlr["trid"], *ctrlr.get("alternate_trids", ()))
        ]

    async def devices(self, name: str) -> list[Found]:
        """The devices of a controller's namespaces, by namespace id."""
        found = [(number, one) for one in await self._bdevs.every() if (number := nsid(one, name))]
        return [one for _, one in sorted(found, key=lambda pair: pair[0])]

    async def count_by_path(self) -> None:
        """Let the target count by path; it can begin so only while it has no controllers."""
        if not await self._bdevs.call("bdev_nvme_get_controllers"):
            with suppress(SpdkError):  # an old target, or somebody was quicker
                await self._spdk.call("bdev_nvme_set_options", {"io_path_stat": True})

    async def use_all_paths(self, name: str) -> None:
        """Let I/O to a controller's namespaces take every path; SPDK's default is one of them.

        The policy is the device's (bdev_nvme_set_multipath_policy), and stays when paths go.
        """
        for device in await self.devices(name):
            wanted = {"name": device["name"], "policy": "active_active"}
            with suppress(SpdkError):  # an old target, or the device has just gone
                await self._spdk.call("bdev_nvme_set_multipath_policy", wanted)

    async def path_statistics(
        self, devices: Iterable[Found], trid: Mapping[str, str]
    ) -> VolumeStats | None:
        """What went over one path to devices; None when the target does not count by path."""
        mine: list[Mapping[str, Any]] = []
        for device in devices:
            try:
                told = await self._spdk.call("bdev_nvme_get_path_iostat", {"name": device["name"]})
            except SpdkError:
                return None
            mine += [path["stat"] for path in told["stats"] if same_trid(path["trid"], trid)]
        return added(mine)


class RemoteControllerBackend(Backend[NvmeRemoteController]):
    """The remote controllers of one target."""

    def __init__(self, spdk: SpdkClient, slow: SpdkClient, records: Records) -> None:
        """`slow` is a connection of its own for calls that wait for other machines."""
        self._bdevs = Bdevs(spdk)
        self._remote = Remote(spdk)
        self._slow = Bdevs(slow.parallel())
        self._records = records

    async def validate(self, resource: NvmeRemoteController) -> None:
        """Check the settings. Raises ApiError: INVALID_ARGUMENT."""
        found = {
            "multipath": _within(resource.multipath, 1, max(NvmeMultipath.values())),
            "io_queues_count": _within(resource.io_queues_count, 0, MOST_QUEUES),
            "queue_size": _within(resource.queue_size, 0, MOST_ENTRIES),
        }
        if problems := {name: text for name, text in found.items() if text}:
            raise invalid_arguments(problems)
        check_key("tcp.psk", resource.tcp.psk)

    async def create(self, resource: NvmeRemoteController) -> NvmeRemoteController:
        """Remember it, unless the target has a stranger's of that name. Raises ApiError."""
        if await self._remote.trids(bdev_name(resource.name)):
            name = bdev_name(resource.name)
            text = f"the SPDK target has a controller {name} that this API has not connected"
            raise failed_precondition(text, [resource.name], "IN_USE", "is taken on the target")
        return resource

    async def update(
        self, old: NvmeRemoteController, new: NvmeRemoteController
    ) -> NvmeRemoteController:
        """Change it while nothing is connected. Raises ApiError: FAILED_PRECONDITION."""
        paths = self._records.paths(old.name)
        if paths:
            names = [one.name for one in paths]
            text = f"{old.name} has settings that {', '.join(names)} connected with: delete first"
            raise failed_precondition(text, names, "IN_USE", "is connected")
        return new

    async def delete(self, resource: NvmeRemoteController) -> None:
        """Nothing of it is on the target without paths."""

    async def reconcile(self, resource: NvmeRemoteController) -> NvmeRemoteController:
        """Its paths come by themselves."""
        return resource

    async def reset(self, resource: NvmeRemoteController) -> None:
        """Have the target reset it; without a path there is nothing to be reset."""
        name = bdev_name(resource.name)
        if await self._remote.trids(name):
            await self._slow.call("bdev_nvme_reset_controller", name=name)

    async def stats(self, resource: NvmeRemoteController) -> VolumeStats:
        """What went to and from its namespaces."""
        return await device_sum(self._bdevs, await self._remote.devices(bdev_name(resource.name)))


def same_trid(told: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether the target's words for where a path leads mean what is wanted."""
    return all(str(told.get(name, "")).lower() == value.lower() for name, value in wanted.items())


async def device_sum(bdevs: Bdevs, devices: Iterable[Found]) -> VolumeStats:
    """What went through all of these devices."""
    return await bdevs.sum(str(one["name"]) for one in devices)


def nsid(found: Found, controller: str) -> int:
    """Number of the namespace that a device is, if it is one of this controller's; else 0."""
    prefix, _, number = str(found["name"]).rpartition("n")
    nvme = found.get("driver_specific", {}).get("nvme")
    return int(number) if nvme and prefix == controller and number.isdecimal() else 0


def _within(number: int, first: int, last: int) -> str | None:
    return None if first <= number <= last else f"must be {first} to {last}"
