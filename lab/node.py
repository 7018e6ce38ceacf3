"""The one interface through which everything acts on a running lab.

A container lab implements it today; a lab of real cards reached over ssh can implement it tomorrow,
and the same scenarios run on both. Nothing here imports a container engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from lab.topology.model import Impairment, Topology


@dataclass(frozen=True, slots=True)
class ExecResult:
    """How a command in a node ended."""

    exit_code: int
    stdout: str
    stderr: str


class Process(Protocol):
    """A command running in a node. Leaving the context kills it *inside the node*."""

    def wait_for_line(self, needle: str, timeout: float) -> str:
        """Block until a stdout line contains `needle`; return it. Raises TimeoutError."""
        ...

    def wait(self, timeout: float) -> ExecResult:
        """Block until it ends. Raises TimeoutError and leaves it running."""
        ...

    def signal(self, number: int) -> None:
        """Send a signal to the process inside the node; a process that ended is left alone."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Capture(Protocol):
    """A packet capture that is known to be running when it is handed out."""

    def stop(self) -> Path:
        """End the capture, with everything seen so far flushed; return the pcap file."""
        ...


class Node(Protocol):
    """A node of a lab: where commands run, files live and packets are seen."""

    @property
    def name(self) -> str:
        """Name in the topology."""
        ...

    def exec(
        self, argv: Sequence[str], *, timeout: float = 30.0, env: Mapping[str, str] | None = None
    ) -> ExecResult:
        """Run to the end. Raises TimeoutError after killing it inside the node."""
        ...

    def start(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> Process:
        """Run in the background."""
        ...

    def put(self, data: bytes, path: str, mode: int = 0o644) -> None:
        """Write a file; parent folders are made."""
        ...

    def get(self, path: str) -> bytes:
        """Read a file. Raises LabError when there is none."""
        ...

    def capture(self, interface: str, to: Path, bpf: str = "") -> Capture:
        """Capture frames on one of the node's interfaces into `to`."""
        ...

    def logs(self, tail: int | None = None) -> str:
        """What the node's main process printed."""
        ...


class RunningLab(Protocol):
    """A lab that is up."""

    @property
    def topology(self) -> Topology:
        """What was asked for."""
        ...

    def node(self, name: str) -> Node:
        """A node by name. Raises LabError with the known names."""
        ...

    def grpc_target(self, node: str) -> str:
        """host:port where the DPU `node` serves gRPC. Raises LabError when it is no DPU."""
        ...

    def mgmt_address(self, node: str) -> str:
        """Management IPv4 address of a node, '' where it has none."""
        ...

    def set_link(self, node: str, interface: str, *, up: bool) -> None:
        """Cut (both directions) or heal the link that ends here."""
        ...

    def impair(self, node: str, interface: str, impairment: Impairment) -> None:
        """Replace the impairment of one link end. Raises UnsupportedError."""
        ...

    def stop_node(self, node: str, *, kill: bool = False) -> None:
        """Stop a node cleanly, or with SIGKILL; its links keep their other ends."""
        ...

    def start_node(self, node: str) -> None:
        """Start a stopped node, give it back its links and wait until it is ready."""
        ...
