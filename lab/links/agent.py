"""NetOps for a caller who is not root: the same methods, run in a child process under sudo.

Requests and replies are JSON lines over the child's stdin and stdout, converted by the type
annotations of NetOps. When the caller dies, the child reads end-of-file and ends, and its locks go
with it.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import itertools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import IO, Any, cast, get_type_hints

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from lab.errors import LabError, UnsupportedError
from lab.links.netops import NetOps

SUDO = ("sudo", "-n", "--")


def connect() -> NetOps:
    """NetOps in this process when it is root's, else through sudo. Raises LabError."""
    if os.geteuid() == 0:
        return NetOps()
    return through((*SUDO, sys.executable, "-m", "lab.links.agent"))


def through(command: Sequence[str]) -> NetOps:
    """NetOps in a child process started by `command`."""
    return cast(NetOps, _Remote(command))


class _Remote:
    """Forwards every method call of NetOps; safe to use from many threads."""

    def __init__(self, command: Sequence[str]) -> None:
        self._turn = threading.Lock()
        self._numbers = itertools.count(1)
        self._child = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a Ctrl-C is for us: the child is needed for the rollback
        )

    def __getattr__(self, method: str) -> Callable[..., Any]:
        function = getattr(NetOps, method)

        def call(*args: Any, **kwargs: Any) -> Any:
            given = inspect.signature(function).bind(self, *args, **kwargs).arguments
            given.pop("self")
            reply = self._exchange(method, to_jsonable_python(given))
            if "error" in reply:
                raise _error(reply["error"])
            return _adapters(method)["return"].validate_python(reply["result"])

        return call

    def _exchange(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        with self._turn:
            number = next(self._numbers)
            self._send({"id": number, "method": method, "arguments": arguments})
            reply: dict[str, Any] = {}
            while reply.get("id") != number:  # a caller that was interrupted left its reply behind
                reply = self._receive(number)
            return reply

    def _send(self, request: dict[str, Any]) -> None:
        stdin = cast(IO[str], self._child.stdin)
        with contextlib.suppress(BrokenPipeError):  # the missing reply tells
            stdin.write(json.dumps(request) + "\n")
            stdin.flush()

    def _receive(self, number: int) -> dict[str, Any]:
        line = cast(IO[str], self._child.stdout).readline()
        if line:
            return cast(dict[str, Any], json.loads(line))
        if number > 1:
            raise LabError("the privileged helper process is gone", "run the command again")
        raise LabError(
            "creating network namespaces and links needs root, and sudo did not let us in",
            "run with sudo, or allow it without a password for this command",
        )


@functools.cache
def _adapters(method: str) -> dict[str, TypeAdapter[Any]]:
    """What converts each argument of a method, and its result under `return`."""
    return {
        name: TypeAdapter(hint) for name, hint in get_type_hints(getattr(NetOps, method)).items()
    }


def _error(wire: dict[str, str]) -> LabError:
    if wire["capability"]:
        return UnsupportedError(wire["capability"], wire["message"], wire["hint"])
    return LabError(wire["message"], wire["hint"])


def serve() -> None:
    """Answer requests on stdin until end-of-file."""
    operations = NetOps()
    for line in sys.stdin:
        request = json.loads(line)
        reply = _answer(operations, request["method"], request["arguments"])
        sys.stdout.write(json.dumps({"id": request["id"], **reply}) + "\n")
        sys.stdout.flush()


def _answer(operations: NetOps, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"result": _invoke(operations, method, arguments)}
    except LabError as error:
        capability = getattr(error, "capability", "")
        words = {"message": error.message, "hint": error.hint, "capability": capability}
    except Exception as error:  # noqa: BLE001 - the caller is told; locks and rollback need us alive
        message = f"{method}: {type(error).__name__}: {error}"
        words = {"message": message, "hint": "this is a defect of dpulab", "capability": ""}
    return {"error": words}


def _invoke(operations: NetOps, method: str, arguments: dict[str, Any]) -> Any:
    if method.startswith("_") or not hasattr(NetOps, method):
        raise LabError(f"no such privileged operation: {method}")
    adapters = _adapters(method)
    typed = {name: adapters[name].validate_python(value) for name, value in arguments.items()}
    return to_jsonable_python(getattr(operations, method)(**typed))


if __name__ == "__main__":
    serve()
