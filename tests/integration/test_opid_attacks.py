"""Callers who want more than they may, disks that cannot be written, and families torn apart."""

from __future__ import annotations

import random
import resource
import ssl
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest

from dpu_sim.gateway.template import ONE, parse
from opi.catalog import Method, catalog
from tests.certificates import Authority, Pair, credentials
from tests.http_call import connected, exchange
from tests.opid_process import DEADLINE, Opid, channel, starting_opid
from tests.spdk_target import subsystems
from tests.storage_dpu import METHODS, Dpu

pytestmark = pytest.mark.integration

ROLES = """
roles:
  viewer:
    methods: ["*/Get*", "*/List*"]
    subjects: [viewer.example.com]
  admin:
    methods: ["*/*"]
    subjects: [admin.example.com]
"""
FORBIDDEN = [one for one in catalog().methods() if not one.name.startswith(("Get", "List"))]
BYTES: list[bytes] = [b"", b"\xff"]
"""Requests: an empty one, and one that is none."""


class Guarded:
    """A server that knows roles."""

    def __init__(self, server: Opid, authority: Authority) -> None:
        self.server = server
        self.authority = authority

    def over_grpc(self, pair: Pair, method: Method, data: bytes = b"") -> str:
        """The code with which a call ends."""
        with channel(self.server, credentials(self.authority, pair)) as opened:
            return outcome(opened, method, data)

    def over_http(self, pair: Pair, verb: str, path: str) -> int:
        """The status of a request."""
        with connected(self.server.http, self.context(pair)) as connection:
            return exchange(connection, verb, path, b"{}").status

    def context(self, pair: Pair) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        context.load_cert_chain(*pair)
        return context


def outcome(opened: grpc.Channel, method: Method, data: bytes) -> str:
    """The code of a call with these bytes as its request, or as the only one of a stream."""
    kind = ("stream" if method.client_streaming else "unary") + (
        "_stream" if method.server_streaming else "_unary"
    )
    call = getattr(opened, kind)(method.path)
    try:
        answer = call(iter([data]) if method.client_streaming else data, timeout=DEADLINE)
        if method.server_streaming:
            list(answer)
    except grpc.RpcError as error:
        code: Any = error
        return str(code.code().name)
    return "OK"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    authority = Authority(folder)
    pair = authority.issue("dpu")
    (folder / "roles.yml").write_text(ROLES)
    flags = ["--tls-cert", str(pair.certificate), "--tls-key", str(pair.key)]
    flags += ["--tls-client-ca", str(authority.certificate)]
    flags += ["--authorization", str(folder / "roles.yml")]
    with starting_opid(folder / "state") as start:
        yield Guarded(start(*flags, insecure=False, http="127.0.0.1:0"), authority)


# -- who may read may not write


def test_a_role_to_read_changes_nothing_over_grpc(guarded: Guarded) -> None:
    viewer = guarded.authority.issue("viewer.example.com", file="viewer-grpc")
    assert len(FORBIDDEN) > 100
    with channel(guarded.server, credentials(guarded.authority, viewer)) as opened:
        assert outcome(opened, METHODS["ListNvmeSubsystems"], b"") == "OK"
        for method in FORBIDDEN:
            for data in BYTES:
                assert outcome(opened, method, data) == "PERMISSION_DENIED", (method, data)


def test_a_role_to_read_changes_nothing_over_http(guarded: Guarded) -> None:
    viewer = guarded.authority.issue("viewer.example.com", file="viewer-http")
    targets = [("POST", method.path) for method in FORBIDDEN]
    targets += [target for method in FORBIDDEN for target in routes(method)]
    with connected(guarded.server.http, guarded.context(viewer)) as connection:
        assert exchange(connection, "GET", "/v1/nvmeSubsystems").status == 200
        for verb, path in targets:
            assert exchange(connection, verb, path, b"{}").status == 403, (verb, path)


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_no_header_makes_a_read_of_a_write_or_the_other_way(guarded: Guarded, header: str) -> None:
    viewer = guarded.authority.issue("viewer.example.com", file="viewer-header")
    with connected(guarded.server.http, guarded.context(viewer)) as connection:
        path = "/v1/nvmeSubsystems"
        for forged in ("GET", "DELETE"):
            assert exchange(connection, "POST", path, b"{}", {header: forged}).status == 403
        read = exchange(connection, "GET", path, headers={header: "POST"})
        assert (read.status, read.json["nvmeSubsystems"]) == (200, [])


