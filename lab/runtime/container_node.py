"""A node that is a container: the Node interface over the Docker adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.errors import LabError, UnsupportedError
from lab.node import Capture, ExecResult, Process
from lab.runtime.capture import start_capture
from lab.runtime.docker_engine import Docker
from lab.runtime.process import ContainerProcess


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
