"""opid as a process: what clients get, where it listens, how it starts and stops."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from dpu_sim.personality import FOLDER
from opi.catalog import catalog
from opi.proto.opi_api.inventory.v1 import inventory_pb2
from opi.proto.opi_api.inventory.v1.inventory_pb2_grpc import InventoryServiceStub
from tests.opid_process import (
    DEADLINE,
    NOT_SERVING,
    ROOT,
    SERVING,
    Opid,
    Start,
    channel,
    health,
    starting_opid,
)

pytestmark = pytest.mark.integration

SERVICE = "opi_api.inventory.v1.InventoryService"


@pytest.fixture
def opid(tmp_path: Path) -> Iterator[Start]:
    """Start servers; whatever still runs at the end of the test is killed."""
    with starting_opid(tmp_path / "state") as start:
        yield start


def get_inventory(server: Opid, name: str = "") -> inventory_pb2.Inventory:
    """GetInventory through our own stub."""
    with channel(server) as opened:
        request = inventory_pb2.GetInventoryRequest(name=name)
        return InventoryServiceStub(opened).GetInventory(request, timeout=DEADLINE)


# -- what clients get


@pytest.mark.parametrize("name", ["", "inventory/1/inventory/2"])
def test_inventory(opid: Start, name: str) -> None:
    inventory = get_inventory(opid(), name)
    assert inventory.system.name == "SimDPU 2x25G"
    assert inventory.memory.total_physical_bytes == 16 * 2**30
    assert len(inventory.pci) == 2 + 2 * 16


def test_malformed_name_is_refused_with_details(opid: Start) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        get_inventory(opid(), "cards/1")
    error = caught.value
    assert isinstance(error, grpc.Call)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    metadata = dict(error.trailing_metadata() or ())
    status = Status.FromString(metadata["grpc-status-details-bin"])
    assert (status.code, status.message) == (3, error.details())
    detail = BadRequest()
    assert status.details[0].Unpack(detail)
    assert detail.field_violations[0].field == "name"


def test_health_of_the_server_and_of_every_service(opid: Start) -> None:
    server = opid()
    assert health(server) == SERVING
    assert health(server, SERVICE) == SERVING
    assert health(server, "opi_api.network.cloud.v1alpha1.CloudInfraService") == NOT_SERVING
    with pytest.raises(grpc.RpcError) as caught:
        health(server, "no.such.Service")
    assert isinstance(caught.value, grpc.Call)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_a_client_without_stubs_learns_the_interface_by_reflection(opid: Start) -> None:
    server = opid()
    with channel(server) as opened:
        database = ProtoReflectionDescriptorDatabase(opened)
        assert SERVICE in database.get_services()
        pool = DescriptorPool(database)
        method = pool.FindServiceByName(SERVICE).FindMethodByName("GetInventory")
        reply = GetMessageClass(method.output_type)
        call: grpc.UnaryUnaryMultiCallable[Any, Any] = opened.unary_unary(
            f"/{SERVICE}/GetInventory",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=reply.FromString,
        )
        answer: Any = call(GetMessageClass(method.input_type)(), timeout=DEADLINE)
    assert answer.bios.vendor == "dpulab"


def ask_reflection(opened: grpc.Channel, version: str, **question: Any) -> Any:
    """One question to one version of the reflection service; the messages are the same."""
    call: grpc.StreamStreamMultiCallable[Any, Any] = opened.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    request = reflection_pb2.ServerReflectionRequest(**question)
    answers: Iterator[Any] = call(iter([request]), timeout=DEADLINE)
    return next(answers)


def test_both_versions_of_reflection_describe_every_service_they_list(opid: Start) -> None:
    with channel(opid()) as opened:
        lists = []
        for version in ("v1", "v1alpha"):
            answer = ask_reflection(opened, version, list_services="")
            names = [service.name for service in answer.list_services_response.service]
            lists.append(names)
            for name in names:
                described = ask_reflection(opened, version, file_containing_symbol=name)
                assert described.file_descriptor_response.file_descriptor_proto, name
            unknown = ask_reflection(opened, version, file_containing_symbol="no.such.Thing")
            assert unknown.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]
    assert lists[0] == lists[1]
    assert set(lists[0]) == {
        *catalog().services,
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    }


# -- what kind of card


def test_two_dpus_are_two_units_and_a_restart_is_the_same_unit(opid: Start) -> None:
    first, other, again = (get_inventory(opid("--node", node)) for node in ("dpu1", "dpu2", "dpu1"))
    assert first == again
    assert first.system.serial_number != other.system.serial_number
    assert first.system.uuid != other.system.uuid


def test_the_card_table_chooses_personality_and_functions(opid: Start, tmp_path: Path) -> None:
    function = {
        "representor": "pf0vf0",
        "pf": 0,
        "vf": 0,
        "opi": {"port_id": 0, "physical_function": 0, "virtual_function": 1},
        "lif": 2,
        "address": "0000:03:02.0",
        "host": "host1",
        "host_interface": "eth1",
    }
    card = tmp_path / "card.json"
    card.write_text(json.dumps({"personality": "ipu", "uplinks": ["p0"], "functions": [function]}))
    inventory = get_inventory(opid("--card", str(card)))
    assert inventory.system.name == "IPU"
    assert [device.address for device in inventory.pci] == ["0000:03:00.0", "0000:03:02.0"]
    flag = opid("--card", str(card), "--personality", "octeon")
    assert get_inventory(flag).system.name == "crb106-pcie"


def test_bad_personality_file_is_named_and_ends_with_code_2(opid: Start, tmp_path: Path) -> None:
    path = tmp_path / "bad.yml"
    path.write_text((FOLDER / "generic.yml").read_text().replace("date: 01", "date: 99"))
    server = opid("--personality", str(path))
    assert server.end() == 2
    assert [entry["message"] for entry in server.log] == [
        f"{path}:7: bios.date: not a date of the form mm/dd/yyyy"
    ]


# -- starting and stopping


def test_readiness_is_told_once_calls_are_served(opid: Start) -> None:
    read_end, write_end = os.pipe()
    server = opid("--notify-fd", str(write_end), pass_fds=(write_end,))
    os.close(write_end)
    with os.fdopen(read_end, "rb") as notification:
        assert notification.read() == b"\n"
    assert health(server) == SERVING


def test_sigterm_says_not_serving_and_ends_with_code_0(opid: Start) -> None:
    server = opid()
    with channel(server) as opened:
        stub: Any = health_pb2_grpc.HealthStub(opened)
        watch = stub.Watch(health_pb2.HealthCheckRequest(service=SERVICE), timeout=DEADLINE)
        assert next(watch).status == SERVING
        began = time.monotonic()
        server.process.terminate()
        assert next(watch).status == NOT_SERVING
        assert server.end() == 0
    assert time.monotonic() - began < 3
    assert [entry["message"] for entry in server.log] == ["serving", "stopping", "stopped"]


def test_sigkill_leaves_nothing_that_stops_a_new_server(opid: Start) -> None:
    server = opid()
    before = get_inventory(server)
    endpoint = server.endpoint
    server.process.kill()
    assert server.end() == -signal.SIGKILL
    assert get_inventory(opid(grpc=endpoint)) == before


def test_a_taken_address_is_named_and_ends_with_code_1(opid: Start) -> None:
    first = opid()
    second = opid(grpc=first.endpoint)
    assert second.end() == 1
    assert second.log[-1]["message"] == (
        f"cannot listen on {first.endpoint}: Address already in use"
    )
    assert health(first) == SERVING


# -- where it listens


def reachable(address: str, port: int, prefix: tuple[str, ...] = ()) -> bool:
    """Whether a TCP connection succeeds, from a namespace given by a command prefix."""
    code = f"import socket; socket.create_connection(({address!r}, {port}), 2).close()"
    command = [*prefix, sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_listens_on_the_given_addresses_only(opid: Start) -> None:
    server = opid("--grpc", "127.0.0.3:0")
    first, second = server.wait_for("serving")["endpoints"]
    port, other = (int(endpoint.rpartition(":")[2]) for endpoint in (first, second))
    assert reachable("127.0.0.1", port)
    assert reachable("127.0.0.3", other)
    assert not reachable("127.0.0.2", port)
    assert not reachable("127.0.0.1", other)


def ip(*arguments: str) -> None:
    """Run ip(8)."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"


