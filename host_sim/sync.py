"""The initiator for programs without an event loop: scripts, tests, an interactive shell.

with SyncHost() as host:
    name = host.connect(ConnectOptions(Address("192.0.2.1"), subnqn))
    namespace = host.namespace("nvme0n1")
    namespace.write(0, bytes(namespace.block_size))
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from host_sim.discovery import discover
from host_sim.host import Host
from host_sim.multipath import MultipathNamespace, Policy
from host_sim.options import FOREVER, ConnectOptions
from nvmetcp.logpages import DiscoveryEntry
from nvmetcp.record import Buffer
from nvmetcp.reservations import (
    AcquireAction,
    ExtendedRegisteredController,
    RegisterAction,
    RegisteredController,
    ReleaseAction,
    ReportHeader,
    ReservationType,
)

T = TypeVar("T")


class SyncHost:
    """A host whose event loop runs in a thread. Methods raise HostError as the client's do.

    They may be called from several threads at once.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="nvme", daemon=True)
        self._thread.start()
        self._host = self.run(_new_host())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Carry out a coroutine of the client in the host's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()

    def close(self) -> None:
        """Disconnect from everything and end the thread; harmless if done before."""
        if self._loop.is_closed():
            return
        self.run(self._host.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def connect(
        self, options: ConnectOptions, *, policy: Policy = Policy.NUMA,
        no_path_timeout: float = FOREVER,
    ) -> str:  # fmt: skip
        """As Host.connect: the name of the controller."""
        return self.run(self._host.connect(options, policy=policy, no_path_timeout=no_path_timeout))

    def disconnect(self, nqn: str | None = None, device: str | None = None) -> list[str]:
        """As Host.disconnect."""
        return self.run(self._host.disconnect(nqn, device))

    def discover(self, options: ConnectOptions, *, referrals: bool = True) -> list[DiscoveryEntry]:
        """As discovery.discover."""
        return self.run(discover(options, referrals=referrals))

    def names(self) -> list[str]:
        """The names of the namespaces."""
        return self.run(self._names())

    async def _names(self) -> list[str]:
        return [name for name, _ in self._host.namespaces()]

    def namespace(self, name: str) -> SyncNamespace:
        """The namespace of that name."""
        return SyncNamespace(self, self.run(self._find(name)))

    async def _find(self, name: str) -> MultipathNamespace:
        return self._host.namespace(name)


async def _new_host() -> Host:
    return Host()


class SyncNamespace:
    """A namespace; every method is the one of that name of operations.Operations."""

    def __init__(self, host: SyncHost, namespace: MultipathNamespace) -> None:
        self._run = host.run
        self.asynchronous = namespace

    @property
    def block_size(self) -> int:
        """In bytes."""
        return self.asynchronous.block_size

    @property
    def blocks(self) -> int:
        """Its size in blocks."""
        return self.asynchronous.blocks

    def read(self, slba: int, blocks: int) -> bytes:
        """The content of blocks."""
        return bytes(self._run(self.asynchronous.read(slba, blocks)))

    def write(self, slba: int, data: Buffer, *, fua: bool = False) -> None:
        """Replace blocks."""
        self._run(self.asynchronous.write(slba, data, fua=fua))

    def compare(self, slba: int, data: Buffer) -> None:
        """Raise NvmeError unless the blocks hold `data`."""
        self._run(self.asynchronous.compare(slba, data))

    def compare_and_write(self, slba: int, expected: Buffer, data: Buffer) -> None:
        """Write if the blocks hold `expected`."""
        self._run(self.asynchronous.compare_and_write(slba, expected, data))

    def flush(self) -> None:
        """Make what was written durable."""
        self._run(self.asynchronous.flush())

    def write_zeroes(self, slba: int, blocks: int, *, deallocate: bool = False) -> None:
        """Make blocks read as zeroes."""
        self._run(self.asynchronous.write_zeroes(slba, blocks, deallocate=deallocate))

    def deallocate(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Give blocks back."""
        self._run(self.asynchronous.deallocate(ranges))

    def copy(self, source: int, destination: int, blocks: int) -> None:
        """Copy blocks."""
        self._run(self.asynchronous.copy(source, destination, blocks))

    def register(self, key: int, new_key: int = 0,
                 action: RegisterAction = RegisterAction.REGISTER, *,
                 ignore_key: bool = False) -> None:  # fmt: skip
        """Register, replace or take back a reservation key."""
        self._run(self.asynchronous.register(key, new_key, action, ignore_key=ignore_key))

    def acquire(self, key: int, kind: ReservationType, preempted: int = 0,
                action: AcquireAction = AcquireAction.ACQUIRE) -> None:  # fmt: skip
        """Take the reservation."""
        self._run(self.asynchronous.acquire(key, kind, preempted, action))

    def release(
        self, key: int, kind: ReservationType, action: ReleaseAction = ReleaseAction.RELEASE
    ) -> None:
        """Give the reservation back."""
        self._run(self.asynchronous.release(key, kind, action))

    def report(
        self,
    ) -> tuple[ReportHeader, list[RegisteredController | ExtendedRegisteredController]]:
        """Who has registered."""
        return self._run(self.asynchronous.report())
