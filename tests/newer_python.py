"""Programs of this tree under the Python of our images, which is newer than that of the tests.

TLS with pre-shared keys needs Python 3.13. The containers have the tree read-only and no network
but a loopback device, which those started with `beside` share.
"""

from __future__ import annotations

import re
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DEADLINE = 60.0
_LABEL = "dpulab.test=newer-python"


class NewerPython:
    """A container that waits for programs to run; `shared` is the one folder that it can write."""

    def __init__(self, name: str, shared: Path) -> None:
        self.name = name
        self.shared = shared

    def command(self, *words: str) -> list[str]:
        """The command line that runs a program in the container."""
        return ["docker", "exec", self.name, *words]

    def run(self, *words: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run a program to its end."""
        return _docker("exec", "-i", self.name, *words, data=data)

    def good(self, *words: str, data: bytes = b"") -> str:
        """As `run`; it has to succeed."""
        done = self.run(*words, data=data)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout.decode()

    @contextmanager
    def running(self, *words: str, ready: str) -> Iterator[None]:
        """A program in the background from when its output matches `ready` on; SIGINT ends it."""
        number = uuid.uuid4().hex[:8]
        pid, output = self.shared / f"{number}.pid", self.shared / f"{number}.log"
        script = 'echo $$ > "$0"; out=$1; shift; exec "$@" > "$out" 2>&1'
        started = ["sh", "-c", script, str(pid), str(output), *words]
        process = subprocess.Popen(self.command(*started))
        try:
            wait_until(lambda: output.exists() and re.search(ready, output.read_text()))
            yield
        finally:
            self.run("sh", "-c", 'kill -INT "$(cat "$0")"', str(pid))
            process.wait(DEADLINE)


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for what is to become true."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.02)


@contextmanager
def newer_python(
    image: str, shared: Path, beside: NewerPython | None = None
) -> Iterator[NewerPython]:
    """A container of one of our images. Skips where there is none.

    Args:
        image: its name, for example dpulab/dpu.
        shared: a folder that has the same path inside.
        beside: the container to share a loopback device with.
    """
    _require(image)
    name = f"dpulab-newer-python-{uuid.uuid4().hex[:8]}"
    ipv6 = "net.ipv6.conf.lo.disable_ipv6=0"
    network = [f"container:{beside.name}"] if beside else ["none", "--sysctl", ipv6]
    started = _docker(
        "run", "--detach", "--rm", "--name", name, "--label", _LABEL, "--network", *network,
        "--volume", f"{ROOT}:/source:ro", "--volume", f"{shared}:{shared}", "--workdir", "/source",
        "--env", "PYTHONPATH=/source", "--entrypoint", "tini", image, "--", "sleep", "infinity",
    )  # fmt: skip
    assert started.returncode == 0, started.stderr
    try:
        yield NewerPython(name, shared)
    finally:
        _docker("kill", name)


def _require(image: str) -> None:
    try:
        there = _docker("image", "inspect", image).returncode == 0
    except FileNotFoundError:
        pytest.skip("no docker command")
    if not there:
        pytest.skip(f"image {image} has not been built, or Docker does not run")


def _docker(*words: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["docker", *words], input=data, capture_output=True, timeout=DEADLINE, check=False
    )
