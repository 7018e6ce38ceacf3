"""Sudden deaths (see tests/sudden_death.py), and a disk that is full."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.opid_forks import forks
from tests.opid_process import SERVING, channel, health, starting_opid
from tests.spdk_target import spdk_target, subsystems
from tests.subsystem_model import Answer, OverGrpc, on_target
from tests.sudden_death import survive, survive_chains

pytestmark = pytest.mark.integration

SEEDS = 20
CHAINS = 10


def test_what_was_acknowledged_is_there_after_a_sudden_death(tmp_path: Path) -> None:
    with forks() as made:
        calls = [survive(seed, made, tmp_path / str(seed)) for seed in range(SEEDS)]
    assert sum(calls) > 3 * SEEDS  # else the deaths came before there was anything to lose


def test_chains_are_there_as_they_were_acknowledged_after_a_sudden_death(tmp_path: Path) -> None:
    with forks() as made:
        calls = [survive_chains(seed, made, tmp_path / str(seed)) for seed in range(CHAINS)]
    assert sum(calls) > 3 * CHAINS


def test_on_a_full_disk_calls_are_refused_whole_and_with_room_they_go_on(tmp_path: Path) -> None:
    state, socket = tmp_path / "state", tmp_path / "spdk.sock"
    state.mkdir()
    mount = 'mount -t tmpfs -o size=4m none "$0" && exec "$@"'
    private = ("unshare", "--map-root-user", "--mount")
    if subprocess.run([*private, "sh", "-c", mount, state, "true"], check=False).returncode:
        pytest.skip("no mount namespace to have a small disk in")
    prefix = (*private, "sh", "-c", mount, str(state))
    with spdk_target(socket), starting_opid(tmp_path) as start:
        flags = ("--state-dir", str(state), "--spdk-socket", str(socket))
        server = start(*flags, prefix=prefix)
        with channel(server) as opened:
            dpu = OverGrpc(opened)
            first = {f"sub-{n}": {"nqn": f"nqn.2022-09.io.spdk:opi{n}"} for n in range(3)}
            assert {dpu.create(*one).code for one in first.items()} == {"OK"}
            filler = Path(f"/proc/{server.process.pid}/root{state}/filler")
            fill(filler)
            attempts: list[Callable[[], Answer]] = [
                lambda: dpu.create("sub-3", {"nqn": "nqn.2022-09.io.spdk:opi3"}),
                lambda: dpu.update("sub-0", {"serial_number": "SN"}, (), False),
                lambda: dpu.delete("sub-1", False),
            ]
            for attempt in attempts:
                assert attempt().code == "RESOURCE_EXHAUSTED"
                assert dpu.specs() == first
                assert subsystems(socket).keys() == on_target(first).keys()
            assert health(server) == SERVING
            filler.unlink()
            assert dpu.delete("sub-1", False).code == "OK"
            assert dpu.create("sub-3", {"nqn": "nqn.2022-09.io.spdk:opi1"}).code == "OK"
            assert dpu.specs().keys() == {"sub-0", "sub-2", "sub-3"}


def fill(path: Path) -> None:
    """Write a file until the disk has not a byte left."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
