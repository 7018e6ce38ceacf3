"""`python -m bootstrap.lock`: resolve pyproject.toml into the lock files of requirements/.

The lock files carry exact versions and the hash of every file, for each processor architecture, and
no index: where packages come from is the machine's own business.
"""

from __future__ import annotations

import platform
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bootstrap.console import BUILD, LOGS, ROOT, Step, step
from bootstrap.inputs import dependency_digest, read_pyproject
from bootstrap.process import run_logged
from bootstrap.venv import PYTHON

REQUIREMENTS = ROOT / "requirements"
INPUTS_LINE = "# dependencies-sha256: "


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file: its extras, whether the lab's own dependencies are in, and for which Python."""

    name: str
    extras: tuple[str, ...]
    lab: bool
    target: tuple[str, ...]


IMAGE_TARGET = ("--python-version", "3.13", "--python-platform", "linux")
LOCKS = (
    Lock(
        "dev.txt",
        ("dev", "dpu", "host", "traffic"),
        True,
        ("--universal", "--python-version", "3.11"),
    ),
    Lock("dpu.txt", ("dpu",), False, IMAGE_TARGET),
    Lock("host.txt", ("host", "traffic"), False, IMAGE_TARGET),
    Lock("oracles.txt", ("oracles",), False, ("--universal", "--python-version", "3.11")),
)


def requirements_of(lock: Lock, pyproject: dict[str, object]) -> list[str]:
    """Return the requirements that `lock` resolves, as pyproject.toml declares them."""
    project = pyproject["project"]
    build = pyproject["build-system"]
    assert isinstance(project, dict)
    assert isinstance(build, dict)
    found: list[str] = [*project["dependencies"], *build["requires"]] if lock.lab else []
    for extra in lock.extras:
        found.extend(project["optional-dependencies"][extra])
    return found


def recorded_digest(path: Path) -> str:
    """Return the digest of the dependencies that a lock file was resolved from, '' if none."""
    match = re.search(rf"^{INPUTS_LINE}(\w+)$", path.read_text(), flags=re.MULTILINE)
    return match.group(1) if match else ""


def pins(path: Path) -> str:
    """Return the `name==version` lines of a lock file, without hashes."""
    found = re.findall(r"^[\w.-]+==.*?(?= \\$|$)", path.read_text(), flags=re.MULTILINE)
    return "".join(f"{pin}\n" for pin in found)


def find_uv() -> Path:
    """Return the resolver `uv`: the one on PATH, else one installed below build/."""
    on_path = shutil.which("uv")
    if on_path:
        return Path(on_path)
    tools = BUILD / "uv"
    if not (tools / "bin" / "uv").exists():
        with step("lock", "installing the resolver uv below build/") as current:
            install = ["-m", "pip", "install", "--only-binary=:all:", "--target", str(tools), "uv"]
            run_logged([str(PYTHON), *install], LOGS / "lock-uv.log", current)
    return tools / "bin" / "uv"


def compile_lock(uv: Path, lock: Lock, *, upgrade: bool, current: Step) -> None:
    """Resolve one lock file, keeping the versions it has unless `upgrade`."""
    pyproject = read_pyproject()
    target = REQUIREMENTS / lock.name
    command = [
        str(uv), "pip", "compile", "--quiet", "--generate-hashes", "--no-header", "--no-annotate",
        "--no-emit-index-url", "--no-emit-find-links", *lock.target,
    ]  # fmt: skip
    if upgrade:
        command.append("--upgrade")
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder, "wanted.in"), Path(folder, lock.name)
        source.write_text("\n".join(requirements_of(lock, pyproject)) + "\n")
        if not lock.lab:
            # The images run the versions that the lab was tested with: generated code needs it.
            constraints = Path(folder, "constraints.txt")
            constraints.write_text(pins(REQUIREMENTS / LOCKS[0].name))
            command += ["--constraint", str(constraints)]
        if target.exists():
            shutil.copy(target, result)
        log = LOGS / f"lock-{lock.name}.log"
        run_logged([*command, str(source), "-o", str(result)], log, current)
        target.write_text(f"{INPUTS_LINE}{dependency_digest(pyproject)}\n{result.read_text()}")
    current.line(f"requirements/{lock.name}")


def main(arguments: list[str]) -> int:
    """Resolve every lock file; `--upgrade` takes the newest versions that are allowed."""
    if platform.system() != "Linux":
        sys.stderr.write("warning: lock files are resolved for Linux\n")
    uv = find_uv()
    with step("lock", "resolving") as current:
        for lock in LOCKS:
            compile_lock(uv, lock, upgrade="--upgrade" in arguments, current=current)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
