"""What a person reads who has typed something wrong: golden texts, exit codes, no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opictl.cli import run
from opictl.errors import did_you_mean, printable
from tests.opictl_line import Line

USAGE = 2

MISTAKES = {
    "frob": "`opictl` has no 'frob' | `opictl --help` lists what there is",
    "storag": "`opictl` has no 'storag' | did you mean storage?",
    "subsystem list": "`opictl` has no 'subsystem' | did you mean `opictl storage subsystem`?",
    "vrfs": "`opictl` has no 'vrfs' | did you mean `opictl evpn vrf`?",
    "get subsystem": "`opictl` has no 'get' | the verb comes last: opictl AREA NOUN get, such as "
    "opictl storage subsystem get",
    "storage list": "`opictl storage` has no 'list' | the noun comes first: opictl storage "
    "aio-volume|controller|encrypted-volume… list",
    "storage subsytem list": "`opictl storage` has no 'subsytem' | did you mean subsystem?",
    "storage subsystem lst": "`opictl storage subsystem` has no 'lst' | did you mean list?",
    "storage subsystem rm x": "`opictl storage subsystem` has no 'rm' | did you mean delete?",
    "storage subsystem show x": "`opictl storage subsystem` has no 'show' | did you mean get?",
    "storage subsystem frob": "`opictl storage subsystem` has no 'frob' | there are: create, get, "
    "list, update, delete, stats",
    "storage subsystem create sub0 --nqm x": "`opictl storage subsystem create` has no flag --nqm "
    "| did you mean --nqn?",
    "storage subsystem create sub0 --serial x": "`opictl storage subsystem create` has no flag "
    "--serial | did you mean --serial-number?",
    "storage subsystem get": "NAME is missing | `opictl storage subsystem list` shows the names",
    "storage subsystem get a/b": "'a/b' is not the name of a subsystem | names look like "
    "nvmeSubsystems/{subsystem}",
    "storage namespace get ns01": "ns01: which subsystem's namespace? Write SUBSYSTEM/ns01, or "
    "give --subsystem | names look like nvmeSubsystems/{subsystem}/nvmeNamespaces/{namespace}",
    "storage namespace create ns01": "which subsystem shall the namespace be part of? | write "
    "SUBSYSTEM/ns01, or give --subsystem SUBSYSTEM",
    "storage controller create a/b --trtype tpc": "--trtype: 'tpc' is none of fc, pcie, rdma, tcp, "
    "custom; did you mean tcp? | `opictl storage controller create --help` shows how it is used",
    "storage controller create a/b --traddr 1.2.3.4 --port-id 0": "spec.pcie_id.port_id and "
    "spec.fabrics_id.traddr exclude each other | give one of them",
    "storage malloc-volume create v --size 1x": "--size: '1x' is not a whole number | `opictl "
    "storage malloc-volume create --help` shows how it is used",
    "storage malloc-volume create v --size 1000": "--size: 1000 bytes are no whole number of "
    "blocks of 512 bytes | `opictl storage malloc-volume create --help` shows how it is used",
    "storage subsystem create s --psk hunter2": "--psk: a secret does not belong on the command "
    "line: @FILE, or - to be asked | `opictl storage subsystem create --help` shows how it is used",
    "storage subsystem update sub0": "nothing to change | give the flags of the fields that change",
    "storage subsystem update sub0 --clear nqm": "--clear: there is no field 'nqm' | did you mean "
    "nqn?",
    "storage subsystem list -o jsn": "--output: 'jsn' is not one of 'table', 'wide', 'json', "
    "'yaml', 'name' | did you mean json?",
    "storage subsystem list more": "too much on the line: more | `opictl storage subsystem list "
    "--help` shows how it is used",
    "evpn bridge-port create p --mac aa:bb": "--mac: 'aa:bb' is not a MAC address, such as "
    "aa:bb:cc:00:00:01 | `opictl evpn bridge-port create --help` shows how it is used",
    "--context nope version x": "too much on the line: x | `opictl version --help` shows how it is "
    "used",
    "--context nope storage subsystem list": "no context is called 'nope' | `opictl context add` "
    "makes one",
    "--timeout soon services": "--timeout: 'soon' is not a valid float range | `opictl --help` "
    "shows how it is used",
    "apply": "which manifest? | `opictl apply -f FILE`",
    "apply nope.yml": "nope.yml: No such file or directory",
    "storage subsystem list --json": "`opictl storage subsystem list` has no flag --json | -o json "
    "says how to print",
    "help storage frob": "`opictl storage` has no 'frob' | `opictl storage --help` shows how it is "
    "used",
    "apply -f nope.yml": "nope.yml: No such file or directory",
    "diff -f nope.yml": "nope.yml: No such file or directory",
    "export Vrff": "no kind is called 'Vrff' | did you mean Vrf?",
    "describe NvmeSubsystem.nqm": "NvmeSubsystem has no field nqm | did you mean nqn?",
    "describe NvmeSubsytem": "nothing is called 'NvmeSubsytem' | did you mean NvmeSubsystem or "
    "GetNvmeSubsystem or NvmeSubsystemSpec?",
    "call GetNvmeSubsytem": "no method is called GetNvmeSubsytem | did you mean GetNvmeSubsystem "
    "or DeleteNvmeSubsystem or CreateNvmeSubsystem?",
    "call GetNvmeSubsystem {nam:1}": "nam:1: GetNvmeSubsystemRequest has no such field; did you "
    "mean name? | `opictl describe GetNvmeSubsystem` shows the fields",
    "watch storag subsystem": "there is no area 'storag' | did you mean storage?",
    "completion tcsh": "bash|zsh|fish: 'tcsh' is not one of 'bash', 'zsh', 'fish' | `opictl "
    "completion --help` shows how it is used",
    "context use nope": "no context is called 'nope' | `opictl context add` makes one",
    "context add x": "which address has it? | --address HOST:PORT",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_mistakes_are_told_in_plain_words(
    line: str, opictl: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    if line == "context add x":
        monkeypatch.delenv("OPICTL_ADDRESS")
    outcome = opictl(*line.split())
    message, _, hint = MISTAKES[line].partition(" | ")
    expected = f"error: {message}\n" + (f"hint: {hint}\n" if hint else "")
    assert (outcome.err, outcome.out, outcome.code) == (expected, "", USAGE)


def test_nobody_there(opictl: Line) -> None:
    outcome = opictl("storage", "subsystem", "list")
    assert outcome.code == 3
    assert outcome.err == (
        "error: cannot reach 127.0.0.1:1: connection refused\n"
        "hint: is opid running there? `opictl context list` shows where else DPUs are\n"
    )


def test_diff_that_could_not_compare_is_no_difference(opictl: Line, tmp_path: Path) -> None:
    (tmp_path / "m.yml").write_text("{kind: NvmeSubsystem, id: sub0, spec: {nqn: x}}")
    assert opictl("diff", "-f", "m.yml").code == 3


@pytest.mark.parametrize("variable", ["OPICTL_TIMEOUT", "OPICTL_OUTPUT", "OPICTL_INSECURE"])
def test_wrong_variables_are_named(
    variable: str, opictl: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "perhaps")
    outcome = opictl("storage", "subsystem", "list")
    assert outcome.code == USAGE
    assert outcome.err.startswith(f"error: {variable}: 'perhaps' is ")


def test_a_defect_is_told_without_a_traceback(
    opictl: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opi.contexts.read_contexts", lambda *_, **__: 1 / 0)
    outcome = opictl("storage", "subsystem", "list")
    assert outcome.code == 1
    assert outcome.err == (
        "error: this is a defect of opictl: ZeroDivisionError: division by zero\n"
        "hint: please report it; OPICTL_DEBUG=1 shows where it happened\n"
    )


LINE = """storage evpn subsystem namespace create list get update delete stats -o json --nqn --json
-f { } [ - @ --parent a/b x: '' --context call describe watch apply --help -- \x1b[2J"""
WORDS = st.sampled_from(LINE.split())


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS | st.text(max_size=8), max_size=7))
def test_no_line_whatever_ends_in_a_traceback(words: list[str]) -> None:
    """The exit code is one of ours, and a defect is never reported."""
    address = ["--address", "127.0.0.1:1", "--timeout", "0.01"]
    with pytest.MonkeyPatch.context() as patched:
        said: list[str] = []
        patched.setattr("opictl.cli.show_words", lambda *told: said.append(told[0]))
        patched.setattr("sys.stdin", open(os.devnull))  # noqa: PTH123, SIM115
        assert run([*address, *words]) in {0, 1, 2, 3}
        assert not [one for one in said if "defect" in one]


@given(st.text())
def test_nothing_that_is_printed_controls_the_terminal(text: str) -> None:
    assert all(one.isprintable() or one in "\n\t" for one in printable(text))


@given(st.text(max_size=10), st.lists(st.text(min_size=1, max_size=10), max_size=5))
def test_guesses_are_words_that_there_are(word: str, known: list[str]) -> None:
    guess = did_you_mean(word, known, "instead")
    assert guess == "instead" or any(one in guess for one in known)


def test_the_reader_of_the_output_may_go(tmp_path: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m opictl schema | true; exit ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr, done.stdout) == (141, "", "")


def test_ctrl_c_is_quiet(tmp_path: Path) -> None:
    """Interrupted while it waits for standard input."""
    opictl = [sys.executable, "-m", "opictl", "apply", "-f", "-"]
    command = ["env", "--default-signal=INT", *opictl]  # background jobs of a shell ignore it
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        _wait_until_it_reads(process.pid)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err.strip()) == (130, "", "")


def _wait_until_it_reads(pid: int) -> None:
    """Until the process sleeps in a read of its standard input (proc(5), syscall and wchan)."""
    import time

    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        waiting = Path(f"/proc/{pid}/wchan").read_text()
        if "pipe_read" in waiting or "anon_pipe" in waiting:
            return
        time.sleep(0.01)
    pytest.skip("the kernel does not tell what a process waits for")