def routes(method: Method) -> Iterator[tuple[str, str]]:
    """Requests that the method's HTTP annotation describes."""
    for binding in method.bindings:
        template = parse(binding.path)
        parts = [f"x{n}" if one == ONE else one for n, one in enumerate(template.segments)]
        yield binding.verb, "/" + "/".join(parts) + (f":{template.verb}" if template.verb else "")


# -- names that look like another's

NEARLY_ADMIN = (
    "ADMIN.example.com",
    "admin.example.com.",
    " admin.example.com",
    "admin.example.com ",
    "admin.example.com,CN=x",
    "*.example.com",
    "xadmin.example.com",
    "admin.example.com/viewer.example.com",
    "аdmin.example.com",  # noqa: RUF001 (a Cyrillic letter, which is the attack)
)


@pytest.mark.parametrize("name", NEARLY_ADMIN)
def test_a_name_that_is_nearly_the_admins_is_nobody(guarded: Guarded, name: str) -> None:
    alternatives = (name,) if name.isascii() and " " not in name else ()
    pair = guarded.authority.issue(name, *alternatives, file="nearly")
    assert guarded.over_grpc(pair, METHODS["ListNvmeSubsystems"]) == "PERMISSION_DENIED"
    assert guarded.over_http(pair, "GET", "/v1/nvmeSubsystems") == 403


@pytest.mark.parametrize(
    ("names", "allowed"),
    [
        (("viewer.example.com", "admin.example.com"), True),
        (("nobody", "a.example.com", "b.example.com", "admin.example.com"), True),
        (("admin.example.com", "viewer.example.com"), True),
        (("viewer.example.com", "a.example.com"), False),
        (("nobody", "viewer.example.com"), False),
    ],
)
def test_each_name_of_a_certificate_counts_the_same_over_both(
    guarded: Guarded, names: tuple[str, ...], allowed: bool
) -> None:
    pair = guarded.authority.issue(*names, file="several")
    delete = METHODS["DeleteNvmeSubsystem"]
    data = delete.request(name="nvmeSubsystems/none").SerializeToString()
    expected = "NOT_FOUND" if allowed else "PERMISSION_DENIED"
    assert guarded.over_grpc(pair, delete, data) == expected
    status = guarded.over_http(pair, "DELETE", "/v1/nvmeSubsystems/none")
    assert status == (404 if allowed else 403)


# -- a state folder that cannot be written


