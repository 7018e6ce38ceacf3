"""A target that answers wrongly, or not, costs a call its time and nothing more."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from dpu_sim.api.errors import ApiError
from dpu_sim.storage import spdk
from dpu_sim.storage.spdk import SpdkClient, SpdkError

DEADLINE = 10.0
PATIENCE = 0.5
LONG = "ü" * 100_000
"""A text in many pieces, most of whose borders would cut a character in two."""

Answer = Callable[[socket.socket, dict[str, Any]], None]


@contextmanager
def target(path: Path, answer: Answer) -> Iterator[None]:
    """A target that gives this answer to the first call, and from then on good ones."""
    requests = 0

    def serve(connection: socket.socket) -> None:
        nonlocal requests
        with connection, suppress(OSError):
            while request := connection.recv(1 << 16):
                requests += 1
                reply = answer if requests == 1 else good
                reply(connection, json.loads(request))

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=serve, args=[connection], daemon=True).start()

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield
        finally:
            listening.shutdown(socket.SHUT_RDWR)


def good(connection: socket.socket, request: dict[str, Any]) -> None:
    connection.sendall(json.dumps({"id": request["id"], "result": True}).encode())


def literally(data: bytes) -> Answer:
    return lambda connection, _: connection.sendall(data)


def drip(connection: socket.socket, _: dict[str, Any]) -> None:
    """Bytes without end, each of them well within the time of a call."""
    while True:
        connection.sendall(b"[")
        time.sleep(PATIENCE / 10)


def flood(connection: socket.socket, _: dict[str, Any]) -> None:
    connection.sendall(b'"')
    while True:
        connection.sendall(b"x" * (1 << 16))


def with_client(path: Path, work: Callable[[SpdkClient], Any]) -> None:
    async def main() -> None:
        client = SpdkClient(path)
        try:
            async with asyncio.timeout(DEADLINE):
                await work(client)
        finally:
            client.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    "answer",
    [
        literally(b"\xff\xfe"),
        literally(b"not JSON"),
        literally(b"[1]"),
        literally(b"0"),
        literally(b"[" * 50_000 + b"]" * 50_000),
        literally(b'{"id": 4711, "result": true}'),
        literally(b'{"id": 1, "result": true}{"id": 1, "result": true}'),
        literally(b'{"id": 1, "error": "bad"}'),
        literally(b'{"id": 1, "error": {"code": "bad"}}'),
        drip,
        flood,
    ],
)
def test_a_wrong_answer_is_unavailable_and_the_next_call_works(
    answer: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spdk, "TIMEOUT", PATIENCE)
    path = tmp_path / "spdk.sock"

    async def work(client: SpdkClient) -> None:
        with pytest.raises(ApiError, match="does not answer"):
            await client.call("spdk_get_version")
        assert await client.call("spdk_get_version") is True

    with target(path, answer):
        with_client(path, work)


def test_a_request_that_the_target_cannot_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "spdk.sock"
    unread = literally(b'{"id": null, "error": {"code": -32700, "message": "Parse error"}}')

    async def work(client: SpdkClient) -> None:
        with pytest.raises(SpdkError, match="Parse error"):
            await client.call("spdk_get_version")

    with target(path, unread):
        with_client(path, work)


def test_text_beyond_ascii_arrives_whole(tmp_path: Path) -> None:
    path = tmp_path / "spdk.sock"
    text = json.dumps({"id": 1, "result": "x" + LONG}, ensure_ascii=False).encode()

    def in_pieces(connection: socket.socket, _: dict[str, Any]) -> None:
        for start in range(0, len(text), 4095):
            connection.sendall(text[start : start + 4095])

    async def work(client: SpdkClient) -> None:
        assert await client.call("spdk_get_version") == "x" + LONG

    with target(path, in_pieces):
        with_client(path, work)


def test_a_target_that_does_not_accept_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spdk, "TIMEOUT", PATIENCE)
    path = tmp_path / "spdk.sock"

    async def work(client: SpdkClient) -> None:
        with pytest.raises(ApiError, match="does not answer"):
            await client.call("spdk_get_version")

    with socket.socket(socket.AF_UNIX) as stopped, socket.socket(socket.AF_UNIX) as before:
        stopped.bind(str(path))
        stopped.listen(0)
        before.connect(str(path))  # there is room for no other
        with_client(path, work)


def test_calls_wait_together_for_a_target_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spdk, "TIMEOUT", PATIENCE)
    path = tmp_path / "spdk.sock"
    count = 20

    async def work(client: SpdkClient) -> None:
        begun = time.monotonic()
        calls = (client.call("spdk_get_version") for _ in range(count))
        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(one, ApiError) for one in ended)
        assert time.monotonic() - begun < count * PATIENCE / 2
        assert await client.call("spdk_get_version") is True

    with target(path, lambda *_: None):
        with_client(path, work)
