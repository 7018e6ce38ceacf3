"""What every RPC of the storage services owes its callers, whatever the resource; and secrets."""

from __future__ import annotations

import base64
import stat
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest

from opi.catalog import catalog
from opi.resources import ResourceType, resources
from tests.storage_dpu import Dpu, free_port, refused

pytestmark = pytest.mark.integration

NOT_FOUND, INVALID = grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT
EXISTS, PRECONDITION = grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.FAILED_PRECONDITION
SIZE = {"block_size": 512, "blocks_count": 64}
KEY, OTHER_KEY = b"QyB3aGF0IGEga2V5IHRoaXMgaXMhISE.", b"an-other-key-that-nobody-may-see"
PSK = b"NVMeTLSkey-1:01:MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmZwJEiQ:"
OTHER_PSK = b"NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:"
HOST = "nqn.2014-08.org.nvmexpress:uuid:feb98abe-d51f-40c8-b348-2753f3571d3c"
SUB, REMOTE = "nvmeSubsystems/sub-0", "nvmeRemoteControllers/rem-0"
PORT = free_port()

Fields = dict[str, Any]

TESTED: dict[str, tuple[Fields, Fields, Fields]] = {
    "NullVolume": (SIZE, {"blocks_count": 128}, {"block_size": 4096}),
    "MallocVolume": (SIZE, {}, {"metadata_size": 8}),
    "AioVolume": ({"filename": "FILE", "block_size": 512}, {}, {"filename": "FILE2"}),
    "EncryptedVolume": (
        {"volume_name_ref": "base-0", "key": KEY, "cipher": 4}, {"key": OTHER_KEY}, {"cipher": 6},
    ),
    "QosVolume": (
        {"volume_name_ref": "base-0", "limits": {"max": {"rw_bandwidth_mbs": 5}}},
        {"limits": {"max": {"rw_bandwidth_mbs": 6}}},
        {"volume_name_ref": "base-1"},
    ),
    "NvmeSubsystem": (
        {"spec": {"nqn": "nqn.2022-09.io.spdk:contract"}},
        {"spec": {"hostnqn": HOST}},
        {"spec": {"serial_number": "other"}},
    ),
    "NvmeController": (
        {"spec": {"trtype": 4, "fabrics_id": {
            "traddr": "127.0.0.1", "trsvcid": str(PORT), "adrfam": 1,
        }}},
        {"spec": {"max_nsq": 7}},
        {"spec": {"max_ncq": 3}},
    ),
    "NvmeNamespace": (
        {"spec": {"volume_name_ref": "base-1", "host_nsid": 2}},
        {"spec": {"host_nsid": 3}},
        {"spec": {"host_nsid": 4}},
    ),
    "NvmeRemoteController": ({"multipath": 2}, {"io_queues_count": 3}, {"queue_size": 64}),
}  # fmt: skip
"""By kind: what is created, what an update changes, and what would be another resource."""

PARENTS = {"NvmeController": SUB, "NvmeNamespace": SUB, "NvmePath": REMOTE}


def kind_of(name: str) -> ResourceType:
    return resources().kind(name)


def field(name: str) -> str:
    return kind_of(name).field("Create")


@pytest.fixture(scope="module")
def dpu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dpu]:
    with ExitStack() as stack:
        one = Dpu(tmp_path_factory.mktemp("dpu"), stack, "--log-level", "debug")
        one.file.with_name("disk2").write_bytes(bytes(1 << 20))
        for number in range(2):
            one.call("CreateMallocVolume", malloc_volume=SIZE, malloc_volume_id=f"base-{number}")
        spec = {"spec": {"nqn": "nqn.2022-09.io.spdk:parent"}}
        one.call("CreateNvmeSubsystem", nvme_subsystem=spec, nvme_subsystem_id="sub-0")
        multipath = {"multipath": 2}
        one.call(
            "CreateNvmeRemoteController",
            nvme_remote_controller=multipath,
            nvme_remote_controller_id="rem-0",
        )
        yield one


def filled(dpu: Dpu, fields: Fields) -> Fields:
    files = {"FILE": str(dpu.file), "FILE2": str(dpu.file.with_name("disk2"))}
    return {name: files.get(value, value) if isinstance(value, str) else value
            for name, value in fields.items()}  # fmt: skip


