"""What a block device module implements: I/O on whole blocks, already checked against the limits.

The layer above (`bdev`) checks ranges and lengths, counts, limits and refuses I/O on what is gone;
a device only moves data. A device whose memory is at hand also has `read_now` and `write_now`.
"""

# ruff: noqa: ARG002 (the defaults do not use what subclasses need)

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from dpu_sim.spdk_sim.bdev.errors import CompareFailedError, UnsupportedError

Buffer = bytes | bytearray | memoryview
Content = bytes | bytearray
"""What a read gives: a copy, the reader's own."""

_CHUNK = 1 << 20
"""Bytes at a time where one operation is made of others."""


class IoType(StrEnum):
    """Operations by the names that bdev_get_bdevs uses, in its order."""

    READ = "read"
    WRITE = "write"
    UNMAP = "unmap"
    FLUSH = "flush"
    RESET = "reset"
    NVME_ADMIN = "nvme_admin"
    NVME_IO = "nvme_io"
    NVME_IO_MD = "nvme_io_md"
    WRITE_ZEROES = "write_zeroes"
    ZCOPY = "zcopy"
    GET_ZONE_INFO = "get_zone_info"
    ZONE_MANAGEMENT = "zone_management"
    ZONE_APPEND = "zone_append"
    COMPARE = "compare"
    COMPARE_AND_WRITE = "compare_and_write"
    ABORT = "abort"
    SEEK_HOLE = "seek_hole"
    SEEK_DATA = "seek_data"
    COPY = "copy"
    NVME_IOV_MD = "nvme_iov_md"
    NVME_NSSR = "nvme_nssr"
    WRITE_UNCORRECTABLE = "write_uncorrectable"


@dataclass(slots=True)
class Geometry:
    """Shape of a device: `blocks` blocks of `block_size` bytes, metadata included."""

    block_size: int
    blocks: int
    uuid: uuid.UUID = field(default_factory=uuid.uuid4)
    physical_block_size: int = 0
    optimal_io_boundary: int = 0
    md_size: int = 0
    md_interleave: bool = False
    numa_id: int | None = None
    preferred: dict[str, int] = field(default_factory=dict)
    """Hints (preferred_write_alignment and its like), in blocks."""


class Device:
    """A device of one module; subclasses override what they can do better, or at all."""

    product: ClassVar[str]
    io_types: frozenset[IoType] = frozenset()
    readonly = False
    zeroes_after_unmap: bool = True
    """Whether blocks that were given back read as zeroes; otherwise their content is undefined."""

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry

    @property
    def aliases(self) -> list[str]:
        """Other names by which it is found."""
        return [str(self.geometry.uuid)]

    @property
    def at_once(self) -> bool:
        """Whether `read_now` and `write_now` succeed now, whatever they are asked for."""
        return False

    async def read(self, first: int, count: int) -> Content:
        """The content of `count` blocks, a copy of it. Raises IoError, as every operation does."""
        raise UnsupportedError

    async def write(self, first: int, data: Buffer) -> None:
        """Replace blocks; `data` must not change before the call returns."""
        raise UnsupportedError

    def read_now(self, first: int, count: int) -> Content | None:
        """As `read` if that needs no waiting, else None."""
        return None

    def write_now(self, first: int, data: Buffer) -> bool:
        """As `write` if that needs no waiting; whether it was done."""
        return False

    async def flush(self) -> None:
        """Make what was written survive a crash."""

    async def write_zeroes(self, first: int, count: int) -> None:
        """Fill blocks with zeroes."""
        size = self.geometry.block_size
        step = max(1, _CHUNK // size)
        for start in range(first, first + count, step):
            await self.write(start, bytes(min(step, first + count - start) * size))

    async def unmap(self, first: int, count: int) -> None:
        """Say that the content of blocks is needed no longer."""
        raise UnsupportedError

    async def compare(self, first: int, expected: Buffer) -> None:
        """Raise CompareFailedError unless the blocks hold `expected`."""
        size = self.geometry.block_size
        require_equal(await self.read(first, len(expected) // size), expected)

    async def compare_and_write(self, first: int, expected: Buffer, data: Buffer) -> None:
        """Write `data` where `expected` is, without anything in between."""
        raise UnsupportedError

    async def copy(self, source: int, destination: int, count: int) -> None:
        """Copy blocks within the device."""
        await self.write(destination, await self.read(source, count))

    async def reset(self) -> None:
        """Give up I/O that hangs."""
        self.abort()

    def abort(self) -> None:
        """Fail I/O that waits for something other than the medium; called before removal."""

    async def close(self) -> None:
        """Give back what the device holds; no I/O is under way, and none follows."""

    def describe(self, name: str) -> dict[str, Any]:
        """`driver_specific` of bdev_get_bdevs."""
        return {}

    def recipe(self, name: str) -> tuple[str, dict[str, Any]]:
        """Method and parameters that create this device again."""
        raise NotImplementedError


def require_equal(found: Buffer, expected: Buffer) -> None:
    """Raise CompareFailedError with the first byte that differs, if any does."""
    if found == expected:
        return
    pairs = enumerate(zip(found, expected, strict=True))
    raise CompareFailedError(next(offset for offset, (a, b) in pairs if a != b))
