"""NetOps for a caller who is not root: the same methods, run in a child process under sudo.

Requests and replies are JSON lines over the child's stdin and stdout, converted by the type
annotations of NetOps. When the caller dies, the child reads end-of-file and ends, and its locks go
with it.
"""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, cast, get_type_hints

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
        self._child = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a Ctrl-C is for us: the child is needed for the rollback
        )

    def __getattr__(self, method: str) -> Callable[..., Any]:
        function = getattr(NetOps, method)

        def call(*arguments: Any) -> Any:
            reply = self._exchange({"method": method, "arguments": to_jsonable_python(arguments)})
            if "error" in reply:
                raise _error(reply["error"])
            return TypeAdapter(get_type_hints(function)["return"]).validate_python(reply["result"])

        return call

    def _exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._turn:
            stdin, stdout = self._child.stdin, self._child.stdout
            if stdin is None or stdout is None:
                raise LabError("the privileged helper has no pipes")
            try:
                stdin.write(json.dumps(request) + "\n")
                stdin.flush()
                line = stdout.readline()
            except BrokenPipeError:
                line = ""
        if not line:
            raise LabError(
                "creating network namespaces and links needs root, and sudo did not let us in",
                "run with sudo, or allow it without a password for this command",
            )
        return cast(dict[str, Any], json.loads(line))


def _error(wire: dict[str, str]) -> LabError:
    if wire["capability"]:
        return UnsupportedError(wire["capability"], wire["message"], wire["hint"])
    return LabError(wire["message"], wire["hint"])


def serve() -> None:
    """Answer requests on stdin until end-of-file."""
    operations = NetOps()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = {"result": _invoke(operations, request["method"], request["arguments"])}
        except LabError as error:
            capability = getattr(error, "capability", "")
            words = {"message": error.message, "hint": error.hint, "capability": capability}
            reply = {"error": words}
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


def _invoke(operations: NetOps, method: str, arguments: list[Any]) -> Any:
    if method.startswith("_") or not hasattr(NetOps, method):
        raise LabError(f"no such privileged operation: {method}")
    function = getattr(NetOps, method)
    hints = get_type_hints(function)
    names = list(inspect.signature(function).parameters)[1:]
    typed = [
        TypeAdapter(hints[name]).validate_python(value)
        for name, value in zip(names, arguments, strict=True)
    ]
    return to_jsonable_python(getattr(operations, method)(*typed))


if __name__ == "__main__":
    serve()
