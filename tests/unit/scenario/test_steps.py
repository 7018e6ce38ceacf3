"""Every step kind, played on a lab of paper."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from lab.errors import LabError, UnsupportedError
from lab.node import ExecResult
from lab.opi import OpiCallError
from lab.scenario.steps import fault
from lab.scenario.verdict import Verdict

if TYPE_CHECKING:
    from tests.unit.scenario.conftest import Play

INVENTORY = "opi_api.inventory.v1.InventoryService/GetInventory"


def says(stdout: str = "", exit_code: int = 0, stderr: str = "") -> ExecResult:
    return ExecResult(exit_code, stdout, stderr)


# exec


def test_a_command_runs_in_a_shell_and_a_list_as_it_is(play: Play) -> None:
    result = play.run(
        """
        steps:
          - exec: {node: h1, command: "ping -c1 ${node.h2.eth1.ipv4}"}
          - exec: {node: h2, command: [cat, a b]}
        """
    )
    assert result.verdict is Verdict.PASS
    assert play.conversation() == ["h1$ ping -c1 10.0.2.2", "h2$ cat a b"]


@pytest.mark.parametrize(
    ("expect", "verdict", "reason"),
    [
        ("{}", "fail", "exit code is 1, not 0; it said: no luck"),
        ("{exit_code: 1}", "pass", ""),
        ("{exit_code: {gt: 1}}", "fail", "exit code is 1, not > 1; it said: no luck"),
        ("{exit_code: 1, stdout: '^loss (\\d+)%$'}", "pass", ""),
        ("{exit_code: 1, stdout: {contains: [loss, 90]}}", "fail", "lacks 90"),
        ("{exit_code: 1, stdout: {not_contains: loss}}", "fail", "contains 'loss'"),
        ("{exit_code: 1, stderr: {regex: luck, not_regex: good}}", "pass", ""),
        ("{exit_code: 1, stderr: good}", "fail", "stderr is 'no luck\\n' and does not match"),
    ],
)
def test_exec_expectations(play: Play, expect: str, verdict: str, reason: str) -> None:
    play.on("h1", "try", says("sent\nloss 100%\n", 1, "no luck\n"))
    result = play.run(f"steps: [exec: {{node: h1, command: try, expect: {expect}}}]")
    assert result.verdict == verdict
    assert reason in result.reason


def test_a_program_that_is_not_there_is_no_expected_failure(play: Play) -> None:
    play.on("h1", "nping x", says(stderr="sh: nping: not found", exit_code=127))
    result = play.run("steps: [{not: true, exec: {node: h1, command: nping x}}]")
    assert result.verdict is Verdict.ERROR
    assert "h1 could not run 'nping x': sh: nping: not found" in result.reason


def test_not_turns_pass_and_fail_around(play: Play) -> None:
    play.on("h1", "ping", says(exit_code=1), says())
    step = "{not: true, exec: {node: h1, command: ping}}"
    assert play.run(f"steps: [{step}]").verdict is Verdict.PASS
    second = play.run(f"steps: [{step}]")
    assert second.verdict is Verdict.FAIL
    assert "was expected to fail (not: true), but passed" in second.reason


def test_a_command_that_does_not_end_fails_also_when_failure_is_expected(play: Play) -> None:
    def hang() -> ExecResult:
        time.sleep(0.05)
        raise TimeoutError("killed")

    play.on("h1", "ping", hang)
    result = play.run("steps: [{not: true, timeout: 50ms, exec: {node: h1, command: ping}}]")
    assert result.verdict is Verdict.FAIL
    assert "did not end within its 0.05 s" in result.reason


def test_a_value_is_saved_from_stdout_and_used(play: Play) -> None:
    play.on("h1", "cat", says("rx 17 tx 4"))
    result = play.run(
        r"""
        steps:
          - exec: {node: h1, command: cat, save: {rx: 'rx (\d+)', tx: 'tx (\d+)'}}
          - check: {value: "${rx}", gt: 16}
          - exec: {node: h1, command: "echo ${rx} $${HOME}"}
          - check: {value: "${tx}", not_equals: "${rx}", lt: 4}
        """
    )
    assert play.conversation()[-1] == "h1$ echo 17 ${HOME}"
    assert result.verdict is Verdict.FAIL
    assert "the value is '4', not < 4" in result.reason


# opi


def test_an_api_answer_is_matched_in_part_and_saved(play: Play) -> None:
    play.api[INVENTORY] = {
        "system": {"serial_number": "MT1", "family": ""},
        "pci": [{"address": "0000:03:00.0"}, {"address": "0000:03:02.0"}],
        "memory": {"total_physical_bytes": "17179869184"},
    }
    result = play.run(
        f"""
        vars: {{vf: "0000:03:02.0"}}
        steps:
          - opi:
              node: d1
              method: {INVENTORY}
              body: {{name: "${{vf}}"}}
              expect:
                body:
                  system: {{serial_number: {{regex: ^MT}}}}
                  pci: {{contains: {{address: "${{vf}}"}}, length: {{ge: 2}}}}
                  memory: {{total_physical_bytes: {{gt: 1e9, equals: 17179869184}}}}
                  bios: {{present: false}}
              save: {{serial: system.serial_number, first: "pci[0].address"}}
          - check: {{value: "${{serial}} ${{first}}", equals: "MT1 0000:03:00.0"}}
        """
    )
    assert (result.verdict, result.reason) == (Verdict.PASS, "")
    assert play.conversation() == [
        f'd1:50051 {INVENTORY} {{"name": "0000:03:02.0"}}',
        "d1:50051 closed",
    ]


@pytest.mark.parametrize(
    ("expect", "reason"),
    [
        ("body: {system: {serial_number: MT2}}", "body.system.serial_number is 'MT1', not 'MT2'"),
        ("body: {system: {uuid: {present: true}}}", "body.system.uuid is not there"),
        ("body: {pci: [{}, {}]}", "body.pci has 1 elements, not 2"),
        ("body: {pci: {contains: {address: x}}}", "body.pci has no element like {'address': 'x'}"),
        ("code: NOT_FOUND", "answered OK, not NOT_FOUND"),
    ],
)
def test_an_api_answer_that_does_not_match_says_where(play: Play, expect: str, reason: str) -> None:
    play.api[INVENTORY] = {"system": {"serial_number": "MT1"}, "pci": [{"address": "a"}]}
    result = play.run(f"steps: [opi: {{node: d1, method: {INVENTORY}, expect: {{{expect}}}}}]")
    assert result.verdict is Verdict.FAIL
    assert reason in result.reason


def test_a_refusal_can_be_what_is_expected(play: Play) -> None:
    play.api[INVENTORY] = OpiCallError("FAILED_PRECONDITION", "no netem here")
    ok = "{code: FAILED_PRECONDITION, message: {contains: netem}}"
    text = f"steps: [opi: {{node: d1, method: {INVENTORY}, expect: %s}}]"
    assert play.run(text % ok).verdict is Verdict.PASS
    plain = play.run(text % "{}")
    assert plain.verdict is Verdict.FAIL
    assert "answered FAILED_PRECONDITION, not OK: no netem here" in plain.reason


def test_a_body_that_cannot_be_sent_is_an_error(play: Play) -> None:
    play.api[INVENTORY] = LabError("the body does not fit")
    result = play.run(f"steps: [opi: {{node: d1, method: {INVENTORY}}}]")
    assert result.verdict is Verdict.ERROR


# traffic


def test_traffic_arms_the_receiver_before_it_sends(play: Play) -> None:
    result = play.run("steps: [traffic: {from: h1, to: h2, proto: udp, count: 7}]")
    assert (result.verdict, result.reason) == (Verdict.PASS, "")
    assert play.conversation() == [
        "h2: receiver on eth1",
        "h1> udp 7 to 10.0.2.2",
        "h2: receiver gone",
    ]
    assert result.steps[0].measured["received"] == 7


def test_traffic_goes_to_the_interface_and_family_that_are_named(play: Play) -> None:
    play.run(
        """
        steps:
          - traffic: {from: h1, to: "t1:eth2"}
          - traffic: {from: h1, to: h2, ip: 6, proto: icmp}
          - traffic: {from: h1, to: h2, address: 10.9.9.9}
        """
    )
    sent = [line for line in play.conversation() if ">" in line]
    assert sent == ["h1> udp 20 to 10.0.4.2", "h1> icmp 20 to fd00:2::2", "h1> udp 20 to 10.9.9.9"]


def test_traffic_to_a_node_with_several_interfaces_asks_which(play: Play) -> None:
    result = play.run("steps: [traffic: {from: h1, to: t1}]")
    assert result.verdict is Verdict.ERROR
    assert "which interface of t1 receives is not clear" in result.reason


@pytest.mark.parametrize(
    ("arrived", "expect", "verdict", "reason"),
    [
        (20, "all", "pass", ""),
        (19, "all", "fail", "h2 received 19 of 20 udp packets, not 20"),
        (0, "none", "pass", ""),
        (1, "none", "fail", "h2 received 1 of 20 udp packets, not 0"),
        (12, "{min: 10, max: 15}", "pass", ""),
        (9, "{min: 10, max: 15}", "fail", "not 10 to 15"),
        (3, "3", "pass", ""),
    ],
)
def test_what_arrived_is_judged(
    play: Play, arrived: int, expect: str, verdict: str, reason: str
) -> None:
    play.arrives = lambda sent: arrived
    result = play.run(
        f"steps: [traffic: {{from: h1, to: h2, settle: 10ms, expect: {{received: {expect}}}}}]"
    )
    assert result.verdict == verdict
    assert reason in result.reason


def test_a_receiver_that_waits_for_nothing_is_asked_to_report(play: Play) -> None:
    play.arrives = lambda sent: 0
    play.run("steps: [traffic: {from: h1, to: h2, settle: 10ms, expect: {received: none}}]")
    assert play.conversation()[-2:] == ["h2: signal 15", "h2: receiver gone"]


@pytest.mark.parametrize("what", ["duplicates", "corrupt", "strays"])
def test_what_should_not_arrive_fails_unless_allowed(play: Play, what: str) -> None:
    setattr(play, what, 2)
    text = "steps: [traffic: {from: h1, to: h2, expect: {%s: %s}}]"
    assert f"h2 saw 2 {what}, not 0" in play.run(text % (what, 0)).reason
    assert play.run(text % (what, "{min: 1}")).verdict is Verdict.PASS
    assert play.run(text % (what, "{max: 1}")).verdict is Verdict.FAIL


@pytest.mark.parametrize(("received", "expect"), [("all", 20), ("none", 0), ("{min: 3}", 20)])
def test_a_receiver_of_nothing_listens_until_it_is_asked(
    play: Play, received: str, expect: int
) -> None:
    """Told to expect some, it would end in the first silence, before what comes late."""
    play.run(
        f"steps: [traffic: {{from: h1, to: h2, settle: 10ms, expect: {{received: {received}}}}}]"
    )
    (command,) = play.receivers
    assert f"--expect {expect} " in command
    assert ("--quiet-after" in command) == (expect > 0)


def test_frames_that_the_receiver_dropped_decide_nothing(play: Play) -> None:
    play.arrives, play.drops = (lambda sent: 5), 3
    result = play.run("steps: [traffic: {from: h1, to: h2, settle: 10ms}]")
    assert (result.verdict, result.capability) == (Verdict.INCONCLUSIVE, "receive-rate")


def test_nothing_sent_proves_no_loss_unless_that_is_said(play: Play) -> None:
    play.refuses = True
    text = "steps: [traffic: {from: h1, to: h2, settle: 10ms, expect: {received: none%s}}]"
    result = play.run(text % "")
    assert result.verdict is Verdict.ERROR
    assert "h1 sent only 0 of 20 packets (the sender's kernel refused: ENETUNREACH" in result.reason
    assert play.run(text % ", sent: any").verdict is Verdict.PASS


def test_a_receiver_that_never_arms_is_an_error_and_is_removed(play: Play) -> None:
    play.receivers_arm = False
    result = play.run("steps: [traffic: {from: h1, to: h2}]")
    assert result.verdict is Verdict.ERROR
    assert play.conversation() == ["h2: receiver on eth1", "h2: receiver gone"]


def test_tags_follow_from_the_seed_and_differ_between_steps(play: Play) -> None:
    two = "steps:\n- traffic: {from: h1, to: h2}\n- traffic: {from: h1, to: h2}\n"
    play.run(two)
    play.run(two)
    play.run(two, seed=9)
    first, again, other = play.tags[:2], play.tags[2:4], play.tags[4:]
    assert first == again
    assert len({*first, *other}) == 4
    assert all(len(tag) == 32 for tag in play.tags)


# capture


CAPTURE = """
steps:
  - capture:
      on: [{{node: d1, interface: p0}}]
      steps: [exec: {{node: h1, command: talk}}]
      {judge}
