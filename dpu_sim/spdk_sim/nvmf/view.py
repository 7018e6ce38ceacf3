"""A namespace as one controller sees it: its blocks, and whether they may be touched from there."""

from __future__ import annotations

from dpu_sim.spdk_sim.bdev.bdev import Descriptor
from dpu_sim.spdk_sim.bdev.device import IoType


class NamespaceView:
    """What I/O looks at; one for every controller and namespace.

    `read_fault` and `write_fault` are the status that reads and writes fail with, 0 to let them
    through: an inaccessible path or a reservation of another host.
    """

    __slots__ = (
        "block_size",
        "descriptor",
        "nsid",
        "read_fault",
        "read_now",
        "write_fault",
        "write_now",
    )

    def __init__(self, nsid: int, descriptor: Descriptor) -> None:
        self.nsid = nsid
        self.descriptor = descriptor
        self.block_size = descriptor.bdev.geometry.block_size
        self.read_now = descriptor.read_now
        self.write_now = descriptor.write_now
        self.read_fault = 0
        self.write_fault = 0

    @property
    def blocks(self) -> int:
        """How many there are at present."""
        return self.descriptor.bdev.geometry.blocks

    def supports(self, kind: IoType) -> bool:
        """Whether the device has an operation of its own for this."""
        return kind in self.descriptor.bdev.device.io_types
