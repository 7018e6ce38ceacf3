"""What the gateway serves besides RPCs: health, the OpenAPI document, and a page to try it."""

from __future__ import annotations

import asyncio
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


def pages(document: Callable[[], Json], health: Health) -> Mapping[str, Page]:
    """The pages by path.

    Args:
        document: makes the OpenAPI document, which takes a tenth of a second and a few megabytes:
            most servers are never asked for it.
        health: of the services.
    """
    return {
        "/": _fixed(_page, "text/html", {"Content-Security-Policy": _POLICY}),
        "/openapi.json": _fixed(lambda: dumps(document()), JSON, {}),
        "/healthz": _healthz(health),
    }


def _page() -> bytes:
    return files("dpu_sim.gateway").joinpath("page.html").read_bytes()


def _fixed(make: Callable[[], bytes], content_type: str, extra: Mapping[str, str]) -> Page:
    """Something that stays the same while we run; made when it is asked for, and kept small."""
    own_headers = {**extra, "Vary": "Accept-Encoding"}
    kept: list[bytes] = []
    making = asyncio.Lock()

    async def page(request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        async with making:
            if not kept:
                kept.append(await asyncio.to_thread(lambda: gzip.compress(make())))
        response = web.Response(
            content_type=content_type, charset="utf-8", headers=headers(request_id) | own_headers
        )
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            response.headers["Content-Encoding"] = "gzip"
            response.body = kept[0]
        else:
            response.body = gzip.decompress(kept[0])
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
