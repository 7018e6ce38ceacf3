"""Blocks in a file or on a block device of this machine: SPDK's aio module.

What is in the page cache is read at once; everything else runs in worker threads. A flush is an
fdatasync: what was acknowledged before it survives the end of this process and of the machine.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import fcntl
import os
import stat
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from dpu_sim.spdk_sim.bdev.device import Buffer, Content, Device, Geometry, IoType, require_equal
from dpu_sim.spdk_sim.bdev.errors import (
    IoError,
    NoMemoryError,
    NoSpaceError,
    ReadFailedError,
    ReadOnlyError,
    WriteFailedError,
)
from dpu_sim.spdk_sim.bdev.ordering import Hold, RangeOrder
from dpu_sim.spdk_sim.bdev.threads import Threads

T = TypeVar("T")

_THREADS = 4
_SMALLEST_BLOCK = 512
_BLKSSZGET = 0x1268
_KEEP_SIZE, _PUNCH_HOLE, _ZERO_RANGE = 1, 2, 16
"""Modes of fallocate(2)."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class AioDevice(Device):
    """A file, of which the whole blocks are used."""

    product = "AIO disk"

    def __init__(
        self, path: Path, descriptor: int, geometry: Geometry, options: dict[str, Any]
    ) -> None:
        """Take over an open descriptor; `options` are those of bdev_aio_create."""
        super().__init__(geometry)
        self.readonly = bool(options.get("readonly"))
        self._path = path
        self._fd = descriptor
        self._options = options
        self._size = geometry.block_size
        self._order = RangeOrder()
        self._threads = Threads(_THREADS, f"aio-{path.name}")
        self._flush_error: OSError | None = None
        self.io_types = frozenset(
            {IoType.READ, IoType.WRITE, IoType.FLUSH, IoType.RESET, IoType.WRITE_ZEROES}
            | ({IoType.UNMAP} if options.get("fallocate") else set())
        )

    # -- operations

    def read_now(self, first: int, count: int) -> Content | None:
        """The blocks if all of them are in the page cache and nobody writes them."""
        if not self._order.is_free(first, first + count, alone=False):
            return None
        data = bytearray(count * self._size)
        with suppress(OSError):
            if os.preadv(self._fd, [data], first * self._size, os.RWF_NOWAIT) == len(data):
                return data
        return None

    async def read(self, first: int, count: int) -> Content:
        """The blocks, from the disk if need be."""
        hold = self._order.enter((first, first + count, False))
        return await self._run(hold, ReadFailedError, lambda: self._read(first, count))

    async def write(self, first: int, data: Buffer) -> None:
        """Hand the blocks to the system; `flush` makes them durable."""
        hold = self._order.enter((first, first + len(data) // self._size, True))
        await self._run(hold, WriteFailedError, lambda: self._write(first, data))

    async def flush(self) -> None:
        """Wait until the disk has everything that was acknowledged before."""
        await self._run(self._order.enter(), WriteFailedError, self._synchronize)

    async def write_zeroes(self, first: int, count: int) -> None:
        """By fallocate(2) where the file was opened for it, else by writing."""
        if not self._options.get("fallocate"):
            await super().write_zeroes(first, count)
            return
        hold = self._order.enter((first, first + count, True))
        mode = _ZERO_RANGE | _KEEP_SIZE
        await self._run(hold, WriteFailedError, lambda: self._allocate(mode, first, count))

    async def unmap(self, first: int, count: int) -> None:
        """Punch a hole, where the file was opened for it."""
        if not self._options.get("fallocate"):
            await super().unmap(first, count)
            return
        hold = self._order.enter((first, first + count, True))
        mode = _PUNCH_HOLE | _KEEP_SIZE
        await self._run(hold, WriteFailedError, lambda: self._allocate(mode, first, count))

    async def compare_and_write(self, first: int, expected: Buffer, data: Buffer) -> None:
        """Atomic because the range is held alone."""
        count = len(data) // self._size

        def exchange() -> None:
            require_equal(self._read(first, count), expected)
            self._write(first, data)

        hold = self._order.enter((first, first + count, True))
        await self._run(hold, WriteFailedError, exchange)

    async def copy(self, source: int, destination: int, count: int) -> None:
        """Read, then write; both ranges are held from the start."""
        ranges = (source, source + count, False), (destination, destination + count, True)
        hold = self._order.enter(*ranges)
        await self._run(
            hold, WriteFailedError, lambda: self._write(destination, self._read(source, count))
        )

    async def close(self) -> None:
        """Wait for the threads and close the file."""
        await self._threads.close()
        os.close(self._fd)

    # -- in a thread

    def _read(self, first: int, count: int) -> Content:
        data = bytearray(count * self._size)
        rest, position = memoryview(data), first * self._size
        while rest:
            done = os.preadv(self._fd, [rest], position)
            if not done:
                raise OSError(errno.EIO, "the file has become shorter")
            rest, position = rest[done:], position + done
        return data

    def _write(self, first: int, data: Buffer) -> None:
        rest, position = memoryview(data), first * self._size
        while rest:
            done = os.pwrite(self._fd, rest, position)
            rest, position = rest[done:], position + done

    def _synchronize(self) -> None:
        """After a failed flush Linux forgets what was lost: no later one may succeed."""
        if self._flush_error is not None:
            raise self._flush_error
        try:
            os.fdatasync(self._fd)
        except OSError as error:
            self._flush_error = error
            raise

    def _allocate(self, mode: int, first: int, count: int) -> None:
        offset, length = first * self._size, count * self._size
        if _libc().fallocate(self._fd, mode, offset, length):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    async def _run(self, hold: Hold, failure: type[IoError], work: Callable[[], T]) -> T:
        """Run `work` in a thread when it is its turn; its ranges are held until it has ended.

        Also when the caller gives up: the thread cannot.
        """
        try:
            await hold.turn()
        except asyncio.CancelledError:
            self._order.leave(hold)
            raise
        running = self._threads.run(work)
        running.add_done_callback(lambda done: self._ended(hold, done))
        try:
            return await asyncio.shield(running)
        except OSError as error:
            raise _io_error(error, failure) from error

    def _ended(self, hold: Hold, running: asyncio.Future[Any]) -> None:
        self._order.leave(hold)
        if not running.cancelled():
            running.exception()  # seen, also when the caller has given up

    # -- the file

    def rescan(self) -> bool:
        """Look at the size anew; whether it has changed. Raises OSError."""
        blocks = _size_of(self._fd) // self._size
        changed = blocks != self.geometry.blocks
        self.geometry.blocks = blocks
        return changed

    def describe(self, name: str) -> dict[str, Any]:  # noqa: ARG002
        """`driver_specific` of bdev_get_bdevs."""
        return {
            "aio": {
                "filename": str(self._path),
                "block_size_override": bool(self._options.get("block_size")),
                "readonly": self.readonly,
                "fallocate": bool(self._options.get("fallocate")),
                "nowait": bool(self._options.get("nowait")),
            }
        }

    def recipe(self, name: str) -> tuple[str, dict[str, Any]]:
        """Method and parameters that create this device again."""
        parameters = {
            "name": name,
            "block_size": self._options.get("block_size", 0),
            "filename": str(self._path),
            "readonly": self.readonly,
            "fallocate": bool(self._options.get("fallocate")),
            "uuid": str(self.geometry.uuid),
        }
        return "bdev_aio_create", parameters


def open_aio(path: Path, geometry: Geometry, options: dict[str, Any]) -> AioDevice:
    """Open a file; its size gives the number of blocks, itself their size if none is asked for.

    Raises:
        OSError: it cannot be opened; EINVAL, its size or the block size will not do.
    """
    descriptor = os.open(
        path, (os.O_RDONLY if options.get("readonly") else os.O_RDWR) | os.O_CLOEXEC
    )
    try:
        geometry.block_size = geometry.block_size or _block_size_of(descriptor)
        size = _size_of(descriptor)
        sound = geometry.block_size >= _SMALLEST_BLOCK and geometry.block_size.bit_count() == 1
        if not sound or not size or size % geometry.block_size:
            raise OSError(errno.EINVAL, f"{path}: {size} bytes in blocks of {geometry.block_size}")
        geometry.blocks = size // geometry.block_size
    except OSError:
        os.close(descriptor)
        raise
    return AioDevice(path, descriptor, geometry, options)


def _block_size_of(descriptor: int) -> int:
    """Logical block size of a block device; a file has none, 0."""
    if not stat.S_ISBLK(os.fstat(descriptor).st_mode):
        return 0
    answer: tuple[int] = struct.unpack("i", fcntl.ioctl(descriptor, _BLKSSZGET, bytes(4)))
    return answer[0]


def _size_of(descriptor: int) -> int:
    """Size in bytes of a file or block device. Raises OSError, EINVAL, for anything else."""
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISBLK(mode) and not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "neither a file nor a block device")
    return os.lseek(descriptor, 0, os.SEEK_END)


def _io_error(error: OSError, failure: type[IoError]) -> IoError:
    """The error that a user sees for one of the system."""
    if error.errno in _FULL:
        return NoSpaceError(str(error))
    if error.errno == errno.ENOMEM:
        return NoMemoryError(str(error))
    if error.errno in (errno.EROFS, errno.EBADF, errno.EPERM):
        return ReadOnlyError(str(error))
    return failure(str(error))


def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    return libc
