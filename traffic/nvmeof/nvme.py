# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
# scapy.contrib.description = NVM Express queue entries (Base and Fabrics)
# scapy.contrib.status = loads

"""Submission and completion queue entries as NVMe over Fabrics sends them (NVMe Base 2.0).

Everything is little-endian. A submission entry is 64 bytes, a completion entry 16; which Admin or
I/O command an opcode means depends on the queue, so only Fabrics commands have layers of their own.
"""

from __future__ import annotations

from typing import Any, Final

from scapy.fields import (
    BitEnumField,
    BitField,
    ByteField,
    LEIntField,
    LELongField,
    LEShortField,
    PacketField,
    StrFixedLenField,
    XByteEnumField,
    XByteField,
    XLEIntField,
    XLELongField,
    XStrFixedLenField,
)
from scapy.packet import Packet

SQE_SIZE: Final = 64
CQE_SIZE: Final = 16
SGL_SIZE: Final = 16
CONNECT_DATA_SIZE: Final = 1024

FABRICS: Final = 0x7F
PROPERTY_SET, CONNECT, PROPERTY_GET = 0x00, 0x01, 0x04
AUTHENTICATION_SEND, AUTHENTICATION_RECEIVE, DISCONNECT = 0x05, 0x06, 0x08
IDENTIFY, SET_FEATURES, ASYNC_EVENT_REQUEST, KEEP_ALIVE = 0x06, 0x09, 0x0C, 0x18  # Admin
WRITE, READ, COMPARE = 0x01, 0x02, 0x05  # NVM command set
FEATURE_KEEP_ALIVE: Final = 0x0F

PSDT_SGL: Final = 1
IN_CAPSULE, TRANSPORT = 0x01, 0x5A  # descriptor type and sub type in one byte
DISABLE_FLOW_CONTROL: Final = 0x04  # CATTR
DYNAMIC_CONTROLLER: Final = 0xFFFF

FABRICS_TYPES: Final = {
    PROPERTY_SET: "Property Set",
    CONNECT: "Connect",
    PROPERTY_GET: "Property Get",
    AUTHENTICATION_SEND: "Authentication Send",
    AUTHENTICATION_RECEIVE: "Authentication Receive",
    DISCONNECT: "Disconnect",
}
SGL_TYPES: Final = {
    0x0: "data block",
    0x1: "bit bucket",
    0x2: "segment",
    0x3: "last segment",
    0x4: "keyed data block",
    0x5: "transport data block",
    0xF: "vendor specific",
}
STATUS_CODE_TYPES: Final = {
    0: "generic",
    1: "command specific",
    2: "media and data integrity",
    3: "path related",
    7: "vendor specific",
}


class _Inner(Packet):  # type: ignore[misc]
    """A structure of fixed size: what follows it belongs to whatever holds it."""

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes | None]:
        return b"", s


class NVMeSGL(_Inner):
    """SGL descriptor (Base 4.1.2): `address` is an offset for data in the capsule."""

    name = "NVMe SGL descriptor"
    fields_desc = [  # noqa: RUF012 - scapy's way
        XLELongField("address", 0),
        LEIntField("length", 0),
        XStrFixedLenField("rsvd", bytes(3), 3),
        BitEnumField("type", 0x5, 4, SGL_TYPES),
        BitField("subtype", 0xA, 4),
    ]

    @property
    def kind(self) -> int:
        """Type and sub type as the one byte that they are."""
        return int(self.type) << 4 | int(self.subtype)


def _descriptor() -> PacketField:
    return PacketField("sgl", NVMeSGL(), NVMeSGL)


def _head(opcode: int) -> list[Any]:
    return [
        XByteField("opcode", opcode),
        BitField("psdt", PSDT_SGL, 2),
        BitField("flags_rsvd", 0, 4),
        BitField("fuse", 0, 2),
        LEShortField("cid", 0),
    ]


class NVMeSQE(_Inner):
    """Submission queue entry of an Admin or I/O command (Base 3.3.3.1)."""

    name = "NVMe command"
    fields_desc = [  # noqa: RUF012
        *_head(0),
        XLEIntField("nsid", 0),
        XLEIntField("cdw2", 0),
        XLEIntField("cdw3", 0),
        XLELongField("mptr", 0),
        _descriptor(),
        *(XLEIntField(f"cdw{number}", 0) for number in range(10, 16)),
    ]

    @classmethod
    def dispatch_hook(cls, _pkt: bytes | None = None, *_args: Any, **_kwargs: Any) -> Any:
        """Choose the layer by opcode and, of Fabrics commands, by type."""
        if _pkt and len(_pkt) > 4 and _pkt[0] == FABRICS:
            return _FABRICS_LAYERS.get(_pkt[4], NVMeFabrics)
        return NVMeSQE


def _fabrics_head(fctype: int) -> list[Any]:
    return [
        *_head(FABRICS),
        XByteEnumField("fctype", fctype, FABRICS_TYPES),
        XStrFixedLenField("rsvd1", bytes(19), 19),
        _descriptor(),
    ]


