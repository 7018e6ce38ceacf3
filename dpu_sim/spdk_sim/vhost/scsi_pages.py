"""What a SCSI logical unit tells of itself: INQUIRY, vital product data, mode pages (SPC-4)."""

from __future__ import annotations

import struct

from dpu_sim.spdk_sim.bdev.bdev import Bdev
from dpu_sim.spdk_sim.bdev.device import IoType

VENDOR, REVISION = b"DPULAB  ", b"0001"

_SPC4 = 6
_MOST_BYTES = 16 << 20
_UNMAP_BLOCKS, _UNMAP_RANGES = 1 << 22, 256
_SUPPORTED, _SERIAL, _IDENTIFICATION, _LIMITS, _CHARACTERISTICS, _PROVISIONING = (
    0x00, 0x80, 0x83, 0xB0, 0xB1, 0xB2,
)  # fmt: skip
_PAGES = bytes((_SUPPORTED, _SERIAL, _IDENTIFICATION, _LIMITS, _CHARACTERISTICS, _PROVISIONING))
_RECOVERY, _CACHING, _CONTROL, _ALL = 0x01, 0x08, 0x0A, 0x3F


def inquiry(bdev: Bdev) -> bytes:
    """Standard INQUIRY data: 36 bytes."""
    product = bdev.device.product.encode()[:16].ljust(16)
    return struct.pack(">BBBBBBBB", 0, 0, _SPC4, 0x12, 31, 0, 0, 0x02) + VENDOR + product + REVISION


def no_unit() -> bytes:
    """Standard INQUIRY data of a logical unit that cannot be."""
    return struct.pack(">BBBBB3x", 0x7F, 0, _SPC4, 0x12, 31) + bytes(28)


def vital_product_data(bdev: Bdev, page: int) -> bytes | None:
    """One page of vital product data; None: there is no such page."""
    made = {
        _SUPPORTED: lambda _: _PAGES,
        _SERIAL: _serial,
        _IDENTIFICATION: _identification,
        _LIMITS: _limits,
        _CHARACTERISTICS: lambda _: struct.pack(">H58x", 1),  # no part turns
        _PROVISIONING: _provisioning,
    }.get(page)
    if made is None:
        return None
    content = made(bdev)
    return struct.pack(">BBH", 0, page, len(content)) + content


def _serial(bdev: Bdev) -> bytes:
    return bdev.geometry.uuid.hex.encode()


def _identification(bdev: Bdev) -> bytes:
    name = VENDOR + bdev.geometry.uuid.hex.encode()
    return (
        bytes((0x02, 0x01, 0, len(name))) + name  # ASCII, T10 vendor identification
        + bytes((0x01, 0x0A, 0, 18, 0x10, 0)) + bdev.geometry.uuid.bytes  # binary, UUID
    )  # fmt: skip


def _limits(bdev: Bdev) -> bytes:
    """Block limits, from the byte after the page's length on."""
    most = _MOST_BYTES // bdev.geometry.block_size
    unmaps = IoType.UNMAP in bdev.device.io_types
    blocks, ranges = (_UNMAP_BLOCKS, _UNMAP_RANGES) if unmaps else (0, 0)
    boundary = bdev.geometry.optimal_io_boundary
    return struct.pack(">xxHIIIIII32x", min(boundary, 0xFFFF), most, 0, 0, blocks, ranges, 1)


def _provisioning(bdev: Bdev) -> bytes:
    unmaps = IoType.UNMAP in bdev.device.io_types
    zeroes = 0x04 if unmaps and bdev.device.zeroes_after_unmap else 0
    return bytes((0, 0x80 * unmaps | zeroes, 2 if unmaps else 1, 0))


def modes(page: int, *, changeable: bool, cache: bool) -> bytes | None:
    """Mode pages: one, or all; None: there is no such page. Nothing can be changed."""
    known = {
        _RECOVERY: bytes((_RECOVERY, 10)) + bytes(10),
        _CACHING: bytes((_CACHING, 18, 0 if changeable else 0x04 * cache)) + bytes(17),
        _CONTROL: bytes((_CONTROL, 10)) + bytes(10),
    }
    if page == _ALL:
        return b"".join(known.values())
    return known.get(page)
