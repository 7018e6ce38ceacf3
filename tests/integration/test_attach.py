"""Block devices of hosts without kernel modules: made, formatted, loaded, lost, and gone."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.capabilities import probe_one
from lab.engine import session
from lab.engine.session import LabSession
from lab.node import ExecResult, Process
from lab.ownership import loops_path, pin_path
from lab.runtime.docker_engine import Docker
from lab.topology.model import Topology
from tests.integration.conftest import Recorder, bring_up
from tests.integration.machine import MachineState
from tests.spdk_target import ROOT, ask

pytestmark = pytest.mark.integration

Make = Callable[..., Topology]

HOSTS = """
topology:
  defaults:
    kind: linux
    image: dpulab/host
    network-mode: none
    labels: {dpulab.role: host, dpulab.storage: "on"}
  nodes: {h1: {}, h2: {}}
"""
DEADLINE = 20.0
SIZE = 64 << 20
ATTACH = "exec python -m host_sim.attach_cli --file /tmp/disk --name"


def skip_without_devices(docker: Docker) -> None:
    """Skip with the reason where hosts cannot have block devices."""
    for name in ("loop", "fuse"):
        found = probe_one(name)
        if not found.available:
            pytest.skip(f"{name}: {found.reason}")
    if docker.image_id("dpulab/host") is None:
        pytest.skip("image dpulab/host has not been built: run `make images`")


@pytest.fixture
def lab(topology: Make, docker: Docker, clean_machine: MachineState) -> Iterator[LabSession]:
    """Two hosts that can have block devices; afterwards nothing of them is left."""
    skip_without_devices(docker)
    made = topology(HOSTS)
    up = bring_up(made)
    numbers = own_numbers(up, "h1") + own_numbers(up, "h2")
    yield up
    session.down(made.name)
    assert not [one for one in numbers if Path(f"/sys/block/loop{one}").exists()]


def own_numbers(lab: LabSession, host: str) -> list[int]:
    numbers: list[int] = json.loads(loops_path(lab.topology.name, host).read_bytes())
    return numbers


def run(lab: LabSession, host: str, line: str) -> ExecResult:
    return lab.node(host).exec(["sh", "-c", line])


def good(lab: LabSession, host: str, line: str) -> str:
    done = run(lab, host, line)
    assert done.exit_code == 0, f"{line}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE:g} s: {what}"
        time.sleep(0.05)


def attach_file(lab: LabSession, host: str, name: str = "disk") -> tuple[Process, str]:
    """Attach a file of zeroes; the process stays, its device is returned."""
    good(lab, host, f"truncate -s {SIZE} /tmp/disk; rm -f /tmp/{name}.out")
    process = lab.node(host).start(
        ["sh", "-c", f"{ATTACH} {name} >/tmp/{name}.out 2>/tmp/{name}.err"]
    )
    until(lambda: bool(run(lab, host, f"cat /tmp/{name}.out").stdout), "a device")
    return process, good(lab, host, f"cat /tmp/{name}.out")


def bound(device: str) -> bool:
    return Path("/sys/block", Path(device).name, "loop").is_dir()


def fio(folder: str) -> str:
    """Write a file at random, then read it back; every block carries a checksum."""
    return (
        f"fio --name=v --directory={folder} --size=4m --bs=4k --rw=randwrite --ioengine=libaio "
        "--iodepth=16 --direct=1 --verify=crc32c --verify_fatal=1 --verify_state_save=0 "
        "--output-format=json"
    )


def test_two_hosts_format_mount_and_verify_devices_of_their_own(lab: LabSession) -> None:
    for host in ("h1", "h2"):
        seen = good(lab, host, "ls /dev | grep loop").split()
        assert seen == [f"loop{number}" for number in own_numbers(lab, host)]
    assert not set(own_numbers(lab, "h1")) & set(own_numbers(lab, "h2"))
    assert not session.up(lab.topology, Recorder())[1]
    attached = {host: attach_file(lab, host) for host in ("h1", "h2")}
    for host, (_, device) in attached.items():
        good(lab, host, f"mkfs.ext4 -q {device} && mkdir /mnt/d && mount {device} /mnt/d")
    for host in attached:
        job = json.loads(good(lab, host, fio("/mnt/d")))["jobs"][0]
        assert job["error"] == 0
        assert job["write"]["total_ios"] == job["read"]["total_ios"] == (4 << 20) // 4096
    for host, (process, device) in attached.items():
        good(lab, host, f"md5sum /mnt/d/v.0.0 > /tmp/sum && umount /mnt/d && e2fsck -fn {device}")
        good(lab, host, "kill -TERM $(pgrep -f [a]ttach_cli)")
        assert process.wait(DEADLINE).exit_code == 0
        assert not bound(device)
        assert good(lab, host, "ls /run/dpulab/attach; pgrep nbdfuse; true") == ""
        _, again = attach_file(lab, host, "again")  # the data are in the file, not in a cache
        good(lab, host, f"mount {again} /mnt/d && md5sum -c /tmp/sum && umount /mnt/d")


def test_a_host_cannot_open_the_device_of_another(lab: LabSession) -> None:
    theirs = own_numbers(lab, "h2")[0]
    made = run(lab, "h1", f"mknod /dev/loop{theirs} b 7 {theirs}")
    opened = run(lab, "h1", f"head -c 1 /dev/loop{theirs}")
    assert made.exit_code or "not permitted" in opened.stderr
    assert opened.exit_code


def test_a_device_in_use_is_not_taken_away(lab: LabSession) -> None:
    process, device = attach_file(lab, "h1")
    good(lab, "h1", f"mkfs.ext4 -q {device} && mkdir /mnt/d && mount {device} /mnt/d")
    good(lab, "h1", "kill -TERM $(pgrep -f [a]ttach_cli)")
    until(lambda: "mounted" in run(lab, "h1", "cat /tmp/disk.err").stdout, "a refusal")
    good(lab, "h1", "echo kept > /mnt/d/file && sync && umount /mnt/d")
    with lab.node("h1").start(["sh", "-c", f"exec sleep 77 < {device}"]):
        until(lambda: bool(run(lab, "h1", "pgrep -f '[s]leep 77'").stdout), "a reader")
        good(lab, "h1", "kill -TERM $(pgrep -f [a]ttach_cli)")
        until(lambda: "is open" in run(lab, "h1", "cat /tmp/disk.err").stdout, "a second refusal")
        assert good(lab, "h1", f"head -c 4 {device} | wc -c") == "4"
        good(lab, "h1", "kill $(pgrep -f '[s]leep 77')")
    good(lab, "h1", "kill -TERM $(pgrep -f [a]ttach_cli)")
    assert process.wait(DEADLINE).exit_code == 0
    assert not bound(device)


@pytest.mark.parametrize("victim", ["[n]bdfuse", "[a]ttach_cli"])
def test_what_is_killed_ends_in_errors_and_leaves_nothing(lab: LabSession, victim: str) -> None:
    process, device = attach_file(lab, "h1")
    good(lab, "h1", f"mkfs.ext4 -q {device} && mkdir /mnt/d && mount {device} /mnt/d")
    good(lab, "h1", f"dd if=/dev/zero of=/mnt/d/dirty bs=1M count=4 status=none; "
                    f"kill -9 $(pgrep -f {victim})")  # fmt: skip
    assert process.wait(DEADLINE).exit_code
    failed = run(lab, "h1", f"dd if={device} of=/dev/null bs=4k iflag=direct count=1")
    assert failed.exit_code
    good(lab, "h1", "umount /mnt/d")
    until(lambda: not bound(device), "the device is free")
    _, again = attach_file(lab, "h1", "again")
    good(lab, "h1", f"mount {again} /mnt/d && umount /mnt/d")
    assert good(lab, "h1", "ls /run/dpulab/attach | wc -l") == "2"


def test_nothing_is_left_when_the_container_is_killed_with_a_mounted_device(
    lab: LabSession, docker: Docker
) -> None:
    _, device = attach_file(lab, "h1")
    good(lab, "h1", f"mkfs.ext4 -q {device} && mkdir /mnt/d && mount {device} /mnt/d")
    good(lab, "h1", "dd if=/dev/zero of=/mnt/d/dirty bs=1M count=4 status=none")
    docker.stop(lab.topology.container_name("h1"), kill=True)
    until(lambda: not bound(device), "the device is free")
    assert "fuse.nbdfuse" not in Path("/proc/mounts").read_text()


def test_tools_that_are_not_ours_read_and_write_what_is_served(lab: LabSession) -> None:
    attach_file(lab, "h1")
    socket = good(lab, "h1", "ls /run/dpulab/attach/*/socket")
    uri = f"'nbd+unix:///disk?socket={socket}'"
    found = json.loads(good(lab, "h1", f"nbdinfo --json {uri}"))
    export = found["exports"][0]
    assert found["protocol"] == "newstyle-fixed"
    assert found["structured"] is True
    assert export["export-size"] == SIZE
    assert export["block_size_minimum"] == 512
    assert export["can_fua"] is True
    assert export["can_multi_conn"] is True
    listed = good(lab, "h1", f"nbdinfo --list --json 'nbd+unix:///?socket={socket}'")
    assert [one["export-name"] for one in json.loads(listed)["exports"]] == ["disk"]
    good(lab, "h1", f"head -c {SIZE} /dev/urandom > /tmp/data && nbdcopy --flush /tmp/data {uri}")
    good(
        lab, "h1", f"cmp /tmp/data /tmp/disk && nbdcopy {uri} /tmp/back && cmp /tmp/data /tmp/back"
    )
    job = f"fio --name=n --ioengine=nbd --uri={uri} --rw=randrw --bs=4k --iodepth=32 --size=4m"
    good(lab, "h1", f"{job} --verify=crc32c --output-format=json --output=/tmp/job")
    assert json.loads(good(lab, "h1", "cat /tmp/job"))["jobs"][0]["error"] == 0


@contextmanager
def target_beside(lab: LabSession, host: str, rpc: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A target in the network namespace of a host: it is at 127.0.0.1 there."""
    command = ["nsenter", f"--net={pin_path(lab.topology.name, host)}", sys.executable, "-m"]
    command += ["dpu_sim.spdk_sim", "-r", str(rpc), "--notify-fd", "1"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"\n"
        yield process
    finally:
        process.kill()
        process.wait(10)


def test_a_remote_namespace_is_a_device_until_its_target_is_lost(
    lab: LabSession, tmp_path: Path
) -> None:
    rpc, nqn = tmp_path / "rpc", "nqn.2026-01.io.dpulab:remote"
    listener = {"trtype": "TCP", "adrfam": "IPv4", "traddr": "127.0.0.1", "trsvcid": "4420"}
    with target_beside(lab, "h1", rpc) as target:
        ask(rpc, "nvmf_create_transport", trtype="TCP")
        ask(rpc, "bdev_malloc_create", name="m", num_blocks=65536, block_size=512)
        ask(rpc, "nvmf_create_subsystem", nqn=nqn, allow_any_host=True)
        ask(rpc, "nvmf_subsystem_add_ns", nqn=nqn, namespace={"bdev_name": "m"})
        ask(rpc, "nvmf_subsystem_add_listener", nqn=nqn, listen_address=listener)
        good(lab, "h1", f"nvmesim connect -t tcp -a 127.0.0.1 -s 4420 -n {nqn} -l 4 -c 1")
        device = good(lab, "h1", "nvmesim attach nvme0n1")
        assert good(lab, "h1", "nvmesim attach /dev/nvme0n1") == device
        good(lab, "h1", f"mkfs.ext4 -q {device} && mkdir /mnt/d && mount {device} /mnt/d")
        good(lab, "h1", f"{fio('/mnt/d')} --output=/tmp/job")
        assert json.loads(good(lab, "h1", "cat /tmp/job"))["jobs"][0]["error"] == 0
        refused = run(lab, "h1", "nvmesim detach nvme0n1")
        assert refused.exit_code == 1
        assert "mounted" in refused.stderr
        good(lab, "h1", "umount /mnt/d && nvmesim detach nvme0n1")
        assert not bound(device)
        assert good(lab, "h1", "nvmesim attached") == ""
        again = good(lab, "h1", "nvmesim attach nvme0n1")
        good(lab, "h1", f"mount {again} /mnt/d && umount /mnt/d")
        ask(rpc, "bdev_null_create", name="n", num_blocks=2048, block_size=4096)
        ask(rpc, "nvmf_subsystem_add_ns", nqn=nqn, namespace={"bdev_name": "n"})
        until(lambda: "nvme0n2" in run(lab, "h1", "nvmesim list").stdout, "a second namespace")
        other = good(lab, "h1", "nvmesim attach nvme0n2")
        assert good(lab, "h1", f"blockdev --getss --getsize64 {other}").split() == [
            "4096",
            str(2048 * 4096),
        ]
        ask(rpc, "nvmf_subsystem_remove_ns", nqn=nqn, nsid=2)
        until(lambda: not bound(other), "the removed namespace has no device")
        assert good(lab, "h1", "nvmesim attached").split()[:2] == [again, "nvme0n1"]
        target.kill()
        began = time.monotonic()
        read = run(lab, "h1", f"dd if={again} of=/dev/null bs=4k count=1 iflag=direct")
        assert "Input/output error" in read.stderr
        assert 1 < time.monotonic() - began < DEADLINE
        until(lambda: not bound(again), "the device is free")
