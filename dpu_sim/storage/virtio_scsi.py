"""virtio-scsi controllers and targets on an SPDK target: vhost controllers, and what is in them.

The API does not say which controller a target is reached through. Here it is the one with the
target's id, which is how deployed clients name it. Each logical unit is a SCSI target of SPDK's.
"""

from __future__ import annotations

from typing import Any

from dpu_sim.api.backend import Backend
from dpu_sim.api.errors import (
    already_exists,
    failed_precondition,
    invalid_argument,
    unimplemented,
)
from dpu_sim.storage.bdevs import Bdevs, bdev_name
from dpu_sim.storage.records import Records
from dpu_sim.storage.spdk import SpdkClient
from dpu_sim.storage.vhost import Found, Vhost
from dpu_sim.storage.virtio_functions import VirtioFunctions
from opi.proto.opi_api.storage.v1.frontend_virtio_scsi_pb2 import (
    VirtioScsiController,
    VirtioScsiLun,
    VirtioScsiTarget,
)
from opi.proto.opi_api.storage.v1.opicommon_pb2 import VolumeStats

MOST_LUNS = 8
"""Logical units that one controller of SPDK's has at most."""


class VirtioScsiControllerBackend(Backend[VirtioScsiController]):
    """The virtio-scsi controllers of one target."""

    def __init__(self, spdk: SpdkClient, functions: VirtioFunctions, records: Records) -> None:
        self._bdevs = Bdevs(spdk)
        self._vhost = Vhost(spdk)
        self._functions = functions
        self._records = records

    async def validate(self, resource: VirtioScsiController) -> None:
        """Check function and limits. Raises ApiError."""
        self._functions.check_numbers(resource.pcie_id)
        for limit in ("min_limit", "max_limit"):
            if getattr(resource, limit).ListFields():
                text = "the target limits volumes, not controllers: use a QosVolume"
                raise unimplemented(f"{limit}: {text}")

    async def create(self, resource: VirtioScsiController) -> VirtioScsiController:
        """Make the controller, or take over the empty one that an interrupted creation made."""
        with self._functions.taking(resource.pcie_id, resource.name):
            found = await self._vhost.find(last(resource.name))
            if found is None:
                await self._make(resource)
            elif units(found) != {}:
                raise already_exists(f"{resource.name} on the SPDK target")
        return resource

    async def update(
        self, old: VirtioScsiController, new: VirtioScsiController
    ) -> VirtioScsiController:
        """Only the function can change."""
        with self._functions.taking(new.pcie_id, new.name):
            if old.pcie_id != new.pcie_id:
                self._functions.leave(old.pcie_id, old.name)
        return new

    async def delete(self, resource: VirtioScsiController) -> None:
        """Remove the controller. Raises ApiError: it has logical units, or a host is connected."""
        name = last(resource.name)
        held = [one.name for one in self._records.luns() if controller_of(one) == name]
        if held:
            text = f"{resource.name} is in use by {', '.join(held)}"
            raise failed_precondition(text, held, "IN_USE", f"is in {resource.name}")
        found = await self._vhost.find(name)
        if found is not None and units(found) is not None:
            await self._vhost.delete(name)
        self._functions.leave(resource.pcie_id, resource.name)

    async def discard(
        self, intended: VirtioScsiController, stored: VirtioScsiController | None
    ) -> None:
        """Remove what an interrupted creation made, which is empty."""
        found = await self._vhost.find(last(intended.name))
        if stored is None and found is not None and units(found) == {}:
            await self.delete(intended)

    async def reconcile(self, resource: VirtioScsiController) -> VirtioScsiController:
        """See to it that the target has the controller. Raises ApiError."""
        with self._functions.taking(resource.pcie_id, resource.name):
            found = await self._vhost.find(last(resource.name))
            if found is None:
                await self._make(resource)
            elif units(found) is None:
                raise already_exists(f"{resource.name} on the SPDK target")
        return resource

    async def stats(self, resource: VirtioScsiController) -> VolumeStats:
        """What went through its logical units."""
        found = await self._vhost.find(last(resource.name))
        held = None if found is None else units(found)
        if held is None:
            text = f"{resource.name} is not on the SPDK target"
            raise failed_precondition(text, [resource.name], "INACTIVE", "is not on the target")
        return await self._bdevs.sum(held)

    async def _make(self, resource: VirtioScsiController) -> None:
        await self._vhost.call("vhost_create_scsi_controller", ctrlr=last(resource.name))


class VirtioScsiTargetBackend(Backend[VirtioScsiTarget]):
    """Targets: how many logical units the controller with the same id may have."""

    def __init__(self, spdk: SpdkClient, records: Records) -> None:
        self._bdevs = Bdevs(spdk)
        self._vhost = Vhost(spdk)
        self._records = records

    async def validate(self, resource: VirtioScsiTarget) -> None:
        """Check the number. Raises ApiError: INVALID_ARGUMENT."""
        if not 0 <= resource.max_luns <= MOST_LUNS:
            raise invalid_argument("max_luns", f"must be 0 to {MOST_LUNS}")

    async def create(self, resource: VirtioScsiTarget) -> VirtioScsiTarget:
        """There is nothing of its own on the SPDK target, which must have vhost."""
        await self._vhost.require()
        return resource

    async def update(self, old: VirtioScsiTarget, new: VirtioScsiTarget) -> VirtioScsiTarget:  # noqa: ARG002
        """Not below what it has. Raises ApiError: FAILED_PRECONDITION."""
        held = [one.name for one in self._luns(new)]
        if 0 < new.max_luns < len(held):
            text = f"max_luns: {new.name} has {len(held)} logical units"
            raise failed_precondition(text, held, "IN_USE", f"is in {new.name}")
        return new

    async def delete(self, resource: VirtioScsiTarget) -> None:
        """Nothing is left of it."""

    async def stats(self, resource: VirtioScsiTarget) -> VolumeStats:
        """What went through its logical units."""
        return await self._bdevs.sum(bdev_name(one.volume_name_ref) for one in self._luns(resource))

    def _luns(self, resource: VirtioScsiTarget) -> list[VirtioScsiLun]:
        name = last(resource.name)
        return [one for one in self._records.luns() if controller_of(one) == name]


def last(name: str) -> str:
    """The id in a name."""
    return name.rsplit("/", 1)[-1]


def controller_of(lun: VirtioScsiLun) -> str:
    """The id of the controller, and of the target, that a logical unit belongs to."""
    return last(lun.target_name_ref)


def units(found: Found) -> dict[str, int] | None:
    """Numbers of a controller's SCSI targets by the device in each; None: it is none of SCSI."""
    listed: list[dict[str, Any]] | None = found.get("backend_specific", {}).get("scsi")
    if listed is None:
        return None
    return {
        str(unit["bdev_name"]): int(one["scsi_dev_num"])
        for one in listed
        for unit in one.get("luns", ())
    }
