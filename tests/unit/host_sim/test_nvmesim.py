"""nvmesim as a user runs it: separate processes, one daemon, the target in another process."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from host_sim import backend
from host_sim.cli import main
from host_sim.errors import UnsupportedError
from nvmetcp.auth import Secret
from tests.nvme_target import BLOCK, BLOCKS, HOST, NQN, NvmeTarget, free_port, nvme_target
from tests.spdk_target import ROOT

DEADLINE = 30.0
GUARDED = "nqn.2024-01.io.dpulab:guarded"
HOSTNQN = "nqn.2024-01.io.dpulab:me"
KEY = Secret(bytes(range(32)), 1)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NvmeTarget]:
    with nvme_target(tmp_path_factory.mktemp("target"), ports=2) as running:
        running.subsystem(GUARDED, allow_any_host=False)
        running.key("h", KEY)
        running.ask("nvmf_subsystem_add_host", nqn=GUARDED, host=HOSTNQN, dhchap_key="h")
        yield running


class CommandLine:
    """nvmesim with a state directory of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "host_sim", *arguments, "--backend", "sim"]
        return subprocess.Popen(
            [*command, "--state-dir", str(self.folder)], cwd=ROOT,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *arguments: str, data: bytes = b"", code: int = 0) -> tuple[bytes, str]:
        """Carry a command out in this process: a new one for each would take ten times as long."""
        out, err = io.TextIOWrapper(io.BytesIO()), io.StringIO()
        line = [*arguments, "--backend", "sim", "--state-dir", str(self.folder)]
        with (
            mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(data))),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            found = main(line)
        out.flush()
        assert found == code, err.getvalue()
        return out.buffer.getvalue(), err.getvalue()

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "-o", "json")[0])

    def refused(self, *arguments: str) -> str:
        return self.run(*arguments, code=1)[1]

    def daemon(self) -> int | None:
        """The process that holds the lock, None if nobody does."""
        number = (self.folder / "host.lock").stat().st_ino
        for line in Path("/proc/locks").read_text().splitlines():
            fields = line.split()
            if fields[5].endswith(f":{number}"):
                return int(fields[4])
        return None


@pytest.fixture
def nvmesim(tmp_path: Path) -> Iterator[CommandLine]:
    line = CommandLine(tmp_path / "state")
    yield line
    line.run("disconnect-all")


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def place(target: NvmeTarget, port: int = 0) -> list[str]:
    return ["-t", "tcp", "-a", HOST, "-s", str(target.ports[port])]


def test_a_life_from_discovery_to_disconnection(nvmesim: CommandLine, target: NvmeTarget) -> None:
    records = nvmesim.json("discover", *place(target))["records"]
    assert {(one["subnqn"], one["trsvcid"], one["trtype"]) for one in records} >= {
        (NQN, str(port), "tcp") for port in target.ports
    }
    assert nvmesim.json("list") == {"Devices": []}
    out, err = nvmesim.run("connect", *place(target), "-n", NQN, "-g", "-G", "-q", HOSTNQN)
    assert out == b"connecting to device: nvme0\n"
    assert "back end: sim (as asked for)" in err
    connected = nvmesim.json("connect", *place(target, 1), "-n", NQN, "-q", HOSTNQN, "-c", "1")
    assert connected == {"device": "nvme1"}

    (device,) = nvmesim.json("list")["Devices"]
    assert device["DevicePath"] == "nvme0n1"
    assert device["PhysicalSize"] == BLOCK * BLOCKS
    assert [one["State"] for one in device["Paths"]] == ["live", "live"]
    (subsystem,) = nvmesim.json("list-subsys")["Subsystems"]
    assert [one["Address"] for one in subsystem["Paths"]] == [
        f"traddr={HOST},trsvcid={port}" for port in target.ports
    ]
    assert nvmesim.json("id-ctrl", "/dev/nvme0")["subnqn"] == NQN
    shown = nvmesim.json("id-ns", "nvme0", "-n", "1")
    assert (shown["nsze"], shown["lbafs"][0]["ds"]) == (BLOCKS, 9)

    content = os.urandom(3 * BLOCK)
    nvmesim.run("write", "nvme0n1", "-s", "5", data=content)
    assert nvmesim.run("read", "nvme0n1", "-s", "5", "-c", "2")[0] == content
    file = nvmesim.folder / "data"
    nvmesim.run("read", "/dev/nvme0n1", "-s", "6", "-z", "700", "-d", str(file))
    assert file.read_bytes() == content[BLOCK:][:700]
    nvmesim.run("flush", "nvme0n1")

    daemon = nvmesim.daemon()
    assert daemon is not None
    assert b"disconnected 1 controller" in nvmesim.run("disconnect", "-d", "nvme1")[0]
    assert nvmesim.daemon() == daemon
    assert b"disconnected 1 controller" in nvmesim.run("disconnect", "-n", NQN)[0]
    until(lambda: nvmesim.daemon() is None)
    assert "nothing is connected" in nvmesim.refused("read", "nvme0n1")
    assert not target.ask("nvmf_subsystem_get_controllers", nqn=NQN)


