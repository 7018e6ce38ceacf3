"""Devices without a medium: malloc, whose blocks are in memory, and null, which keeps nothing."""

# ruff: noqa: ARG002 (null has no use for data)

from __future__ import annotations

import errno
import mmap
from typing import Any

from dpu_sim.spdk_sim.bdev.device import Buffer, Content, Device, Geometry, IoType, require_equal

_SHRED = 1 << 16
"""Smaller ranges are overwritten with zeroes rather than given back to the system."""


class Memory:
    """What all malloc devices together may take, in bytes; None: what the system has."""

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit
        self._taken = 0

    def take(self, size: int) -> None:
        """Reserve `size` bytes. Raises OSError, ENOMEM."""
        if self._limit is not None and self._taken + size > self._limit:
            raise OSError(errno.ENOMEM, f"{size} bytes are more than is left of {self._limit}")
        self._taken += size

    def give_back(self, size: int) -> None:
        """Return what was taken."""
        self._taken -= size


class MallocDevice(Device):
    """Blocks in anonymous memory, which the system provides as they are written.

    Raises:
        OSError: ENOMEM, there is not that much.
    """

    product = "Malloc disk"
    io_types = frozenset(
        {
            IoType.READ, IoType.WRITE, IoType.UNMAP, IoType.FLUSH, IoType.RESET, IoType.COPY,
            IoType.WRITE_ZEROES, IoType.ZCOPY, IoType.COMPARE, IoType.ABORT,
        }
    )  # fmt: skip

    def __init__(self, geometry: Geometry, memory: Memory) -> None:
        super().__init__(geometry)
        self._size = geometry.block_size
        total = geometry.block_size * geometry.blocks
        memory.take(total)
        self._memory = memory
        try:
            # Private: what MADV_DONTNEED gives back reads as zeroes afterwards.
            self._map = mmap.mmap(-1, total, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        except (OSError, OverflowError, ValueError) as error:
            memory.give_back(total)
            raise OSError(errno.ENOMEM, f"no {total} bytes of memory") from error

    @property
    def at_once(self) -> bool:
        """Always."""
        return True

    def read_now(self, first: int, count: int) -> Content:
        """A copy of the blocks."""
        size = self._size
        return self._map[first * size : (first + count) * size]

    def write_now(self, first: int, data: Buffer) -> bool:
        """Replace the blocks."""
        start = first * self._size
        self._map[start : start + len(data)] = data
        return True

    async def read(self, first: int, count: int) -> Content:
        """A copy of the blocks."""
        return self.read_now(first, count)

    async def write(self, first: int, data: Buffer) -> None:
        """Replace the blocks."""
        self.write_now(first, data)

    async def write_zeroes(self, first: int, count: int) -> None:
        """Give whole pages back to the system; overwrite what is left."""
        start, end = first * self._size, (first + count) * self._size
        page = mmap.PAGESIZE
        inner, outer = -(-start // page) * page, end // page * page
        if outer - inner < _SHRED:
            self._map[start:end] = bytes(end - start)
            return
        self._map[start:inner] = bytes(inner - start)
        self._map.madvise(mmap.MADV_DONTNEED, inner, outer - inner)
        self._map[outer:end] = bytes(end - outer)

    async def unmap(self, first: int, count: int) -> None:
        """As write_zeroes."""
        await self.write_zeroes(first, count)

    async def compare_and_write(self, first: int, expected: Buffer, data: Buffer) -> None:
        """Atomic because nothing is awaited in it."""
        require_equal(self.read_now(first, len(expected) // self._size), expected)
        self.write_now(first, data)

    async def copy(self, source: int, destination: int, count: int) -> None:
        """Move the memory; the ranges may overlap."""
        size = self._size
        self._map.move(destination * size, source * size, count * size)

    async def close(self) -> None:
        """Give the memory back."""
        self._map.close()
        self._memory.give_back(self._size * self.geometry.blocks)

    def recipe(self, name: str) -> tuple[str, dict[str, Any]]:
        """Method and parameters that create this device again."""
        shape = self.geometry
        block_size = shape.block_size - (shape.md_size if shape.md_interleave else 0)
        parameters = {
            "name": name,
            "num_blocks": shape.blocks,
            "block_size": block_size,
            "physical_block_size": shape.physical_block_size or block_size,
            "uuid": str(shape.uuid),
            "optimal_io_boundary": shape.optimal_io_boundary,
            "md_size": shape.md_size,
            "dif_type": 0,
            "dif_is_head_of_md": False,
            "dif_pi_format": 0,
            "numa_id": -1,
        }
        if shape.md_interleave:
            parameters["md_interleave"] = True
        return "bdev_malloc_create", parameters


class NullDevice(Device):
    """Takes every write and reads as zeroes."""

    product = "Null disk"
    io_types = frozenset(
        {IoType.READ, IoType.WRITE, IoType.RESET, IoType.WRITE_ZEROES, IoType.ABORT}
    )

    @property
    def at_once(self) -> bool:
        """Always."""
        return True

    def read_now(self, first: int, count: int) -> Content:
        """Zeroes."""
        return bytes(count * self.geometry.block_size)

    def write_now(self, first: int, data: Buffer) -> bool:
        """Nothing is kept."""
        return True

    async def read(self, first: int, count: int) -> Content:
        """Zeroes."""
        return self.read_now(first, count)

    async def write(self, first: int, data: Buffer) -> None:
        """Nothing is kept."""

    async def write_zeroes(self, first: int, count: int) -> None:
        """Nothing to do."""

    async def compare_and_write(self, first: int, expected: Buffer, data: Buffer) -> None:
        """Nothing but zeroes is ever there."""
        require_equal(bytes(len(expected)), expected)

    def recipe(self, name: str) -> tuple[str, dict[str, Any]]:
        """Method and parameters that create this device again."""
        shape = self.geometry
        parameters = {
            "name": name,
            "num_blocks": shape.blocks,
            "block_size": shape.block_size,
            "physical_block_size": shape.physical_block_size or shape.block_size,
            "md_size": shape.md_size,
            "dif_type": 0,
            "dif_is_head_of_md": False,
            "dif_pi_format": 0,
            "uuid": str(shape.uuid),
        }
        return "bdev_null_create", parameters | shape.preferred
