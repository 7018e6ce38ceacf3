"""virtio-blk devices on an SPDK target: a vhost controller with the id of the resource for each.

The target opens the volume without claiming it, so that it is kept here who has which. The limits
of a device are limits on its volume, which nobody else can use meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dpu_sim.api.backend import Backend
from dpu_sim.api.errors import (
    ApiError,
    already_exists,
    failed_precondition,
    invalid_arguments,
)
from dpu_sim.storage.bdevs import Bdevs, bdev_name, is_unavailable
from dpu_sim.storage.qos import NO_LIMITS, floor_problems, limit_problems, wanted_limits
from dpu_sim.storage.spdk import SpdkClient
from dpu_sim.storage.vhost import Found, Vhost
from dpu_sim.storage.virtio_functions import VirtioFunctions
from opi.proto.opi_api.storage.v1.frontend_virtio_blk_pb2 import VirtioBlk
from opi.proto.opi_api.storage.v1.opicommon_pb2 import QosLimit, VolumeStats

MOST_QUEUES = 256
"""Request queues that SPDK's vhost offers at most. How many there are is the front end's choice."""


class VirtioBlkBackend(Backend[VirtioBlk]):
    """The virtio-blk devices of one target."""

    def __init__(
        self, spdk: SpdkClient, functions: VirtioFunctions, owners: dict[str, str]
    ) -> None:
        """`owners`: what limits a device, by name of the device; shared with QoS volumes."""
        self._bdevs = Bdevs(spdk)
        self._vhost = Vhost(spdk)
        self._exports = spdk.exports
        self._functions = functions
        self._owners = owners

    async def validate(self, resource: VirtioBlk) -> None:
        """Check function, queues and limits. Raises ApiError: INVALID_ARGUMENT."""
        problems = floor_problems(resource.min_limit, "min_limit")
        problems |= limit_problems(resource.max_limit, "max_limit")
        if not 0 <= resource.max_io_qps <= MOST_QUEUES:
            problems["max_io_qps"] = f"must be 0 to {MOST_QUEUES}"
        if problems:
            raise invalid_arguments(problems)
        self._functions.check(resource.pcie_id)

    async def create(self, resource: VirtioBlk) -> VirtioBlk:
        """Make the controller, or take over the one that an interrupted creation made."""
        with self._taking(resource):
            found = await self._vhost.find(_id(resource))
            if found is None:
                await self._serve(resource)
            elif not _has(found, resource):
                raise already_exists(f"{resource.name} on the SPDK target")
            try:
                await self._limit(resource)
            except ApiError as error:
                if found is None and not is_unavailable(error):
                    await self._vhost.delete(_id(resource))
                raise
        return resource

    async def update(self, old: VirtioBlk, new: VirtioBlk) -> VirtioBlk:
        """Another volume takes a new controller, which no host may be connected to."""
        with self._taking(new):
            if _device(old) != _device(new):
                await self._replace(old, new)
            elif old.max_limit != new.max_limit:
                await self._limit(new, lifts=_is_limited(old))
        self._leave(old, new)
        return new

    async def _replace(self, old: VirtioBlk, new: VirtioBlk) -> None:
        await self._bdevs.unused(new.volume_name_ref, new.name)
        await self._end(old)
        try:
            await self._serve(new)
            await self._limit(new)
            await self._lift(old)
        except ApiError as error:
            if not is_unavailable(error):
                await self._end(new)
                await self._lift(new)
                await self._serve(old)
                await self._limit(old)
            raise

    async def delete(self, resource: VirtioBlk) -> None:
        """Lift its limits and remove the controller, or nothing; a stranger's stays."""
        await self._lift(resource)
        try:
            await self._end(resource)
        except ApiError as error:
            if not is_unavailable(error):
                await self._limit(resource)
            raise
        self._leave(resource)

    async def discard(self, intended: VirtioBlk, stored: VirtioBlk | None) -> None:
        """Remove what an interrupted creation or change has made; limits go with it."""
        if stored is None:
            await self.delete(intended)
            return
        if _device(intended) != _device(stored):
            await self._end(intended)
        if _device(intended) != _device(stored) or not _is_limited(stored):
            await self._lift(intended)

    async def reconcile(self, resource: VirtioBlk) -> VirtioBlk:
        """See to it that the target serves the device as it is stored. Raises ApiError."""
        return await self.create(resource)

    async def stats(self, resource: VirtioBlk) -> VolumeStats:
        """What went through its volume, which nobody but its host can use."""
        return await self._bdevs.statistics(_device(resource))

    @contextmanager
    def _taking(self, resource: VirtioBlk) -> Iterator[None]:
        """Function, volume and its limits are this device's, unless what is done within fails."""
        volume = f"volume_name_ref: {resource.volume_name_ref}"
        device = _device(resource)
        with (
            self._functions.taking(resource.pcie_id, resource.name),
            self._exports.taking(device, resource.name, volume),
        ):
            had = device in self._owners
            if _is_limited(resource):
                owner = self._owners.setdefault(device, resource.name)
                if owner != resource.name:
                    text = f"max_limit: {resource.volume_name_ref} has the limits of {owner}"
                    raise failed_precondition(text, [owner], "IN_USE", "limits the volume")
            try:
                yield
            except BaseException:
                if not had:
                    self._owners.pop(device, None)
                raise

    def _leave(self, old: VirtioBlk, new: VirtioBlk | None = None) -> None:
        """What `old` has and `new` does not is nobody's."""
        if new is None or _device(old) != _device(new):
            self._exports.leave(_device(old), old.name)
        if new is None or old.pcie_id != new.pcie_id:
            self._functions.leave(old.pcie_id, old.name)
        moved = new is None or _device(old) != _device(new) or not _is_limited(new)
        if moved and self._owners.get(_device(old)) == old.name:
            del self._owners[_device(old)]

    async def _serve(self, resource: VirtioBlk) -> None:
        """Make the controller, or nothing."""
        device = await self._bdevs.unused(resource.volume_name_ref, resource.name)
        await self._vhost.call("vhost_create_blk_controller", ctrlr=_id(resource), dev_name=device)

    async def _end(self, resource: VirtioBlk) -> None:
        """Remove the controller, if it is there and this one's."""
        found = await self._vhost.find(_id(resource))
        if found is not None and _has(found, resource):
            await self._vhost.delete(_id(resource))

    async def _limit(self, resource: VirtioBlk, lifts: bool = False) -> None:
        """Put its limits in force; with `lifts` also when it has none."""
        if not (_is_limited(resource) or lifts):
            return
        device, limits = _device(resource), wanted_limits(resource.max_limit)
        found = await self._bdevs.base(resource.volume_name_ref)
        if found.get("assigned_rate_limits") != limits:
            await self._bdevs.call("bdev_set_qos_limit", name=device, **limits)

    async def _lift(self, resource: VirtioBlk) -> None:
        """Lift its limits; those of a QoS volume stay."""
        device = _device(resource)
        mine = self._owners.get(device, resource.name) == resource.name
        if _is_limited(resource) and mine and await self._bdevs.find(device) is not None:
            await self._bdevs.call("bdev_set_qos_limit", name=device, **NO_LIMITS)


def _id(resource: VirtioBlk) -> str:
    """The name of its controller on the target."""
    return resource.name.rsplit("/", 1)[-1]


def _device(resource: VirtioBlk) -> str:
    return bdev_name(resource.volume_name_ref)


def _is_limited(resource: VirtioBlk) -> bool:
    return resource.max_limit != QosLimit()


def _has(found: Found, resource: VirtioBlk) -> bool:
    """Whether a controller is this device's; one whose volume has gone may be anybody's."""
    block = found.get("backend_specific", {}).get("block")
    return block is not None and block.get("bdev") in (_device(resource), None)
