"""A whole session of SPDK's own tool with `spdk-sim`, started alone with spdk_tgt's options."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from host_sim.client import Address, ConnectOptions, Identity
from host_sim.sync import SyncHost
from tests.nvme_target import HOST, free_port

PROGRAMS = Path(sys.executable).parent
NQN = "nqn.2016-06.io.spdk:cnode1"
OPTIONS = (
    "-m", "0x3", "-s", "512", "-p", "0", "-g", "-u", "-i", "1", "-e", "all", "--no-huge", "-R",
    "-L", "nvmf", "-W", "0000:00:04.0", "--disable-cpumask-locks",
)  # fmt: skip


@contextmanager
def spdk_sim(path: Path, *options: str) -> Iterator[Path]:
    """The program, until it is asked to end; then it says nothing of errors. Yields its log."""
    log = path.with_suffix(".log")
    command = [str(PROGRAMS / "spdk-sim"), "-r", str(path), "--notify-fd", "1", *options]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=output)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"\n", log.read_text()
        yield log
    finally:
        process.terminate()
        assert process.wait(20) == 0


def rpc(path: Path, line: str, data: str = "") -> str:
    """One call of the tool, given as one writes it in a shell; what it prints."""
    command = [str(PROGRAMS / "spdk-rpc"), "-s", str(path), *line.split()]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=60, input=data
    )
    assert done.returncode == 0, (line, done.stderr)
    return done.stdout


def test_a_target_is_set_up_used_watched_saved_and_loaded(tmp_path: Path) -> None:
    path, port, pid = tmp_path / "spdk.sock", free_port(), tmp_path / "pid"
    with spdk_sim(path, *OPTIONS, "-f", str(pid)) as log:
        assert int(pid.read_text()) > 1
        rpc(path, "bdev_malloc_create -b disk0 16 512")
        rpc(path, "nvmf_create_transport -t TCP -q 64 -c 8192")
        rpc(path, f"nvmf_create_subsystem {NQN} -a -s SN1 -m 8")
        rpc(path, f"nvmf_subsystem_add_ns {NQN} disk0")
        rpc(path, f"nvmf_subsystem_add_listener {NQN} -t TCP -f ipv4 -a {HOST} -s {port}")
        write_and_check(port)
        [one] = json.loads(rpc(path, "bdev_get_iostat --names disk0"))["bdevs"]
        assert (one["num_write_ops"], one["bytes_written"]) == (1, 4096)
        [event] = json.loads(rpc(path, "notify_get_notifications -i 0 -n 10"))
        assert event == {"type": "bdev_register", "ctx": "disk0", "id": 0}
        saved = rpc(path, "save_config")
        subsystems = rpc(path, "nvmf_get_subsystems")
        ignored = log.read_text()
    assert not pid.exists()
    for option in ("--cpumask", "--main-core", "--no-pci", "--shm-id", "-W"):
        assert f"without effect: {option}" in ignored
    with spdk_sim(path, "--wait-for-rpc"):
        rpc(path, "load_config", saved)
        assert rpc(path, "nvmf_get_subsystems") == subsystems
        assert rpc(path, "save_config") == saved
        write_and_check(port)
        rpc(path, f"nvmf_delete_subsystem {NQN}")
        rpc(path, "bdev_malloc_delete disk0")
        kinds = [one["type"] for one in json.loads(rpc(path, "notify_get_notifications"))]
        assert kinds == ["bdev_register", "bdev_unregister"]


def write_and_check(port: int) -> None:
    """A host finds what it has written."""
    with SyncHost() as host:
        host.connect(ConnectOptions(Address(HOST, port), NQN, Identity.of("nqn.2024-01.host")))
        namespace = host.namespace("nvme0n1")
        namespace.write(8, b"spdk" * 1024)
        assert namespace.read(8, 8) == b"spdk" * 1024