"""


def capture(play: Play, judge: str) -> Any:
    return play.run(CAPTURE.format(judge=judge))


def test_a_capture_surrounds_its_steps(play: Play) -> None:
    play.on_the_wire = ["esp spi=1", "esp spi=2"]
    result = capture(play, "must_see: [{filter: esp, count: {min: 2, max: 2}}]")
    assert (result.verdict, result.reason) == (Verdict.PASS, "")
    assert play.conversation() == ["d1:p0: capture begins", "h1$ talk", "d1:p0: capture ends"]
    assert [step.id for step in result.steps] == ["1", "1.1"]


@pytest.mark.parametrize(
    ("wire", "judge", "verdict", "reason"),
    [
        (
            ["arp"],
            "must_see: [{filter: esp}]",
            "fail",
            "saw 0 of 1 frames on d1:p0, not at least 1: esp",
        ),
        (["esp"], "must_see: [{filter: esp, count: {min: 2}}]", "fail", "not at least 2: esp"),
        (["esp"], "must_not_see: [{filter: icmp}]", "pass", ""),
        (["esp", "icmp"], "must_not_see: [{filter: icmp}]", "fail", "saw 1 of 2 frames on d1:p0"),
        ([], "must_not_see: [{filter: icmp}]", "error", "no frame at all"),
        ([], "{must_not_see: [{filter: icmp}], allow_empty: true}", "pass", ""),
        (["arp"], "must_see: [{}]", "pass", ""),
    ],
)
def test_what_was_on_the_wire_is_judged(
    play: Play, wire: list[str], judge: str, verdict: str, reason: str
) -> None:
    play.on_the_wire = wire
    lines = judge.strip("{}") if judge.startswith("{must_not") else judge
    result = capture(play, lines.replace(", allow_empty", "\n      allow_empty"))
    assert result.verdict == verdict
    assert reason in result.reason


def test_a_capture_ends_also_when_a_step_fails(play: Play) -> None:
    play.on("h1", "talk", says(exit_code=1))
    result = capture(play, "must_see: [{filter: esp}]")
    assert result.verdict is Verdict.FAIL
    assert play.conversation()[-1] == "d1:p0: capture ends"
    assert result.reason.startswith("step 1.1 (exec): exit code is 1")


def test_without_tshark_a_capture_is_inconclusive_and_runs_nothing(play: Play) -> None:
    def none(lab: object) -> Any:
        raise UnsupportedError("tshark", "no tshark")

    result = play.run(CAPTURE.format(judge="must_see: [{}]"), find_dissector=none)
    assert (result.verdict, result.capability) == (Verdict.INCONCLUSIVE, "tshark")
    assert play.conversation() == []


# fault


def test_faults_act_on_links_nodes_and_impairments(play: Play) -> None:
    play.run(
        """
        steps:
          - fault: {link: "h1:eth1", state: down}
          - fault: {link: "d1:pf0vf0", state: up}
          - fault: {node: d1, action: kill}
          - fault: {node: d1, action: start}
          - fault: {node: h2, action: restart}
          - fault: {impair: "h1:eth1", loss: 10%, rate: 10mbit}
          - fault: {impair: "h1:eth1", reset: true}
        """
    )
    assert play.conversation() == [
        "link h1:eth1 down",
        "link d1:pf0vf0 up",
        "kill d1",
        "start d1",
        "stop h2",
        "start h2",
        "impair h1:eth1 some",
        "impair h1:eth1 none",
    ]


def test_what_faults_left_broken_is_mended_nodes_first(play: Play) -> None:
    result = play.run(
        """
        steps:
          - fault: {link: "h1:eth1", state: down}
          - fault: {impair: "h2:eth1", loss: 1}
          - fault: {node: d1, action: stop}
          - exec: {node: h1, command: "false"}
        """
    )
    assert play.conversation()[3:] == [
        "h1$ false",
        "start d1",
        "link h1:eth1 up",
        "impair h2:eth1 none",
    ]
    assert result.verdict is Verdict.PASS
    assert [step.name for step in result.cleanup] == [
        "restore node d1",
        "restore link d1:pf0vf0",
        "restore impairment h2:eth1",
    ]


def test_processes_are_found_by_pattern_and_pidfile(play: Play) -> None:
    play.files["d1", "/run/opid.pid"] = b"77\n"
    play.on("d1", fault._LIST_PROCESSES, says("12 /usr/bin/charon -x\n13 sleep 9\n"))
    result = play.run(
        """
        steps:
          - fault: {process: {node: d1, pattern: charon, signal: TERM}}
          - fault: {process: {node: d1, pidfile: /run/opid.pid}}
          - fault: {process: {node: d1, pattern: nothing like it}}
        """
    )
    kills = [line for line in play.conversation() if "$ kill" in line]
    assert kills == ["d1$ kill -15 12", "d1$ kill -9 77"]
    assert result.verdict is Verdict.ERROR
    assert "no process of d1 matches 'nothing like it'" in result.reason


def test_a_signal_that_did_not_arrive_is_an_error(play: Play) -> None:
    play.on("d1", fault._LIST_PROCESSES, says("12 /usr/bin/charon -x\n"))
    play.on("d1", "kill -9 12", says(stderr="No such process\n", exit_code=1))
    result = play.run("steps: [fault: {process: {node: d1, pattern: charon}}]")
    assert result.verdict is Verdict.ERROR
    assert "d1 did not take the signal: No such process" in result.reason


def test_an_impairment_that_the_kernel_has_not_is_inconclusive(play: Play) -> None:
    play.trouble["impair h1:eth1 some"] = UnsupportedError("netem", "no netem on this kernel")
    result = play.run("steps: [fault: {impair: 'h1:eth1', delay: 10ms}]")
    assert (result.verdict, result.capability) == (Verdict.INCONCLUSIVE, "netem")


# wait


def test_wait_repeats_until_the_condition_holds(play: Play) -> None:
    play.on("h1", "ping", says(exit_code=1), LabError("not running"), TimeoutError("slow"), says())
    result = play.run(
        """
        steps:
          - wait:
              until: {exec: {node: h1, command: ping}}
              interval: 1ms
        """
    )
    assert result.verdict is Verdict.PASS
    assert result.steps[0].measured["attempts"] == 4


def test_wait_gives_up_with_the_last_reason(play: Play) -> None:
    play.on("h1", "ping", says(exit_code=1, stderr="100% loss"))
    result = play.run(
        "steps: [wait: {until: {exec: {node: h1, command: ping}}, deadline: 50ms, interval: 10ms}]"
    )
    assert result.verdict is Verdict.FAIL
    assert "not within 0.05 s" in result.reason
    assert "last: exit code is 1, not 0; it said: 100% loss" in result.reason


def test_wait_does_not_repeat_what_the_machine_cannot_do(play: Play) -> None:
    play.on("h1", "x", UnsupportedError("container", "it is a bridge"))
    result = play.run("steps: [wait: {until: {exec: {node: h1, command: x}}}]")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert play.conversation() == ["h1$ x"]


def test_a_condition_that_hangs_ends_with_the_wait(play: Play) -> None:
    def hang() -> ExecResult:
        time.sleep(0.06)
        raise TimeoutError("killed")

    play.on("h1", "ping", hang)
    result = play.run("steps: [wait: {until: {exec: {node: h1, command: ping}}, deadline: 50ms}]")
    assert result.verdict is Verdict.FAIL
    assert "not within 0.05 s (1 attempt); last: did not end" in result.reason


def test_each_attempt_of_traffic_has_its_own_tag(play: Play) -> None:
    play.arrives = lambda sent: 0 if len(play.tags) == 1 else sent
    result = play.run(
        "steps: [wait: {until: {traffic: {from: h1, to: h2, settle: 1ms}}, interval: 1ms}]"
    )
    assert result.verdict is Verdict.PASS
    assert len(play.tags) == len(set(play.tags)) == 2
