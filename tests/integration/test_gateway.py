"""The HTTP/JSON gateway of a live opid: every RPC, resources, errors, headers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from google.rpc import error_details_pb2, status_pb2

from dpu_sim.gateway.routes import Router
from opi.catalog import Method, catalog
from opi.proto.opi_api.inventory.v1 import inventory_pb2
from opi.proto.opi_api.inventory.v1.inventory_pb2_grpc import InventoryServiceStub
from tests.http_call import Answer, call, connected, exchange
from tests.opid_process import DEADLINE, Opid, channel, starting_opid
from tests.spdk_process import running_spdk_sim

pytestmark = pytest.mark.integration

SUBSYSTEMS = "/v1/nvmeSubsystems"
NQN = "nqn.2022-09.io.spdk:opi"
INVENTORY = "opi_api.inventory.v1.InventoryService"


@pytest.fixture(scope="module")
def opid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opid]:
    """A server with a storage target."""
    folder = tmp_path_factory.mktemp("gateway")
    with running_spdk_sim(folder / "spdk.sock") as socket, starting_opid(folder) as start:
        yield start("--spdk-socket", str(socket), "--log-level", "debug", http="127.0.0.1:0")


@pytest.fixture
def subsystems(opid: Opid) -> Iterator[Opid]:
    """The server; the test's subsystems are deleted after it."""
    yield opid
    for one in call(opid.http, "GET", SUBSYSTEMS).json["nvmeSubsystems"]:
        assert call(opid.http, "DELETE", f"/v1/{one['name']}").status == 200


def create(server: Opid, name: str, **spec: Any) -> Answer:
    """Create a subsystem."""
    body = {"spec": {"nqn": f"{NQN}:{name}", "serialNumber": "OPI", "modelNumber": "M", **spec}}
    return call(server.http, "POST", f"{SUBSYSTEMS}?nvmeSubsystemId={name}", body)


# -- every RPC


ROUTER = Router(catalog(), lambda name: name == INVENTORY)


@pytest.mark.parametrize("service", catalog().services)
def test_every_rpc_is_reached_by_its_name(opid: Opid, service: str) -> None:
    """The access log tells which method a request came to: that of its path."""
    with connected(opid.http) as connection:
        for method in catalog().services[service].methods.values():
            own_id = f"by-name-{method.name}"
            answer = exchange(connection, "POST", method.path, b"{}", {"X-Request-Id": own_id})
            check_reached(opid, method, answer, own_id)


@pytest.mark.parametrize("service", catalog().services)
def test_every_annotated_route_is_reached(opid: Opid, service: str) -> None:
    losers = {one.loser for one in ROUTER.conflicts}
    with connected(opid.http) as connection:
        for route in ROUTER.routes:
            if route.method.service != service or route in losers:
                continue
            path = "/" + "/".join("x" if s == "*" else s for s in route.template.segments)
            path += f":{route.template.verb}" if route.template.verb else ""
            body = b"{}" if route.body else None
            own_id = f"by-route-{route.method.name}"
            answer = exchange(connection, route.verb, path, body, {"X-Request-Id": own_id})
            check_reached(opid, route.method, answer, own_id)


def check_reached(server: Opid, method: Method, answer: Answer, own_id: str) -> None:
    """Whether the call came to the method, and its status to us."""
    assert answer.headers["X-Request-Id"] == own_id
    entry = server.wait_for("call", request_id=own_id, method=method.path[1:])
    assert entry["transport"] == "http"
    value = answer.json
    error = value.get("error", value)
    if entry["code"] == "UNIMPLEMENTED":
        assert answer.status == 501
        assert error["code"] == 12
        refused, _, _reason = error["message"].partition(": ")
        assert refused == f"{method.path[1:]} is not supported by this DPU"
    elif entry["code"] == "OK":
        assert answer.status == 200
    else:
        assert answer.status in {400, 404}
        assert error["code"] in {3, 5, 9}


# -- resources