def test_errors_say_what_is_wrong(nvmesim: CommandLine, target: NvmeTarget) -> None:
    secret = nvmesim.folder.with_name("secret")
    secret.write_text(Secret(bytes(32), 1).text())
    me = ["-n", GUARDED, "-q", HOSTNQN]
    nowhere = ["-a", HOST, "-s", str(free_port()), "-n", NQN]
    nvmesim.run("connect", *place(target), "-n", NQN)
    assert "Connection refused" in nvmesim.refused("connect", *nowhere)
    assert "needs --nqn" in nvmesim.refused("connect", *place(target))
    assert "is there such a subsystem" in nvmesim.refused("connect", *place(target), "-n", "nqn.x")
    stranger = nvmesim.refused("connect", *place(target), "-n", GUARDED, "-q", "nqn.stranger")
    assert "nqn.stranger is not allowed to connect" in stranger
    assert "no secret of this host" in nvmesim.refused("connect", *place(target), *me)
    wrong = nvmesim.refused("connect", *place(target), *me, "-S", f"@{secret}")
    assert "authentication failed" in wrong
    assert "not of the form" in nvmesim.refused("connect", *place(target), *me, "-S", "secret")
    assert "--tls needs --tls-key" in nvmesim.refused("connect", *place(target), *me, "--tls")
    secret.write_text(KEY.text())
    nvmesim.run("connect", *place(target), *me, "-S", f"@{secret}")
    assert "already connected" in nvmesim.refused("connect", *place(target), *me, "-S", KEY.text())
    assert "nvme7n1: no such namespace" in nvmesim.refused("read", "nvme7n1")
    assert "nqn.x is not connected" in nvmesim.refused("disconnect", "-n", "nqn.x")
    assert "LBA_OUT_OF_RANGE (0/80)" in nvmesim.refused("read", "nvme0n1", "-s", str(BLOCKS))
    with pytest.raises(SystemExit) as left:
        nvmesim.run("frobnicate")
    assert left.value.code == 2


def test_two_at_once_share_one_daemon(nvmesim: CommandLine, target: NvmeTarget) -> None:
    both = [nvmesim.start("connect", *place(target, n), "-n", NQN) for n in range(2)]
    for one in both:
        _, err = one.communicate(timeout=DEADLINE)
        assert one.returncode == 0, err.decode()
    (subsystem,) = nvmesim.json("list-subsys")["Subsystems"]
    assert sorted(one["Name"] for one in subsystem["Paths"]) == ["nvme0", "nvme1"]


def test_everything_that_is_offered_can_be_connected(
    nvmesim: CommandLine, target: NvmeTarget
) -> None:
    made = nvmesim.json("connect-all", *place(target))
    assert [one["device"] for one in made] == ["nvme0", "nvme1"]
    assert len(nvmesim.json("list")["Devices"][0]["Paths"]) == 2


def test_the_socket_is_the_users_alone(nvmesim: CommandLine, target: NvmeTarget) -> None:
    nvmesim.run("connect", *place(target), "-n", NQN)
    assert (nvmesim.folder / "host.sock").stat().st_mode & 0o777 == 0o600
    assert nvmesim.folder.stat().st_mode & 0o777 == 0o700


def test_the_kernel_is_used_where_it_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decision and the command line, by a tool that stands in for nvme-cli."""
    monkeypatch.setattr(backend, "FABRICS", tmp_path / "nvme-fabrics")
    assert str(backend.choose("auto", tmp_path)).startswith("back end: sim (the kernel module")
    with pytest.raises(UnsupportedError, match="no kernel back end"):
        backend.choose("kernel", tmp_path)
    tool = tmp_path / "nvme"
    tool.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/called\nexit 3\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert backend.run_tool(["connect", "-t", "tcp"]) == 3
    assert (tmp_path / "called").read_text() == "connect -t tcp\n"
