"""The engine: verdicts, time, cleanup that always runs, results."""

from __future__ import annotations

import json
import shutil
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from lab.errors import LabError, UnsupportedError
from lab.node import ExecResult
from lab.scenario.deadline import AlarmRang, Deadline, alarm
from lab.scenario.dissector import LocalTshark, NodeTshark
from lab.scenario.model import ScenarioError
from lab.scenario.result import result_schema
from lab.scenario.verdict import Verdict, worst

if TYPE_CHECKING:
    from tests.unit.scenario.conftest import Play

WITH_CLEANUP = """
timeout: {timeout}
steps:
  - fault: {{link: "h1:eth1", state: down}}
  - exec: {{node: h1, command: work}}
  - exec: {{node: h1, command: more}}
cleanup:
  - exec: {{node: h1, command: tidy}}
  - exec: {{node: h2, command: sweep}}
"""
CLEANED = ["h1$ tidy", "h2$ sweep", "link h1:eth1 up"]


def cleaned(play: Play) -> bool:
    return play.conversation()[-3:] == CLEANED


def block(seconds: float) -> ExecResult:
    time.sleep(seconds)
    return ExecResult(0, "", "")


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (ExecResult(0, "", ""), Verdict.PASS),
        (ExecResult(1, "", ""), Verdict.FAIL),
        (LabError("the node is gone"), Verdict.ERROR),
        (TimeoutError("docker does not answer"), Verdict.ERROR),
        (OSError("pipe broke"), Verdict.ERROR),
        (ZeroDivisionError("a bug"), Verdict.ERROR),
        (UnsupportedError("esp", "no ESP"), Verdict.INCONCLUSIVE),
    ],
)
def test_whatever_a_step_meets_becomes_the_verdict_after_cleanup(
    play: Play, answer: Any, verdict: Verdict
) -> None:
    play.on("h1", "work", answer)
    result = play.run(WITH_CLEANUP.format(timeout=60))
    assert result.verdict is verdict
    assert cleaned(play)
    assert ("h1$ more" in play.said) == (verdict is Verdict.PASS)


@pytest.mark.parametrize(
    ("verdicts", "decides"),
    [
        ([], "pass"),
        (["pass", "pass"], "pass"),
        (["pass", "inconclusive"], "inconclusive"),
        (["inconclusive", "fail", "pass"], "fail"),
        (["fail", "error", "inconclusive"], "error"),
    ],
)
def test_the_worst_verdict_decides(verdicts: list[str], decides: str) -> None:
    assert worst(map(Verdict, verdicts)) == decides


def test_the_time_of_the_scenario_ends_a_step_that_blocks_and_cleanup_runs(play: Play) -> None:
    play.on("h1", "work", lambda: block(20))
    started = time.monotonic()
    result = play.run(WITH_CLEANUP.format(timeout="200ms"))
    assert time.monotonic() - started < 5
    assert result.verdict is Verdict.ERROR
    assert result.reason == "the scenario's 0.2 s ran out"
    assert [step.verdict for step in result.steps] == ["pass", "error"]
    assert cleaned(play)


def test_outside_the_main_thread_time_is_kept_between_steps(play: Play) -> None:
    play.on("h1", "work", lambda: block(0.2))
    results: list[Any] = []
    text = WITH_CLEANUP.format(timeout="100ms")
    thread = threading.Thread(target=lambda: results.append(play.run(text)))
    thread.start()
    thread.join(10)
    assert results[0].reason.endswith("the scenario's 0.1 s ran out")
    assert results[0].verdict is Verdict.ERROR
    assert cleaned(play)


def test_a_step_that_ends_too_late_fails(play: Play) -> None:
    play.on("h1", "work", lambda: block(0.1))
    result = play.run("steps: [{timeout: 50ms, exec: {node: h1, command: work}}]")
    assert result.verdict is Verdict.FAIL
    assert "took longer than its 0.05 s" in result.reason


def test_a_step_that_the_scenarios_end_cuts_short_is_an_error(play: Play) -> None:
    def cut() -> ExecResult:
        time.sleep(0.15)
        raise TimeoutError("killed")

    play.on("h1", "work", cut)
    results: list[Any] = []
    text = WITH_CLEANUP.format(timeout="100ms")
    # Outside the main thread no alarm rings: the step itself meets the end of the time.
    thread = threading.Thread(target=lambda: results.append(play.run(text)))
    thread.start()
    thread.join(10)
    assert results[0].verdict is Verdict.ERROR
    assert results[0].steps[-1].reason == "the scenario's 0.1 s ran out"


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt(), SystemExit(1)])
def test_an_interrupt_comes_through_after_cleanup_and_result(
    play: Play, interrupt: BaseException
) -> None:
    play.on("h1", "work", interrupt)
    with pytest.raises(type(interrupt)):
        play.run(WITH_CLEANUP.format(timeout=60))
    assert cleaned(play)
    written = json.loads((play.folder / "results/area/play/result.json").read_text())
    assert (written["verdict"], written["reason"]) == ("error", "interrupted")


