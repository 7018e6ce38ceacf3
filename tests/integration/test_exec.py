"""Commands in nodes: what they print, how they end, and that they do end."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.engine import session
from lab.engine.session import LabSession
from lab.errors import LabError
from lab.links import pins
from lab.topology.model import Topology
from tests.integration.conftest import TWO_HOSTS, Recorder, bring_up, pings

pytestmark = pytest.mark.integration

Make = Callable[..., Topology]


@pytest.fixture
def lab(topology: Make) -> LabSession:
    """Two hosts."""
    return bring_up(topology())


def running(lab: LabSession, mark: str) -> int:
    """How many processes in h1 have the mark on their command line."""
    script = (
        'n=0; for p in /proc/[0-9]*/cmdline; do [ "$p" != "/proc/$$/cmdline" ] && '
        'tr "\\0" " " <$p 2>/dev/null | grep -q "$MARK" && n=$((n+1)); done; echo $n'
    )
    return int(lab.node("h1").exec(["sh", "-c", script], env={"MARK": mark}).stdout)


TREE = "sleep 7771 & setsid=no; timeout 7772 sleep 7773 & (sleep 7774 & sleep 7775); wait"
"""Children in the same process group, and one that made a group of its own (timeout does)."""


def test_a_command_that_takes_too_long_is_killed_with_its_children(lab: LabSession) -> None:
    with pytest.raises(TimeoutError, match=r"still runs after 0.5 s"):
        lab.node("h1").exec(["sh", "-c", TREE], timeout=0.5)
    assert running(lab, "sleep 777") == 0


def test_leaving_the_context_kills_what_runs(lab: LabSession) -> None:
    with lab.node("h1").start(["sh", "-c", f"echo armed; {TREE}"]) as process:
        assert process.wait_for_line("armed", timeout=5) == "armed"
        assert running(lab, "sleep 777") >= 4
    assert running(lab, "sleep 777") == 0


def test_what_a_finished_command_left_in_the_background_stays(lab: LabSession) -> None:
    start = "sleep 7781 >/dev/null 2>&1 & echo started"
    assert lab.node("h1").exec(["sh", "-c", start]).stdout == "started\n"
    assert running(lab, "sleep 7781") == 1


def test_a_command_that_closed_its_output_is_still_waited_for_and_killed(lab: LabSession) -> None:
    silent = "exec >/dev/null 2>&1; sleep 0.3; exit 7"
    assert lab.node("h1").exec(["sh", "-c", silent]).exit_code == 7
    with pytest.raises(TimeoutError):
        lab.node("h1").exec(["sh", "-c", "exec >/dev/null 2>&1; sleep 7791"], timeout=0.5)
    assert running(lab, "sleep 7791") == 0


def test_a_signal_reaches_the_group(lab: LabSession) -> None:
    script = "trap 'echo told; exit 3' USR1; echo armed; while :; do sleep 0.05; done"
    with lab.node("h1").start(["sh", "-c", script]) as process:
        process.wait_for_line("armed", timeout=5)
        process.signal(10)
        result = process.wait(5)
        process.signal(10)
    assert result.exit_code == 3
    assert "told" in result.stdout


def test_ten_megabytes_come_through_whole(lab: LabSession) -> None:
    size = 10_000_000
    printed = lab.node("h1").exec(["sh", "-c", f"head -c {size} /dev/zero | tr '\\0' x"])
    assert len(printed.stdout) == size
    assert printed.stdout.strip("x") == ""


def test_what_is_no_text_does_not_disturb(lab: LabSession) -> None:
    script = r"printf '\377\000\n'; printf '\376' >&2; exit 5"
    result = lab.node("h1").exec(["sh", "-c", script])
    assert (result.exit_code, result.stdout, result.stderr) == (5, "\ufffd\x00\n", "\ufffd")


def test_files_keep_every_byte(lab: LabSession) -> None:
    data = bytes(range(256)) * 1000
    lab.node("h1").put(data, "/tmp/deep/er/file", 0o600)
    assert lab.node("h1").get("/tmp/deep/er/file") == data
    mode = lab.node("h1").exec(["stat", "-c", "%a", "/tmp/deep/er/file"]).stdout
    assert mode == "600\n"
    with pytest.raises(LabError, match="/tmp/none"):
        lab.node("h1").get("/tmp/none")


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_hundred_commands_at_once(lab: LabSession) -> None:
    before = open_files()

    def one(number: int) -> str:
        return lab.node(f"h{number % 2 + 1}").exec(["echo", str(number)], timeout=60).stdout

    with ThreadPoolExecutor(100) as pool:
        printed = list(pool.map(one, range(100)))
    assert printed == [f"{number}\n" for number in range(100)]
    kept = 64  # connections that the pool keeps for the next calls
    assert open_files() <= before + kept + 8


def test_lines_are_handed_out_whole(lab: LabSession) -> None:
    script = "printf 'listening on '; sleep 0.3; echo port 7; sleep 60"
    with lab.node("h1").start(["sh", "-c", script]) as process:
        assert process.wait_for_line("listening", timeout=5) == "listening on port 7"


def test_a_command_that_ends_without_its_line_is_told(lab: LabSession) -> None:
    with (
        lab.node("h1").start(["sh", "-c", "echo no such port >&2; exit 1"]) as process,
        pytest.raises(LabError, match="ended before it said 'armed': no such port"),
    ):
        process.wait_for_line("armed", timeout=5)


def test_a_command_that_does_not_exist(lab: LabSession) -> None:
    result = lab.node("h1").exec(["/no/such/command"])
    assert result.exit_code == 127
    assert "/no/such/command" in result.stderr


@pytest.mark.parametrize("kill", [True, False], ids=["SIGKILL", "stop"])
def test_a_node_that_dies_takes_its_commands_along(lab: LabSession, kill: bool) -> None:
    with lab.node("h1").start(["sh", "-c", "echo armed; sleep 60"]) as process:
        process.wait_for_line("armed", timeout=5)
        lab.stop_node("h1", kill=kill)
        try:
            assert process.wait(10).exit_code == 137
        except LabError as error:
            assert "was stopped while it ran" in error.message  # noqa: PT017 - either is true
    with pytest.raises(LabError, match="node h1 is not running"):
        lab.node("h1").exec(["true"])


def test_a_node_that_was_removed_takes_its_commands_along(lab: LabSession) -> None:
    with lab.node("h1").start(["sh", "-c", "echo armed; sleep 60"]) as process:
        process.wait_for_line("armed", timeout=5)
        lab.docker.remove(lab.topology.container_name("h1"))
        with pytest.raises(LabError):
            process.wait(10)
    with pytest.raises(LabError, match="node h1 does not exist"):
        lab.node("h1").exec(["true"])


def test_a_node_that_ignores_sigterm_is_stopped_in_five_seconds(topology: Make) -> None:
    lab = bring_up(
        topology("""
        topology:
          nodes:
            deaf:
              kind: linux
              image: dpulab/base
              network-mode: none
              entrypoint: sh
              cmd: -c "trap '' TERM; while :; do sleep 1; done"
        """)
    )
    begin = time.monotonic()
    lab.stop_node("deaf")
    assert 4 < time.monotonic() - begin < 8


def test_up_after_a_reboot_pins_the_namespaces_again(topology: Make) -> None:
    """/run is empty after a reboot; here only the mounts are gone, and the containers run."""
    made = topology()
    lab = bring_up(made)
    for node in ("h1", "h2"):
        pins.unpin(made.name, node)
        Path(f"/run/dpulab/{made.name}/{node}/netns").touch()
    rows = session.inspect_labs([made.name])[made.name]
    assert [row["links"] for row in rows] == ["0/1", "0/1"]
    again = Recorder()
    bring_up(made, again)
    assert again.notes["link:h1:eth1"] == "whole"
    lab.stop_node("h1")
    lab.start_node("h1")
    assert pings(lab, "h1", "10.9.1.2")


def test_up_after_a_reboot_starts_what_is_stopped(topology: Make) -> None:
    made = topology(TWO_HOSTS)
    lab = bring_up(made)
    for node in ("h1", "h2"):
        lab.docker.stop(made.container_name(node), kill=True)
    pins.remove_all(made.name)
    repair = Recorder()
    lab = bring_up(made, repair)
    assert repair.notes["start:h1"] == "started"
    assert repair.notes["link:h1:eth1"] == "created"
    assert pings(lab, "h1", "10.9.1.2")
