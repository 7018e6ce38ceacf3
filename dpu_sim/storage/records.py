"""What is stored of the resources that a back end's own belong to or stand beside."""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.message import Message

from dpu_sim.api.errors import not_found
from dpu_sim.api.store import Store
from opi.proto.opi_api.storage.v1.backend_nvme_pb2 import NvmePath, NvmeRemoteController
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import (
    NvmeController,
    NvmeNamespace,
    NvmeSubsystem,
)
from opi.proto.opi_api.storage.v1.frontend_virtio_scsi_pb2 import (
    VirtioScsiController,
    VirtioScsiLun,
    VirtioScsiTarget,
)

M = TypeVar("M", bound=Message)

_ALL = 1 << 31
"""More resources than there are."""


class Records:
    """Reads of the store. A parent stays as it is while one of its children is being changed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find_subsystem(self, name: str) -> NvmeSubsystem | None:
        """The subsystem that a resource with this name is in."""
        return self._find(NvmeSubsystem, _parent(name))

    def subsystem(self, name: str) -> NvmeSubsystem:
        """The same. Raises ApiError: NOT_FOUND."""
        return _required(self.find_subsystem(name), _parent(name))

    def find_remote(self, name: str) -> NvmeRemoteController | None:
        """The remote controller that a path with this name leads to."""
        return self._find(NvmeRemoteController, _parent(name))

    def remote(self, name: str) -> NvmeRemoteController:
        """The same. Raises ApiError: NOT_FOUND."""
        return _required(self.find_remote(name), _parent(name))

    def namespaces(self, parent: str) -> list[NvmeNamespace]:
        """Those of a subsystem."""
        return self._children(NvmeNamespace, parent)

    def controllers(self, parent: str | None = None) -> list[NvmeController]:
        """Those of a subsystem, or of all."""
        return self._children(NvmeController, parent)

    def paths(self, parent: str) -> list[NvmePath]:
        """Those to a remote controller."""
        return self._children(NvmePath, parent)

    def has_remote(self, name: str) -> bool:
        """Whether there is a remote controller of that name."""
        return self._find(NvmeRemoteController, name) is not None

    def remotes(self) -> list[NvmeRemoteController]:
        """All remote controllers."""
        return self._children(NvmeRemoteController, None)

    def luns(self) -> list[VirtioScsiLun]:
        """All logical units of virtio-scsi."""
        return self._children(VirtioScsiLun, None)

    def scsi_target(self, name: str) -> VirtioScsiTarget | None:
        """The virtio-scsi target of that name."""
        return self._find(VirtioScsiTarget, name)

    def has_scsi_controller(self, name: str) -> bool:
        """Whether there is a virtio-scsi controller of that name."""
        return self._find(VirtioScsiController, name) is not None

    def _find(self, kind: type[M], name: str) -> M | None:
        record = self._store.get(kind.DESCRIPTOR.name, name)
        return None if record is None else kind.FromString(record.message)

    def _children(self, kind: type[M], parent: str | None) -> list[M]:
        records = self._store.page(kind.DESCRIPTOR.name, parent, "", _ALL)
        return [kind.FromString(one.message) for one in records]


def _parent(name: str) -> str:
    return name.rsplit("/", 2)[0]


def _required(found: M | None, name: str) -> M:
    if found is None:
        raise not_found(name)
    return found
