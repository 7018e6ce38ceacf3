"""A vhost-scsi controller: up to eight SCSI targets with one logical unit each."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dpu_sim.spdk_sim.bdev.bdev import Bdev
from dpu_sim.spdk_sim.vhost.controller import Command, Controller
from dpu_sim.spdk_sim.vhost.scsi import TARGETS, ScsiDevice, ScsiTarget


class ScsiController(Controller):
    """One virtio-scsi device."""

    kind = "scsi"
    device: ScsiDevice

    def __init__(self, name: str, path: Path, cpumask: int) -> None:
        super().__init__(name, path, cpumask, ScsiDevice())

    @property
    def targets(self) -> dict[int, ScsiTarget]:
        """Its targets by their number."""
        return self.device.targets

    def free_number(self) -> int:
        """The lowest number without a target. Raises OSError, ENOSPC."""
        for number in range(TARGETS):
            if number not in self.targets:
                return number
        raise OSError(errno.ENOSPC, self.name)

    def add_target(self, number: int, bdev: Bdev, identity: int) -> None:
        """Attach a device as target `number`; `identity` is unique among all SCSI devices.

        Raises OSError: EINVAL, there is no such number; EEXIST, it is taken; EPERM, somebody has
        claimed the device.
        """
        if not 0 <= number < TARGETS:
            raise OSError(errno.EINVAL, self.name)
        if number in self.targets:
            raise OSError(errno.EEXIST, self.name)
        self.device.add(ScsiTarget(number, identity, bdev, self._on_removal, self._on_resize))

    async def remove_target(self, number: int) -> None:
        """Detach a target once its I/O has ended.

        Raises OSError: EINVAL, there is no such number; EBUSY, it has no target (as SPDK says it).
        """
        if number >= TARGETS:
            raise OSError(errno.EINVAL, self.name)
        if number not in self.targets:
            raise OSError(errno.EBUSY, self.name)
        await self.device.remove(number).drain()

    async def _on_removal(self, target: ScsiTarget) -> None:
        if self.targets.get(target.number) is target:
            self.device.remove(target.number)

    def _on_resize(self, target: ScsiTarget) -> None:
        self.device.capacity_changed(target)

    def backend(self) -> list[dict[str, Any]]:
        """What is behind it, as vhost_get_controllers shows it."""
        return [
            {
                "scsi_dev_num": number,
                "id": target.identity,
                "target_name": target.name,
                "luns": [{"id": 0, "bdev_name": target.bdev.name}],
            }
            for number, target in sorted(self.targets.items())
        ]

    def creation(self) -> Iterator[Command]:
        """Requests that make it again, without settings."""
        where = {"ctrlr": self.name}
        yield _command("vhost_create_scsi_controller", **where, cpumask=f"{self.cpumask:x}",
                       delay=True)  # fmt: skip
        for number, target in sorted(self.targets.items()):
            yield _command("vhost_scsi_controller_add_target", **where, scsi_target_num=number,
                           bdev_name=target.bdev.name)  # fmt: skip
        if self.started:
            yield _command("vhost_start_scsi_controller", **where)

    def release(self) -> None:
        """Give the block devices back; no front end is connected."""
        for number in list(self.targets):
            self.device.remove(number).close()

    async def remove_targets(self) -> None:
        """Detach every target."""
        await asyncio.gather(*(self.remove_target(number) for number in list(self.targets)))


def _command(method: str, **parameters: Any) -> Command:
    return {"method": method, "params": parameters}
