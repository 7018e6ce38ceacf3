"""What each packet carries: who it belongs to, which one it is, and proof that it is whole.

Layout, network byte order, at the start of the UDP/TCP payload or the ICMP echo data:

    0   magic   4 bytes   b"dpl1"; the last byte is the version of this layout
    4   tag    16 bytes   the run
    20  seq     u32       0 .. count-1
    24  count   u32       packets in the run
    28  crc     u32       CRC-32 (ISO 3309, as zlib) of the payload without this field
    32  filler            SHAKE-128 (FIPS 202) of seed and seq: the same on every Python version
"""

from __future__ import annotations

import hashlib
import struct
from typing import Final
from zlib import crc32

from traffic.checksum import Buffer

MAGIC: Final = b"dpl1"
TAG_BYTES: Final = 16
HEADER_BYTES: Final = 32
_CRC_AT: Final = 28

_SIGNED = struct.Struct("!4s16sII")
HEADER: Final = struct.Struct("!4s16sIII")
"""magic, tag, seq, count, crc."""


def encode(tag: bytes, seq: int, count: int, size: int, seed: int) -> bytes:
    """The payload of packet `seq`, `size` bytes long (HEADER_BYTES at least)."""
    signed = _SIGNED.pack(MAGIC, tag, seq, count)
    filler = hashlib.shake_128(b"%d/%d" % (seed, seq)).digest(size - HEADER_BYTES)
    return b"".join((signed, crc32(filler, crc32(signed)).to_bytes(4, "big"), filler))


def is_intact(payload: Buffer, crc: int) -> bool:
    """Whether a payload with a whole header has the CRC that its header gives."""
    return crc32(payload[HEADER_BYTES:], crc32(payload[:_CRC_AT])) == crc
