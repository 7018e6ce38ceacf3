"""What the gateway serves besides RPCs: health, the OpenAPI document, and a page to try it."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from importlib.resources import files

from aiohttp import web

from dpu_sim.api.errors import not_found, unavailable
from dpu_sim.gateway.answers import JSON, answer, headers
from dpu_sim.gateway.codec import Json, dumps
from dpu_sim.gateway.edge import Page

Health = Callable[[str], bool | None]
"""Whether a service (full name, '' for the whole server) is healthy; None: there is no such one."""

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def pages(document: Json, health: Health) -> Mapping[str, Page]:
    """The pages by path.

    Args:
        document: the OpenAPI document.
        health: of the services.
    """
    page = files("dpu_sim.gateway").joinpath("page.html").read_bytes()
    return {
        "/": _fixed(page, "text/html", {"Content-Security-Policy": _POLICY}),
        "/openapi.json": _fixed(dumps(document), JSON),
        "/healthz": _healthz(health),
    }


def _fixed(content: bytes, content_type: str, extra: Mapping[str, str] | None = None) -> Page:
    """Something that stays the same while we run."""
    compressed = gzip.compress(content)
    own_headers = dict(extra or {}) | {"Vary": "Accept-Encoding"}

    async def page(request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        response = web.Response(
            content_type=content_type, charset="utf-8", headers=headers(request_id) | own_headers
        )
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            response.headers["Content-Encoding"] = "gzip"
            response.body = compressed
        else:
            response.body = content
        return response

    return page


def _healthz(health: Health) -> Page:
    async def page(request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        service = request.query.get("service", "")
        healthy = health(service)
        if healthy is None:
            raise not_found(f"service {service}")
        if not healthy:
            raise unavailable(f"{service or 'this DPU'} is not serving")
        return answer({"status": "SERVING"}, request_id)

    return page
