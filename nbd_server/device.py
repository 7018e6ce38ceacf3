"""What can be served as a block device, and a file as one."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Protocol, Self

Buffer = bytes | bytearray | memoryview


class BlockDevice(Protocol):
    """Blocks that are read and written by number.

    Every operation raises OSError: EIO when the device (or every path to it) has gone, EINVAL or
    ENOSPC beyond its end, EPERM when it must not be written. Callers may have many under way.
    """

    @property
    def block_size(self) -> int:
        """In bytes, a power of two from 512 on."""

    @property
    def blocks(self) -> int:
        """Its size in blocks, now."""

    async def read(self, first: int, blocks: int) -> Buffer:
        """The content of `blocks` blocks from `first` on."""

    async def write(self, first: int, data: memoryview, *, fua: bool = False) -> None:
        """Replace whole blocks; `data` does not change meanwhile. With `fua` it is durable then."""

    async def flush(self) -> None:
        """Make every write that was acknowledged durable."""

    async def write_zeroes(self, first: int, blocks: int, *, deallocate: bool = False) -> None:
        """Make blocks read as zeroes; `deallocate` allows to give their space back."""

    async def trim(self, first: int, blocks: int) -> None:
        """Tell that the content of blocks is not needed any more."""


class FileDevice:
    """A file, or a block device of the machine, as a block device. Work is done in threads."""

    def __init__(self, path: Path, block_size: int = 512) -> None:
        """Open a file. Raises OSError, ValueError for a size that is no multiple of a block."""
        self.path = path
        self._block_size = block_size
        self._fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        size = os.lseek(self._fd, 0, os.SEEK_END)
        self._blocks, rest = divmod(size, block_size)
        if rest or not size:
            os.close(self._fd)
            raise ValueError(f"{path}: {size} bytes are no blocks of {block_size}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. No operation may be under way."""
        os.close(self._fd)

    @property
    def block_size(self) -> int:
        """In bytes."""
        return self._block_size

    @property
    def blocks(self) -> int:
        """Its size in blocks when it was opened."""
        return self._blocks

    async def read(self, first: int, blocks: int) -> bytes:
        """See BlockDevice."""
        return await asyncio.to_thread(self._read, first * self._block_size, blocks)

    def _read(self, offset: int, blocks: int) -> bytes:
        size = blocks * self._block_size
        data = os.pread(self._fd, size, offset)
        return data if len(data) == size else data + bytes(size - len(data))

    async def write(self, first: int, data: memoryview, *, fua: bool = False) -> None:
        """See BlockDevice."""
        await asyncio.to_thread(self._write, first * self._block_size, data, fua)

    def _write(self, offset: int, data: memoryview, fua: bool) -> None:
        while data:
            written = os.pwrite(self._fd, data, offset)
            data, offset = data[written:], offset + written
        if fua:
            os.fdatasync(self._fd)

    async def flush(self) -> None:
        """See BlockDevice."""
        await asyncio.to_thread(os.fdatasync, self._fd)

    async def write_zeroes(
        self,
        first: int,
        blocks: int,
        *,
        deallocate: bool = False,  # noqa: ARG002 - may, not must
    ) -> None:
        """See BlockDevice; the space stays allocated."""
        most = max(1, (1 << 20) // self._block_size)
        zeroes = memoryview(bytes(min(most, blocks) * self._block_size))
        for start in range(first, first + blocks, most):
            count = min(most, first + blocks - start)
            await self.write(start, zeroes[: count * self._block_size])

    async def trim(self, first: int, blocks: int) -> None:
        """See BlockDevice: a hint, which a file has no use for."""
