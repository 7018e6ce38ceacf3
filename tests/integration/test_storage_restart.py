"""What a host that reconnects at once sees of a DPU that comes back: all of it, or nothing."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.nvme_host import CommandFailedError, Host
from tests.opid_process import SERVING, health
from tests.spdk_target import ask, spdk_target, subsystems
from tests.storage_dpu import Dpu, becomes, free_port, wait_for_health

pytestmark = pytest.mark.integration

NQN = "nqn.2022-09.io.spdk:restart"
NODE_NQN = "nqn.2016-06.io.spdk:cnode1"
PARENT = "nvmeSubsystems/sub-0"
UUID = "1b4e28ba-2fa1-11d2-883f-b9a761bde3fb"
KEY = bytes(range(32))
SPACES = 16
ACTIVE_NAMESPACES = 2
"""CNS of the active namespace ID list (NVMe Base, Identify)."""


class Looker:
    """A host that connects in a tight loop, and counts how many namespaces it found each time."""

    def __init__(self, port: int) -> None:
        self._address = ("127.0.0.1", port)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.seen: Counter[int] = Counter()
        self._thread.start()

    def _run(self) -> None:
        while not self._done.is_set():
            with suppress(OSError, EOFError, CommandFailedError):
                self.seen[look(self._address)] += 1

    def looked(self, times: int) -> bool:
        """Whether it has looked so often."""
        return self.seen.total() >= times

    def stop(self) -> None:
        self._done.set()
        self._thread.join()


def look(address: tuple[str, int]) -> int:
    """How many namespaces a host finds that connects just now."""
    with Host(address, NQN) as host:
        numbers = struct.unpack("<1024I", host.identify(ACTIVE_NAMESPACES))
        return sum(number != 0 for number in numbers)


@contextmanager
def looking(port: int) -> Iterator[Looker]:
    """A host that looks until the end of the block."""
    looker = Looker(port)
    try:
        yield looker
    finally:
        looker.stop()


@pytest.fixture
def dpu(tmp_path: Path) -> Iterator[Dpu]:
    with ExitStack() as stack:
        yield Dpu(tmp_path, stack)


def subsystem(dpu: Dpu, port: int) -> None:
    """One whose controller is older than its namespaces."""
    dpu.call(
        "CreateNvmeSubsystem", nvme_subsystem={"spec": {"nqn": NQN}}, nvme_subsystem_id="sub-0"
    )
    where = {"traddr": "127.0.0.1", "trsvcid": str(port), "adrfam": 1}
    controller = {"spec": {"trtype": 4, "fabrics_id": where}}
    dpu.call(
        "CreateNvmeController",
        parent=PARENT,
        nvme_controller=controller,
        nvme_controller_id="ctl-0",
    )


def namespace(dpu: Dpu, number: int, volume: str) -> None:
    asked: dict[str, Any] = {"nvme_namespace": {"spec": {"volume_name_ref": volume}}}
    dpu.call("CreateNvmeNamespace", parent=PARENT, nvme_namespace_id=f"ns-{number}", **asked)


def encrypted(dpu: Dpu, name: str, base: str) -> str:
    volume = {"volume_name_ref": base, "key": KEY, "cipher": "ENCRYPTION_TYPE_AES_XTS_128"}
    dpu.call("CreateEncryptedVolume", encrypted_volume=volume, encrypted_volume_id=name)
    return f"volumes/{name}"


def spaces(dpu: Dpu) -> None:
    """Namespaces on encrypted volumes, which are three steps deep."""
    for number in range(SPACES):
        size = {"block_size": 512, "blocks_count": 64}
        dpu.call("CreateMallocVolume", malloc_volume=size, malloc_volume_id=f"base-{number}")
        namespace(dpu, number, encrypted(dpu, f"enc-{number}", f"volumes/base-{number}"))


@pytest.mark.parametrize("dead", [("target",), ("opid", "target"), ("opid",)])
def test_a_host_that_reconnects_at_once_finds_every_namespace(
    dpu: Dpu, dead: tuple[str, ...]
) -> None:
    port = free_port()
    subsystem(dpu, port)
    spaces(dpu)
    before = subsystems(dpu.socket)
    with looking(port) as host:
        assert becomes(lambda: host.looked(1))
        dpu.restart(*dead)
        assert becomes(lambda: subsystems(dpu.socket) == before)
        assert wait_for_health(dpu)
        count = host.seen.total()
        assert becomes(lambda: host.looked(count + 3))
    assert host.seen.keys() == {SPACES}


def test_a_dpu_is_not_ready_before_its_hosts_get_in(dpu: Dpu) -> None:
    port = free_port()
    subsystem(dpu, port)
    spaces(dpu)
    dpu.restart("opid", "target")
    assert becomes(lambda: health(dpu.opid) == SERVING)
    assert look(("127.0.0.1", port)) == SPACES


@contextmanager
def node(path: Path, port: int, uuid: str = UUID) -> Iterator[None]:
    """A storage node with one disk."""
    with spdk_target(path):
        ask(path, "bdev_malloc_create", name="disk", block_size=512, num_blocks=64, uuid=uuid)
        ask(path, "nvmf_create_transport", trtype="TCP")
        ask(path, "nvmf_create_subsystem", nqn=NODE_NQN, allow_any_host=True)
        ask(path, "nvmf_subsystem_add_ns", nqn=NODE_NQN, namespace={"bdev_name": "disk"})
        where = {"trtype": "TCP", "traddr": "127.0.0.1", "trsvcid": str(port)}
        ask(path, "nvmf_subsystem_add_listener", nqn=NODE_NQN, listen_address=where)
        yield


def remote(dpu: Dpu, port: int, name: str = "rem0") -> str:
    """A remote controller with one path; its first namespace."""
    parent = f"nvmeRemoteControllers/{name}"
    controller = {"multipath": "NVME_MULTIPATH_FAILOVER"}
    dpu.call(
        "CreateNvmeRemoteController",
        nvme_remote_controller=controller,
        nvme_remote_controller_id=name,
    )
    fabrics = {"subnqn": NODE_NQN, "trsvcid": port, "adrfam": 1}
    path = {"trtype": 4, "traddr": "127.0.0.1", "fabrics": fabrics}
    dpu.call("CreateNvmePath", parent=parent, nvme_path=path, nvme_path_id="path-0")
    return f"{parent}/nvmeRemoteNamespaces/1"


def test_hosts_wait_for_a_storage_node_that_is_later_than_the_dpu(dpu: Dpu, tmp_path: Path) -> None:
    port, far = free_port(), free_port()
    folder = tmp_path / "node"
    folder.mkdir()
    with node(folder / "first.sock", far):
        subsystem(dpu, port)
        spaces(dpu)
        namespace(dpu, SPACES, encrypted(dpu, "enc-far", remote(dpu, far)))
        before = subsystems(dpu.socket)
    dpu.kill_opid()
    dpu.kill_target()
    with looking(port) as host:
        dpu.start_target()
        dpu.start_opid()
        assert becomes(lambda: len(subsystems(dpu.socket)[NQN]["namespaces"]) == SPACES)
        assert health(dpu.opid) != SERVING
        assert not dpu.call(
            "GetNvmeController", name=f"{PARENT}/nvmeControllers/ctl-0"
        ).status.active
        with node(folder / "second.sock", far):
            assert wait_for_health(dpu)
            assert becomes(lambda: host.looked(3))
            assert subsystems(dpu.socket) == before
    assert host.seen.keys() == {SPACES + 1}


def test_nodes_that_never_answer_hold_up_nobody_else(dpu: Dpu, tmp_path: Path) -> None:
    port, silent, good = free_port(), free_port(), free_port()
    folder = tmp_path / "nodes"
    folder.mkdir()
    many = 6
    with ExitStack() as stack, node(folder / "good.sock", good):
        with node(folder / "first.sock", silent, UUID.replace("1b", "2b", 1)):
            for number in range(many):
                remote(dpu, silent, f"far-{number}")
            subsystem(dpu, port)
            namespace(dpu, 0, remote(dpu, good))
        dpu.kill_opid()
        dpu.kill_target()
        stack.enter_context(socket.create_server(("127.0.0.1", silent)))
        dpu.start_target()
        began = time.monotonic()
        dpu.start_opid()
        assert becomes(lambda: looks(port) == 1)
        assert time.monotonic() - began < many
        assert health(dpu.opid) != SERVING


def looks(port: int) -> int:
    """How many namespaces a host finds; -1 when it is not let in."""
    try:
        return look(("127.0.0.1", port))
    except (OSError, EOFError, CommandFailedError):
        return -1
