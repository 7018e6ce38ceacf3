"""The JSON-RPC server of the SPDK stand-in, on a Unix domain socket or on TCP."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import select
import signal
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from dpu_sim.spdk_sim.application import Application
from dpu_sim.spdk_sim.envelope import Handler, answer
from dpu_sim.spdk_sim.framing import FramingError, Splitter

CONNECTIONS = 64
"""Connections at a time; spdk_tgt has the same limit."""

OUTSTANDING = 64
"""Requests of one connection at a time; the rest wait in the socket."""

_CHUNK = 1 << 16
_TCP = re.compile(r"(?P<host>[0-9.]+|\[[0-9a-fA-F:.]+\]):(?P<port>[0-9]{1,5})")
_HANG_UP_CHECK = 0.2
"""Seconds between looks at whether a client that sends no more still listens."""

_log = logging.getLogger("dpu_sim.spdk_sim")


class SocketTakenError(Exception):
    """Another process serves the socket."""


class JsonRpcServer:
    """Serves a table of methods."""

    def __init__(self, methods: Mapping[str, Handler]) -> None:
        self._methods = methods
        self._connections: set[asyncio.Task[None]] = set()
        self._requests: set[asyncio.Task[None]] = set()

    async def serve(self, address: str, ready: asyncio.Event, stopping: asyncio.Event) -> None:
        """Serve until `stopping`; the file of a Unix socket is removed afterwards.

        Args:
            address: the path of a Unix socket, or "IP:PORT".
            ready: set once calls are answered.
            stopping: set from outside.

        Raises:
            SocketTakenError: somebody else serves that socket.
            OSError: the socket cannot be created.
        """
        server, path = await self._listen(address)
        ready.set()
        try:
            await stopping.wait()
        finally:
            server.close()
            for task in (*self._connections, *self._requests):
                task.cancel()
            if path is not None:
                path.unlink(missing_ok=True)

    async def _listen(self, address: str) -> tuple[asyncio.Server, Path | None]:
        if match := _TCP.fullmatch(address):
            host, port = match["host"].strip("[]"), int(match["port"])
            return await asyncio.start_server(self._accept, host, port), None
        path = Path(address)
        _remove_stale(path)
        return await asyncio.start_unix_server(self._accept, path), path

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= CONNECTIONS:
            writer.close()
            return
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._converse(reader, writer)
        except FramingError as error:
            _log.warning("connection closed: %s", error)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer until the client has sent its last; also when it half-closes right after.

        Every answer goes out when it is there: one that takes long holds no other up. What was
        asked for is done even if the client is gone before.
        """
        splitter = Splitter()
        room = asyncio.Semaphore(OUTSTANDING)
        outstanding: set[asyncio.Task[None]] = set()
        while data := await reader.read(_CHUNK):
            for request in splitter.feed(data):
                await room.acquire()
                task = asyncio.create_task(self._reply(request, writer, room))
                for tasks in (outstanding, self._requests):
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
        while outstanding and not _hung_up(writer):
            await asyncio.wait(outstanding, timeout=_HANG_UP_CHECK)

    async def _reply(
        self, request: Any, writer: asyncio.StreamWriter, room: asyncio.Semaphore
    ) -> None:
        try:
            reply = await answer(request, self._methods)
            if reply is not None:
                with suppress(ConnectionError):
                    writer.write(json.dumps(reply).encode())
                    await writer.drain()
        finally:
            room.release()


def _hung_up(writer: asyncio.StreamWriter) -> bool:
    """Whether the client has closed its socket altogether and will read no answer."""
    if (descriptor := writer.get_extra_info("socket").fileno()) < 0:
        return True
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(events & (select.POLLHUP | select.POLLERR) for _, events in poll.poll(0))


def _remove_stale(path: Path) -> None:
    """Remove the socket of a server that has died; refuse to take one that lives."""
    if not path.exists():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink()
        else:
            raise SocketTakenError(f"{path}: another process serves this socket")


async def run(address: str, notify: int | None, application: Application) -> None:
    """Serve until SIGTERM or SIGINT; tell the descriptor `notify` once calls are answered.

    Raises:
        SocketTakenError, OSError: the socket cannot be served.
        ConfigurationError: the configuration file cannot be carried out.
    """
    stopping, ready = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await application.start()
    server = JsonRpcServer(application.methods())
    serving = asyncio.ensure_future(server.serve(address, ready, stopping))
    waiting = asyncio.ensure_future(ready.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if ready.is_set():
        _log.info("serving", extra={"data": {"socket": address}})
        if notify is not None:
            with suppress(OSError):
                os.write(notify, b"\n")
                os.close(notify)
    try:
        await serving
    finally:
        await application.close()
