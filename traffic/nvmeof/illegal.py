"""PDUs that break one rule each, and what the specifications demand in answer.

Fatal errors end the connection with a C2HTermReq (TCP 3.5); errors of a command are its status.
Where the specifications leave a choice, every choice is listed.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from traffic.nvmeof import nvme_tcp as tcp
from traffic.nvmeof.builders import Dialect, connect, connect_data, in_capsule
from traffic.nvmeof.crc import crc32c
from traffic.nvmeof.demands import Demand, Kind, complete, terminate
from traffic.nvmeof.nvme import NVMeFabrics, NVMePropertyGet, NVMeSGL, NVMeSQE
from traffic.nvmeof.nvme_tcp import (
    NVMeTCPC2HData,
    NVMeTCPCapsuleResp,
    NVMeTCPH2CTermReq,
    NVMeTCPICReq,
    NVMeTCPICResp,
    NVMeTCPR2T,
)

CID: Final = 0x51
"""Of every command that is wrong here."""
CLOSED: Final = Demand(Kind.CLOSE)
_UNKNOWN_NQN: Final = "nqn.2014-08.org.nvmexpress:no-such-subsystem"
_IN_DATA: Final = 1 << 16
_SEQUENCE: Final = (terminate(tcp.PDU_SEQUENCE), terminate(tcp.INVALID_HEADER_FIELD, 0))


class Stage(StrEnum):
    """How far a connection is when the illegal PDU comes."""

    FIRST = "first"
    """Nothing was sent."""
    OPEN = "open"
    """The handshake is done."""
    TRANSFER = "transfer"
    """Connect waits for its data: an R2T came."""
    ADMIN = "admin"
    """Connect is done and the controller ready."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What an illegal PDU may refer to."""

    dialect: Dialect
    subnqn: str
    cid: int = 0
    """Of the command that waits for data."""
    ttag: int = 0
    length: int = 0


@dataclass(frozen=True, slots=True)
class Illegal:
    """One mistake. `rule` is what the checker says of it, if a capture alone shows it."""

    name: str
    text: str
    stage: Stage
    demands: tuple[Demand, ...]
    make: Callable[[Situation], bytes]
    rule: str | None = None
    digests: bool = False
    cut: bool = False
    """The sending direction is closed right after it."""


def _patched(pdu: bytes, form: str, at: int, value: int) -> bytes:
    image = bytearray(pdu)
    struct.pack_into(form, image, at, value)
    return bytes(image)


def _bare(situation: Situation, **fields: Any) -> bytes:
    return bytes(situation.dialect.command(NVMeSQE(opcode=0x18, cid=CID, **fields)))


def _connecting(situation: Situation, data: Any = None, **fields: Any) -> bytes:
    body = connect_data(situation.subnqn) if data is None else data
    return bytes(situation.dialect.command(connect(cid=CID, **fields), body))


def _data(situation: Situation, **changes: int) -> bytes:
    """The H2CData that the R2T asked for, with other header fields."""
    told = {"cid": situation.cid, "ttag": situation.ttag, "offset": 0, "size": situation.length}
    told |= changes
    data = bytes(connect_data(situation.subnqn)).ljust(told["size"], b"\0")[: told["size"]]
    return bytes(situation.dialect.h2c_data(told["cid"], told["ttag"], told["offset"], data))


def _with_sgl(situation: Situation, **fields: Any) -> bytes:
    sqe = connect(cid=CID)
    sqe.sgl = NVMeSGL(**({"length": 1024, "type": 0, "subtype": 1} | fields))
    return bytes(situation.dialect.command(sqe, connect_data(situation.subnqn)))


def _bad_header_digest(situation: Situation) -> bytes:
    pdu = situation.dialect.command(NVMeSQE(opcode=0x18, cid=CID))
    pdu.hdgst = _WRONG_DIGEST
    return bytes(pdu)


def _bad_data_digest(situation: Situation) -> bytes:
    data = bytes(connect_data(situation.subnqn))
    pdu = situation.dialect.command(connect(cid=CID), data)
    pdu.ddgst = crc32c(data) ^ 1
    return bytes(pdu)


_WRONG_DIGEST: Final = 0x0BADD167

