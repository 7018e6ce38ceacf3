"""Simulated PCIe functions: what a DPU serves to a host appears there, and nowhere else."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.engine import session
from lab.engine.session import LabSession
from lab.ownership import function_folder
from lab.runtime.docker_engine import Docker
from lab.topology.model import Topology
from tests.integration.conftest import bring_up
from tests.integration.machine import MachineState
from tests.integration.test_attach import fio, good, run, skip_without_devices, until
from tests.nbd_process import nbd_process
from tests.spdk_target import ask, spdk_target

pytestmark = pytest.mark.integration

Make = Callable[..., Topology]

CARD = """
topology:
  defaults: {kind: linux, network-mode: none}
  nodes:
    d1:
      image: dpulab/base
      labels: {dpulab.role: dpu, dpulab.ready: running}
    h1:
      image: dpulab/host
      labels: {dpulab.role: host, dpulab.storage: "on"}
    h2:
      image: dpulab/host
      labels: {dpulab.role: host, dpulab.storage: "on"}
    h3:
      image: dpulab/host
      labels: {dpulab.role: host}
  links:
    - endpoints: ["d1:pf0vf0", "h1:eth1"]
    - endpoints: ["d1:pf0vf1", "h2:eth1"]
    - endpoints: ["d1:pf0vf2", "h3:eth1"]