class NVMeFabrics(_Inner):
    """Fabrics command of a type that has no layer here (Base 6)."""

    name = "NVMe Fabrics command"
    fields_desc = [*_fabrics_head(0x7E), XStrFixedLenField("specific", bytes(24), 24)]  # noqa: RUF012


class NVMeConnect(_Inner):
    """Connect (Base 6.3): `sqsize` is 0's based, `kato` in ms."""

    name = "NVMe Connect"
    fields_desc = [  # noqa: RUF012
        *_fabrics_head(CONNECT),
        LEShortField("recfmt", 0),
        LEShortField("qid", 0),
        LEShortField("sqsize", 31),
        XByteField("cattr", 0),
        XByteField("rsvd2", 0),
        LEIntField("kato", 0),
        XStrFixedLenField("rsvd3", bytes(12), 12),
    ]


class NVMePropertyGet(_Inner):
    """Property Get (Base 6.5): `attrib` is 0 for 4 bytes, 1 for 8."""

    name = "NVMe Property Get"
    fields_desc = [  # noqa: RUF012
        *_fabrics_head(PROPERTY_GET),
        XByteField("attrib", 0),
        XStrFixedLenField("rsvd2", bytes(3), 3),
        XLEIntField("offset", 0),
        XStrFixedLenField("rsvd3", bytes(16), 16),
    ]


class NVMePropertySet(_Inner):
    """Property Set (Base 6.6)."""

    name = "NVMe Property Set"
    fields_desc = [  # noqa: RUF012
        *_fabrics_head(PROPERTY_SET),
        XByteField("attrib", 0),
        XStrFixedLenField("rsvd2", bytes(3), 3),
        XLEIntField("offset", 0),
        XLELongField("value", 0),
        XStrFixedLenField("rsvd3", bytes(8), 8),
    ]


class NVMeDisconnect(_Inner):
    """Disconnect of an I/O queue (Base 6.4)."""

    name = "NVMe Disconnect"
    fields_desc = [  # noqa: RUF012
        *_fabrics_head(DISCONNECT),
        LEShortField("recfmt", 0),
        XStrFixedLenField("rsvd2", bytes(22), 22),
    ]


def _security(length: str) -> list[Any]:
    return [
        ByteField("rsvd2", 0),
        XByteField("spsp0", 1),
        XByteField("spsp1", 1),
        XByteField("secp", 0xE9),
        LEIntField(length, 0),
        XStrFixedLenField("rsvd3", bytes(16), 16),
    ]


class NVMeAuthSend(_Inner):
    """Authentication Send (Base 6.2): `tl` bytes go to the controller."""

    name = "NVMe Authentication Send"
    fields_desc = [*_fabrics_head(AUTHENTICATION_SEND), *_security("tl")]  # noqa: RUF012


class NVMeAuthReceive(_Inner):
    """Authentication Receive (Base 6.1): up to `al` bytes come back."""

    name = "NVMe Authentication Receive"
    fields_desc = [*_fabrics_head(AUTHENTICATION_RECEIVE), *_security("al")]  # noqa: RUF012


_FABRICS_LAYERS: Final = {
    PROPERTY_SET: NVMePropertySet,
    CONNECT: NVMeConnect,
    PROPERTY_GET: NVMePropertyGet,
    AUTHENTICATION_SEND: NVMeAuthSend,
    AUTHENTICATION_RECEIVE: NVMeAuthReceive,
    DISCONNECT: NVMeDisconnect,
}


class NVMeConnectData(_Inner):
    """Data of Connect: who connects to what (Base 6.3)."""

    name = "NVMe Connect data"
    fields_desc = [  # noqa: RUF012
        XStrFixedLenField("hostid", bytes(16), 16),
        LEShortField("cntlid", DYNAMIC_CONTROLLER),
        XStrFixedLenField("rsvd1", bytes(238), 238),
        StrFixedLenField("subnqn", b"", 256),
        StrFixedLenField("hostnqn", b"", 256),
        XStrFixedLenField("rsvd2", bytes(256), 256),
    ]


class NVMeCQE(_Inner):
    """Completion queue entry (Base 3.3.3.2); the phase tag is always 0 on fabrics."""

    name = "NVMe completion"
    fields_desc = [  # noqa: RUF012
        LELongField("result", 0),
        LEShortField("sqhd", 0),
        LEShortField("sqid", 0),
        LEShortField("cid", 0),
        BitField("dnr", 0, 1, tot_size=-2),
        BitField("more", 0, 1),
        BitField("crd", 0, 2),
        BitEnumField("sct", 0, 3, STATUS_CODE_TYPES),
        BitField("sc", 0, 8),
        BitField("phase", 0, 1, end_tot_size=-2),
    ]

    @property
    def status(self) -> int:
        """Status code type in bits 10:8, status code in bits 7:0."""
        return int(self.sct) << 8 | int(self.sc)


def direction_of(sqe: Any) -> int:
    """Return where a command's data goes: bit 0 to the controller, bit 1 to the host."""
    return int(sqe.fctype if sqe.opcode == FABRICS else sqe.opcode) & 3
