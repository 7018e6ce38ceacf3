"""Clients that others wrote, unchanged, against a live server.

pydpu is the OPI project's own command line. upstream_go makes the calls of OPI's Go clients with
the Go stubs that OPI publishes. grpcurl knows a server by its reflection alone. godpu is OPI's own
command line in Go.
"""

from __future__ import annotations

import json
import re
from typing import Any

import grpc
import pytest

from bootstrap.oracles import build_go_oracle
from opi.catalog import catalog
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import ListNvmeSubsystemsRequest
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2_grpc import FrontendNvmeServiceStub
from tests.clients.conftest import Serve
from tests.clients.programs import Program, run
from tests.clients.upstream_go import GODPU
from tests.opid_process import DEADLINE, Opid, channel

# the first test of a program waits until it is downloaded and compiled
pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]

INVENTORY = "opi_api.inventory.v1.InventoryService"
NVME = "opi_api.storage.v1.FrontendNvmeService"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def subsystems(server: Opid) -> list[str]:
    """Names of the subsystems of a server."""
    with channel(server) as opened:
        reply = FrontendNvmeServiceStub(opened).ListNvmeSubsystems(
            ListNvmeSubsystemsRequest(), timeout=DEADLINE
        )
    return [one.name for one in reply.nvme_subsystems]


# -- pydpu


def test_pydpu_gets_the_inventory(pydpu: Program, opid: Serve) -> None:
    server = opid()
    ended = pydpu("-m", "pydpu", "--address", server.endpoint, "inventory", "get")
    assert (ended.code, ended.stderr) == (0, "")
    server.wait_for("call", method=f"{INVENTORY}/GetInventory", code="OK")


def test_pydpu_leads_a_subsystem_through_its_life(pydpu: Program, opid: Serve) -> None:
    server = opid()
    ended = pydpu("-m", "pydpu", "--address", server.endpoint, "storage", "subsystem")
    # it prints an error and ends with 0 all the same
    assert (ended.code, ended.stderr) == (0, "")
    assert "RpcError" not in ended.stdout
    name = re.compile(rf'name: "nvmeSubsystems/opi-{UUID}"')
    assert len(list(name.finditer(ended.stdout))) == 3, "created, listed, got"
    assert "stats {" in ended.stdout
    assert subsystems(server) == []


def test_pydpus_list_is_empty_on_a_fresh_server(pydpu: Program, opid: Serve) -> None:
    ended = pydpu("-m", "pydpu", "--address", opid().endpoint, "storage", "show")
    assert (ended.code, ended.stderr) == (0, "")
    assert "RpcError" not in ended.stdout
    assert "nvme_subsystems {" not in ended.stdout


def test_pydpus_classes_update_and_create_twice(pydpu: Program, opid: Serve) -> None:
    """What its command line leaves out."""
    server = opid()
    code = (
        "import sys; from pydpu.storage import NvmeSubsystem as S; address = sys.argv[1]\n"
        "s = S(nqn='nqn.2022-09.io.spdk:opi1')\n"
        "first = s.create(address)\n"
        "assert s.create(address) == first and s.update(address) == first == s.get(address)\n"
        "print(first.name == s.name, len(s.list(address).nvme_subsystems)); s.delete(address)\n"
    )
    ended = pydpu("-c", code, server.endpoint)
    assert (ended.code, ended.stdout, ended.stderr) == (0, "True 1\n", "")
    assert subsystems(server) == []


def test_pydpu_survives_what_this_dpu_does_not_have(pydpu: Program, opid: Serve) -> None:
    ended = pydpu("-m", "pydpu", "--address", opid().endpoint, "evpn", "bridge")
    assert (ended.code, ended.stderr) == (0, "")
    assert "StatusCode." in ended.stdout


# -- the Go stubs that OPI publishes


@pytest.fixture(scope="module")
def upstream_go(toolchain: None) -> Program:
    """Our program with OPI's stubs in it."""
    binary = build_go_oracle("upstream_go")
    return lambda *argv: run([str(binary), *argv])


def test_opis_go_stubs_lead_a_subsystem_through_its_life(upstream_go: Program, opid: Serve) -> None:
    server = opid()
    ended = upstream_go(server.endpoint)
    assert (ended.code, ended.stderr) == (0, "")
    replies: list[tuple[str, dict[str, Any]]] = [
        (method, json.loads(reply)) for method, _, reply in (x.partition(" ") for x in ended.lines)
    ]
    suffixed = [f"{verb}NvmeSubsystem" for verb in ("Create", "Update", "Get", "Stats", "Delete")]
    create, update, get, stats, delete = suffixed
    order = [create, update, "ListNvmeSubsystems", get, stats, delete, create, delete]
    assert [method for method, _ in replies] == ["GetInventory", *order]

    inventory, created, updated, listed, got, counted, _, anonymous, _ = (r for _, r in replies)
    assert inventory["system"]["vendor"] == "dpulab"
    assert created["name"] == "nvmeSubsystems/opi-nvme-subsystem"
    assert created["spec"]["nqn"] == "nqn.2022-09.io.spdk:opi3"
    assert updated == got == created
    assert listed == {"nvmeSubsystems": [created], "nextPageToken": ""}
    assert set(counted["stats"].values()) == {0}
    assert re.fullmatch(rf"nvmeSubsystems/{UUID}", anonymous["name"])
    assert subsystems(server) == []


