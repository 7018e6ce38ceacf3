# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
# scapy.contrib.description = NVMe/TCP transport
# scapy.contrib.status = loads

"""The PDUs of NVMe/TCP (TCP Transport Specification 1.0, section 3.6).

A PDU is header, header digest, padding, data, data digest; all but the header are there or not.
`pdo`, `plen`, `hdgst` and `ddgst` are computed when left None, so any of them can be given wrong on
purpose. Padding is given, see `padding`: how data are aligned is agreed in the handshake.

    sniff(offline="nvme.pcap", session=TCPSession)      # whole PDUs of port 4420
    NVMeTCPCapsuleCmd(sqe=NVMeConnect(qid=0), data=NVMeConnectData(subnqn=b"nqn..."))
"""

from __future__ import annotations

import struct
from typing import Any, Final

from scapy.fields import (
    ByteEnumField,
    ByteField,
    ConditionalField,
    FlagsField,
    LEIntField,
    LEShortEnumField,
    LEShortField,
    MultipleTypeField,
    PacketField,
    PacketLenField,
    StrLenField,
    XLEIntField,
    XLEShortField,
    XStrFixedLenField,
    XStrLenField,
)
from scapy.layers.inet import TCP
from scapy.packet import Packet, bind_layers

from traffic.nvmeof.crc import crc32c
from traffic.nvmeof.nvme import CONNECT_DATA_SIZE, NVMeConnect, NVMeConnectData, NVMeCQE, NVMeSQE

PORTS: Final = (4420, 8009)  # I/O and discovery
COMMON_SIZE: Final = 8
DIGEST_SIZE: Final = 4
MAX_TERM_DATA: Final = 128

IC_REQ, IC_RESP, H2C_TERM, C2H_TERM = 0, 1, 2, 3
CAPSULE_CMD, CAPSULE_RESP, H2C_DATA, C2H_DATA, R2T = 4, 5, 6, 7, 9
PDU_TYPES: Final = {
    IC_REQ: "ICReq",
    IC_RESP: "ICResp",
    H2C_TERM: "H2CTermReq",
    C2H_TERM: "C2HTermReq",
    CAPSULE_CMD: "CapsuleCmd",
    CAPSULE_RESP: "CapsuleResp",
    H2C_DATA: "H2CData",
    C2H_DATA: "C2HData",
    R2T: "R2T",
}
HDGSTF, DDGSTF, LAST, SUCCESS = 1, 2, 4, 8
FLAG_NAMES: Final = ["HDGSTF", "DDGSTF", "LAST", "SUCCESS", "b4", "b5", "b6", "b7"]

INVALID_HEADER_FIELD, PDU_SEQUENCE, HEADER_DIGEST, OUT_OF_RANGE, LIMIT, UNSUPPORTED = range(1, 7)
FATAL_ERRORS: Final = {
    INVALID_HEADER_FIELD: "invalid PDU header field",
    PDU_SEQUENCE: "PDU sequence error",
    HEADER_DIGEST: "header digest error",
    OUT_OF_RANGE: "data transfer out of range",
    LIMIT: "R2T or data transfer limit exceeded",
    UNSUPPORTED: "unsupported parameter",
}


def padding(header_size: int, *, header_digest: bool, alignment: int) -> bytes:
    """Return the bytes between header (with its digest) and data.

    `alignment` is the HPDA or CPDA of the side that receives: 0's based, in dwords.
    """
    end = header_size + (DIGEST_SIZE if header_digest else 0)
    return bytes(-end % ((alignment + 1) * 4))


def _common(kind: int, header_size: int) -> list[Any]:
    return [
        ByteEnumField("type", kind, PDU_TYPES),
        FlagsField("flags", 0, 8, FLAG_NAMES),
        ByteField("hlen", header_size),
        ByteField("pdo", None),
        LEIntField("plen", None),
    ]


class DigestField(XLEIntField):  # type: ignore[misc]
    """A CRC32C; None where it is to be computed, and where a PDU is cut off before it."""

    def getfield(self, pkt: Packet, s: bytes) -> tuple[bytes, int | None]:
        """Read the digest if it is there."""
        if len(s) < DIGEST_SIZE:
            return s, None
        left, value = super().getfield(pkt, s)
        return left, int(value)


def _header_digest() -> ConditionalField:
    return ConditionalField(DigestField("hdgst", None), lambda pdu: int(pdu.flags) & HDGSTF)


def _data_start(pdu: Any) -> int:
    """Where data are, or would be: `pdo` is 0 in a capsule without data."""
    end = int(pdu.hlen) + (DIGEST_SIZE if int(pdu.flags) & HDGSTF else 0)
    return max(int(pdu.pdo or 0), end)


def _pad_size(pdu: Any) -> int:
    end = int(pdu.hlen) + (DIGEST_SIZE if int(pdu.flags) & HDGSTF else 0)
    return max(0, min(int(pdu.pdo or 0), int(pdu.plen or 0)) - end)


