"""OPI's own Python classes for storage, unchanged, against a live server and its target."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.conftest import Serve
from tests.clients.programs import Program
from tests.spdk_target import ask, subsystems
from tests.storage_dpu import free_port

# the first test of a program waits until it is downloaded
pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]

NQN = "nqn.2022-09.io.spdk:opi1"
LIFE = """
def live(one, plural):
    first = one.create(address)
    assert one.create(address) == first == one.get(address), first
    assert list(getattr(one.list(address), plural)) == [first]
    assert one.stats(address).stats.read_ops_count >= 0
    assert first.name == one.name
"""
FRONT = f"""
import sys
from pydpu.storage import NvmeController, NvmeNamespace, NvmeSubsystem
address = sys.argv[1]
{LIFE}
subsystem = NvmeSubsystem(nqn="{NQN}")
namespace = NvmeNamespace(subsystem=subsystem, volume="Malloc1")
live(subsystem, "nvme_subsystems")
live(namespace, "nvme_namespaces")
controller = NvmeController(subsystem=subsystem, queue=1024, pf=0, vf=0, max_nsq=8, max_ncq=8)
live(controller, "nvme_controllers")
assert controller.get(address).status.active
assert namespace.update(address) == namespace.get(address)
print("made", flush=True)
controller.delete(address)
namespace.delete(address)
subsystem.delete(address)
"""
REMOTE = f"""
import sys
from pydpu.storage import NvmeRemoteController, NvmeTcpPath
address, port = sys.argv[1], int(sys.argv[2])
{LIFE}
controller = NvmeRemoteController(multipath=3, hdgst=True, ddgst=True)
path = NvmeTcpPath(controller, "127.0.0.1", port, "{NQN}")
live(controller, "nvme_remote_controllers")
live(path, "nvme_paths")
assert path.update(address) == path.get(address)
path.delete(address)
controller.delete(address)
"""


def test_pydpus_classes_lead_a_namespace_and_a_controller_through_their_lives(
    pydpu: Program, opid: Serve, tmp_path: Path
) -> None:
    server, socket = opid("--pcie-dir", str(tmp_path / "functions")), tmp_path / "spdk.sock"
    ask(socket, "bdev_malloc_create", name="Malloc1", block_size=512, num_blocks=64)
    ended = pydpu("-c", FRONT, server.endpoint)
    assert (ended.code, ended.stdout, ended.stderr) == (0, "made\n", "")
    server.wait_for_count("call", 2, code="OK", method=f"{FRONTEND}/CreateNvmeNamespace")
    assert subsystems(socket) == {}


FRONTEND = "opi_api.storage.v1.FrontendNvmeService"


def test_pydpus_classes_lead_a_path_to_a_storage_node_through_its_life(
    pydpu: Program, opid: Serve, tmp_path: Path
) -> None:
    server, socket, port = opid(), tmp_path / "spdk.sock", free_port()
    storage_node(socket, port)
    ended = pydpu("-c", REMOTE, server.endpoint, str(port))
    assert (ended.code, ended.stdout, ended.stderr) == (0, "", "")
    assert ask(socket, "bdev_nvme_get_controllers") == []


def storage_node(socket: Path, port: int) -> None:
    """The target as one that others connect to: it does both."""
    ask(socket, "bdev_malloc_create", name="disk", block_size=512, num_blocks=64)
    ask(socket, "nvmf_create_transport", trtype="TCP")
    ask(socket, "nvmf_create_subsystem", nqn=NQN, allow_any_host=True)
    space = {"bdev_name": "disk", "uuid": "1b4e28ba-2fa1-11d2-883f-b9a761bde3fb"}
    ask(socket, "nvmf_subsystem_add_ns", nqn=NQN, namespace=space)
    address = {"trtype": "TCP", "traddr": "127.0.0.1", "trsvcid": str(port), "adrfam": "IPv4"}
    ask(socket, "nvmf_subsystem_add_listener", nqn=NQN, listen_address=address)


@pytest.mark.parametrize("what", ["controller", "namespace"])
def test_pydpu_is_told_that_the_subsystem_it_means_is_not_there(
    pydpu: Program, opid: Serve, what: str
) -> None:
    ended = pydpu("-m", "pydpu", "--address", opid().endpoint, "storage", what)
    assert (ended.code, ended.stderr) == (0, "")
    assert "StatusCode.NOT_FOUND" in ended.stdout