def test_a_resource_is_created_read_changed_listed_and_deleted(subsystems: Opid) -> None:
    http = subsystems.http
    created = create(subsystems, "sub0", maxNamespaces="7")
    assert created.status == 200
    assert created.json["name"] == "nvmeSubsystems/sub0"
    assert created.json["spec"]["maxNamespaces"] == "7"
    assert created.json["spec"]["psk"] == ""
    assert create(subsystems, "sub0", maxNamespaces="7").json == created.json
    assert call(http, "GET", f"{SUBSYSTEMS}/sub0").json == created.json
    create(subsystems, "sub1")
    page = call(http, "GET", f"{SUBSYSTEMS}?page_size=1").json
    assert [one["name"] for one in page["nvmeSubsystems"]] == ["nvmeSubsystems/sub0"]
    rest = call(http, "GET", f"{SUBSYSTEMS}?pageSize=1&pageToken={page['nextPageToken']}").json
    assert [one["name"] for one in rest["nvmeSubsystems"]] == ["nvmeSubsystems/sub1"]
    assert rest["nextPageToken"] == ""
    assert call(http, "GET", f"{SUBSYSTEMS}/sub0:stats").status == 200
    deleted = call(http, "DELETE", f"{SUBSYSTEMS}/sub0")
    assert (deleted.status, deleted.json) == (200, {})
    assert call(http, "GET", f"{SUBSYSTEMS}/sub0").status == 404


def test_a_patch_changes_what_it_names(subsystems: Opid) -> None:
    http = subsystems.http
    create(subsystems, "sub0", maxNamespaces="7")
    item = f"{SUBSYSTEMS}/sub0"
    changed = call(http, "PATCH", item, {"spec": {"modelNumber": "N"}})
    assert changed.status == 200
    spec = changed.json["spec"]
    assert (spec["modelNumber"], spec["maxNamespaces"], spec["serialNumber"]) == ("N", "7", "OPI")
    body = {"spec": {"modelNumber": "O", "serialNumber": "X"}}
    masked = call(http, "PATCH", f"{item}?updateMask=spec.modelNumber", body).json["spec"]
    assert (masked["modelNumber"], masked["serialNumber"]) == ("O", "OPI")
    refused = call(http, "PATCH", f"{item}?updateMask=spec.colour", body)
    assert refused.status == 400
    assert "colour" in refused.problem
    assert call(http, "PATCH", item, {"spec": {"colour": "red"}}).status == 400
    assert call(http, "GET", item).json["spec"] == masked


def test_the_inventory_is_that_of_grpc(opid: Opid) -> None:
    answer = call(opid.http, "GET", "/v1/inventory/1/inventory/2")
    with channel(opid) as opened:
        request = inventory_pb2.GetInventoryRequest(name="inventory/1/inventory/2")
        inventory = InventoryServiceStub(opened).GetInventory(request, timeout=DEADLINE)
    assert json_format.ParseDict(answer.json, inventory_pb2.Inventory()) == inventory
    assert isinstance(answer.json["memory"]["totalPhysicalBytes"], str)


# -- errors


def details(answer: Answer, kind: str) -> dict[str, Any]:
    """A detail of an error, by the name of its type."""
    name = f"type.googleapis.com/google.rpc.{kind}"
    return next(one for one in answer.json["details"] if one["@type"] == name)


def test_errors_are_statuses_with_details(subsystems: Opid) -> None:
    missing = call(subsystems.http, "GET", f"{SUBSYSTEMS}/none", headers={"X-Request-Id": "my-1"})
    assert (missing.status, missing.json["code"]) == (404, 5)
    assert missing.problem == "nvmeSubsystems/none does not exist"
    assert details(missing, "ResourceInfo")["resourceName"] == "nvmeSubsystems/none"
    assert details(missing, "RequestInfo")["requestId"] == "my-1"
    assert missing.headers["X-Request-Id"] == "my-1"
    create(subsystems, "sub0")
    exists = create(subsystems, "sub0", modelNumber="other")
    assert (exists.status, exists.json["code"]) == (409, 6)
    for wrong in ({}, {"nqn": 5}, {"nqn": "not for the storage target"}):
        invalid = call(subsystems.http, "POST", SUBSYSTEMS, {"spec": wrong})
        assert (invalid.status, invalid.json["code"]) == (400, 3)
        (violation,) = details(invalid, "BadRequest")["fieldViolations"]
        assert violation["field"].startswith("nvme_subsystem.spec"), violation


