"""The HTTP edge: hands requests to the dispatcher, and its answers back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from aiohttp import web
from google.protobuf.message import Message
from grpc import StatusCode

from dpu_sim.api.call import REQUEST_ID_HEADER, Call, request_id
from dpu_sim.api.dispatch import Dispatcher
from dpu_sim.api.errors import ApiError, internal, invalid_argument, permission_denied
from dpu_sim.api.stage import Requests, close, is_streaming
from dpu_sim.gateway.answers import LINES, RefusedError, answer, describe, headers, refusal
from dpu_sim.gateway.bodies import read_body
from dpu_sim.gateway.calls import call_of, peer
from dpu_sim.gateway.codec import Json, dumps, encode
from dpu_sim.gateway.requests import read_request, read_requests
from dpu_sim.gateway.routes import Match, NoRouteError, Router, WrongVerbError

Page = Callable[[web.BaseRequest, str], Awaitable[web.StreamResponse]]
"""Answers a GET with (request, request id). Raises ApiError, RefusedError."""

WRITE_SECONDS = 30.0
"""How long a client may take to read a part of a stream."""

_SHOWN = 200

_log = logging.getLogger("dpu_sim.access")


class HttpEdge:
    """Serves every method of a catalog through a dispatcher, and pages besides."""

    def __init__(
        self, dispatcher: Dispatcher, router: Router, pages: Mapping[str, Page], mutual: bool
    ) -> None:
        """Make it.

        Args:
            dispatcher: who answers.
            router: which method a request means.
            pages: what is no RPC, by path.
            mutual: whether clients show certificates.
        """
        self._dispatcher = dispatcher
        self._router = router
        self._pages = pages
        self._mutual = mutual

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request."""
        own_id = request_id(request.headers.get(REQUEST_ID_HEADER))
        try:
            return await self._answer(request, own_id)
        except (ApiError, RefusedError) as error:
            response = refusal(error, own_id)
            _log_refusal(request, response.status, str(error), own_id)
            return response
        except ConnectionError:
            raise
        except Exception as error:
            _log.exception("request failed", extra={"data": _entry(request, own_id)})
            if request.writer.output_size > 0:
                raise ConnectionError("a second answer would be taken for the first") from error
            return refusal(internal(f"{request.method} {request.path}"), own_id)

    async def _answer(self, request: web.BaseRequest, own_id: str) -> web.StreamResponse:
        path, query = _target(request)
        _refuse_foreign_pages(request)
        if page := self._pages.get(path):
            if request.method not in {"GET", "HEAD"}:
                raise _wrong_verb(WrongVerbError(["GET", "HEAD"]))
            return await page(request, own_id)
        match = self._find(request.method, path)
        method = match.route.method
        call = call_of(method, request, own_id, self._mutual)
        body = await read_body(request)
        try:
            requests = _requests(match, query, body)
        except ApiError as error:
            return await self._settle(self._dispatcher.refuse(method, error, call), own_id)
        if isinstance(requests, Message) and not is_streaming(method):
            return await self._settle(self._dispatcher.unary(method, requests, call), own_id)
        if not method.server_streaming:
            return await self._settle(self._single(match, requests, call), own_id)
        return await self._stream(request, self._dispatcher.stream(method, requests, call), call)

    def _find(self, verb: str, path: str) -> Match:
        try:
            return self._router.find(verb, path)
        except NoRouteError:
            text = f"nothing is at {path[:_SHOWN]}: /openapi.json lists what there is"
            raise ApiError(StatusCode.NOT_FOUND, text) from None
        except WrongVerbError as error:
            raise _wrong_verb(error) from None
        except ValueError as error:
            raise invalid_argument("path", str(error)) from error

    async def _settle(self, calling: Awaitable[Message], own_id: str) -> web.Response:
        """The answer of a call with one response; if it fails, the dispatcher has logged that."""
        try:
            return answer(encode(await calling), own_id)
        except ApiError as error:
            return refusal(error, own_id)

    async def _single(self, match: Match, requests: Requests, call: Call) -> Message:
        # To the end, though only one comes: a stage that is closed early takes it for cancelled.
        responses = self._dispatcher.stream(match.route.method, requests, call)
        (response,) = [one async for one in responses]
        return response

    async def _stream(
        self, request: web.BaseRequest, responses: AsyncIterator[Message], call: Call
    ) -> web.StreamResponse:
        """A line for each response; a last one with the error, should there be one.

        The head of the answer waits for the first response, so that a call which is refused at
        once has the status of its error.
        """
        response = web.StreamResponse(headers=headers(call.request_id))
        response.content_type = LINES
        try:
            async for one in responses:
                await _write(request, response, {"result": encode(one)})
        except ApiError as error:
            told = {"error": describe(error, call.request_id)}
            if not response.prepared:
                refused = refusal(error, call.request_id)
                refused.body = dumps(told) + b"\n"
                return refused
            await _write(request, response, told)
        finally:
            await close(responses)
        if not response.prepared:
            await response.prepare(request)
        await response.write_eof()
        return response


async def _write(request: web.BaseRequest, response: web.StreamResponse, value: Json) -> None:
    """A line. A client that does not read is cut off: raises ConnectionError."""
    try:
        async with asyncio.timeout(WRITE_SECONDS):
            if not response.prepared:
                await response.prepare(request)
            await response.write(dumps(value) + b"\n")
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionError("the client does not read") from None


def _requests(match: Match, query: str, body: bytes) -> Requests:
    """The request, or the stream of them. Raises ApiError: they cannot be read."""
    if not match.route.method.client_streaming:
        return read_request(match, query, body)
    messages = read_requests(match, body)

    async def one_by_one() -> AsyncIterator[Message]:
        for message in messages:
            yield message

    return one_by_one()


def _target(request: web.BaseRequest) -> tuple[str, str]:
    """(path, query) as the client has encoded them; requests to proxies name us in front."""
    target = request.raw_path
    if not target.startswith("/"):
        parts = urlsplit(target)
        return parts.path or "/", parts.query
    path, _, query = target.partition("#")[0].partition("?")
    return path, query


def _refuse_foreign_pages(request: web.BaseRequest) -> None:
    """Refuse what a page of another site lets its reader's browser send.

    JSON is accepted whatever its content type says, so browsers would not ask first.
    """
    origin = request.headers.get("Origin")
    if origin is not None and _site(origin) != request.headers.get("Host"):
        raise permission_denied(f"pages of {ascii(origin[:_SHOWN])[1:-1]} may not call this DPU")


def _site(origin: str) -> str:
    """Host and port of an origin; '' when it has none, as the opaque one of RFC 6454, "null"."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _wrong_verb(error: WrongVerbError) -> RefusedError:
    refused = ApiError(StatusCode.UNIMPLEMENTED, f"this path has other methods: {error}")
    return RefusedError(405, refused, {"Allow": ", ".join(error.allowed)})


def _log_refusal(request: web.BaseRequest, status: int, problem: str, own_id: str) -> None:
    """Log what did not become a call; calls are logged by the dispatcher's stages."""
    data = _entry(request, own_id) | {"status": status, "problem": problem}
    _log.info("request refused", extra={"data": data})


def _entry(request: web.BaseRequest, own_id: str) -> dict[str, object]:
    return {
        "verb": request.method,
        "path": request.raw_path.partition("?")[0][:_SHOWN],
        "request_id": own_id,
        "transport": "http",
        "peer": peer(request),
    }
