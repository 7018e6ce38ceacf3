from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from traffic.cli import main
from traffic.stop import StopSignal

ROOT = Path(__file__).parents[3]
TAG = "00112233445566778899aabbccddeeff"
SEND = ["send", "--to", "192.0.2.1", "--proto", "udp", "--tag", TAG]
RECEIVE = ["receive", "--interface", "lo", "--tag", TAG, "--expect", "1"]


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["send"],
        ["receive", "--tag", TAG],
        [*SEND, "--proto", "sctp"],
        [*SEND, "--count", "many"],
        ["steal"],
    ],
)
def test_argparse_refuses_with_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        ([*SEND, "--to", "host2"], "traffic send: --to: 'host2' is not an IPv4 or IPv6 address\n"),
        ([*SEND, "--tag", "12"], "traffic send: --tag: '12' is not 32 hex digits\n"),
        ([*SEND, "--size", "8"], "traffic send: --size: 8 is not in 32..65507\n"),
        (
            [*SEND, "--rate", "-1"],
            "traffic send: --rate: -1.0 is not a number of packets per second, 0 or more\n",
        ),
        (
            [*SEND, "--rate", "nan"],
            "traffic send: --rate: nan is not a number of packets per second, 0 or more\n",
        ),
        ([*RECEIVE, "--tag", "x"], "traffic receive: --tag: 'x' is not 32 hex digits\n"),
        ([*RECEIVE, "--expect", "-1"], "traffic receive: --expect: -1 is not in 0..1000000\n"),
        (
            [*RECEIVE, "--timeout", "0"],
            "traffic receive: --timeout: 0.0 is not a number of seconds above 0\n",
        ),
        (
            [*RECEIVE, "--quiet-after", "nan"],
            "traffic receive: --quiet-after: nan is not a number of seconds above 0\n",
        ),
    ],
)
def test_a_wrong_value_is_one_line_and_2(
    argv: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", text)


@pytest.mark.parametrize("argv", [RECEIVE, SEND])
def test_a_missing_interface_is_1_with_its_name(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    if os.geteuid() != 0:
        pytest.skip("packet sockets need root")
    assert main([*argv, "--interface", "nosuch0"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "interface nosuch0: No such device" in err
    assert "hint: " in err


def test_receiving_loads_no_scapy() -> None:
    script = (
        "import sys, traffic.cli, traffic.receiver\n"
        "print(any(name.partition('.')[0] == 'scapy' for name in sys.modules))"
    )
    out = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT
    )
    assert out.stdout == "False\n"


def test_a_stop_signal_ends_waiting_and_gives_the_handlers_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with StopSignal() as stop:
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
        started = time.monotonic()
        assert stop.wait(20)
        assert time.monotonic() - started < 10
        assert stop.wait(20)
    assert signal.getsignal(signal.SIGTERM) is before


def test_waiting_without_a_signal_says_so() -> None:
    with StopSignal() as stop:
        assert not stop.wait(0.001)
        assert not stop.wait(-1)


def test_receiving_on_loopback_counts_each_packet_once() -> None:
    if os.geteuid() != 0:
        pytest.skip("packet sockets need root")
    python = [sys.executable, "-m", "traffic"]
    with subprocess.Popen(
        [*python, *RECEIVE, "--expect", "20", "--timeout", "20", "--quiet-after", "0.3"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as receiver:
        assert receiver.stdout is not None
        assert json.loads(receiver.stdout.readline())["event"] == "armed"
        send = [*python, *SEND, "--to", "127.0.0.1", "--count", "20", "--rate", "0"]
        sent = json.loads(subprocess.run(send, check=True, capture_output=True, cwd=ROOT).stdout)
        result = json.loads(receiver.stdout.readline())
    assert sent["sent"] == 20
    assert (result["received"], result["duplicates"], result["ended"]) == (20, 0, "complete")
    assert receiver.returncode == 0