@pytest.fixture
def networks() -> Iterator[dict[str, tuple[str, ...]]]:
    """Namespaces `dpu`, `operator` (on mgmt) and `host` (behind `data`, dpu its gateway).

    Yields the command prefix for each namespace.
    """
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    names = {name: f"opid{os.getpid()}-{name}" for name in ("dpu", "operator", "host")}
    try:
        for name in names.values():
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        for peer, device, net in (("operator", "mgmt", 1), ("host", "data", 2)):
            wire(names["dpu"], names[peer], device, net)
        ip("-n", names["host"], "route", "add", "default", "via", "10.91.2.1")
        ip("-n", names["host"], "route", "add", "default", "via", "fd91:2::1")
        yield {name: ("ip", "netns", "exec", full) for name, full in names.items()}
    finally:
        for name in names.values():
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def wire(dpu: str, peer: str, device: str, net: int) -> None:
    """A veth pair between two namespaces, .1 and ::1 at the DPU; the DPU's mgmt stays bare."""
    ip("link", "add", device, "netns", dpu, "type", "veth", "peer", "eth0", "netns", peer)
    for name, interface, last in ((dpu, device, 1), (peer, "eth0", 2)):
        ip("-n", name, "link", "set", interface, "up")
        if interface != "mgmt":
            address(name, interface, net, last)


