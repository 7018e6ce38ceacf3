"""From a stream of bytes to PDUs: framing, sizes, flags and digests; nothing about their order."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nvmetcp.command import parse_command
from nvmetcp.digest import DIGEST_SIZE, crc32c
from nvmetcp.errors import FatalError, RemoteProtocolError
from nvmetcp.pdu import (
    AT_DATA_LENGTH,
    AT_FLAGS,
    AT_HLEN,
    AT_PDO,
    AT_PLEN,
    AT_TYPE,
    CAPSULE_CMD_SIZE,
    COMMON,
    COMMON_SIZE,
    DDGST,
    HDGST,
    IC_SIZE,
    LAST,
    MAX_TERM_DATA,
    R2T,
    SHORT_SIZE,
    SUCCESS,
    C2HData,
    CapsuleCmd,
    CapsuleResp,
    Framing,
    H2CData,
    Pdu,
    PduType,
    data_fields,
    parse_ic,
    parse_term_req,
)
from nvmetcp.record import Buffer
from nvmetcp.status import Completion

# As numbers: attributes of an enumeration are slow to get.
_CAPSULE_CMD, _CAPSULE_RESP = int(PduType.CAPSULE_CMD), int(PduType.CAPSULE_RESP)
_R2T, _C2H_DATA = int(PduType.R2T), int(PduType.C2H_DATA)
_KNOWN = frozenset(int(kind) for kind in PduType)
HEADER_SIZES = dict.fromkeys(_KNOWN, SHORT_SIZE) | {
    PduType.IC_REQ: IC_SIZE,
    PduType.IC_RESP: IC_SIZE,
    PduType.CAPSULE_CMD: CAPSULE_CMD_SIZE,
}
_DIGEST = struct.Struct("<I")
_NOTHING = memoryview(b"")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a PDU type may look like: header size, data it may carry, flags beside the digests'.

    `excess` is the fatal error of one with more data than it may carry.
    """

    header_size: int
    max_data: int = 0
    data_required: bool = False
    flags: int = 0
    digested: bool = True
    excess: FatalError = FatalError.INVALID_HEADER_FIELD


Rules = Mapping[int, Rule]

IC_RULE = Rule(IC_SIZE, digested=False)
TERM_RULE = Rule(SHORT_SIZE, MAX_TERM_DATA, digested=False)
BARE_RULE = Rule(SHORT_SIZE)


def controller_rules(in_capsule: int, max_h2c_data: int) -> Rules:
    """Return what a controller accepts once the connection is open."""
    data = Rule(SHORT_SIZE, max_h2c_data, True, LAST, excess=FatalError.LIMIT_EXCEEDED)
    return {
        PduType.H2C_TERM_REQ: TERM_RULE,
        PduType.CAPSULE_CMD: Rule(CAPSULE_CMD_SIZE, in_capsule),
        PduType.H2C_DATA: data,
    }


def host_rules(max_data: int) -> Rules:
    """Return what a host accepts once the connection is open."""
    return {
        PduType.C2H_TERM_REQ: TERM_RULE,
        PduType.CAPSULE_RESP: BARE_RULE,
        PduType.C2H_DATA: Rule(SHORT_SIZE, max_data, data_required=True, flags=LAST | SUCCESS),
        PduType.R2T: BARE_RULE,
    }


