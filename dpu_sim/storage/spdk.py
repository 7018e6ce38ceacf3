"""JSON-RPC calls to an SPDK target, the real one or the stand-in, by SPDK's own Python client.

The client is a blocking one with one connection, so calls go through one worker thread. A
connection that broke is made anew by the next call; the call that met the break fails.
"""

from __future__ import annotations

import asyncio
import logging
import select
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from spdk.rpc.client import JSONRPCClient, JSONRPCException

from dpu_sim.api.errors import unavailable

TIMEOUT = 10.0
"""Seconds that a call may take; spdk_tgt answers in milliseconds but for attach and detach."""


_LOOK_SECONDS = 0.1
"""Between two looks whether a target is there."""

_log = logging.getLogger(__name__)


class SpdkError(Exception):
    """The target refused a call.

    Attributes:
        method: what was called.
        code: JSON-RPC error code, or a negative errno.
        message: the target's words.
    """

    def __init__(self, method: str, code: int, message: str) -> None:
        super().__init__(f"{method}: {message} ({code})")
        self.method = method
        self.code = code
        self.message = message


class SpdkClient:
    """An SPDK target behind its Unix domain socket."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="spdk-rpc")
        self._connection: JSONRPCClient | None = None
        self._lost: Callable[[], object] = lambda: None
        self._version = ""
        """Of the target that the connection leads to; '' when it has not been asked."""
        # Every new connection says hello on it, in a form that is not ours, and adds a handler.
        self._noise = logging.getLogger(f"JSONRPCClient({path})")
        self._noise.disabled = True

    async def call(self, method: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """Call a method and return its result.

        Raises:
            SpdkError: the target refuses.
            ApiError: UNAVAILABLE, the target cannot be reached or does not answer in time.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, self._call, method, parameters)

    async def version(self) -> str:
        """The version of SPDK that the target is, such as "26.09". Raises what `call` does."""
        if not self._version:
            fields = (await self.call("spdk_get_version"))["fields"]
            self._version = f"{fields['major']}.{fields['minor']:02}"
        return self._version

    async def watch(self, lost: Callable[[], None]) -> None:
        """Tell of every time that the connection ends, for ever.

        A target that ends has forgotten everything. All that we have it do goes over the one
        connection, so whoever is told of its end knows when to do it all again.
        """
        loop = asyncio.get_running_loop()
        self._lost = lambda: loop.call_soon_threadsafe(lost)
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            await loop.run_in_executor(self._worker, self._look)

    def close(self) -> None:
        """Close the connection; a call that is under way ends first."""
        self._worker.submit(self._disconnect)
        self._worker.shutdown()

    def _call(self, method: str, parameters: Mapping[str, Any] | None) -> Any:
        try:
            if self._connection is None:
                self._connection = JSONRPCClient(str(self._path), timeout=TIMEOUT)
            number = self._connection.add_request(method, dict(parameters or {}))
            self._connection.flush()
            answer = self._connection.recv()
        except (JSONRPCException, OSError) as error:
            self._give_up()
            raise unavailable(f"the SPDK target at {self._path} does not answer") from error
        return _result(method, number, answer)

    def _look(self) -> None:
        """Give the connection up when the target has ended it."""
        if self._connection is None or self._connection.sock is None:
            return
        # Nobody waits for an answer, so that all there can be to read is the end.
        poll = select.poll()
        poll.register(self._connection.sock, select.POLLIN)
        if poll.poll(0):
            self._give_up()

    def _give_up(self) -> None:
        """Disconnect; tell that there was a connection."""
        if self._connection is not None:
            _log.error("the SPDK target has gone away", extra={"data": {"socket": self._path}})
            self._lost()
        self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        self._version = ""
        self._noise.handlers.clear()
        if connection is not None and connection.sock is not None:
            connection.sock.close()


def _result(method: str, number: int, answer: Mapping[str, Any]) -> Any:
    if "error" in answer:
        error = answer["error"]
        raise SpdkError(method, int(error.get("code", 0)), str(error.get("message", "")))
    if answer.get("id") != number:
        raise SpdkError(method, 0, "the answer belongs to another request")
    return answer.get("result")
