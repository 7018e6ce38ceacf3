"""How services report failure, and how that reaches the client.

A service raises `ApiError`; `StatusInterceptor` turns it into a gRPC status whose details travel
as google.rpc.Status in the trailing metadata `grpc-status-details-bin`, the way every gRPC
language's status library reads them (google.aip.dev/193).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status

DETAILS_KEY = "grpc-status-details-bin"

_log = logging.getLogger(__name__)


class ApiError(Exception):
    """A call that the service refuses.

    Args:
        code: canonical status code.
        message: for developers, in English; says what to change where that is possible.
        details: google.rpc.error_details messages, for programs.
    """

    def __init__(self, code: grpc.StatusCode, message: str, *details: Message) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    def status(self) -> Status:
        """The error as google.rpc.Status."""
        status = Status(code=self.code.value[0], message=self.message)
        for detail in self.details:
            status.details.add().Pack(detail)
        return status


def invalid_argument(field: str, problem: str) -> ApiError:
    """INVALID_ARGUMENT for one request field, with a google.rpc.BadRequest detail."""
    violation = BadRequest.FieldViolation(field=field, description=problem)
    detail = BadRequest(field_violations=[violation])
    return ApiError(grpc.StatusCode.INVALID_ARGUMENT, f"{field}: {problem}", detail)


_Handler = Callable[[Any, Any], Any]
"""A unary handler; grpc's types call its context the synchronous one."""


class StatusInterceptor(grpc.aio.ServerInterceptor):
    """Gives every unary call that fails a proper status.

    Streaming calls pass untouched: no OPI interface has one.
    """

    async def intercept_service(
        self,
        continuation: Callable[
            [grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]
        ],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Wrap the handler that the call is going to."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        return grpc.unary_unary_rpc_method_handler(
            _with_status(handler.unary_unary, handler_call_details.method),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )


def _with_status(call: _Handler, method: str) -> Any:
    async def answer(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        try:
            return await call(request, context)
        except ApiError as error:
            metadata = ((DETAILS_KEY, error.status().SerializeToString()),)
            await context.abort(error.code, error.message, trailing_metadata=metadata)
        except grpc.aio.AbortError:
            raise
        except Exception:  # noqa: BLE001 (the border: whatever it is, the client gets a status)
            # The traceback is for our log; the client must not learn our internals from it.
            _log.exception("call failed", extra={"data": {"method": method}})
            await context.abort(grpc.StatusCode.INTERNAL, f"internal error in {method}")

    return answer
