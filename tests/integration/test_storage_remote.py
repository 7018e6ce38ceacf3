"""Remote controllers, paths and namespaces over gRPC: a target of a DPU, one of a storage node."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest

from host_sim.options import Address, ConnectOptions
from host_sim.sync import SyncHost
from tests.opid_process import DEADLINE, SERVING, health
from tests.spdk_target import ask, spdk_target, subsystems
from tests.storage_dpu import Dpu, becomes, free_port, refused, wait_for_health

pytestmark = pytest.mark.integration

NQN = "nqn.2016-06.io.spdk:cnode1"
HOST = "nqn.2014-08.org.nvmexpress:uuid:feb98abe-d51f-40c8-b348-2753f3571d3c"
UUIDS = ("1b4e28ba-2fa1-11d2-883f-b9a761bde3fb", "2b4e28ba-2fa1-11d2-883f-b9a761bde3fb")
PSK = b"NVMeTLSkey-1:01:MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmZwJEiQ:"
OTHER_PSK = b"NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:"
TCP, RDMA, PCIE = 4, 3, 2
IPV4 = 1
DISABLE, FAILOVER, MULTIPATH = 1, 2, 3
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
INVALID = grpc.StatusCode.INVALID_ARGUMENT
REMOTE = "nvmeRemoteControllers/rem0"
SERVICE = "opi_api.storage.v1.NvmeRemoteControllerService"


class Node:
    """A storage node: a subsystem of two namespaces at two addresses."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.socket = folder / "node.sock"
        self.ports = (free_port(), free_port())
        self._stack = stack
        self.process: subprocess.Popen[bytes]
        self.start()

    def start(self) -> None:
        self.process = self._stack.enter_context(spdk_target(self.socket))
        ask(self.socket, "nvmf_create_transport", trtype="TCP")
        ask(self.socket, "nvmf_create_subsystem", nqn=NQN, allow_any_host=True)
        for number, uuid in enumerate(UUIDS, 1):
            name = f"disk{number}"
            ask(
                self.socket,
                "bdev_malloc_create",
                name=name, block_size=512, num_blocks=2048, uuid=uuid,
            )  # fmt: skip
            space = {"nsid": number, "bdev_name": name}
            ask(self.socket, "nvmf_subsystem_add_ns", nqn=NQN, namespace=space)
        for port in self.ports:
            self.listen(port)

    def listen(self, port: int) -> None:
        address = {"trtype": "TCP", "traddr": "127.0.0.1", "trsvcid": str(port), "adrfam": "IPv4"}
        ask(self.socket, "nvmf_subsystem_add_listener", nqn=NQN, listen_address=address)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)
        self.socket.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Dpu, Node]]:
    """A DPU and a storage node for tests that leave them as they were."""
    with ExitStack() as stack:
        node = Node(tmp_path_factory.mktemp("node"), stack)
        yield Dpu(tmp_path_factory.mktemp("dpu"), stack), node


@pytest.fixture
def dpu(pair: tuple[Dpu, Node]) -> Iterator[Dpu]:
    """The DPU, without anything before and after."""
    one, _ = pair
    yield one
    for kind, names in LEFT.items():
        for name in names:
            one.call(f"Delete{kind}", name=name, allow_missing=True)
    assert ports(one) == []


LEFT = {
    "NvmeNamespace": ["nvmeSubsystems/front/nvmeNamespaces/ns-0"],
    "NvmeController": ["nvmeSubsystems/front/nvmeControllers/ctl-0"],
    "NvmeSubsystem": ["nvmeSubsystems/front"],
    "QosVolume": ["volumes/qos0"],
    "EncryptedVolume": ["volumes/enc0"],
    "NvmePath": [f"{REMOTE}/nvmePaths/path-{number}" for number in range(2)],
    "NvmeRemoteController": [REMOTE],
}
"""All that tests may make, what depends on others first."""


@pytest.fixture
def node(pair: tuple[Dpu, Node]) -> Node:
    return pair[1]


@pytest.fixture
def mortals(tmp_path: Path) -> Iterator[tuple[Dpu, Node]]:
    """A DPU and a storage node for a test that kills them."""
    with ExitStack() as stack:
        yield Dpu(tmp_path, stack), Node(tmp_path, stack)


