"""An NBD server on a unix socket: block devices as exports, any number of clients."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path

from nbd_server.device import BlockDevice, Buffer
from nbd_server.negotiation import Negotiation
from nbd_server.transmission import RequestParser, objection, reply
from nbd_server.wire import Command, CommandFlag, Export, ProtocolError, Request

_log = logging.getLogger("nbd_server")

_READ_SIZE = 1 << 18
_MOST_UNDER_WAY = 128
"""Requests of one client that are worked on at once; further ones wait in its socket."""


class Server:
    """Serves devices by name. Add and remove them at any time, on the loop that serves."""

    def __init__(self) -> None:
        self._devices: dict[str, BlockDevice] = {}
        self._descriptions: dict[str, str] = {}
        self._clients: set[_Client] = set()
        self._server: asyncio.Server | None = None
        self._path: Path | None = None

    @property
    def exports(self) -> list[str]:
        """Names of what is served."""
        return list(self._devices)

    def add(self, name: str, device: BlockDevice, description: str = "") -> None:
        """Serve a device. Raises ValueError for a name that is taken."""
        if name in self._devices:
            raise ValueError(f"export {name} is there already")
        self._devices[name] = device
        self._descriptions[name] = description

    def remove(self, name: str) -> None:
        """Serve a device no more; whoever uses it loses the connection. Unknown names are fine."""
        self._devices.pop(name, None)
        self._descriptions.pop(name, None)
        for client in list(self._clients):
            if client.export == name:
                client.abort()

    async def start(self, path: Path) -> None:
        """Listen on a unix socket that only its owner may use; a dead one is replaced.

        Raises OSError: EADDRINUSE when another process listens there.
        """
        _remove_dead_socket(path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(str(path))
            path.chmod(0o600)
            self._server = await asyncio.start_unix_server(self._serve, sock=listener)
        except BaseException:
            listener.close()
            raise
        self._path = path

    async def close(self) -> None:
        """Stop: the socket goes, and every client's connection is cut."""
        if self._server is None or self._path is None:
            return
        self._server.close()
        self._path.unlink(missing_ok=True)
        for client in list(self._clients):
            client.abort()
        while self._clients:
            await asyncio.wait([client.task for client in self._clients])
        self._server = None

    def _described(self) -> dict[str, Export]:
        return {
            name: Export(
                device.blocks * device.block_size,
                device.block_size,
                description=self._descriptions[name],
            )
            for name, device in self._devices.items()
        }

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = _Client(reader, writer, self._devices)
        self._clients.add(client)
        try:
            await client.run(self._described)
        except ProtocolError as error:
            _log.warning("dropped a client that does not speak NBD: %s", error)
        except (ConnectionError, asyncio.CancelledError):
            pass  # it went away, or we do
        finally:
            self._clients.discard(client)
            writer.close()


class _Client:
    """One connection."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        devices: dict[str, BlockDevice],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._devices = devices
        self._under_way: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_MOST_UNDER_WAY)
        self._structured = False
        self.export: str | None = None
        task = asyncio.current_task()
        assert task is not None
        self.task = task

    def abort(self) -> None:
        """End it at once; what is under way is not answered."""
        self._writer.transport.abort()
        self.task.cancel()

    async def run(self, exports: Callable[[], dict[str, Export]]) -> None:
        """Speak with the client until it leaves. Raises ProtocolError, ConnectionError."""
        rest = await self._negotiate(exports)
        if self.export is None:
            return
        try:
            await self._transmit(self._devices[self.export], rest)
        except BaseException:
            for task in self._under_way:
                task.cancel()
            raise
        finally:
            await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _negotiate(self, exports: Callable[[], dict[str, Export]]) -> bytes:
        negotiation = Negotiation(exports)
        rest = b""
        while True:
            self._writer.write(bytes(negotiation.output))
            negotiation.output.clear()
            await self._writer.drain()
            if negotiation.ended or negotiation.chosen is not None:
                break
            data = await self._reader.read(_READ_SIZE)
            if not data:
                return b""
            rest = negotiation.feed(data)
        self.export, self._structured = negotiation.chosen, negotiation.structured
        return rest

    async def _transmit(self, device: BlockDevice, data: bytes) -> None:
        parser = RequestParser()
        while True:
            for request in parser.feed(data):
                if request.command == Command.DISC:
                    return  # after what is under way
                await self._slots.acquire()
                task = asyncio.create_task(self._answer(device, request))
                self._under_way.add(task)
                task.add_done_callback(self._done)
            data = await self._reader.read(_READ_SIZE)
            if not data:
                return

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._slots.release()

    async def _answer(self, device: BlockDevice, request: Request) -> None:
        error, data = await _perform(device, request)
        if not self._writer.transport.is_closing():
            self._writer.writelines(reply(request, error, data, structured=self._structured))
            with contextlib.suppress(ConnectionError):
                await self._writer.drain()


async def _perform(device: BlockDevice, request: Request) -> tuple[int, Buffer]:
    """Do what a request asks for; return error number and data."""
    export = Export(device.blocks * device.block_size, device.block_size)
    error = objection(request, export)
    if error:
        return error, b""
    try:
        return 0, await _execute(device, request)
    except OSError as failure:
        return failure.errno or errno.EIO, b""
    except Exception:  # noqa: BLE001 - a client's request is answered, whatever a device does
        _log.exception("the device failed at command %s", request.command)
        return errno.EIO, b""


async def _execute(device: BlockDevice, request: Request) -> Buffer:
    first, blocks = request.offset // device.block_size, request.length // device.block_size
    fua = bool(request.flags & CommandFlag.FUA)
    if request.command == Command.READ:
        return await device.read(first, blocks)
    if request.command == Command.WRITE:
        await device.write(first, memoryview(request.data), fua=fua)
        return b""
    if request.command == Command.WRITE_ZEROES:
        may_free = not request.flags & CommandFlag.NO_HOLE
        await device.write_zeroes(first, blocks, deallocate=may_free)
    elif request.command == Command.TRIM:
        await device.trim(first, blocks)
    if fua or request.command == Command.FLUSH:
        await device.flush()
    return b""


def _remove_dead_socket(path: Path) -> None:
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE), str(path))
