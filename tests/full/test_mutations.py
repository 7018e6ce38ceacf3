"""Would the tests notice? Lies planted one at a time into a copy of the tree, from mutants.yml.

Each entry names the tests that must fail once its line lies. They run in the copy and import the
copy's packages; the sentinels prove that they do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

pytestmark = pytest.mark.full

ROOT = Path(__file__).parents[2]
TABLE = Path(__file__).with_name("mutants.yml")
SECONDS = 60
"""Within which the tests of one mutant must have failed."""

PACKAGES = ("bootstrap", "dpu_sim", "lab", "traffic")
NOT_COPIED_FROM_ROOT = {".venv", ".git", "build", "dist", "results"}
CACHES = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}


@dataclass(frozen=True)
class Mutant:
    """`old`, found once in `file`, becomes `new`; `lie` is what would then go unnoticed."""

    file: str
    lie: str
    old: str
    new: str
    killed_by: list[str]

    @property
    def id(self) -> str:
        before, found, _ = (ROOT / self.file).read_text().partition(self.old)
        return f"{self.file}:{before.count(chr(10)) + 1 if found else 'gone'}"


MUTANTS = [Mutant(**entry) for entry in YAML(typ="safe").load(TABLE)]


@dataclass(frozen=True)
class Ended:
    """How a pytest run ended."""

    code: int
    output: str

    @property
    def summary(self) -> str:
        return self.output.rstrip().rpartition("\n")[2]


class Copy:
    """The tree, where a line may be changed for a while and tests be run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "tree"
        shutil.copytree(ROOT, self.folder, symlinks=True, ignore=_ignored)
        # Checked by hash: a mutant may have the size and second of what it replaces.
        compiling = ["-m", "compileall", "-q", "--invalidation-mode", "checked-hash", *PACKAGES]
        subprocess.run([sys.executable, *compiling], cwd=self.folder, check=True)

    @contextmanager
    def with_text(self, file: str, text: str) -> Iterator[None]:
        path = self.folder / file
        before = path.read_text()
        path.write_text(text)
        try:
            yield
        finally:
            path.write_text(before)

    def pytest(self, tests: list[str], seconds: float) -> Ended:
        """Run tests. Raises subprocess.TimeoutExpired."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTEST_", "DPULAB_"))
        }
        env = inherited | {"PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        log = self.folder.with_name("output.txt")
        options = ["-p", "no:cacheprovider", "-x", "-q", "--tb=line", "--no-header"]
        # Into a file: a process that a killed test leaves behind would keep a pipe open.
        with log.open("w") as out:
            ended = subprocess.run(
                [sys.executable, "-m", "pytest", *options, *tests],
                cwd=self.folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=seconds,
                check=False,
            )
        return Ended(ended.returncode, log.read_text())


def _ignored(folder: str, names: list[str]) -> set[str]:
    at_root = NOT_COPIED_FROM_ROOT if Path(folder) == ROOT else set()
    labs = {name for name in names if name.startswith("dpulab-") and Path(folder, name).is_dir()}
    return (at_root | CACHES | labs) & set(names)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy in which every test of the table passes: else their failure would show nothing."""
    made = Copy(tmp_path_factory.mktemp("mutants"))
    named = sorted({test for mutant in MUTANTS for test in mutant.killed_by})
    ended = made.pytest(named, 4 * SECONDS)
    assert ended.code == 0, f"tests of {TABLE.name} fail without a mutant:\n{ended.output}"
    return made


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_tested_is_the_copy(copy: Copy, package: str) -> None:
    tests = next(one.killed_by for one in MUTANTS if one.file.startswith(f"{package}/"))
    with copy.with_text(f"{package}/__init__.py", 'raise RuntimeError("the copy")\n'):
        ended = copy.pytest(tests, SECONDS)
    assert ended.code != 0
    assert "RuntimeError: the copy" in ended.output


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.id)
def test_is_killed(copy: Copy, mutant: Mutant) -> None:
    text = (copy.folder / mutant.file).read_text()
    count = text.count(mutant.old)
    if count != 1:
        pytest.fail(
            f"{mutant.file} has {mutant.old!r} {count} times, not once: update {TABLE.name}"
        )
    with copy.with_text(mutant.file, text.replace(mutant.old, mutant.new)):
        try:
            ended = copy.pytest(mutant.killed_by, SECONDS)
        except subprocess.TimeoutExpired:
            pytest.fail(f"its tests hang: let {TABLE.name} tell the lie in a way that ends")
    if ended.code == 0 and "passed" not in ended.summary:
        pytest.skip(f"its tests cannot run here: {ended.summary}")
    survived = f"survived, so nobody would notice that {mutant.lie}: {mutant.new!r}"
    assert ended.code != 0, survived
    # A tree that does not even import would look like a kill.
    assert ended.code == 1, ended.output
    assert " failed" in ended.summary, ended.output
