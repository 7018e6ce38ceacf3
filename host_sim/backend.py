"""Which initiator carries a command out: the kernel's, through nvme-cli, or ours."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from host_sim.errors import UnsupportedError
from host_sim.messages import SOCKET

FABRICS = Path("/dev/nvme-fabrics")
TOOL = "nvme"


@dataclass(frozen=True, slots=True)
class Choice:
    """A back end, and why it is that one."""

    kernel: bool
    reason: str

    def __str__(self) -> str:
        return f"back end: {'kernel' if self.kernel else 'sim'} ({self.reason})"


def choose(wanted: str, folder: Path) -> Choice:
    """The back end for a command; `wanted` is auto, kernel or sim.

    Raises:
        UnsupportedError: the kernel's is wanted, and this machine has none.
    """
    if wanted == "sim":
        return Choice(False, "as asked for")
    missing = _missing()
    if wanted == "kernel":
        if missing:
            raise UnsupportedError(f"no kernel back end: {missing}")
        return Choice(True, "as asked for")
    if (folder / SOCKET).exists():
        return Choice(False, f"connections are held by the daemon in {folder}")
    if missing:
        return Choice(False, missing)
    return Choice(True, "nvme-tcp is loaded")


def _missing() -> str | None:
    """What keeps the kernel's initiator from being used, None if nothing does."""
    if not FABRICS.exists() or not Path("/sys/module/nvme_tcp").exists():
        return "the kernel module nvme-tcp is not loaded"
    if not os.access(FABRICS, os.W_OK):
        return f"{FABRICS} is not writable"
    if shutil.which(TOOL) is None:
        return "nvme-cli is not installed"
    return None


def run_tool(arguments: Sequence[str]) -> int:
    """Have nvme-cli carry the command out as it was given; its exit code."""
    return subprocess.run([TOOL, *arguments], check=False).returncode
