"""One connection of a host: a queue, its commands, and how much of them is under way.

Memory of a connection is bounded by ROOM bytes of data of commands under way, HIGH_WATER bytes that
the host does not take, one command more of each, and the capsules that fit the host's queue.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import socket
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from dpu_sim.spdk_sim.bdev.errors import IoError
from dpu_sim.spdk_sim.nvmf.outcome import LATER, CommandError, Outcome, Result, status_of
from nvmetcp.command import Command, Direction
from nvmetcp.controller import ControllerConfig, ControllerConnection, Disk
from nvmetcp.errors import ProtocolError, RemoteProtocolError
from nvmetcp.events import CommandArrived, DataArrived, Event, Terminated
from nvmetcp.status import RETRYABLE, Completion, Status

if TYPE_CHECKING:
    from dpu_sim.spdk_sim.nvmf.authentication import Authentication

HIGH_WATER = 1 << 20
"""Bytes that wait to be sent before the host is not listened to any longer."""

SHARE = 128 << 10
"""Bytes of answers that are sent at a time: the host takes them while the next are made."""

ROOM = 4 << 20
"""Bytes of data of commands under way; more commands wait."""

HANDSHAKE_SECONDS = 30.0
"""Until a connection has to be a queue of a controller."""

LINGER_SECONDS = 5.0
"""Until a connection that is given up is closed, whatever the host does."""

UNACKNOWLEDGED_SECONDS = 30
"""How long a host may not acknowledge what was sent to it (TCP_USER_TIMEOUT, RFC 5482)."""

_TO_CONTROLLER = int(Direction.HOST_TO_CONTROLLER)
_log = logging.getLogger("dpu_sim.spdk_sim.nvmf")

SocketName = tuple[str, int]


class Handler(Protocol):
    """Who carries out the commands of a queue."""

    @property
    def disk(self) -> Disk | None:
        """Who answers reads and writes at once, if anybody does now."""

    def check(self, queue: Queue, command: Command, length: int) -> None:
        """Look at a command in the order of arrival, before its data are asked for.

        `length` counts its data. Raises CommandError.
        """

    def execute(self, queue: Queue, command: Command, data: bytes | None, length: int) -> Outcome:
        """Carry a command out. `length` bytes may be returned. Raises CommandError, IoError."""

    def failed(self, queue: Queue, command: Command) -> None:
        """A command failed before it could be carried out."""

    def closed(self, queue: Queue) -> None:
        """The queue is gone."""


@dataclass(slots=True)
class _Incoming:
    """A command whose data are on their way."""

    command: Command
    data: bytearray
    sound: bool = True


class Queue(asyncio.BufferedProtocol):
    """Protocol of one connection."""

    def __init__(
        self,
        config: ControllerConfig,
        buffer: memoryview,
        handler: Handler,
        on_gone: Callable[[Queue], None],
    ) -> None:
        """`buffer` receives, and may be shared with all queues of the same event loop.

        `on_gone` is told when the connection is closed.
        """
        self.connection = ControllerConnection(config)
        self.handler = handler
        self.peer: SocketName = ("", 0)
        self.local: SocketName = ("", 0)
        self.is_established = False
        """Whether the connection is a queue that may be used."""
        self.tls_identity: str | None = None
        """By which identity the key of TLS was found; None without TLS."""
        self.authentication: Authentication | None = None
        """The conversation that the host had to have."""
        self.heard = 0.0
        """When the host sent something last, in the event loop's time."""
        self._buffer = buffer
        self._on_gone = on_gone
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._ended = False
        self._unsent = 0
        self._flush_is_due = False
        self._reserved: dict[int, int] = {}
        self._taken = 0
        self._incoming: dict[int, _Incoming] = {}
        self._waiting: deque[tuple[Command, bytes | None, int]] = deque()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._timer = self._loop.call_later(HANDSHAKE_SECONDS, self._too_late)

    # -- asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Prepare the socket."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(HIGH_WATER)
        self.peer = (transport.get_extra_info("peername") or self.peer)[:2]
        self.local = (transport.get_extra_info("sockname") or self.local)[:2]
        tls = transport.get_extra_info("ssl_object")
        if tls is not None:
            self.tls_identity = getattr(tls, "identity", "")
        raw = transport.get_extra_info("socket")
        milliseconds = UNACKNOWLEDGED_SECONDS * 1000
        with suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, UNACKNOWLEDGED_SECONDS)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        """Where to receive; what is in it is used up before anybody receives again."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Carry out what came."""
        if self._ended:
            return
        self.heard = self._loop.time()
        try:
            self._receive(self._buffer[:nbytes])
        except RemoteProtocolError as error:
            self.give_up(f"broke the protocol: {error}")
        except Exception as error:  # noqa: BLE001  one host's queue must not hurt another's
            _log.error("queue of %s:%s: %r", *self.peer, error, exc_info=_debugging())
            self.abort()

    def pause_writing(self) -> None:
        """The host takes no more: do nothing for it."""
        self._paused = True
        if self._transport is not None and not self._ended:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        self._paused = False
        self._begin_waiting()
        self.flush()
        if not self._paused and self._transport is not None and not self._ended:
            self._transport.resume_reading()

    def eof_received(self) -> bool:
        """The host has sent its last: there is nothing left to do for it."""
        return False

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002
        """Forget everything."""
        self._end()
        self._on_gone(self)

    # -- life

    @property
    def pending(self) -> int:
        """How many commands have begun and wait for a device."""
        return len(self._tasks)

    def established(self) -> None:
        """The connection is a queue of a controller that may be used."""
        self.is_established = True
        self._timer.cancel()

    def give_up(self, reason: str) -> None:
        """Send what is due (a termination request, say) and close."""
        if self._ended:
            return
        _log.warning("host at %s:%s: %s", *self.peer, reason)
        self.close()

    def close(self) -> None:
        """Send what is due and close, soon if the host takes it, else somewhat later."""
        if self._ended:
            return
        self.flush()
        self._end()
        transport = self._transport
        if transport is None:
            return
        if not transport.can_write_eof():
            transport.close()
        elif not transport.is_closing():
            # What the host has sent is read to its end: else the kernel resets the connection, and
            # the host may lose what was sent to it last.
            try:
                transport.write_eof()
                transport.resume_reading()
            except OSError:  # the host is gone
                transport.abort()
        self._timer = self._loop.call_later(LINGER_SECONDS, transport.abort)

    def abort(self) -> None:
        """Close at once."""
        self._end()
        if self._transport is not None:
            self._transport.abort()

    def _too_late(self) -> None:
        self.give_up(f"is no queue after {HANDSHAKE_SECONDS:.0f} s")

    def _end(self) -> None:
        self._timer.cancel()
        if self._ended:
            return
        self._ended = True
        self.cancel_all()
        self._incoming.clear()
        self._waiting.clear()
        self.handler.closed(self)

    # -- commands come

    def _receive(self, view: memoryview) -> None:
        connection, start = self.connection, 0
        disk = self.handler.disk
        while disk is not None and not self._paused and not self._waiting:
            used = connection.answer_at_once(view[start:], disk, SHARE)
            start += used
            self.flush()
            if not used or start == len(view):
                break
        if start < len(view):
            for event in connection.receive(view[start:]):
                self._event(event)
                if self._ended:
                    return
            self.flush()

    def _event(self, event: Event) -> None:
        if type(event) is CommandArrived:
            self._arrived(event)
        elif type(event) is DataArrived:
            self._data(event)
        elif type(event) is Terminated:
            request = event.request
            reason = f"status {request.status}, information {request.information:#x}"
            self.give_up(f"gives up: {reason}")

    def _arrived(self, event: CommandArrived) -> None:
        command, data = event.command, event.data
        if event.fault:
            self.handler.failed(self, command)
            self.fail(command.cid, event.fault)
            return
        copied = None if data is None else bytes(data)
        if self._waiting or not self._may_begin():
            self._waiting.append((command, copied, event.length))
        else:
            self._begin(command, copied, event.length)

    def _may_begin(self) -> bool:
        return not self._paused and self._taken < ROOM

    def _begin_waiting(self) -> None:
        while self._waiting and self._may_begin() and not self._ended:
            self._begin(*self._waiting.popleft())

    def _begin(self, command: Command, data: bytes | None, length: int) -> None:
        cid = command.cid
        try:
            self.handler.check(self, command, length if data is None else len(data))
        except CommandError as error:
            self.handler.failed(self, command)
            self.fail(cid, error.status, error.result)
            return
        if length and command.direction == _TO_CONTROLLER:
            self._reserve(cid, length)
            self._incoming[cid] = _Incoming(command, bytearray(length))
            self.connection.request_data(cid)
        else:
            self._execute(command, data, length)

    def _data(self, event: DataArrived) -> None:
        incoming = self._incoming.get(event.cid)
        if incoming is None:
            return
        incoming.data[event.offset : event.offset + len(event.data)] = event.data
        incoming.sound &= event.digest_ok
        if event.last:
            del self._incoming[event.cid]
            if incoming.sound:
                self._execute(incoming.command, cast("bytes", incoming.data), 0)
            else:
                self.handler.failed(self, incoming.command)
                self.fail(event.cid, Status.TRANSIENT_TRANSPORT_ERROR)

    def _execute(self, command: Command, data: bytes | None, length: int) -> None:
        cid = command.cid
        try:
            outcome = self.handler.execute(self, command, data, length)
        except CommandError as error:
            self.fail(cid, error.status, error.result)
        except IoError as error:
            self.fail(cid, status_of(error))
        except ProtocolError:
            self.fail(cid, Status.INVALID_FIELD)
        else:
            if outcome is LATER:
                return
            if isinstance(outcome, Coroutine):
                self._reserve(cid, length)
                self.start(cid, outcome)
            else:
                self._succeed(cid, outcome)

    def start(self, cid: int, work: Coroutine[Any, Any, Result]) -> None:
        """Complete a command with what `work` returns or raises."""
        self._tasks[cid] = self._loop.create_task(self._run(cid, work))

    async def _run(self, cid: int, work: Coroutine[Any, Any, Result]) -> None:
        status, result = 0, 0
        outcome: Result = None
        try:
            outcome = await work
        except CommandError as error:
            status, result = error.status, error.result
        except IoError as error:
            status = status_of(error)
        except ProtocolError:
            status = Status.INVALID_FIELD
        except asyncio.CancelledError:
            status = Status.ABORT_REQUESTED
        except Exception as error:  # noqa: BLE001  one command must not hurt another
            _log.error("command of %s:%s: %r", *self.peer, error, exc_info=_debugging())
            status = Status.INTERNAL_ERROR
        del self._tasks[cid]
        if self._ended:
            return
        if status:
            self.fail(cid, status, result)
        else:
            self._succeed(cid, outcome)
        self._begin_waiting()
        self.flush_soon()

    def cancel(self, cid: int) -> bool:
        """Abort a command that is under way; whether there was something to abort."""
        task = self._tasks.get(cid)
        if task is not None:
            self._cancel(task)
        return task is not None

    def cancel_all(self) -> None:
        """Abort every command that is under way."""
        for task in self._tasks.values():
            self._cancel(task)

    def _cancel(self, task: asyncio.Task[None]) -> None:
        """A task that is cancelled before it begins does nothing: its command would never end."""
        if inspect.getcoroutinestate(cast("Any", task.get_coro())) == inspect.CORO_CREATED:
            self._loop.call_soon(task.cancel)
        else:
            task.cancel()

    # -- and are completed

    def _reserve(self, cid: int, length: int) -> None:
        if length:
            self._reserved[cid] = self._reserved.get(cid, 0) + length
            self._taken += length

    def _release(self, cid: int) -> None:
        if self._reserved:
            self._taken -= self._reserved.pop(cid, 0)

    def _succeed(self, cid: int, outcome: Result) -> None:
        self._release(cid)
        if outcome is None:
            self.connection.complete(Completion(cid))
        elif isinstance(outcome, int):
            self.connection.complete(Completion(cid, result=outcome))
        else:
            self.connection.respond(cid, outcome)
            self._unsent += len(outcome)
            if self._unsent > HIGH_WATER:
                self.flush()

    def fail(self, cid: int, status: int, result: int = 0) -> None:
        """Complete a command with an error."""
        self._release(cid)
        retry = status in RETRYABLE
        self.connection.complete(Completion(cid, status, result, do_not_retry=not retry))

    def complete_later(self, cid: int, status: int = 0, result: int = 0) -> None:
        """End a command that was kept (LATER), from outside of its handler."""
        if self._ended or cid not in self.connection.outstanding:
            return
        if status:
            self.fail(cid, status, result)
        else:
            self._succeed(cid, result or None)
        self.flush_soon()

    def flush(self) -> None:
        """Hand what is due to the transport."""
        self._flush_is_due = False
        self._unsent = 0
        due = self.connection.data_to_send()
        transport = self._transport
        if due and transport is not None and not self._ended and not transport.is_closing():
            transport.writelines(due)

    def flush_soon(self) -> None:
        """As `flush`, together with what else is completed in this turn of the event loop."""
        if not self._flush_is_due:
            self._flush_is_due = True
            self._loop.call_soon(self.flush)


def _debugging() -> bool:
    return _log.isEnabledFor(logging.DEBUG)
