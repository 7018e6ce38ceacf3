"""The NVMe-oF target in an event loop of its own, in a thread of the test's process."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from dpu_sim.spdk_sim.bdev.bdev import Bdev
from dpu_sim.spdk_sim.bdev.device import Geometry
from dpu_sim.spdk_sim.bdev.memory import MallocDevice, Memory
from dpu_sim.spdk_sim.bdev.registry import Registry
from dpu_sim.spdk_sim.nvmf.address import Address
from dpu_sim.spdk_sim.nvmf.namespace import Namespace, NamespaceOptions
from dpu_sim.spdk_sim.nvmf.subsystem import Identity, Subsystem
from dpu_sim.spdk_sim.nvmf.target import Target
from dpu_sim.spdk_sim.nvmf.tcp import TcpTransport
from dpu_sim.spdk_sim.nvmf.transport import TransportOptions

T = TypeVar("T")
SUBNQN = "nqn.2024-01.io.dpulab:one"
BLOCK, BLOCKS = 512, 1 << 14
DEADLINE = 20.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Loop:
    """A target; `run` and `call` do something in its event loop."""

    def __init__(self, options: TransportOptions | None = None) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.secrets: dict[str, str] = {}
        self.call(lambda: self._build(options or TransportOptions()))

    def _build(self, options: TransportOptions) -> None:
        self.registry = Registry()
        self.target = Target(self.registry, self.secrets.__getitem__)
        self.transport = TcpTransport(self.target)
        self.target.offer(self.transport)
        self.target.create_transport("TCP", options)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Await something there."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(DEADLINE)

    def call(self, function: Callable[[], T]) -> T:
        """Call something there."""

        async def call() -> T:
            return function()

        return self.run(call())

    def subsystem(self, nqn: str = SUBNQN, **identity: Any) -> Subsystem:
        """A subsystem for every host."""
        return self.call(lambda: self.target.create(Identity(nqn, **identity), allow_any_host=True))

    def listen(
        self, subsystem: Subsystem, port: int | None = None, **options: Any
    ) -> tuple[str, int]:
        """Serve a subsystem on loopback; its address."""
        port = port or free_port()
        address = Address.tcp("127.0.0.1", port)
        self.run(self.target.add_listener(subsystem, address, **options))
        return "127.0.0.1", port

    def malloc(self, name: str, blocks: int = BLOCKS, **shape: Any) -> Bdev:
        """A disk in memory."""
        device = MallocDevice(Geometry(BLOCK, blocks, **shape), Memory())
        return self.call(lambda: self.registry.register(name, device))

    def namespace(
        self, subsystem: Subsystem, bdev: Bdev | None = None, **options: Any
    ) -> Namespace:
        """A namespace on a disk."""
        disk = bdev or self.malloc(f"disk{len(list(self.registry))}")
        return self.call(lambda: subsystem.add_namespace(disk, NamespaceOptions(**options)))

    def close(self) -> None:
        """End everything."""
        self.run(self.target.close())
        self.run(self.registry.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(DEADLINE)
        self.loop.close()


@contextmanager
def target_loop(options: TransportOptions | None = None) -> Iterator[Loop]:
    """A target without subsystems."""
    made = Loop(options)
    try:
        yield made
    finally:
        made.close()