def test_opis_go_stubs_are_told_why_a_call_failed(upstream_go: Program, opid: Serve) -> None:
    server = opid()
    assert upstream_go(server.endpoint).code == 0
    server.process.kill()
    server.end()
    ended = upstream_go(server.endpoint)
    assert (ended.code, ended.stdout) == (1, "")
    assert ended.stderr.startswith("GetInventory: ")
    assert ended.blames("UNAVAILABLE")


# -- godpu


@pytest.fixture(scope="module")
def godpu() -> Program:
    """OPI's command line in Go."""
    binary = str(GODPU.path())
    return lambda *argv: run([binary, *argv])


def test_godpu_gets_the_inventory(godpu: Program, opid: Serve) -> None:
    server = opid()
    ended = godpu("--addr", server.endpoint, "inventory", "get")
    assert ended.code == 0, ended.stderr
    assert "SimDPU 2x25G" in ended.stdout + ended.stderr


def test_godpu_creates_and_deletes_a_subsystem(godpu: Program, opid: Serve) -> None:
    server = opid()
    where, what = ("--addr", server.endpoint, "storage"), ("frontend", "nvme", "subsystem")
    created = godpu(*where, "create", *what, "--id", "sub0", "--nqn", "nqn.2022-09.io.spdk:opi1")
    assert (created.code, created.stdout.strip()) == (0, "nvmeSubsystems/sub0"), created.stderr
    assert subsystems(server) == ["nvmeSubsystems/sub0"]
    deleted = godpu(*where, "delete", *what, "--name", "nvmeSubsystems/sub0")
    assert deleted.code == 0, deleted.stderr
    assert subsystems(server) == []


# -- grpcurl


@pytest.fixture(scope="module")
def grpcurl(toolchain: None) -> Program:
    """grpcurl, in plain text."""
    binary = build_go_oracle("grpcurl", "github.com/fullstorydev/grpcurl/cmd/grpcurl")
    return lambda *argv: run([str(binary), "-plaintext", *argv])


def test_grpcurl_lists_every_service(grpcurl: Program, opid: Serve) -> None:
    ended = grpcurl(opid().endpoint, "list")
    assert (ended.code, ended.stderr) == (0, "")
    ours = set(catalog().services)
    reflection = {f"grpc.reflection.{version}.ServerReflection" for version in ("v1", "v1alpha")}
    assert set(ended.lines) == ours | reflection | {"grpc.health.v1.Health"}


def test_grpcurl_describes_every_method(grpcurl: Program, opid: Serve) -> None:
    server = opid()
    for service in catalog().services.values():
        ended = grpcurl(server.endpoint, "describe", service.name)
        assert (ended.code, ended.stderr) == (0, "")
        found = re.findall(r"^  rpc (\w+) \( (?:stream )?\.([\w.]+) \)", ended.stdout, re.MULTILINE)
        methods = service.methods.values()
        assert sorted(found) == sorted((m.name, m.request.DESCRIPTOR.full_name) for m in methods)


def test_grpcurl_makes_calls(grpcurl: Program, opid: Serve) -> None:
    server = opid()
    body = {"nvme_subsystem_id": "sub0", "nvme_subsystem": {"spec": {"nqn": "nqn.2022-09.io:a"}}}
    created = grpcurl("-d", json.dumps(body), server.endpoint, f"{NVME}/CreateNvmeSubsystem")
    assert (created.code, created.stderr) == (0, "")
    assert json.loads(created.stdout)["name"] == "nvmeSubsystems/sub0"
    listed = grpcurl(server.endpoint, f"{NVME}/ListNvmeSubsystems")
    assert list(json.loads(listed.stdout).values()) == [[json.loads(created.stdout)]]
    deleted = grpcurl(
        "-d", '{"name": "nvmeSubsystems/sub0"}', server.endpoint, f"{NVME}/DeleteNvmeSubsystem"
    )
    assert (deleted.code, json.loads(deleted.stdout)) == (0, {})
    assert subsystems(server) == []


def test_grpcurl_shows_the_details_of_an_error(grpcurl: Program, opid: Serve) -> None:
    server = opid()
    ended = grpcurl("-format-error", server.endpoint, f"{NVME}/CreateNvmeSubsystem")
    assert ended.code == 64 + grpc.StatusCode.INVALID_ARGUMENT.value[0]
    error = json.loads(ended.stderr)
    assert error["code"] == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    refused = [one for one in error["details"] if one["@type"].endswith("google.rpc.BadRequest")]
    assert [one["field"] for one in refused[0]["field_violations"]] == ["nvme_subsystem"]
