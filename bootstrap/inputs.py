"""Content hashes: a step is skipped when nothing that it was made from has changed."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bootstrap.console import ROOT

IGNORED_NAMES = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


def digest(parts: Iterable[str | bytes]) -> str:
    """Hash parts so that their borders count: ("ab", "c") differs from ("a", "bc")."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "big"))
        total.update(data)
    return total.hexdigest()


def source_files(folder: Path) -> Iterator[Path]:
    """Yield the files below `folder` in a fixed order, without caches; none if it is missing."""
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if IGNORED_NAMES.isdisjoint(relative.parts) and path.suffix != ".pyc" and _is_leaf(path):
            yield path


def _is_leaf(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def folder_digest(folder: Path) -> str:
    """Hash names, executable bits and contents of the files below `folder`."""
    return digest(part for path in source_files(folder) for part in _file_parts(folder, path))


def _file_parts(folder: Path, path: Path) -> tuple[str | bytes, ...]:
    name = str(path.relative_to(folder))
    if path.is_symlink():
        return (name, "link", str(path.readlink()))
    mode = "x" if path.stat().st_mode & 0o100 else "-"
    return (name, mode, path.read_bytes())


def read_pyproject(root: Path = ROOT) -> dict[str, Any]:
    """Return the parsed pyproject.toml."""
    return tomllib.loads((root / "pyproject.toml").read_text())


def project_digest(pyproject: dict[str, Any]) -> str:
    """Hash what an installation of the project depends on (not the settings of its tools)."""
    relevant = {key: pyproject.get(key) for key in ("project", "build-system")}
    packages = pyproject.get("tool", {}).get("setuptools")
    return digest([json.dumps([relevant, packages], sort_keys=True)])


def dependency_digest(pyproject: dict[str, Any]) -> str:
    """Hash what the lock files are resolved from: the declared dependencies, nothing else."""
    project = pyproject["project"]
    declared = [
        pyproject["build-system"]["requires"],
        project["requires-python"],
        project["dependencies"],
        project["optional-dependencies"],
    ]
    return digest([json.dumps(declared, sort_keys=True)])
