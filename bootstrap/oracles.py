"""Independent clients that the tests compare us with, installed apart from the project.

Their dependencies and generated stubs must not meet ours, so they get a folder of their own, and
tests run them as a process with that folder on the path.
"""

from __future__ import annotations

import shutil

from bootstrap.console import BUILD, LOGS, ROOT, step
from bootstrap.inputs import digest
from bootstrap.process import run_logged
from bootstrap.venv import PYTHON

LOCK = ROOT / "requirements" / "oracles.txt"
FOLDER = BUILD / "oracles"
STAMP = FOLDER / "stamp"


def ensure_oracles() -> dict[str, str]:
    """Install what is locked, once; return the environment that tells the tests where it is."""
    wanted = digest([LOCK.read_bytes()])
    if not STAMP.exists() or STAMP.read_text() != wanted:
        with step("oracles", "installing independent OPI clients for the tests") as current:
            shutil.rmtree(FOLDER, ignore_errors=True)
            arguments = ("--no-deps", "--require-hashes", "--target", str(FOLDER), "-r", str(LOCK))
            command = [str(PYTHON), "-m", "pip", "--no-input", "install", *arguments]
            run_logged(command, LOGS / "oracles.log", current)
            STAMP.write_text(wanted)
    return {"DPULAB_PYDPU": str(FOLDER)}
