"""Answers: HTTP statuses for canonical codes, and errors as google.rpc.Status in JSON."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web
from grpc import StatusCode

from dpu_sim.api.call import REQUEST_ID_HEADER
from dpu_sim.api.errors import ApiError
from dpu_sim.gateway.codec import Json, dumps, encode

JSON = "application/json"
LINES = "application/x-ndjson"
"""JSON values with a line for each."""

HTTP_STATUS: Mapping[StatusCode, int] = {
    StatusCode.OK: 200,
    StatusCode.CANCELLED: 499,
    StatusCode.UNKNOWN: 500,
    StatusCode.INVALID_ARGUMENT: 400,
    StatusCode.DEADLINE_EXCEEDED: 504,
    StatusCode.NOT_FOUND: 404,
    StatusCode.ALREADY_EXISTS: 409,
    StatusCode.PERMISSION_DENIED: 403,
    StatusCode.UNAUTHENTICATED: 401,
    StatusCode.RESOURCE_EXHAUSTED: 429,
    StatusCode.FAILED_PRECONDITION: 400,
    StatusCode.ABORTED: 409,
    StatusCode.OUT_OF_RANGE: 400,
    StatusCode.UNIMPLEMENTED: 501,
    StatusCode.INTERNAL: 500,
    StatusCode.UNAVAILABLE: 503,
    StatusCode.DATA_LOSS: 500,
}
"""As google/rpc/code.proto has them, and grpc-gateway."""


class RefusedError(Exception):
    """A request that does not become a call, for a reason that HTTP has a status for.

    Attributes:
        status: of HTTP.
        error: what the body tells.
        headers: of the answer, besides.
    """

    def __init__(
        self, status: int, error: ApiError, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error
        self.headers = dict(headers or {})


def headers(request_id: str) -> dict[str, str]:
    """Headers of every answer. Browsers must not take JSON for something that they would run."""
    return {
        REQUEST_ID_HEADER: request_id,
        "Server": "opid",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


def answer(value: Json, request_id: str) -> web.Response:
    """The answer of a call that went well."""
    return web.Response(body=dumps(value), content_type=JSON, headers=headers(request_id))


def refusal(error: ApiError | RefusedError, request_id: str) -> web.Response:
    """The answer that tells of a failure."""
    if isinstance(error, ApiError):
        error = RefusedError(HTTP_STATUS[error.code], error)
    return web.Response(
        status=error.status,
        body=dumps(describe(error.error, request_id)),
        content_type=JSON,
        headers=headers(request_id) | error.headers,
    )


def describe(error: ApiError, request_id: str) -> Json:
    """google.rpc.Status as JSON: code, message, details with "@type"."""
    return encode(error.status(request_id))
