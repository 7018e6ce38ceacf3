"""The NVMe/TCP target as a process, and a host that gets its queues ready for a load generator."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.nvme_host import Host
from tests.spdk_target import ROOT, ask

SUBNQN = "nqn.2024-01.io.dpulab:bench"
BLOCK = 512
MOST = 2048  # namespaces of the subsystem


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@dataclass(frozen=True)
class Served:
    """A target that runs: its process, where it takes calls, and the port of NVMe/TCP."""

    pid: int
    rpc: Path
    port: int

    def address(self) -> dict[str, str]:
        """Where it listens, as its calls name that."""
        return {
            "trtype": "TCP", "adrfam": "IPv4", "traddr": "127.0.0.1", "trsvcid": str(self.port)
        }  # fmt: skip


@contextmanager
def target(folder: Path, size: int, profile: Path | None) -> Iterator[int]:
    """A target that serves a RAM disk of `size` bytes, every block of it touched; its port."""
    with served(folder, size, profile) as one:
        yield one.port


@contextmanager
def served(folder: Path, size: int, profile: Path | None = None) -> Iterator[Served]:
    """The same, with all that is known of it."""
    rpc = folder / "spdk.sock"
    tool = ["-m", "cProfile", "-o", str(profile)] if profile else []
    command = [sys.executable, *tool, "-m", "dpu_sim.spdk_sim", "-r", str(rpc), "--notify-fd", "1"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            found = Served(process.pid, rpc, free_port())
            ask(rpc, "bdev_malloc_create", name="m", block_size=BLOCK, num_blocks=size // BLOCK)
            ask(rpc, "nvmf_create_transport", trtype="TCP")
            ask(rpc, "nvmf_create_subsystem", nqn=SUBNQN, allow_any_host=True, max_namespaces=MOST)
            ask(rpc, "nvmf_subsystem_add_ns", nqn=SUBNQN, namespace={"bdev_name": "m"})
            listen = found.address()
            ask(rpc, "nvmf_subsystem_add_listener", nqn=SUBNQN, listen_address=listen)
            yield found
        finally:
            process.terminate()
            process.wait(20)


class Session:
    """An association; `io_queue` gives a connection on which commands may be sent."""

    def __init__(self, port: int) -> None:
        self._host = Host(("127.0.0.1", port), SUBNQN)

    def io_queue(self) -> socket.socket:
        """A queue of 128 entries, which nobody reads from."""
        queue = self._host.io_queue(len(self._host.queues))
        queue.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        queue.socket.setblocking(True)
        return queue.socket

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._host.close()
