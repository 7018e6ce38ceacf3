"""Running the SPDK stand-in as a process in tests."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.opid_process import DEADLINE, ROOT


@contextmanager
def running_spdk_sim(socket: Path, *arguments: str) -> Iterator[Path]:
    """A stand-in that answers at `socket` until the end; it begins with no devices."""
    command = [sys.executable, "-m", "dpu_sim.spdk_sim", "-r", str(socket), "--notify-fd", "1"]
    command += arguments
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log) as process,
    ):
        try:
            assert process.stdout is not None
            if process.stdout.readline() != b"\n":
                log.seek(0)
                pytest.fail(f"the stand-in ended before it was ready: {log.read()}")
            yield socket
        finally:
            process.kill()
            process.wait(DEADLINE)
