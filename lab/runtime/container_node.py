"""A node that is a container: the Node interface over the Docker adapter."""

from __future__ import annotations

import contextlib
import signal as signals
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from lab.errors import LabError, UnsupportedError
from lab.node import Capture, ExecResult, Process
from lab.runtime.capture import start_capture
from lab.runtime.docker_engine import Docker

_TELL_PID = 'echo "$$"; exec "$@"'
"""Wrapper that prints the process id inside the node before it becomes the command.

An exec'd process leads its own session, so its id is also its process group's.
"""
_KILL_GRACE = 2.0


class ContainerProcess:
    """A command running in a container."""

    def __init__(
        self, docker: Docker, container: str, argv: Sequence[str], env: Mapping[str, str] | None
    ) -> None:
        self._docker = docker
        self._container = container
        self._argv = list(argv)
        wrapped = ["/bin/sh", "-c", _TELL_PID, "sh", *argv]
        self._exec_id, self._stream = docker.exec_start(container, wrapped, env)
        self._out, self._err = bytearray(), bytearray()
        self._pid: int | None = None
        self._changed = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        try:
            for out, err in self._stream:
                with self._changed:
                    self._out += out or b""
                    self._err += err or b""
                    self._take_pid()
                    self._changed.notify_all()
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _take_pid(self) -> None:
        if self._pid is None and b"\n" in self._out:
            first, _, rest = bytes(self._out).partition(b"\n")
            if first.strip().isdigit():
                self._pid, self._out = int(first), bytearray(rest)

    def wait_for_line(self, needle: str, timeout: float) -> str:
        """Block until a stdout line contains `needle`; return it."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                for line in self._out.decode(errors="replace").splitlines():
                    if needle in line:
                        return line
                left = deadline - time.monotonic()
                if self._ended:
                    raise LabError(
                        f"{self._argv[0]} ended before it said {needle!r}: {self._words()}"
                    )
                if left <= 0:
                    raise TimeoutError(f"no line with {needle!r} within {timeout:g} s")
                self._changed.wait(left)

    def _words(self) -> str:
        text = (self._err or self._out).decode(errors="replace").strip()
        return text or "it printed nothing"

    def wait(self, timeout: float) -> ExecResult:
        """Block until it ends. Raises TimeoutError and leaves it running."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._ended, timeout):
                raise TimeoutError(f"{' '.join(self._argv)} still runs after {timeout:g} s")
        return ExecResult(
            self._exit_code(),
            self._out.decode(errors="replace"),
            self._err.decode(errors="replace"),
        )

    def _exit_code(self) -> int:
        """Its exit code; the daemon may learn of it a moment after the output ends."""
        deadline = time.monotonic() + _KILL_GRACE
        while (code := self._docker.exec_exit_code(self._exec_id)) is None:
            if time.monotonic() > deadline:
                raise LabError(f"{self._argv[0]} closed its output but does not end")
            time.sleep(0.01)
        return code

    def signal(self, number: int) -> None:
        """Send a signal to its process group inside the node."""
        with self._changed:
            self._changed.wait_for(lambda: self._pid is not None or self._ended, _KILL_GRACE)
            if self._ended or self._pid is None:
                return
            group = self._pid
        script = f"kill -{int(number)} -{group} 2>/dev/null || kill -{int(number)} {group}"
        _, stream = self._docker.exec_start(self._container, ["/bin/sh", "-c", script], None)
        for _ in stream:
            pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # a node that was stopped took the process along
        with contextlib.suppress(LabError):
            self.signal(signals.SIGKILL)
        self._reader.join(_KILL_GRACE)


class ContainerNode:
    """A node of a lab that runs as a container."""

    def __init__(self, docker: Docker, name: str, container: str, netns: Path) -> None:
        self._docker = docker
        self._name = name
        self._container = container
        self._netns = netns

    @property
    def name(self) -> str:
        """Name in the topology."""
        return self._name

    def exec(
        self, argv: Sequence[str], *, timeout: float = 30.0, env: Mapping[str, str] | None = None
    ) -> ExecResult:
        """Run to the end. Raises TimeoutError after killing it inside the node."""
        with self.start(argv, env=env) as process:
            return process.wait(timeout)

    def start(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> Process:
        """Run in the background."""
        self._must_run()
        return ContainerProcess(self._docker, self._container, argv, env)

    def _must_run(self) -> None:
        found = self._docker.inspect(self._container)
        if found is None:
            raise LabError(f"node {self._name} does not exist", "`dpulab up` brings it back")
        if not found.running:
            raise LabError(
                f"node {self._name} is not running ({found.state}, exit code {found.exit_code})",
                f"`dpulab node start {self._name}` starts it, `dpulab logs {self._name}` says why",
            )

    def put(self, data: bytes, path: str, mode: int = 0o644) -> None:
        """Write a file; parent folders are made."""
        self._docker.put(self._container, data, path, mode)

    def get(self, path: str) -> bytes:
        """Read a file."""
        return self._docker.get(self._container, path)

    def capture(self, interface: str, to: Path, bpf: str = "") -> Capture:
        """Capture frames on one of the node's interfaces into `to`."""
        return start_capture(self._netns, interface, to, bpf)

    def logs(self, tail: int | None = None) -> str:
        """What the node's main process printed."""
        return self._docker.logs(self._container, tail).decode(errors="replace")


class BridgeNode:
    """A bridge node: frames can be captured on it, but nothing runs in it."""

    def __init__(self, name: str, netns: Path) -> None:
        self._name = name
        self._netns = netns

    @property
    def name(self) -> str:
        """Name in the topology."""
        return self._name

    def _refuse(self, what: str) -> UnsupportedError:
        return UnsupportedError("container", f"{self._name} is a bridge: it cannot {what}")

    def exec(
        self, argv: Sequence[str], *, timeout: float = 30.0, env: Mapping[str, str] | None = None
    ) -> ExecResult:
        """Not supported on a bridge."""
        raise self._refuse(f"run {argv[0]} (timeout {timeout:g} s, env {env})")

    def start(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> Process:
        """Not supported on a bridge."""
        raise self._refuse(f"run {argv[0]} (env {env})")

    def put(self, data: bytes, path: str, mode: int = 0o644) -> None:
        """Not supported on a bridge."""
        raise self._refuse(f"hold {path} ({len(data)} bytes, mode {mode:o})")

    def get(self, path: str) -> bytes:
        """Not supported on a bridge."""
        raise self._refuse(f"hold {path}")

    def capture(self, interface: str, to: Path, bpf: str = "") -> Capture:
        """Capture frames on one of the bridge's ports into `to`."""
        return start_capture(self._netns, interface, to, bpf)

    def logs(self, tail: int | None = None) -> str:
        """Not supported on a bridge."""
        raise self._refuse(f"print logs (tail {tail})")
