"""How a call that fails ends at the client."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
import pytest
from google.rpc.status_pb2 import Status

from dpu_sim.api.errors import DETAILS_KEY, ApiError, StatusInterceptor

METHOD = "/test.Service/Call"


async def _call(behave: Callable[[bytes, Any], Awaitable[bytes]]) -> bytes:
    """Serve one method that does `behave`, and call it."""
    server = grpc.aio.server(interceptors=[StatusInterceptor()])
    handler: Any = grpc.unary_unary_rpc_method_handler(behave)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("test.Service", {"Call": handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            call: Any = channel.unary_unary(METHOD)
            answer: bytes = await call(b"question", timeout=10)
            return answer
    finally:
        await server.stop(None)


def _failure(behave: Callable[[bytes, Any], Awaitable[bytes]]) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        asyncio.run(_call(behave))
    return caught.value


def test_answers_pass() -> None:
    async def echo(request: bytes, _: Any) -> bytes:
        return request

    assert asyncio.run(_call(echo)) == b"question"


def test_api_error_becomes_its_status() -> None:
    async def refuse(*_: Any) -> bytes:
        raise ApiError(grpc.StatusCode.FAILED_PRECONDITION, "no kernel ESP")

    error = _failure(refuse)
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert error.details() == "no kernel ESP"
    metadata = dict(error.trailing_metadata() or ())
    assert Status.FromString(metadata[DETAILS_KEY]).code == 9


def test_a_handlers_own_abort_passes() -> None:
    async def abort(_: bytes, context: Any) -> bytes:
        await context.abort(grpc.StatusCode.NOT_FOUND, "not here")
        return b""

    error = _failure(abort)
    assert (error.code(), error.details()) == (grpc.StatusCode.NOT_FOUND, "not here")


def test_a_defect_is_logged_here_and_not_told_there(caplog: pytest.LogCaptureFixture) -> None:
    async def break_down(*_: Any) -> bytes:
        raise RuntimeError("the password is xyz")

    with caplog.at_level(logging.ERROR, "dpu_sim"):
        error = _failure(break_down)
    assert error.code() is grpc.StatusCode.INTERNAL
    assert error.details() == f"internal error in {METHOD}"
    (record,) = (record for record in caplog.records if record.name.startswith("dpu_sim"))
    assert record.exc_info is not None
    assert "the password is xyz" in str(record.exc_info[1])
