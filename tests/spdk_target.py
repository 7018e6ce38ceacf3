"""The SPDK stand-in as a process in tests, and what it has, seen through SPDK's own client."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from spdk.rpc.client import JSONRPCClient

ROOT = Path(__file__).parents[1]
DISCOVERY = "nqn.2014-08.org.nvmexpress.discovery"


@contextmanager
def spdk_target(path: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A target on the socket `path` that answers; it is killed at the end.

    Sockets of vhost are beside `path`, unless arguments say otherwise.
    """
    command = [sys.executable, "-m", "dpu_sim.spdk_sim", "-r", str(path), "--notify-fd", "1"]
    command += ["-S", str(path.parent), *arguments]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log)
        try:
            assert process.stdout is not None
            if process.stdout.readline() != b"\n":
                log.seek(0)
                pytest.fail(f"the target ended before it was ready: {log.read()}")
            yield process
        finally:
            process.kill()
            process.wait(10)


def ask(path: Path, method: str, /, **parameters: Any) -> Any:
    """One call of the target."""
    client = JSONRPCClient(str(path), timeout=10.0)
    try:
        return client.call(method, parameters)
    finally:
        client.close()


def subsystems(path: Path) -> dict[str, dict[str, Any]]:
    """The target's subsystems by NQN, without the one for discovery."""
    listed = ask(path, "nvmf_get_subsystems")
    return {one["nqn"]: one for one in listed if one["nqn"] != DISCOVERY}
