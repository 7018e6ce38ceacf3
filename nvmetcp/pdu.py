"""The PDUs of NVMe/TCP and how they are written; decoder.py reads them.

Common header: type, flags, header length, data offset (one byte each), PDU length (4 bytes).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import IntEnum

from nvmetcp.command import Command
from nvmetcp.digest import DIGEST_SIZE, digest_bytes
from nvmetcp.errors import FatalError, LocalProtocolError, RemoteProtocolError
from nvmetcp.record import Buffer
from nvmetcp.status import Completion

COMMON = struct.Struct("<BBBBI")
COMMON_SIZE = COMMON.size
IC_SIZE = 128
SHORT_SIZE = 24  # every PDU but IC and CapsuleCmd
CAPSULE_CMD_SIZE = 72
MAX_TERM_DATA = 128
MIN_MAX_H2C_DATA = 4096
MAX_ALIGNMENT = 31  # of HPDA and CPDA: 0's based number of dwords

_IC = struct.Struct("<BBBBIHBBI")  # common header, PFV, HPDA or CPDA, DGST, MAXR2T or MAXH2CDATA
_TERM = struct.Struct("<BBBBIHI")
_DATA = struct.Struct("<BBBBIHHII")  # common header, CCCID, TTAG, offset, length; 4 reserved bytes


class PduType(IntEnum):
    """First byte of a PDU."""

    IC_REQ = 0x00
    IC_RESP = 0x01
    H2C_TERM_REQ = 0x02
    C2H_TERM_REQ = 0x03
    CAPSULE_CMD = 0x04
    CAPSULE_RESP = 0x05
    H2C_DATA = 0x06
    C2H_DATA = 0x07
    R2T = 0x09


# As numbers: attributes of an enumeration are slow to get.
_C2H_DATA, _CAPSULE_RESP = int(PduType.C2H_DATA), int(PduType.CAPSULE_RESP)
_CAPSULE_CMD = int(PduType.CAPSULE_CMD)


# Flags, second byte of a PDU.
HDGST = 0x01
DDGST = 0x02
LAST = 0x04
SUCCESS = 0x08

# Byte offsets of fields at fault, for the FEI of a termination request.
AT_TYPE, AT_FLAGS, AT_HLEN, AT_PDO, AT_PLEN, AT_CCCID, AT_TTAG = 0, 1, 2, 3, 4, 8, 10
AT_DATA_OFFSET, AT_DATA_LENGTH = 12, 16
AT_PFV, AT_PDA, AT_DGST, AT_IC_LIMIT = 8, 10, 11, 12


@dataclass(slots=True)
class ICReq:
    """Host opens the connection. `hpda` aligns data for the host, `maxr2t` is 0's based."""

    header_digest: bool = False
    data_digest: bool = False
    hpda: int = 0
    maxr2t: int = 0
    pfv: int = 0


@dataclass(slots=True)
class ICResp:
    """Controller answers. `cpda` aligns the data the controller receives."""

    header_digest: bool = False
    data_digest: bool = False
    cpda: int = 0
    max_h2c_data: int = 131072
    pfv: int = 0


@dataclass(slots=True)
class TermReq:
    """The sender of this found a fatal error and gives the connection up."""

    to_host: bool
    status: int
    information: int = 0
    header: bytes = b""


@dataclass(slots=True)
class CapsuleCmd:
    """A command; `data` is what came in the capsule, `digest_ok` whether its digest was right."""

    command: Command
    data: memoryview | None = None
    digest_ok: bool = True


@dataclass(slots=True)
class CapsuleResp:
    """A completion."""

    completion: Completion


@dataclass(slots=True)
class H2CData:
    """Data of a command for the controller, as a request to transfer (`ttag`) asked."""

    cid: int
    ttag: int
    offset: int
    data: memoryview
    last: bool
    digest_ok: bool = True


@dataclass(slots=True)
class C2HData:
    """Data of a command for the host; with `success` no completion follows."""

    cid: int
    offset: int
    data: memoryview
    last: bool
    success: bool = False
    digest_ok: bool = True


@dataclass(slots=True)
class R2T:
    """Controller asks for `length` bytes of a command's data from `offset`."""

    cid: int
    ttag: int
    offset: int
    length: int


Pdu = ICReq | ICResp | TermReq | CapsuleCmd | CapsuleResp | H2CData | C2HData | R2T


@dataclass(slots=True)
class Framing:
    """How PDUs of one direction look after the handshake: digests, and alignment of data (PDA)."""

    header_digest: bool = False
    data_digest: bool = False
    alignment: int = 0
    short_offset: int = field(init=False)
    capsule_offset: int = field(init=False)
    plain: bool = field(init=False)

    def __post_init__(self) -> None:
        if not 0 <= self.alignment <= MAX_ALIGNMENT:
            raise LocalProtocolError(f"alignment {self.alignment} is not in 0..{MAX_ALIGNMENT}")
        self.short_offset = self._data_offset(SHORT_SIZE)
        self.capsule_offset = self._data_offset(CAPSULE_CMD_SIZE)
        self.plain = (
            not (self.header_digest or self.data_digest) and self.short_offset == SHORT_SIZE
        )

    def _data_offset(self, header_size: int) -> int:
        step = (self.alignment + 1) * 4
        start = header_size + (DIGEST_SIZE if self.header_digest else 0)
        return (start + step - 1) // step * step


def _ic(kind: PduType, pfv: int, pda: int, digests: int, limit: int) -> bytes:
    try:
        head = _IC.pack(kind, 0, IC_SIZE, 0, IC_SIZE, pfv, pda, digests, limit)
    except struct.error as error:
        raise LocalProtocolError(f"handshake: {error}") from error
    return head.ljust(IC_SIZE, b"\0")


