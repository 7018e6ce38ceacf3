"""A namespace: a block device under a number in one subsystem, seen by some of its hosts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dpu_sim.spdk_sim.bdev.bdev import Bdev, Descriptor
    from dpu_sim.spdk_sim.nvmf.listener import Listener
    from dpu_sim.spdk_sim.nvmf.subsystem import Subsystem

NGUID_BYTES, EUI64_BYTES = 16, 8
NO_EUI64 = bytes(EUI64_BYTES)


@dataclass(frozen=True, slots=True)
class NamespaceOptions:
    """What nvmf_subsystem_add_ns may ask for; None and 0 leave it to the target."""

    nsid: int = 0
    nguid: bytes | None = None
    eui64: bytes | None = None
    uuid: uuid.UUID | None = None
    anagrpid: int = 0
    ptpl_file: str | None = None
    auto_visible: bool = True
    hide_metadata: bool = False


class Namespace:
    """One namespace; `descriptor` is its device, open and claimed."""

    def __init__(
        self, subsystem: Subsystem, nsid: int, descriptor: Descriptor, options: NamespaceOptions
    ) -> None:
        identity = descriptor.bdev.geometry.uuid
        self.subsystem = subsystem
        self.nsid = nsid
        self.descriptor = descriptor
        self.uuid = options.uuid or identity
        self.nguid = options.nguid or self.uuid.bytes
        self.eui64 = options.eui64 or NO_EUI64
        self.anagrpid = options.anagrpid or nsid
        self.ptpl_file = options.ptpl_file
        """Where reservations that are to survive loss of power are kept."""
        self.auto_visible = options.auto_visible
        """Whether every host of the subsystem sees it; else those of `hosts`."""
        self.hide_metadata = options.hide_metadata
        self.hosts: dict[str, None] = {}
        self.options = options
        self.reservations: Any = None
        """State of reservations; the data path's."""
        self._channels: dict[Listener, Descriptor] = {}

    @property
    def bdev(self) -> Bdev:
        """The device."""
        return self.descriptor.bdev

    def channel(self, listener: Listener) -> Descriptor:
        """What I/O that came in there goes through, so that it is counted by itself."""
        found = self._channels.get(listener)
        if found is None:
            found = self._channels[listener] = self.descriptor.branch()
        return found

    def end_channel(self, listener: Listener) -> None:
        """Nobody comes in there any more."""
        if (channel := self._channels.pop(listener, None)) is not None:
            self.descriptor.join(channel)

    def visible_to(self, host: str) -> bool:
        """Whether the host of that NQN sees the namespace, if it may use the subsystem."""
        return self.auto_visible or host in self.hosts

    def describe(self) -> dict[str, Any]:
        """The namespace as nvmf_get_subsystems shows it."""
        shown: dict[str, Any] = {
            "nsid": self.nsid,
            "bdev_name": self.bdev.name,
            "name": self.bdev.name,
            "nguid": self.nguid.hex().upper(),
        }
        if self.eui64 != NO_EUI64:
            shown["eui64"] = self.eui64.hex().upper()
        shown["uuid"] = str(self.uuid)
        if self.subsystem.ana_reporting:
            shown["anagrpid"] = self.anagrpid
        if not self.auto_visible:
            shown["hosts"] = list(self.hosts)
        return shown
