"""A vhost-blk controller: one block device as a virtio-blk device."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dpu_sim.spdk_sim.bdev.bdev import Bdev, Event
from dpu_sim.spdk_sim.vhost.blk import BlkDevice
from dpu_sim.spdk_sim.vhost.controller import Command, Controller

TRANSPORT = "vhost_user_blk"
"""The one transport of virtio-blk that there is."""


class BlkController(Controller):
    """One virtio-blk device."""

    kind = "block"
    device: BlkDevice

    def __init__(self, name: str, path: Path, cpumask: int, bdev: Bdev, readonly: bool) -> None:
        """Open the device. Raises OSError: EPERM, somebody has claimed it."""
        descriptor = bdev.open(write=True, on_event=self._on_event)
        super().__init__(name, path, cpumask, BlkDevice(descriptor, readonly))

    def _on_event(self, event: Event) -> None:
        if event is Event.REMOVE:
            self.device.remove()
        for session in self.sessions.values():
            session.tell_of_new_configuration()

    def backend(self) -> dict[str, Any]:
        """What is behind it, as vhost_get_controllers shows it."""
        bdev = self.device.bdev
        return {
            "readonly": self.device.readonly,
            "bdev": bdev.name if bdev else None,
            "transport": TRANSPORT,
        }

    def creation(self) -> Iterator[Command]:
        """Requests that make it again, without settings."""
        if (bdev := self.device.bdev) is not None:
            yield {
                "method": "vhost_create_blk_controller",
                "params": {
                    "ctrlr": self.name,
                    "dev_name": bdev.name,
                    "cpumask": f"{self.cpumask:x}",
                    "readonly": self.device.readonly,
                    "transport": TRANSPORT,
                },
            }

    def release(self) -> None:
        """Give the block devices back; no front end is connected."""
        self.device.remove()