def encode_ic_req(request: ICReq) -> bytes:
    """Return the 128 bytes of an ICReq."""
    digests = request.header_digest | request.data_digest << 1
    return _ic(PduType.IC_REQ, request.pfv, request.hpda, digests, request.maxr2t)


def encode_ic_resp(response: ICResp) -> bytes:
    """Return the 128 bytes of an ICResp."""
    digests = response.header_digest | response.data_digest << 1
    return _ic(PduType.IC_RESP, response.pfv, response.cpda, digests, response.max_h2c_data)


def encode_term_req(term: TermReq) -> bytes:
    """Return a termination request with up to 128 bytes of the PDU at fault. Never digested."""
    kind = PduType.C2H_TERM_REQ if term.to_host else PduType.H2C_TERM_REQ
    fault = bytes(term.header[:MAX_TERM_DATA])
    size = SHORT_SIZE + len(fault)
    head = _TERM.pack(kind, 0, SHORT_SIZE, 0, size, term.status, term.information & 0xFFFFFFFF)
    return head.ljust(SHORT_SIZE, b"\0") + fault


def _without_data(framing: Framing, kind: int, flags: int, body: bytes) -> bytes:
    size = COMMON_SIZE + len(body)
    if not framing.header_digest:
        return COMMON.pack(kind, flags, size, 0, size) + body
    head = COMMON.pack(kind, flags | HDGST, size, 0, size + DIGEST_SIZE) + body
    return head + digest_bytes(head)


def _with_data(framing: Framing, kind: int, flags: int, body: bytes, data: Buffer) -> list[Buffer]:
    size = COMMON_SIZE + len(body)
    offset = framing.short_offset if size == SHORT_SIZE else framing.capsule_offset
    total = offset + len(data) + (DIGEST_SIZE if framing.data_digest else 0)
    flags |= framing.header_digest | framing.data_digest << 1
    head = COMMON.pack(kind, flags, size, offset, total) + body
    if framing.header_digest:
        head += digest_bytes(head)
    buffers: list[Buffer] = [head.ljust(offset, b"\0"), data]
    if framing.data_digest:
        buffers.append(digest_bytes(data))
    return buffers


def encode_command(framing: Framing, command: bytes, data: Buffer | None = None) -> list[Buffer]:
    """Return a command capsule: `command` is 64 bytes, `data` goes into the capsule."""
    if data is None or not len(data):
        return [_without_data(framing, _CAPSULE_CMD, 0, command)]
    return _with_data(framing, _CAPSULE_CMD, 0, command, data)


def encode_response(framing: Framing, completion: bytes) -> bytes:
    """Return a response capsule around the 16 bytes of a completion."""
    return _without_data(framing, _CAPSULE_RESP, 0, completion)


def encode_r2t(framing: Framing, request: R2T) -> bytes:
    """Return a request to transfer."""
    body = struct.pack("<HHIIxxxx", request.cid, request.ttag, request.offset, request.length)
    return _without_data(framing, PduType.R2T, 0, body)


def encode_c2h_data(
    framing: Framing, cid: int, offset: int, data: Buffer, flags: int = LAST
) -> list[Buffer]:
    """Return data for the host; `flags` are LAST and SUCCESS."""
    if framing.plain:
        size = SHORT_SIZE + len(data)
        head = _DATA.pack(_C2H_DATA, flags, SHORT_SIZE, SHORT_SIZE, size, cid, 0, offset, len(data))
        return [head + b"\0\0\0\0", data]
    body = struct.pack("<HHIIxxxx", cid, 0, offset, len(data))
    return _with_data(framing, PduType.C2H_DATA, flags, body, data)


def encode_h2c_data(
    framing: Framing, cid: int, ttag: int, offset: int, data: Buffer, *, last: bool
) -> list[Buffer]:
    """Return data for the controller, in answer to the request to transfer `ttag`."""
    body = struct.pack("<HHIIxxxx", cid, ttag, offset, len(data))
    flags = LAST if last else 0
    return _with_data(framing, PduType.H2C_DATA, flags, body, data)


def parse_ic(view: Buffer) -> ICReq | ICResp:
    """Read an ICReq or ICResp. Raises RemoteProtocolError for versions and limits out of range."""
    kind, _, _, _, _, pfv, pda, digests, limit = _IC.unpack_from(view)
    header = bytes(view[:IC_SIZE])
    if pfv != 0:
        raise RemoteProtocolError(
            f"PDU format version {pfv}", FatalError.UNSUPPORTED_PARAMETER, AT_PFV, header
        )
    if pda > MAX_ALIGNMENT:
        raise RemoteProtocolError(f"data alignment {pda}", information=AT_PDA, header=header)
    if digests > 3:
        raise RemoteProtocolError(f"digests {digests:#x}", information=AT_DGST, header=header)
    if kind == PduType.IC_REQ:
        return ICReq(bool(digests & 1), bool(digests & 2), pda, limit)
    if limit < MIN_MAX_H2C_DATA or limit % 4:
        raise RemoteProtocolError(f"MAXH2CDATA {limit}", information=AT_IC_LIMIT, header=header)
    return ICResp(bool(digests & 1), bool(digests & 2), pda, limit)


def parse_term_req(view: Buffer) -> TermReq:
    """Read a termination request."""
    kind, _, _, _, size, status, information = _TERM.unpack_from(view)
    header = bytes(view[SHORT_SIZE:size])
    return TermReq(kind == PduType.C2H_TERM_REQ, status, information, header)


def data_fields(view: Buffer, offset: int) -> tuple[int, int, int, int]:
    """Return CCCID, TTAG, data offset and data length of the data PDU or R2T at `offset`."""
    _, _, _, _, _, cid, ttag, start, length = _DATA.unpack_from(view, offset)
    return cid, ttag, start, length
