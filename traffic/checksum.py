"""The Internet checksum (RFC 1071) on whole buffers, fast enough for a per-packet path.

A 16-bit one's-complement sum equals the buffer read as one big number modulo 0xffff, because
2**16 = 1 (mod 0xffff); Python does that division in C.
"""

from __future__ import annotations

from typing import Final

_MOD: Final = 0xFFFF

Buffer = bytes | bytearray | memoryview


def word_sum(data: Buffer) -> int:
    """A number congruent, modulo 0xffff, to the sum of the big-endian 16-bit words of `data`.

    An odd last byte counts as the high half of a word (RFC 1071 section 1). Sums of parts may be
    added when every part but the last has even length.
    """
    number = int.from_bytes(data, "big")
    return number << 8 if len(data) & 1 else number


def checksum(total: int) -> int:
    """The checksum field for a sum that was taken with that field zero."""
    return _MOD - (total % _MOD or (_MOD if total else 0))


def is_valid(total: int) -> bool:
    """Whether a sum that includes the checksum field is right (all ones; RFC 1071 section 1)."""
    return total != 0 and total % _MOD == 0