@pytest.mark.parametrize("before", ["empty", "used"])
def test_on_a_disk_that_is_read_only_it_does_not_start_and_says_why(
    tmp_path: Path, before: str
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    private = ("unshare", "--map-root-user", "--mount", "sh", "-c")
    script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    if subprocess.run([*private, script, state, "true"], check=False).returncode:
        pytest.skip("no mount namespace to have a read-only folder in")
    with starting_opid(tmp_path) as start:
        flags = ("--state-dir", str(state))
        if before == "used":
            used = start(*flags)
            used.wait_for("serving")
            used.process.terminate()
            assert used.end() == 0
        server = start(*flags, prefix=(*private, script, str(state)))
        assert server.end() == 2
        (entry,) = server.log
        assert str(state) in entry["message"]
        assert "ead-only" in entry["message"]


def test_a_disk_that_fails_is_told_and_when_it_works_again_so_does_the_server(dpu: Dpu) -> None:
    def subsystem(identity: str, serial: str = "") -> dict[str, Any]:
        spec = {"nqn": f"nqn.2022-09.io.spdk:{identity}", "serial_number": serial}
        return {"nvme_subsystem": {"name": f"nvmeSubsystems/{identity}", "spec": spec}}

    create = (
        "CreateNvmeSubsystem",
        subsystem("failing-new") | {"nvme_subsystem_id": "failing-new"},
    )
    update = ("UpdateNvmeSubsystem", subsystem("failing-old", "SN1"))
    delete = ("DeleteNvmeSubsystem", {"name": "nvmeSubsystems/failing-gone"})
    for identity in ("failing-old", "failing-gone"):
        dpu.call(create[0], **subsystem(identity), nvme_subsystem_id=identity)

    def state() -> tuple[Any, Any]:
        listed = dpu.call("ListNvmeSubsystems", page_size=250).nvme_subsystems
        return list(listed), subsystems(dpu.socket)

    before = state()
    pid = dpu.opid.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:  # every write to a file fails with EFBIG, which SQLite calls an I/O error
        for _ in range(2):
            assert at_once(dpu, [create, update, delete]) == ["UNAVAILABLE"] * 3
            assert state() == before
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
    assert at_once(dpu, [create, update, delete]) == ["OK"] * 3
    stored, on_target = state()
    dpu.kill_opid()
    dpu.start_opid()
    assert state() == (stored, on_target)
    assert {one.name for one in stored} == {
        "nvmeSubsystems/failing-old", "nvmeSubsystems/failing-new",
    }  # fmt: skip
    for one in stored:
        dpu.call("DeleteNvmeSubsystem", name=one.name)


# -- families

CHILDREN = 6
ROUNDS = 25


VOLUME = {"block_size": 512, "blocks_count": 2048}


@pytest.fixture(scope="module")
def dpu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dpu]:
    with ExitStack() as stack:
        yield Dpu(tmp_path_factory.mktemp("dpu"), stack)


def at_once(dpu: Dpu, calls: list[tuple[str, dict[str, Any]]]) -> list[str]:
    """Start all of these together; the codes, in their order."""
    with channel(dpu.opid) as opened:
        grpc.channel_ready_future(opened).result(DEADLINE)
        futures: list[Any] = []
        for rpc, fields in calls:
            method = METHODS[rpc]
            data = method.request(**fields).SerializeToString()
            stub: Any = opened.unary_unary(method.path)
            futures.append(stub.future(data, timeout=DEADLINE))
        return [str(one.code().name) for one in futures]


def names_of(dpu: Dpu, kind: str, **fields: Any) -> set[str]:
    """The names of all resources of a kind."""
    ((_, listed),) = dpu.call(f"List{kind}s", page_size=250, **fields).ListFields() or (("", []),)
    return {one.name for one in listed}


def test_a_child_is_never_left_without_its_parent(dpu: Dpu) -> None:
    choice = random.Random(7)
    seen: Counter[str] = Counter()
    volumes = [f"vol-{n}" for n in range(CHILDREN)]
    for volume in volumes:
        dpu.call("CreateMallocVolume", malloc_volume=VOLUME, malloc_volume_id=volume)
    for number in range(ROUNDS):
        identity, nqn = f"family-{number}", f"nqn.2022-09.io.spdk:family-{number}"
        parent = f"nvmeSubsystems/{identity}"
        subsystem = {"nvme_subsystem": {"spec": {"nqn": nqn}}, "nvme_subsystem_id": identity}
        dpu.call("CreateNvmeSubsystem", **subsystem)
        calls: list[tuple[str, dict[str, Any]]] = [
            (
                "CreateNvmeNamespace",
                {
                    "parent": parent,
                    "nvme_namespace": {"spec": {"volume_name_ref": volume}},
                    "nvme_namespace_id": f"ns-{volume}",
                },
            )
            for volume in volumes
        ]
        # Between the children, and all of them deleted again: now and then the parent may go.
        calls += [("DeleteNvmeNamespace", {"name": f"{parent}/nvmeNamespaces/ns-{volumes[0]}"})]
        calls.insert(choice.randrange(3), ("DeleteNvmeSubsystem", {"name": parent}))
        codes = at_once(dpu, calls)
        deleted = next(
            c for c, one in zip(codes, calls, strict=True) if one[0] == "DeleteNvmeSubsystem"
        )
        seen[deleted] += 1
        children = names_of(dpu, "NvmeNamespace", parent="nvmeSubsystems/-")
        if deleted == "OK":
            assert children == set(), codes
            assert nqn not in subsystems(dpu.socket)
            continue
        assert deleted == "FAILED_PRECONDITION"
        on_target = subsystems(dpu.socket)[nqn]["namespaces"]
        assert {one["bdev_name"] for one in on_target} == {
            one.rsplit("ns-")[-1] for one in children
        }
        for child in children:
            dpu.call("DeleteNvmeNamespace", name=child)
        dpu.call("DeleteNvmeSubsystem", name=parent)
    assert seen["OK"], seen
    assert seen["FAILED_PRECONDITION"], seen


