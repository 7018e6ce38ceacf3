"""A controller that outlives its connections: it reconnects until its loss time-out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum

from host_sim.association import Association, check
from host_sim.errors import HostError, NvmeError, PathError
from host_sim.namespace import NamespaceInfo, read_namespaces
from host_sim.operations import Operation
from host_sim.options import FOREVER, ConnectOptions
from host_sim.queue import Exchange
from nvmetcp.admin import AsyncEvent, EventType, Notice
from nvmetcp.command import Command
from nvmetcp.errors import ProtocolError
from nvmetcp.features import AsyncEvents, Feature
from nvmetcp.identify import Cmic, IdentifyController, parse_namespaces
from nvmetcp.logpages import AnaState, LogPage, parse_ana
from nvmetcp.record import Buffer

_log = logging.getLogger("host_sim")

_WANTED = AsyncEvents.NAMESPACE_ATTRIBUTE | AsyncEvents.ANA_CHANGE | AsyncEvents.DISCOVERY_CHANGE
_CHANGED_SIZE = 4096
_ANA_START, _ANA_GROUP, _ANA_NAMESPACE = 16, 32, 4  # bytes in the log: header, group, namespace
_MOST_NAMESPACES = 1 << 16
_AGAIN = 0.1  # seconds before a scan that failed is tried again


class State(StrEnum):
    """Where a controller is, in Linux' words."""

    NEW = "new"
    LIVE = "live"
    CONNECTING = "connecting"
    DELETING = "deleting"
    DEAD = "dead"


