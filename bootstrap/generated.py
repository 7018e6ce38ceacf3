"""Generated files that are kept in the repository: what differs from new ones, and replacing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

Files = Mapping[str, str]
"""Text by path below some folder."""


def read_files(folder: Path, suffixes: Iterable[str]) -> dict[str, str]:
    """Return the files below `folder` whose names end in one of `suffixes`."""
    wanted = tuple(suffixes)
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.name.endswith(wanted) and path.is_file()
    }


def differences(present: Files, wanted: Files) -> list[str]:
    """Say how `present` differs from `wanted`, file by file; empty when it does not."""
    found = [f"missing: {name}" for name in sorted(wanted.keys() - present.keys())]
    found += [f"stale: {name}" for name in sorted(present.keys() - wanted.keys())]
    both = sorted(wanted.keys() & present.keys())
    return found + [f"differs: {name}" for name in both if present[name] != wanted[name]]


def replace(folder: Path, present: Files, wanted: Files) -> int:
    """Bring `folder` from `present` to `wanted`; return how many files were written or removed."""
    stale = present.keys() - wanted.keys()
    for name in stale:
        (folder / name).unlink()
    changed = {name: text for name, text in wanted.items() if present.get(name) != text}
    for name, text in changed.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return len(changed) + len(stale)
