"""A block device at the other end of a socket that may be gone for a while.

As a host's driver does while its controller is reset: commands wait and are sent again, reads and
writes alike, for doing one twice is the same as once. After `patience` seconds they fail with EIO.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
from pathlib import Path

from nbd_server.client import Connection, RefusedError
from nbd_server.wire import Command, CommandFlag, Export, ProtocolError

_PAUSE = 0.1
"""Seconds between attempts to connect."""
_ANSWER = 2.0
"""Seconds within which a server has to greet."""
_LARGEST = 1 << 20
"""Bytes of one request."""


class RemoteDevice:
    """See BlockDevice. Made by `open_remote`."""

    def __init__(self, path: Path, name: str, connection: Connection, patience: float) -> None:
        self._path = path
        self._name = name
        self._connection = connection
        self._patience = patience
        self._connecting = asyncio.Lock()
        self._export: Export = connection.export
        self._closed = False

    @property
    def block_size(self) -> int:
        """In bytes."""
        return self._export.block_size

    @property
    def blocks(self) -> int:
        """Its size in blocks when it was connected."""
        return self._export.size // self._export.block_size

    @property
    def export(self) -> Export:
        """What the server told of it when it was connected."""
        return self._export

    async def close(self) -> None:
        """End the connection; whatever waits fails."""
        self._closed = True
        await self._connection.close()

    async def read(self, first: int, blocks: int) -> bytes:
        """See BlockDevice."""
        offset, length = first * self.block_size, blocks * self.block_size
        if length <= _LARGEST:
            return await self._request(Command.READ, offset, length)
        parts = [
            self._request(Command.READ, start, min(_LARGEST, offset + length - start))
            for start in range(offset, offset + length, _LARGEST)
        ]
        return b"".join(await asyncio.gather(*parts))

    async def write(self, first: int, data: memoryview, *, fua: bool = False) -> None:
        """See BlockDevice."""
        offset, flags = first * self.block_size, CommandFlag.FUA if fua else 0
        for start in range(0, len(data), _LARGEST):
            part = data[start : start + _LARGEST]
            await self._request(Command.WRITE, offset + start, len(part), flags, part)

    async def flush(self) -> None:
        """See BlockDevice."""
        await self._request(Command.FLUSH, 0, 0)

    async def write_zeroes(self, first: int, blocks: int, *, deallocate: bool = False) -> None:
        """See BlockDevice."""
        flags = 0 if deallocate else CommandFlag.NO_HOLE
        offset, length = first * self.block_size, blocks * self.block_size
        await self._request(Command.WRITE_ZEROES, offset, length, flags)

    async def trim(self, first: int, blocks: int) -> None:
        """See BlockDevice."""
        await self._request(Command.TRIM, first * self.block_size, blocks * self.block_size)

    async def _request(
        self,
        command: Command,
        offset: int,
        length: int,
        flags: int = 0,
        data: memoryview | None = None,
    ) -> bytes:
        deadline = asyncio.get_running_loop().time() + self._patience
        while True:
            connection = await self._connected(deadline)
            try:
                left = deadline - asyncio.get_running_loop().time()
                async with asyncio.timeout(max(left, 0)):
                    return await connection.request(command, offset, length, flags, data or b"")
            except RefusedError:
                raise
            except TimeoutError as error:
                raise OSError(errno.EIO, f"{self._name}: no answer in time") from error
            except ConnectionError:
                continue

    async def _connected(self, deadline: float) -> Connection:
        """The connection, or a new one. Raises OSError, EIO: none came about in time."""
        while self._connection.lost:
            if self._closed or asyncio.get_running_loop().time() > deadline:
                raise OSError(errno.EIO, f"{self._name}: the device is away")
            async with self._connecting:
                if self._connection.lost:
                    await self._try_to_connect()
        return self._connection

    async def _try_to_connect(self) -> None:
        """Connect, or wait a moment. Another device that is there now is not this one."""
        with contextlib.suppress(OSError, ProtocolError):
            async with asyncio.timeout(_ANSWER):
                connection = await Connection.open(self._path, self._name)
            if not connection.export.replaces(self._export):
                self._connection = connection
                return
            await connection.close()
        await asyncio.sleep(_PAUSE)


async def open_remote(path: Path, name: str, patience: float) -> RemoteDevice:
    """Connect to an export of the server at a unix socket. Raises OSError, ProtocolError."""
    async with asyncio.timeout(_ANSWER):
        connection = await Connection.open(path, name)
    return RemoteDevice(path, name, connection, patience)
