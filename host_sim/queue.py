"""A queue of a controller: one TCP connection under asyncio, commands out, completions in."""

from __future__ import annotations

import asyncio
import mmap
import os
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import cast

from host_sim.errors import AuthenticationError, HostError, PathError, UnreachableError
from host_sim.options import ConnectOptions
from host_sim.tls import client_context
from nvmetcp.command import Command
from nvmetcp.errors import ProtocolError, RemoteProtocolError
from nvmetcp.events import Completed, DataArrived, Opened, Terminated
from nvmetcp.host import HostConfig, HostConnection
from nvmetcp.record import Buffer
from nvmetcp.status import Completion, Status

_RECEIVE = 1 << 19
_WRITE_HIGH = 1 << 23  # asyncio's own bookkeeping only: the depth of the queue bounds what waits
_NO_LINGER = struct.pack("ii", 1, 0)
_NOTHING = b""
_SUCCESS = Completion(0)


class Exchange:
    """A command under way, then with its completion and data."""

    __slots__ = ("aborted", "completion", "data", "future", "length", "started", "timed")

    def __init__(self, future: asyncio.Future[Exchange], length: int, now: float) -> None:
        self.future = future
        self.length = length
        self.started = now
        self.timed = True
        self.aborted = False
        self.data: bytes | bytearray = _NOTHING
        self.completion: Completion | None = None


