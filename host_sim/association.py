"""One life of a controller: its queues, from Connect until the first of them is lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial

from host_sim.authentication import authenticate
from host_sim.errors import AuthenticationError, HostError, NvmeError, PathError, RefusedError
from host_sim.options import ConnectOptions
from host_sim.queue import Exchange, Queue, open_queue
from nvmetcp.admin import (
    Abort,
    AsyncEvent,
    AsyncEventRequest,
    GetLogPage,
    Identify,
    KeepAlive,
    SetFeatures,
)
from nvmetcp.command import Command
from nvmetcp.fabrics import (
    AUTHENTICATION_REQUIRED,
    DYNAMIC_CONTROLLER,
    SECURE_CHANNEL_REQUIRED,
    WIDE_PROPERTIES,
    Capabilities,
    Configuration,
    Connect,
    ConnectData,
    ControllerStatus,
    Property,
    PropertyGet,
    PropertySet,
)
from nvmetcp.features import Feature, pack_queues, parse_queues
from nvmetcp.identify import IDENTIFY_SIZE, Cns, IdentifyController
from nvmetcp.record import Buffer
from nvmetcp.status import Status, describe

ADMIN_QUEUE_SIZE = 32
_POLL = 0.05  # seconds between looks at the controller's status
_SHUTDOWN = 5.0
_NORMAL_SHUTDOWN, _SHUTDOWN_COMPLETE = 1, 2
_LARGEST_LOG = 1 << 16  # bytes of a log page that are asked for at once

EventHandler = Callable[[AsyncEvent], None]


class Association:
    """The queues and what keeps them going. `on_lost` is called once, with the reason."""

    def __init__(
        self, options: ConnectOptions, on_lost: Callable[[HostError], None], on_event: EventHandler
    ) -> None:
        self.options = options
        self.cntlid = DYNAMIC_CONTROLLER
        self.capabilities = Capabilities()
        self.version = 0
        self.identify = IdentifyController()
        self.io: list[Queue] = []
        self._admin: Queue | None = None
        self.on_lost = on_lost
        self._on_event = on_event
        self._error: HostError | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._turn = 0

    # -- making it

    async def establish(self) -> None:
        """Connect the queues and enable the controller.

        Raises:
            UnreachableError, RefusedError, AuthenticationError, UnsupportedError, NvmeError,
            PathError, ProtocolError: call `fail` then.
        """
        self._admin = await open_queue(self.options, 0, ADMIN_QUEUE_SIZE, self.fail)
        await self._connect(self._admin, ADMIN_QUEUE_SIZE)
        await self._enable()
        page = await self.identify_data(Cns.CONTROLLER)
        self.identify = IdentifyController.parse(page)
        if not self.options.discovery:
            await self._create_io_queues()
        self._start(self._watch())
        if self.options.keep_alive:
            self._start(self._keep_alive())

    async def _connect(self, queue: Queue, size: int) -> None:
        options = self.options
        kato = 0 if queue.id else round(options.keep_alive * 1000)
        command = Connect(qid=queue.id, sqsize=size - 1, kato=kato).command()
        data = ConnectData(
            hostid=options.identity.hostid, cntlid=self.cntlid, subnqn=options.subnqn,
            hostnqn=options.identity.hostnqn,
        ).pack()  # fmt: skip
        try:
            async with asyncio.timeout(options.connect_timeout):
                exchange = await queue.submit(command, data)
        except TimeoutError as error:
            raise PathError(f"{options.address}: no answer to Connect") from error
        assert exchange.completion is not None
        result, status = exchange.completion.result, exchange.completion.status
        if status:
            raise _refused(options, status, result)
        self.cntlid = result & 0xFFFF
        if result & (AUTHENTICATION_REQUIRED | SECURE_CHANNEL_REQUIRED):
            await authenticate(options, partial(self._execute, queue))
        elif options.credentials.dhchap_ctrl_secret and not queue.id:
            raise AuthenticationError(f"{options.subnqn} does not authenticate itself")

    async def _enable(self) -> None:
        self.capabilities = Capabilities.of(await self.property_get(Property.CAP))
        self.version = await self.property_get(Property.VS)
        await self.property_set(Property.CC, Configuration(en=1).value)
        limit = max(1, self.capabilities.timeout) * 0.5
        await self._until(lambda status: bool(status.rdy), limit, "become ready")

    async def _until(
        self, wanted: Callable[[ControllerStatus], bool], seconds: float, what: str
    ) -> None:
        """Wait for the controller's status. Raises PathError."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    status = ControllerStatus.of(await self.property_get(Property.CSTS))
                    if status.cfs:
                        raise PathError("the controller reports a fatal error")
                    if wanted(status):
                        return
                    await asyncio.sleep(_POLL)
        except TimeoutError as error:
            raise PathError(f"the controller did not {what} in {seconds:g} s") from error

    async def _create_io_queues(self) -> None:
        wanted = self.options.queues
        granted = await self.set_feature(Feature.NUMBER_OF_QUEUES, pack_queues(wanted, wanted))
        count = min(wanted, *parse_queues(granted))
        size = min(self.options.queue_size, self.capabilities.mqes + 1)
        self.io = list(
            await asyncio.gather(*(self._create_io_queue(n, size) for n in range(1, count + 1)))
        )

    async def _create_io_queue(self, number: int, size: int) -> Queue:
        queue = await open_queue(self.options, number, size, self.fail)
        try:
            await self._connect(queue, size)
        except BaseException:
            queue.close(PathError("the queue was not connected"))
            raise
        queue.limit_in_capsule(self.identify.in_capsule)
        return queue

    # -- keeping it

    def listen(self) -> None:
        """Ask for asynchronous events from now on."""
        self._start(self._await_events())

    def _start(self, work: object) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))  # type: ignore[arg-type]

    async def _await_events(self) -> None:
        with contextlib.suppress(HostError):
            while True:
                assert self._admin is not None
                exchange = await self._admin.submit_untimed(AsyncEventRequest().command())
                assert exchange.completion is not None
                if exchange.completion.status:
                    return  # the controller has none, or is going away
                self._on_event(AsyncEvent.of(exchange.completion.result))

    async def _keep_alive(self) -> None:
        seconds = self.options.keep_alive
        while True:
            await asyncio.sleep(seconds / 2)
            try:
                async with asyncio.timeout(seconds):
                    await self.admin("keep alive", KeepAlive().command())
            except TimeoutError:
                self.fail(PathError(f"no answer to Keep Alive in {seconds:g} s"))
            except HostError as error:
                self.fail(PathError(f"Keep Alive failed: {error}"))

    async def _watch(self) -> None:
        """Abort commands that take too long, and give up when that does not help."""
        loop = asyncio.get_running_loop()
        step = min(self.options.io_timeout, self.options.admin_timeout) / 4
        while True:
            await asyncio.sleep(step)
            for queue in (self._admin, *self.io):
                assert queue is not None
                limit = self.options.io_timeout if queue.id else self.options.admin_timeout
                for cid, exchange in queue.overdue(loop.time() - limit):
                    self._hurry(queue, cid, exchange, loop.time() - exchange.started, limit)

    def _hurry(
        self, queue: Queue, cid: int, exchange: Exchange, taken: float, limit: float
    ) -> None:
        if exchange.aborted or not queue.id:
            if taken > 2 * limit or not queue.id:
                self.fail(PathError(f"queue {queue.id}: a command takes longer than {taken:.1f} s"))
            return
        exchange.aborted = True
        assert self._admin is not None
        self._admin.submit(Abort(sqid=queue.id, cid=cid).command()).add_done_callback(_forget)

    def fail(self, error: HostError) -> None:
        """End every queue at once."""
        if self._error is not None:
            return
        self._error = error
        for task in self._tasks:
            task.cancel()
        for queue in (self._admin, *self.io):
            if queue is not None:
                queue.close(error)
        self.on_lost(error)

    async def shut_down(self) -> None:
        """Tell the controller that we leave; then close."""
        self.on_lost = _ignore
        with contextlib.suppress(HostError, TimeoutError):
            async with asyncio.timeout(_SHUTDOWN):
                value = Configuration(en=1, shn=_NORMAL_SHUTDOWN).value
                await self.property_set(Property.CC, value)
                await self._until(
                    lambda status: status.shst == _SHUTDOWN_COMPLETE, _SHUTDOWN, "shut down"
                )
        self.fail(PathError("disconnected"))

    # -- commands

    def io_queue(self) -> Queue:
        """The I/O queue whose turn it is."""
        io = self.io
        if len(io) == 1:
            return io[0]
        self._turn = (self._turn + 1) % len(io)
        return io[self._turn]

    async def admin(
        self, what: str, command: Command, data: Buffer | None = None, length: int = 0
    ) -> Exchange:
        """Carry out an admin command. Raises NvmeError, PathError."""
        assert self._admin is not None
        return check(what, await self._admin.submit(command, data, length))

    async def _execute(
        self, queue: Queue, what: str, command: Command, data: Buffer | None, length: int
    ) -> bytes:
        return bytes(check(what, await queue.submit(command, data, length)).data)

    async def property_get(self, offset: Property) -> int:
        """A register of the controller."""
        wide = offset in WIDE_PROPERTIES
        command = PropertyGet(attrib=wide, offset=offset).command()
        found = await self.admin(f"property get {offset.name}", command)
        return _result(found)

    async def property_set(self, offset: Property, value: int) -> None:
        """Change a register of the controller."""
        command = PropertySet(offset=offset, value=value).command()
        await self.admin(f"property set {offset.name}", command)

    async def set_feature(self, feature: Feature, value: int) -> int:
        """Change a feature; the result of the command."""
        command = SetFeatures(fid=feature, value=value).command()
        return _result(await self.admin(f"set feature {feature.name}", command))

    async def identify_data(self, cns: Cns, nsid: int = 0) -> bytes:
        """One of the structures of 4096 bytes."""
        command = Identify(nsid=nsid, cns=cns).command()
        found = await self.admin(f"identify {cns.name}", command, length=IDENTIFY_SIZE)
        return bytes(found.data)

    async def log_page(self, page: int, size: int, nsid: int = 0, *, keep_event: bool = False,
                       specific: int = 0, offset: int = 0) -> bytes:  # fmt: skip
        """`size` bytes (a multiple of 4) of a log page from `offset`; `keep_event` is RAE."""
        parts: list[bytes] = []
        for start in range(0, size, _LARGEST_LOG):
            command = GetLogPage(
                nsid=nsid, lid=page, lsp=specific, rae=keep_event, offset=offset + start
            )
            command.size = min(_LARGEST_LOG, size - start)
            found = await self.admin(
                f"get log page {page:#04x}", command.command(), length=command.size
            )
            parts.append(bytes(found.data))
        return b"".join(parts)


