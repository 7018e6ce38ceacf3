"""Simulated PCIe functions: the stand-in for SPDK's vfio-user transport.

A subsystem that is served in a folder FUNCTION is one controller on that function. There is no bus
to put it on, so its host finds a unix socket FUNCTION.sock next to the folder, which speaks NBD and
has an export for each namespace, named after its number and described by the NQN of its subsystem
and its UUID: a host can tell it from another one that takes its place. A function belongs to its
host: it sees every namespace that is not for named hosts alone.
"""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import TypeVar

from dpu_sim.spdk_sim.bdev.device import IoType
from dpu_sim.spdk_sim.bdev.errors import (
    IoError,
    NoSpaceError,
    OutOfRangeError,
    ReadOnlyError,
)
from dpu_sim.spdk_sim.nvmf.address import VFIO_USER, Address
from dpu_sim.spdk_sim.nvmf.listener import Listener
from dpu_sim.spdk_sim.nvmf.namespace import Namespace
from dpu_sim.spdk_sim.nvmf.observer import Observer
from dpu_sim.spdk_sim.nvmf.target import Target
from dpu_sim.spdk_sim.nvmf.transport import LiveController, TransportOptions, TransportStatistics
from nbd_server.device import Buffer
from nbd_server.server import Server

T = TypeVar("T")

_NO_HOST = bytes(16)
"""Identifier of a host that can register no reservation."""
_ERRNO: dict[type[IoError], int] = {
    NoSpaceError: errno.ENOSPC,
    OutOfRangeError: errno.EINVAL,
    ReadOnlyError: errno.EPERM,
}


def socket_of(address: Address) -> Path:
    """Where the host of a function finds it."""
    return Path(f"{address.traddr.rstrip('/')}.sock")


class FunctionTransport(Observer):
    """Functions of the card, each for one subsystem; see transport.Transport."""

    trtype = VFIO_USER

    def __init__(self, target: Target) -> None:
        self.options = TransportOptions()
        self._servers: dict[Address, Server] = {}
        target.observers.append(self)

    async def listen(self, address: Address, *, secure_channel: bool) -> int:
        """Let the host of a function find it. Raises OSError: it cannot, or is to have TLS."""
        if secure_channel:
            raise OSError(errno.EINVAL, "there is no TLS on a bus")
        server = Server()
        await server.start(socket_of(address))
        self._servers[address] = server
        return 0

    async def stop_listening(self, address: Address) -> None:
        """Take a function from its host."""
        if (server := self._servers.pop(address, None)) is not None:
            await server.close()

    async def close(self) -> None:
        """Take every function away."""
        for address in list(self._servers):
            await self.stop_listening(address)

    def controllers(self, nqn: str) -> Sequence[LiveController]:  # noqa: ARG002
        """None: a function has no queues."""
        return ()

    def statistics(self) -> TransportStatistics:
        """None: its operations are counted by the devices."""
        return TransportStatistics()

    # -- what happens to subsystems

    def listener_added(self, listener: Listener) -> None:
        """A function has a subsystem now."""
        if server := self._servers.get(listener.address):
            for namespace in listener.subsystem.namespaces.values():
                _offer(server, namespace, listener)

    def namespace_added(self, namespace: Namespace) -> None:
        """Functions of its subsystem have one more."""
        for address, listener in namespace.subsystem.listeners.items():
            if server := self._servers.get(address):
                _offer(server, namespace, listener)

    def namespace_removed(self, namespace: Namespace) -> None:
        """Whoever uses it there loses it."""
        for server in self._servers_of(namespace):
            server.remove(str(namespace.nsid))

    def _servers_of(self, namespace: Namespace) -> list[Server]:
        places = namespace.subsystem.listeners
        return [self._servers[address] for address in places if address in self._servers]


def _offer(server: Server, namespace: Namespace, listener: Listener) -> None:
    # Blocks with metadata among them are nothing that a host could put a file system on.
    if namespace.auto_visible and not namespace.bdev.geometry.md_size:
        identity = f"{namespace.subsystem.nqn} {namespace.uuid}"
        server.add(str(namespace.nsid), FunctionDisk(namespace, listener), identity)


class FunctionDisk:
    """A namespace as the host of a function uses it; see nbd_server.device.BlockDevice."""

    def __init__(self, namespace: Namespace, listener: Listener) -> None:
        self._namespace = namespace
        self._device = namespace.channel(listener)

    @property
    def block_size(self) -> int:
        """In bytes."""
        return self._namespace.bdev.geometry.block_size

    @property
    def blocks(self) -> int:
        """How many there are at present."""
        return self._namespace.bdev.geometry.blocks

    async def read(self, first: int, blocks: int) -> Buffer:
        """See BlockDevice, as all of these."""
        reservations = self._namespace.reservations
        if reservations is not None and not reservations.may_read(_NO_HOST):
            raise OSError(errno.EBUSY, "reserved for another host")
        return await _done(self._device.read(first, blocks))

    async def write(self, first: int, data: memoryview, *, fua: bool = False) -> None:
        """See BlockDevice."""
        self._check()
        await _done(self._device.write(first, data))
        if fua:
            await self.flush()

    async def flush(self) -> None:
        """See BlockDevice."""
        await _done(self._device.flush())

    async def write_zeroes(self, first: int, blocks: int, *, deallocate: bool = False) -> None:  # noqa: ARG002
        """See BlockDevice; whether space is given back is up to the device."""
        self._check()
        await _done(self._device.write_zeroes(first, blocks))

    async def trim(self, first: int, blocks: int) -> None:
        """See BlockDevice."""
        self._check()
        if IoType.UNMAP in self._namespace.bdev.device.io_types:
            await _done(self._device.unmap(first, blocks))

    def _check(self) -> None:
        """Raise OSError if another host has reserved the namespace."""
        reservations = self._namespace.reservations
        if reservations is not None and not reservations.may_write(_NO_HOST):
            raise OSError(errno.EBUSY, "reserved for another host")


async def _done(operation: Awaitable[T]) -> T:
    """The result of an operation. Raises OSError where that raises IoError."""
    try:
        return await operation
    except IoError as error:
        raise OSError(_ERRNO.get(type(error), errno.EIO), str(error)) from error
