"""The virtio-blk device."""

from __future__ import annotations

from dpu_sim.spdk_sim.bdev.bdev import Bdev, Descriptor
from dpu_sim.spdk_sim.vhost.session import VirtioDevice


class BlkDevice(VirtioDevice):
    """One block device."""

    def __init__(self, descriptor: Descriptor, readonly: bool) -> None:
        self.readonly = readonly
        self._descriptor: Descriptor | None = descriptor

    @property
    def bdev(self) -> Bdev | None:
        """The device, unless it has been removed."""
        return self._descriptor.bdev if self._descriptor else None

    def remove(self) -> None:
        """The block device is going away."""
        if self._descriptor is not None:
            self._descriptor.close()
            self._descriptor = None
