"""Logical units of virtio-scsi on an SPDK target: volumes as SCSI targets of a vhost controller.

A host finds a disk by the number of its SCSI target, for which the API has no field. It follows
from the unit's id, so that it is the same after a restart; where two ids lead to one number, the
unit that was there first has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any
from zlib import crc32

from google.protobuf.message import Message

from dpu_sim.api.backend import Backend
from dpu_sim.api.call import Call
from dpu_sim.api.errors import ApiError, failed_precondition, not_found
from dpu_sim.api.service import ResourceService
from dpu_sim.storage.bdevs import Bdevs, bdev_name, is_unavailable
from dpu_sim.storage.records import Records
from dpu_sim.storage.spdk import SpdkClient
from dpu_sim.storage.vhost import Vhost
from dpu_sim.storage.virtio_scsi import MOST_LUNS, controller_of, last, units
from opi.proto.opi_api.storage.v1.frontend_virtio_scsi_pb2 import (
    StatsVirtioScsiLunResponse,
    VirtioScsiLun,
)
from opi.proto.opi_api.storage.v1.opicommon_pb2 import VolumeStats

_TARGETS = "virtioScsiTargets/"


class VirtioScsiLunBackend(Backend[VirtioScsiLun]):
    """The logical units of one target."""

    def __init__(self, spdk: SpdkClient, records: Records) -> None:
        self._bdevs = Bdevs(spdk)
        self._vhost = Vhost(spdk)
        self._exports = spdk.exports
        self._records = records

    async def create(self, resource: VirtioScsiLun) -> VirtioScsiLun:
        """Add the volume, or take over what an interrupted creation added."""
        with self._taking(resource):
            self._check_target(resource)
            held = await self._units(resource)
            if _device(resource) not in held:
                device = await self._bdevs.unused(resource.volume_name_ref, resource.name)
                await self._add(resource, device, _number(resource, held))
        return resource

    async def update(self, old: VirtioScsiLun, new: VirtioScsiLun) -> VirtioScsiLun:
        """Take the old one away and add the new one; or have the old one again."""
        with self._taking(new):
            if _place(old) != _place(new):
                await self._replace(old, new)
        if _device(old) != _device(new):
            self._exports.leave(_device(old), old.name)
        return new

    async def _replace(self, old: VirtioScsiLun, new: VirtioScsiLun) -> None:
        if controller_of(old) != controller_of(new):
            self._check_target(new)
        device = await self._bdevs.unused(new.volume_name_ref, new.name)
        held = await self._units(old)
        before = held.pop(_device(old), None)
        others = held if controller_of(old) == controller_of(new) else await self._units(new)
        number = _number(new, others)
        if before is not None:
            await self._remove(old, before)
        try:
            await self._add(new, device, number)
        except ApiError as error:
            if before is not None and not is_unavailable(error):
                await self._add(old, _device(old), before)
            raise

    async def delete(self, resource: VirtioScsiLun) -> None:
        """Take it away: the host loses the disk."""
        number = (await self._found(resource)).get(_device(resource))
        if number is not None:
            await self._remove(resource, number)
        self._exports.leave(_device(resource), resource.name)

    async def discard(self, intended: VirtioScsiLun, stored: VirtioScsiLun | None) -> None:
        """Take away what an interrupted creation or change added, unless it is another's."""
        same = stored is not None and _place(stored) == _place(intended)
        if not (same or self._owner(intended)):
            await self.delete(intended)

    async def stats(self, resource: VirtioScsiLun) -> VolumeStats:
        """What went through its volume, which nobody but its host can use."""
        return await self._bdevs.statistics(_device(resource))

    def _taking(self, resource: VirtioScsiLun) -> AbstractContextManager[None]:
        what = f"volume_name_ref: {resource.volume_name_ref}"
        return self._exports.taking(_device(resource), resource.name, what)

    def _owner(self, resource: VirtioScsiLun) -> str:
        """The other logical unit with the same volume; '' for none."""
        others = (one for one in self._records.luns() if one.name != resource.name)
        return next((one.name for one in others if _place(one) == _place(resource)), "")

    def _check_target(self, resource: VirtioScsiLun) -> None:
        """Raise ApiError: the target is not there, or it is full."""
        reference, name = resource.target_name_ref, controller_of(resource)
        target = self._records.scsi_target(_TARGETS + name)
        if target is None and _TARGETS in reference:
            text = f"target_name_ref: {reference} does not exist"
            raise failed_precondition(text, [reference], "REFERENCE", "does not exist")
        luns = [one for one in self._records.luns() if one.name != resource.name]
        count = sum(controller_of(one) == name for one in luns)
        most = target.max_luns if target is not None and target.max_luns else MOST_LUNS
        if count >= most:
            text = f"target_name_ref: {reference} has its {most} logical units already"
            raise failed_precondition(text, [reference], "LIMIT", "is full")

    async def _units(self, resource: VirtioScsiLun) -> dict[str, int]:
        """Those of its controller: numbers by device. Raises ApiError: it is not there."""
        name = controller_of(resource)
        found = await self._vhost.find(name)
        held = None if found is None else units(found)
        if held is None:
            text = f"target_name_ref: there is no virtio-scsi controller volumes/{name}"
            raise failed_precondition(text, [name], "REFERENCE", "has no controller")
        return held

    async def _found(self, resource: VirtioScsiLun) -> dict[str, int]:
        """The same; none where there is no such controller."""
        found = await self._vhost.find(controller_of(resource))
        return (None if found is None else units(found)) or {}

    async def _add(self, resource: VirtioScsiLun, device: str, number: int) -> None:
        where = {"ctrlr": controller_of(resource), "scsi_target_num": number}
        await self._vhost.call("vhost_scsi_controller_add_target", **where, bdev_name=device)

    async def _remove(self, resource: VirtioScsiLun, number: int) -> None:
        where = {"ctrlr": controller_of(resource), "scsi_target_num": number}
        await self._vhost.call("vhost_scsi_controller_remove_target", **where)


class VirtioScsiLunService(ResourceService[VirtioScsiLun]):
    """The standard methods, and statistics by controller."""

    async def stats(self, request: Any, call: Call) -> Message:
        """The counters: all of them came through the unit's one controller."""
        reference = request.controller_name_ref
        response = await super().stats(request, call)
        if not reference:
            return response
        records = Records(self._store)
        if not records.has_scsi_controller(f"volumes/{last(reference)}"):
            raise not_found(reference)
        lun = await self.get(request, call)
        return response if controller_of(lun) == last(reference) else StatsVirtioScsiLunResponse()


def _device(resource: VirtioScsiLun) -> str:
    return bdev_name(resource.volume_name_ref)


def _place(resource: VirtioScsiLun) -> tuple[str, str]:
    return controller_of(resource), _device(resource)


def _number(resource: VirtioScsiLun, held: dict[str, int]) -> int:
    """A number for its SCSI target. Raises ApiError: all are taken."""
    first = crc32(last(resource.name).encode()) % MOST_LUNS
    wanted: Iterable[int] = (*range(first, MOST_LUNS), *range(first))
    for number in wanted:
        if number not in held.values():
            return number
    text = f"target_name_ref: volumes/{controller_of(resource)} has no free number"
    raise failed_precondition(text, [resource.target_name_ref], "LIMIT", "is full")
