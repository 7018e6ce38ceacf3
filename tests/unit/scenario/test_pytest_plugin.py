"""The pytest plugin, in a pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.scenario.conftest import Play

REPOSITORY = Path(__file__).parents[3]

# Labs whose only node answers "bad" with exit code 1 and cannot do what is "lacking".
CONFTEST = """
from contextlib import contextmanager
from lab.errors import UnsupportedError
from lab.node import ExecResult
from lab.topology.model import Node, Topology

class PaperNode:
    def __init__(self, name): self.name = name
    def exec(self, argv, *, timeout=30.0, env=None):
        if argv[-1] == "lacking":
            raise UnsupportedError("netem", "this machine lacks it")
        return ExecResult(1 if argv[-1] == "bad" else 0, "", "")
    def logs(self, tail=None): return ""

class PaperLab:
    def __init__(self, path): self.topology = Topology("t", path, nodes={"h1": Node("h1")})
    def node(self, name): return PaperNode(name)
    def mgmt_address(self, node): return ""

@contextmanager
def lab(path, name):
    with open("labs", "a") as log: log.write("up ")
    yield PaperLab(path)
    with open("labs", "a") as log: log.write("down ")

def pytest_dpulab_lab_factory(config):
    return lab
"""


def scenario(play: Play, name: str, command: str, more: str = "") -> None:
    play.write(f"{more}\nsteps: [exec: {{node: h1, command: {command}}}]", f"area/{name}")


@pytest.fixture
def area(play: Play) -> Play:
    (play.folder / "conftest.py").write_text(CONFTEST)
    scenario(play, "a_good", "good")
    scenario(play, "b_bad", "bad")
    scenario(play, "c_good", "good")
    return play


def run_pytest(folder: Path, *arguments: str, ini: str = "") -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text(f"[pytest]\n{ini}\n")
    plugin = ("-p", "lab.scenario.pytest_plugin", "-p", "no:cacheprovider")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", *plugin, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(REPOSITORY), "PATH": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_nothing_is_collected_unless_asked_for(area: Play) -> None:
    ended = run_pytest(area.folder)
    assert "no tests ran" in ended.stdout


def test_each_scenario_is_an_item_and_a_failure_says_why(area: Play) -> None:
    ended = run_pytest(area.folder, "--dpulab")
    assert "1 failed, 2 passed" in ended.stdout
    assert "FAILED area/b_bad.scenario.yml::b_bad - fail: step 1 (exec): exit code" in ended.stdout
    assert "see " + str(area.folder / "dpulab-results/area/b_bad") in ended.stdout
    # One lab for the first two, and a new one after the failure.
    assert (area.folder / "labs").read_text() == "up down up down "


def test_the_ini_option_and_names_choose(area: Play) -> None:
    ended = run_pytest(area.folder, "-k", "c_good", ini="dpulab = true")
    assert "1 passed, 2 deselected" in ended.stdout


def test_a_broken_file_is_a_collection_error_with_its_line(area: Play) -> None:
    area.write("steps: [exce: {}]", "area/d")
    ended = run_pytest(area.folder, "--dpulab")
    assert "d.scenario.yml:3:9: no step kind" in ended.stdout
    assert "hint: did you mean 'exec'?" in ended.stdout


def test_variables_seed_and_results_are_given(area: Play) -> None:
    scenario(area, "e_var", '"${what}"', "vars: {what: bad}")
    arguments = ("--dpulab-set", "what=fine", "--dpulab-seed", "4", "--dpulab-results", "out")
    ended = run_pytest(area.folder, "--dpulab", "-k", "e_var", *arguments)
    assert "1 passed" in ended.stdout
    result = (area.folder / "out/area/e_var/result.json").read_text()
    assert '"seed": 4' in result


@pytest.mark.parametrize(
    ("listed", "summary"), [(True, "1 skipped"), (False, "1 failed")], ids=["listed", "not"]
)
def test_inconclusive_is_skipped_only_where_it_is_expected(
    area: Play, listed: bool, summary: str
) -> None:
    scenario(area, "f", "lacking")
    entry = "[{id: area/f, capability: netem, reason: not here}]" if listed else "[]"
    (area.folder / "expected-inconclusive.yml").write_text(f"environments: {{ci: {entry}}}")
    ended = run_pytest(area.folder, "--dpulab", "--dpulab-environment", "ci", "-k", "f.scenario")
    assert summary in ended.stdout
    assert ("not here" if listed else "unexpectedly inconclusive") in ended.stdout
