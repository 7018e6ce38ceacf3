"""Request bodies, of which clients may send too much or too slowly."""

from __future__ import annotations

import asyncio

from aiohttp.web import BaseRequest, RequestPayloadError
from grpc import StatusCode

from dpu_sim.api.errors import ApiError, invalid_argument
from dpu_sim.gateway.answers import RefusedError

MAX_BYTES = 4 * 1024 * 1024
"""As much as a gRPC server takes in a message when nothing else is said."""

READ_SECONDS = 30.0
"""How long a client may take for a body."""

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


async def read_body(request: BaseRequest) -> bytes:
    """The whole body, decompressed.

    Raises:
        RefusedError: it is too long, or takes too long.
        ApiError: INVALID_ARGUMENT: it is not what its headers say.
    """
    if not request.can_read_body:
        return b""
    if (request.content_length or 0) > MAX_BYTES:
        raise _too_long()
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(_CONTINUE)
        request.writer.output_size = 0  # that was no part of the answer
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await _read(request)
    except TimeoutError:
        error = ApiError(StatusCode.DEADLINE_EXCEEDED, f"no whole body within {READ_SECONDS:g} s")
        raise RefusedError(408, error, {"Connection": "close"}) from None
    except RequestPayloadError as error:
        raise invalid_argument("body", f"cannot be read: {error}") from error


async def _read(request: BaseRequest) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in request.content.iter_any():
        size += len(piece)
        if size > MAX_BYTES:
            raise _too_long()
        pieces.append(piece)
    return b"".join(pieces)


def _too_long() -> RefusedError:
    error = ApiError(StatusCode.RESOURCE_EXHAUSTED, f"a body may have {MAX_BYTES} bytes at most")
    return RefusedError(413, error, {"Connection": "close"})