def test_cleanup_goes_on_after_its_own_failures_which_are_errors(play: Play) -> None:
    play.on("h1", "tidy", ExecResult(1, "", "stuck"))
    play.trouble["link h1:eth1 up"] = LabError("the link is gone")
    result = play.run(WITH_CLEANUP.format(timeout=60))
    assert play.conversation()[-3:] == CLEANED
    assert result.verdict is Verdict.ERROR
    assert result.reason.splitlines() == [
        "cleanup: step cleanup.1 (exec): exit code is 1, not 0; it said: stuck",
        "cleanup: restore link d1:pf0vf0: the link is gone",
    ]


def test_cleanup_keeps_the_reason_of_the_failure_before_it(play: Play) -> None:
    play.on("h1", "work", ExecResult(1, "", ""))
    play.on("h1", "tidy", ExecResult(1, "", ""))
    result = play.run(WITH_CLEANUP.format(timeout=60))
    assert result.verdict is Verdict.ERROR
    assert result.reason.splitlines()[0] == "step 2 (exec): exit code is 1, not 0"


def test_what_is_missing_makes_it_inconclusive_before_anything_is_touched(play: Play) -> None:
    play.missing["netem"] = "this kernel has no netem"
    result = play.run("requires: [netem]\n" + WITH_CLEANUP.format(timeout=60))
    assert (result.verdict, result.capability) == (Verdict.INCONCLUSIVE, "netem")
    assert result.reason == "this kernel has no netem"
    assert play.conversation() == []


def test_places_that_the_topology_has_not_are_found_before_anything_runs(play: Play) -> None:
    result = play.run(
        """
        vars: {who: h9}
        steps:
          - exec: {node: h1, command: work}
          - wait: {until: {exec: {node: "${who}", command: x}}}
          - fault: {link: "h1:eth7", state: down}
        """
    )
    assert result.verdict is Verdict.ERROR
    assert "play.scenario.yml:7:1: no node 'h9' in the topology\n  hint: nodes: d1" in result.reason
    assert "play.scenario.yml:8:1: no link ends at 'h1:eth7'\n  hint: did you" in result.reason
    assert play.conversation() == []


def test_a_value_that_does_not_fit_is_told_with_its_place(play: Play) -> None:
    result = play.run(
        """
        vars: {count: 5}
        steps:
          - traffic: {from: h1, to: h2, count: "${count}"}
        """,
        set_vars={"count": "many", "unknown": 1},
    )
    assert result.verdict is Verdict.ERROR
    assert "play.scenario.yml:6: expected a whole number (traffic.count)" in result.reason


def test_variables_build_on_each_other_and_on_the_lab(play: Play) -> None:
    play.run(
        """
        vars: {a: x, b: "${a}-${seed}-${node.d1.mgmt}"}
        steps:
          - exec: {node: h1, command: "echo ${b} ${scenario} ${node.d1.p0.ipv6}"}
          - exec: {node: h1, command: ["${tag}"]}
        """,
        set_vars={"a": "y"},
        seed=5,
    )
    assert play.conversation()[0] == "h1$ echo y-5-172.30.0.2 area/play fd00:2::1"
    assert len(play.conversation()[1]) == len("h1$ ") + 32


@pytest.mark.parametrize("name", ["node.h1.mgmt", "node.h7.mgmt", "node.h1.eth1.name", "node.h1"])
def test_what_the_lab_does_not_know_is_an_error(play: Play, name: str) -> None:
    result = play.run(f"steps: [exec: {{node: h1, command: '${{{name}}}'}}]")
    assert result.verdict is Verdict.ERROR
    assert f"variable '{name}'" in result.reason


def test_the_same_seed_gives_the_same_verdict_hash_whatever_was_measured(play: Play) -> None:
    text = "steps: [{exec: {node: h1, command: work}}, {traffic: {from: h1, to: h2}}]"
    play.on("h1", "work", ExecResult(0, "took 3 ms", ""), ExecResult(0, "took 5 ms", ""))
    first, second = play.run(text), play.run(text)
    assert first.measured != second.measured or first.steps != second.steps
    assert first.verdict_hash == second.verdict_hash
    assert play.run(text, seed=8).verdict_hash != first.verdict_hash
    (play.folder / "paper.clab.yml").write_text("name: other\n")
    assert play.run(text).verdict_hash != first.verdict_hash


