"""In the virtual machine: the kernel's NVMe/TCP host and nvme-cli use our target on loopback.

Nothing here is ours but the target: what the kernel accepts as a controller, finds as namespaces
and reads back is its own judgement.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.spdk_target import ask, spdk_target

NQN = "nqn.2022-09.io.spdk:opi1"
HOST = "nqn.2014-08.org.nvmexpress:uuid:feb98abe-d51f-40c8-b348-2753f3571d3c"
OTHER_HOST = "nqn.2014-08.org.nvmexpress:uuid:11111111-d51f-40c8-b348-2753f3571d3c"
ADDRESS = "127.0.0.1"
PORT = "4420"
SECOND_PORT = "4421"
BLOCK = 512
BLOCKS = 65536  # 32 MiB
WAIT = 60.0

T = TypeVar("T")


class Target:
    """The stand-in for spdk_tgt, through SPDK's own client."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket

    def __call__(self, method: str, **parameters: Any) -> Any:
        return ask(self.socket, method, **parameters)

    def listen(self, port: str = PORT, nqn: str = NQN) -> None:
        self("nvmf_subsystem_add_listener", nqn=nqn, listen_address=address(port))

    def add_namespace(self, bdev: str, **more: Any) -> int:
        namespace = {"bdev_name": bdev, **more}
        nsid: int = self("nvmf_subsystem_add_ns", nqn=NQN, namespace=namespace)
        return nsid

    def set_ana(self, port: str, state: str) -> None:
        self(
            "nvmf_subsystem_listener_set_ana_state",
            nqn=NQN,
            listen_address=address(port),
            ana_state=state,
        )


def address(port: str) -> dict[str, str]:
    return {"trtype": "TCP", "adrfam": "IPv4", "traddr": ADDRESS, "trsvcid": port}


@pytest.fixture(scope="module", autouse=True)
def _module() -> None:
    subprocess.run(["modprobe", "nvme-tcp"], check=True, timeout=60)


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    """A target with one subsystem for anybody, one namespace and one listener."""
    socket = tmp_path / "spdk.sock"
    with spdk_target(socket):
        made = Target(socket)
        made("nvmf_create_transport", trtype="TCP")
        for name in ("Malloc0", "Malloc1"):
            made("bdev_malloc_create", name=name, num_blocks=BLOCKS, block_size=BLOCK)
        made(
            "nvmf_create_subsystem",
            nqn=NQN,
            serial_number="SN1",
            model_number="dpulab",
            allow_any_host=True,
            ana_reporting=True,
        )
        made.add_namespace("Malloc0")
        made.listen()
        yield made


def nvme(*argv: str, fails: bool = False) -> str:
    """Run nvme-cli; its output, or its complaint if it has to fail."""
    done = subprocess.run(["nvme", *argv], capture_output=True, text=True, timeout=120, check=False)
    assert bool(done.returncode) == fails, (argv, done.stdout, done.stderr)
    return done.stdout + done.stderr if fails else done.stdout


def nvme_json(*argv: str) -> Any:
    return json.loads(nvme(*argv, "--output-format=json"))


@contextmanager
def connected(*more: str, port: str = PORT, host: str = HOST) -> Iterator[None]:
    """Connected to the subsystem, all its controllers gone at the end."""
    connect(*more, port=port, host=host)
    try:
        yield
    finally:
        nvme("disconnect", "-n", NQN)


def connect(*more: str, port: str = PORT, host: str = HOST, fails: bool = False) -> str:
    where = ("-t", "tcp", "-a", ADDRESS, "-s", port, "-n", NQN, "-q", host)
    return nvme("connect", *where, "--hostid", host[-36:], *more, fails=fails)


def controllers() -> dict[str, str]:
    """Our controllers, name to state."""
    found = {}
    for path in Path("/sys/class/nvme").glob("nvme*"):
        if (path / "subsysnqn").read_text().strip() == NQN:
            found[path.name] = (path / "state").read_text().strip()
    return found


def wait_for(look: Callable[[], T], wanted: Callable[[T], bool] = bool) -> T:
    """Look until it is as wanted; fails after WAIT seconds with what was seen last."""
    deadline = time.monotonic() + WAIT
    while not wanted(seen := look()):
        assert time.monotonic() < deadline, seen
        time.sleep(0.05)
    return seen


