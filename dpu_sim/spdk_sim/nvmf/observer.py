"""What the data path is told of changes of the model, by methods that are called at once.

Every method is called after the change, in the event loop that serves; none may wait.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dpu_sim.spdk_sim.nvmf.listener import Listener
    from dpu_sim.spdk_sim.nvmf.namespace import Namespace
    from dpu_sim.spdk_sim.nvmf.subsystem import Subsystem


class Observer:
    """Hears of every change of one target; subclasses override what concerns them."""

    def namespace_added(self, namespace: Namespace) -> None:
        """A namespace is there; hosts see it if `namespace.visible_to` says so."""

    def namespace_removed(self, namespace: Namespace) -> None:
        """A namespace is gone, on request or because its device is; its device is closed."""

    def namespace_resized(self, namespace: Namespace) -> None:
        """The device of a namespace has another number of blocks."""

    def visibility_changed(self, namespace: Namespace, host: str, visible: bool) -> None:
        """The host of that NQN sees a namespace from now on, or no longer."""

    def namespace_group_changed(self, namespace: Namespace) -> None:
        """A namespace belongs to another ANA group."""

    def ana_changed(self, listener: Listener, groups: Collection[int]) -> None:
        """ANA groups have another state where `listener` is."""

    def host_removed(self, subsystem: Subsystem, host: str) -> None:
        """The host of that NQN may not use the subsystem any longer: it is to be disconnected."""

    def host_keys_changed(self, subsystem: Subsystem, host: str) -> None:
        """A host has other keys; those that are connected stay so."""

    def listener_added(self, listener: Listener) -> None:
        """A subsystem can be reached in another place."""

    def listener_removed(self, listener: Listener) -> None:
        """A subsystem is not served in a place any longer: hosts connected there are cut off."""

    def subsystem_removed(self, subsystem: Subsystem) -> None:
        """A subsystem is gone, with its namespaces: its hosts are cut off."""

    def discovery_changed(self) -> None:
        """The discovery log is another one for some host (`target.discovery_generation`)."""