@pytest.mark.parametrize(
    ("verb", "target", "status", "code"),
    [
        ("GET", "/v2/nvmeSubsystems", 404, 5),
        ("GET", "/opi_api.storage.v1.NoService/Get", 404, 5),
        ("PUT", SUBSYSTEMS, 405, 12),
        ("HEAD", SUBSYSTEMS, 405, None),
        ("GET", "/opi_api.storage.v1.FrontendNvmeService/ListNvmeSubsystems", 405, 12),
        ("POST", "/openapi.json", 405, 12),
        ("GET", f"{SUBSYSTEMS}/%ff", 400, 3),
        ("GET", f"{SUBSYSTEMS}?pageSize=many", 400, 3),
        ("GET", f"{SUBSYSTEMS}?pageSize=-1", 400, 3),
    ],
)
def test_requests_for_nothing(
    opid: Opid, verb: str, target: str, status: int, code: int | None
) -> None:
    answer = call(opid.http, verb, target)
    assert answer.status == status
    if code is not None:
        assert answer.json["code"] == code
    if status == 405:
        assert answer.headers["Allow"] in {"GET, POST", "POST", "GET, HEAD"}


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"spec":', b"\xff", b"{}{}", b"[" * 100_000])
def test_bodies_that_are_no_json_object(opid: Opid, body: bytes) -> None:
    answer = call(opid.http, "POST", SUBSYSTEMS, body)
    assert (answer.status, answer.json["code"]) == (400, 3)
    own_id = answer.headers["X-Request-Id"]
    assert opid.wait_for("call", request_id=own_id)["code"] == "INVALID_ARGUMENT"


def test_deadlines(opid: Opid) -> None:
    for timeout in ("1", "x", "100000000S", "-1S", ""):
        refused = call(opid.http, "GET", SUBSYSTEMS, headers={"Grpc-Timeout": timeout})
        assert refused.status == 400, timeout
    assert call(opid.http, "GET", SUBSYSTEMS, headers={"Grpc-Timeout": "20S"}).status == 200
    late = call(
        opid.http,
        "POST",
        f"{SUBSYSTEMS}?nvmeSubsystemId=late",
        {"spec": {"nqn": f"{NQN}:late"}},
        {"Grpc-Timeout": "1n"},
    )
    assert (late.status, late.json["code"]) == (504, 4)


def test_pages_of_other_sites_may_not_call(opid: Opid) -> None:
    refused = call(opid.http, "GET", SUBSYSTEMS, headers={"Origin": "http://evil.example"})
    assert (refused.status, refused.json["code"]) == (403, 7)
    assert call(opid.http, "GET", SUBSYSTEMS, headers={"Origin": "null"}).status == 403
    own = {"Origin": f"http://{opid.http}"}
    assert call(opid.http, "GET", SUBSYSTEMS, headers=own).status == 200


def test_request_ids_that_are_not_fit_for_logs_are_replaced(opid: Opid) -> None:
    answer = call(opid.http, "GET", SUBSYSTEMS, headers={"X-Request-Id": "a b"})
    own_id = answer.headers["X-Request-Id"]
    assert len(own_id) == 32
    assert opid.wait_for("call", request_id=own_id)["peer"].startswith("ipv4:127.0.0.1:")


# -- pages


def test_health(opid: Opid) -> None:
    assert call(opid.http, "GET", "/healthz").json == {"status": "SERVING"}
    assert call(opid.http, "GET", f"/healthz?service={INVENTORY}").status == 200
    silent = call(opid.http, "GET", "/healthz?service=openoffload.v2.SessionTable")
    assert (silent.status, silent.json["code"]) == (503, 14)
    assert call(opid.http, "GET", "/healthz?service=nobody").status == 404


def test_the_page_needs_nothing_from_elsewhere(opid: Opid) -> None:
    page = call(opid.http, "GET", "/")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert b"//" not in page.body.replace(b"://${", b"").replace(b"http://www.w3.org", b"")
    packed = call(opid.http, "GET", "/", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.body) < len(page.body)
    head = call(opid.http, "HEAD", "/")
    assert (head.status, head.body) == (200, b"")


def test_no_http_when_it_is_not_wanted(tmp_path: Path) -> None:
    with starting_opid(tmp_path) as start:
        assert start(http="").wait_for("serving")["http"] == []


def test_an_address_that_is_taken_ends_it(opid: Opid, tmp_path: Path) -> None:
    with starting_opid(tmp_path) as start:
        second = start(http=opid.http)
        assert second.end() == 1
        assert second.log[-1]["message"] == f"cannot listen on {opid.http}: Address already in use"


def test_the_body_of_an_error_is_the_status_in_protobufs_own_json(opid: Opid) -> None:
    assert error_details_pb2.ResourceInfo.DESCRIPTOR  # or the library would not know it
    answer = call(opid.http, "GET", f"{SUBSYSTEMS}/none")
    status: Any = json_format.Parse(json.dumps(answer.json), status_pb2.Status())
    assert (status.code, len(status.details)) == (5, 2)