def name_of(kind: str) -> str:
    return kind_of(kind).name("tested-0", PARENTS.get(kind, ""))


def create(dpu: Dpu, kind: str, fields: Fields, identity: str = "tested-0") -> Fields:
    asked: Fields = {field(kind): filled(dpu, fields), f"{field(kind)}_id": identity}
    return asked | ({"parent": PARENTS[kind]} if kind in PARENTS else {})


@pytest.mark.parametrize("kind", TESTED)
def test_the_standard_methods_keep_their_promises(dpu: Dpu, kind: str) -> None:
    body, change, other = TESTED[kind]
    name, whole = name_of(kind), field(kind)
    for rpc in ("Get", "Stats", "Delete"):
        assert name in refused(dpu, NOT_FOUND, f"{rpc}{kind}", name=name)
    dpu.call(f"Delete{kind}", name=name, allow_missing=True)
    update = {whole: {"name": name} | filled(dpu, body)}
    refused(dpu, NOT_FOUND, f"Update{kind}", **update)
    for identity in ("Upper0", "abc", "0abcd", "abcd-", "a" * 64):
        refused(dpu, INVALID, f"Create{kind}", **create(dpu, kind, body, identity))
    refused(dpu, INVALID, f"Create{kind}", **create(dpu, kind, {}))
    made = dpu.call(f"Update{kind}", **update, allow_missing=True)
    assert made.name == name
    again = create(dpu, kind, body)
    assert dpu.call(f"Create{kind}", **again) == made == dpu.call(f"Get{kind}", name=name)
    refused(dpu, EXISTS, f"Create{kind}", **create(dpu, kind, merged(body, other)))
    for mask in (["no_such_field"], ["*", "name"], ["spec.no_such"], ["name.x"], [""]):
        refused(dpu, INVALID, f"Update{kind}", **update, update_mask={"paths": mask})
    assert dpu.call(f"Get{kind}", name=name) == made
    if change:
        changed = {whole: {"name": name} | filled(dpu, change)}
        paths = list(leaves(change))
        dpu.call(f"Update{kind}", **changed, update_mask={"paths": paths})
        now = dpu.call(f"Get{kind}", name=name)
        assert now == dpu.call(f"Update{kind}", **changed)  # without a mask: what is set
        assert kind == "EncryptedVolume" or now != made
        same = {whole: {"name": name} | filled(dpu, merged(body, change))}
        assert dpu.call(f"Update{kind}", **same, update_mask={"paths": ["*"]}) == now
    dpu.call(f"Stats{kind}", name=name)
    listing = f"List{kind_of(kind).methods['List'].name.removeprefix('List')}"
    scope = {"parent": PARENTS[kind]} if kind in PARENTS else {}
    assert name in [one.name for one in listed(dpu, kind, listing, scope)]
    refused(dpu, INVALID, listing, **scope, page_size=-1)
    refused(dpu, INVALID, listing, **scope, page_token="nonsense")
    dpu.call(f"Delete{kind}", name=name)
    refused(dpu, NOT_FOUND, f"Get{kind}", name=name)


def listed(dpu: Dpu, kind: str, rpc: str, scope: Fields) -> list[Any]:
    """All of a kind, page by page of one."""
    found: list[Any] = []
    token = ""
    while token or not found:
        answer = dpu.call(rpc, **scope, page_size=1, page_token=token)
        found += getattr(answer, kind_of(kind).list_field)
        token = answer.next_page_token
        if not token:
            break
    return found


def merged(one: Fields, other: Fields) -> Fields:
    """Fields with some of them replaced, however deep."""
    result = dict(one)
    for name, value in other.items():
        inner = result.get(name)
        both = isinstance(value, dict) and isinstance(inner, dict)
        result[name] = merged(inner, value) if both and isinstance(inner, dict) else value
    return result


def leaves(fields: Fields, prefix: str = "") -> Iterator[str]:
    """The paths of a mask that names just these fields."""
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def test_every_storage_rpc_answers_a_request_without_anything(dpu: Dpu) -> None:
    """None fails inside: an empty request is refused by field, or lists what there is."""
    seen = 0
    for method in catalog().methods():
        if not method.service.startswith("opi_api.storage.v1."):
            continue
        seen += 1
        try:
            dpu.call(method.name)
        except grpc.RpcError as error:
            code: grpc.StatusCode = error.code()
            assert code in (INVALID, grpc.StatusCode.UNIMPLEMENTED), (method.name, code)
        else:
            assert method.name.startswith("List"), method.name
    assert seen == 87


