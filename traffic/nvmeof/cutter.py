"""A direction's bytes -> its PDUs, keeping little of the data: headers, a prefix, and the CRC."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from traffic.nvmeof.crc import crc32c
from traffic.nvmeof.nvme_tcp import (
    C2H_DATA,
    C2H_TERM,
    CAPSULE_CMD,
    COMMON_SIZE,
    DDGSTF,
    DIGEST_SIZE,
    H2C_DATA,
    H2C_TERM,
    HDGSTF,
    LAYERS,
    MAX_TERM_DATA,
    NVMeTCP,
)

KEPT: Final = 2048
"""Bytes of data kept of each PDU: Connect's, and the controller's part of Identify."""
MAX_CAPSULE_DATA: Final = 1 << 20  # IOCCSZ can announce more, nobody does
_COMMON: Final = struct.Struct("<BBBBI")
_AT_LENGTH: Final = 16
_DATA_TYPES: Final = frozenset((H2C_DATA, C2H_DATA))
_TERM_TYPES: Final = frozenset((H2C_TERM, C2H_TERM))


class FramingError(Exception):
    """Where the next PDU begins can't be told any more; names a rule of `rules.RULES`."""

    def __init__(self, rule: str, message: str, header: bytes) -> None:
        super().__init__(message)
        self.rule = rule
        self.header = header


@dataclass(slots=True)
class Pdu:
    """One PDU: its scapy layer (header alone) and what there is to know of its data."""

    layer: Any
    header: bytes
    offset: int
    """Where it starts in its direction, in bytes."""
    pad: bytes = b""
    data_size: int = 0
    data: bytes = b""
    """The first KEPT bytes."""
    data_crc: int = 0
    data_digest: int | None = None
    """As it was sent."""

    @property
    def kind(self) -> int:
        """The PDU type."""
        return int(self.layer.type)


class Cutter:
    """Cuts one direction; what is kept between two calls is less than 3 KiB."""

    def __init__(self) -> None:
        self.offset = 0
        self._head = bytearray()
        self._need = COMMON_SIZE
        self._pdu: Pdu | None = None
        self._pad_left = self._data_left = self._digest_left = 0
        self._trailer = bytearray()

    def feed(self, data: bytes) -> Iterator[Pdu]:
        """Yield the PDUs that end in `data`. Raises FramingError; there is no going on then."""
        at, end = 0, len(data)
        while at < end:
            if self._pdu is None:
                at = self._take_head(data, at)
            else:
                at = self._take_data(self._pdu, data, at)
            if self._pdu is not None and not self._left():
                pdu, self._pdu = self._pdu, None
                yield self._finished(pdu)

    @property
    def at_boundary(self) -> bool:
        """Whether the next byte begins a PDU."""
        return self._pdu is None and not self._head

    def _left(self) -> int:
        return self._pad_left + self._data_left + self._digest_left

    def _take_head(self, data: bytes, at: int) -> int:
        taken = data[at : at + self._need - len(self._head)]
        self._head += taken
        if len(self._head) == self._need == COMMON_SIZE:
            self._need = self._header_end()
        if len(self._head) == self._need:
            self._begin()
        return at + len(taken)

    def _header_end(self) -> int:
        kind, flags, size, _, total = _COMMON.unpack(self._head)
        layer = LAYERS.get(kind)
        if layer is None:
            raise self._error("pdu-type", f"PDU type {kind:#04x} does not exist")
        if size != layer.HEADER_SIZE:
            raise self._error("pdu-hlen", f"header length {size} of a {layer.__name__}")
        digest = DIGEST_SIZE if flags & HDGSTF and kind >= CAPSULE_CMD else 0
        largest = size + digest
        if kind in _TERM_TYPES:
            largest = size + MAX_TERM_DATA
        elif kind == CAPSULE_CMD:
            largest += 128 + MAX_CAPSULE_DATA
        elif kind in _DATA_TYPES:
            largest = 1 << 32
        if not size + digest <= total <= largest:
            raise self._error("pdu-plen", f"PDU length {total} of a {layer.__name__}")
        return int(size) + digest

    def _begin(self) -> None:
        head = bytes(self._head)
        kind, flags, size, pdo, total = _COMMON.unpack_from(head)
        start = max(pdo, len(head)) if kind >= CAPSULE_CMD else len(head)
        trailer = DIGEST_SIZE if flags & DDGSTF and kind >= CAPSULE_CMD else 0
        if total == len(head):
            start, trailer = total, 0
        self._data_left = total - start - trailer
        if self._data_left < 0:
            raise self._error("pdo", f"data offset {pdo} in {total} bytes")
        if kind in _DATA_TYPES:
            told = struct.unpack_from("<I", head, _AT_LENGTH)[0]
            if told != self._data_left:
                message = f"DATAL says {told}, the PDU holds {self._data_left} bytes"
                raise self._error("data-length", message)
        self._pad_left, self._digest_left = start - len(head), trailer
        self._pdu = Pdu(NVMeTCP(head), head[:size], self.offset, data_size=self._data_left)
        self.offset += total
        self._head.clear()
        self._need = COMMON_SIZE

    def _take_data(self, pdu: Pdu, data: bytes, at: int) -> int:
        if self._pad_left:
            part = data[at : at + self._pad_left]
            self._pad_left -= len(part)
            pdu.pad += part
        elif self._data_left:
            part = data[at : at + self._data_left]
            self._data_left -= len(part)
            if self._digest_left:
                pdu.data_crc = crc32c(part, pdu.data_crc)
            if len(pdu.data) < KEPT:
                pdu.data += part[: KEPT - len(pdu.data)]
        else:
            part = data[at : at + self._digest_left]
            self._digest_left -= len(part)
            self._trailer += part
        return at + len(part)

    def _finished(self, pdu: Pdu) -> Pdu:
        if self._trailer:
            pdu.data_digest = int.from_bytes(self._trailer, "little")
            self._trailer.clear()
        return pdu

    def _error(self, rule: str, message: str) -> FramingError:
        return FramingError(rule, message, bytes(self._head))
