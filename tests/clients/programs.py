"""Client programs that tests run: how they are called and how they ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from bootstrap.bindings import Language
from bootstrap.toolchain import in_container
from tests.opid_process import ROOT

PYTHON_EXAMPLE = ROOT / "clients" / "python" / "nvme_subsystem.py"
NO_FILES = Path(os.devnull)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended and what it said."""

    code: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[str]:
        """What it printed."""
        return self.stdout.splitlines()

    def blames(self, code: str) -> bool:
        """Whether its error names a gRPC code, which languages spell as they please."""
        return code.replace("_", "").lower() in self.stderr.replace("_", "").lower()


def run(command: Sequence[str], environ: Mapping[str, str] | None = None) -> Ended:
    """Run a program to its end, outside the project's folder."""
    done = subprocess.run(
        command,
        cwd="/",
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


Program = Callable[..., Ended]
"""Runs a client with command line arguments."""


class Example(Protocol):
    """Runs the example program of a language."""

    def __call__(self, *argv: str, files: Path = NO_FILES, network: str = "host") -> Ended:
        """Run it with these arguments.

        Args:
            argv: arguments.
            files: a folder whose files are named in them.
            network: the network of the container that it runs in.
        """


def compiled(language: Language) -> Example:
    """The example of a language whose bindings have been built."""

    def example(*argv: str, files: Path = NO_FILES, network: str = "host") -> Ended:
        return run(in_container([language.example, *argv], {files: str(files)}, network))

    return example


def python_example(*argv: str, files: Path = NO_FILES, network: str = "host") -> Ended:
    """The example in Python, on this machine: its package is the one that is tested."""
    if network != "host":
        pytest.skip("the example in Python runs in no container")
    return run([sys.executable, str(PYTHON_EXAMPLE), *argv], {"PYTHONPATH": str(ROOT)})
