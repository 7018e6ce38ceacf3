"""Counts frames of a capture file by Wireshark display filter, with whichever tshark there is."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Protocol

from lab.errors import LabError, UnsupportedError
from lab.node import Node, RunningLab
from lab.topology.model import Role

_TIMEOUT = 60.0


class Dissector(Protocol):
    """Reads capture files."""

    def count(self, capture: Path, display_filter: str) -> int:
        """Frames that match; every frame for ''. Raises LabError for a bad filter or file."""
        ...


def _arguments(file: str, display_filter: str) -> list[str]:
    arguments = ["-n", "-r", file, "-T", "fields", "-e", "frame.number"]
    return [*arguments, "-Y", display_filter] if display_filter else arguments


def _counted(exit_code: int, stdout: str, stderr: str, display_filter: str) -> int:
    if exit_code:
        lines = [line for line in stderr.splitlines() if not line.startswith("Running as user")]
        raise LabError(f"tshark refused filter {display_filter!r}: {' '.join(lines) or exit_code}")
    return len(stdout.splitlines())


class LocalTshark:
    """The tshark of this machine."""

    def __init__(self, program: str) -> None:
        self._program = program

    def count(self, capture: Path, display_filter: str) -> int:
        """See Dissector."""
        ended = subprocess.run(
            [self._program, *_arguments(str(capture), display_filter)],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT,
            check=False,
        )
        return _counted(ended.returncode, ended.stdout, ended.stderr, display_filter)


class NodeTshark:
    """The tshark of a node, which gets a copy of the file."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def count(self, capture: Path, display_filter: str) -> int:
        """See Dissector."""
        copy = f"/tmp/dpulab-{capture.stem}.pcap"  # noqa: S108 - in the node, under our own name
        self._node.put(capture.read_bytes(), copy)
        try:
            ended = self._node.exec(["tshark", *_arguments(copy, display_filter)], timeout=_TIMEOUT)
        finally:
            self._node.exec(["rm", "-f", copy])
        return _counted(ended.exit_code, ended.stdout, ended.stderr, display_filter)


def find_dissector(lab: RunningLab) -> Dissector:
    """This machine's tshark, else that of a traffic node. Raises UnsupportedError."""
    program = shutil.which("tshark")
    if program:
        return LocalTshark(program)
    for node in lab.topology.nodes.values():
        if node.role is Role.TGEN and _has_tshark(lab.node(node.name)):
            return NodeTshark(lab.node(node.name))
    raise UnsupportedError(
        "tshark",
        "captures cannot be judged: no tshark on this machine or in a node of role tgen",
        "install the package tshark",
    )


def _has_tshark(node: Node) -> bool:
    return node.exec(["sh", "-c", "command -v tshark"]).exit_code == 0
