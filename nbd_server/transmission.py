"""Requests and replies of NBD after the handshake, without input or output."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence

from nbd_server.device import Buffer
from nbd_server.wire import (
    CHUNK,
    CHUNK_DONE,
    CHUNK_MAGIC,
    KNOWN_ERRORS,
    MAX_PAYLOAD,
    REQUEST,
    REQUEST_MAGIC,
    SIMPLE_REPLY,
    SIMPLE_REPLY_MAGIC,
    U16,
    U32,
    U64,
    ChunkType,
    Command,
    CommandFlag,
    Export,
    ProtocolError,
    Request,
)

_FLAGS = {
    Command.READ: 0,
    Command.WRITE: CommandFlag.FUA,
    Command.DISC: 0,
    Command.FLUSH: 0,
    Command.TRIM: CommandFlag.FUA,
    Command.WRITE_ZEROES: CommandFlag.FUA | CommandFlag.NO_HOLE,
}
_CHANGING = frozenset((Command.WRITE, Command.TRIM, Command.WRITE_ZEROES))


class RequestParser:
    """Bytes to requests, in the order they came."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Request]:
        """Take bytes; yield whole requests. Raises ProtocolError at the first that is none."""
        self._buffer += data
        start = 0
        try:
            while len(self._buffer) - start >= REQUEST.size:
                magic, flags, command, cookie, offset, length = REQUEST.unpack_from(
                    self._buffer, start
                )
                if magic != REQUEST_MAGIC:
                    raise ProtocolError(f"no request: magic {magic:#x}")
                payload = length if command == Command.WRITE else 0
                if payload > MAX_PAYLOAD:
                    raise ProtocolError(f"a write of {length} bytes")
                end = start + REQUEST.size + payload
                if len(self._buffer) < end:
                    return
                body = bytes(memoryview(self._buffer)[start + REQUEST.size : end])
                start = end
                yield Request(command, flags, cookie, offset, length, body)
        finally:
            del self._buffer[:start]


def objection(request: Request, export: Export) -> int:
    """The error number that a request deserves before anything is done; 0 for none."""
    allowed = _FLAGS.get(request.command)  # type: ignore[call-overload]
    if allowed is None or request.flags & ~int(allowed):
        return errno.EINVAL
    if request.command in (Command.FLUSH, Command.DISC):
        return errno.EINVAL if request.offset or request.length else 0
    if export.read_only and request.command in _CHANGING:
        return errno.EPERM
    if not request.length or (request.offset | request.length) % export.block_size:
        return errno.EINVAL
    if request.command == Command.READ and request.length > MAX_PAYLOAD:
        return errno.EOVERFLOW
    if request.offset + request.length > export.size:
        return errno.ENOSPC if request.command == Command.WRITE else errno.EINVAL
    return 0


def reply(
    request: Request, error: int, data: Buffer = b"", *, structured: bool
) -> Sequence[Buffer]:
    """The answer to a request, in pieces. An error number that NBD does not have becomes EIO."""
    if error and error not in KNOWN_ERRORS:
        error = errno.EIO
    if not structured or request.command != Command.READ:
        head = SIMPLE_REPLY.pack(SIMPLE_REPLY_MAGIC, error, request.cookie)
        return (head,) if error or not data else (head, data)
    if error:
        body = U32.pack(error) + U16.pack(0)
        return (_chunk(ChunkType.ERROR, request, len(body)) + body,)
    head = _chunk(ChunkType.OFFSET_DATA, request, U64.size + len(data))
    return (head + U64.pack(request.offset), data)


def _chunk(kind: ChunkType, request: Request, length: int) -> bytes:
    return CHUNK.pack(CHUNK_MAGIC, CHUNK_DONE, kind, request.cookie, length)