def _data_size(pdu: Any) -> int:
    """Bytes of data by the lengths in the header; a data digest is there only behind data."""
    room = int(pdu.plen or 0) - _data_start(pdu)
    return max(0, room - (DIGEST_SIZE if int(pdu.flags) & DDGSTF else 0))


def _has_data_digest(pdu: Any) -> bool:
    return bool(int(pdu.flags) & DDGSTF) and len(bytes(pdu.data or b"")) > 0


def _data_digest() -> ConditionalField:
    return ConditionalField(DigestField("ddgst", None), _has_data_digest)


class NVMeTCP(Packet):  # type: ignore[misc]
    """Base of the PDUs; as a layer of its own, a PDU of unknown type."""

    name = "NVMe/TCP"
    fields_desc = [  # noqa: RUF012 - scapy's way
        *_common(0xFF, COMMON_SIZE),
        XStrLenField("body", b"", length_from=lambda pdu: max(0, int(pdu.plen or 0) - COMMON_SIZE)),
    ]
    match_subclass = True
    HEADER_SIZE = COMMON_SIZE

    @classmethod
    def dispatch_hook(cls, _pkt: bytes | None = None, *_args: Any, **_kwargs: Any) -> Any:
        """Choose the layer by the PDU type."""
        return LAYERS.get(_pkt[0], NVMeTCP) if _pkt else cls

    @classmethod
    def tcp_reassemble(
        cls, data: bytes, metadata: dict[str, Any], _session: dict[str, Any]
    ) -> Packet | None:
        """Return the PDU that starts `data` once it is whole (scapy's TCPSession)."""
        size = struct.unpack_from("<I", data, 4)[0] if len(data) >= COMMON_SIZE else COMMON_SIZE
        if len(data) < max(size, COMMON_SIZE):
            metadata["tcp_min_len"] = max(size, COMMON_SIZE)
            return None
        return NVMeTCP(data)

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes | None]:
        """What follows a PDU is the next one."""
        return b"", s

    def post_build(self, pkt: bytes, pay: bytes) -> bytes:
        """Fill in `pdo`, `plen` and the digests that were left None."""
        out = bytearray(pkt)
        size, flags = self.HEADER_SIZE, int(self.flags)
        data = bytes(self.data or b"") if "data" in self.fields_desc_names() else b""
        if self.pdo is None and data and "pad" in self.fields_desc_names():
            out[3] = self._start() & 0xFF
        if self.plen is None:
            struct.pack_into("<I", out, 4, len(out))
        if flags & DDGSTF and data and self.getfieldval_or_none("ddgst") is None:
            start = self._start()
            struct.pack_into("<I", out, start + len(data), crc32c(data))
        if flags & HDGSTF and self.getfieldval_or_none("hdgst") is None and len(out) >= size + 4:
            struct.pack_into("<I", out, size, crc32c(bytes(out[:size])))
        return bytes(out) + pay

    def _start(self) -> int:
        digest = DIGEST_SIZE if int(self.flags) & HDGSTF else 0
        return self.HEADER_SIZE + digest + len(bytes(self.pad or b""))

    def fields_desc_names(self) -> frozenset[str]:
        """Return the names of this layer's fields."""
        return frozenset(one.name for one in self.fields_desc)

    def getfieldval_or_none(self, name: str) -> Any:
        """Return a field's value, None if it has none or this layer has no such field."""
        return self.getfieldval(name) if name in self.fields_desc_names() else None


class NVMeTCPICReq(NVMeTCP):
    """Host opens the connection (3.6.2.2): `hpda` and `maxr2t` are 0's based."""

    name = "NVMe/TCP ICReq"
    HEADER_SIZE = 128
    fields_desc = [  # noqa: RUF012
        *_common(IC_REQ, 128),
        LEShortField("pfv", 0),
        ByteField("hpda", 0),
        FlagsField("dgst", 0, 8, ["HDGST", "DDGST", "b2", "b3", "b4", "b5", "b6", "b7"]),
        LEIntField("maxr2t", 0),
        XStrFixedLenField("rsvd", bytes(112), 112),
    ]


class NVMeTCPICResp(NVMeTCP):
    """Controller accepts (3.6.2.3): `maxh2cdata` in bytes."""

    name = "NVMe/TCP ICResp"
    HEADER_SIZE = 128
    fields_desc = [  # noqa: RUF012
        *_common(IC_RESP, 128),
        LEShortField("pfv", 0),
        ByteField("cpda", 0),
        FlagsField("dgst", 0, 8, ["HDGST", "DDGST", "b2", "b3", "b4", "b5", "b6", "b7"]),
        LEIntField("maxh2cdata", 131072),
        XStrFixedLenField("rsvd", bytes(112), 112),
    ]