_FIRST: Final = [
    Illegal("ic-version", "ICReq of PDU format version 1", Stage.FIRST,
            (terminate(tcp.UNSUPPORTED, 8),), lambda _: bytes(NVMeTCPICReq(pfv=1)), "ic-field"),
    Illegal("ic-alignment", "ICReq with HPDA 32", Stage.FIRST,
            (terminate(tcp.INVALID_HEADER_FIELD, 10), terminate(tcp.UNSUPPORTED, 10)),
            lambda _: bytes(NVMeTCPICReq(hpda=32)), "ic-field"),
    Illegal("ic-hlen", "ICReq with header length 124", Stage.FIRST,
            (terminate(tcp.INVALID_HEADER_FIELD, 2),), lambda _: bytes(NVMeTCPICReq(hlen=124)),
            "pdu-hlen"),
    Illegal("ic-plen", "ICReq with PDU length 132", Stage.FIRST,
            (terminate(tcp.INVALID_HEADER_FIELD, 4),),
            lambda _: bytes(NVMeTCPICReq(plen=132)) + bytes(4), "pdu-plen"),
    Illegal("command-first", "a command before the handshake", Stage.FIRST, _SEQUENCE,
            _bare, "ic-first"),
    Illegal("unknown-first", "a PDU type that does not exist, first of all", Stage.FIRST,
            (terminate(tcp.INVALID_HEADER_FIELD, 0), terminate(tcp.PDU_SEQUENCE)),
            lambda s: _patched(_bare(s), "<B", 0, 0x0A), "pdu-type"),
    Illegal("icresp-first", "an ICResp from the host", Stage.FIRST, _SEQUENCE,
            lambda _: bytes(NVMeTCPICResp()), "pdu-direction"),
    Illegal("cut-off", "half a header, then the end", Stage.FIRST, (CLOSED,),
            lambda _: bytes(NVMeTCPICReq())[:60], "cut-off", cut=True),
]  # fmt: skip

_OPEN: Final = [
    Illegal("ic-twice", "a second ICReq", Stage.OPEN, _SEQUENCE,
            lambda s: bytes(s.dialect.ic_req()), "ic-twice"),
    Illegal("unknown-type", "PDU type 0Ah", Stage.OPEN, (terminate(tcp.INVALID_HEADER_FIELD, 0),),
            lambda s: _patched(_bare(s), "<B", 0, 0x0A), "pdu-type"),
    Illegal("reserved-type", "PDU type 08h", Stage.OPEN, (terminate(tcp.INVALID_HEADER_FIELD, 0),),
            lambda s: _patched(_bare(s), "<B", 0, 0x08), "pdu-type"),
    Illegal("response-from-host", "a completion from the host", Stage.OPEN, _SEQUENCE,
            lambda _: bytes(NVMeTCPCapsuleResp()), "pdu-direction"),
    Illegal("c2h-from-host", "C2HData from the host", Stage.OPEN, _SEQUENCE,
            lambda _: bytes(NVMeTCPC2HData(data=bytes(4))), "pdu-direction"),
    Illegal("r2t-from-host", "R2T from the host", Stage.OPEN, _SEQUENCE,
            lambda _: bytes(NVMeTCPR2T(r2tl=4)), "pdu-direction"),
    Illegal("capsule-hlen", "a command with header length 64", Stage.OPEN,
            (terminate(tcp.INVALID_HEADER_FIELD, 2),),
            lambda s: _patched(_bare(s), "<B", 2, 64), "pdu-hlen"),
    Illegal("capsule-short", "a command with PDU length 71", Stage.OPEN,
            (terminate(tcp.INVALID_HEADER_FIELD, 4),),
            lambda s: _patched(_bare(s), "<I", 4, 71), "pdu-plen"),
    Illegal("endless", "a command with PDU length FFFFFFFFh", Stage.OPEN,
            (terminate(tcp.INVALID_HEADER_FIELD, 4), terminate(tcp.LIMIT)),
            lambda s: _patched(_bare(s), "<I", 4, 0xFFFFFFFF), "pdu-plen"),
    Illegal("pdo", "data that start 4 bytes late", Stage.OPEN,
            (terminate(tcp.INVALID_HEADER_FIELD, 3),),
            lambda s: _patched(_connecting(s), "<B", 3, _connecting(s)[3] + 4), "pdo"),
    Illegal("digest-flag", "a header digest that was not agreed", Stage.OPEN,
            (terminate(tcp.INVALID_HEADER_FIELD, 1),),
            lambda _: _bare(Situation(Dialect(header_digest=True), "")), "pdu-flags"),
    Illegal("digest-missing", "no header digest, though it was agreed", Stage.OPEN,
            (terminate(tcp.INVALID_HEADER_FIELD, 1),),
            lambda _: _connecting(Situation(Dialect(), "")), "pdu-flags", digests=True),
    Illegal("header-digest", "a wrong header digest", Stage.OPEN,
            (terminate(tcp.HEADER_DIGEST, _WRONG_DIGEST),), _bad_header_digest, "header-digest",
            digests=True),
    Illegal("data-digest", "a wrong data digest: no fatal error, the command fails", Stage.OPEN,
            (complete(0x022),), _bad_data_digest, "data-digest", digests=True),
    Illegal("data-unasked", "H2CData without a command", Stage.OPEN,
            (terminate(tcp.INVALID_HEADER_FIELD, 8), terminate(tcp.INVALID_HEADER_FIELD, 10),
             terminate(tcp.PDU_SEQUENCE)),
            lambda s: bytes(s.dialect.h2c_data(9, 9, 0, bytes(512))), "h2c-cid"),
    Illegal("capsule-large", "12 KiB of data in an Admin capsule", Stage.OPEN,
            (terminate(tcp.INVALID_HEADER_FIELD, 4), terminate(tcp.LIMIT)),
            lambda s: bytes(s.dialect.command(
                NVMeSQE(opcode=0x09, cid=CID, sgl=in_capsule(12288)), bytes(12288))),
            "in-capsule"),
    Illegal("host-terminates", "a termination request: legal, and the end", Stage.OPEN, (CLOSED,),
            lambda _: bytes(NVMeTCPH2CTermReq(fes=tcp.PDU_SEQUENCE)), "term-unfounded"),
    Illegal("long-termination", "a termination request of 153 bytes", Stage.OPEN,
            (CLOSED, terminate(tcp.INVALID_HEADER_FIELD, 4)),
            lambda _: bytes(NVMeTCPH2CTermReq(fes=2, data=bytes(129))), "pdu-plen"),
]  # fmt: skip

