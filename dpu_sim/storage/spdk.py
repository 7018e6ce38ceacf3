"""JSON-RPC calls to an SPDK target, the real one or the stand-in, by SPDK's own Python client.

The client is a blocking one with one connection, so calls go through one worker thread. A
connection that broke is made anew by the next call; the call that met the break fails.
"""

from __future__ import annotations

import asyncio
import json
import logging
import select
import socket
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from spdk.rpc.client import JSONRPCClient, JSONRPCException

from dpu_sim.api.errors import ApiError, unavailable
from dpu_sim.storage.claims import Claims
from dpu_sim.storage.survey import LISTS, Surveys

TIMEOUT = 10.0
"""Seconds that a call may take; spdk_tgt answers in milliseconds but for attach and detach."""


_MOST_BYTES = 64 << 20
"""Longest answer that is taken."""

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

    def __init__(
        self, path: Path, timeout: float | None = None, surveys: Surveys | None = None
    ) -> None:
        """
        Args:
            path: the socket.
            timeout: how long a call may take, in seconds; None: TIMEOUT.
            surveys: those of another connection to the same target.
        """
        self._path = path
        self.surveys = surveys or Surveys()
        self.exports: Claims[str] = Claims()
        """Devices in virtio devices, which the target opens without claiming them."""
        self._timeout = timeout
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="spdk-rpc")
        self._connection: _Connection | None = None
        self._hung_up = False
        self._beside: set[SpdkClient] = set()
        self._timeouts = 0
        """How many calls were not answered in time."""
        self._lost: Callable[[], object] = lambda: None
        self._version = ""
        """Of the target that the connection leads to; '' when it has not been asked."""
        # Every new connection says hello on it, in a form that is not ours, and adds a handler.
        self._noise = logging.getLogger(f"JSONRPCClient({path})")
        self._noise.disabled = True

    async def call(self, method: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """Call a method and return its result, that of a survey where the caller looks at one.

        Raises:
            SpdkError: the target refuses.
            ApiError: UNAVAILABLE, the target cannot be reached or does not answer in time.
        """
        given = dict(parameters or {})
        survey = self.surveys.readable
        if survey is not None and method in LISTS and given.keys() == {LISTS[method]}:
            return await survey.find(method, given[LISTS[method]], self._ask)
        self.surveys.changed(method, given)
        try:
            return await self._ask(method, given)
        finally:
            self.surveys.changed(method, given)

    async def known(self, method: str) -> list[Mapping[str, Any]]:
        """What a method lists; within a survey, what that holds. Raises what `call` does."""
        survey = self.surveys.readable
        if survey is not None:
            return await survey.known(method, self._ask)
        return list(await self.call(method))

    async def _ask(self, method: str, parameters: Mapping[str, Any]) -> Any:
        loop = asyncio.get_running_loop()
        given = self._timeouts, method, parameters
        return await loop.run_in_executor(self._worker, self._call, *given)

    async def version(self) -> str:
        """The version of SPDK that the target is, such as "26.09". Raises what `call` does."""
        if not self._version:
            fields = (await self.call("spdk_get_version"))["fields"]
            self._version = f"{fields['major']}.{fields['minor']:02}"
        return self._version

    def parallel(self) -> SpdkClient:
        """Calls that wait neither for ours nor for one another, and are hung up with ours."""
        one = _Parallel(self._path, self._timeout, self.surveys)
        self._beside.add(one)
        return one

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

    def hang_up(self) -> None:
        """Break a call that is under way off; this one and later ones are UNAVAILABLE."""
        self._hung_up = True
        for one in list(self._beside):
            one.hang_up()
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection; a call that is under way ends first."""
        self._worker.submit(self._disconnect)
        self._worker.shutdown()

    def _call(self, timeouts: int, method: str, parameters: Mapping[str, Any] | None) -> Any:
        if timeouts != self._timeouts:  # it waited in the queue, which is as long to wait as any
            raise self._no_answer()
        try:
            if self._connection is None:
                self._connection = _Connection(str(self._path), timeout=self._timeout or TIMEOUT)
            if self._hung_up:
                raise ConnectionError("hung up")
            number = self._connection.add_request(method, dict(parameters or {}))
            self._connection.flush()
            answer = _matching(self._connection.recv(), number)
        except (JSONRPCException, OSError) as error:
            self._timeouts += isinstance(error, TimeoutError)
            self._give_up()
            raise self._no_answer() from error
        return _result(method, answer)

    def _no_answer(self) -> ApiError:
        return unavailable(f"the SPDK target at {self._path} does not answer")

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


class _Parallel(SpdkClient):
    """Makes every call on a connection of its own."""

    async def _ask(self, method: str, parameters: Mapping[str, Any]) -> Any:
        one = SpdkClient(self._path, self._timeout, self.surveys)
        self._beside.add(one)
        if self._hung_up:
            one.hang_up()
        try:
            return await one._ask(method, parameters)
        finally:
            self._beside.discard(one)
            one._worker.submit(one._disconnect)
            one._worker.shutdown(wait=False)


class _Connection(JSONRPCClient):  # type: ignore[misc]
    """SPDK's client, whose calls end in time whatever the target does.

    SPDK's own waits without limit for a target that has stopped accepting, and as long as one keeps
    sending: it counts processor time. It also drops bytes where an answer's text is not ASCII.
    """

    def _connect(self, addr: str, _: object) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(addr)
        except OSError:
            self.sock.close()
            raise

    def recv(self) -> Any:
        """The next answer. Raises JSONRPCException, OSError (with TimeoutError)."""
        end = time.monotonic() + self.timeout
        data = bytearray()
        while len(data) <= _MOST_BYTES:
            if (left := end - time.monotonic()) <= 0:
                raise TimeoutError("no whole answer in time")
            self.sock.settimeout(left)
            if not (piece := self.sock.recv(1 << 20)):
                raise ConnectionError("the connection ended before the answer did")
            data += piece
            if not piece.rstrip().endswith(b"}"):  # a long answer is not parsed piece by piece
                continue
            try:
                return json.loads(data)
            except ValueError:  # not whole yet
                continue
            except RecursionError as error:
                raise JSONRPCException("the answer is nested too deeply") from error
        raise JSONRPCException(f"the answer has more than {_MOST_BYTES} bytes")


def _matching(answer: Any, number: int) -> Mapping[str, Any]:
    """The answer, if it is one to this request. Raises JSONRPCException: the stream is out of step.

    Of a request that it cannot read, a target does not know the number.
    """
    if not isinstance(answer, dict):
        raise JSONRPCException("the answer is no JSON-RPC")
    if "error" in answer and not _is_error(answer["error"]):
        raise JSONRPCException("the error is no JSON-RPC")
    if answer.get("id") != number and not ("error" in answer and answer.get("id") is None):
        raise JSONRPCException("the answer belongs to another request")
    return answer


def _is_error(error: Any) -> bool:
    return isinstance(error, dict) and isinstance(error.get("code", 0), int)


def _result(method: str, answer: Mapping[str, Any]) -> Any:
    if "error" in answer:
        error = answer["error"]
        raise SpdkError(method, error.get("code", 0), str(error.get("message", "")))
    return answer.get("result")