def disks() -> dict[int, Path]:
    """The block devices of our subsystem, by namespace id."""
    found = {}
    for path in Path("/sys/class/nvme-subsystem").glob("*/nvme*n*"):
        nqn = (path.parent / "subsysnqn").read_text().strip()
        device = Path("/dev") / path.name
        if nqn == NQN and device.is_block_device():
            found[int((path / "nsid").read_text())] = device
    return found


def the_disk(nsid: int = 1) -> Path:
    return wait_for(disks, lambda seen: nsid in seen)[nsid]


def fio(device: Path, *more: str) -> None:
    """Write random blocks and read them back; fio compares."""
    options = [
        f"--filename={device}",
        "--name=verify",
        "--rw=randwrite",
        "--bs=4k",
        "--size=2m",
        "--direct=1",
        "--ioengine=libaio",
        "--iodepth=8",
        "--verify=crc32c",
        "--verify_fatal=1",
        "--do_verify=1",
        *more,
    ]
    done = subprocess.run(
        ["fio", *options], capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def written(device: Path, offset: int, data: bytes) -> bytes:
    """Write past the page cache, and read the same place back."""
    descriptor = os.open(device, os.O_WRONLY | os.O_SYNC)
    try:
        os.pwrite(descriptor, data, offset)
    finally:
        os.close(descriptor)
    return read_back(device, offset, len(data))


def read_back(device: Path, offset: int, length: int) -> bytes:
    """What the device itself holds, not the page cache."""
    descriptor = os.open(device, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        return os.pread(descriptor, length, offset)
    finally:
        os.close(descriptor)


def test_discovery_lists_the_subsystem(target: Target) -> None:
    found = nvme_json("discover", "-t", "tcp", "-a", ADDRESS, "-s", PORT, "-q", HOST)
    records = {(one["subnqn"], one["trsvcid"]) for one in found["records"]}
    assert (NQN, PORT) in records


def test_identify_tells_who_it_is(target: Target) -> None:
    with connected():
        the_disk()
        (name,) = controllers()
        seen = nvme_json("id-ctrl", f"/dev/{name}")
        assert (seen["sn"].strip(), seen["mn"].strip(), seen["subnqn"]) == ("SN1", "dpulab", NQN)
        namespace = nvme_json("id-ns", f"/dev/{name}", "-n", "1")
        assert namespace["nsze"] == BLOCKS


@pytest.mark.parametrize(
    "digests", [(), ("--hdr-digest", "--data-digest")], ids=["plain", "digests"]
)
def test_fio_reads_back_what_it_wrote(target: Target, digests: tuple[str, ...]) -> None:
    with connected("--nr-io-queues=2", *digests):
        fio(the_disk())
    # what the kernel counted as written, the target has counted too
    (stat,) = target("bdev_get_iostat", name="Malloc0")["bdevs"]
    assert stat["bytes_written"] >= 2 << 20


def test_logs_of_a_healthy_controller(target: Target) -> None:
    with connected():
        the_disk()
        (name,) = controllers()
        smart = nvme_json("smart-log", f"/dev/{name}")
        assert smart["critical_warning"] == 0
        nvme("effects-log", f"/dev/{name}")
        nvme("ana-log", f"/dev/{name}")
        nvme("error-log", f"/dev/{name}")


def test_a_namespace_comes_and_goes_without_a_rescan(target: Target) -> None:
    with connected():
        the_disk()
        nsid = target.add_namespace("Malloc1")
        fio(the_disk(nsid), "--size=256k")
        target("nvmf_subsystem_remove_ns", nqn=NQN, nsid=nsid)
        wait_for(disks, lambda seen: nsid not in seen)
        assert 1 in disks()


def test_a_namespace_that_grows_is_seen_to(target: Target) -> None:
    target("bdev_null_create", name="Null0", num_blocks=2048, block_size=512)
    nsid = target.add_namespace("Null0")
    with connected():
        disk = the_disk(nsid)
        size = Path("/sys/block") / disk.name / "size"
        assert int(size.read_text()) == 2048
        target("bdev_null_resize", name="Null0", new_size=2)
        wait_for(lambda: int(size.read_text()), lambda seen: seen == 4096)


def test_a_reset_loses_nothing(target: Target) -> None:
    with connected():
        disk = the_disk()
        (name,) = controllers()
        data = os.urandom(1 << 16)
        assert written(disk, 0, data) == data
        nvme("reset", f"/dev/{name}")
        wait_for(controllers, lambda seen: seen == {name: "live"})
        assert written(disk, 1 << 16, data) == data
        assert read_back(disk, 0, len(data)) == data


def test_io_moves_to_the_other_path_when_ana_says_so(target: Target) -> None:
    target.listen(SECOND_PORT)
    target.set_ana(SECOND_PORT, "inaccessible")
    with connected():
        connect(port=SECOND_PORT)
        disk = the_disk()
        wait_for(controllers, lambda seen: list(seen.values()) == ["live", "live"])
        data = os.urandom(1 << 16)
        assert written(disk, 0, data) == data
        target.set_ana(PORT, "inaccessible")
        target.set_ana(SECOND_PORT, "optimized")
        more = os.urandom(1 << 16)
        assert written(disk, 1 << 16, more) == more
        target("nvmf_subsystem_remove_listener", nqn=NQN, listen_address=address(PORT))
        assert written(disk, 0, more) == more


def test_a_host_that_is_not_allowed_is_refused(target: Target) -> None:
    target("nvmf_subsystem_allow_any_host", nqn=NQN, allow_any_host=False)
    target("nvmf_subsystem_add_host", nqn=NQN, host=HOST)
    with connected():
        the_disk()
    connect(host=OTHER_HOST, fails=True)
    assert controllers() == {}


def test_the_right_key_opens_and_a_wrong_one_does_not(target: Target, tmp_path: Path) -> None:
    keys = [nvme("gen-dhchap-key", "-n", HOST, "-m", "1").strip() for _ in range(2)]
    stored = tmp_path / "key"
    stored.write_text(keys[0])
    stored.chmod(0o600)
    # an emulated machine computes for minutes in the larger groups
    target("nvmf_set_config", dhchap_dhgroups=["ffdhe2048"])
    target("keyring_file_add_key", name="key0", path=str(stored))
    target("nvmf_subsystem_allow_any_host", nqn=NQN, allow_any_host=False)
    target("nvmf_subsystem_add_host", nqn=NQN, host=HOST, dhchap_key="key0")
    connect("--dhchap-secret", keys[1], fails=True)
    connect(fails=True)
    assert controllers() == {}
    with connected("--dhchap-secret", keys[0]):
        fio(the_disk(), "--size=256k")


def test_reservations_are_registered_and_reported(target: Target) -> None:
    with connected():
        disk = str(the_disk())
        nvme("resv-register", disk, "--nrkey=0x1234", "--rrega=0")
        nvme("resv-acquire", disk, "--crkey=0x1234", "--rtype=1", "--racqa=0")
        report = nvme_json("resv-report", disk, "--eds")
        assert (report["regctl"], report["rtype"]) == (1, 1)
        nvme("resv-release", disk, "--crkey=0x1234", "--rtype=1", "--rrela=0")
        nvme("resv-register", disk, "--crkey=0x1234", "--rrega=1")
        assert nvme_json("resv-report", disk, "--eds")["regctl"] == 0


def test_a_target_that_comes_back_is_found_again(target: Target) -> None:
    target("nvmf_subsystem_remove_listener", nqn=NQN, listen_address=address(PORT))
    target.listen()
    with connected("--reconnect-delay=1", "--ctrl-loss-tmo=60"):
        disk = the_disk()
        (name,) = controllers()
        data = os.urandom(4096)
        assert written(disk, 0, data) == data
        target("nvmf_subsystem_remove_listener", nqn=NQN, listen_address=address(PORT))
        wait_for(controllers, lambda seen: seen.get(name) == "connecting")
        target.listen()
        wait_for(controllers, lambda seen: seen == {name: "live"})
        assert written(disk, 4096, data) == data