def remote(dpu: Dpu, multipath: int = MULTIPATH, **settings: Any) -> Any:
    controller = {"multipath": multipath} | settings
    request = {"nvme_remote_controller": controller, "nvme_remote_controller_id": "rem0"}
    return dpu.call("CreateNvmeRemoteController", **request)


def where(port: int, **fabrics: Any) -> dict[str, Any]:
    return {
        "trtype": TCP,
        "traddr": "127.0.0.1",
        "fabrics": {"trsvcid": port, "subnqn": NQN, "adrfam": IPV4, "hostnqn": HOST} | fabrics,
    }


def path(dpu: Dpu, port: int, identity: str = "path-0", **fabrics: Any) -> Any:
    request = {"nvme_path": where(port, **fabrics), "nvme_path_id": identity}
    return dpu.call("CreateNvmePath", parent=REMOTE, **request)


def ports(dpu: Dpu) -> list[int]:
    """Where the target's paths lead."""
    listed = ask(dpu.socket, "bdev_nvme_get_controllers")
    return sorted(int(c["trid"]["trsvcid"]) for one in listed for c in one["ctrlrs"])


def test_a_path_connects_and_its_namespaces_are_volumes(dpu: Dpu, node: Node) -> None:
    made = remote(dpu, tcp={"hdgst": True, "ddgst": True})
    assert made.name == REMOTE
    assert ports(dpu) == []
    first = path(dpu, node.ports[0])
    assert first.name == f"{REMOTE}/nvmePaths/path-0"
    assert ports(dpu) == [node.ports[0]]
    listed = dpu.call("ListNvmeRemoteNamespaces", parent=REMOTE).nvme_remote_namespaces
    assert [(one.nsid, one.uuid) for one in listed] == list(enumerate(UUIDS, 1))
    one = dpu.call("GetNvmeRemoteNamespace", name=f"{REMOTE}/nvmeRemoteNamespaces/2")
    assert one == listed[1]
    page = dpu.call("ListNvmeRemoteNamespaces", parent=REMOTE, page_size=1)
    rest = {"parent": REMOTE, "page_size": 1, "page_token": page.next_page_token}
    last = dpu.call("ListNvmeRemoteNamespaces", **rest)
    assert [*page.nvme_remote_namespaces, *last.nvme_remote_namespaces] == list(listed)
    assert last.next_page_token == ""
    for rpc, name in (("NvmeRemoteController", REMOTE), ("NvmePath", first.name)):
        assert dpu.call(f"Stats{rpc}", name=name).stats.write_ops_count == 0
    dpu.call("ResetNvmeRemoteController", name=REMOTE)
    dpu.call("DeleteNvmePath", name=first.name)
    assert ports(dpu) == []
    assert not dpu.call("ListNvmeRemoteNamespaces", parent=REMOTE).nvme_remote_namespaces
    dpu.call("DeleteNvmeRemoteController", name=REMOTE)


@pytest.mark.parametrize("mode", [FAILOVER, MULTIPATH])
def test_further_paths_join_and_each_is_taken_away_by_itself(
    dpu: Dpu, node: Node, mode: int
) -> None:
    remote(dpu, mode)
    for number, port in enumerate(node.ports):
        path(dpu, port, f"path-{number}")
    assert ports(dpu) == sorted(node.ports)
    twice = {"parent": REMOTE, "nvme_path": where(node.ports[0])}
    assert "path-0" in refused(dpu, PRECONDITION, "CreateNvmePath", **twice)
    assert "path-1" in refused(dpu, PRECONDITION, "DeleteNvmeRemoteController", name=REMOTE)
    dpu.call("DeleteNvmePath", name=f"{REMOTE}/nvmePaths/path-0")
    assert ports(dpu) == [node.ports[1]]
    moved = {"name": f"{REMOTE}/nvmePaths/path-1", **where(node.ports[0])}
    dpu.call("UpdateNvmePath", nvme_path=moved)
    assert ports(dpu) == [node.ports[0]]


