"""A namespace as a block device that can be served: blocks, and the errors of the system."""

from __future__ import annotations

import errno
from types import TracebackType

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
        with _SYSTEM_ERRORS:
            return await self.namespace.read(first, blocks)

    async def write(self, first: int, data: memoryview, *, fua: bool = False) -> None:
        """See BlockDevice."""
        with _SYSTEM_ERRORS:
            await self.namespace.write(first, data, fua=fua)

    async def flush(self) -> None:
        """See BlockDevice."""
        with _SYSTEM_ERRORS:
            await self.namespace.flush()

    async def write_zeroes(self, first: int, blocks: int, *, deallocate: bool = False) -> None:
        """See BlockDevice."""
        with _SYSTEM_ERRORS:
            await self.namespace.write_zeroes(first, blocks, deallocate=deallocate)

    async def trim(self, first: int, blocks: int) -> None:
        """See BlockDevice."""
        with _SYSTEM_ERRORS:
            await self.namespace.deallocate([(first, blocks)])


class _SystemErrors:
    """Turns the client's errors into the system's; without state, so that one serves all."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Raise OSError in place of a HostError."""
        if isinstance(error, NvmeError):
            number = _ERRNO.get(error.status, errno.EIO)  # type: ignore[call-overload]
            raise OSError(number, str(error)) from error
        if isinstance(error, HostError):
            raise OSError(errno.EIO, str(error)) from error


_SYSTEM_ERRORS = _SystemErrors()
