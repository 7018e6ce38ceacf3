"""The NVMe/TCP transport: where it listens, and who is connected."""

from __future__ import annotations

import asyncio
import errno
import ssl
from collections.abc import Sequence

from dpu_sim.spdk_sim.allocator import give_back_freed_memory
from dpu_sim.spdk_sim.nvmf.address import Address
from dpu_sim.spdk_sim.nvmf.associations import Association, Associations
from dpu_sim.spdk_sim.nvmf.connect import Admission, Entrance
from dpu_sim.spdk_sim.nvmf.credentials import tls_keys
from dpu_sim.spdk_sim.nvmf.discovery_controller import DiscoveryController
from dpu_sim.spdk_sim.nvmf.queue import Queue
from dpu_sim.spdk_sim.nvmf.target import Target
from dpu_sim.spdk_sim.nvmf.tls import AVAILABLE, UNAVAILABLE, server_context
from dpu_sim.spdk_sim.nvmf.transport import (
    LiveController,
    LiveQueue,
    TransportOptions,
    TransportStatistics,
)
from nvmetcp.controller import ControllerConfig
from nvmetcp.fabrics import Connect, ConnectData

_RECEIVE = 256 << 10
"""Bytes taken from a socket at once; the buffer is shared by all connections."""

_BACKLOG = 128

_TIDY_SECONDS = 1.0
"""So long after a connection has gone what it took is given back, with that of others."""


class _Door:
    """Admits those who came to one address."""

    def __init__(self, associations: Associations, address: Address) -> None:
        self._associations, self._address = associations, address

    def admit(self, queue: Queue, connect: Connect, data: ConnectData) -> Admission:
        """Connect a queue to its controller. Raises CommandError."""
        return self._associations.admit(queue, self._address, connect, data)


class TcpTransport:
    """NVMe/TCP on the sockets of this machine; see transport.Transport."""

    trtype = "TCP"

    def __init__(self, target: Target) -> None:
        self._target = target
        self._options = TransportOptions()
        self._servers: dict[Address, asyncio.Server] = {}
        self._came_to: dict[Queue, Address] = {}
        self._buffer = memoryview(bytearray(_RECEIVE))
        self._tidying: asyncio.TimerHandle | None = None
        self._associations = Associations(target, self._options)
        target.observers.append(self._associations)

    @property
    def options(self) -> TransportOptions:
        """What nvmf_create_transport was given."""
        return self._options

    @options.setter
    def options(self, options: TransportOptions) -> None:
        self._options = options
        self._associations.options = options

    # -- listening

    async def listen(self, address: Address, *, secure_channel: bool) -> int:
        """Accept connections at an address; return the port. Raises OSError."""
        context = self._tls() if secure_channel else None
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: self._connected(address), address.traddr, address.port,
            backlog=_BACKLOG, reuse_address=True, ssl=context,
        )  # fmt: skip
        self._servers[address] = server
        port: int = server.sockets[0].getsockname()[1]
        return port

    def _tls(self) -> ssl.SSLContext:
        if not AVAILABLE:
            raise OSError(errno.EPROTONOSUPPORT, UNAVAILABLE)
        return server_context(lambda identity: tls_keys(self._target).get(identity))

    async def stop_listening(self, address: Address) -> None:
        """Accept no more connections there; those that are no queues yet are cut off."""
        server = self._servers.pop(address, None)
        if server is not None:
            server.close()
        for queue in list(self._came_to):
            if not queue.is_established and self._came_to[queue] == address:
                queue.close()

    async def close(self) -> None:
        """Stop listening everywhere and cut every host off."""
        for address in list(self._servers):
            await self.stop_listening(address)
        self._associations.end_all()
        for queue in list(self._came_to):
            queue.close()

    def _connected(self, address: Address) -> Queue:
        options = self._options
        config = ControllerConfig(
            in_capsule=options.in_capsule_data_size,
            max_transfer=options.max_io_size,
            max_h2c_data=min(options.max_io_size, 131072),
            r2t_size=min(options.max_io_size, 131072),
        )
        entrance = Entrance(_Door(self._associations, address))
        queue = Queue(config, self._buffer, entrance, self._gone)
        self._came_to[queue] = address
        return queue

    def _gone(self, queue: Queue) -> None:
        self._came_to.pop(queue, None)
        if self._tidying is None:
            loop = asyncio.get_running_loop()
            self._tidying = loop.call_later(_TIDY_SECONDS, self._tidy)

    def _tidy(self) -> None:
        self._tidying = None
        give_back_freed_memory()

    # -- who is there

    def controllers(self, nqn: str) -> Sequence[LiveController]:
        """Who is connected to a subsystem, by controller id."""
        found = sorted(self._associations.of(nqn), key=lambda one: one.controller.cntlid)
        return [_live(one) for one in found]

    def statistics(self) -> TransportStatistics:
        """Numbers for nvmf_get_stats."""
        seen = self._associations.queues_seen
        live = [one.controller for one in self._associations]
        admin = sum(0 in one.queues for one in live)
        io = sum(one.io_queues for one in live)
        return TransportStatistics(
            admin_queues=seen["admin"],
            io_queues=seen["io"],
            current_admin_queues=admin,
            current_io_queues=io,
            current_unassociated_queues=max(0, len(self._came_to) - admin - io),
            pending_commands=sum(queue.pending for queue in tuple(self._came_to)),
            completed_commands=self._associations.completed,
        )


def _live(one: Association) -> LiveController:
    controller = one.controller
    queues = [_live_queue(number, queue) for number, queue in sorted(controller.queues.items())]
    discovery = isinstance(controller, DiscoveryController)
    return LiveController(
        controller.cntlid, controller.host.nqn, controller.host.hostid, discovery, queues
    )


def _live_queue(number: int, queue: Queue) -> LiveQueue:
    proof = queue.authentication
    agreed = None
    if proof is not None and proof.done:
        agreed = proof.agreed
    return LiveQueue(
        number,
        Address.tcp(*queue.local),
        Address.tcp(*queue.peer),
        queue.is_established,
        agreed,
    )
