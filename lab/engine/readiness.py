"""The engine's own readiness polling: cheap, backing off, and ended by a cancellation.

Docker's HEALTHCHECK spends a core on 20 containers and tells late; a gRPC health check or a look
for a file costs a millisecond.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from lab.engine.cancellation import Cancellation
from lab.errors import LabError
from lab.opi import OpiClient
from lab.runtime.container import Container
from lab.runtime.container_node import ContainerNode
from lab.runtime.docker_engine import Docker
from lab.topology.model import Healthcheck, Node, Readiness

GRPC_PORT = 50051
READY_FILE = "/run/dpulab/ready"

_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5
_LOG_TAIL = 15
_SETTLE = 0.3
"""Seconds that a program of the user's has to live to be told from one that fails at once."""


def backoff() -> Iterator[float]:
    """Pauses between polls: 20 ms growing to 500 ms. Seconds."""
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 1.5, _LONGEST_PAUSE)


class ReadinessProbe:
    """Waits until one node is ready."""

    def __init__(
        self, docker: Docker, node: Node, container: ContainerNode, name: str, timeout: float
    ) -> None:
        self._docker = docker
        self._node = node
        self._container = container
        self._name = name
        self._timeout = timeout

    def wait(self, cancellation: Cancellation) -> str:
        """Block until ready; return how long it took. Raises LabError with the container's logs."""
        begin = time.monotonic()
        check = self._check()
        for attempt, pause in enumerate(backoff()):
            reason = self._reason_to_wait(check)
            elapsed = time.monotonic() - begin
            if not reason:
                return f"ready after {elapsed:.1f} s" if attempt else "ready"
            if elapsed > self._timeout:
                raise LabError(
                    f"{self._node.name} is not ready after {self._timeout:g} s: {reason}",
                    f"its last words:\n{self._last_words()}",
                )
            cancellation.pause(pause)
        raise AssertionError("backoff never ends")

    def _reason_to_wait(self, check: Callable[[Container], str]) -> str:
        try:
            return check(self._running())
        except LabError:
            self._running()  # it may have ended under the check: that is what has to be told
            raise

    def _running(self) -> Container:
        """The container. Raises LabError with its last words when it has ended."""
        found = self._docker.inspect(self._name)
        if found is None:
            raise LabError(f"container {self._name} disappeared")
        if not found.running:
            raise LabError(
                f"{self._node.name} ended with exit code {found.exit_code} before it was ready",
                f"its last words:\n{self._last_words()}",
            )
        return found

    def _check(self) -> Callable[[Container], str]:
        if self._node.readiness is Readiness.GRPC:
            return _grpc_reason
        if self._node.readiness is Readiness.FILE:
            return self._file_reason
        if self._node.healthcheck is not None:
            return self._healthcheck(self._node.healthcheck)
        if self._node.cmd or self._node.entrypoint:
            return _settled(time.monotonic())
        return lambda _: ""

    def _file_reason(self, _: Container) -> str:
        failure = self._try(["test", "-e", READY_FILE], timeout=5)
        return "" if failure is None else f"{READY_FILE} is not there"

    def _try(self, argv: list[str], timeout: float) -> str | None:
        """What went wrong with a command in the node, None when it succeeded."""
        try:
            result = self._container.exec(argv, timeout=timeout)
        except TimeoutError as error:
            return str(error)
        return (result.stderr or result.stdout).strip() if result.exit_code else None

    def _healthcheck(self, check: Healthcheck) -> Callable[[Container], str]:
        """The file's own health check, run by us at its interval."""
        kind, *command = check.test
        argv = ["/bin/sh", "-c", command[0]] if kind == "CMD-SHELL" else command
        due = time.monotonic() + check.start_period
        failures = 0

        def reason(_: Container) -> str:
            nonlocal due, failures
            if kind == "NONE":
                return ""
            if time.monotonic() < due:
                return "its health check has not succeeded yet"
            due = time.monotonic() + check.interval
            failure = self._try(argv, check.timeout)
            if failure is None:
                return ""
            failures += 1
            if failures > check.retries:
                raise LabError(
                    f"the health check of {self._node.name} failed {failures} times: {failure}"
                )
            return f"its health check fails: {failure}"

        return reason

    def _last_words(self) -> str:
        text = self._docker.logs(self._name, _LOG_TAIL).decode(errors="replace")
        return text.strip() or "(it printed nothing)"


def _settled(begin: float) -> Callable[[Container], str]:
    def reason(_: Container) -> str:
        return "" if time.monotonic() - begin >= _SETTLE else "it has only just been started"

    return reason


def _grpc_reason(container: Container) -> str:
    """Why the gRPC server cannot be used yet, '' when its health says SERVING."""
    with OpiClient(f"{container.ipv4}:{GRPC_PORT}") as client:
        serving = client.health(timeout=1)
    return "" if serving else f"gRPC on {client.target} is not serving yet"