def test_what_hangs_on_the_last_path_protects_it(dpu: Dpu, node: Node) -> None:
    remote(dpu)
    for number, port in enumerate(node.ports):
        path(dpu, port, f"path-{number}")
    encrypted = {
        "volume_name_ref": f"{REMOTE}/nvmeRemoteNamespaces/1", "key": bytes(range(32)), "cipher": 4,
    }  # fmt: skip
    dpu.call("CreateEncryptedVolume", encrypted_volume=encrypted, encrypted_volume_id="enc0")
    expose(dpu, "volumes/enc0")
    assert dpu.bdevs()["enc0"]["driver_specific"]["crypto"]["base_bdev_name"] == "rem0n1"
    dpu.call("DeleteNvmePath", name=f"{REMOTE}/nvmePaths/path-1")
    name = f"{REMOTE}/nvmePaths/path-0"
    assert "rem0n1" in refused(dpu, PRECONDITION, "DeleteNvmePath", name=name)
    assert ports(dpu) == [node.ports[0]]


def expose(dpu: Dpu, volume: str) -> str:
    """A subsystem with this volume; its NQN."""
    nqn = "nqn.2022-09.io.spdk:front"
    subsystem = {"spec": {"nqn": nqn}}
    dpu.call("CreateNvmeSubsystem", nvme_subsystem=subsystem, nvme_subsystem_id="front")
    space = {"spec": {"volume_name_ref": volume}}
    parent = "nvmeSubsystems/front"
    dpu.call("CreateNvmeNamespace", parent=parent, nvme_namespace=space, nvme_namespace_id="ns-0")
    return nqn


def test_what_a_host_writes_reaches_the_node_encrypted_and_is_counted_on_the_way(
    dpu: Dpu, node: Node
) -> None:
    remote(dpu, tcp={"hdgst": True, "ddgst": True})
    path(dpu, node.ports[0])
    encrypted = {
        "volume_name_ref": f"{REMOTE}/nvmeRemoteNamespaces/1", "key": bytes(range(32)), "cipher": 4,
    }  # fmt: skip
    dpu.call("CreateEncryptedVolume", encrypted_volume=encrypted, encrypted_volume_id="enc0")
    limited = {"volume_name_ref": "volumes/enc0", "limits": {"max": {"rw_iops_kiops": 100}}}
    dpu.call("CreateQosVolume", qos_volume=limited, qos_volume_id="qos0")
    nqn, port = expose(dpu, "volumes/enc0"), free_port()
    listen(dpu, port)
    secret = b"nobody reads this on the node..." * 128
    with SyncHost() as host:
        host.connect(ConnectOptions(Address("127.0.0.1", port), nqn))
        disk = host.namespace("nvme0n1")
        assert (disk.block_size, disk.blocks) == (512, 2048)
        disk.write(16, secret)
        assert disk.read(16, 8) == secret
    for kind, name in (
        ("EncryptedVolume", "volumes/enc0"),
        ("QosVolume", "volumes/qos0"),
        ("NvmeNamespace", LEFT["NvmeNamespace"][0]),
        ("NvmeController", LEFT["NvmeController"][0]),
        ("NvmeSubsystem", "nvmeSubsystems/front"),
        ("NvmePath", LEFT["NvmePath"][0]),
        ("NvmeRemoteController", REMOTE),
    ):
        stats = dpu.call(f"Stats{kind}", name=name).stats
        assert (stats.write_bytes_count, stats.write_ops_count) == (4096, 1), kind
        assert stats.read_bytes_count >= 4096, kind
        assert stats.write_latency_ticks > 0, kind
    (there,) = ask(node.socket, "bdev_get_iostat", names=["disk1"])["bdevs"]
    assert there["bytes_written"] == 4096
    with SyncHost() as host:
        host.connect(ConnectOptions(Address("127.0.0.1", node.ports[0]), NQN))
        raw = host.namespace("nvme0n1").read(16, 8)
    assert raw != bytes(4096)
    assert secret[:32] not in raw


def test_each_of_several_paths_is_counted_by_itself(dpu: Dpu, node: Node) -> None:
    remote(dpu)
    names = [path(dpu, port, f"path-{number}").name for number, port in enumerate(node.ports)]
    nqn, port = expose(dpu, f"{REMOTE}/nvmeRemoteNamespaces/2"), free_port()
    listen(dpu, port)
    with SyncHost() as host:
        host.connect(ConnectOptions(Address("127.0.0.1", port), nqn))
        host.namespace("nvme0n1").write(0, bytes(8192))
    written = [dpu.call("StatsNvmePath", name=name).stats.write_bytes_count for name in names]
    assert sum(written) == 8192
    assert dpu.call("StatsNvmeRemoteController", name=REMOTE).stats.write_bytes_count == 8192


