"""An NBD client on a unix socket: what a server has, and one connection to an export."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from nbd_server.device import Buffer
from nbd_server.wire import (
    CLIENT_FLAGS,
    GREETING,
    INFO_BLOCK_SIZE,
    INFO_EXPORT,
    MAGIC,
    MAX_NAME,
    OPTION,
    OPTION_MAGIC,
    OPTION_REPLY,
    OPTION_REPLY_MAGIC,
    REQUEST,
    REQUEST_MAGIC,
    SIMPLE_REPLY,
    SIMPLE_REPLY_MAGIC,
    U16,
    U32,
    Command,
    Export,
    Handshake,
    Info,
    Option,
    ProtocolError,
    Reply,
    Transmission,
)

_MOST_EXPORTS = 4096
_LARGEST_REPLY = 1 << 16  # bytes of the answer to an option
_ERROR = 1 << 31  # in the kind of an answer that is a refusal
_BLOCK = 512  # where a server does not tell

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def list_exports(path: Path) -> Mapping[str, Export]:
    """The exports of a server by name.

    Raises OSError: nobody listens, or it hangs up; ProtocolError when it does not speak NBD.
    """
    reader, writer = await _greeted(path)
    try:
        names = await _names(reader, writer)
        found = {name: await _described(reader, writer, Option.INFO, name) for name in names}
        writer.write(OPTION.pack(OPTION_MAGIC, Option.ABORT, 0))
        return {name: export for name, export in found.items() if export is not None}
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError(f"{path}: hung up") from error
    finally:
        writer.close()


async def _greeted(path: Path) -> Streams:
    reader, writer = await asyncio.open_unix_connection(path)
    with _closed_on_failure(path, writer):
        magic, option_magic, flags = GREETING.unpack(await reader.readexactly(GREETING.size))
        if (magic, option_magic) != (MAGIC, OPTION_MAGIC) or not flags & Handshake.FIXED_NEWSTYLE:
            raise ProtocolError("no fixed newstyle server")
        writer.write(CLIENT_FLAGS.pack(flags & (Handshake.FIXED_NEWSTYLE | Handshake.NO_ZEROES)))
    return reader, writer


@contextmanager
def _closed_on_failure(path: Path, writer: asyncio.StreamWriter) -> Iterator[None]:
    """Close the connection when what is done within fails; a server may hang up meanwhile."""
    try:
        yield
    except asyncio.IncompleteReadError as error:
        writer.close()
        raise ConnectionResetError(f"{path}: hung up") from error
    except BaseException:
        writer.close()
        raise


async def _names(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[str]:
    writer.write(OPTION.pack(OPTION_MAGIC, Option.LIST, 0))
    names: list[str] = []
    while len(names) <= _MOST_EXPORTS:
        kind, data = await _answer(reader, Option.LIST)
        if kind == Reply.ACK:
            return names
        if kind != Reply.SERVER or len(data) < U32.size:
            raise ProtocolError(f"answer {kind:#x} to LIST")
        length = min(U32.unpack_from(data)[0], MAX_NAME)
        names.append(data[U32.size : U32.size + length].decode(errors="replace"))
    raise ProtocolError("exports without end")


async def _described(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, option: Option, name: str
) -> Export | None:
    """Ask about an export, or choose it with GO; None when there is none of that name."""
    encoded = name.encode()
    wanted = U16.pack(2) + U16.pack(Info.BLOCK_SIZE) + U16.pack(Info.DESCRIPTION)
    data = U32.pack(len(encoded)) + encoded + wanted
    writer.write(OPTION.pack(OPTION_MAGIC, option, len(data)) + data)
    size, flags, block_size, description = 0, 0, _BLOCK, ""
    while True:
        kind, answer = await _answer(reader, option)
        if kind == Reply.ACK:
            return Export(size, block_size, bool(flags & Transmission.READ_ONLY), description)
        if kind & _ERROR:
            return None
        if kind != Reply.INFO or len(answer) < U16.size:
            raise ProtocolError(f"answer {kind:#x} to {option.name}")
        (about,) = U16.unpack_from(answer)
        if about == Info.EXPORT and len(answer) == INFO_EXPORT.size:
            _, size, flags = INFO_EXPORT.unpack(answer)
        elif about == Info.BLOCK_SIZE and len(answer) == INFO_BLOCK_SIZE.size:
            block_size = max(_BLOCK, INFO_BLOCK_SIZE.unpack(answer)[1])
        elif about == Info.DESCRIPTION:
            description = answer[U16.size :].decode(errors="replace")


async def _answer(reader: asyncio.StreamReader, option: Option) -> tuple[int, bytes]:
    head = OPTION_REPLY.unpack(await reader.readexactly(OPTION_REPLY.size))
    magic, about, kind, length = head
    if magic != OPTION_REPLY_MAGIC or about != option or length > _LARGEST_REPLY:
        raise ProtocolError(f"no answer to {option.name}: {head}")
    return kind, await reader.readexactly(length)


class Connection:
    """One connection to an export. Any number of requests may be under way."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, export: Export
    ) -> None:
        self.export = export
        self._reader = reader
        self._writer = writer
        self._cookies = itertools.count(1)
        self._waiting: dict[int, tuple[int, asyncio.Future[bytes]]] = {}
        self._receiver = asyncio.create_task(self._receive())

    @classmethod
    async def open(cls, path: Path, name: str) -> Connection:
        """Connect. Raises OSError: FileNotFoundError also for an export that is not there;
        ProtocolError."""
        reader, writer = await _greeted(path)
        with _closed_on_failure(path, writer):
            export = await _described(reader, writer, Option.GO, name)
            if export is None:
                raise FileNotFoundError(f"{path}: no export {name}")
        return cls(reader, writer, export)

    @property
    def lost(self) -> bool:
        """Whether it cannot be used any more."""
        return self._receiver.done()

    async def request(
        self, command: Command, offset: int, length: int, flags: int = 0, data: Buffer = b""
    ) -> bytes:
        """Carry a command out; returns what READ read.

        Raises OSError with the server's error number; ConnectionError when the connection ends.
        """
        if self.lost:
            raise ConnectionResetError("the connection has ended")
        cookie = next(self._cookies)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        expected = length if command == Command.READ else 0
        self._waiting[cookie] = expected, answer
        head = REQUEST.pack(REQUEST_MAGIC, flags, command, cookie, offset, length)
        try:
            self._writer.writelines((head, data) if data else (head,))
            await self._writer.drain()
            return await answer
        finally:
            if not answer.cancelled():  # else its answer is still to come, and to be passed over
                self._waiting.pop(cookie, None)

    async def close(self) -> None:
        """End the connection; what is under way fails."""
        self._receiver.cancel()
        await asyncio.gather(self._receiver, return_exceptions=True)

    async def _receive(self) -> None:
        try:
            while True:
                head = await self._reader.readexactly(SIMPLE_REPLY.size)
                magic, error, cookie = SIMPLE_REPLY.unpack(head)
                if magic != SIMPLE_REPLY_MAGIC or cookie not in self._waiting:
                    return
                expected, answer = self._waiting.pop(cookie)
                data = await self._reader.readexactly(0 if error else expected)
                if answer.done():
                    continue
                if error:
                    answer.set_exception(_refused(error))
                else:
                    answer.set_result(data)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self._writer.close()
            for _, answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(ConnectionResetError("the server hung up"))


class RefusedError(OSError):
    """The server carried a command out, and it failed."""


def _refused(number: int) -> RefusedError:
    return RefusedError(number, "the server answers with an error")
