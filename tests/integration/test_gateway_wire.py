"""The gateway's connections: TLS, bodies too long or too slow, bytes that are no HTTP."""

from __future__ import annotations

import gzip
import json
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import Authority, Pair
from tests.http_call import call, connected, exchange
from tests.opid_process import DEADLINE, Opid, Start, starting_opid

pytestmark = pytest.mark.integration

INVENTORY = "/opi_api.inventory.v1.InventoryService/GetInventory"
SESSIONS = "/openoffload.v2.SessionTable"
MAX_BYTES = 4 * 1024 * 1024


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opid]:
    """A server in plain text."""
    with starting_opid(tmp_path_factory.mktemp("wire")) as start:
        yield start(http="127.0.0.1:0")


@pytest.fixture
def opid(tmp_path: Path) -> Iterator[Start]:
    """Start servers."""
    with starting_opid(tmp_path / "state") as start:
        yield start


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Who signs server and clients."""
    return Authority(tmp_path)


def open_socket(server: Opid) -> socket.socket:
    """A TCP connection to the gateway."""
    host, _, port = server.http.rpartition(":")
    return socket.create_connection((host, int(port)), DEADLINE)


def read_all(connection: socket.socket) -> bytes:
    """Everything until the other end closes."""
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


# -- TLS


def tls_flags(pair: Pair, client_ca: Path | None = None) -> tuple[str, ...]:
    """Flags that give a server its certificate."""
    flags = ("--tls-cert", str(pair.certificate), "--tls-key", str(pair.key))
    return (*flags, "--tls-client-ca", str(client_ca)) if client_ca else flags


def client(authority: Authority, pair: Pair | None = None) -> ssl.SSLContext:
    """A client that trusts the authority, and shows a certificate."""
    context = ssl.create_default_context(cafile=str(authority.certificate))
    if pair is not None:
        context.load_cert_chain(pair.certificate, pair.key)
    return context


def test_tls(opid: Start, authority: Authority, tmp_path: Path) -> None:
    pair = authority.issue("dpu")
    server = opid(*tls_flags(pair), insecure=False, http="127.0.0.1:0")
    answer = call(server.http, "POST", INVENTORY, {}, tls=client(authority))
    assert answer.status == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        call(server.http, "POST", INVENTORY, {}, tls=client(Authority(tmp_path, "stranger")))
    with pytest.raises((ConnectionError, OSError)):
        call(server.http, "POST", INVENTORY, {})
    # A renewed certificate serves the next connection, and the old one goes on.
    renewed = Authority(tmp_path, "renewed")
    with connected(server.http, client(authority)) as old:
        assert exchange(old, "POST", INVENTORY, {}).status == 200
        for target, new in zip(pair, renewed.issue("dpu", file="new"), strict=True):
            shutil.copy(new, target.with_suffix(".tmp"))
            target.with_suffix(".tmp").replace(target)
        assert call(server.http, "POST", INVENTORY, {}, tls=client(renewed)).status == 200
        assert exchange(old, "POST", INVENTORY, {}).status == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2])
def test_tls_1_1_is_refused(opid: Start, authority: Authority, version: ssl.TLSVersion) -> None:
    server = opid(*tls_flags(authority.issue("dpu")), insecure=False, http="127.0.0.1:0")
    context = client(authority)
    context.set_ciphers("ALL:@SECLEVEL=0")  # else our own end refuses old versions first
    context.minimum_version = context.maximum_version = version
    if version is ssl.TLSVersion.TLSv1_2:
        assert call(server.http, "POST", INVENTORY, {}, tls=context).status == 200
    else:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            call(server.http, "POST", INVENTORY, {}, tls=context)


def test_mutual_tls_and_roles(opid: Start, authority: Authority, tmp_path: Path) -> None:
    roles = tmp_path / "roles.yaml"
    roles.write_text(
        "roles:\n  viewer:\n    methods: ['*/Get*']\n    subjects: [alice.example.com]\n"
    )
    flags = tls_flags(authority.issue("dpu"), authority.certificate)
    server = opid(*flags, "--authorization", str(roles), insecure=False, http="127.0.0.1:0")
    alice = client(authority, authority.issue("alice", "alice.example.com"))
    assert call(server.http, "POST", INVENTORY, {}, tls=alice).status == 200
    entry = server.wait_for("call", identity="alice")
    assert entry["transport"] == "http"
    refused = call(server.http, "GET", "/v1/nvmeSubsystems", tls=alice)
    assert (refused.status, refused.json["code"]) == (403, 7)
    # Nor does it tell what is wrong with a call that the caller may not make.
    garbled = call(server.http, "POST", "/v1/nvmeSubsystems", b"{", tls=alice)
    assert (garbled.status, garbled.json["code"]) == (403, 7)
    bob = client(authority, authority.issue("bob"))
    assert call(server.http, "POST", INVENTORY, {}, tls=bob).status == 403
    stranger = Authority(tmp_path, "stranger").issue("mallory")
    for context in (client(authority), client(authority, stranger)):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            call(server.http, "POST", INVENTORY, {}, tls=context)


# -- bodies


def test_a_body_in_chunks(plain: Opid) -> None:
    text = json.dumps({"name": "inventory/1/inventory/2"}).encode()
    answer = call(plain.http, "POST", INVENTORY, iter([text[:5], text[5:6], text[6:]]))
    assert answer.status == 200
    assert answer.json["system"]["name"] == "SimDPU 2x25G"


def test_a_body_that_is_compressed(plain: Opid) -> None:
    text = gzip.compress(b'{"name": "cards/1"}')
    answer = call(plain.http, "POST", INVENTORY, text, {"Content-Encoding": "gzip"})
    assert answer.status == 400
    assert "cards/1" in answer.problem
    garbage = call(plain.http, "POST", INVENTORY, b"garbage", {"Content-Encoding": "gzip"})
    assert garbage.status == 400


def test_a_long_body_is_read_and_a_longer_one_refused(plain: Opid) -> None:
    fitting = b'{"x":"' + b"a" * (MAX_BYTES - 8) + b'"}'
    assert len(fitting) == MAX_BYTES
    assert call(plain.http, "POST", INVENTORY, fitting).status == 200
    for headers in ({}, {"Expect": "100-continue"}):
        with open_socket(plain) as connection:
            lines = [f"POST {INVENTORY} HTTP/1.1", "Host: x", f"Content-Length: {MAX_BYTES + 1}"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            connection.sendall("\r\n".join([*lines, "", ""]).encode())
            answer = read_all(connection)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b'"code":8' in answer


def test_a_body_that_grows_too_long_in_chunks_or_by_decompression(plain: Opid) -> None:
    head = f"POST {INVENTORY} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with open_socket(plain) as connection:
        connection.sendall(head)
        try:
            for _ in range(MAX_BYTES // 0x10000 + 2):
                connection.sendall(chunk)
        except ConnectionError:
            pass  # it need not listen to the end
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
    bomb = gzip.compress(b" " * (64 * MAX_BYTES))
    answer = call(plain.http, "POST", INVENTORY, bomb, {"Content-Encoding": "gzip"})
    assert answer.status == 413


def test_a_client_that_waits_for_continue_gets_it(plain: Opid) -> None:
    with open_socket(plain) as connection:
        lines = [f"POST {INVENTORY} HTTP/1.1", "Host: x", "Content-Length: 2"]
        lines += ["Expect: 100-continue", "Connection: close", "", ""]
        connection.sendall("\r\n".join(lines).encode())
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert read_all(connection).startswith(b"HTTP/1.1 200 ")


def test_slow_clients_keep_nobody_waiting(plain: Opid) -> None:
    slow = [open_socket(plain) for _ in range(50)]
    try:
        for number, connection in enumerate(slow):
            line = f"POST {INVENTORY} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{"
            connection.sendall(line.encode()[: -number or None])
        began = time.monotonic()
        assert call(plain.http, "POST", INVENTORY, {}).status == 200
        assert time.monotonic() - began < 5
    finally:
        for connection in slow:
            connection.close()


def test_a_client_that_leaves_early_is_no_error(plain: Opid) -> None:
    for _ in range(20):
        with open_socket(plain) as connection:
            connection.sendall(f"POST {INVENTORY} HTTP/1.1\r\nHost: x\r\n".encode())
            connection.sendall(b"Content-Length: 5\r\n\r\n{")
    assert call(plain.http, "POST", INVENTORY, {}).status == 200
    assert [one.get("traceback") for one in plain.log if one["level"] == "error"] == []


@pytest.mark.parametrize(
    "data",
    [
        b"\x00" * 100,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 10_000 + b"\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        bytes(range(256)),
    ],
)
def test_bytes_that_are_no_http(plain: Opid, data: bytes) -> None:
    with open_socket(plain) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        try:
            answer = read_all(connection)
        except ConnectionError:
            answer = b""
    assert answer == b"" or answer.split(b" ")[1].startswith(b"4")
    assert call(plain.http, "POST", INVENTORY, {}).status == 200
    assert [one.get("traceback") for one in plain.log if one["level"] == "error"] == []


def test_requests_in_a_row_on_one_connection(plain: Opid) -> None:
    with connected(plain.http) as connection:
        for number in range(20):
            own_id = f"row-{number}"
            target = INVENTORY if number % 2 else "/nothing"
            answer = exchange(connection, "POST", target, {}, {"X-Request-Id": own_id})
            assert answer.headers["X-Request-Id"] == own_id
            assert answer.status == (200 if number % 2 else 404)


def test_a_target_with_our_name_in_front(plain: Opid) -> None:
    answer = call(plain.http, "GET", f"http://{plain.http}/healthz?service=")
    assert answer.json == {"status": "SERVING"}


# -- streams


def test_streams_without_back_end(plain: Opid) -> None:
    """The forms of answers that come are in the unit tests: no service streams yet."""
    closed = call(plain.http, "POST", f"{SESSIONS}/GetClosedSessions", {})
    assert closed.status == 501
    assert closed.json["error"]["code"] == 12
    body: Any = b'{"sessionId":"1"}\n{"sessionId":"2"}\n'
    added = call(plain.http, "POST", f"{SESSIONS}/AddSession", body)
    assert (added.status, added.json["code"]) == (501, 12)
    wrong = call(plain.http, "POST", f"{SESSIONS}/AddSession", b"{} 7")
    assert (wrong.status, wrong.json["code"]) == (400, 3)


# -- other clients, and the end


def test_curl(plain: Opid) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl")
    command = ["curl", "-sS", "-m", "20", "-w", "%{http_code}", "-d", "{}"]
    done = subprocess.run(
        [*command, f"http://{plain.http}{INVENTORY}"], capture_output=True, check=True
    )
    assert done.stdout.endswith(b"}200")


def test_it_ends_in_time_whoever_is_connected(opid: Start) -> None:
    server = opid("--grace", "0.5", http="127.0.0.1:0")
    with open_socket(server) as idle, open_socket(server) as slow, connected(server.http) as kept:
        assert exchange(kept, "GET", "/healthz").status == 200
        idle.sendall(b"GET /healthz HTTP/1.1\r\n")
        slow.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.end() == 0
        assert time.monotonic() - began < 8
    assert server.log[-1]["message"] == "stopped"


def test_interfaces_hear_only_what_comes_in_through_them(opid: Start) -> None:
    """On loopback, which every machine has; `test_dpu_server` has more of them."""
    server = opid("--listen-interface", "lo", grpc="", http="127.0.0.2:0")
    hosts = server.wait_for("serving")["http"]
    assert hosts[0].startswith("127.0.0.2:")
    assert any(one.startswith("127.0.0.1:") for one in hosts[1:])
    for endpoint in hosts[:2]:
        assert call(endpoint, "GET", "/healthz").status == 200
