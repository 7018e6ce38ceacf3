"""A namespace as a block device that can be served: blocks, and the errors of the system."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from host_sim.errors import HostError, NvmeError
from host_sim.multipath import MultipathNamespace
from nbd_server.device import BlockDevice, Buffer
from nvmetcp.status import Status

__all__ = ["BlockDevice", "NamespaceDevice"]

_ERRNO = {
    Status.LBA_OUT_OF_RANGE: errno.ENOSPC,
    Status.NAMESPACE_WRITE_PROTECTED: errno.EPERM,
    Status.RESERVATION_CONFLICT: errno.EIO,
}
"""As Linux translates them, as far as NBD has the number."""


class NamespaceDevice:
    """A namespace with all its paths. What takes too long, or has gone, is EIO."""

    def __init__(self, namespace: MultipathNamespace) -> None:
        self.namespace = namespace

    @property
    def block_size(self) -> int:
        """In bytes."""
        return self.namespace.block_size

    @property
    def blocks(self) -> int:
        """Its size in blocks, now."""
        return self.namespace.blocks

    async def read(self, first: int, blocks: int) -> Buffer:
        """See BlockDevice."""
        async with _system_errors():
            return await self.namespace.read(first, blocks)

    async def write(self, first: int, data: memoryview, *, fua: bool = False) -> None:
        """See BlockDevice."""
        async with _system_errors():
            await self.namespace.write(first, data, fua=fua)

    async def flush(self) -> None:
        """See BlockDevice."""
        async with _system_errors():
            await self.namespace.flush()

    async def write_zeroes(self, first: int, blocks: int, *, deallocate: bool = False) -> None:
        """See BlockDevice."""
        async with _system_errors():
            await self.namespace.write_zeroes(first, blocks, deallocate=deallocate)

    async def trim(self, first: int, blocks: int) -> None:
        """See BlockDevice."""
        async with _system_errors():
            await self.namespace.deallocate([(first, blocks)])


@asynccontextmanager
async def _system_errors() -> AsyncIterator[None]:
    try:
        yield
    except NvmeError as error:
        number = _ERRNO.get(error.status, errno.EIO)  # type: ignore[call-overload]
        raise OSError(number, str(error)) from error
    except HostError as error:
        raise OSError(errno.EIO, str(error)) from error
