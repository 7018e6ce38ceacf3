"""Running `opictl` in the test's own process, and a DPU for it to talk to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from opictl.cli import run
from tests.opid_process import Opid, starting_opid
from tests.spdk_process import running_spdk_sim

VARIABLES = ("OPICTL_", "_OPICTL_", "XDG_CONFIG_HOME")


@dataclass(frozen=True)
class Outcome:
    """What a command left: exit code and both streams."""

    code: int
    out: str
    err: str


Line = Callable[..., Outcome]


def command_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Line:
    """Runs `opictl ARGS` in a folder, without the settings of whoever runs the tests."""
    monkeypatch.chdir(folder)
    for name in [name for name in os.environ if name.startswith(VARIABLES)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: str) -> Outcome:
        capsys.readouterr()
        code = run(list(arguments))
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


@contextmanager
def serving_dpu(folder: Path, *flags: str) -> Iterator[Opid]:
    """opid with a storage target behind it; both end with the block.

    Args:
        folder: where sockets and state go.
        flags: more flags of opid.
    """
    with (
        running_spdk_sim(folder / "spdk.sock") as socket,
        starting_opid(folder / "state") as start,
    ):
        server = start("--spdk-socket", str(socket), *flags)
        server.wait_for("serving")
        yield server
