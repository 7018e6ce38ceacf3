"""Running opid as a process in tests: its log, its endpoints, its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

ROOT = Path(__file__).parents[1]
DEADLINE = 20.0
START_DEADLINE = 60.0
"""For a start, which takes seconds of CPU time, of which a busy machine gives little."""

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Opid:
    """A running server and the log lines that it has printed so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.log: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self.log.append(json.loads(line))
                self._news.notify_all()

    def wait_for(self, message: str, **fields: object) -> dict[str, Any]:
        """The log entry with this message and these fields, once it is there."""
        deadline = START_DEADLINE if message == "serving" else DEADLINE

        def found() -> dict[str, Any] | None:
            wanted = {"message": message, **fields}.items()
            return next((entry for entry in self.log if wanted <= _items(entry)), None)

        with self._news:
            entry = self._news.wait_for(found, timeout=deadline)
        ended = self.process.poll()
        assert entry is not None, f"no {message!r} {fields} in {self.log}, exit code {ended}"
        return entry

    def wait_for_count(self, message: str, count: int, **fields: object) -> None:
        """Wait until so many log entries with this message and these fields are there."""
        wanted = {"message": message, **fields}.items()

        def enough() -> bool:
            found = [entry for entry in self.log if wanted <= _items(entry)]
            return len(found) >= count

        with self._news:
            assert self._news.wait_for(enough, timeout=DEADLINE), f"not {count} of {dict(wanted)}"

    @property
    def endpoint(self) -> str:
        """The first host:port at which it serves gRPC."""
        endpoints: list[str] = self.wait_for("serving")["endpoints"]
        return endpoints[0]

    @property
    def http(self) -> str:
        """The first host:port at which it serves HTTP."""
        endpoints: list[str] = self.wait_for("serving")["http"]
        return endpoints[0]

    def end(self) -> int:
        """Exit code, once it has ended and all its log is read."""
        code = self.process.wait(DEADLINE)
        self._reader.join(DEADLINE)
        return code


def _items(entry: dict[str, Any]) -> Any:
    return {key: value for key, value in entry.items() if value.__hash__}.items()


class Start(Protocol):
    """Starts an opid on any port of loopback, in plain text, with a state folder of its own."""

    def __call__(
        self,
        *argv: str,
        grpc: str = "127.0.0.1:0",
        http: str = "",
        insecure: bool = True,
        prefix: tuple[str, ...] = (),
        pass_fds: tuple[int, ...] = (),
        environ: Mapping[str, str] | None = None,
    ) -> Opid:
        """Start it with these flags besides; `prefix` is a command that runs it."""


@contextmanager
def starting_opid(folder: Path) -> Iterator[Start]:
    """Start servers; whatever still runs at the end is killed.

    Args:
        folder: where their state goes.
    """
    running: list[Opid] = []

    def start(
        *argv: str,
        grpc: str = "127.0.0.1:0",
        http: str = "",
        insecure: bool = True,
        prefix: tuple[str, ...] = (),
        pass_fds: tuple[int, ...] = (),
        environ: Mapping[str, str] | None = None,
    ) -> Opid:
        flags = ["--http", http]
        flags += ["--grpc", grpc] if grpc else []
        flags += ["--insecure"] if insecure else []
        flags += [] if "--state-dir" in argv else ["--state-dir", str(folder / str(len(running)))]
        command = [*prefix, sys.executable, "-m", "dpu_sim.server", *flags, *argv]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=_environment() | dict(environ or {}),
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=pass_fds,
        )
        running.append(Opid(process))
        return running[-1]

    try:
        yield start
    finally:
        for server in running:
            server.process.kill()
            server.end()


def _environment() -> dict[str, str]:
    """This process's, without what configures opid, gRPC or telemetry."""
    foreign = ("OPID_", "OTEL_", "GRPC_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


@contextmanager
def channel(
    server: Opid, credentials: grpc.ChannelCredentials | None = None
) -> Iterator[grpc.Channel]:
    """A channel to a server."""
    # Channels to one address share their connection otherwise, whatever certificates they show.
    options = [("grpc.use_local_subchannel_pool", 1)]
    if credentials is None:
        opened = grpc.insecure_channel(server.endpoint, options)
    else:
        opened = grpc.secure_channel(server.endpoint, credentials, options)
    with opened:
        yield opened


def health(server: Opid, service: str = "") -> int:
    """Health of a service."""
    with channel(server) as opened:
        request = health_pb2.HealthCheckRequest(service=service)
        stub: Any = health_pb2_grpc.HealthStub(opened)
        return int(stub.Check(request, timeout=DEADLINE).status)