def secrets() -> Iterator[bytes]:
    """Every form in which a secret could be seen."""
    for one in (KEY, OTHER_KEY, PSK, OTHER_PSK):
        for part in (one, one[: len(one) // 2], one[len(one) // 2 :]):
            yield part
            yield base64.b64encode(part).rstrip(b"=")[:-1]
            yield from (part.hex().encode(), part.hex().upper().encode())


def test_keys_are_told_to_nobody_whatever_happens(dpu: Dpu) -> None:
    answers: list[str] = []

    def attempt(rpc: str, **fields: Any) -> None:
        with suppress(grpc.RpcError):
            try:
                answers.append(str(dpu.call(rpc, **fields)))
            except grpc.RpcError as error:
                one: Any = error
                answers.extend(
                    (one.details(), one.debug_error_string(), str(one.trailing_metadata()))
                )
                raise

    volume = {"volume_name_ref": "base-0", "key": KEY, "cipher": 4}
    for fields in (
        volume | {"cipher": 6}, volume | {"volume_name_ref": "nobody"}, volume,
        volume | {"key": OTHER_KEY},
    ):  # fmt: skip
        attempt("CreateEncryptedVolume", encrypted_volume=fields, encrypted_volume_id="secret-0")
    named = {"name": "volumes/secret-0"}
    attempt("UpdateEncryptedVolume", encrypted_volume=named | volume | {"key": OTHER_KEY})
    attempt("UpdateEncryptedVolume", encrypted_volume=named | {"key": OTHER_KEY + b"!"})
    attempt("ListEncryptedVolumes", parent="todo")
    attempt("GetEncryptedVolume", **named)
    spec = {"nqn": "nqn.2022-09.io.spdk:secret", "hostnqn": HOST, "psk": PSK}
    for wanted in (spec | {"hostnqn": ""}, spec | {"psk": b"x" + PSK}, spec):
        attempt(
            "CreateNvmeSubsystem", nvme_subsystem={"spec": wanted}, nvme_subsystem_id="secret-1"
        )
    keyed = {"name": "nvmeSubsystems/secret-1", "spec": spec | {"psk": OTHER_PSK}}
    attempt("UpdateNvmeSubsystem", nvme_subsystem=keyed)
    attempt("GetNvmeSubsystem", name=keyed["name"])
    attempt(
        "CreateNvmeRemoteController",
        nvme_remote_controller={"multipath": 2, "tcp": {"psk": PSK}},
        nvme_remote_controller_id="secret-2",
    )
    remote = "nvmeRemoteControllers/secret-2"
    where = {"trsvcid": PORT, "subnqn": "nqn.2022-09.io.spdk:far", "adrfam": 1}
    path = {"trtype": 4, "traddr": "127.0.0.1", "fabrics": where}
    attempt("CreateNvmePath", parent=remote, nvme_path=path, nvme_path_id="path-0")
    attempt("GetNvmeRemoteController", name=remote)
    assert any("secret-1" in text for text in answers)
    files = {one: one.stat() for one in dpu.state.rglob("*")}
    assert any(one.parent.name == "keys" for one in files)
    loose = [one for one, seen in files.items() if seen.st_mode & 0o077]
    assert not [one for one in loose if not hidden(one, dpu.state)]
    texts = "\n".join([*answers, *map(str, dpu.opid.log)]).encode()
    assert not [one for one in secrets() if one in texts]
    command = Path(f"/proc/{dpu.opid.process.pid}/cmdline").read_bytes()
    environment = Path(f"/proc/{dpu.opid.process.pid}/environ").read_bytes()
    assert not [one for one in secrets() if one in command + environment]
    dpu.call("DeleteNvmeSubsystem", name=keyed["name"])
    dpu.call("DeleteEncryptedVolume", **named)
    dpu.call("DeleteNvmeRemoteController", name=remote)
    assert list((dpu.state / "keys").iterdir()) == []


def hidden(path: Path, state: Path) -> bool:
    """Whether a folder above, up to the state's, keeps others out."""
    above = [one for one in path.parents if one == state or state in one.parents]
    return any(not stat.S_IMODE(one.stat().st_mode) & 0o077 for one in above)