_CONNECT: Final = [
    Illegal("before-connect", "Keep Alive on a queue that is not connected", Stage.OPEN,
            (complete(0x00C),), _bare, "connect-first"),
    Illegal("sgl-type", "a keyed descriptor", Stage.OPEN, (complete(0x011),),
            lambda s: _with_sgl(s, type=4, subtype=0), "sgl-type"),
    Illegal("sgl-offset", "a descriptor that starts behind the capsule", Stage.OPEN,
            (complete(0x016),), lambda s: _with_sgl(s, address=4096), "sgl-length"),
    Illegal("sgl-length", "a descriptor of more than the capsule holds", Stage.OPEN,
            (complete(0x00F),), lambda s: _with_sgl(s, length=2048), "sgl-length"),
    Illegal("prp", "a command with PRPs", Stage.OPEN, (complete(0x002),),
            lambda s: _connecting(s, psdt=0), "psdt"),
    Illegal("connect-format", "Connect with RECFMT 1", Stage.OPEN, (complete(0x180),),
            lambda s: _connecting(s, recfmt=1), "connect-field"),
    Illegal("connect-size", "Connect with a queue of one entry", Stage.OPEN,
            (complete(0x182, 44),), lambda s: _connecting(s, sqsize=0), "connect-field"),
    Illegal("connect-subsystem", "Connect to a subsystem that does not exist", Stage.OPEN,
            (complete(0x182, 256 | _IN_DATA),),
            lambda s: _connecting(s, connect_data(_UNKNOWN_NQN))),
    Illegal("connect-host", "Connect without a host NQN", Stage.OPEN,
            (complete(0x182, 512 | _IN_DATA), complete(0x184)),
            lambda s: _connecting(s, connect_data(s.subnqn, ""))),
    Illegal("connect-controller", "Connect to a controller of its own choice", Stage.OPEN,
            (complete(0x182, 16 | _IN_DATA),),
            lambda s: _connecting(s, connect_data(s.subnqn, cntlid=0xFFEE))),
    Illegal("connect-queue", "an I/O queue of a controller that does not exist", Stage.OPEN,
            (complete(0x182, 16 | _IN_DATA),),
            lambda s: _connecting(s, connect_data(s.subnqn, cntlid=0xFFEE), qid=1)),
]  # fmt: skip

