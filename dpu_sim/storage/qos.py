"""QoS volumes: upper limits on another volume of an SPDK target, one QoS volume on each.

A QoS volume is no device: front ends go on using the volume that it limits.
"""

from __future__ import annotations

from dpu_sim.api.backend import Backend
from dpu_sim.api.errors import already_exists, failed_precondition, invalid_arguments
from dpu_sim.storage.bdevs import Bdevs, bdev_name
from dpu_sim.storage.spdk import SpdkClient
from opi.proto.opi_api.storage.v1.middleend_qos_volume_pb2 import QosVolume
from opi.proto.opi_api.storage.v1.opicommon_pb2 import QosLimit, VolumeStats

LIMITS = {
    "rw_iops_kiops": ("rw_ios_per_sec", 1000),
    "rw_bandwidth_mbs": ("rw_mbytes_per_sec", 1),
    "rd_bandwidth_mbs": ("r_mbytes_per_sec", 1),
    "wr_bandwidth_mbs": ("w_mbytes_per_sec", 1),
}
"""What the target calls a limit, and how many of its units one of ours is. Its MB is 2^20."""

NO_LIMITS = dict.fromkeys((its for its, _ in LIMITS.values()), 0)
_MOST = 1 << 40
"""Largest limit, so that the target's bytes and operations a second fit into 64 bits."""


class QosBackend(Backend[QosVolume]):
    """The limits on the volumes of one target."""

    def __init__(self, spdk: SpdkClient, owners: dict[str, str] | None = None) -> None:
        """`owners`: what limits a device, QoS volumes and virtio devices, by name of the device."""
        self._bdevs = Bdevs(spdk)
        self._owners = {} if owners is None else owners

    async def validate(self, resource: QosVolume) -> None:
        """Check which limits are asked for. Raises ApiError: INVALID_ARGUMENT."""
        limits = resource.limits
        problems = floor_problems(limits.min, "limits.min") | limit_problems(
            limits.max, "limits.max"
        )
        if not problems and not limits.max.ListFields():
            problems["limits.max"] = "at least one limit must be set"
        if problems:
            raise invalid_arguments(problems)

    async def create(self, resource: QosVolume) -> QosVolume:
        """Put the limits in force. Raises ApiError: ALREADY_EXISTS, the volume has others."""
        device = str((await self._bdevs.base(resource.volume_name_ref))["name"])
        owner = self._owners.setdefault(device, resource.name)
        if owner != resource.name:
            text = f"volume_name_ref: {resource.volume_name_ref} has the limits of {owner}"
            raise failed_precondition(text, [owner], "IN_USE", "limits the volume")
        try:
            await self._limit(device, resource)
        except BaseException:
            del self._owners[device]
            raise
        return resource

    async def update(self, old: QosVolume, new: QosVolume) -> QosVolume:
        """Change the limits; the volume stays."""
        if bdev_name(old.volume_name_ref) != bdev_name(new.volume_name_ref):
            raise invalid_arguments({"volume_name_ref": "cannot be changed"})
        device = str((await self._bdevs.base(new.volume_name_ref))["name"])
        await self._limit(device, new)
        self._owners[device] = new.name
        return new

    async def delete(self, resource: QosVolume) -> None:
        """Lift the limits; those of another QoS volume stay."""
        device = bdev_name(resource.volume_name_ref)
        if self._owners.get(device, resource.name) != resource.name:
            return
        if await self._bdevs.find(device) is not None:
            await self._bdevs.call("bdev_set_qos_limit", name=device, **NO_LIMITS)
        self._owners.pop(device, None)

    async def reconcile(self, resource: QosVolume) -> QosVolume:
        """See to it that the limits are in force. Raises ApiError."""
        found = await self._bdevs.base(resource.volume_name_ref)
        device = str(found["name"])
        if self._owners.get(device, resource.name) != resource.name:
            raise already_exists(f"limits of {resource.volume_name_ref}")
        if found.get("assigned_rate_limits") != wanted_limits(resource.limits.max):
            await self._limit(device, resource)
        self._owners[device] = resource.name
        return resource

    async def stats(self, resource: QosVolume) -> VolumeStats:
        """What went through the volume that is limited."""
        return await self._bdevs.statistics(bdev_name(resource.volume_name_ref))

    async def _limit(self, device: str, volume: QosVolume) -> None:
        limits = wanted_limits(volume.limits.max)
        await self._bdevs.call("bdev_set_qos_limit", name=device, **limits)


def floor_problems(limit: QosLimit, path: str) -> dict[str, str]:
    """What is wrong with the fields of a lower limit, by their path: that there are any."""
    fields = (field.name for field, _ in limit.ListFields())
    return {f"{path}.{name}": "the target cannot reserve capacity" for name in fields}


def limit_problems(limit: QosLimit, path: str) -> dict[str, str]:
    """What is wrong with the fields of an upper limit, by their path."""
    return {
        f"{path}.{field.name}": problem
        for field, value in limit.ListFields()
        if (problem := _problem(field.name, value))
    }


def wanted_limits(limit: QosLimit) -> dict[str, int]:
    """All limits by the target's names and in its units; 0 lifts one."""
    return {its: getattr(limit, ours) * factor for ours, (its, factor) in LIMITS.items()}


def _problem(field: str, value: int) -> str | None:
    if field not in LIMITS:
        return "the target limits reads and writes only together: use rw_iops_kiops"
    if not 0 <= value <= _MOST:
        return f"must be 0 to {_MOST}"
    return None
