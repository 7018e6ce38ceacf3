"""The virtio-scsi device and its targets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from dpu_sim.spdk_sim.bdev.bdev import Bdev, Event
from dpu_sim.spdk_sim.vhost.device import VirtioDevice

TARGETS = 8
"""Targets of one controller; SPDK has as many."""


class ScsiTarget:
    """One SCSI target, with the block device as its logical unit 0."""

    def __init__(
        self,
        number: int,
        identity: int,
        bdev: Bdev,
        on_removal: Callable[[ScsiTarget], Awaitable[None]],
        on_resize: Callable[[ScsiTarget], None],
    ) -> None:
        """Open the device. Raises OSError: EPERM, somebody has claimed it."""
        self.number = number
        self.identity = identity
        self.name = f"Target {number}"
        self._on_removal = on_removal
        self._on_resize = on_resize
        self.descriptor = bdev.open(write=True, on_event=self._on_event)

    @property
    def bdev(self) -> Bdev:
        """The block device."""
        return self.descriptor.bdev

    async def _on_event(self, event: Event) -> None:
        if event is Event.REMOVE:
            await self._on_removal(self)
        else:
            self._on_resize(self)

    async def drain(self) -> None:
        """Give the block device back, once its I/O has ended."""
        self.close()

    def close(self) -> None:
        """Give the block device back."""
        self.descriptor.close()


class ScsiDevice(VirtioDevice):
    """What the front ends of a vhost-scsi controller see."""

    def __init__(self) -> None:
        self.targets: dict[int, ScsiTarget] = {}

    def add(self, target: ScsiTarget) -> None:
        """Attach a target."""
        self.targets[target.number] = target

    def remove(self, number: int) -> ScsiTarget:
        """Detach a target."""
        return self.targets.pop(number)

    def capacity_changed(self, target: ScsiTarget) -> None:
        """Tell that a target has another size."""
