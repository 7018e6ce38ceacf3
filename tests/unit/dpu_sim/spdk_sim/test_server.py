"""The stand-in as a process, asked by SPDK's own client and by rough ones."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from spdk.rpc.client import JSONRPCClient, JSONRPCException

NQN = "nqn.2022-09.io.spdk:opi1"


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "spdk.sock"
    process = start(path)
    yield path
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert not path.exists()


def start(path: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "dpu_sim.spdk_sim", "-r", str(path), "--notify-fd", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"\n", "the server has not come up"
    return process


def raw(path: Path, data: bytes) -> bytes:
    """What the server sends in answer to `data`, after which we half-close."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(10)
        link.connect(str(path))
        link.sendall(data)
        link.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: link.recv(65536), b""))


def test_spdks_own_client_works_unchanged(target: Path) -> None:
    with JSONRPCClient(str(target), timeout=10) as client:
        assert client.spdk_get_version()["fields"]["major"] == 26
        assert client.nvmf_create_subsystem(nqn=NQN, serial_number="SN1", max_namespaces=10)
        found = client.nvmf_get_subsystems(nqn=NQN)
        assert [(one["nqn"], one["serial_number"]) for one in found] == [(NQN, "SN1")]
        with pytest.raises(JSONRPCException, match="Unable to create subsystem"):
            client.nvmf_create_subsystem(nqn=NQN)
        assert client.nvmf_delete_subsystem(nqn=NQN)


def test_spdks_command_line_works_unchanged(target: Path) -> None:
    command = [str(Path(sys.executable).parent / "spdk-rpc"), "-s", str(target)]
    subprocess.run([*command, "nvmf_create_subsystem", NQN, "-a"], check=True, timeout=60)
    listed = subprocess.run(
        [*command, "nvmf_get_subsystems", NQN], check=True, capture_output=True, timeout=60
    )
    assert json.loads(listed.stdout)[0]["allow_any_host"] is True


def test_a_client_that_half_closes_right_after_its_request_is_answered(target: Path) -> None:
    request = {"jsonrpc": "2.0", "id": 1, "method": "spdk_get_version"}
    assert json.loads(raw(target, json.dumps(request).encode()))["id"] == 1


def test_requests_without_anything_between_them_are_answered_in_turn(target: Path) -> None:
    request = b'{"id":%d,"method":"rpc_get_methods"}'
    replies = raw(target, request % 23 + request % 24).replace(b"}{", b"}\n{").splitlines()
    assert [json.loads(one)["id"] for one in replies] == [23, 24]


def test_a_syntax_error_ends_the_connection_without_an_answer(target: Path) -> None:
    assert raw(target, b'/* c */{"id":1,"method":"spdk_get_version"}') == b""
    assert raw(target, b'{"id":1,"method":"spdk_get_version"}') != b""  # the others live on


def test_more_connections_than_allowed_are_turned_away_until_there_is_room(target: Path) -> None:
    held = [socket.socket(socket.AF_UNIX) for _ in range(64)]
    request = b'{"id":1,"method":"spdk_get_version"}'
    try:
        for one in held:
            one.connect(str(target))
            one.settimeout(10)
            one.sendall(request)
            assert one.recv(65536)
        with socket.socket(socket.AF_UNIX) as late:
            late.settimeout(10)
            late.connect(str(target))
            assert late.recv(1) == b""
    finally:
        for one in held:
            one.close()
    deadline = time.monotonic() + 10
    while not raw_or_reset(target, request):
        assert time.monotonic() < deadline, "no room after 64 connections were closed"
        time.sleep(0.01)


def raw_or_reset(path: Path, data: bytes) -> bytes:
    try:
        return raw(path, data)
    except ConnectionError:
        return b""


def test_a_socket_that_is_served_is_not_taken(target: Path) -> None:
    command = [sys.executable, "-m", "dpu_sim.spdk_sim", "-r", str(target)]
    second = subprocess.run(command, check=False, capture_output=True, timeout=60)
    assert second.returncode == 1
    assert b"another process serves this socket" in second.stderr
    assert raw(target, b'{"id":1,"method":"spdk_get_version"}')


def test_the_socket_of_a_killed_server_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "spdk.sock"
    first = start(path)
    first.kill()
    first.wait(10)
    assert path.exists()
    second = start(path)
    assert raw(path, b'{"id":1,"method":"spdk_get_version"}')
    second.terminate()
    assert second.wait(10) == 0
