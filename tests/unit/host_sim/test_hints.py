"""Hints of nvmesim: what a newcomer gets wrong first is answered with what to do."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from host_sim.cli import main
from host_sim.hints import hint_for


def test_nobody_listening_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        port = str(taken.getsockname()[1])
        own = ["--backend", "sim", "--state-dir", str(tmp_path)]
        assert main(["discover", *own, "-t", "tcp", "-a", "127.0.0.1", "-s", port]) == 1
    said = capsys.readouterr().err
    assert f"127.0.0.1:{port}: Connection refused\nhint: nothing listens there" in said


def test_a_namespace_without_a_connection_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = ["--backend", "sim", "--state-dir", str(tmp_path)]
    assert main(["read", *own, "nvme0n1"]) == 1
    assert "nothing is connected\nhint: `nvmesim connect`" in capsys.readouterr().err


def test_a_message_that_says_all_has_no_hint() -> None:
    assert not hint_for("--tls needs --tls-key")


def test_discovery_without_a_port_is_told_of_the_subsystems_port() -> None:
    assert "-s 4420" in hint_for("192.0.2.1:8009: Connection refused")
    assert "-s 4420" not in hint_for("192.0.2.1:4420: Connection refused")
