"""Bind mounts: `source:destination[:options]`, sources relative to the topology's folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

OPTIONS = frozenset(
    [
        "ro",
        "rw",
        "z",
        "Z",
        "consistent",
        "cached",
        "delegated",
        "nocopy",
        "private",
        "rprivate",
        "slave",
        "rslave",
        "shared",
        "rshared",
    ]
)


@dataclass(frozen=True, slots=True)
class Bind:
    """A bind mount with an absolute source."""

    source: str
    destination: str
    options: str = ""

    def __str__(self) -> str:
        """As Docker takes it."""
        return ":".join(part for part in (self.source, self.destination, self.options) if part)


def parse(text: str, folder: Path) -> Bind:
    """Read a bind. Raises ValueError; whether the source exists is asked elsewhere."""
    parts = text.split(":")
    if not 2 <= len(parts) <= 3 or not all(parts):
        raise ValueError(f"'{text}' is no bind: write source:destination or source:destination:ro")
    source, destination = parts[0], parts[1]
    if not destination.startswith("/") or os.path.normpath(destination) in {"/", "//"}:
        raise ValueError(f"bind destination '{destination}' is not an absolute path below /")
    options = parts[2] if len(parts) == 3 else ""
    for option in filter(None, options.split(",")):
        if option not in OPTIONS:
            raise ValueError(f"unknown bind option '{option}'; most used are ro, rw, z and Z")
    return Bind(absolute(source, folder), destination, options)


def absolute(text: str, folder: Path) -> str:
    """Path of the file system for a path of the file: `~`, or relative to the file's folder.

    Symbolic links stay; who needs the real place asks for it.
    """
    # os.path, because it leaves the name of an unknown user alone instead of raising.
    expanded = os.path.expanduser(text)  # noqa: PTH111
    return os.path.normpath(folder / expanded)
