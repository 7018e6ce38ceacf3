"""Runs the command line in this process, on a machine without Docker and without labs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lab import ownership
from lab.topology.loader import load
from lab.topology.model import to_json
from tests.commandline import Cli, command_line

TWO_HOSTS = """\
name: two
topology:
  defaults: {kind: linux, image: dpulab/host, network-mode: none}
  nodes:
    h1: {}
    h2: {}
    br1: {kind: bridge}
  links:
    - endpoints: ["h1:eth1", "h2:eth1"]
      mtu: 1500
    - endpoints: ["h1:eth2", "br1:p1"]
      mtu: 1500
"""


@pytest.fixture
def dpulab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Cli:
    """Runs `dpulab ARGS` in an empty folder; nothing of the machine's own labs is seen."""
    work, run = tmp_path / "work", tmp_path / "run"
    work.mkdir()
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    real = ownership.RUN
    for name, module in list(sys.modules.items()):
        if name.startswith("lab.") and getattr(module, "RUN", None) is real:
            monkeypatch.setattr(module, "RUN", run)

    return command_line(work, monkeypatch, capsys)


@pytest.fixture
def write(dpulab: Cli) -> Callable[[str, str], Path]:
    """Writes a file into the folder that the command runs in."""

    def put(name: str, text: str = TWO_HOSTS) -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return put


@pytest.fixture
def seems_up(write: Callable[..., Path]) -> Callable[[str], None]:
    """Leaves behind what a lab that is up leaves on disk."""

    def make(name: str) -> None:
        path = write("two.clab.yml")
        state = ownership.state_path(name)
        state.parent.mkdir(parents=True)
        state.write_bytes(to_json(load(path, name=name)))

    return make
