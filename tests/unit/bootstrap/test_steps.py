"""Running programs, becoming root, and the daemon of our own."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bootstrap import daemon, privilege, process
from bootstrap.console import BootstrapError, Step
from bootstrap.daemon import Daemon, start_time_of
from bootstrap.process import Limits, probe, quote_tail, run_logged


def test_a_probe_never_raises() -> None:
    assert probe(["no-such-program-here"]).code == 127
    assert probe(["sleep", "5"], timeout=0.1).code == 124
    done = probe(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (done.code, done.stdout, done.text) == (3, "out\n", "out\nerr\n")


def test_milestones_are_shown_once_and_everything_is_logged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "logs" / "x.log"
    command = ["sh", "-c", "echo noise; echo Step 1; echo Step 1; echo Step 2 >&2"]
    run_logged(command, log, Step("demo"), milestone=lambda line: line if "Step" in line else None)
    assert log.read_text().splitlines() == ["noise", "Step 1", "Step 1", "Step 2"]
    shown = [line.split("demo: ")[1] for line in capsys.readouterr().err.splitlines()]
    assert shown == ["Step 1", "Step 2"]


def test_a_failure_carries_the_end_of_the_log(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    command = ["sh", "-c", "for i in $(seq 100); do echo line $i; done; exit 7"]
    with pytest.raises(BootstrapError) as caught:
        run_logged(command, log, Step("demo"))
    text = str(caught.value)
    assert f"demo: `sh` failed with exit code 7; the end of {log} is" in text
    assert "line 100" in text
    assert "line 75\n" not in text
    assert len(quote_tail(log).splitlines()) == process.TAIL_LINES


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match="cannot run no-such-program-here"):
        run_logged(["no-such-program-here"], tmp_path / "x.log", Step("demo"))


@pytest.mark.parametrize(
    ("command", "limits", "message"),
    [
        ("sleep 30", Limits(first_output=0.1), "no answer within 0.1 s"),
        ("echo on; sleep 30", Limits(total=0.7, first_output=0.5), "not done within 0.7 s"),
    ],
)
def test_limits_end_the_program(tmp_path: Path, command: str, limits: Limits, message: str) -> None:
    began = time.monotonic()
    with pytest.raises(BootstrapError, match=message):
        run_logged(
            ["sh", "-c", f"exec 3>&1; {command}"], tmp_path / "x.log", Step("d"), limits=limits
        )
    assert time.monotonic() - began < 10


def test_refusing_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bootstrap.privilege.os.geteuid", lambda: 1000)
    with pytest.raises(BootstrapError) as caught:
        privilege.refuse_when_told(["apt-get", "install", "x y"], "why", {"DPULAB_NO_INSTALL": "1"})
    assert caught.value.hint == "run it yourself, then try again: sudo apt-get install 'x y'"
    privilege.refuse_when_told(["apt-get"], "why", {"DPULAB_NO_INSTALL": "0"})


def test_without_root_or_sudo_the_command_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bootstrap.privilege.os.geteuid", lambda: 1000)
    monkeypatch.setattr("bootstrap.privilege.shutil.which", lambda _: None)
    with pytest.raises(BootstrapError) as caught:
        privilege.as_root(["dockerd"], "starting Docker")
    assert "starting Docker needs root" in caught.value.message
    assert caught.value.hint.endswith(": dockerd")


def test_root_needs_no_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bootstrap.privilege.os.geteuid", lambda: 0)
    assert privilege.as_root(["dockerd"], "x") == ["dockerd"]


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(["sleep", "60"])
    yield child
    child.kill()
    child.wait()


def test_start_time_tells_processes_apart(sleeper: subprocess.Popen[bytes]) -> None:
    assert start_time_of(sleeper.pid) > start_time_of(1) >= 0
    sleeper.kill()
    sleeper.wait()
    assert start_time_of(sleeper.pid) == -1


def test_a_stranger_with_our_old_pid_is_left_alone(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    state = tmp_path / "dockerd.json"
    state.write_text(f'{{"pid": {sleeper.pid}, "start_time": 1}}')
    assert daemon.stop(state) is False
    assert sleeper.poll() is None
    assert not state.exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pid": 1}', "no json"])
def test_a_broken_record_means_we_started_none(tmp_path: Path, text: str) -> None:
    state = tmp_path / "dockerd.json"
    state.write_text(text)
    assert daemon.read_state(state) is None
    assert daemon.stop(state) is False


def test_the_daemon_is_started_once_recorded_and_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "dockerd"
    program.write_text("#!/bin/sh\necho started $1\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    state, log = tmp_path / "run" / "dockerd.json", tmp_path / "log"
    started = daemon.start(state, log, ["--debug"])
    assert started.alive
    assert daemon.read_state(state) == started == daemon.start(state, log)
    assert daemon.stop(state) is True
    assert not started.alive
    assert not state.exists()
    assert log.read_text() in {"", "started --debug\n"}


def test_a_daemon_of_another_time_is_not_alive() -> None:
    assert not Daemon(os.getpid(), start_time_of(os.getpid()) - 1).alive