_TRANSFER: Final = [
    Illegal("data-tag", "H2CData with another transfer tag", Stage.TRANSFER,
            (terminate(tcp.INVALID_HEADER_FIELD, 10),),
            lambda s: _data(s, ttag=s.ttag ^ 0x4000), "h2c-tag"),
    Illegal("data-command", "H2CData of another command", Stage.TRANSFER,
            (terminate(tcp.INVALID_HEADER_FIELD, 8), terminate(tcp.INVALID_HEADER_FIELD, 10),
             terminate(tcp.PDU_SEQUENCE)),
            lambda s: _data(s, cid=s.cid ^ 0x4000), "h2c-cid"),
    Illegal("data-offset", "H2CData that start too late", Stage.TRANSFER,
            (terminate(tcp.OUT_OF_RANGE),), lambda s: _data(s, offset=512), "h2c-range"),
    Illegal("data-beyond", "H2CData of more than was asked for", Stage.TRANSFER,
            (terminate(tcp.OUT_OF_RANGE),), lambda s: _data(s, size=s.length + 4), "h2c-range"),
    Illegal("data-limit", "H2CData of more than MAXH2CDATA", Stage.TRANSFER,
            (terminate(tcp.LIMIT), terminate(tcp.OUT_OF_RANGE)),
            lambda s: _data(s, size=s.dialect.max_h2c + 4), "h2c-limit"),
    Illegal("data-empty", "H2CData without data", Stage.TRANSFER,
            (terminate(tcp.INVALID_HEADER_FIELD),), lambda s: _data(s, size=0), "data-empty"),
    Illegal("data-length", "H2CData whose DATAL disagrees with its length", Stage.TRANSFER,
            (terminate(tcp.INVALID_HEADER_FIELD, 16), terminate(tcp.INVALID_HEADER_FIELD, 4)),
            lambda s: _patched(_data(s), "<I", 16, s.length - 4), "data-length"),
    Illegal("last-missing", "all data, but no LAST flag", Stage.TRANSFER,
            (terminate(tcp.INVALID_HEADER_FIELD, 1), terminate(tcp.PDU_SEQUENCE)),
            lambda s: _patched(_data(s), "<B", 1, 0), "h2c-last"),
    Illegal("cid-in-use", "a second command with the identifier of one under way", Stage.TRANSFER,
            (complete(0x003), terminate()),
            lambda s: bytes(s.dialect.command(NVMeSQE(opcode=0x18, cid=s.cid))), "cid-in-use"),
]  # fmt: skip

_ADMIN: Final = [
    Illegal("connect-twice", "Connect on a queue that is connected", Stage.ADMIN,
            (complete(0x00C),), _connecting, "connect-twice"),
    Illegal("opcode", "Admin opcode C0h", Stage.ADMIN, (complete(0x001),),
            lambda s: bytes(s.dialect.command(NVMeSQE(opcode=0xC0, cid=CID)))),
    Illegal("fabrics-type", "Fabrics type 7Ch", Stage.ADMIN, (complete(0x001), complete(0x002)),
            lambda s: bytes(s.dialect.command(NVMeFabrics(fctype=0x7C, cid=CID)))),
    Illegal("property", "Property Get of an offset without a property", Stage.ADMIN,
            (complete(0x182), complete(0x002)),
            lambda s: bytes(s.dialect.command(NVMePropertyGet(offset=0x1234, cid=CID)))),
    Illegal("identify", "Identify with CNS FFh", Stage.ADMIN, (complete(0x002),),
            lambda s: bytes(s.dialect.command(
                NVMeSQE(opcode=6, cid=CID, cdw10=0xFF, sgl=NVMeSGL(length=4096))))),
    Illegal("log-page", "log page BFh, which does not exist", Stage.ADMIN,
            (complete(0x109), complete(0x002)),
            lambda s: bytes(s.dialect.command(
                NVMeSQE(opcode=2, cid=CID, cdw10=0x003F00BF, sgl=NVMeSGL(length=256))))),
    Illegal("feature", "Get Features of feature BFh", Stage.ADMIN, (complete(0x002),),
            lambda s: bytes(s.dialect.command(NVMeSQE(opcode=0x0A, cid=CID, cdw10=0xBF)))),
]  # fmt: skip

CATALOGUE: Final = {one.name: one for one in [*_FIRST, *_OPEN, *_CONNECT, *_TRANSFER, *_ADMIN]}
