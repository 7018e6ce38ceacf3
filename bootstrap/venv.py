"""The environment `.venv`: locked, verified by hash, rebuilt only when its inputs change."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path

from bootstrap.apt import ensure_packages
from bootstrap.console import LOGS, ROOT, Step, step
from bootstrap.inputs import digest, project_digest, read_pyproject
from bootstrap.process import run_logged

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements" / "dev.txt"
STAMP = VENV / "dpulab-stamp.json"


def wanted_stamp() -> dict[str, str]:
    """Return what the environment must have been made from."""
    return {
        "python": f"{sys.version_info.major}.{sys.version_info.minor} {sys.base_prefix}",
        "lock": digest([LOCK.read_bytes()]),
        "project": project_digest(read_pyproject()),
        "root": str(ROOT),
    }


def read_stamp(path: Path = STAMP) -> dict[str, str]:
    """Return what the environment was made from; empty when it is missing, broken or half-made."""
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) and PYTHON.exists() else {}


def is_current() -> bool:
    """Whether nothing has to be done."""
    return read_stamp() == wanted_stamp()


def ensure_venv() -> None:
    """Make or refresh `.venv`. Raises BootstrapError with what to do."""
    have, want = read_stamp(), wanted_stamp()
    if have == want:
        return
    with step("venv", "preparing the Python environment in .venv") as current:
        reusable = all(have.get(key) == want[key] for key in ("python", "root"))
        if not reusable:
            _create(current)
        STAMP.unlink(missing_ok=True)
        if not reusable or have.get("lock") != want["lock"]:
            _install_lock(current)
        _install_project(current)
        STAMP.write_text(json.dumps(want, indent=2) + "\n")


def _create(current: Step) -> None:
    """Create an empty environment; Debian keeps the parts for that in a package of their own."""
    if importlib.util.find_spec("ensurepip") is None:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        ensure_packages([package], "this Python cannot create virtual environments")
    if VENV.exists():
        current.line("removing the old environment (made from another Python or folder)")
        shutil.rmtree(VENV)
    run_logged([_base_python(), "-m", "venv", str(VENV)], LOGS / "venv-create.log", current)


def _base_python() -> str:
    """Return the interpreter below any virtual environment that happens to be active."""
    return getattr(sys, "_base_executable", sys.executable) or sys.executable


def _pip(*arguments: str) -> list[str]:
    return [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]


def _install_lock(current: Step) -> None:
    """Install exactly the locked versions, every file checked against its hash."""
    count = len(re.findall(r"^\S+==", LOCK.read_text(), flags=re.MULTILINE))
    current.line(f"installing {count} locked packages")
    arguments = ("install", "--no-deps", "--prefer-binary", "--require-hashes", "-r", str(LOCK))
    run_logged(_pip(*arguments), LOGS / "venv-install.log", current)


def _install_project(current: Step) -> None:
    """Install the project, editable; its build tool is in the lock, so nothing is fetched."""
    current.line("installing dpulab itself")
    arguments = ("install", "--no-deps", "--no-build-isolation", "--no-index", "--editable")
    run_logged(_pip(*arguments, str(ROOT)), LOGS / "venv-project.log", current)