def test_what_is_referred_to_never_goes_away_under_the_reference(dpu: Dpu) -> None:
    choice = random.Random(13)
    seen: Counter[str] = Counter()
    subsystem = {"nvme_subsystem": {"spec": {"nqn": "nqn.2022-09.io.spdk:refers"}}}
    parent = dpu.call("CreateNvmeSubsystem", **subsystem, nvme_subsystem_id="refers").name
    for number in range(ROUNDS):
        volume, space = f"ref-{number}", f"{parent}/nvmeNamespaces/ns-{number}"
        dpu.call("CreateMallocVolume", malloc_volume=VOLUME, malloc_volume_id=volume)
        named = {"name": space, "spec": {"volume_name_ref": volume}}
        upsert = ("UpdateNvmeNamespace", {"nvme_namespace": named, "allow_missing": True})
        remove = ("DeleteMallocVolume", {"name": f"volumes/{volume}"})
        calls: list[tuple[str, dict[str, Any]]] = [upsert] * 3
        calls.insert(choice.choice([0, 0, 1, 3]), remove)
        codes = at_once(dpu, calls)
        deleted = codes[calls.index(remove)]
        seen[deleted] += 1
        there = space in names_of(dpu, "NvmeNamespace", parent=parent)
        assert there is (deleted == "FAILED_PRECONDITION"), codes
        assert (volume in dpu.bdevs()) is there
        if there:
            dpu.call("DeleteNvmeNamespace", name=space)
            dpu.call(remove[0], **remove[1])
    dpu.call("DeleteNvmeSubsystem", name=parent)
    assert seen.keys() == {"OK", "FAILED_PRECONDITION"}, seen


def test_the_same_create_again_and_a_delete_at_once_leave_it_whole_or_gone(dpu: Dpu) -> None:
    seen: Counter[bool] = Counter()
    nqn = "nqn.2022-09.io.spdk:twice"
    subsystem = {"nvme_subsystem": {"spec": {"nqn": nqn}}, "nvme_subsystem_id": "twice"}
    name = "nvmeSubsystems/twice"
    choice = random.Random(11)
    for _ in range(ROUNDS):
        calls: list[tuple[str, dict[str, Any]]] = [("CreateNvmeSubsystem", subsystem)] * 6
        calls += [("DeleteNvmeSubsystem", {"name": name})] * 6
        choice.shuffle(calls)
        codes = at_once(dpu, calls)
        for code, (rpc, _) in zip(codes, calls, strict=True):
            assert code in ({"OK"} if rpc.startswith("Create") else {"OK", "NOT_FOUND"}), codes
        there = name in names_of(dpu, "NvmeSubsystem")
        assert (nqn in subsystems(dpu.socket)) is there
        seen[there] += 1
    dpu.call("DeleteNvmeSubsystem", name=name, allow_missing=True)
    assert set(seen) == {True, False}, seen
