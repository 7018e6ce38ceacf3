"""Runs the command line in this process; nothing listens where it looks for a DPU."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.opictl_line import Line, command_line


@pytest.fixture
def opictl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Line:
    """`opictl ARGS` in an empty folder."""
    line = command_line(tmp_path, monkeypatch, capsys)
    monkeypatch.setenv("OPICTL_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("OPICTL_TIMEOUT", "5")
    return line
