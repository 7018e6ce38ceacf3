"""A TCP path that can be cut, stalled and mended, in the event loop of a test."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_ABORT = struct.pack("ii", 1, 0)


class Relay:
    """Forwards connections to one port. `cut` ends and refuses them, `stall` holds bytes back."""

    def __init__(self, port: int) -> None:
        self.to = port
        self.port = 0
        self.accepted = 0
        self.back_open = asyncio.Event()
        self.back_open.set()
        self._open = True
        self._writers: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection."""
        if not self._open:
            abort(writer)
            return
        self.accepted += 1
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            abort(writer)
            return
        self._writers |= {writer, forth}
        await asyncio.gather(self._pump(reader, forth), self._pump(back, writer, held=True))
        self._writers -= {writer, forth}

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, held: bool = False
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                if held:
                    await self.back_open.wait()
                writer.write(data)
                await writer.drain()
        abort(writer)

    def cut(self) -> None:
        """Reset every connection; refuse new ones."""
        self._open = False
        for one in self._writers:
            abort(one)

    def mend(self) -> None:
        """Let connections through again."""
        self._open = True
        self.back_open.set()

    def stall(self) -> None:
        """Let nothing more come back from the target."""
        self.back_open.clear()


def abort(writer: asyncio.StreamWriter) -> None:
    """Reset a connection."""
    found = writer.get_extra_info("socket")
    with suppress(OSError):
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
    writer.transport.abort()


@asynccontextmanager
async def relay(port: int) -> AsyncIterator[Relay]:
    """A path to a port of this machine."""
    one = Relay(port)
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        one.cut()
        one.mend()
        server.close()
