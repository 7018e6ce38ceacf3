"""opid over TLS: who gets in, what is refused, and certificates replaced while it runs."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from opi.proto.opi_api.inventory.v1 import inventory_pb2
from opi.proto.opi_api.inventory.v1.inventory_pb2_grpc import InventoryServiceStub
from tests.certificates import Authority, Pair, credentials
from tests.opid_process import DEADLINE, Opid, Start, channel, starting_opid
from tests.storage_dpu import becomes

pytestmark = pytest.mark.integration

NO_WAY_IN = grpc.StatusCode.UNAVAILABLE


@pytest.fixture
def opid(tmp_path: Path) -> Iterator[Start]:
    """Start servers."""
    with starting_opid(tmp_path / "state") as start:
        yield start


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Who signs server and clients."""
    return Authority(tmp_path)


def tls_flags(pair: Pair) -> tuple[str, ...]:
    """Flags that give a server its certificate."""
    return ("--tls-cert", str(pair.certificate), "--tls-key", str(pair.key))


def call(server: Opid, secrets: grpc.ChannelCredentials | None) -> grpc.StatusCode:
    """Status of a call of GetInventory on a connection of its own."""
    with channel(server, secrets) as opened:
        try:
            request = inventory_pb2.GetInventoryRequest()
            InventoryServiceStub(opened).GetInventory(request, timeout=DEADLINE)
        except grpc.RpcError as error:
            code: grpc.StatusCode = error.code()
            return code
    return grpc.StatusCode.OK


# -- starting


def test_without_certificate_and_without_insecure_it_does_not_start(opid: Start) -> None:
    server = opid(insecure=False)
    assert server.end() == 2
    (entry,) = server.log
    for way_out in ("--tls-cert", "--tls-key", "--insecure"):
        assert way_out in entry["message"]


def test_bad_files_are_named_with_the_reason(
    opid: Start, authority: Authority, tmp_path: Path
) -> None:
    good, other = authority.issue("dpu"), authority.issue("other")
    text = tmp_path / "text.pem"
    text.write_text("nothing of the kind")
    missing = tmp_path / "missing.pem"
    for pair, ca, message in (
        (Pair(missing, good.key), None, f"{missing}: cannot be read: No such file or directory"),
        (Pair(text, good.key), None, f"{text}: holds no certificate in PEM form"),
        (
            Pair(good.certificate, text),
            None,
            f"{text}: is not a private key in PEM form without a password",
        ),
        (
            Pair(good.certificate, other.key),
            None,
            f"{other.key}: is not the key of {good.certificate}",
        ),
        (good, text, f"{text}: holds no certificate in PEM form"),
    ):
        flags = tls_flags(pair) + (("--tls-client-ca", str(ca)) if ca else ())
        server = opid(*flags, insecure=False)
        assert server.end() == 2
        assert [entry["message"] for entry in server.log] == [message]


# -- who gets in


def test_clients_that_trust_the_authority_get_in_and_plain_text_does_not(
    opid: Start, authority: Authority, tmp_path: Path
) -> None:
    server = opid(*tls_flags(authority.issue("dpu")), insecure=False)
    assert call(server, credentials(authority)) is grpc.StatusCode.OK
    assert call(server, credentials(Authority(tmp_path, "stranger"))) is NO_WAY_IN
    assert call(server, None) is NO_WAY_IN
    assert server.wait_for("serving")["tls"] == "on"


def test_mutual_tls_lets_in_certificates_of_the_authority_alone(
    opid: Start, authority: Authority, tmp_path: Path
) -> None:
    flags = ("--tls-client-ca", str(authority.certificate))
    server = opid(*tls_flags(authority.issue("dpu")), *flags, insecure=False)
    stranger = Authority(tmp_path, "stranger")
    alice = authority.issue("alice", "alice.example.com")
    assert call(server, credentials(authority, alice)) is grpc.StatusCode.OK
    assert call(server, credentials(authority)) is NO_WAY_IN
    assert call(server, credentials(authority, stranger.issue("mallory"))) is NO_WAY_IN
    assert call(server, credentials(authority, authority.issue("old", days=-1))) is NO_WAY_IN
    entry = server.wait_for("call", identity="alice")
    assert entry["method"] == "opi_api.inventory.v1.InventoryService/GetInventory"


