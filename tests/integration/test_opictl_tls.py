"""The command line and TLS: who is trusted, who gets in, and what is said when it fails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.certificates import Authority, Pair
from tests.opictl_line import Line, command_line
from tests.opid_process import Opid, starting_opid

pytestmark = pytest.mark.integration

UNREACHABLE = 3


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Who signs server and clients."""
    return Authority(tmp_path)


@pytest.fixture
def client_pair(authority: Authority) -> Pair:
    """A client's certificate."""
    return authority.issue("admin")


@pytest.fixture
def server(authority: Authority, tmp_path: Path) -> Iterator[Opid]:
    """A server that wants a client certificate."""
    pair = authority.issue("server", "dpu1")
    with starting_opid(tmp_path / "state") as start:
        flags = ("--tls-cert", str(pair.certificate), "--tls-key", str(pair.key))
        yield start(*flags, "--tls-client-ca", str(authority.certificate), insecure=False)


@pytest.fixture
def opictl(
    server: Opid,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Line:
    """Runs the command line against the server, for which it has no certificate yet."""
    line = command_line(tmp_path, monkeypatch, capsys)
    monkeypatch.setenv("OPICTL_ADDRESS", server.endpoint)
    monkeypatch.setenv("OPICTL_TIMEOUT", "5")
    return line


def test_a_context_has_what_tls_needs(
    server: Opid,
    authority: Authority,
    client_pair: Pair,
    opictl: Line,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OPICTL_ADDRESS")
    tls = ("--tls-ca", str(authority.certificate), "--tls-cert", str(client_pair.certificate))
    name = ("--tls-key", str(client_pair.key), "--tls-server-name", "dpu1")
    added = opictl("context", "add", "dpu1", "--address", server.endpoint, *tls, *name)
    assert added.code == 0, added.err
    assert " mutual " in opictl("context", "list").out
    outcome = opictl("inventory", "get")
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("bios.vendor")


def test_without_a_certificate_nobody_gets_in(authority: Authority, opictl: Line) -> None:
    outcome = opictl("inventory", "get", "--tls-ca", str(authority.certificate))
    assert outcome.code == UNREACHABLE
    assert outcome.err.startswith(("error: cannot reach", "error: no agreement on TLS"))
    assert "the server may want a client certificate: --tls-cert and --tls-key" in outcome.err


def test_a_stranger_is_not_trusted(opictl: Line, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    stranger = Authority(tmp_path / "other", "stranger")
    outcome = opictl("inventory", "get", "--tls-ca", str(stranger.certificate))
    assert outcome.code == UNREACHABLE
    assert outcome.err.startswith("error: no agreement on TLS with 127.0.0.1")
    assert "hint: check --tls-ca" in outcome.err


def test_plain_text_is_told_from_tls(opictl: Line) -> None:
    outcome = opictl("inventory", "get", "--insecure")
    assert outcome.code == UNREACHABLE
    assert "--no-insecure" in outcome.err


def test_files_that_are_not_there_are_named(opictl: Line) -> None:
    outcome = opictl("inventory", "get", "--tls-ca", "nope.pem")
    assert (outcome.code, outcome.err) == (2, "error: nope.pem: No such file or directory\n")
    outcome = opictl("inventory", "get", "--tls-cert", "a.pem")
    assert outcome.code == 2
    assert outcome.err.startswith("error: the client's key is missing")


def test_tls_is_told_from_plain_text(tmp_path: Path) -> None:
    """In a process of its own: gRPC's library writes to stderr beside us."""
    with starting_opid(tmp_path / "plain") as start:
        endpoint = start().endpoint
        done = subprocess.run(
            [sys.executable, "-m", "opictl", "-a", endpoint, "--no-insecure", "inventory", "get"],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == UNREACHABLE
    assert done.stderr == (
        f"error: no agreement on TLS with {endpoint}: it speaks plain text\n"
        "hint: --insecure, if that is as it should be\n"
    )


def test_a_certificate_for_another_name_is_told(
    authority: Authority, client_pair: Pair, opictl: Line
) -> None:
    tls = ("--tls-ca", str(authority.certificate), "--tls-cert", str(client_pair.certificate))
    other = ("--tls-key", str(client_pair.key), "--tls-server-name", "dpu2")
    outcome = opictl("inventory", "get", *tls, *other)
    assert outcome.code == UNREACHABLE
    assert outcome.err.endswith("hint: check --tls-server-name\n"), outcome.err
