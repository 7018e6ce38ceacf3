"""Calls over real connections: statuses, sizes, deadlines, cancellation, streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, PreconditionFailure, RequestInfo
from google.rpc.status_pb2 import Status

from dpu_sim.api.access_log import AccessLog
from dpu_sim.api.call import Call
from dpu_sim.api.dispatch import Dispatcher
from dpu_sim.api.errors import ApiError, failed_precondition, invalid_argument, not_found
from dpu_sim.api.observation import Observation
from dpu_sim.api.stage import Stage
from opi.catalog import catalog
from tests.unit.dpu_sim.api.device import DEADLINE, METHODS

INVENTORY = "opi_api.inventory.v1.InventoryService"
SESSIONS = "openoffload.v2.SessionTable"
GET = METHODS["GetInventory"]
ADD = METHODS["AddSession"]
CLOSED = METHODS["GetClosedSessions"]

Handler = Callable[[Any, Call], Any]


def inventory(handler: Handler) -> object:
    return type("Service", (), {"GetInventory": staticmethod(handler)})()


def serve(
    implementations: dict[str, object],
    work: Callable[[Any], Awaitable[None]],
    stages: Sequence[Stage] = (),
) -> None:
    """Do `work` with a channel to a server with these services."""

    async def main() -> None:
        dispatcher = Dispatcher(catalog(), stages)
        for name, one in implementations.items():
            dispatcher.add(name, one)
        server = grpc.aio.server()
        server.add_generic_rpc_handlers(tuple(dispatcher.grpc_handlers()))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            async with (
                asyncio.timeout(DEADLINE),
                grpc.aio.insecure_channel(f"127.0.0.1:{port}") as to,
            ):
                await work(to)
        finally:
            await server.stop(0)

    asyncio.run(main())


def call(channel: Any, data: bytes = b"", **options: Any) -> Any:
    return channel.unary_unary(GET.path, response_deserializer=GET.response.FromString)(
        data, **options
    )


async def failure(calling: Awaitable[Any]) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await calling
    return caught.value


def status(error: grpc.aio.AioRpcError) -> Status:
    pairs = dict(error.trailing_metadata() or ())
    return Status.FromString(pairs["grpc-status-details-bin"])


def raising(error: Exception) -> object:
    async def handler(_: Any, __: Call) -> Message:
        raise error

    return inventory(handler)


# -- statuses


def test_a_refusal_carries_its_details_and_the_request_id() -> None:
    async def work(channel: Any) -> None:
        error = await failure(call(channel, metadata=(("x-request-id", "mine"),)))
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert error.details() == "spec.mtu: is negative — é"
        sent = status(error)
        assert (sent.code, sent.message) == (3, error.details())
        request, info = BadRequest(), RequestInfo()
        assert sent.details[0].Unpack(request)
        assert request.field_violations[0].field == "spec.mtu"
        assert sent.details[1].Unpack(info)
        assert info.request_id == "mine"

    serve({INVENTORY: raising(invalid_argument("spec.mtu", "is negative — é"))}, work)


@pytest.mark.parametrize("bad", ["a b", "x" * 129, "semi;colon", ""])
def test_a_request_id_that_is_unfit_for_logs_is_replaced(bad: str) -> None:
    async def work(channel: Any) -> None:
        error = await failure(call(channel, metadata=(("x-request-id", bad),)))
        info = RequestInfo()
        assert status(error).details[-1].Unpack(info)
        assert len(info.request_id) == 32
        assert int(info.request_id, 16) > 0

    serve({INVENTORY: raising(not_found("a"))}, work)


@pytest.mark.parametrize("text", ["x", "%", "é", "\U0001f4a5", "\n", "x\U0001f4a5"])
@pytest.mark.parametrize("times", [100, 2000, 100_000])
def test_a_status_of_any_size_arrives(text: str, times: int) -> None:
    message = text * times
    names = [f"nvmeSubsystems/{n}-{text * 30}" for n in range(50)]
    error = failed_precondition(message, names, problem="stands in the way")

    async def work(channel: Any) -> None:
        got = await failure(call(channel))
        assert got.code() is grpc.StatusCode.FAILED_PRECONDITION
        details = got.details()
        assert details is not None
        shown = details.removesuffix("…")
        assert message.startswith(shown)
        assert len(shown) > 100 or shown == message
        assert (shown == message) == (details == message)
        assert status(got).message == details

    serve({INVENTORY: raising(error)}, work)


def test_details_are_dropped_only_when_they_do_not_fit() -> None:
    for count, kept in ((10, True), (200, False)):
        error = failed_precondition("m", [f"nvmeSubsystems/{n:030}" for n in range(count)])

        async def work(channel: Any, kept: bool = kept, count: int = count) -> None:
            sent = status(await failure(call(channel)))
            detail = PreconditionFailure()
            assert sent.details[0].Unpack(detail) == kept
            assert len(detail.violations) == (count if kept else 0)

        serve({INVENTORY: raising(error)}, work)


@pytest.mark.parametrize("data", [b"\xff", b"\x0a\x05ab", b"\x0a\x02\xff\xfe"])
def test_what_is_no_request_is_the_callers_fault(data: bytes) -> None:
    async def work(channel: Any) -> None:
        error = await failure(call(channel, data))
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "opi_api.inventory.v1.GetInventoryRequest" in (error.details() or "")

    serve({INVENTORY: raising(ZeroDivisionError())}, work)


def test_a_defect_tells_nothing_but_where() -> None:
    async def work(channel: Any) -> None:
        error = await failure(call(channel))
        assert error.code() is grpc.StatusCode.INTERNAL
        assert error.details() == f"internal error in {GET.path}"
        assert b"hush" not in status(error).SerializeToString()

    serve({INVENTORY: raising(ValueError("hush"))}, work)


def test_an_answer_of_the_wrong_type_is_a_defect() -> None:
    async def handler(_: Any, __: Call) -> Any:
        return Status()

    async def work(channel: Any) -> None:
        assert (await failure(call(channel))).code() is grpc.StatusCode.INTERNAL

    serve({INVENTORY: inventory(handler)}, work)


def test_without_an_implementation_every_method_is_unimplemented_and_so_is_an_unknown_one() -> None:
    async def work(channel: Any) -> None:
        for method in catalog().methods():
            if method.client_streaming:
                continue
            make = channel.unary_stream if method.server_streaming else channel.unary_unary
            answer = make(method.path)(b"")
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                _ = [one async for one in answer] if method.server_streaming else await answer
            assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED, method
        error = await failure(channel.unary_unary("/a.B/C")(b""))
        assert error.code() is grpc.StatusCode.UNIMPLEMENTED

    serve({}, work)


# -- callers who give up


class Waiting:
    """A handler that never ends by itself, and what became of it."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.seen: Call | None = None

    async def __call__(self, _: Any, seen: Call) -> Message:
        self.seen = seen
        self.entered.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        raise AssertionError


