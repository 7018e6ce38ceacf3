"""Linux in a virtual machine uses our vhost-user devices: QEMU is the front end, not ours.

The machine has them beside its own disks; what it wrote is compared with what our files hold.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bootstrap.console import ROOT, BootstrapError
from bootstrap.vm_image import QEMU, prepared_machine
from lab.capabilities import probe_one
from tests.full.vm.qemu import MEMORY_MB, Machine, MachineFailedError, write_job
from tests.spdk_target import ask, spdk_target

pytestmark = [pytest.mark.full, pytest.mark.timeout(500)]

LIMIT = 400
SIZE = 64 << 20
FILE_SYSTEM, PATTERN = "48M", 48 << 20
"""How much of the volume has a file system, and where the pattern behind it begins."""


DEVICES = {
    "blk": "vhost-user-blk-pci,num-queues=2,addr=0x10",
    "ram": "vhost-user-blk-pci,addr=0x11",
    "scsi": "vhost-user-scsi-pci,num_queues=2,addr=0x12",
    "grows": "vhost-user-blk-pci,addr=0x13",
}
DEATHS = 4


@dataclass(frozen=True, slots=True)
class VhostMachine(Machine):
    """The machine with some of DEVICES, whose sockets are in `sockets`."""

    sockets: Path = field(default_factory=Path)
    names: tuple[str, ...] = ()

    def command(self, job: Path, results: Path) -> list[str]:
        """As of any machine, but its memory is a file that the devices can map.

        The devices are the last on the bus: disks are named in the order in which they are found.
        Devices of another process take their time: the clock must not jump while they are waited
        for, as it does in the other machines without KVM.
        """
        given = Machine.command(self, job, results)
        with_kvm = probe_one("kvm").available
        accel = ["-accel", "kvm", "-smp", "2"] if with_kvm else ["-accel", "tcg", "-smp", "2"]
        rest = given[given.index("-cpu") :]
        return [
            QEMU, "-M", "q35,memory-backend=shared", *accel, *rest,
            "-object", f"memory-backend-memfd,id=shared,size={MEMORY_MB}M,share=on",
            *(word for name in self.names for word in self._device(name, DEVICES[name])),
        ]  # fmt: skip

    def _device(self, name: str, device: str) -> list[str]:
        chardev = f"socket,id={name},path={self.sockets / name}"
        if device.startswith("vhost-user-blk"):
            chardev += ",reconnect=1"
        return ["-chardev", chardev, "-device", f"{device},chardev={name}"]


@dataclass(slots=True)
class Outcome:
    """What the machine left, and our statistics by volume afterwards."""

    results: dict[str, bytes]
    statistics: dict[str, dict[str, int]]
    files: Path
    problem: str = ""

    def told(self, name: str) -> str:
        """The content of a file of the machine."""
        assert not self.problem, self.problem
        return self.results.get(name, b"(it left none)").decode().strip()


@pytest.fixture(scope="module")
def files() -> Path:
    """The machine's files."""
    try:
        return prepared_machine()
    except BootstrapError as error:
        pytest.skip(f"no virtual machine: {error.message} ({error.hint})")