@pytest.mark.parametrize(
    ("version", "accepted"),
    [
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
)
def test_tls_1_1_is_refused(
    opid: Start, authority: Authority, version: ssl.TLSVersion, accepted: bool
) -> None:
    server = opid(*tls_flags(authority.issue("dpu")), insecure=False)
    context = ssl.create_default_context(cafile=str(authority.certificate))
    context.set_ciphers("ALL:@SECLEVEL=0")  # else our own end refuses old versions first
    context.set_alpn_protocols(["h2"])
    context.minimum_version = context.maximum_version = version
    host, _, port = server.endpoint.rpartition(":")
    with socket.create_connection((host, int(port)), DEADLINE) as plain:
        if accepted:
            with context.wrap_socket(plain, server_hostname=host) as connection:
                assert connection.version() == version.name.replace("_", ".")
        else:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                context.wrap_socket(plain, server_hostname=host)


# -- certificates replaced


def replace(pair: Pair, source: Pair) -> None:
    """Put another certificate in place, as renewal tools do: a rename for each file."""
    for target, new in zip(pair, source, strict=True):
        shutil.copy(new, target.with_suffix(".new"))
        target.with_suffix(".new").replace(target)


def test_a_new_certificate_serves_the_next_connection(
    opid: Start, authority: Authority, tmp_path: Path
) -> None:
    pair = authority.issue("dpu")
    server = opid(*tls_flags(pair), insecure=False)
    renewed = Authority(tmp_path, "renewed")
    with channel(server, credentials(authority)) as old_connection:
        stub = InventoryServiceStub(old_connection)
        stub.GetInventory(inventory_pb2.GetInventoryRequest(), timeout=DEADLINE)
        assert call(server, credentials(renewed)) is NO_WAY_IN
        replace(pair, renewed.issue("dpu", file="renewed"))
        assert call(server, credentials(renewed)) is grpc.StatusCode.OK
        server.wait_for(f"read again: {pair.certificate}, {pair.key}")
        assert call(server, credentials(authority)) is NO_WAY_IN
        stub.GetInventory(inventory_pb2.GetInventoryRequest(), timeout=DEADLINE)


def test_a_certificate_without_its_key_changes_nothing_and_is_told(
    opid: Start, authority: Authority
) -> None:
    pair = authority.issue("dpu")
    server = opid(*tls_flags(pair), insecure=False)
    server.wait_for("serving")
    other = authority.issue("dpu", file="other")
    shutil.copy(other.certificate, pair.certificate)
    assert call(server, credentials(authority)) is grpc.StatusCode.OK
    problem = f"{pair.key}: is not the key of {pair.certificate}"
    server.wait_for(f"the certificates stay as they were: {problem}")
    shutil.copy(other.key, pair.key)
    assert call(server, credentials(authority)) is grpc.StatusCode.OK


def test_sighup_reads_certificates_and_roles_at_once_and_ends_nothing(
    opid: Start, authority: Authority, tmp_path: Path
) -> None:
    pair, roles = authority.issue("dpu"), tmp_path / "roles.yml"
    allowed = "roles: {all: {subjects: [client], methods: ['*/*']}}"
    roles.write_text(allowed)
    flags = (*tls_flags(pair), "--tls-client-ca", str(authority.certificate))
    server = opid(*flags, "--authorization", str(roles), insecure=False)
    secrets = credentials(authority, authority.issue("client"))
    with channel(server, secrets) as opened:
        stub = InventoryServiceStub(opened)
        request = inventory_pb2.GetInventoryRequest()
        stub.GetInventory(request, timeout=DEADLINE)
        replace(pair, authority.issue("dpu", file="renewed"))
        roles.write_text("nonsense")
        server.process.send_signal(signal.SIGHUP)  # without a new connection or call
        files = f"{pair.certificate}, {pair.key}, {authority.certificate}"
        server.wait_for(f"read again: {files}")
        kept = "the roles stay as they were"
        assert becomes(lambda: any(kept in one["message"] for one in server.log))
        roles.write_text(allowed)
        server.process.send_signal(signal.SIGHUP)
        server.wait_for(f"read again: {roles}")
        stub.GetInventory(request, timeout=DEADLINE)
    server.process.terminate()
    assert server.end() == 0


def test_a_replaced_client_ca_shuts_its_old_clients_out(
    opid: Start, authority: Authority, tmp_path: Path
) -> None:
    ca = tmp_path / "clients.pem"
    shutil.copy(authority.certificate, ca)
    flags = (*tls_flags(authority.issue("dpu")), "--tls-client-ca", str(ca))
    server = opid(*flags, insecure=False)
    alice = authority.issue("alice")
    assert call(server, credentials(authority, alice)) is grpc.StatusCode.OK
    new = Authority(tmp_path, "new clients")
    os.replace(new.certificate, ca)  # noqa: PTH105
    assert call(server, credentials(authority, alice)) is NO_WAY_IN
    assert call(server, credentials(authority, new.issue("alice", file="b"))) is grpc.StatusCode.OK
