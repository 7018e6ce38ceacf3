"""Connections whose bytes are no HTTP are told so in JSON, and our log in one line."""

from __future__ import annotations

import logging
from typing import Any

from aiohttp import web
from grpc import StatusCode

from dpu_sim.api.call import request_id
from dpu_sim.api.errors import ApiError, invalid_argument
from dpu_sim.gateway.answers import RefusedError, refusal
from dpu_sim.gateway.calls import peer

_log = logging.getLogger("dpu_sim.access")


class Connection(web.RequestHandler):
    """aiohttp's connection, with our words for what it refuses."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what could not be read as a request, or not be handled."""
        own_id = request_id(None)
        problem = (message or "this is not HTTP/1.1").splitlines()[0]
        data = {"status": status, "problem": problem, "peer": peer(request), "request_id": own_id}
        if status < 500:
            _log.info("request refused", extra={"data": data | {"transport": "http"}})
            error = invalid_argument("request", problem)
        else:
            _log.error("request failed", exc_info=exc, extra={"data": data})
            error = ApiError(StatusCode.INTERNAL, "internal error")
        if request.writer.output_size > 0:
            raise ConnectionError("an answer is on its way already")
        response = refusal(RefusedError(status, error), own_id)
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log a defect; that the rest of a body is damaged, which nobody asked for, is none."""
        if not isinstance(kw.get("exc_info"), web.RequestPayloadError):
            super().log_exception(*args, **kw)


class ConnectionServer(web.Server):
    """aiohttp's server, with connections of ours."""

    def __init__(self, handler: Any, options: dict[str, Any]) -> None:
        super().__init__(handler, handler_cancellation=True)
        self._options = options

    def __call__(self) -> web.RequestHandler:
        """A new connection."""
        return Connection(self, loop=self._loop, **self._options)
