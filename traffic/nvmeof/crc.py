"""CRC32C (Castagnoli), the digest of NVMe/TCP headers and data (RFC 3385).

`google-crc32c` where it is installed, else a table: about 0.2 us a byte.
"""

from __future__ import annotations

from typing import Final

_POLYNOMIAL: Final = 0x82F63B78  # reflected
_ALL: Final = 0xFFFFFFFF


def _entry(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
    return value


_TABLE: Final = tuple(_entry(value) for value in range(256))


def crc32c_by_table(data: bytes, start: int = 0) -> int:
    """Return the CRC32C of `data`, continuing from `start`, the CRC of what came before."""
    crc, table = start ^ _ALL, _TABLE
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ _ALL


try:
    import google_crc32c
except ImportError:  # an image without it
    crc32c = crc32c_by_table
else:

    def crc32c(data: bytes, start: int = 0) -> int:
        """Return the CRC32C of `data`, continuing from `start`, the CRC of what came before."""
        return int(google_crc32c.extend(start, data))
