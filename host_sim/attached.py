"""Namespaces that are block devices of their host, in the process that has the connections."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

from host_sim.attach import Served, attach_device
from host_sim.block import NamespaceDevice
from host_sim.errors import HostError
from host_sim.multipath import MultipathNamespace

_log = logging.getLogger("host_sim")


class AttachedNamespaces:
    """Attachments by the name of their namespace (nvme0n1)."""

    def __init__(self) -> None:
        self._served: dict[str, Served] = {}
        self._namespaces: dict[str, MultipathNamespace] = {}
        self._watchers: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()

    async def attach(self, name: str, namespace: MultipathNamespace) -> dict[str, Any]:
        """Make a device of a namespace and describe it; one that has its device keeps it.

        Raises HostError, UnsupportedError.
        """
        async with self._turn, _explained(name):
            if self._namespaces.get(name) is not namespace:
                await self._abandon(name)
            if name not in self._served:
                served = await attach_device(NamespaceDevice(namespace), name)
                self._served[name], self._namespaces[name] = served, namespace
                namespace.subsystem.on_removed.append(self._removed)
                self._watchers[name] = asyncio.create_task(self._watch(name, served))
        return self._describe(name)

    async def detach(self, name: str, *, force: bool = False) -> None:
        """Take the device away. Raises HostError: there is none; BusyError while it is used.

        With `force` who uses it gets I/O errors.
        """
        async with self._turn, _explained(name):
            served = self._served.get(name)
            if served is None:
                raise HostError(f"{name} is not attached")
            if force:
                await self._abandon(name)
            else:
                await served.detach()
                self._forget(name)

    def described(self) -> list[dict[str, Any]]:
        """All of them: namespace, device, size in bytes, block size in bytes."""
        return [self._describe(name) for name in sorted(self._served)]

    async def close(self) -> None:
        """Take every device away, whoever uses it."""
        async with self._turn:
            for name in list(self._served):
                await self._abandon(name)

    def _describe(self, name: str) -> dict[str, Any]:
        namespace = self._namespaces[name]
        return {
            "namespace": name,
            "device": str(self._served[name].attachment.device),
            "size": namespace.blocks * namespace.block_size,
            "block_size": namespace.block_size,
        }

    async def _watch(self, name: str, served: Served) -> None:
        """Give up a device whose nbdfuse has ended: it answers with errors from now on."""
        await served.attachment.wait()
        async with self._turn:
            if self._served.get(name) is served:
                _log.error("%s: nbdfuse ended, the device is lost", name)
                await self._abandon(name)

    def _removed(self, namespace: MultipathNamespace) -> None:
        """The target took a namespace away; its device goes with it."""
        for name, one in list(self._namespaces.items()):
            if one is namespace:
                self._watchers[name].cancel()
                self._watchers[name] = asyncio.create_task(self._drop(name, namespace))

    async def _drop(self, name: str, namespace: MultipathNamespace) -> None:
        async with self._turn:
            if self._namespaces.get(name) is namespace:
                await self._abandon(name)

    async def _abandon(self, name: str) -> None:
        served = self._served.get(name)
        if served is not None:
            with contextlib.suppress(OSError):
                await served.abandon()
            self._forget(name)

    def _forget(self, name: str) -> None:
        namespace = self._namespaces.pop(name)
        del self._served[name]
        watcher = self._watchers.pop(name)
        if watcher is not asyncio.current_task():
            watcher.cancel()
        if all(one.subsystem is not namespace.subsystem for one in self._namespaces.values()):
            with contextlib.suppress(ValueError):
                namespace.subsystem.on_removed.remove(self._removed)


@contextlib.asynccontextmanager
async def _explained(name: str) -> AsyncIterator[None]:
    """What the system refuses is told to the user."""
    try:
        yield
    except OSError as error:
        raise HostError(f"{name}: {error}") from error
