"""Calls over real connections to services that stream, fail, dawdle or hang."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientSession, ClientTimeout

from dpu_sim.api.call import Call
from dpu_sim.api.dispatch import Dispatcher
from dpu_sim.api.errors import ApiError, unavailable
from dpu_sim.gateway import bodies, edge
from dpu_sim.gateway.answers import HTTP_STATUS
from dpu_sim.gateway.server import Gateway
from dpu_sim.listeners import Listener
from dpu_sim.settings import Endpoint
from opi.catalog import catalog

DEADLINE = 20.0
SESSIONS = "openoffload.v2.SessionTable"
INVENTORY = "opi_api.inventory.v1.InventoryService"
GET = f"/{INVENTORY}/GetInventory"
ADD = catalog().method(f"/{SESSIONS}/AddSession")
CLOSED = catalog().method(f"/{SESSIONS}/GetClosedSessions")

Work = Callable[[ClientSession, Gateway], Awaitable[None]]


def serve(implementations: dict[str, object], work: Work) -> None:
    """Do `work` with a client of a gateway to these services."""

    async def main() -> None:
        dispatcher = Dispatcher(catalog())
        for name, one in implementations.items():
            dispatcher.add(name, one)
        gateway = Gateway(dispatcher, None, lambda _: True)
        endpoint = await gateway.listen(Listener(Endpoint("127.0.0.1", 0)))
        try:
            timeout = ClientTimeout(total=DEADLINE)
            async with ClientSession(f"http://{endpoint}", timeout=timeout) as session:
                await work(session, gateway)
        finally:
            await gateway.stop(0)

    asyncio.run(main())


def service(**methods: Any) -> object:
    return type("Service", (), {name: staticmethod(one) for name, one in methods.items()})()


def test_a_stream_of_answers_is_a_line_for_each_as_they_come() -> None:
    go_on = asyncio.Event()

    async def closed(_: Any, __: Call) -> AsyncIterator[Any]:
        yield CLOSED.response(session_id=1)
        await go_on.wait()
        yield CLOSED.response(session_id=2)

    async def work(client: ClientSession, _: Gateway) -> None:
        async with client.post(CLOSED.path, data=b"{}") as response:
            assert response.content_type == "application/x-ndjson"
            first = json.loads(await response.content.readline())
            assert first["result"]["sessionId"] == "1"
            go_on.set()
            rest = (await response.content.read()).splitlines()
            assert [json.loads(one)["result"]["sessionId"] for one in rest] == ["2"]

    serve({SESSIONS: service(GetClosedSessions=closed)}, work)


@pytest.mark.parametrize("before", [0, 2])
def test_a_stream_that_fails_ends_with_the_error(before: int) -> None:
    async def closed(_: Any, __: Call) -> AsyncIterator[Any]:
        for _number in range(before):
            yield CLOSED.response()
        raise unavailable("later")

    async def work(client: ClientSession, _: Gateway) -> None:
        async with client.post(CLOSED.path, data=b"{}") as response:
            assert response.status == (200 if before else 503)
            *_results, last = (await response.read()).splitlines()
            assert len(_results) == before
            assert json.loads(last)["error"]["message"] == "later"

    serve({SESSIONS: service(GetClosedSessions=closed)}, work)


def test_an_empty_stream_is_an_empty_answer() -> None:
    async def closed(_: Any, __: Call) -> AsyncIterator[Any]:
        for one in list[Any]():
            yield one

    async def work(client: ClientSession, _: Gateway) -> None:
        async with client.post(CLOSED.path, data=b"{}") as response:
            assert (response.status, await response.read()) == (200, b"")

    serve({SESSIONS: service(GetClosedSessions=closed)}, work)


def test_a_stream_of_requests_has_one_answer() -> None:
    async def add(requests: AsyncIterator[Any], _: Call) -> Any:
        ids = [one.session_id async for one in requests]
        return ADD.response(error_status=sum(ids))

    async def work(client: ClientSession, _: Gateway) -> None:
        data = b'{"sessionId":"1"} {"sessionId":2}\n{"sessionId":4}'
        async with client.post(ADD.path, data=data) as response:
            assert (await response.json())["errorStatus"] in {7, "7"}

    serve({SESSIONS: service(AddSession=add)}, work)


def test_a_client_that_leaves_ends_the_call() -> None:
    ended = asyncio.Event()

    async def closed(_: Any, __: Call) -> AsyncIterator[Any]:
        try:
            while True:
                yield CLOSED.response(session_id=1)
                await asyncio.sleep(0.01)
        finally:
            ended.set()

    async def work(client: ClientSession, _: Gateway) -> None:
        async with client.post(CLOSED.path, data=b"{}") as response:
            await response.content.readline()
            response.close()
        async with asyncio.timeout(DEADLINE):
            await ended.wait()

    serve({SESSIONS: service(GetClosedSessions=closed)}, work)


def test_a_client_that_does_not_read_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "WRITE_SECONDS", 0.2)
    ended = asyncio.Event()

    async def closed(_: Any, __: Call) -> AsyncIterator[Any]:
        try:
            while True:
                yield CLOSED.response(session_id=1)
        finally:
            ended.set()

    async def work(client: ClientSession, _: Gateway) -> None:
        async with client.post(CLOSED.path, data=b"{}"):
            async with asyncio.timeout(DEADLINE):
                await ended.wait()

    serve({SESSIONS: service(GetClosedSessions=closed)}, work)


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "READ_SECONDS", 0.1)

    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(DEADLINE)

    async def work(client: ClientSession, _: Gateway) -> None:
        async with client.post(GET, data=never()) as response:
            assert response.status == 408
            assert (await response.json())["code"] == 4

    serve({}, work)


@pytest.mark.parametrize("code", [one for one in HTTP_STATUS if one.value[0]])
def test_every_code_has_its_status(code: Any) -> None:
    async def get(_: Any, __: Call) -> Any:
        raise ApiError(code, "told")

    async def work(client: ClientSession, _: Gateway) -> None:
        async with client.post(GET, data=b"{}") as response:
            assert response.status == HTTP_STATUS[code]
            body = await response.json()
            assert (body["code"], body["message"]) == (code.value[0], "told")

    serve({INVENTORY: service(GetInventory=get)}, work)


@pytest.mark.parametrize("origin", [b"http://[", b"http://\xff", b"null", b""])
def test_an_origin_that_is_none_is_a_foreign_one(origin: bytes) -> None:
    async def work(session: ClientSession, gateway: Gateway) -> None:
        base = session._base_url
        assert base is not None
        reader, writer = await asyncio.open_connection(base.host, base.port)
        head = b"GET / HTTP/1.1\r\nHost: dpu\r\nConnection: close\r\nOrigin: %s\r\n\r\n"
        writer.write(head % origin)
        async with asyncio.timeout(DEADLINE):
            answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 403 "), answer
        assert b"may not call this DPU" in answer

    serve({}, work)


def test_a_defect_is_internal_and_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def get(_: Any, __: Call) -> Any:
        raise RuntimeError("s3cret")

    async def work(client: ClientSession, _: Gateway) -> None:
        async with client.post(GET, data=b"{}") as response:
            assert response.status == 500
            assert "s3cret" not in await response.text()

    serve({INVENTORY: service(GetInventory=get)}, work)
    assert "s3cret" in caplog.text


def test_what_a_service_knows_of_a_call() -> None:
    calls: list[Call] = []

    async def get(_: Any, call: Call) -> Any:
        calls.append(call)
        return catalog().method(GET).response()

    async def work(client: ClientSession, _: Gateway) -> None:
        headers = {"X-Request-Id": "me-1", "Grpc-Timeout": "2S", "Traceparent": "00-a"}
        now = asyncio.get_running_loop().time()
        async with client.post(GET, data=b"{}", headers=headers) as response:
            assert response.status == 200
        (call,) = calls
        assert (call.method, call.request_id, call.transport) == (GET, "me-1", "http")
        assert call.peer.startswith("ipv4:127.0.0.1:")
        assert call.identity is None
        assert call.metadata["traceparent"] == "00-a"
        assert call.deadline is not None
        assert 1.5 < call.deadline - now < 3

    serve({INVENTORY: service(GetInventory=get)}, work)


def test_stopping_waits_for_running_calls() -> None:
    began = asyncio.Event()

    async def get(_: Any, __: Call) -> Any:
        began.set()
        await asyncio.sleep(0.3)
        return catalog().method(GET).response()

    async def work(client: ClientSession, gateway: Gateway) -> None:
        calling = asyncio.create_task(client.post(GET, data=b"{}"))
        await began.wait()
        await gateway.stop(DEADLINE)
        async with await calling as response:
            assert response.status == 200

    serve({INVENTORY: service(GetInventory=get)}, work)