def address(namespace: str, interface: str, net: int, last: int) -> None:
    """Give an interface its IPv4 and IPv6 address."""
    ip("-n", namespace, "address", "add", f"10.91.{net}.{last}/24", "dev", interface)
    ip("-n", namespace, "address", "add", f"fd91:{net}::{last}/64", "dev", interface, "nodad")


def test_an_interface_is_waited_for_and_no_other_leads_to_the_server(
    opid: Start, networks: dict[str, tuple[str, ...]]
) -> None:
    flags = ("--listen-interface", "mgmt")
    server = opid(*flags, grpc="127.0.0.1:50051", prefix=networks["dpu"])
    with pytest.raises(subprocess.TimeoutExpired):
        server.process.wait(0.5)
    assert server.log == []
    address(networks["dpu"][-1], "mgmt", 1, 1)
    endpoints = server.wait_for("serving")["endpoints"]
    assert endpoints == ["127.0.0.1:50051", "10.91.1.1:50051", "[fd91:1::1]:50051"]

    for destination in ("10.91.1.1", "fd91:1::1"):
        assert reachable(destination, 50051, networks["operator"])
        assert not reachable(destination, 50051, networks["host"])
    assert reachable("127.0.0.1", 50051, networks["dpu"])
    for destination in ("10.91.2.1", "fd91:2::1"):
        assert not reachable(destination, 50051, networks["host"])

    # That the host gets to the address at all, so that the refusals above mean something.
    opid(grpc="10.91.1.1:50052", prefix=networks["dpu"]).wait_for("serving")
    assert reachable("10.91.1.1", 50052, networks["host"])


def test_an_interface_without_address_is_named_and_ends_with_code_1(
    opid: Start, networks: dict[str, tuple[str, ...]]
) -> None:
    for interface, state in (("mgmt", "has no address"), ("eth7", "does not exist")):
        flags = ("--listen-interface", interface, "--listen-timeout", "0.2")
        server = opid(*flags, grpc="", prefix=networks["dpu"])
        assert server.end() == 1
        assert server.log[-1]["message"] == f"interface {interface} {state} after 0.2 s"


# -- an existing client


@pytest.fixture
def pydpu() -> dict[str, str]:
    """Environment in which `python -m pydpu` works."""
    folder = os.environ.get("DPULAB_PYDPU", "")
    if not folder and find_spec("pydpu") is None:
        pytest.skip("pydpu is not installed and DPULAB_PYDPU names no folder that holds it")
    return os.environ | {"PYTHONPATH": folder}


def run_pydpu(argv: list[str], env: dict[str, str]) -> str:
    """Run pydpu in its own process: its stubs and ours define the same messages."""
    done = subprocess.run(
        [sys.executable, *argv],
        env=env,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_pydpu_reads_the_same_inventory(opid: Start, pydpu: dict[str, str]) -> None:
    server = opid()
    code = (
        "import base64, sys\n"
        "from pydpu.inventory import get_inventory\n"
        "print(base64.b64encode(get_inventory(sys.argv[1]).SerializeToString()).decode())\n"
    )
    answer = run_pydpu(["-c", code, server.endpoint], pydpu)
    seen = inventory_pb2.Inventory.FromString(base64.b64decode(answer))
    assert seen == get_inventory(server)


def test_pydpu_command_line_reports_no_error(opid: Start, pydpu: dict[str, str]) -> None:
    server = opid()
    command = ["-m", "pydpu", "--address", server.endpoint, "inventory", "get"]
    assert "StatusCode" not in run_pydpu(command, pydpu)
    server.process.kill()
    server.end()
    # It exits 0 on errors too, and prints them: the check above can fail.
    assert "StatusCode" in run_pydpu(command, pydpu)


def test_pydpu_and_we_describe_the_same_messages(pydpu: dict[str, str]) -> None:
    code = (
        "from pydpu.proto.v1 import inventory_pb2 as pb\n"
        "for name, message in sorted(pb.DESCRIPTOR.message_types_by_name.items()):\n"
        "    for f in message.fields:\n"
        "        kind = f.message_type.full_name if f.message_type else f.type\n"
        "        print(name, f.number, f.name, kind)\n"
    )
    theirs = run_pydpu(["-c", code], pydpu).splitlines()
    ours = run_pydpu(
        ["-c", code.replace("pydpu.proto.v1", "opi.proto.opi_api.inventory.v1")],
        os.environ | {"PYTHONPATH": str(ROOT)},
    ).splitlines()
    # pydpu's stubs are older than the change of two counts from int32 (5) to uint32 (13).
    changed = {f"CPUInfo {n} {name} " for n, name in ((1, "total_cores"), (2, "total_threads"))}
    assert set(ours) - set(theirs) == {f"{field}13" for field in changed}
    assert set(theirs) - set(ours) == {f"{field}5" for field in changed}
