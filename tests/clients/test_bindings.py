"""The bindings: generated as they would be today, and working against a live server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.errors import ImageNotFound

from bootstrap import bindings
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import (
    CreateNvmeSubsystemRequest,
    ListNvmeSubsystemsRequest,
    NvmeSubsystem,
    NvmeSubsystemSpec,
)
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2_grpc import FrontendNvmeServiceStub
from tests.certificates import Authority, credentials
from tests.clients.conftest import Serve
from tests.clients.programs import Example
from tests.opid_process import DEADLINE, Opid, channel

# the first test of a language waits until everything is downloaded and compiled
pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]

ID, NQN = "example", "nqn.2014-08.org.example:subsystem"
DONE = [
    f"created: nvmeSubsystems/{ID}",
    f"listed: nvmeSubsystems/{ID} {NQN}",
    f"deleted: nvmeSubsystems/{ID}",
]
"""What an example prints about a server that had no subsystems, after the inventory."""
MANY = 60
"""More subsystems than a server lists in one page unless it is asked for more."""


def create(server: Opid, *subsystems: tuple[str, str]) -> None:
    """Create subsystems by id and NQN."""
    with channel(server) as opened:
        stub = FrontendNvmeServiceStub(opened)
        for subsystem_id, nqn in subsystems:
            body = NvmeSubsystem(spec=NvmeSubsystemSpec(nqn=nqn, serial_number="SN"))
            request = CreateNvmeSubsystemRequest(
                nvme_subsystem_id=subsystem_id, nvme_subsystem=body
            )
            stub.CreateNvmeSubsystem(request, timeout=DEADLINE)


def listed(server: Opid) -> list[NvmeSubsystem]:
    """The subsystems of a server."""
    with channel(server) as opened:
        request = ListNvmeSubsystemsRequest(page_size=1000)
        reply = FrontendNvmeServiceStub(opened).ListNvmeSubsystems(request, timeout=DEADLINE)
    return list(reply.nvme_subsystems)


@pytest.mark.parametrize("name", bindings.LANGUAGES)
def test_generated_sources_are_those_of_the_interface_definitions(
    toolchain: None, name: str
) -> None:
    assert bindings.drift(bindings.LANGUAGES[name]) == [], "run: make proto"


# -- against a live server


def test_an_example_leads_a_subsystem_through_its_life(example: Example, opid: Serve) -> None:
    server = opid("--node", "dpu7")
    ended = example("--address", server.endpoint)
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.lines[1:] == DONE
    assert ended.lines[0].startswith("inventory: dpulab SimDPU 2x25G, serial ")
    assert ended.lines[0].endswith(", 34 PCI functions")
    assert listed(server) == []


def test_an_example_follows_a_list_through_all_pages(example: Example, opid: Serve) -> None:
    server = opid()
    present = {f"sub{number}": f"nqn.2014-08.org.example:{number}" for number in range(MANY)}
    create(server, *present.items())
    ended = example("--address", server.endpoint, "--id", "mine", "--nqn", "nqn.2014-08.org.me:x")
    assert (ended.code, ended.stderr) == (0, "")
    wanted = {f"listed: nvmeSubsystems/{key} {nqn}" for key, nqn in present.items()}
    wanted.add("listed: nvmeSubsystems/mine nqn.2014-08.org.me:x")
    found = [line for line in ended.lines if line.startswith("listed: ")]
    assert len(found) == MANY + 1
    assert set(found) == wanted
    assert len(listed(server)) == MANY


def test_an_example_says_which_field_was_refused(example: Example, opid: Serve) -> None:
    server = opid()
    ended = example("--address", server.endpoint, "--nqn", "subsystem")
    assert ended.code == 1
    assert ended.blames("INVALID_ARGUMENT")
    assert ended.stderr.startswith("error: CreateNvmeSubsystem: ")
    assert "\n  nvme_subsystem.spec.nqn: " in ended.stderr
    assert listed(server) == []


def test_an_example_does_not_touch_what_somebody_else_made(example: Example, opid: Serve) -> None:
    server = opid()
    create(server, (ID, "nqn.2014-08.org.example:another"))
    ended = example("--address", server.endpoint)
    assert ended.code == 1
    assert ended.blames("ALREADY_EXISTS")
    assert [one.spec.nqn for one in listed(server)] == ["nqn.2014-08.org.example:another"]


def test_an_example_says_that_nobody_is_there(example: Example) -> None:
    with socket.socket() as taken:  # nobody else gets the port, and nobody listens
        taken.bind(("127.0.0.1", 0))
        ended = example("--address", f"127.0.0.1:{taken.getsockname()[1]}")
    assert (ended.code, ended.stdout) == (1, "")
    assert ended.stderr.startswith("error: GetInventory: ")
    assert ended.blames("UNAVAILABLE")


def test_an_example_tells_wrong_usage_from_failure(example: Example) -> None:
    for argv in (
        ("--cert", "a.pem"),
        ("--cert", "a.pem", "--key", "a.key"),
        ("--ca", "/nowhere/ca.pem"),
        ("surplus",),
    ):
        ended = example(*argv)
        assert (ended.code, ended.stdout) == (2, ""), argv
        assert ended.stderr, argv


def test_an_example_shows_its_certificate_and_trusts_the_authority_alone(
    example: Example, opid: Serve, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    pair, own = authority.issue("dpu"), authority.issue("client")
    flags = ["--tls-cert", str(pair.certificate), "--tls-key", str(pair.key)]
    flags += ["--tls-client-ca", str(authority.certificate)]
    server = opid(*flags, insecure=False)
    where = ("--address", server.endpoint)
    trust = ("--ca", str(authority.certificate))
    proof = ("--cert", str(own.certificate), "--key", str(own.key))

    ended = example(*where, *trust, *proof, files=tmp_path)
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.lines[1:] == DONE
    stranger = ("--ca", str(Authority(tmp_path, "stranger").certificate))
    for argv in ((*where, *trust), (*where, *stranger, *proof), where):
        refused = example(*argv, files=tmp_path)
        assert (refused.code, refused.stdout) == (1, ""), argv
        assert "error: GetInventory: " in refused.stderr  # after words of gRPC itself
    with channel(server, credentials(authority, own)) as opened:
        reply = FrontendNvmeServiceStub(opened).ListNvmeSubsystems(
            ListNvmeSubsystemsRequest(), timeout=DEADLINE
        )
    assert not reply.nvme_subsystems


# -- against a DPU of a lab


@pytest.fixture(scope="module")
def dpu(toolchain: None) -> Iterator[str]:
    """A container of the DPU image, alone in its network; its name in terms of `--network`."""
    client = docker.from_env()
    try:
        container = client.containers.run(
            "dpulab/dpu",
            detach=True,
            network_mode="none",
            environment={"OPID_LISTEN_INTERFACE": ""},
            cap_drop=["ALL"],
            cap_add=["NET_ADMIN", "NET_RAW"],
        )
    except ImageNotFound:
        pytest.skip("image dpulab/dpu has not been built: run `make images`")
    try:
        code, said = container.exec_run(["s6-svwait", "-U", "-t", "30000", "/run/service/opid"])
        assert code == 0, (said, container.logs())
        yield f"container:{container.id}"
    finally:
        container.remove(force=True, v=True)
        client.close()


def test_an_example_works_beside_a_dpu_of_a_lab(example: Example, dpu: str) -> None:
    ended = example(network=dpu)
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.lines[1:] == DONE
