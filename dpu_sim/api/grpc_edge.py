"""The gRPC edge: hands calls of a grpc.aio server to the dispatcher.

Failures end as a gRPC status whose details travel as google.rpc.Status in the trailing metadata.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, NoReturn, cast
from urllib.parse import unquote

import grpc
import grpc.aio
from google.protobuf.message import DecodeError, Message

from dpu_sim.api.call import REQUEST_ID_HEADER, Call, Identity, request_id
from dpu_sim.api.errors import DETAILS_KEY, ApiError
from dpu_sim.api.stage import Requests, close, is_streaming

if TYPE_CHECKING:
    from dpu_sim.api.dispatch import Dispatcher
    from opi.catalog import Method

_MAX_MESSAGE_BYTES = 2048
_MAX_STATUS_BYTES = 4096
"""A status travels in HTTP/2 trailers, of which clients accept 8 KiB: the message percent-encoded,
the details in base64. Of a longer one they would see nothing but RESOURCE_EXHAUSTED."""

Context = grpc.aio.ServicerContext[Any, Any]


class GrpcEdge(grpc.GenericRpcHandler):
    """Serves every method of a catalog through a dispatcher."""

    def __init__(self, dispatcher: Dispatcher, authenticated: bool) -> None:
        """Make the handlers.

        Args:
            dispatcher: who answers.
            authenticated: whether clients show certificates.
        """
        identify = _identity if authenticated else _anonymous
        self._handlers = {
            method.path: _handler(dispatcher, method, identify)
            for method in dispatcher.catalog.methods()
        }

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """The handler of a method; None when it is not ours."""
        return self._handlers.get(handler_call_details.method)


_Identify = Callable[[Context], Identity | None]


def _handler(
    dispatcher: Dispatcher, method: Method, identify: _Identify
) -> grpc.RpcMethodHandler[Any, Any]:
    """Messages are parsed by us and not by gRPC, which tells clients about our exceptions."""
    serialize = method.response.SerializeToString
    if not is_streaming(method):
        unary: Any = _serve_unary(dispatcher, method, identify)
        return grpc.unary_unary_rpc_method_handler(unary, None, serialize)
    kinds = {
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }
    serve = _serve_stream if method.server_streaming else _serve_single
    behaviour: Any = serve(dispatcher, method, identify)
    make: Any = kinds[method.client_streaming, method.server_streaming]
    handler: grpc.RpcMethodHandler[Any, Any] = make(behaviour, None, serialize)
    return handler


def _serve_unary(dispatcher: Dispatcher, method: Method, identify: _Identify) -> Any:
    path = method.path
    parse = _parser(method)

    async def serve(data: bytes, context: Context) -> Message:
        call = _call(path, context, identify)
        try:
            try:
                request = parse(data)
            except ApiError as error:
                return await dispatcher.refuse(method, error, call)
            return await dispatcher.unary(method, request, call)
        except ApiError as error:
            await _abort(context, error, call)

    return serve


def _serve_stream(dispatcher: Dispatcher, method: Method, identify: _Identify) -> Any:
    async def serve(data: Any, context: Context) -> AsyncIterator[Message]:
        call = _call(method.path, context, identify)
        try:
            responses = dispatcher.stream(method, _requests(method, data), call)
            try:
                async for response in responses:
                    yield response
            finally:
                await close(responses)
        except ApiError as error:
            await _abort(context, error, call)

    return serve


def _serve_single(dispatcher: Dispatcher, method: Method, identify: _Identify) -> Any:
    serve_stream = _serve_stream(dispatcher, method, identify)

    async def serve(data: Any, context: Context) -> Message:
        # To the end, though only one comes: a stage that is closed early takes it for cancelled.
        (response,) = [one async for one in serve_stream(data, context)]
        return cast("Message", response)

    return serve


def _requests(method: Method, data: Any) -> Requests:
    """The request, or requests, of a streaming method."""
    parse = _parser(method)
    if not method.client_streaming:
        return parse(data)

    async def parsed() -> AsyncIterator[Message]:
        async for one in data:
            yield parse(one)

    return parsed()


def _parser(method: Method) -> Callable[[bytes], Message]:
    parse = method.request.FromString

    def parsed(data: bytes) -> Message:
        try:
            return parse(data)
        except DecodeError as error:
            text = f"the request is not a {method.request.DESCRIPTOR.full_name}"
            raise ApiError(grpc.StatusCode.INVALID_ARGUMENT, text) from error

    return parsed


def _call(path: str, context: Context, identify: _Identify) -> Call:
    pairs: Any = context.invocation_metadata() or ()
    metadata = {key: value for key, value in pairs if not key.endswith("-bin")}
    remaining = context.time_remaining()
    return Call(
        path,
        request_id(metadata.get(REQUEST_ID_HEADER)),
        "grpc",
        unquote(context.peer()),  # of IPv6 addresses, gRPC encodes the brackets
        identify(context),
        None if remaining is None else asyncio.get_running_loop().time() + remaining,
        metadata,
    )


def _anonymous(_: Context) -> Identity | None:
    return None


def _identity(context: Context) -> Identity | None:
    """Who the verified client certificate says that the caller is."""
    properties = context.auth_context()
    common_name = next(iter(properties.get("x509_common_name", ())), b"")
    alternatives = properties.get("x509_subject_alternative_name", ())
    if not common_name and not alternatives:
        return None
    return Identity(_text(common_name), tuple(map(_text, alternatives)))


def _text(value: bytes) -> str:
    return value.decode(errors="backslashreplace")


def _fitting(message: str) -> str:
    """As much of a message as clients take."""
    room = _MAX_MESSAGE_BYTES
    for index, character in enumerate(message):
        plain = " " <= character <= "~" and character != "%"
        room -= 1 if plain else 3 * len(character.encode())
        if room < 0:
            return message[: index - 9] + "…"  # for which nine bytes become free
    return message


async def _abort(context: Context, error: ApiError, call: Call) -> NoReturn:
    message = _fitting(error.message)
    status = error.status(call.request_id)
    if status.ByteSize() > _MAX_STATUS_BYTES:
        status = ApiError(error.code, message).status(call.request_id)
    trailer = ((DETAILS_KEY, status.SerializeToString()),)
    await context.abort(error.code, message, trailing_metadata=trailer)
