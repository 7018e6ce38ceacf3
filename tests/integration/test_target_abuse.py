"""A target process under attack: it bears everything, and another host does not notice.

tests/full/test_target_abuse.py does the same much more often. DPULAB_SEED=N has another seed.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from host_sim.errors import NvmeError
from host_sim.options import Address, ConnectOptions
from host_sim.sync import SyncHost
from nvmetcp.status import Status
from tests.acknowledged_writer import OPERATIONS, Journal, journal_path, stamped
from tests.siege import NQN, Besieged, siege, until
from tests.spdk_target import ask
from tests.target_abuse import ATTACKS, Attack, bear

pytestmark = pytest.mark.integration

SEED = int(os.environ.get("DPULAB_SEED", "20261126"))


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Besieged]:
    with siege(tmp_path_factory.mktemp("siege")) as one:
        yield one


@pytest.mark.parametrize("attack", [pytest.param(one, id=one.__name__) for one in ATTACKS])
def test_an_attack_is_borne_and_leaves_nothing_behind(target: Besieged, attack: Attack) -> None:
    bear(target, attack, SEED, ATTACKS[attack])


def test_a_host_that_is_stopped_is_cut_off_and_goes_on_when_it_is_woken(
    target: Besieged, tmp_path: Path
) -> None:
    before = target.usage()
    with target.host(tmp_path, NQN) as pid:
        path = journal_path(tmp_path, 1)
        until(lambda: operations(path) > 0, "it does not begin")
        os.kill(pid, signal.SIGSTOP)
        try:
            until(lambda: target.controllers(NQN) == 0, "it is not cut off")
        finally:
            os.kill(pid, signal.SIGCONT)
        stopped = operations(path)
        until(lambda: operations(path) > stopped + 10, "it does not go on")
    target.settled(before)
    target.goes_on()
    assert "FAULT" not in (tmp_path / "host.log").read_text()


def operations(path: Path) -> int:
    with Journal(path) as journal:
        return journal[OPERATIONS]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder of which 256 KiB fit."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_write_to_a_full_disk_fails_and_nothing_else_does(
    target: Besieged, small_disk: Path
) -> None:
    """A file of 1 MiB without blocks on a disk of 256 KiB."""
    file, block, blocks = small_disk / "disk", 4096, 256
    file.touch()
    os.truncate(file, blocks * block)
    nqn = "nqn.2022-09.io.spdk:full"
    ask(target.socket, "bdev_aio_create", name="full", filename=str(file), block_size=block)
    target.export(nqn, "full")
    try:
        with SyncHost() as host:
            host.connect(ConnectOptions(Address(*target.address), nqn))
            disk = host.namespace("nvme0n1")
            holds, refused = fill(disk, block, blocks)
            assert 0 < len(holds) <= 64
            assert refused
            target.goes_on()
            for lba, generation in holds.items():
                assert disk.read(lba, 1) == stamped(1, lba, generation, block)
            for lba in refused:
                assert disk.read(lba, 1) == bytes(block)
            again = min(holds)  # what has room already takes another write
            disk.write(again, stamped(1, again, 2, block))
            disk.flush()
            assert disk.read(again, 1) == stamped(1, again, 2, block)
    finally:
        ask(target.socket, "nvmf_delete_subsystem", nqn=nqn)
        ask(target.socket, "bdev_aio_delete", name="full")


def fill(disk: Any, block: int, blocks: int) -> tuple[dict[int, int], list[int]]:
    """Write block after block: the generations of those that went, and those that did not."""
    statuses = [status_of_write(disk, lba, stamped(1, lba, 1, block)) for lba in range(blocks)]
    room = statuses.index(Status.CAPACITY_EXCEEDED)
    assert statuses == [0] * room + [Status.CAPACITY_EXCEEDED] * (blocks - room)
    return dict.fromkeys(range(room), 1), list(range(room, blocks))


def status_of_write(disk: Any, lba: int, data: bytes) -> int:
    try:
        disk.write(lba, data)
    except NvmeError as error:
        return error.status
    return 0
