"""What a pytest run in the virtual machine says of each of its tests."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of a test: passed, skipped, failure or error; `text` says why, if not passed."""

    outcome: str
    text: str


def collect(root: Path, files: Sequence[str]) -> list[str]:
    """Return the ids of the tests in files, as pytest collects them. Raises RuntimeError."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *files]
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode:
        raise RuntimeError(f"cannot collect {' '.join(files)}:\n{done.stdout}{done.stderr}")
    return [line for line in done.stdout.splitlines() if "::" in line]


def read_verdicts(junit: bytes) -> dict[str, Verdict]:
    """Return the verdicts of a JUnit report by test id."""
    cases = ET.fromstring(junit).iter("testcase")
    return {_test_id(case): _verdict(case) for case in cases}


def _test_id(case: ET.Element) -> str:
    """pytest writes tests/a/b.py::c[d] as class tests.a.b and name c[d]."""
    return f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"


def _verdict(case: ET.Element) -> Verdict:
    for kind in ("error", "failure", "skipped"):
        found = case.find(kind)
        if found is not None:
            return Verdict(kind, f"{found.get('message', '')}\n{found.text or ''}".strip())
    return Verdict("passed", "")
