"""One namespace over all controllers that reach it: path selection, failover, waiting for a path.

As Linux does it: reads, writes, flushes, write-zeroes and deallocations are sent again, on another
path, when a connection ends before their completion or a path says that it cannot; whatever
repeated execution would change the outcome of (compare, reservations, copy) is not.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from host_sim.association import check
from host_sim.controller import Controller, State
from host_sim.errors import HostError, NoPathError, NvmeError, PathError, RemovedError
from host_sim.namespace import NamespaceInfo
from host_sim.operations import Operation, Operations
from host_sim.options import FOREVER, ConnectOptions
from nvmetcp.logpages import AnaState
from nvmetcp.status import RETRYABLE

_log = logging.getLogger("host_sim")

_MOST_RETRIES = 5  # of a command that a path refuses for now
_RETRY_DELAY = 0.1
_UNIT = 4096  # bytes that MDTS counts in powers of two
_LARGEST_TRANSFER = 1 << 20
_MOST_BLOCKS = 1 << 16


class Policy(StrEnum):
    """How one of several equally good paths is chosen."""

    NUMA = "numa"
    """The same one as long as it is good: active-passive."""
    ROUND_ROBIN = "round-robin"
    """One after the other: active-active."""
    QUEUE_DEPTH = "queue-depth"
    """The one with least under way."""


@dataclass(slots=True)
class PathStatistics:
    """What went over one path of a namespace."""

    reads: int = 0
    writes: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    errors: int = 0


class Path:
    """A controller as a way to one namespace."""

    __slots__ = ("controller", "nsid", "statistics", "under_way")

    def __init__(self, controller: Controller, nsid: int) -> None:
        self.controller = controller
        self.nsid = nsid
        self.statistics = PathStatistics()
        self.under_way = 0

    @property
    def ana_state(self) -> int:
        """See AnaState."""
        return self.controller.ana_state(self.nsid)

    def count(self, operation: Operation) -> None:
        """An operation succeeded."""
        statistics = self.statistics
        if operation.length:
            statistics.reads += 1
            statistics.bytes_read += operation.length
        elif operation.data is not None:
            statistics.writes += 1
            statistics.bytes_written += len(operation.data)


class MultipathNamespace(Operations):
    """A block device. Its operations raise NvmeError, PathError, NoPathError, RemovedError."""

    def __init__(self, subsystem: Subsystem, info: NamespaceInfo) -> None:
        super().__init__(info.nsid, info.block_size)
        self.subsystem = subsystem
        self.policy = subsystem.policy
        self.info = info
        self.paths: list[Path] = []
        self.preferred: Controller | None = None
        self.removed = False
        self._usable: list[Path] = []
        self._most = 1
        self._turn = 0
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def blocks(self) -> int:
        """Its size in blocks."""
        return self.info.blocks

    @property
    def current(self) -> Path | None:
        """The path that the next operation takes, without taking turns."""
        return self._usable[0] if self._usable else None

    # -- paths

    def refresh(self) -> None:
        """Judge the paths anew; whoever waits for one is woken."""
        self._usable = self._judge()
        self._most = self._limit()
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not one.done():
                one.set_result(None)

    def give_up(self) -> None:
        """Fail what waits for a path, and what comes, with RemovedError."""
        self.removed = True
        self.refresh()

    def _judge(self) -> list[Path]:
        if self.removed:
            return []
        live = [one for one in self.paths if one.controller.live]
        for state in (AnaState.OPTIMIZED, AnaState.NON_OPTIMIZED):
            good = [one for one in live if one.ana_state == state]
            if not good:
                continue
            former = self.current
            wanted = [one for one in good if one.controller is self.preferred]
            wanted = wanted or [one for one in good if one is former]
            return wanted + [one for one in good if one not in wanted]
        return []

    def _select(self) -> Path | None:
        usable = self._usable
        if len(usable) <= 1 or self.policy is Policy.NUMA:
            return usable[0] if usable else None
        if self.policy is Policy.QUEUE_DEPTH:
            return min(usable, key=lambda one: one.under_way)
        self._turn = (self._turn + 1) % len(usable)
        return usable[self._turn]

    async def _wait(self, end: float | None) -> None:
        """Wait until something about the paths changes. Raises NoPathError, RemovedError."""
        if self.removed:
            raise RemovedError(f"namespace {self.nsid} of {self.subsystem.subnqn} was removed")
        loop = asyncio.get_running_loop()
        if not any(one.controller.may_return for one in self.paths) or (
            end is not None and loop.time() >= end
        ):
            raise NoPathError(f"no path to namespace {self.nsid} of {self.subsystem.subnqn}")
        changed: asyncio.Future[None] = loop.create_future()
        self._waiting.append(changed)
        try:
            async with asyncio.timeout_at(end):
                await changed
        except TimeoutError:
            raise NoPathError(
                f"no path to namespace {self.nsid} of {self.subsystem.subnqn} came back in time"
            ) from None

    # -- operations

    @property
    def max_blocks(self) -> int:
        """The most blocks that one command may be about."""
        return self._most

    def _limit(self) -> int:
        limits = [one.controller.identify.mdts for one in self.paths]
        least = min((_UNIT << mdts for mdts in limits if mdts), default=_LARGEST_TRANSFER)
        return max(1, min(least // self.block_size, _MOST_BLOCKS))

    async def perform(self, operation: Operation) -> bytes | bytearray:
        """Carry an operation out on whichever path does it; the data that came back."""
        refusals = 0
        end: float | None = None
        while True:
            path = self._select()
            if path is None:
                end = end or self.subsystem.patience()
                await self._wait(end)
                continue
            path.under_way += 1
            try:
                exchange = await path.controller.submit(operation)
                if exchange.completion.status:  # type: ignore[union-attr]
                    check(operation.what, exchange)
            except PathError:
                path.statistics.errors += 1
                if not operation.repeatable:
                    raise
                self._lost(path)
            except NvmeError as error:
                path.statistics.errors += 1
                refusals += not error.of_path
                if not self._again(path, operation, error) or refusals > _MOST_RETRIES:
                    raise
                await asyncio.sleep(0 if error.of_path else _RETRY_DELAY)
            else:
                path.count(operation)
                return exchange.data
            finally:
                path.under_way -= 1

    def _lost(self, path: Path) -> None:
        if path in self._usable and not path.controller.live:
            self.refresh()

    def _again(self, path: Path, operation: Operation, error: NvmeError) -> bool:
        """Whether an operation that failed is to be sent again, here or elsewhere."""
        if error.of_path:
            # It was refused, not done: any operation may go elsewhere.
            path.controller.doubt(self.nsid)
            return True
        return operation.repeatable and not error.do_not_retry and error.status in RETRYABLE


class Subsystem:
    """The controllers of one subsystem, and its namespaces through all of them.

    Handlers in `on_added`, `on_removed` and `on_resized` are called with the namespace.
    `no_path_timeout` bounds, in seconds, how long I/O waits without a usable path; FOREVER leaves
    it to the time-outs of the controllers. `removal_delay` is how long after a connection was made
    a namespace may be missing that was there before: a target that restarts may listen before it
    has its namespaces.
    """

    def __init__(
        self, subnqn: str, policy: Policy = Policy.NUMA, no_path_timeout: float = FOREVER,
        removal_delay: float = 10.0,
    ) -> None:  # fmt: skip
        self.subnqn = subnqn
        self.policy = policy
        self.no_path_timeout = no_path_timeout
        self.removal_delay = removal_delay
        self.controllers: list[Controller] = []
        self.namespaces: dict[int, MultipathNamespace] = {}
        self.on_added: list[Callable[[MultipathNamespace], None]] = []
        self.on_removed: list[Callable[[MultipathNamespace], None]] = []
        self.on_resized: list[Callable[[MultipathNamespace], None]] = []

    def patience(self) -> float | None:
        """Until when an operation waits that finds no path now, on the loop's clock."""
        if self.no_path_timeout == FOREVER:
            return None
        return asyncio.get_running_loop().time() + self.no_path_timeout

    async def connect(self, options: ConnectOptions) -> Controller:
        """Add a path. Raises as Controller.connect; HostError for another subsystem's."""
        if options.subnqn != self.subnqn:
            raise HostError(f"{options.subnqn} is not {self.subnqn}")
        controller = Controller(options)
        await controller.connect()
        self.add(controller)
        return controller

    def add(self, controller: Controller) -> None:
        """Add a controller that is connected."""
        self.controllers.append(controller)
        controller.on_change.append(self._changed)
        self._changed(controller)

    async def disconnect(self, controller: Controller) -> None:
        """Take a path away, by its own wish."""
        await controller.disconnect()
        self._forget(controller)

    async def close(self) -> None:
        """Disconnect every controller."""
        await asyncio.gather(*(self.disconnect(one) for one in list(self.controllers)))

    def _changed(self, controller: Controller) -> None:
        if controller.state is State.DEAD:
            self._forget(controller)
        elif controller.live:
            self._take_over(controller)
        for namespace in list(self.namespaces.values()):
            namespace.refresh()

    def _forget(self, controller: Controller) -> None:
        if controller not in self.controllers:
            return
        self.controllers.remove(controller)
        controller.on_change.remove(self._changed)
        for namespace in list(self.namespaces.values()):
            self._drop_path(namespace, controller)

    def _take_over(self, controller: Controller) -> None:
        """Make the namespaces what a controller says they are."""
        for nsid, info in controller.namespaces.items():
            namespace = self.namespaces.get(nsid)
            if namespace is not None and namespace.info.identity != info.identity:
                self._replace(namespace, controller)
                namespace = self.namespaces.get(nsid)
            if namespace is None:
                self._appear(controller, info)
            elif namespace.info.identity == info.identity:
                self._join(namespace, controller, info)
        for nsid, namespace in list(self.namespaces.items()):
            if nsid not in controller.namespaces:
                self._miss(namespace, controller)

    def _miss(self, namespace: MultipathNamespace, controller: Controller) -> None:
        """A controller does not have a namespace that it may have had before."""
        loop = asyncio.get_running_loop()
        end = controller.connected_at + self.removal_delay
        if namespace.nsid in controller.withdrawn or loop.time() >= end:
            self._drop_path(namespace, controller)
        elif any(one.controller is controller for one in namespace.paths):
            loop.call_at(end, self._look_again, controller)

    def _look_again(self, controller: Controller) -> None:
        if controller in self.controllers:
            self._changed(controller)

    def _replace(self, namespace: MultipathNamespace, controller: Controller) -> None:
        """Another namespace has the identifier now, at least on one path."""
        _log.warning("namespace %s of %s is another one", namespace.nsid, self.subnqn)
        self._drop_path(namespace, controller)

    def _appear(self, controller: Controller, info: NamespaceInfo) -> None:
        namespace = MultipathNamespace(self, info)
        namespace.paths.append(Path(controller, info.nsid))
        self.namespaces[info.nsid] = namespace
        namespace.refresh()
        for handler in list(self.on_added):
            handler(namespace)

    def _join(
        self, namespace: MultipathNamespace, controller: Controller, info: NamespaceInfo
    ) -> None:
        if all(one.controller is not controller for one in namespace.paths):
            namespace.paths.append(Path(controller, info.nsid))
        former, namespace.info = namespace.info, info
        if former.blocks != info.blocks:
            for handler in list(self.on_resized):
                handler(namespace)

    def _drop_path(self, namespace: MultipathNamespace, controller: Controller) -> None:
        former = len(namespace.paths)
        namespace.paths = [one for one in namespace.paths if one.controller is not controller]
        if len(namespace.paths) == former:
            return
        if not namespace.paths:
            namespace.give_up()
            if self.namespaces.get(namespace.nsid) is namespace:
                del self.namespaces[namespace.nsid]
        namespace.refresh()
        if namespace.removed:
            for handler in list(self.on_removed):
                handler(namespace)
