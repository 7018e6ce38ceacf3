"""The access log: one record for every call, whichever way it ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from google.protobuf.message import Message

from dpu_sim.api.access_log import AccessLog
from dpu_sim.api.call import Call, Identity
from dpu_sim.api.dispatch import Dispatcher
from dpu_sim.api.errors import not_found
from dpu_sim.api.observation import Observation
from opi.catalog import catalog
from tests.unit.dpu_sim.api.device import METHODS, make_call

GET, CLOSED = METHODS["GetInventory"], METHODS["GetClosedSessions"]


def log_of(
    caplog: pytest.LogCaptureFixture, handler: Any, level: int = logging.INFO, **call: Any
) -> logging.LogRecord:
    """The record of a call of GetInventory that `handler` answers."""

    async def main() -> None:
        dispatcher = Dispatcher(catalog(), [Observation([AccessLog()])])
        service = type("Service", (), {"GetInventory": staticmethod(handler)})()
        dispatcher.add("opi_api.inventory.v1.InventoryService", service)
        request = GET.request()
        async with asyncio.timeout(10):
            calling = asyncio.ensure_future(dispatcher.unary(GET, request, make_call(GET, **call)))
            await asyncio.sleep(0.02)
            calling.cancel()
            await asyncio.gather(calling, return_exceptions=True)

    with caplog.at_level(level, "dpu_sim.access"):
        asyncio.run(main())
    (record,) = [one for one in caplog.records if one.name == "dpu_sim.access"]
    return record


async def succeed(_: Any, __: Call) -> Message:
    return GET.response()


async def refuse(_: Any, __: Call) -> Message:
    raise not_found("inventories/x")


async def fail(_: Any, __: Call) -> Message:
    raise ZeroDivisionError("hush")


async def wait(_: Any, __: Call) -> Message:
    await asyncio.Event().wait()
    raise AssertionError


def test_a_call_that_succeeds(caplog: pytest.LogCaptureFixture) -> None:
    identity = Identity("alice", ("alice.example.com",))
    record = log_of(caplog, succeed, identity=identity)
    data = record.__dict__["data"]
    assert 0 <= data.pop("duration_ms") < 1000
    assert data == {
        "method": "opi_api.inventory.v1.InventoryService/GetInventory",
        "code": "OK",
        "request_id": "r1",
        "transport": "grpc",
        "peer": "ipv4:127.0.0.1:4711",
        "identity": "alice",
    }
    assert (record.levelname, record.message) == ("INFO", "call")


@pytest.mark.parametrize(
    ("handler", "code", "level", "problem"),
    [
        (refuse, "NOT_FOUND", "INFO", "inventories/x does not exist"),
        (fail, "INTERNAL", "ERROR", f"internal error in {GET.path}"),
        (wait, "CANCELLED", "INFO", "the caller has gone"),
    ],
)
def test_a_call_that_fails(
    caplog: pytest.LogCaptureFixture, handler: Any, code: str, level: str, problem: str
) -> None:
    record = log_of(caplog, handler)
    data = record.__dict__["data"]
    assert (data["code"], record.levelname, data["problem"]) == (code, level, problem)
    assert "request" not in data


def test_a_call_whose_deadline_has_passed(caplog: pytest.LogCaptureFixture) -> None:
    data = log_of(caplog, wait, deadline=0.0).__dict__["data"]
    assert data["code"] == "DEADLINE_EXCEEDED"


def test_at_debug_level_the_request_is_there(caplog: pytest.LogCaptureFixture) -> None:
    assert log_of(caplog, succeed, logging.DEBUG).__dict__["data"]["request"] == {}


def test_above_info_only_our_own_faults_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert log_of(caplog, fail, logging.ERROR).levelname == "ERROR"
    caplog.clear()
    with pytest.raises(ValueError, match="not enough values"):  # there is no record
        log_of(caplog, refuse, logging.ERROR)


def test_a_stream_is_one_record_that_counts_its_answers(caplog: pytest.LogCaptureFixture) -> None:
    class Sessions:
        async def GetClosedSessions(self, _: Any, __: Call) -> AsyncIterator[Message]:  # noqa: N802
            for _ in range(3):
                yield CLOSED.response()
            raise not_found("session")

    async def main() -> None:
        dispatcher = Dispatcher(catalog(), [Observation([AccessLog()])])
        dispatcher.add("openoffload.v2.SessionTable", Sessions())
        answers = dispatcher.stream(CLOSED, CLOSED.request(), make_call(CLOSED))
        with pytest.raises(Exception, match="session"):
            _ = [one async for one in answers]

    with caplog.at_level(logging.INFO, "dpu_sim.access"):
        asyncio.run(main())
    (record,) = [one for one in caplog.records if one.name == "dpu_sim.access"]
    data = record.__dict__["data"]
    assert (data["code"], data["responses"]) == ("NOT_FOUND", 3)
