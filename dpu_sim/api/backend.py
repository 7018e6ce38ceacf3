"""What does the real thing for one kind of resource."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from google.protobuf.message import Message

M = TypeVar("M", bound=Message)


class Backend(ABC, Generic[M]):
    """Brings resources of one kind to the device and takes them away.

    A resource carries its name as servers return it, and its secrets. Methods get messages of
    their own, which they may keep and change. They raise ApiError to refuse; a refused change has
    left the device as it was. What they object to they name by its path in the resource, such as
    "spec.nqn"; the service makes it one in the request. Calls for one name come one at a time; a
    resource's parent, and what it refers to, stay while it is being changed.

    `read`, `stats` and `reset` are optional: a service asks for them only where they are defined.

    Attributes:
        restored_last: whether resources of the kind come back after those of all other kinds:
            they let somebody in who must find the others there.
    """

    restored_last = False

    async def validate(self, resource: M) -> None:
        """Check what the interface definitions cannot say, before `create` and `update`."""

    @abstractmethod
    async def create(self, resource: M) -> M:
        """Make the resource; return it with what the device chose and its status."""

    @abstractmethod
    async def update(self, old: M, new: M) -> M:
        """Change `old` into `new`; return it like `create`."""

    @abstractmethod
    async def delete(self, resource: M) -> None:
        """Take the resource away; it is no error when the device does not have it."""

    async def discard(self, intended: M, stored: M | None) -> None:
        """On start: take away what an interrupted change may have left of `intended`.

        Args:
            intended: what the device was to get. It may have it, have it half, or not at all.
            stored: what it changed from, which `reconcile` sees to next; None when it was new.
        """
        if stored is None:
            await self.delete(intended)

    async def read(self, resource: M) -> M:
        """The stored resource with the device's status of now."""
        return resource

    async def read_all(self, resources: Sequence[M]) -> Sequence[M]:
        """`read` for a page of a list; define it where the device tells of many at once."""
        return [await self.read(one) for one in resources]

    async def stats(self, resource: M) -> Message:
        """The counters: what goes into the `stats` field of the Stats response."""
        raise NotImplementedError

    async def reset(self, resource: M) -> None:
        """Reset the resource."""
        raise NotImplementedError

    async def reconcile(self, resource: M) -> M:
        """On start: see to it that the device has the stored resource; return it like `create`.

        The device may have it (it runs on while we restart), have it half, or not at all.
        """
        return await self.create(resource)


def provides(backend: Backend[M], method: str) -> bool:
    """Whether the back end defines an optional method itself."""
    return getattr(type(backend), method) is not getattr(Backend, method)