@pytest.mark.parametrize(("mode", "busy"), [(FAILOVER, 1), (MULTIPATH, 2)])
def test_paths_carry_io_as_the_controller_says(dpu: Dpu, node: Node, mode: int, busy: int) -> None:
    remote(dpu, mode)
    names = [path(dpu, port, f"path-{number}").name for number, port in enumerate(node.ports)]
    nqn, port = expose(dpu, f"{REMOTE}/nvmeRemoteNamespaces/2"), free_port()
    listen(dpu, port)
    with SyncHost() as host:
        host.connect(ConnectOptions(Address("127.0.0.1", port), nqn))
        disk = host.namespace("nvme0n1")
        for block in range(16):
            disk.write(block, bytes(512))
    written = [dpu.call("StatsNvmePath", name=name).stats.write_bytes_count for name in names]
    assert sum(written) == 16 * 512
    assert sum(count > 0 for count in written) == busy


def listen(dpu: Dpu, port: int) -> None:
    """Let hosts at the subsystem of `expose`."""
    way = {"trtype": TCP, "fabrics_id": {"traddr": "127.0.0.1", "trsvcid": str(port), "adrfam": 1}}
    asked = {"nvme_controller": {"spec": way}, "nvme_controller_id": "ctl-0"}
    dpu.call("CreateNvmeController", parent="nvmeSubsystems/front", **asked)


@pytest.mark.skipif(
    not hasattr(ssl.SSLContext, "set_psk_server_callback"),
    reason="TLS with pre-shared keys needs Python 3.13",
)
def test_over_tls_the_right_key_connects_and_another_or_none_does_not(dpu: Dpu, node: Node) -> None:
    port, nqn, key = free_port(), NQN + "-tls", dpu.state.parent / "key"
    key.touch(mode=0o600)
    key.write_bytes(PSK)
    ask(node.socket, "keyring_file_add_key", name="psk", path=str(key))
    ask(node.socket, "nvmf_create_subsystem", nqn=nqn)
    ask(node.socket, "nvmf_subsystem_add_host", nqn=nqn, host=HOST, psk="psk")
    address = {"trtype": "TCP", "traddr": "127.0.0.1", "trsvcid": str(port), "adrfam": "IPv4"}
    ask(
        node.socket,
        "nvmf_subsystem_add_listener",
        nqn=nqn, listen_address=address, secure_channel=True,
    )  # fmt: skip
    for psk in (b"", OTHER_PSK):
        remote(dpu, tcp={"psk": psk})
        asked = {"parent": REMOTE, "nvme_path": where(port, subnqn=nqn)}
        assert "does not get to" in refused(dpu, PRECONDITION, "CreateNvmePath", **asked)
        assert ask(dpu.socket, "keyring_get_keys") == []
        dpu.call("DeleteNvmeRemoteController", name=REMOTE)
    remote(dpu, tcp={"psk": PSK})
    path(dpu, port, subnqn=nqn)
    assert not dpu.call("GetNvmeRemoteController", name=REMOTE).tcp.psk
    (kept,) = ask(dpu.socket, "keyring_get_keys")
    assert Path(kept["path"]).read_bytes() == PSK
    dpu.call("DeleteNvmePath", name=f"{REMOTE}/nvmePaths/path-0")
    assert ask(dpu.socket, "keyring_get_keys") == []
    assert not Path(kept["path"]).exists()


def test_a_restart_connects_again_and_what_hangs_on_it_follows(
    mortals: tuple[Dpu, Node],
) -> None:
    dpu, node = mortals
    remote(dpu)
    for number, port in enumerate(node.ports):
        path(dpu, port, f"path-{number}")
    nqn = expose(dpu, f"{REMOTE}/nvmeRemoteNamespaces/2")
    before = subsystems(dpu.socket)[nqn]
    assert before["namespaces"][0]["bdev_name"] == "rem0n2"
    for dead in ({"target"}, {"opid", "target"}):
        dpu.restart(*dead)
        assert becomes(lambda: ports(dpu) == sorted(node.ports))
        assert becomes(lambda: subsystems(dpu.socket).get(nqn) == before)
        assert wait_for_health(dpu)