class PduDecoder:
    """Cuts a stream into PDUs.

    Payloads are views of the buffer given to `receive` wherever a PDU lies in it as a whole: use or
    copy them before that buffer is written again. What is kept between calls is one PDU at most.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.framing = Framing()
        self._chunks: list[bytes] = []
        self._have = 0
        self._need = COMMON_SIZE
        self._current = _NOTHING

    @property
    def at_boundary(self) -> bool:
        """Whether the next byte begins a PDU."""
        return not self._have

    @property
    def missing(self) -> int:
        """How many bytes complete what has begun, as far as its header is known; at least 1."""
        return self._need - self._have

    def header(self) -> bytes:
        """Return the header of the PDU that was yielded last, while its handling lasts."""
        return _header(self._current)

    def receive(self, data: Buffer) -> Iterator[Pdu]:
        """Yield the PDUs that are complete with `data`; must be exhausted before the next call.

        Raises RemoteProtocolError at the first PDU that breaks a rule. `rules` and `framing` may
        be changed between two PDUs.
        """
        if self._have:
            self._chunks.append(bytes(data))
            self._have += len(data)
            if self._have < self._need:
                return
            data = b"".join(self._chunks)
        view = memoryview(data)
        start, end = 0, len(view)
        self._need = COMMON_SIZE
        while end - start >= COMMON_SIZE:
            kind, flags, header_size, pdo, size = COMMON.unpack_from(view, start)
            rule = self.rules.get(kind)
            if rule is None or header_size != rule.header_size:
                raise self._unknown(kind, header_size, view[start : start + COMMON_SIZE])
            self._check_header(rule, flags, pdo, size, view[start : start + COMMON_SIZE])
            if end - start < size:
                self._need = size
                break
            self._current = current = view[start : start + size]
            yield self._decode(kind, flags, pdo, current)
            start += size
        self._current = _NOTHING
        self._chunks = [bytes(view[start:])] if start < end else []
        self._have = end - start

    @staticmethod
    def _unknown(kind: int, header_size: int, view: memoryview) -> RemoteProtocolError:
        if kind not in _KNOWN:
            return _fault(view, f"PDU type {kind:#04x}", at=AT_TYPE)
        if header_size != HEADER_SIZES[kind]:
            return _fault(view, f"header length {header_size}", at=AT_HLEN)
        return _fault(view, f"{PduType(kind).name} is not due", FatalError.PDU_SEQUENCE)

    def _check_header(self, rule: Rule, flags: int, pdo: int, size: int, view: memoryview) -> None:
        header_size = rule.header_size
        if not rule.digested:
            if not header_size <= size <= header_size + rule.max_data:
                raise _fault(view, f"PDU length {size}", at=AT_PLEN)
            return
        framing = self.framing
        bare = header_size + (DIGEST_SIZE if framing.header_digest else 0)
        if bool(flags & HDGST) != framing.header_digest or flags & ~(HDGST | DDGST | rule.flags):
            raise _fault(view, f"flags {flags:#04x}", at=AT_FLAGS)
        if size == bare and not rule.data_required:
            if flags & DDGST and not framing.data_digest:
                raise _fault(view, f"flags {flags:#04x}", at=AT_FLAGS)
            return
        self._check_data(rule, flags, pdo, size, view)

    def _check_data(self, rule: Rule, flags: int, pdo: int, size: int, view: memoryview) -> None:
        framing = self.framing
        short = rule.header_size == SHORT_SIZE
        wanted = framing.short_offset if short else framing.capsule_offset
        trailer = DIGEST_SIZE if framing.data_digest else 0
        if not rule.max_data or size - trailer <= wanted:
            raise _fault(view, f"PDU length {size}", at=AT_PLEN)
        if size - trailer > wanted + rule.max_data:
            at = AT_PLEN if rule.excess is FatalError.INVALID_HEADER_FIELD else 0
            raise _fault(view, f"PDU length {size}", rule.excess, at)
        if pdo != wanted:
            raise _fault(view, f"data offset {pdo}, not {wanted}", at=AT_PDO)
        if bool(flags & DDGST) != framing.data_digest:
            raise _fault(view, f"flags {flags:#04x}", at=AT_FLAGS)

    def _decode(self, kind: int, flags: int, pdo: int, view: memoryview) -> Pdu:
        if not self.rules[kind].digested:
            short = kind in (PduType.H2C_TERM_REQ, PduType.C2H_TERM_REQ)
            return parse_term_req(view) if short else parse_ic(view)
        if self.framing.header_digest:
            self._check_header_digest(view)
        if kind == _CAPSULE_CMD:
            command = parse_command(view, COMMON_SIZE)
            bare = CAPSULE_CMD_SIZE + (DIGEST_SIZE if self.framing.header_digest else 0)
            if len(view) == bare:
                return CapsuleCmd(command)
            data, digest_ok = self._payload(view, pdo)
            return CapsuleCmd(command, data, digest_ok)
        if kind == _CAPSULE_RESP:
            return CapsuleResp(Completion.parse(view, COMMON_SIZE))
        cid, ttag, start, length = data_fields(view, 0)
        if kind == _R2T:
            return R2T(cid, ttag, start, length)
        data, digest_ok = self._payload(view, pdo)
        if len(data) != length:
            raise _fault(view, f"{len(data)} bytes, not the {length} told", at=AT_DATA_LENGTH)
        last = bool(flags & LAST)
        if kind == _C2H_DATA:
            return C2HData(cid, start, data, last, bool(flags & SUCCESS), digest_ok)
        return H2CData(cid, ttag, start, data, last, digest_ok)

    def _payload(self, view: memoryview, pdo: int) -> tuple[memoryview, bool]:
        if not self.framing.data_digest:
            return view[pdo:], True
        data = view[pdo:-DIGEST_SIZE]
        return data, crc32c(data) == _DIGEST.unpack_from(view, len(view) - DIGEST_SIZE)[0]

    def _check_header_digest(self, view: memoryview) -> None:
        header_size = view[2]
        (told,) = _DIGEST.unpack_from(view, header_size)
        if crc32c(view[:header_size]) != told:
            raise _fault(view, "header digest is wrong", FatalError.HEADER_DIGEST, told)


def _fault(
    view: memoryview,
    message: str,
    status: FatalError = FatalError.INVALID_HEADER_FIELD,
    at: int = 0,
) -> RemoteProtocolError:
    return RemoteProtocolError(message, status, at, _header(view))


def _header(view: memoryview) -> bytes:
    return bytes(view[: min(view[2], MAX_TERM_DATA)]) if view else b""
