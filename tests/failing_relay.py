"""A relay between a client and an SPDK target that fails one call: refused, or the line breaks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

INTERNAL_ERROR = -32603


class Failure(StrEnum):
    """What becomes of the call."""

    REFUSED = "is refused"
    NOT_ARRIVED = "does not arrive"
    NOT_ANSWERED = "is carried out, but not answered"


class FailingRelay:
    """Forwards JSON-RPC calls one by one; `arm` chooses the one that fails."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._left = -1
        self._failure = Failure.REFUSED
        self.failed = ""
        """The method that has failed since `arm`."""

    def arm(self, number: int, failure: Failure) -> None:
        """Let the call with this number, from 0 on, fail."""
        self._left, self._failure, self.failed = number, failure, ""

    def disarm(self) -> None:
        """Let every call through."""
        self._left = -1

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection."""
        back, forth = await asyncio.open_unix_connection(self._target, limit=1 << 26)
        with suppress(EOFError, ConnectionError):
            while True:
                await self._forward(await message(reader), back, forth, writer)
        for one in (writer, forth):
            one.close()

    async def _forward(
        self,
        request: dict[str, Any],
        back: asyncio.StreamReader,
        forth: asyncio.StreamWriter,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Raises ConnectionError: the line breaks."""
        failing = self._left == 0
        self._left -= self._left >= 0
        if failing:
            self.failed = request["method"]
        if failing and self._failure is Failure.REFUSED:
            error = {"code": INTERNAL_ERROR, "message": "not today"}
            await send(writer, {"jsonrpc": "2.0", "id": request["id"], "error": error})
            return
        if failing and self._failure is Failure.NOT_ARRIVED:
            raise ConnectionError
        await send(forth, request)
        answer = await message(back)
        if failing:
            raise ConnectionError
        await send(writer, answer)


async def message(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The next object of a stream. Raises EOFError."""
    data = b""
    while piece := await reader.read(1 << 20):
        data += piece
        with suppress(ValueError):
            found: dict[str, Any] = json.loads(data)
            return found
    raise EOFError


async def send(writer: asyncio.StreamWriter, one: dict[str, Any]) -> None:
    """Write an object."""
    writer.write(json.dumps(one).encode())
    await writer.drain()


@asynccontextmanager
async def failing_relay(path: Path, target: Path) -> AsyncIterator[FailingRelay]:
    """A relay at the socket `path` to the one of a target."""
    relay = FailingRelay(target)
    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(relay.serve, path)
    try:
        yield relay
    finally:
        server.close()
