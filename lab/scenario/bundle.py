"""The folder that a failed scenario leaves: logs, captures, state of the nodes, result."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.node import Node, RunningLab

STATE_COMMANDS = (
    "ip -d -s addr",
    "ip route show table all",
    "ip -6 route show table all",
    "ip neigh",
    "ps -ef",
)
_LOG_LINES = 2000
_TIMEOUT = 10.0


def empty(folder: Path) -> None:
    """Remove what an earlier run of the same scenario left, and nothing else."""
    for name in ("captures", "logs", "state"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "result.json").unlink(missing_ok=True)


def write_bundle(lab: RunningLab, folder: Path) -> None:
    """Write logs/NODE.log and state/NODE.txt of every node; what cannot be had says why."""
    for name in lab.topology.nodes:
        _write(folder / "logs" / f"{name}.log", partial(_logs, lab, name))
        _write(folder / "state" / f"{name}.txt", partial(_state, lab, name))


def write_result(result: dict[str, Any], folder: Path) -> Path:
    """Write result.json; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "result.json"
    file.write_text(json.dumps(result, indent=2, sort_keys=True) + "\n")
    return file


def _write(file: Path, text: Callable[[], str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        content = text()
    except (LabError, TimeoutError) as error:
        content = f"not to be had: {error}\n"
    file.write_text(content)


def _logs(lab: RunningLab, name: str) -> str:
    return lab.node(name).logs(_LOG_LINES)


def _state(lab: RunningLab, name: str) -> str:
    return "\n".join(_output(lab.node(name), command) for command in STATE_COMMANDS)


def _output(node: Node, command: str) -> str:
    ended = node.exec(["sh", "-c", command], timeout=_TIMEOUT)
    return f"$ {command}\n{ended.stdout}{ended.stderr}"