def _termination(kind: int) -> list[Any]:
    return [
        *_common(kind, 24),
        LEShortEnumField("fes", INVALID_HEADER_FIELD, FATAL_ERRORS),
        XLEIntField("fei", 0),  # at offset 10, not aligned
        XStrFixedLenField("rsvd", bytes(10), 10),
        XStrLenField("data", b"", length_from=lambda pdu: max(0, int(pdu.plen or 0) - 24)),
    ]


class NVMeTCPH2CTermReq(NVMeTCP):
    """Host found a fatal error (3.6.2.4); `data` is the start of the PDU at fault."""

    name = "NVMe/TCP H2CTermReq"
    HEADER_SIZE = 24
    fields_desc = _termination(H2C_TERM)


class NVMeTCPC2HTermReq(NVMeTCP):
    """Controller found a fatal error (3.6.2.5)."""

    name = "NVMe/TCP C2HTermReq"
    HEADER_SIZE = 24
    fields_desc = _termination(C2H_TERM)


def _is_connect(pdu: Any) -> bool:
    return isinstance(pdu.sqe, NVMeConnect) and _data_size(pdu) == CONNECT_DATA_SIZE


class NVMeTCPCapsuleCmd(NVMeTCP):
    """A command, with data behind it or not (3.6.2.6)."""

    name = "NVMe/TCP CapsuleCmd"
    HEADER_SIZE = 72
    fields_desc = [  # noqa: RUF012
        *_common(CAPSULE_CMD, 72),
        PacketField("sqe", NVMeSQE(), NVMeSQE),
        _header_digest(),
        XStrLenField("pad", b"", length_from=_pad_size),
        MultipleTypeField(
            [
                (
                    PacketLenField(
                        "data", b"", NVMeConnectData, length_from=lambda _pdu: CONNECT_DATA_SIZE
                    ),
                    _is_connect,
                )
            ],
            StrLenField("data", b"", length_from=_data_size),
        ),
        _data_digest(),
    ]


class NVMeTCPCapsuleResp(NVMeTCP):
    """A completion (3.6.2.7)."""

    name = "NVMe/TCP CapsuleResp"
    HEADER_SIZE = 24
    fields_desc = [  # noqa: RUF012
        *_common(CAPSULE_RESP, 24),
        PacketField("cqe", NVMeCQE(), NVMeCQE),
        _header_digest(),
    ]


def _transfer(kind: int) -> list[Any]:
    return [
        *_common(kind, 24),
        LEShortField("cccid", 0),
        XLEShortField("ttag", 0),  # reserved in C2HData
        LEIntField("datao", 0),
        LEIntField("datal", None),
        XLEIntField("rsvd", 0),
        _header_digest(),
        XStrLenField("pad", b"", length_from=_pad_size),
        StrLenField("data", b"", length_from=_data_size),
        _data_digest(),
    ]


class _Transfer(NVMeTCP):
    HEADER_SIZE = 24
    datal: int | None

    def self_build(self) -> bytes:
        """Build with `datal` filled in first: the header digest covers it."""
        if self.datal is not None or self.raw_packet_cache is not None:
            return bytes(super().self_build())
        self.datal = len(self.data or b"")
        try:
            return bytes(super().self_build())
        finally:
            self.datal = None


class NVMeTCPH2CData(_Transfer):
    """Data for the controller, as an R2T asked (3.6.2.8)."""

    name = "NVMe/TCP H2CData"
    fields_desc = _transfer(H2C_DATA)


class NVMeTCPC2HData(_Transfer):
    """Data for the host (3.6.2.9)."""

    name = "NVMe/TCP C2HData"
    fields_desc = _transfer(C2H_DATA)


class NVMeTCPR2T(NVMeTCP):
    """Controller asks for data of a command (3.6.2.10)."""

    name = "NVMe/TCP R2T"
    HEADER_SIZE = 24
    fields_desc = [  # noqa: RUF012
        *_common(R2T, 24),
        LEShortField("cccid", 0),
        XLEShortField("ttag", 0),
        LEIntField("r2to", 0),
        LEIntField("r2tl", 0),
        XLEIntField("rsvd", 0),
        _header_digest(),
    ]


LAYERS: Final[dict[int, type[NVMeTCP]]] = {
    IC_REQ: NVMeTCPICReq,
    IC_RESP: NVMeTCPICResp,
    H2C_TERM: NVMeTCPH2CTermReq,
    C2H_TERM: NVMeTCPC2HTermReq,
    CAPSULE_CMD: NVMeTCPCapsuleCmd,
    CAPSULE_RESP: NVMeTCPCapsuleResp,
    H2C_DATA: NVMeTCPH2CData,
    C2H_DATA: NVMeTCPC2HData,
    R2T: NVMeTCPR2T,
}

for _port in PORTS:
    bind_layers(TCP, NVMeTCP, sport=_port)
    bind_layers(TCP, NVMeTCP, dport=_port)
    bind_layers(TCP, NVMeTCP, sport=_port, dport=_port)
