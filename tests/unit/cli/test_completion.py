"""Completion: scripts for three shells, and words from the labs that are up, never an error."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lab import ownership
from lab.cli import complete
from lab.cli.machine import BASH_COMPLETION
from tests.commandline import Cli

PROGRAM = Path(sys.executable).with_name("dpulab")


def line(**chosen: str) -> Any:
    """A command line that is being typed."""
    return SimpleNamespace(params=chosen)


def test_words_come_from_the_labs_that_are_up(seems_up: Callable[[str], None]) -> None:
    seems_up("one")
    seems_up("other")
    assert complete.labs("") == ["one", "other"]
    assert complete.labs("ot") == ["other"]
    assert complete.nodes(line(lab="one"), "") == ["h1", "h2"]
    assert complete.nodes(line(), "h2") == ["h2"]
    assert complete.ends(line(lab="one"), "h1:") == ["h1:eth1", "h1:eth2"]
    assert complete.ends(line(), "br") == ["br1:p1"]


def test_nothing_is_known_and_nothing_is_said(dpulab: Cli) -> None:
    assert complete.labs("") == []
    assert complete.nodes(line(), "") == []
    assert complete.ends(line(lab="gone"), "") == []


def test_a_broken_state_file_is_no_error(seems_up: Callable[[str], None]) -> None:
    seems_up("one")
    ownership.state_path("one").write_text("{")
    assert complete.nodes(line(lab="one"), "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_are_printed(shell: str) -> None:
    done = subprocess.run(
        [PROGRAM, "completion", shell], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "_DPULAB_COMPLETE=complete_" + shell in done.stdout
    program = shutil.which(shell)
    if program is not None:
        check = subprocess.run(
            [program, "-n"], input=done.stdout, capture_output=True, text=True, check=False
        )
        assert (check.returncode, check.stderr) == (0, "")


PRESS_TAB = """
source /dev/stdin
COMP_WORDBREAKS=$' \\t\\n"'"'"'><=;|&(:' COMP_LINE="$0" COMP_POINT=${#0}
_dpulab_completion "$PROGRAM"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("dpulab node st", ["stop", "start"]),
        ("dpulab impair re", ["reset"]),
        ("dpulab status -f j", ["json"]),
        ("dpulab exec ", [""]),
    ],
)
def test_bash_completes_words(typed: str, offered: list[str]) -> None:
    """Commands and choices are the same everywhere; nodes depend on the labs that are up."""
    environment = os.environ | {
        "PROGRAM": str(PROGRAM),
        "DOCKER_HOST": "tcp://127.0.0.1:1",
        "DPULAB_LAB": "no-lab-has-this-name",
    }
    done = subprocess.run(
        ["bash", "--norc", "-c", PRESS_TAB, typed],
        input=BASH_COMPLETION,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == offered


def test_bash_keeps_what_stands_before_the_colon(tmp_path: Path) -> None:
    """Bash replaces only what follows the colon of NODE:INTERFACE."""
    stub = tmp_path / "stub"
    stub.write_text("#!/bin/sh\necho dpu1:p0\necho dpu1:p1\n")
    stub.chmod(0o755)
    done = subprocess.run(
        ["bash", "--norc", "-c", PRESS_TAB, "dpulab capture --lab x dpu1:p"],
        input=BASH_COMPLETION,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PROGRAM": str(stub)},
    )
    assert (done.stdout.split(), done.stderr) == (["p0", "p1"], "")