class Controller:
    """A path to a subsystem.

    `on_change` handlers are called with the controller after every change of its state, its
    namespaces or their ANA states; `on_event` handlers with every asynchronous event.
    """

    def __init__(self, options: ConnectOptions) -> None:
        self.options = options
        self.state = State.NEW
        self.namespaces: dict[int, NamespaceInfo] = {}
        self.withdrawn: frozenset[int] = frozenset()
        """Namespaces that the controller said it has no more, when it was asked last."""
        self.connected_at = 0.0
        """When the connection there is was made, on the loop's clock."""
        self.ana: dict[int, int] = {}
        self._ana_of: dict[int, int] = {}
        self.fast_io_failed = False
        self.last_error: HostError | None = None
        self.failures = 0
        self.on_change: list[Callable[[Controller], None]] = []
        self.on_event: list[Callable[[AsyncEvent], None]] = []
        self._association: Association | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._reconnecting: asyncio.Task[None] | None = None
        self._scanning = asyncio.Lock()
        self._doubted: set[int] = set()

    # -- what it is

    @property
    def subnqn(self) -> str:
        """The subsystem."""
        return self.options.subnqn

    @property
    def cntlid(self) -> int:
        """The controller's identifier within its subsystem."""
        return self.association.cntlid

    @property
    def identify(self) -> IdentifyController:
        """What the controller told about itself when it was connected last."""
        return self.association.identify

    @property
    def association(self) -> Association:
        """The connection there is, or was last. Raises PathError before the first."""
        if self._association is None:
            raise PathError(f"{self.options.address} was never connected")
        return self._association

    @property
    def live(self) -> bool:
        """Whether commands can be sent."""
        return self.state is State.LIVE

    @property
    def may_return(self) -> bool:
        """Whether it is worth to wait for it."""
        return self.live or (self.state is State.CONNECTING and not self.fast_io_failed)

    def ana_state(self, nsid: int) -> int:
        """How good this path to a namespace is (see AnaState)."""
        info = self.namespaces.get(nsid)
        if info is None:
            return AnaState.PERSISTENT_LOSS
        if nsid in self._doubted:
            return AnaState.CHANGE
        return self._ana_of.get(nsid) or self.ana.get(info.ana_group, AnaState.OPTIMIZED)

    # -- life

    async def connect(self) -> None:
        """Connect for the first time.

        Raises:
            UnreachableError, RefusedError, AuthenticationError, UnsupportedError, NvmeError,
            PathError: as the case may be; nothing is tried again.
        """
        try:
            await self._connect()
        except BaseException:
            self.state = State.DEAD
            raise

    async def _connect(self) -> None:
        lost: list[HostError] = []
        association = Association(self.options, lost.append, self._event)
        try:
            await association.establish()
            # Events first: what changes after the scan has passed it is announced.
            await self._ask_for_events(association)
            if not self.options.discovery:
                await self._scan(association)
        except BaseException as error:
            association.fail(PathError("the connection was not completed"))
            if isinstance(error, ProtocolError):
                raise PathError(f"{self.options.address}: {error}") from error
            raise
        if lost:
            raise PathError(str(lost[0]))
        association.on_lost = self._lost
        self._association = association
        self.fast_io_failed = False
        self.withdrawn = frozenset()
        self.connected_at = asyncio.get_running_loop().time()
        self._set_state(State.LIVE)
        association.listen()

    async def _ask_for_events(self, association: Association) -> None:
        wanted = _WANTED & association.identify.oaes
        if wanted:
            await association.set_feature(Feature.ASYNC_EVENT_CONFIGURATION, wanted)

    async def disconnect(self) -> None:
        """Shut the controller down and stop; harmless if done before."""
        if self.state in (State.DELETING, State.DEAD) and self._association is None:
            return
        was_live = self.live
        self._set_state(State.DELETING)
        for task in [*self._tasks, *filter(None, (self._reconnecting,))]:
            task.cancel()
        if was_live:
            await self.association.shut_down()
        self._set_state(State.DEAD)

    async def reset(self) -> None:
        """Give the connection up and make a new one; what is under way fails with PathError.

        Raises:
            HostError: the first attempt failed; attempts go on.
        """
        if self.live:
            self.association.fail(PathError("the controller is reset"))
        failures = self.failures
        while not self.live and self.failures == failures and self.state is State.CONNECTING:
            await self._next_change()
        if not self.live:
            raise self.last_error or PathError(f"the controller is {self.state}")

    async def _next_change(self) -> None:
        changed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def on_change(_: Controller) -> None:
            if not changed.done():
                changed.set_result(None)

        self.on_change.append(on_change)
        try:
            await changed
        finally:
            self.on_change.remove(on_change)

    def _lost(self, error: HostError) -> None:
        if not self.live:
            return
        _log.warning("%s at %s: %s", self.subnqn, self.options.address, error)
        self.last_error = error
        self._set_state(State.CONNECTING)
        self._reconnecting = asyncio.get_running_loop().create_task(self._reconnect())

    async def _reconnect(self) -> None:
        loop, options = asyncio.get_running_loop(), self.options
        lost_at = loop.time()
        timer = None
        if options.fast_io_fail_timeout != FOREVER:
            timer = loop.call_later(options.fast_io_fail_timeout, self._fail_fast)
        end = None if options.ctrl_loss_timeout == FOREVER else lost_at + options.ctrl_loss_timeout
        try:
            async with asyncio.timeout_at(end):
                while not await self._attempt():
                    await asyncio.sleep(options.reconnect_delay)
        except TimeoutError:
            _log.error("%s at %s: lost for good", self.subnqn, options.address)
            self.namespaces = {}
            self._set_state(State.DEAD)
        finally:
            if timer is not None:
                timer.cancel()

    async def _attempt(self) -> bool:
        try:
            await self._connect()
        except HostError as error:
            # Even a refusal is tried again: a target that restarts refuses everybody at first.
            _log.info("%s at %s: %s", self.subnqn, self.options.address, error)
            self.last_error = error
            self.failures += 1
            self._changed()
            return False
        return True

    def _fail_fast(self) -> None:
        if not self.live:
            self.fast_io_failed = True
            self._changed()

    def _set_state(self, state: State) -> None:
        self.state = state
        self._changed()

    def _changed(self) -> None:
        for handler in list(self.on_change):
            handler(self)

    # -- namespaces and events

    def _event(self, event: AsyncEvent) -> None:
        for handler in list(self.on_event):
            handler(event)
        if event.kind == EventType.NOTICE and not self.options.discovery:
            self._spawn(self._follow(event))

    def _spawn(self, work: object) -> None:
        task = asyncio.get_running_loop().create_task(work)  # type: ignore[var-annotated,arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self, event: AsyncEvent) -> None:
        with suppress(PathError):
            if event.information == Notice.NAMESPACE_ATTRIBUTE:
                await self.rescan()
            elif event.information == Notice.ANA_CHANGE:
                await self._read_ana_again()

    async def rescan(self) -> None:
        """Read the namespaces anew. Raises PathError when the connection is lost meanwhile."""
        async with self._scanning:
            try:
                changed = await self._scan(self.association)
                self.withdrawn = frozenset(changed - set(self.namespaces))
            except (NvmeError, ProtocolError) as error:
                _log.warning("%s: namespaces cannot be read: %s", self.subnqn, error)
        self._changed()

    async def _scan(self, association: Association) -> set[int]:
        """Read everything about the namespaces; those that the log of changes names."""
        changed: set[int] = set()
        # The log first: whatever changes from now on is announced again.
        with suppress(NvmeError):
            page = await association.log_page(LogPage.CHANGED_NAMESPACES, _CHANGED_SIZE)
            changed = set(parse_namespaces(page))
        await self._read_ana(association)
        self.namespaces = await read_namespaces(association)
        self._doubted &= set(self.namespaces)
        return changed

    async def _read_ana(self, association: Association) -> None:
        found = association.identify
        if not found.cmic & Cmic.ANA:
            return
        namespaces = min(found.mnan or found.nn, _MOST_NAMESPACES)
        size = _ANA_START + found.nanagrpid * _ANA_GROUP + namespaces * _ANA_NAMESPACE
        _, groups = parse_ana(await association.log_page(LogPage.ANA, size))
        self.ana = {one.group: one.state for one in groups}
        self._ana_of = {nsid: one.state for one in groups for nsid in one.nsids}

    async def _read_ana_again(self) -> None:
        async with self._scanning:
            try:
                await self._read_ana(self.association)
            except (NvmeError, ProtocolError) as error:
                _log.warning("%s: ANA states cannot be read: %s", self.subnqn, error)
            self._doubted.clear()
        self._changed()

    def doubt(self, nsid: int) -> None:
        """I/O on a namespace failed for its ANA state: don't use this path until we know more."""
        if nsid in self._doubted:
            return
        self._doubted.add(nsid)
        self._changed()
        self._spawn(self._settle())

    async def _settle(self) -> None:
        await asyncio.sleep(_AGAIN)
        with suppress(PathError):
            await self._read_ana_again()

    # -- commands

    def submit(self, operation: Operation) -> asyncio.Future[Exchange]:
        """Send an operation's (first) command on an I/O queue. Raises PathError."""
        if self.state is not State.LIVE:
            raise PathError(f"{self.options.address} is {self.state}")
        assert self._association is not None
        queue = self._association.io_queue()
        first = queue.submit(operation.command, operation.data, operation.length)
        return first if operation.fused is None else _both(first, queue.submit(*operation.fused))

    async def io(self, operation: Operation) -> bytes | bytearray:
        """Carry an operation out; the data that came back. Raises NvmeError, PathError."""
        return check(operation.what, await self.submit(operation)).data

    async def admin(
        self, what: str, command: Command, data: Buffer | None = None, length: int = 0
    ) -> Exchange:
        """Carry out an admin command. Raises NvmeError, PathError."""
        if self.state is not State.LIVE:
            raise PathError(f"{self.options.address} is {self.state}")
        return await self.association.admin(what, command, data, length)


def _both(
    first: asyncio.Future[Exchange], second: asyncio.Future[Exchange]
) -> asyncio.Future[Exchange]:
    """The first command of a fused operation that failed, else the second."""

    async def wait() -> Exchange:
        await asyncio.wait({first, second})
        one, other = await first, await second
        assert one.completion is not None
        return one if one.completion.status else other

    return asyncio.ensure_future(wait())