def check(what: str, exchange: Exchange) -> Exchange:
    """Return an exchange that succeeded. Raises NvmeError."""
    completion = exchange.completion
    assert completion is not None
    if completion.status:
        raise NvmeError(what, completion.status, do_not_retry=completion.do_not_retry)
    return exchange


def _result(exchange: Exchange) -> int:
    assert exchange.completion is not None
    return exchange.completion.result


def _ignore(error: HostError) -> None:
    """Nobody is interested."""


def _forget(future: asyncio.Future[Exchange]) -> None:
    if not future.cancelled():
        future.exception()


_REFUSALS = {
    Status.CONNECT_INVALID_HOST: "the host {host} is not allowed to connect",
    Status.CONNECT_CONTROLLER_BUSY: "the controller is busy",
    Status.AUTHENTICATION_REQUIRED: "the host {host} has to authenticate itself",
}


def _refused(options: ConnectOptions, status: int, result: int) -> RefusedError:
    why = _REFUSALS.get(Status(status)) if status in set(Status) else None
    if status == Status.CONNECT_INVALID_PARAMETERS:
        where = "data" if result >> 16 & 1 else "command"
        field = result & 0xFFFF
        names = {0: "host identifier", 16: "controller", 256: "subsystem NQN", 512: "host NQN"}
        name = names.get(field, f"byte {field}") if where == "data" else f"byte {field}"
        why = f"the {name} of the {where} is not accepted (is there such a subsystem here?)"
    text = (why or "Connect was refused").format(host=options.identity.hostnqn)
    message = f"{options.subnqn} at {options.address}: {text}: {describe(status)}"
    return RefusedError(message, status)
