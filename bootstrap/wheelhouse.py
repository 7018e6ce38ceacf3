"""Wheels for the images, fetched by this machine: a build needs no index and no CA of its own."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

from bootstrap.console import BUILD, LOGS, BootstrapError, Step
from bootstrap.inputs import digest
from bootstrap.process import run_logged
from bootstrap.venv import PYTHON

IMAGE_PYTHON = "3.13"
IMAGE_GLIBC = 41
"""Minor version of Debian trixie's C library (2.41): wheels built for older ones run on it."""
OLDEST_GLIBC = 5
WHEELHOUSES = BUILD / "wheelhouse"


def platform_tags(machine: str, newest: int = IMAGE_GLIBC) -> list[str]:
    """Return the platform tags that the image accepts (PEP 600, and the names older than it)."""
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(newest, OLDEST_GLIBC - 1, -1)]
    older = [f"{name}_{machine}" for name in ("manylinux2014", "manylinux2010", "manylinux1")]
    return [*tags, *older, f"linux_{machine}", "any"]


def download_command(lock: Path, target: Path, machine: str) -> list[str]:
    """Return the pip command that fetches the locked wheels for the image's Python."""
    command = [
        str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "download",
        "--require-hashes", "--no-deps", "--only-binary=:all:",
        "--implementation", "cp", "--python-version", IMAGE_PYTHON,
    ]  # fmt: skip
    for abi in (f"cp{IMAGE_PYTHON.replace('.', '')}", "abi3", "none"):
        command += ["--abi", abi]
    for tag in platform_tags(machine):
        command += ["--platform", tag]
    return [*command, "-r", str(lock), "-d", str(target)]


def ensure_wheelhouse(lock: Path, current: Step) -> Path:
    """Return the folder with exactly the wheels of `lock`, fetching them when it changed."""
    machine = platform.machine()
    target = WHEELHOUSES / lock.stem
    stamp = target / ".complete"
    wanted = digest([lock.read_bytes(), machine, IMAGE_PYTHON, str(IMAGE_GLIBC)])
    if stamp.exists() and stamp.read_text() == wanted:
        return target
    if not PYTHON.exists():
        raise BootstrapError("the images need the environment .venv", "run: make lab-up")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    current.line(f"fetching the wheels of {lock.name}")
    run_logged(download_command(lock, target, machine), LOGS / f"wheels-{lock.stem}.log", current)
    stamp.write_text(wanted)
    return target
