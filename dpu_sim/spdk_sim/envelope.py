"""JSON-RPC 2.0 envelopes, with the liberties that SPDK takes.

The member `jsonrpc` may be missing; a request without an id, or with a null one, is a notification
and gets no answer; a member that is not of JSON-RPC makes a request invalid.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from dpu_sim.spdk_sim.errors import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    RpcError,
    system_error,
)

Handler = Callable[[Any], Awaitable[Any]]
"""Takes the parameters (an object, an array or None), returns the result.

Raises RpcError, or OSError with an errno, which is told as SPDK tells it.
"""

_log = logging.getLogger("dpu_sim.spdk_sim")

_INTERNAL = RpcError(INTERNAL_ERROR, "Internal error")
_MEMBERS = {"jsonrpc", "method", "params", "id"}


async def answer(request: Any, methods: Mapping[str, Handler]) -> Any:
    """The answer to one request or batch; None when there is nothing to send."""
    if not isinstance(request, list):
        return await _answer_one(request, methods)
    if not request:
        return _failure(None, RpcError(INVALID_REQUEST, "Invalid request"))
    answers = [await _answer_one(one, methods) for one in request]
    return [one for one in answers if one is not None] or None


async def _answer_one(request: Any, methods: Mapping[str, Handler]) -> dict[str, Any] | None:
    if not _well_formed(request):
        return _failure(None, RpcError(INVALID_REQUEST, "Invalid request"))
    number = request.get("id")
    try:
        result = await _call(request, methods)
    except RpcError as error:
        return None if number is None else _failure(number, error)
    except Exception:  # noqa: BLE001  one bad request must not take the others along
        _log.exception("%s failed", request["method"])
        return None if number is None else _failure(number, _INTERNAL)
    return None if number is None else {"jsonrpc": "2.0", "id": number, "result": result}


async def _call(request: Mapping[str, Any], methods: Mapping[str, Handler]) -> Any:
    parameters = request.get("params")
    if not isinstance(parameters, dict | list | None):
        raise RpcError(INVALID_REQUEST, "Invalid request")
    handler = methods.get(request["method"])
    if handler is None:
        raise RpcError(METHOD_NOT_FOUND, "Method not found")
    try:
        return await handler(parameters)
    except OSError as error:
        if error.errno is None:
            raise
        raise system_error(error.errno) from error


def _well_formed(request: Any) -> bool:
    return (
        isinstance(request, dict)
        and set(request) <= _MEMBERS
        and request.get("jsonrpc", "2.0") == "2.0"
        and isinstance(request.get("method"), str)
        and isinstance(request.get("id"), int | str | None)
        and not isinstance(request.get("id"), bool)
    )


def _failure(number: Any, error: RpcError) -> dict[str, Any]:
    body = {"code": error.code, "message": error.message}
    return {"jsonrpc": "2.0", "id": number, "error": body}
