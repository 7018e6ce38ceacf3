"""The JSON-RPC server of the SPDK stand-in, on a Unix domain socket."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

from dpu_sim.spdk_sim.envelope import Handler, answer
from dpu_sim.spdk_sim.framing import FramingError, Splitter
from dpu_sim.spdk_sim.parameters import boolean, decode, none
from dpu_sim.spdk_sim.target import Target

CONNECTIONS = 64
"""Connections at a time; spdk_tgt has the same limit."""

VERSION = "26.09"
"""The generation of SPDK's interface that is spoken."""

_CHUNK = 1 << 16

_log = logging.getLogger("dpu_sim.spdk_sim")


class SocketTakenError(Exception):
    """Another process serves the socket."""


class JsonRpcServer:
    """Serves the methods of a target."""

    def __init__(self, target: Target) -> None:
        self._methods: dict[str, Handler] = {
            **target.methods(),
            "spdk_get_version": self._version,
            "rpc_get_methods": self._list_methods,
            "framework_wait_init": self._wait_init,
        }
        self._connections: set[asyncio.Task[None]] = set()

    async def _version(self, given: Any) -> dict[str, Any]:
        none("spdk_get_version", given)
        major, minor = map(int, VERSION.split("."))
        fields = {"major": major, "minor": minor, "patch": 0, "suffix": "-sim"}
        return {"version": f"SPDK v{VERSION}-sim", "fields": fields}

    async def _list_methods(self, given: Any) -> list[str]:
        decode(given, {"current": boolean, "include_aliases": boolean}, set())
        return sorted(self._methods)

    async def _wait_init(self, given: Any) -> bool:
        none("framework_wait_init", given)
        return True

    async def serve(self, path: Path, ready: asyncio.Event, stopping: asyncio.Event) -> None:
        """Serve on the socket `path` until `stopping`; the socket file is removed afterwards.

        Raises:
            SocketTakenError: somebody else serves that socket.
            OSError: the socket cannot be created.
        """
        _remove_stale(path)
        server = await asyncio.start_unix_server(self._accept, path)
        ready.set()
        try:
            await stopping.wait()
        finally:
            server.close()
            for task in self._connections:
                task.cancel()
            path.unlink(missing_ok=True)

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
        """Answer until the client has sent its last; also when it half-closes right after."""
        splitter = Splitter()
        while data := await reader.read(_CHUNK):
            for request in splitter.feed(data):
                reply = await answer(request, self._methods)
                if reply is not None:
                    writer.write(json.dumps(reply).encode())
                    await writer.drain()


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


async def run(path: Path, notify: int | None) -> None:
    """Serve until SIGTERM or SIGINT; tell the descriptor `notify` once calls are answered."""
    stopping, ready = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    serving = asyncio.ensure_future(JsonRpcServer(Target()).serve(path, ready, stopping))
    waiting = asyncio.ensure_future(ready.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if ready.is_set():
        _log.info("serving", extra={"data": {"socket": str(path)}})
        if notify is not None:
            with suppress(OSError):
                os.write(notify, b"\n")
                os.close(notify)
    await serving