def run(files: Path, name: str, folder: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """Run guest/NAME.sh in a machine with these devices. Raises MachineFailedError."""
    work = ROOT / "results" / "vm" / name
    work.mkdir(parents=True, exist_ok=True)
    job = work / "job.tar"
    program = (ROOT / "tests/full/vm/guest" / f"{name}.sh").read_text()
    write_job(job, ROOT, [], {"run": program})
    return VhostMachine(files, work, folder, names).run(job, LIMIT)


@pytest.fixture(scope="module")
def outcome(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """One run of the machine, for most tests of this file."""
    if not shutil.which("mkfs.ext4"):
        pytest.skip("mkfs.ext4 is not installed (Debian: e2fsprogs)")
    folder = tmp_path_factory.mktemp("vhost")
    rpc = folder / "spdk.sock"
    with spdk_target(rpc, "-S", str(folder)):
        _make_devices(rpc, folder)
        changes = threading.Thread(target=_change_devices, args=(rpc,), daemon=True)
        changes.start()
        try:
            results = run(files, "vhost_user", folder, tuple(DEVICES))
        except MachineFailedError as error:
            return Outcome({}, {}, folder, str(error))
        listed = ask(rpc, "bdev_get_iostat")["bdevs"]
    return Outcome(results, {one["name"]: one for one in listed}, folder)


def _make_devices(rpc: Path, folder: Path) -> None:
    for name in ("blk", "scsi"):
        image = folder / f"{name}.img"
        with image.open("wb") as file:
            file.truncate(SIZE)
        subprocess.run(["mkfs.ext4", "-q", "-F", image, FILE_SYSTEM], check=True)
        ask(rpc, "bdev_aio_create", name=name, filename=str(image), block_size=512)
    for name in ("ram", "other"):
        ask(rpc, "bdev_malloc_create", name=name, block_size=512, num_blocks=SIZE // 512)
    ask(rpc, "bdev_null_create", name="grows", block_size=512, num_blocks=4096)
    ask(rpc, "bdev_null_create", name="late", block_size=512, num_blocks=4096)
    for name in ("blk", "ram", "grows"):
        ask(rpc, "vhost_create_blk_controller", ctrlr=name, dev_name=name)
    ask(rpc, "vhost_create_scsi_controller", ctrlr="scsi")
    for number, name in ((0, "scsi"), (5, "other")):
        added = {"ctrlr": "scsi", "scsi_target_num": number, "bdev_name": name}
        ask(rpc, "vhost_scsi_controller_add_target", **added)


def _change_devices(rpc: Path) -> None:
    """While the machine runs: a disk comes, grows with another one, and goes."""

    def until(count: int, counter: str, name: str) -> None:
        end = time.monotonic() + LIMIT
        while ask(rpc, "bdev_get_iostat", name=name)["bdevs"][0][counter] < count:
            assert time.monotonic() < end, (name, counter)
            time.sleep(0.1)

    where = {"ctrlr": "scsi", "scsi_target_num": 6}
    until(16 << 20, "bytes_written", "scsi")
    until(4 << 20, "bytes_unmapped", "other")
    until(SIZE, "bytes_read", "scsi")
    ask(rpc, "vhost_scsi_controller_add_target", **where, bdev_name="late")
    until(1, "num_write_ops", "late")
    for name in ("late", "grows"):
        ask(rpc, "bdev_null_resize", name=name, new_size=4)
    until(2, "num_write_ops", "late")
    ask(rpc, "vhost_scsi_controller_remove_target", **where)


@pytest.mark.parametrize("event", ["appeared", "scsi_grew", "blk_grew", "gone"])
def test_the_kernel_takes_notice_of_what_changes(outcome: Outcome, event: str) -> None:
    assert outcome.told(f"events.{event}") == "yes"


def test_the_machine_did_its_job(
    outcome: Outcome, record_testsuite_property: Callable[[str, object], None]
) -> None:
    record_testsuite_property("vhost-user-kernel", outcome.told("release"))
    assert "Kernel panic" not in outcome.told("dmesg")


@pytest.mark.parametrize("kind", ["blk", "scsi"])
class TestADisk:
    def test_has_the_size_of_its_volume_and_a_cache(self, outcome: Outcome, kind: str) -> None:
        assert outcome.told(f"{kind}.size") == str(SIZE)
        assert outcome.told(f"{kind}.cache") == "write back"

    def test_keeps_a_file_system(self, outcome: Outcome, kind: str) -> None:
        assert outcome.told(f"{kind}.verified") == "0", outcome.told(f"{kind}.fio")
        checked = subprocess.run(["e2fsck", "-fn", outcome.files / f"{kind}.img"], check=False)
        assert checked.returncode == 0

    def test_holds_what_the_machine_wrote(self, outcome: Outcome, kind: str) -> None:
        assert not outcome.problem, outcome.problem
        content = (outcome.files / f"{kind}.img").read_bytes()
        for number in range(64):
            text = b"%4d of %s" % (number, kind.encode())
            assert content[PATTERN + (number << 16) :][:4096] == text.ljust(4096, b"\0")
        assert outcome.told(f"{kind}.sum") == hashlib.sha256(content).hexdigest()

    def test_gives_back_what_is_discarded(self, outcome: Outcome, kind: str) -> None:
        assert int(outcome.told(f"{kind}.discard")) > 0
        assert outcome.told(f"{kind}.discarded") == "0"
        assert outcome.told(f"{kind}.left") == str(4 << 20)
        volume = {"blk": "ram", "scsi": "other"}[kind]
        assert outcome.statistics[volume]["bytes_unmapped"] >= 4 << 20

    def test_counts_its_io(self, outcome: Outcome, kind: str) -> None:
        assert not outcome.problem, outcome.problem
        assert outcome.statistics[kind]["bytes_written"] >= 16 << 20
        assert outcome.statistics[kind]["bytes_read"] >= SIZE


def test_no_write_is_lost_when_the_target_is_killed(files: Path, tmp_path: Path) -> None:
    """QEMU connects anew, and goes on where the dead process was; the guest only waits."""
    rpc, image, ended = tmp_path / "spdk.sock", tmp_path / "blk.img", threading.Event()
    image.write_bytes(bytes(SIZE))
    made = {"name": "blk", "filename": str(image), "block_size": 512}
    served = {"ctrlr": "blk", "dev_name": "blk"}
    calls = [
        {"method": "bdev_aio_create", "params": made},
        {"method": "vhost_create_blk_controller", "params": served},
    ]
    saved = tmp_path / "saved.json"
    saved.write_text(json.dumps({"subsystems": [{"subsystem": "bdev", "config": calls}]}))
    deaths: list[int] = []

    def serve_and_die() -> None:
        while not ended.is_set():
            with spdk_target(rpc, "-S", str(tmp_path), "-c", str(saved)):
                while not ended.wait(0.1):
                    written = ask(rpc, "bdev_get_iostat", name="blk")["bdevs"][0]["bytes_written"]
                    if written > 1 << 20 and len(deaths) < DEATHS:
                        deaths.append(written)
                        break

    server = threading.Thread(target=serve_and_die)
    server.start()
    try:
        results = run(files, "vhost_user_deaths", tmp_path, ("blk",))
    finally:
        ended.set()
        server.join(30)
    assert results["verified"].split() == [b"0"] * 8, results["fio"].decode()
    assert len(deaths) == DEATHS
    assert results["sum"].decode().strip() == hashlib.sha256(image.read_bytes()).hexdigest()