"""
DEVICES = "ls /dev/dpulab/d1 2>/dev/null | tr '\\n' ' '"


@pytest.fixture
def lab(topology: Make, docker: Docker, clean_machine: MachineState) -> Iterator[LabSession]:
    """A card with three hosts, two of which can have block devices."""
    skip_without_devices(docker)
    made = topology(CARD)
    yield bring_up(made)
    session.down(made.name)


@pytest.fixture
def disks(tmp_path: Path) -> list[Path]:
    """Two files of different sizes."""
    made = [tmp_path / "one", tmp_path / "two"]
    for number, path in enumerate(made, 1):
        path.touch()
        os.truncate(path, number * (32 << 20))
    return made


def devices(lab: LabSession, host: str) -> str:
    return run(lab, host, DEVICES).stdout.strip()


def test_namespaces_appear_at_their_host_alone_and_go_when_they_are_deleted(
    lab: LabSession, disks: list[Path]
) -> None:
    folder = function_folder(lab.topology.name, "d1", "h1")
    assert good(lab, "d1", "ls /run/dpulab/functions").split() == ["h1", "h2"]
    assert good(lab, "h1", "ls /run/dpulab/functions") == "d1"
    assert run(lab, "h3", "ls /run/dpulab/functions").exit_code
    with nbd_process(folder / "pf0vf0.sock", f"1={disks[0]}") as server:
        assert good(lab, "d1", "ls /run/dpulab/functions/h1") == "pf0vf0.sock"
        until(lambda: devices(lab, "h1") == "pf0vf0n1", "the first namespace")
        size = good(lab, "h1", "blockdev --getsize64 /dev/dpulab/d1/pf0vf0n1")
        assert int(size) == 32 << 20
        server.tell(f"add 2={disks[1]}")
        until(lambda: devices(lab, "h1") == "pf0vf0n1 pf0vf0n2", "the second namespace")
        good(lab, "h1", "printf found | dd of=/dev/dpulab/d1/pf0vf0n2 conv=fsync status=none")
        assert disks[1].read_bytes()[:5] == b"found"
        assert devices(lab, "h2") == devices(lab, "h3") == ""
        first = Path(good(lab, "h1", "readlink /dev/dpulab/d1/pf0vf0n1"))
        server.tell("remove 1")
        until(lambda: devices(lab, "h1") == "pf0vf0n2", "the first has gone")
        until(lambda: not Path("/sys/block", first.name, "loop").exists(), "it is free")
        server.tell("close")
        until(lambda: devices(lab, "h1") == "", "the function has gone")


def test_verified_io_waits_for_a_dpu_that_is_killed(lab: LabSession, disks: list[Path]) -> None:
    socket = function_folder(lab.topology.name, "d1", "h1") / "pf0vf0.sock"
    with nbd_process(socket, f"1={disks[0]}") as server:
        until(lambda: devices(lab, "h1") == "pf0vf0n1", "the namespace")
        device = "/dev/dpulab/d1/pf0vf0n1"
        good(lab, "h1", f"mkfs.ext4 -q {device} && mkdir /mnt/d && mount {device} /mnt/d")
        job = lab.node("h1").start(["sh", "-c", f"{fio('/mnt/d')} --loops=3 --output=/tmp/job"])
        started = disks[0].stat().st_mtime_ns
        until(lambda: disks[0].stat().st_mtime_ns > started, "writes")
        server.kill()
        assert run(lab, "h1", f"test -e {device}").exit_code == 0
    with nbd_process(socket, f"1={disks[0]}"):
        assert job.wait(60).exit_code == 0
        result = json.loads(good(lab, "h1", "cat /tmp/job"))["jobs"][0]
        assert result["error"] == 0
        assert result["read"]["total_ios"] == 3 * (4 << 20) // 4096
        good(lab, "h1", f"umount /mnt/d && e2fsck -fn {device}")


def test_a_controller_on_a_function_is_a_disk_of_its_host(lab: LabSession, tmp_path: Path) -> None:
    rpc = tmp_path / "spdk.sock"
    function = function_folder(lab.topology.name, "d1", "h1") / "pf0vf0"
    nqn = "nqn.2026-01.io.dpulab:disk"
    listener = {"trtype": "VFIOUSER", "traddr": str(function)}
    with spdk_target(rpc):
        ask(rpc, "nvmf_create_transport", trtype="VFIOUSER")
        ask(rpc, "bdev_malloc_create", name="m", num_blocks=65536, block_size=512)
        ask(rpc, "nvmf_create_subsystem", nqn=nqn, allow_any_host=True)
        ask(rpc, "nvmf_subsystem_add_ns", nqn=nqn, namespace={"bdev_name": "m", "nsid": 7})
        ask(rpc, "nvmf_subsystem_add_listener", nqn=nqn, listen_address=listener)
        until(lambda: devices(lab, "h1") == "pf0vf0n7", "the namespace")
        device = "/dev/dpulab/d1/pf0vf0n7"
        good(lab, "h1", f"mkfs.ext4 -q {device} && mkdir /mnt/d && mount {device} /mnt/d")
        good(lab, "h1", f"{fio('/mnt/d')} --output=/tmp/job && umount /mnt/d")
        assert json.loads(good(lab, "h1", "cat /tmp/job"))["jobs"][0]["error"] == 0
        assert devices(lab, "h2") == ""
        (counted,) = ask(rpc, "bdev_get_iostat", name="m")["bdevs"]
        assert counted["bytes_written"] > 4 << 20
        ask(rpc, "nvmf_subsystem_remove_listener", nqn=nqn, listen_address=listener)
        until(lambda: devices(lab, "h1") == "", "the function has gone")


def test_a_dpu_that_comes_back_without_its_namespace_gets_its_time(
    lab: LabSession, disks: list[Path]
) -> None:
    socket = function_folder(lab.topology.name, "d1", "h1") / "pf0vf0.sock"
    with nbd_process(socket, f"1={disks[0]}"):
        until(lambda: devices(lab, "h1") == "pf0vf0n1", "the namespace")
        first = good(lab, "h1", "readlink /dev/dpulab/d1/pf0vf0n1")
    with nbd_process(socket, f"2={disks[1]}") as server:
        until(lambda: "pf0vf0n2" in devices(lab, "h1"), "the watcher has looked")
        reading = lab.node("h1").start(
            ["dd", f"if={first}", "of=/dev/null", "bs=4k", "count=1", "iflag=direct"]
        )
        assert devices(lab, "h1") == "pf0vf0n1 pf0vf0n2"
        server.tell(f"add 1={disks[0]}")
        assert reading.wait(20).exit_code == 0
        assert good(lab, "h1", "readlink /dev/dpulab/d1/pf0vf0n1") == first


@pytest.mark.parametrize("blocks", [65536, 16384], ids=["as-large", "smaller"])
def test_another_namespace_that_takes_its_place_is_another_device(
    lab: LabSession, tmp_path: Path, blocks: int
) -> None:
    """Though the host never looked while there was none: what it has in its cache is not its."""
    rpc = tmp_path / "spdk.sock"
    function = function_folder(lab.topology.name, "d1", "h1") / "pf0vf0"
    one, other = "nqn.2026-01.io.dpulab:one", "nqn.2026-01.io.dpulab:other"
    place = {"listen_address": {"trtype": "VFIOUSER", "traddr": str(function)}}
    device = "/dev/dpulab/d1/pf0vf0n1"
    with spdk_target(rpc):
        ask(rpc, "nvmf_create_transport", trtype="VFIOUSER")
        for nqn, size in ((one, 65536), (other, blocks)):
            name = nqn.rpartition(":")[2]
            ask(rpc, "bdev_malloc_create", name=name, num_blocks=size, block_size=512)
            ask(rpc, "nvmf_create_subsystem", nqn=nqn, allow_any_host=True)
            ask(rpc, "nvmf_subsystem_add_ns", nqn=nqn, namespace={"bdev_name": name})
        ask(rpc, "nvmf_subsystem_add_listener", nqn=one, **place)
        until(lambda: devices(lab, "h1") == "pf0vf0n1", "the namespace")
        good(lab, "h1", f"printf first | dd of={device} conv=fsync status=none")
        assert good(lab, "h1", f"head -c 5 {device}") == "first"
        ask(rpc, "nvmf_subsystem_remove_listener", nqn=one, **place)
        ask(rpc, "nvmf_subsystem_add_listener", nqn=other, **place)
        until(
            lambda: (
                run(lab, "h1", f"timeout 2 head -c 5 {device} | grep -q first").exit_code == 1
                and run(lab, "h1", f"blockdev --getsize64 {device}").stdout.strip()
                == f"{blocks * 512}"
            ),
            "the other one",
        )
        good(lab, "h1", f"printf other | timeout 10 dd of={device} conv=fsync status=none")
        (counted,) = ask(rpc, "bdev_get_iostat", name="other")["bdevs"]
        assert counted["num_write_ops"]