class Queue(asyncio.BufferedProtocol):
    """Submit commands once `opened` is done. `on_lost` is called once, with the reason."""

    def __init__(
        self, queue_id: int, config: HostConfig, on_lost: Callable[[HostError], None]
    ) -> None:
        self.id = queue_id
        self._loop = asyncio.get_running_loop()
        self.connection = HostConnection(config)
        self.opened: asyncio.Future[None] = self._loop.create_future()
        self.pending: dict[int, Exchange] = {}
        self._backlog: deque[tuple[Command, Buffer | None, Exchange]] = deque()
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._error: HostError | None = None
        # Memory that costs nothing until so much arrives at a time: most queues stay shallow.
        self._buffer = memoryview(mmap.mmap(-1, _RECEIVE))
        self._kept = 0
        self._flushing = False
        self._now = 0.0
        self._places = config.queue_size - 1

    @property
    def load(self) -> int:
        """Commands under way or waiting for a place."""
        return len(self.pending) + len(self._backlog)

    def limit_in_capsule(self, size: int) -> None:
        """Send at most so many bytes of data with a command from now on."""
        connection = self.connection
        connection.config = replace(connection.config, in_capsule=size)

    def submit(
        self, command: Command, data: Buffer | None = None, length: int = 0
    ) -> asyncio.Future[Exchange]:
        """Send a command, now or when the queue has a place.

        `data` must not change before the future is done. The future raises PathError when the
        connection ends first; cancelling it does not stop the command.
        """
        if not self._flushing:
            # Whatever is submitted in this turn of the loop leaves together, and began now.
            self._flushing = True
            self._now = self._loop.time()
            self._loop.call_soon(self._flush)
        future: asyncio.Future[Exchange] = self._loop.create_future()
        exchange = Exchange(future, length, self._now)
        if self._error is not None:
            future.set_exception(self._lost_error())
        elif self._backlog or len(self.pending) == self._places:
            self._backlog.append((command, data, exchange))
        else:
            self._send(command, data, exchange)
        return future

    def submit_untimed(self, command: Command) -> asyncio.Future[Exchange]:
        """As `submit`, for a command that may take for ever: an asynchronous event request."""
        future = self.submit(command)
        for exchange in reversed(self.pending.values()):
            if exchange.future is future:
                exchange.timed = False
                break
        return future

    def overdue(self, before: float) -> Iterator[tuple[int, Exchange]]:
        """The commands that were sent earlier than `before` (of the loop's clock)."""
        for cid, exchange in list(self.pending.items()):
            if exchange.started > before:
                return
            if exchange.timed:
                yield cid, exchange

    def _send(self, command: Command, data: Buffer | None, exchange: Exchange) -> None:
        try:
            cid = self.connection.submit(command, data, exchange.length)
        except ProtocolError as error:
            exchange.future.set_exception(error)
            return
        self.pending[cid] = exchange

    def _flush(self) -> None:
        self._flushing = False
        out = self.connection.data_to_send()
        if out and self._transport is not None:
            self._transport.write(out[0] if len(out) == 1 else b"".join(out))

    # -- the connection

    def set_user_timeout(self, milliseconds: int) -> None:
        """End the connection when what was sent is not acknowledged for so long."""
        if milliseconds and (found := self._socket()) is not None:
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)

    def _socket(self) -> socket.socket | None:
        assert self._transport is not None
        return cast("socket.socket | None", self._transport.get_extra_info("socket"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(_WRITE_HIGH)
        self.connection.open()
        self._flush()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        """Where to receive: behind what was kept."""
        return self._buffer[self._kept :]

    def buffer_updated(self, nbytes: int) -> None:
        """Take what has arrived."""
        if self._error is not None:
            return
        try:
            self._take_in(self._buffer[: self._kept + nbytes])
        except RemoteProtocolError as error:
            self._flush()
            self.close(PathError(f"queue {self.id}: the controller broke the protocol: {error}"))
            return
        if self._backlog:
            self._send_backlog()
        if not self._flushing:
            self._flush()  # answers to requests for data

    def _send_backlog(self) -> None:
        while self._backlog and self.connection.free:
            command, data, exchange = self._backlog.popleft()
            if not exchange.future.cancelled():
                exchange.started = self._loop.time()
                self._send(command, data, exchange)

    def _take_in(self, data: memoryview) -> None:
        """Handle plain completions the short way, and whatever else by events."""
        connection, pending, whole = self.connection, self.pending, len(data)
        self._kept = 0
        if missing := connection.missing:
            self._receive(data[:missing])
            if self._error is not None:
                return  # the controller gave up
            data = data[missing:]
        used, more, found = connection.complete_at_once(data)
        for cid, content in found:
            exchange = pending.pop(cid)
            if content is not None:
                exchange.data = bytes(content)
            exchange.completion = _SUCCESS
            if not exchange.future.done():
                exchange.future.set_result(exchange)
        rest = data[used:]
        if more:
            self._kept = len(rest)
            if self._kept < whole:
                self._buffer[: self._kept] = rest
        elif rest:
            self._receive(rest)

    def _receive(self, data: memoryview) -> None:
        for event in self.connection.receive(data):
            kind = type(event)
            if kind is DataArrived:
                self._take(cast("DataArrived", event))
            elif kind is Completed:
                self._complete(cast("Completed", event))
            elif kind is Opened:
                self.opened.set_result(None)
            elif kind is Terminated:
                request = cast("Terminated", event).request
                reason = f"the controller gave up, status {request.status:#x}"
                self.close(PathError(f"queue {self.id}: {reason}"))
                return

    def _take(self, arrived: DataArrived) -> None:
        """Copy data out of the receive buffer."""
        exchange = self.pending[arrived.cid]
        if len(arrived.data) == exchange.length:
            exchange.data = bytes(arrived.data)
            return
        if not exchange.data:
            exchange.data = bytearray(exchange.length)
        end = arrived.offset + len(arrived.data)
        cast("bytearray", exchange.data)[arrived.offset : end] = arrived.data

    def _complete(self, event: Completed) -> None:
        completion = event.completion
        exchange = self.pending.pop(completion.cid)
        if not event.digest_ok and completion.succeeded:
            completion.status = Status.TRANSIENT_TRANSPORT_ERROR
        elif completion.succeeded and event.received < len(exchange.data):
            exchange.data = exchange.data[: event.received]
        exchange.completion = completion
        if not exchange.future.done():
            exchange.future.set_result(exchange)

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer is gone, or we are."""
        self.close(PathError(f"queue {self.id}: connection lost: {exc or 'closed by the peer'}"))

    def close(self, error: HostError) -> None:
        """End the connection at once; what is under way fails with `error`."""
        if self._error is not None:
            return
        self._error = error
        self._drop()
        waiting = [one.future for one in self.pending.values()]
        waiting += [one.future for _, _, one in self._backlog]
        self.pending.clear()
        self._backlog.clear()
        if not self.opened.done():
            waiting.append(cast("asyncio.Future[Exchange]", self.opened))
        for future in waiting:
            if not future.done():
                future.set_exception(self._lost_error())
                future.exception()  # whoever waits is told; whoever does not has no warning
        self._on_lost(error)

    def _drop(self) -> None:
        """Reset the connection: nothing that was sent may arrive later.

        A write that the kernel still holds for this path would overtake newer ones that went
        another way, once the path is back.
        """
        if self._transport is None:
            return
        if (found := self._socket()) is not None:
            with suppress(OSError):
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self._transport.abort()

    def _lost_error(self) -> HostError:
        assert self._error is not None
        return type(self._error)(*self._error.args)


async def open_queue(
    options: ConnectOptions, queue_id: int, size: int, on_lost: Callable[[HostError], None]
) -> Queue:
    """Connect a queue of `size` entries, up to the end of the handshake.

    Raises:
        UnreachableError: nobody answers, or not as a controller does.
        UnsupportedError: TLS is wanted, and this Python has no pre-shared keys.
        AuthenticationError: the TLS handshake fails.
    """
    config = HostConfig(
        header_digest=options.header_digest, data_digest=options.data_digest, queue_size=size
    )
    loop, address = asyncio.get_running_loop(), options.address
    local = (options.host_traddr, 0) if options.host_traddr else None
    queue: Queue | None = None
    try:
        async with asyncio.timeout(options.connect_timeout):
            _, queue = await loop.create_connection(
                lambda: Queue(queue_id, config, on_lost), address.traddr, address.trsvcid,
                local_addr=local, ssl=client_context(options),
                server_hostname="" if options.credentials.psk else None,
            )  # fmt: skip
            queue.set_user_timeout(options.user_timeout)
            await queue.opened
    except TimeoutError as error:
        if queue is not None:
            queue.close(PathError("no answer to the handshake"))
        raise UnreachableError(f"{address}: no answer in {options.connect_timeout:g} s") from error
    except OSError as error:
        raise _unreachable(options, error) from error
    except PathError as error:
        raise UnreachableError(f"{address}: {error}") from error
    return queue


def _unreachable(options: ConnectOptions, error: OSError) -> HostError:
    if options.credentials.psk and not isinstance(error, ConnectionRefusedError):
        reason = (
            str(error) or "the handshake was ended: is the key the one that the other side has?"
        )
        return AuthenticationError(f"{options.address}: TLS: {reason}")
    known = error.errno is not None and not isinstance(error, socket.gaierror)
    reason = os.strerror(error.errno or 0) if known else error.strerror or str(error)
    return UnreachableError(f"{options.address}: {reason}")