def test_a_storage_node_that_is_away_holds_nothing_up_and_is_awaited(
    mortals: tuple[Dpu, Node],
) -> None:
    dpu, node = mortals
    remote(dpu)
    path(dpu, node.ports[0])
    node.kill()
    dpu.kill_opid()
    dpu.kill_target()
    dpu.start_target()
    dpu.start_opid()
    small = {"block_size": 512, "blocks_count": 64}
    dpu.call("CreateNullVolume", null_volume=small, null_volume_id="null0")
    assert health(dpu.opid, SERVICE) != SERVING
    node.start()
    assert becomes(lambda: ports(dpu) == [node.ports[0]])
    assert wait_for_health(dpu)


def test_what_cannot_be_is_refused_and_leaves_nothing(dpu: Dpu, node: Node) -> None:
    remote(dpu, DISABLE, tcp={"hdgst": True})
    nobody = {"parent": REMOTE, "nvme_path": where(free_port())}
    assert "does not get to" in refused(dpu, PRECONDITION, "CreateNvmePath", **nobody)
    absent = {"parent": REMOTE, "nvme_path": where(node.ports[0], subnqn=NQN + "x")}
    refused(dpu, PRECONDITION, "CreateNvmePath", **absent)
    assert ports(dpu) == []
    for code, one, words in (
        (INVALID, where(70000), "trsvcid"),
        (INVALID, where(4420, subnqn="cnode1"), "subnqn"),
        (INVALID, where(4420) | {"traddr": "spdk"}, "traddr"),
        (INVALID, {"trtype": TCP, "traddr": "127.0.0.1"}, "fabrics"),
        (INVALID, {"trtype": 1, "traddr": "127.0.0.1"}, "TCP or PCIE"),
        (INVALID, {"trtype": PCIE, "traddr": "127.0.0.1"}, "0000:01:00.0"),
        (PRECONDITION, {"trtype": PCIE, "traddr": "0000:01:00.0"}, "TCP"),
        (grpc.StatusCode.UNIMPLEMENTED, where(4420) | {"trtype": RDMA}, "RDMA"),
    ):
        assert words in refused(dpu, code, "CreateNvmePath", parent=REMOTE, nvme_path=one)
    path(dpu, node.ports[0])
    second = {"parent": REMOTE, "nvme_path": where(node.ports[1])}
    assert "DISABLE" in refused(dpu, PRECONDITION, "CreateNvmePath", **second)
    changed = {"nvme_remote_controller": {"name": REMOTE, "multipath": MULTIPATH}}
    assert "path-0" in refused(dpu, PRECONDITION, "UpdateNvmeRemoteController", **changed)
    assert ports(dpu) == [node.ports[0]]
    missing = grpc.StatusCode.NOT_FOUND
    refused(dpu, missing, "ListNvmeRemoteNamespaces", parent="nvmeRemoteControllers/none")
    refused(dpu, missing, "GetNvmeRemoteNamespace", name=f"{REMOTE}/nvmeRemoteNamespaces/9")
    refused(dpu, INVALID, "ListNvmeRemoteNamespaces", parent=REMOTE, page_token="x")


def test_a_node_that_never_answers_holds_neither_others_nor_the_end_up(
    mortals: tuple[Dpu, Node],
) -> None:
    dpu, _ = mortals
    with socket.create_server(("127.0.0.1", 0)) as silent:
        remote(dpu)
        request = {"parent": REMOTE, "nvme_path": where(silent.getsockname()[1])}
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(lambda: dpu.call("CreateNvmePath", **request))
            connected, _ = silent.accept()
            small = {"block_size": 512, "blocks_count": 64}
            dpu.call("CreateNullVolume", null_volume=small, null_volume_id="null0")
            assert not waiting.done()
            dpu.opid.process.terminate()
            assert dpu.opid.end() == 0
            assert isinstance(waiting.exception(DEADLINE), grpc.RpcError)
        connected.close()