def test_a_failure_leaves_a_bundle_and_a_success_only_its_result(play: Play) -> None:
    folder = play.folder / "results/area/play"
    play.run("steps: [exec: {node: h1, command: work}]")
    assert [path.name for path in folder.iterdir()] == ["result.json"]
    play.on("h1", "work", ExecResult(1, "", ""))
    play.down.add("h2")
    result = play.run("steps: [exec: {node: h1, command: work}]")
    assert result.bundle == str(folder)
    assert (folder / "logs/h1.log").read_text() == "log of h1\n"
    assert "$ ip neigh" in (folder / "state/h1.txt").read_text()
    assert (folder / "state/h2.txt").read_text() == "not to be had: node h2 is not running\n"
    (folder / "mine.txt").touch()
    play.on("h1", "work", ExecResult(0, "", ""))
    play.run("steps: [exec: {node: h1, command: work}]")
    assert sorted(path.name for path in folder.iterdir()) == ["mine.txt", "result.json"]


def test_the_result_fits_its_schema_and_names_its_inputs(play: Play) -> None:
    play.run(
        "steps: [exec: {node: h1, command: work}]",
        images=lambda lab: {"dpulab/host": "sha256:1"},
    )
    written = json.loads((play.folder / "results/area/play/result.json").read_text())
    jsonschema.Draft202012Validator(result_schema()).validate(written)
    assert set(written["inputs"]) == {
        "play.scenario.yml",
        "../paper.clab.yml",
        "image dpulab/host",
    }


def test_progress_is_told_everything_in_order(play: Play) -> None:
    told: list[str] = []

    class Telling:
        def scenario_started(self, scenario: Any) -> None:
            told.append(f"> {scenario.id}")

        def step_started(self, source: Any) -> None:
            told.append(f"{source.id} ...")

        def step_finished(self, result: Any) -> None:
            told.append(f"{result.id} {result.verdict}")

        def scenario_finished(self, result: Any) -> None:
            told.append(f"< {result.verdict}")

    play.run(
        "steps: [fault: {link: 'h1:eth1', state: down}]",
        progress=Telling(),
    )
    assert told == ["> area/play", "1 ...", "1 pass", "cleanup.1 pass", "< pass"]


# Time


def test_a_deadline_never_outlasts_its_parent() -> None:
    parent = Deadline(0.01)
    child = parent.within(60)
    assert child.timeout() <= 0.01
    time.sleep(0.02)
    assert child.expired
    assert child.timeout(5) > 0


def test_an_alarm_interrupts_and_gives_back_the_timer_that_was_set() -> None:
    rang: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: rang.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 30)
        with pytest.raises(AlarmRang), alarm(0.05):
            time.sleep(10)
        left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
        assert 20 < left < 30
        assert not rang
    finally:
        signal.signal(signal.SIGALRM, before)


# Dissectors

# Two Ethernet frames, the second one ARP (pcap file format: magic, 2.4, Ethernet).
PCAP = bytes.fromhex(
    "d4c3b2a1 02000400 00000000 00000000 ffff0000 01000000"
    " 00000000 00000000 0e000000 0e000000 ffffffffffff 020000000001 88b5"
    " 00000000 00000000 2a000000 2a000000 ffffffffffff 020000000001 0806"
    " 0001080006040001 020000000001 0a000001 000000000000 0a000002"
)


def tshark() -> str:
    found = shutil.which("tshark")
    if found is None:
        pytest.skip("no tshark on this machine")
    return found


def test_the_tshark_of_this_machine_counts_frames(tmp_path: Path) -> None:
    file = tmp_path / "x.pcap"
    file.write_bytes(PCAP)
    dissector = LocalTshark(tshark())
    assert [dissector.count(file, each) for each in ("", "arp", "ip")] == [2, 1, 0]
    with pytest.raises(LabError, match="tshark refused filter 'no such'"):
        dissector.count(file, "no such")


def test_the_tshark_of_a_node_gets_a_copy_that_is_removed(play: Play, tmp_path: Path) -> None:
    file = tmp_path / "1-d1-p0.pcap"
    file.write_bytes(PCAP)
    copy = "/tmp/dpulab-1-d1-p0.pcap"
    command = f"tshark -n -r {copy} -T fields -e frame.number -Y arp"
    play.on("t1", command, ExecResult(0, "2\n", ""))
    assert NodeTshark(play.node("t1")).count(file, "arp") == 1
    assert play.said == [f"t1: put {copy}", f"t1$ {command}", f"t1$ rm -f {copy}"]


def test_scenario_errors_are_lab_errors_with_places(play: Play) -> None:
    with pytest.raises(ScenarioError) as caught:
        play.load("steps: [exec: {}]")
    assert isinstance(caught.value, LabError)
    assert str(caught.value.problems[0]).startswith(f"{play.folder}/area/play.scenario.yml:3:")
