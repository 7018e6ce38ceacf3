"""How a client chooses an export: the fixed newstyle handshake of NBD, without input or output."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nbd_server.wire import (
    CLIENT_FLAGS,
    GREETING,
    INFO_BLOCK_SIZE,
    INFO_EXPORT,
    MAGIC,
    MAX_NAME,
    MAX_OPTION,
    MAX_PAYLOAD,
    OLD_EXPORT,
    OLD_EXPORT_PADDING,
    OPTION,
    OPTION_MAGIC,
    OPTION_REPLY,
    OPTION_REPLY_MAGIC,
    U16,
    U32,
    Export,
    Handshake,
    Info,
    Option,
    ProtocolError,
    Reply,
)

_OFFERED = int(Handshake.FIXED_NEWSTYLE | Handshake.NO_ZEROES)
_MOST_OPTIONS = 256  # of one client; more is no negotiation
_PREFERRED_BLOCK = 4096


class Negotiation:
    """The server's side. `feed` takes bytes as they come; `output` is what has to be sent.

    It is over when `chosen` names an export, or `ended` says that the client wants no more.
    """

    def __init__(self, exports: Callable[[], Mapping[str, Export]]) -> None:
        self._exports = exports
        self._buffer = bytearray()
        self._client: Handshake | None = None
        self._options = 0
        self.output = bytearray(GREETING.pack(MAGIC, OPTION_MAGIC, _OFFERED))
        self.chosen: str | None = None
        self.ended = False
        self.structured = False

    def feed(self, data: bytes) -> bytes:
        """Take bytes; return those that follow the handshake. Raises ProtocolError."""
        self._buffer += data
        while self.chosen is None and not self.ended and self._step():
            pass
        if self.chosen is None:
            return b""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest

    def _step(self) -> bool:
        """Take one message, if there is a whole one."""
        if self._client is None:
            if len(self._buffer) < CLIENT_FLAGS.size:
                return False
            self._take_client_flags()
            return True
        if len(self._buffer) < OPTION.size:
            return False
        magic, option, length = OPTION.unpack_from(self._buffer)
        if magic != OPTION_MAGIC or length > MAX_OPTION:
            raise ProtocolError(f"no option: magic {magic:#x}, {length} bytes")
        if len(self._buffer) < OPTION.size + length:
            return False
        data = bytes(self._buffer[OPTION.size : OPTION.size + length])
        del self._buffer[: OPTION.size + length]
        self._options += 1
        if self._options > _MOST_OPTIONS:
            raise ProtocolError("options without end")
        self._answer(option, data)
        return True

    def _take_client_flags(self) -> None:
        (flags,) = CLIENT_FLAGS.unpack_from(self._buffer)
        del self._buffer[: CLIENT_FLAGS.size]
        if flags & ~_OFFERED or not flags & Handshake.FIXED_NEWSTYLE:
            raise ProtocolError(f"client flags {flags:#x}")
        self._client = Handshake(flags)

    def _answer(self, option: int, data: bytes) -> None:
        handlers = {
            Option.EXPORT_NAME: self._export_name,
            Option.ABORT: self._abort,
            Option.LIST: self._list,
            Option.INFO: self._info,
            Option.GO: self._go,
            Option.STRUCTURED_REPLY: self._structured_reply,
        }
        handler = handlers.get(option)  # type: ignore[call-overload]
        if handler is None:
            self._reply(option, Reply.UNSUPPORTED)
        else:
            handler(data)

    def _reply(self, option: int, reply: Reply, data: bytes = b"") -> None:
        self.output += OPTION_REPLY.pack(OPTION_REPLY_MAGIC, option, reply, len(data)) + data

    def _export_name(self, data: bytes) -> None:
        """The old way, which has no answer for an unknown export but the end."""
        name = data.decode(errors="replace")
        export = self._exports().get(name)
        if export is None:
            raise ProtocolError(f"no export {name!r}")
        self.output += OLD_EXPORT.pack(export.size, export.flags)
        if self._client is None or not self._client & Handshake.NO_ZEROES:
            self.output += bytes(OLD_EXPORT_PADDING)
        self.chosen = name

    def _abort(self, _: bytes) -> None:
        self._reply(Option.ABORT, Reply.ACK)
        self.ended = True

    def _list(self, data: bytes) -> None:
        if data:
            self._reply(Option.LIST, Reply.INVALID)
            return
        for name in self._exports():
            encoded = name.encode()
            self._reply(Option.LIST, Reply.SERVER, U32.pack(len(encoded)) + encoded)
        self._reply(Option.LIST, Reply.ACK)

    def _structured_reply(self, data: bytes) -> None:
        if data or self.structured:
            self._reply(Option.STRUCTURED_REPLY, Reply.INVALID)
            return
        self.structured = True
        self._reply(Option.STRUCTURED_REPLY, Reply.ACK)

    def _info(self, data: bytes) -> None:
        self._describe(Option.INFO, data)

    def _go(self, data: bytes) -> None:
        self.chosen = self._describe(Option.GO, data)

    def _describe(self, option: Option, data: bytes) -> str | None:
        """Tell about an export; None when there is no such one, or the question is malformed."""
        asked = parse_info_request(data)
        if asked is None:
            self._reply(option, Reply.INVALID)
            return None
        name, wanted = asked
        export = self._exports().get(name)
        if export is None:
            self._reply(option, Reply.UNKNOWN)
            return None
        self._reply(option, Reply.INFO, INFO_EXPORT.pack(Info.EXPORT, export.size, export.flags))
        if Info.NAME in wanted:
            self._reply(option, Reply.INFO, U16.pack(Info.NAME) + name.encode())
        if Info.DESCRIPTION in wanted and export.description:
            about = U16.pack(Info.DESCRIPTION) + export.description.encode()
            self._reply(option, Reply.INFO, about)
        sizes = (export.block_size, max(_PREFERRED_BLOCK, export.block_size), MAX_PAYLOAD)
        self._reply(option, Reply.INFO, INFO_BLOCK_SIZE.pack(Info.BLOCK_SIZE, *sizes))
        self._reply(option, Reply.ACK)
        return name


def parse_info_request(data: bytes) -> tuple[str, tuple[int, ...]] | None:
    """The data of INFO and GO: name, and what is asked for; None when malformed."""
    if len(data) < U32.size + U16.size:
        return None
    (length,) = U32.unpack_from(data)
    start = U32.size + length
    if length > MAX_NAME or len(data) < start + U16.size:
        return None
    (count,) = U16.unpack_from(data, start)
    if len(data) != start + U16.size * (1 + count):
        return None
    try:
        name = data[U32.size : start].decode()
    except UnicodeDecodeError:
        return None
    ends = range(start + U16.size, len(data), U16.size)
    return name, tuple(U16.unpack_from(data, at)[0] for at in ends)
