"""Many scenarios: labs shared and rebuilt, verdicts against expectations, exit codes, reports."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from lab.errors import LabError, UnsupportedError
from lab.node import ExecResult, RunningLab
from lab.scenario.expected import (
    ExitCode,
    Expectations,
    ExpectedInconclusive,
    Judged,
    exit_code,
    load_expectations,
)
from lab.scenario.junit import junit_xml
from lab.scenario.progress import ConsoleProgress
from lab.scenario.replay import ReplayOptions, ReplayResult, collect, replay
from lab.scenario.result import ScenarioResult, StepResult
from lab.scenario.verdict import Verdict

if TYPE_CHECKING:
    from tests.unit.scenario.conftest import Play

GOOD = "steps: [exec: {node: h1, command: good}]"
BAD = "steps: [exec: {node: h1, command: bad}]"


@contextmanager
def lab_of(play: Play, topology: Path, name: str | None) -> Iterator[RunningLab]:
    play.say(f"up {topology.name} {name or ''}".strip())
    yield play
    play.say("down")


def run(play: Play, *paths: Path, **changes: Any) -> ReplayResult:
    play.on("h1", "bad", ExecResult(1, "", ""))
    values: dict[str, Any] = {"run": play.options(), "results_dir": play.folder / "results"}
    return replay(
        paths or [play.folder],
        lambda topology, name: lab_of(play, topology, name),
        ReplayOptions(**(values | changes)),
    )


def verdicts(result: ReplayResult) -> list[tuple[str, str]]:
    return [(item.result.id, str(item.result.verdict)) for item in result.judged]


def test_files_are_collected_once_and_sorted(play: Play) -> None:
    b, a = play.write(GOOD, "area/b"), play.write(GOOD, "area/a")
    (play.folder / "area" / "notes.yml").touch()
    assert collect([play.folder]) == [a, b]
    assert collect([b, play.folder]) == [b, a]
    with pytest.raises(LabError, match="no scenarios in") as caught:
        collect([_empty(play.folder)])
    assert "scenario files are called *.scenario.yml" in str(caught.value)
    with pytest.raises(LabError, match="no scenario file or folder"):
        collect([play.folder / "none"])


def _empty(folder: Path) -> Path:
    empty = folder / "empty"
    empty.mkdir()
    return empty


def test_scenarios_of_one_topology_share_a_lab(play: Play) -> None:
    play.write(GOOD, "area/a")
    play.write(GOOD, "area/b")
    assert run(play, lab_name="mine").exit_code is ExitCode.AS_EXPECTED
    assert play.conversation() == ["up paper.clab.yml mine", "h1$ good", "h1$ good", "down"]


def test_topologies_are_taken_one_after_another(play: Play) -> None:
    (play.folder / "other.clab.yml").touch()
    play.write(GOOD, "area/a")
    play.write("topology: ../other.clab.yml\n" + GOOD, "area/b")
    play.write(GOOD, "area/c")
    result = run(play)
    assert [item.result.id for item in result.judged] == ["area/a", "area/c", "area/b"]
    assert [line for line in play.said if line.startswith("up")] == [
        "up paper.clab.yml",
        "up other.clab.yml",
    ]


def test_after_a_failure_the_next_scenario_gets_a_new_lab(play: Play) -> None:
    play.write(BAD, "area/a")
    play.write(GOOD, "area/b")
    result = run(play)
    assert verdicts(result) == [("area/a", "fail"), ("area/b", "pass")]
    assert result.exit_code is ExitCode.FAILED
    lines = play.conversation()
    assert lines == [
        "up paper.clab.yml",
        "h1$ bad",
        "down",
        "up paper.clab.yml",
        "h1$ good",
        "down",
    ]


def test_a_fresh_lab_is_shared_with_nobody(play: Play) -> None:
    play.write(GOOD, "area/a")
    play.write("fresh_lab: true\n" + GOOD, "area/b")
    play.write(GOOD, "area/c")
    run(play)
    assert play.conversation() == ["up paper.clab.yml", "h1$ good", "down"] * 3


def test_a_lab_that_does_not_come_up_is_the_result_of_its_scenarios(play: Play) -> None:
    play.write(GOOD, "area/a")
    play.trouble["up paper.clab.yml"] = LabError("no Docker")
    result = run(play)
    assert result.exit_code is ExitCode.ERROR
    assert result.judged[0].note == "no lab: no Docker"
    play.trouble["up paper.clab.yml"] = UnsupportedError("vxlan", "no vxlan")
    assert run(play).exit_code is ExitCode.UNEXPECTEDLY_INCONCLUSIVE


def test_a_lab_that_does_not_come_down_is_an_error_of_the_last_scenario(play: Play) -> None:
    play.write("fresh_lab: true\n" + GOOD, "area/a")
    play.trouble["down"] = LabError("busy")
    result = run(play)
    assert verdicts(result) == [("area/a", "error")]
    assert "the lab could not be taken down: busy" in result.judged[0].note


def test_what_the_machine_lacks_needs_no_lab(play: Play) -> None:
    play.write("requires: [netem]\n" + GOOD, "area/a")
    play.missing["netem"] = "no netem"
    result = run(play)
    assert verdicts(result) == [("area/a", "inconclusive")]
    assert play.conversation() == []


def test_a_file_that_cannot_be_read_does_not_keep_others_from_running(play: Play) -> None:
    play.write("steps: 5", "area/a")
    play.write(GOOD, "area/b")
    result = run(play)
    assert verdicts(result) == [("area/a", "error"), ("area/b", "pass")]
    assert result.exit_code is ExitCode.ERROR


def test_fail_fast_stops_after_the_first_failure(play: Play) -> None:
    play.write(BAD, "area/a")
    play.write(GOOD, "area/b")
    assert verdicts(run(play, fail_fast=True)) == [("area/a", "fail")]


def test_a_variable_that_no_scenario_has_is_a_mistake(play: Play) -> None:
    play.write("vars: {count: 1}\n" + GOOD, "area/a")
    with pytest.raises(LabError, match="no scenario has a variable 'cuont'"):
        run(play, run=play.options(set_vars={"cuont": 2}))


def test_an_interrupt_takes_the_lab_down_and_leaves_reports(play: Play) -> None:
    play.write(GOOD, "area/a")
    play.write("steps: [exec: {node: h1, command: stop}]", "area/b")
    play.on("h1", "stop", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run(play, junit=play.folder / "junit.xml")
    assert play.conversation()[-1] == "down"
    summary = json.loads((play.folder / "results/replay.json").read_text())
    assert [item["id"] for item in summary["scenarios"]] == ["area/a"]
    assert ET.parse(play.folder / "junit.xml").getroot().get("tests") == "1"


# Verdicts against expectations


def ended(verdict: str, capability: str = "", scenario: str = "area/a") -> ScenarioResult:
    return ScenarioResult(scenario, "a", Verdict(verdict), 1, "because", capability)


LISTED = Expectations([ExpectedInconclusive(id="area/a", capability="netem", reason="old kernel")])
UNLISTED = Expectations()


@pytest.mark.parametrize(
    ("expectations", "verdict", "capability", "code", "note"),
    [
        (UNLISTED, "pass", "", 0, ""),
        (UNLISTED, "fail", "", 1, "because"),
        (UNLISTED, "error", "", 2, "because"),
        (UNLISTED, "inconclusive", "netem", 3, "unexpectedly inconclusive: because"),
        (LISTED, "inconclusive", "netem", 0, "expected: old kernel"),
        (LISTED, "inconclusive", "tshark", 3, "expected to lack netem, but lacks tshark"),
        (LISTED, "pass", "", 1, "listed as inconclusive without netem, but it ran"),
        (LISTED, "fail", "", 1, "because"),
        (LISTED, "error", "", 2, "because"),
    ],
)
def test_the_table_of_verdicts(
    expectations: Expectations, verdict: str, capability: str, code: int, note: str
) -> None:
    judged = expectations.judge(ended(verdict, capability))
    assert judged.exit_code == code
    assert judged.as_expected == (code == 0)
    assert (verdict == "pass" and not note) or note in judged.note


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        ([], 0),
        (["pass"], 0),
        (["pass", "inconclusive"], 3),
        (["inconclusive", "fail"], 1),
        (["fail", "error", "inconclusive"], 2),
    ],
)
def test_the_worst_result_decides_the_exit_code(ends: list[str], code: int) -> None:
    assert exit_code(UNLISTED.judge(ended(verdict)) for verdict in ends) == code


def test_expectations_are_read_by_environment(play: Play) -> None:
    file = play.folder / "expected-inconclusive.yml"
    file.write_text(
        "environments:\n  ci:\n  - {id: area/a, capability: netem, reason: no such module}\n"
    )
    play.write("requires: [netem]\n" + GOOD, "area/a")
    play.missing["netem"] = "no netem"
    assert run(play, environment="ci").exit_code is ExitCode.AS_EXPECTED
    assert run(play).exit_code is ExitCode.UNEXPECTEDLY_INCONCLUSIVE
    play.missing.clear()
    assert run(play, environment="ci").exit_code is ExitCode.FAILED


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("environments: {ci: [{id: a}]}", "environments.ci.0.capability: Field required"),
        ("env: {}", "unknown key 'env'"),
        ("a: [", "not valid YAML"),
        (
            "environments: {vm: [{id: area/gone, capability: netem, reason: old}]}",
            "there is no scenario 'area/gone'\n  hint: take it out of the list",
        ),
    ],
)
def test_expectations_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "expected.yml"
    file.write_text(text)
    with pytest.raises(LabError) as caught:
        load_expectations(file, "ci")
    assert message in str(caught.value)


# JUnit


def suites(*judged: Judged) -> ET.Element:
    return ET.fromstring(junit_xml(judged))


def test_junit_has_an_element_for_each_way_to_end() -> None:
    root = suites(
        UNLISTED.judge(ended("pass", scenario="area/a")),
        UNLISTED.judge(ended("fail", scenario="area/b")),
        UNLISTED.judge(ended("error", scenario="other/c")),
        UNLISTED.judge(ended("inconclusive", "netem", "other/d")),
        LISTED.judge(ended("inconclusive", "netem", "area/a")),
    )
    assert [suite.get("name") for suite in root] == ["area", "other"]
    counts = {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "5", "failures": "2", "errors": "1", "skipped": "1"}
    found = [
        (case.get("classname"), case.get("name"), child.tag, child.get("message"))
        for case in root.iter("testcase")
        for child in case
        if child.tag in {"failure", "error", "skipped"}
    ]
    assert found == [
        ("area", "a", "skipped", "expected: old kernel"),
        ("area", "b", "failure", "because"),
        ("other", "c", "error", "because"),
        ("other", "d", "failure", "unexpectedly inconclusive: because"),
    ]


@settings(max_examples=100, deadline=None)
@given(text=st.text())
def test_junit_is_well_formed_whatever_a_command_printed(text: str) -> None:
    step = StepResult("1", "exec", text, Verdict.FAIL, text, place=text)
    result = ScenarioResult(f"a/{text}", text, Verdict.FAIL, 1, text, steps=(step,))
    root = suites(Judged(result, False, text))
    assert len(list(root.iter("testcase"))) == 1


# What people see


def test_the_console_shows_steps_reasons_and_the_bundle(play: Play) -> None:
    out = io.StringIO()
    play.write("name: it [breaks]\n" + BAD, "area/a")
    console = Console(file=out, width=200, force_terminal=False)
    run(play, progress=ConsoleProgress(console))
    text = out.getvalue()
    assert "area/a  it [breaks]" in text
    assert "exit code is 1, not 0" in text
    assert str(play.folder / "results/area/a") in text
