"""An SPDK target that was built without some of its methods: the stand-in behind a relay."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.failing_relay import message, send
from tests.spdk_target import spdk_target

METHOD_NOT_FOUND = -32601


class _Relay:
    """Forwards JSON-RPC calls one by one, but for those whose names begin with `prefix`."""

    def __init__(self, target: Path, prefix: str) -> None:
        self._target = target
        self._prefix = prefix

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_unix_connection(self._target, limit=1 << 26)
        with suppress(EOFError, ConnectionError, asyncio.CancelledError):
            while True:
                request = await message(reader)
                await send(writer, await self._answer(request, back, forth))
        for one in (writer, forth):
            one.close()

    async def _answer(
        self, request: dict[str, Any], back: asyncio.StreamReader, forth: asyncio.StreamWriter
    ) -> dict[str, Any]:
        if request["method"].startswith(self._prefix):
            error = {"code": METHOD_NOT_FOUND, "message": "Method not found"}
            return {"jsonrpc": "2.0", "id": request["id"], "error": error}
        await send(forth, request)
        return await message(back)


@contextmanager
def lacking(path: Path, behind: Path, prefix: str) -> Iterator[None]:
    """A target at `path` without methods that begin with `prefix`; `behind` has them all."""
    with spdk_target(behind):
        loop, ready = asyncio.new_event_loop(), threading.Event()
        ends = asyncio.Event()

        async def serve() -> None:
            server = await asyncio.start_unix_server(_Relay(behind, prefix).serve, path)
            ready.set()
            await ends.wait()
            server.close()
            path.unlink(missing_ok=True)
            left = asyncio.all_tasks() - {asyncio.current_task()}
            for one in left:
                one.cancel()
            await asyncio.gather(*left, return_exceptions=True)

        thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
        thread.start()
        try:
            assert ready.wait(10)
            yield
        finally:
            loop.call_soon_threadsafe(ends.set)
            thread.join(10)
            loop.close()
