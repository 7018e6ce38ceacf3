"""What the storage services of a DPU have, from plain List calls, and who refers to whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from opi import standard
from opi.client import Client
from opi.names import without_service
from opi.resources import ResourceType
from opi.status import CallError
from opictl.naming import short
from opictl.storage.kinds import DEVICES, ENCRYPTED, LIMITS, kind, last_id, storage

NAMESPACE = "NvmeNamespace"
REMOTE_NAMESPACE = "NvmeRemoteNamespace"
FRONTS = (NAMESPACE, "VirtioBlk", "VirtioScsiLun")
"""Kinds through which hosts use a volume."""


@dataclass(frozen=True)
class Found:
    """A resource of the DPU."""

    kind: ResourceType
    message: Any

    @property
    def name(self) -> str:
        """As servers return it."""
        return str(self.message.name)

    @property
    def short(self) -> str:
        """The ids alone: "sub0/ns01"."""
        return short(self.kind, self.name)

    @property
    def id(self) -> str:
        """The last of them."""
        return last_id(self.name)

    @property
    def volume(self) -> str:
        """What other commands call it: the id, of a remote namespace the name of its volume."""
        return remote_volume(self) if self.kind.kind == REMOTE_NAMESPACE else self.id

    @property
    def base(self) -> str:
        """The reference to what it lies on; '' for a volume with blocks of its own."""
        if self.kind.kind == NAMESPACE:
            return str(self.message.spec.volume_name_ref)
        return str(getattr(self.message, "volume_name_ref", ""))

    def __str__(self) -> str:
        return f"{self.kind.kind} {self.name}"


class Landscape:
    """The resources of the storage services; a kind that the DPU does not have is empty.

    Raises:
        CallError: the server cannot be asked.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._listed: dict[str, list[Found]] = {}

    def of(self, *kinds: str) -> list[Found]:
        """The resources of these kinds, by name."""
        return [one for name in kinds for one in self._list(name)]

    def below(self, name: str, parent: Found) -> list[Found]:
        """Those of a kind that are part of a resource."""
        return [one for one in self.of(name) if one.name.startswith(f"{parent.name}/")]

    def device(self, reference: str) -> Found | None:
        """The volume, or remote namespace, that a reference means; None for none of ours."""
        plain = without_service(reference)
        is_whole = plain.count("/") > 1
        return self._devices.get(plain if is_whole else last_id(plain))

    @cached_property
    def _devices(self) -> dict[str, Found]:
        """Volumes and remote namespaces by what references to them may be."""
        remote = self.of(REMOTE_NAMESPACE)
        by_name = {name: one for one in remote for name in (one.name, remote_volume(one))}
        return by_name | {one.id: one for one in self.of(*DEVICES)}

    def stack(self, volume: Found) -> list[Found]:
        """The volume and all beneath it, itself first."""
        found = [volume]
        while (below := self.device(found[-1].base) if found[-1].base else None) is not None:
            if any(below.name == one.name for one in found):
                break
            found.append(below)
        return found

    def limits(self, volume: Found) -> list[Found]:
        """The QoS volumes that limit it."""
        return [one for one in self._referring.get(volume.name, ()) if one.kind.kind == LIMITS]

    def users(self, volume: Found) -> list[Found]:
        """What uses the volume, but for limits: namespaces, virtio, encrypted volumes."""
        return [one for one in self._referring.get(volume.name, ()) if one.kind.kind != LIMITS]

    @cached_property
    def _referring(self) -> dict[str, list[Found]]:
        """What refers to each volume."""
        found: dict[str, list[Found]] = {}
        for one in self.of(*FRONTS, ENCRYPTED, LIMITS):
            below = self.device(one.base) if one.base else None
            if below is not None:
                found.setdefault(below.name, []).append(one)
        return found

    def _list(self, name: str) -> list[Found]:
        if name not in self._listed:
            self._listed[name] = sorted(self._asked(name), key=lambda one: one.name)
        return self._listed[name]

    def _asked(self, name: str) -> Iterator[Found]:
        one = kind(name)
        try:
            for message in standard.list_all(self._client, one, source=storage()):
                yield Found(one, message)
        except CallError as error:
            if error.status.code != "UNIMPLEMENTED":
                raise


def remote_volume(namespace: Found) -> str:
    """What the target calls the volume of a remote namespace: controller, "n", number."""
    return f"{namespace.name.split('/')[1]}n{namespace.message.nsid}"