def test_work_ends_at_the_deadline() -> None:
    handler = Waiting()

    async def work(channel: Any) -> None:
        error = await failure(call(channel, timeout=0.2))
        assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await handler.cancelled.wait()

    serve({INVENTORY: inventory(handler)}, work)


def test_work_ends_when_the_caller_cancels() -> None:
    handler = Waiting()

    async def work(channel: Any) -> None:
        calling = call(channel)
        waiting = asyncio.ensure_future(calling.wait_for_connection())
        await handler.entered.wait()
        waiting.cancel()
        calling.cancel()
        await handler.cancelled.wait()
        assert handler.seen is not None
        assert handler.seen.peer.startswith("ipv4:127.0.0.1:")
        assert handler.seen.deadline is None

    serve({INVENTORY: inventory(handler)}, work)


# -- streams


class Sessions:
    """The session table with what a test gives it."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()
        self.error: Exception | None = None
        self.count = 3

    async def GetClosedSessions(self, _: Any, __: Call) -> AsyncIterator[Message]:  # noqa: N802
        try:
            for number in range(self.count):
                yield CLOSED.response(**{CLOSED.response.DESCRIPTOR.fields[0].name: number + 1})
            if self.error:
                raise self.error
        finally:
            self.closed.set()

    async def AddSession(self, requests: Any, _: Call) -> Message:  # noqa: N802
        count = len([one async for one in requests])
        if count == 0:
            raise invalid_argument("session", "is required")
        return ADD.response()


def read(channel: Any) -> Any:
    return channel.unary_stream(CLOSED.path)(b"")


def test_a_stream_of_answers_arrives_whole_and_ends() -> None:
    async def work(channel: Any) -> None:
        assert len([one async for one in read(channel)]) == 3

    serve({SESSIONS: Sessions()}, work)


@pytest.mark.parametrize(
    ("error", "code"),
    [(not_found("a"), grpc.StatusCode.NOT_FOUND), (ValueError("hush"), grpc.StatusCode.INTERNAL)],
)
def test_a_stream_that_fails_keeps_what_came_before(
    error: Exception, code: grpc.StatusCode
) -> None:
    service = Sessions()
    service.error = error

    async def work(channel: Any) -> None:
        seen = 0

        async def count(answer: Any) -> None:
            nonlocal seen
            async for _ in answer:
                seen += 1

        got = await failure(count(read(channel)))
        assert (seen, got.code()) == (3, code)
        assert "hush" not in (got.details() or "")

    serve({SESSIONS: service}, work)


def test_a_stream_that_nobody_reads_any_more_is_closed() -> None:
    service = Sessions()
    service.count = 1_000_000

    async def work(channel: Any) -> None:
        answer = read(channel)
        async for _ in answer:
            break
        answer.cancel()
        await service.closed.wait()

    serve({SESSIONS: service}, work)


def test_a_stream_of_requests_gets_one_answer_or_one_refusal() -> None:
    async def work(channel: Any) -> None:
        add = channel.stream_unary(ADD.path)
        assert await add(iter([b"", b""])) == b""
        error = await failure(add(iter([])))
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
        error = await failure(add(iter([b"", b"\xff"])))
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT

    serve({SESSIONS: Sessions()}, work)


# -- the dispatcher


def test_an_implementation_has_the_methods_of_its_service_and_no_others() -> None:
    dispatcher = Dispatcher(catalog())
    with pytest.raises(KeyError):
        dispatcher.add("a.B", object())
    wrong = type("Wrong", (), {"GetInventry": lambda: None})()
    with pytest.raises(ValueError, match="GetInventry"):
        dispatcher.add(INVENTORY, wrong)
    assert not dispatcher.implements(INVENTORY)
    dispatcher.add(INVENTORY, raising(ValueError()))
    assert dispatcher.implements(INVENTORY)
    with pytest.raises(ValueError, match="already"):
        dispatcher.add(INVENTORY, raising(ValueError()))


def test_stages_stand_around_each_other_the_first_outermost() -> None:
    log: list[str] = []

    class Note:
        def __init__(self, name: str) -> None:
            self.name = name

        def unary(self, method: Any, handler: Any) -> Any:
            async def noted(request: Message, call: Call) -> Message:
                log.append(f"+{self.name}")
                try:
                    answer: Message = await handler(request, call)
                except ApiError as error:
                    log.append(f"-{self.name} {error.code.name}")
                    raise
                return answer

            return noted

        def stream(self, method: Any, handler: Any) -> Any:
            return handler

    async def work(channel: Any) -> None:
        await failure(call(channel))

    serve({INVENTORY: raising(ValueError())}, work, [Note("a"), Note("b")])
    assert log == ["+a", "+b", "-b INTERNAL", "-a INTERNAL"]


def test_stages_see_calls_whose_request_cannot_be_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def work(channel: Any) -> None:
        assert (await failure(call(channel, b"\xff"))).code() is grpc.StatusCode.INVALID_ARGUMENT

    with caplog.at_level("INFO", "dpu_sim.access"):
        serve({INVENTORY: raising(ValueError())}, work, [Observation([AccessLog()])])
    (record,) = caplog.records
    assert record.__dict__["data"]["code"] == "INVALID_ARGUMENT"


def test_a_stage_that_breaks_is_contained_too() -> None:
    class Broken:
        def unary(self, method: Any, handler: Any) -> Any:
            async def broken(request: Message, call: Call) -> Message:
                raise ZeroDivisionError

            return broken

        def stream(self, method: Any, handler: Any) -> Any:
            return handler

    async def work(channel: Any) -> None:
        assert (await failure(call(channel))).code() is grpc.StatusCode.INTERNAL

    serve({INVENTORY: raising(not_found("a"))}, work, [Broken()])
