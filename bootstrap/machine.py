"""Small programs of the machine itself that some of the lab's features run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping

from bootstrap.apt import ensure_packages
from bootstrap.console import BootstrapError, say

SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"
TOOLS: Mapping[str, tuple[str, str]] = {
    "tcpdump": ("tcpdump", "captures on links"),
    "iptables": ("iptables", "bridge nodes in the machine's own namespace"),
}
"""Program, the package that has it, and what does not work without it."""


def missing_tools(path: str | None = None) -> list[str]:
    """Return the programs that are neither on PATH nor in the system folders."""
    searched = os.environ.get("PATH", "") if path is None else path
    folders = f"{searched}:{SYSTEM_FOLDERS}" if path is None else searched
    return [program for program in TOOLS if not shutil.which(program, path=folders)]


def ensure_tools() -> None:
    """Install what is missing; a lab runs without them, so what cannot be had is only named."""
    for program in missing_tools():
        package, purpose = TOOLS[program]
        try:
            ensure_packages([package], f"{purpose} need {program}")
        except BootstrapError as error:
            say(f"warning: {error}\n  the lab runs without {program}, except {purpose}")
