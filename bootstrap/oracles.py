"""Independent clients that the tests compare us with, installed apart from the project.

Their dependencies and generated stubs must not meet ours, so they get a folder of their own, and
tests run them as a process with that folder on the path. Those in Go are built in the toolchain.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from bootstrap.console import BUILD, LOGS, ROOT, Step, step
from bootstrap.inputs import digest
from bootstrap.process import run_logged
from bootstrap.toolchain import CACHE, CACHE_INSIDE, ensure_toolchain, run
from bootstrap.venv import PYTHON

LOCK = ROOT / "requirements" / "oracles.txt"
FOLDER = BUILD / "oracles"
STAMP = FOLDER / "stamp"
PROGRAMS = CACHE / "bin" / "upstream"
"""A folder per Go program of others and its version."""
GO_MODULES = ROOT / "tests" / "oracles"
"""A folder per Go program, with the versions and checksums of what it is built from."""


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


def build_go_oracle(name: str, package: str = ".") -> Path:
    """Build a program of the module tests/oracles/NAME; return where it is, for this machine.

    The compiler's own cache makes a second time cheap. Raises BootstrapError with the log's end.
    """
    ensure_toolchain()
    (CACHE / "bin").mkdir(exist_ok=True)
    source = f"/src/oracles/{name}"
    script = f"cd {source}; export CGO_ENABLED=0\ngo build -o {CACHE_INSIDE}/bin/{name} {package}"
    run(script, f"oracle-{name}", Step(f"oracle {name}"), {GO_MODULES / name: source})
    return CACHE / "bin" / name


def install_go_program(package: str, version: str) -> Path:
    """Build a program of others from Go's module proxy, once; return where it is.

    Its module's own go.mod says what it is built from, Go's checksum database that nobody has
    changed it. Raises BootstrapError with the log's end: this proxy may not have the module.
    """
    folder = PROGRAMS / f"{package.split('/')[2]}-{version}"
    if not (built := _programs(folder)):
        ensure_toolchain()
        inside = CACHE_INSIDE / folder.relative_to(CACHE)
        script = f"export CGO_ENABLED=0 GOBIN={inside}\ncd /tmp; go install {package}@{version}"
        run(script, f"program-{folder.name}", Step(f"program {folder.name}"))
        built = _programs(folder)
    return built[0]


def _programs(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
