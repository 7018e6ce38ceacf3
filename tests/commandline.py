"""Running `dpulab` in the test's own process."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab import cli


@dataclass(frozen=True)
class Outcome:
    """What a command left: exit code and both streams."""

    code: int
    out: str
    err: str


Cli = Callable[..., Outcome]


def command_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Cli:
    """Runs `dpulab ARGS` in a folder, without the settings of whoever runs the tests."""
    monkeypatch.chdir(folder)
    for name in [name for name in os.environ if name.startswith("DPULAB_")]:
        monkeypatch.delenv(name)

    def call(*arguments: str) -> Outcome:
        capsys.readouterr()
        code = cli.run(list(arguments))
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call
