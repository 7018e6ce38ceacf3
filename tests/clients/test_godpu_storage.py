"""OPI's own storage test, `godpu storage test`, against our server and against OPI's bridge.

It calls 72 RPCs within 10 s, its own time-out, and ends with an error when one fails, but for those
that it lets fail: UpdateNvmeSubsystem, UpdateVirtioBlk and StatsVirtioBlk. All is in a container
with a loopback device of its own, since its addresses are fixed, and TLS with keys takes the Python
that is there.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.upstream_go import BRIDGE, GODPU
from tests.newer_python import NewerPython, newer_python, wait_until
from tests.spdk_target import ask, subsystems

# the first test of a program waits until it is downloaded and compiled
pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]

NODE_NQN = "nqn.2016-06.io.spdk:cnode1"
HOST = "nqn.2014-08.org.nvmexpress:uuid:feb98abe-d51f-40c8-b348-2753f3571d3c"
KEY = "NVMeTLSkey-1:01:MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmZwJEiQ:"
PLAIN, SECURE = "4444", "5555"
ADDRESS = "127.0.0.1:50051"
SURROUNDINGS = "tests/clients/bridge_surroundings.py"

RPCS = 72
LENIENT = {"UpdateVirtioBlk": "INVALID_ARGUMENT"}
"""What godpu goes on after: it sends a device without its required fields."""

BRIDGE_LACKS = {
    "UpdateNvmeSubsystem": "Unimplemented",
    "StatsVirtioBlk": "Unimplemented",
    "UpdateVirtioBlk": "Unknown",
}
"""What the bridge itself refuses, without a call of the target."""


@dataclass(frozen=True)
class Place:
    """A container with a target that has what the test expects to be there."""

    inside: NewerPython
    rpc: Path
    folder: Path

    def test(self) -> subprocess.CompletedProcess[bytes]:
        """The whole of `godpu storage test`."""
        return self.inside.run(str(self.folder / "godpu"), "--addr", ADDRESS, "storage", "test")

    def log(self, mark: str) -> str:
        """The output of the program whose output has this in it."""
        texts = (one.read_text() for one in self.folder.glob("*.log"))
        return next(text for text in texts if mark in text)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    shutil.copy(GODPU.path(), tmp_path / "godpu")
    rpc = tmp_path / "spdk.sock"
    with ExitStack() as stack:
        inside = stack.enter_context(newer_python("dpulab/dpu", tmp_path))
        prepare = "echo 127.0.0.1 spdk >> /etc/hosts; truncate -s 64M /tmp/aio_bdev_file"
        inside.good("sh", "-c", prepare)
        serve = ("python3", "-m", "dpu_sim.spdk_sim", "-r", str(rpc), "-S", str(tmp_path))
        stack.enter_context(inside.running(*serve, "--notify-fd", "1", ready=r"(?m)^\n"))
        configure(rpc, tmp_path / "key")
        yield Place(inside, rpc, tmp_path)


def configure(rpc: Path, key: Path) -> None:
    """Devices, and a storage node that is reached in plain text and over TLS."""
    for number in range(3):
        ask(rpc, "bdev_malloc_create", name=f"Malloc{number}", block_size=512, num_blocks=131072)
    key.touch(0o600)
    key.write_text(KEY)
    ask(rpc, "keyring_file_add_key", name="node", path=str(key))
    ask(rpc, "nvmf_create_transport", trtype="TCP")
    ask(rpc, "nvmf_create_transport", trtype="VFIOUSER")
    ask(rpc, "nvmf_create_subsystem", nqn=NODE_NQN, serial_number="SPDK00000000000001")
    ask(rpc, "nvmf_subsystem_add_host", nqn=NODE_NQN, host=HOST, psk="node")
    ask(rpc, "nvmf_subsystem_add_ns", nqn=NODE_NQN, namespace={"bdev_name": "Malloc2"})
    for port, secure in ((PLAIN, False), (SECURE, True)):
        where = {"trtype": "TCP", "adrfam": "IPv4", "traddr": "127.0.0.1", "trsvcid": port}
        listener = {"listen_address": where, "secure_channel": secure}
        ask(rpc, "nvmf_subsystem_add_listener", nqn=NODE_NQN, **listener)


def left(rpc: Path) -> tuple[set[str], set[str], list[str]]:
    """Devices, subsystems and vhost controllers of the target."""
    devices = {str(one["name"]) for one in ask(rpc, "bdev_get_bdevs")}
    return devices, set(subsystems(rpc)), ask(rpc, "vhost_get_controllers")


NOTHING_MORE: tuple[set[str], set[str], list[str]] = (
    {"Malloc0", "Malloc1", "Malloc2"},
    {NODE_NQN},
    [],
)


def test_godpus_storage_test_passes_against_our_server(place: Place) -> None:
    words = ("--grpc", ADDRESS, "--http", "", "--insecure", "--spdk-socket", str(place.rpc))
    state = ("--state-dir", str(place.folder / "state"), "--pcie-dir", str(place.folder / "pcie"))
    serve = ("python3", "-m", "dpu_sim.server", *words, *state)
    with place.inside.running(*serve, ready=r'"message": ?"serving"'):
        ended = place.test()
        assert ended.returncode == 0, ended.stderr.decode()[-2000:]
        wait_until(lambda: len(answers(place.log("dpu_sim.server"))) >= RPCS)
        codes = answers(place.log("dpu_sim.server"))
    assert len(codes) == RPCS
    assert {rpc: code for rpc, code in codes.items() if code != {"OK"}} == {
        rpc: {code} for rpc, code in LENIENT.items()
    }
    assert left(place.rpc) == NOTHING_MORE


def answers(log: str) -> dict[str, set[str]]:
    """The codes that each storage RPC has been answered with."""
    found: dict[str, set[str]] = {}
    for line in log.splitlines():
        entry = json.loads(line)
        if entry.get("message") == "call":
            found.setdefault(entry["method"].rsplit("/", 1)[-1], set()).add(entry["code"])
    return found


def bridge_answers(log: str) -> dict[str, set[str]]:
    """The same of the bridge, by its own spelling of codes."""
    found: dict[str, set[str]] = {}
    ended = r"finished call .*grpc\.method (\w+) .*grpc\.code (\w+)"
    for rpc, code in re.findall(ended, log):
        found.setdefault(rpc, set()).add(code)
    return found


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Path]:
    """The socket of a Redis."""
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server, which opi-spdk-bridge does not run without")
    path = tmp_path / "redis.sock"
    command = ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", ""]
    process = subprocess.Popen([*command, "--dir", str(tmp_path)], stdout=subprocess.DEVNULL)
    try:
        wait_until(path.exists)
        yield path
    finally:
        process.kill()
        process.wait(10)


def test_opis_bridge_on_our_target_passes_godpus_storage_test(place: Place, redis: Path) -> None:
    shutil.copy(BRIDGE.path(), place.folder / "bridge")
    exporting = ("env", "OTEL_EXPORTER_OTLP_INSECURE=true", str(place.folder / "bridge"))
    serve = (*exporting, "-grpc_port", "50051", "-spdk_addr", str(place.rpc))
    with (
        place.inside.running("python3", SURROUNDINGS, str(redis), ready="ready"),
        place.inside.running(*serve, ready="gRPC server listening"),
    ):
        ended = place.test()
        assert ended.returncode == 0, ended.stderr.decode()[-2000:] + place.log("TLS files")[-2000:]
        codes = bridge_answers(place.log("TLS files"))
    assert len(codes) == RPCS
    assert {rpc: code for rpc, code in codes.items() if code != {"OK"}} == {
        rpc: {code} for rpc, code in BRIDGE_LACKS.items()
    }
    assert left(place.rpc) == NOTHING_MORE
