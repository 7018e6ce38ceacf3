"""The virtual machine of the slow tests: Debian's stock kernel, for what this machine's may lack.

QEMU comes from the distribution. The rest is made in a container of `dpulab/base`, with no root on
this machine, and kept in build/vm under the hash of what it was made from.
"""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

from bootstrap.apt import ensure_packages
from bootstrap.console import BUILD, LOGS, ROOT, BootstrapError, step
from bootstrap.docker_client import inspect_images
from bootstrap.images import INPUTS_LABEL, PROXY_VARIABLES
from bootstrap.inputs import digest, folder_digest
from bootstrap.process import Limits, run_logged
from bootstrap.venv import LOCK
from bootstrap.wheelhouse import ensure_wheelhouse

QEMU = "qemu-system-x86_64"
PACKAGE = "qemu-system-x86"
BASE = "dpulab/base:latest"
RECIPE = ROOT / "tests" / "full" / "vm" / "machine"
MACHINES = BUILD / "vm"
FILES = ("vmlinuz", "initrd", "disk", "release")
LIMITS = Limits(total=900)
VARIABLE = "DPULAB_VM"
"""Names the folder of a machine; the tests of one run keep to one, whatever is built meanwhile."""


def machine_folder() -> Path:
    """Return where the machine of today's inputs is kept, made or not. Raises BootstrapError."""
    base = inspect_images([BASE]).get(BASE)
    if base is None:
        raise BootstrapError(f"the virtual machine is made from {BASE}", "run: make images")
    made_from = (base.get("Config", {}).get("Labels") or {}).get(INPUTS_LABEL, base["Id"])
    inputs = digest([made_from, folder_digest(RECIPE), LOCK.read_bytes()])
    return MACHINES / inputs[:16]


def prepared_machine() -> Path:
    """Return the folder with FILES. Raises BootstrapError with the reason when it is not there."""
    _refuse_other_processors()
    if not shutil.which(QEMU):
        raise BootstrapError(f"{QEMU} is not installed", "make test-full installs it")
    named = os.environ.get(VARIABLE, "")
    folder = Path(named) if named else machine_folder()
    if not folder.exists():
        raise BootstrapError(f"{folder} has not been made", "make test-full makes it")
    return folder


def ensure_machine() -> Path:
    """Install QEMU and make the machine, unless that is done; return its folder.

    Raises BootstrapError.
    """
    _refuse_other_processors()
    if not shutil.which(QEMU):
        ensure_packages([PACKAGE], "tests on Debian's stock kernel run in a virtual machine")
    folder = machine_folder()
    if not folder.exists():
        _make(folder)
    return folder


def _refuse_other_processors() -> None:
    if platform.machine() != "x86_64":
        raise BootstrapError(f"the virtual machine is for x86_64, not {platform.machine()}")


def _make(folder: Path) -> None:
    """Make the machine beside its place and move it there whole; older machines go."""
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
    unfinished.mkdir(parents=True)
    try:
        with step("virtual machine", "with Debian's stock kernel, about 450 MB") as current:
            wheels = ensure_wheelhouse(LOCK, current)
            run_logged(
                make_command(unfinished, wheels),
                LOGS / "vm-machine.log",
                current,
                milestone=lambda line: line[3:] if line.startswith("== ") else None,
                limits=LIMITS,
            )
        _remove_machines()
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def make_command(folder: Path, wheels: Path) -> list[str]:
    """Return the docker command that fills `folder` with FILES, from the wheels and RECIPE."""
    mounts = {
        f"{RECIPE}:/in": "ro",
        f"{wheels}:/in-wheels": "ro",
        f"{LOCK.parent}:/requirements": "ro",
        f"{folder}:/out": "rw",
    }
    command = ["docker", "run", "--rm"]
    for mount, mode in mounts.items():
        command += ["--volume", f"{mount}:{mode}"]
    for name in PROXY_VARIABLES:
        command += ["--env", name, "--env", name.upper()]
    limit = ("timeout", "--kill-after=5", f"{LIMITS.total:g}")  # also if the client dies
    return [*command, BASE, *limit, "sh", "/in/make.sh"]


def _remove_machines() -> None:
    """Remove finished machines of other inputs; those in the making belong to somebody."""
    for old in MACHINES.iterdir():
        if not old.suffix:
            shutil.rmtree(old)
