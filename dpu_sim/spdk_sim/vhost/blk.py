"""The virtio-blk device: Virtual I/O Device 1.2, section 5.2."""

from __future__ import annotations

import struct
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from dpu_sim.spdk_sim.bdev.bdev import Bdev, Descriptor
from dpu_sim.spdk_sim.bdev.device import IoType
from dpu_sim.spdk_sim.bdev.errors import IoError, UnsupportedError
from dpu_sim.spdk_sim.vhost.device import VirtioDevice
from dpu_sim.spdk_sim.vhost.messages import Protocol
from dpu_sim.spdk_sim.vhost.ring import Chain

if TYPE_CHECKING:
    from dpu_sim.spdk_sim.vhost.session import Session
    from dpu_sim.spdk_sim.vhost.vring import Outcome

SECTOR = 512
LARGEST_DATA = 32 << 20
"""Bytes of one request; more than drivers are told (SEG_MAX times SIZE_MAX)."""
SIZE_MAX, SEG_MAX = 131072, 126
LARGEST_RANGE = 32768
"""Sectors of one discard or write-zeroes range that drivers are told: 16 MiB."""
IDENTITY_BYTES = 20

IN, OUT, FLUSH, GET_ID, DISCARD, WRITE_ZEROES = 0, 1, 4, 8, 11, 13
"""Types of requests."""
OK, IOERR, UNSUPP = 0, 1, 2
"""Status of a request."""

F_SIZE_MAX, F_SEG_MAX, F_RO, F_BLK_SIZE = 1 << 1, 1 << 2, 1 << 5, 1 << 6
F_FLUSH, F_TOPOLOGY, F_MQ, F_DISCARD, F_WRITE_ZEROES = 1 << 9, 1 << 10, 1 << 12, 1 << 13, 1 << 14

HEADER = struct.Struct("<IIQ")
"""Type, priority, first sector."""
RANGE = struct.Struct("<QII")
"""First sector, sectors, flags."""
CONFIG = struct.Struct("<QIIHBBIBBHIBxHIIIIIB3x")
"""The device's configuration up to write_zeroes_may_unmap: 60 bytes."""

_UNMAP = 1
_QUEUES = 128


class BlkDevice(VirtioDevice):
    """One block device."""

    protocol = Protocol.CONFIG

    def __init__(self, descriptor: Descriptor, readonly: bool) -> None:
        self.readonly = readonly
        self._descriptor: Descriptor | None = descriptor
        offered = F_SIZE_MAX | F_SEG_MAX | F_BLK_SIZE | F_TOPOLOGY | F_MQ
        for kind, feature in (
            (IoType.UNMAP, F_DISCARD),
            (IoType.WRITE_ZEROES, F_WRITE_ZEROES),
            (IoType.FLUSH, F_FLUSH),
        ):
            offered |= feature * (kind in descriptor.bdev.device.io_types)
        self._features = offered | F_RO * (readonly or descriptor.bdev.device.readonly)

    @property
    def bdev(self) -> Bdev | None:
        """The block device, unless it has been removed."""
        return self._descriptor.bdev if self._descriptor else None

    def remove(self) -> None:
        """The block device is going away; all further requests fail."""
        if self._descriptor is not None:
            self._descriptor.close()
            self._descriptor = None

    @property
    def features(self) -> int:
        """The features that are offered; the same as long as there is the controller."""
        return super().features | self._features

    def configuration(self) -> bytes:
        """What the driver reads; without a block device, one without blocks."""
        bdev = self.bdev
        size = bdev.geometry.block_size if bdev else 0
        capacity = bdev.geometry.blocks * size // SECTOR if bdev else 0
        discard, zeroes = self._features & F_DISCARD, self._features & F_WRITE_ZEROES
        return CONFIG.pack(
            capacity, SIZE_MAX, SEG_MAX,
            0, 0, 0,  # geometry
            size,
            0, 0, 1, 0,  # topology: blocks are physical ones, one is the smallest good I/O
            0, _QUEUES,
            LARGEST_RANGE if discard else 0, 1 if discard else 0,
            size // SECTOR if discard else 0,
            LARGEST_RANGE if zeroes else 0, 1 if zeroes else 0,
            0,
        )  # fmt: skip

    # -- requests

    def execute(self, session: Session, index: int, chain: Chain) -> Outcome:  # noqa: ARG002
        """Carry out a request; the last byte that may be written is its status."""
        room = chain.room - 1
        if room < 0:
            return 0  # there is no room to say that this is no request
        if chain.length < HEADER.size or chain.length + room > LARGEST_DATA + HEADER.size:
            return _finish(chain, IOERR)
        sent = chain.read()
        kind, _, sector = HEADER.unpack_from(sent)
        try:
            return self._begin(kind, sector, memoryview(sent)[HEADER.size :], chain, room)
        except IoError as error:
            return _finish(chain, _status(error))

    def _begin(self, kind: int, sector: int, data: memoryview, chain: Chain, room: int) -> Outcome:
        """Carry a request out, at once where that is possible. Raises IoError."""
        descriptor = self._descriptor
        if descriptor is None:
            return _finish(chain, IOERR)
        if kind == IN:
            return self._read(descriptor, sector, chain, room)
        if kind == GET_ID:
            name = descriptor.bdev.name.encode()[:IDENTITY_BYTES].ljust(IDENTITY_BYTES, b"\0")
            return _finish(chain, OK if room else UNSUPP, name[:room])
        if kind == OUT:
            return self._write(descriptor, sector, data, chain)
        if kind == FLUSH:
            return _carry_out(descriptor.flush(), chain)
        if kind in (DISCARD, WRITE_ZEROES):
            return self._change(descriptor, kind, data, chain)
        return _finish(chain, UNSUPP)

    def _read(self, descriptor: Descriptor, sector: int, chain: Chain, room: int) -> Outcome:
        first, count = _blocks(descriptor, sector, room)
        content = descriptor.read_now(first, count)
        if content is not None:
            return _finish(chain, OK, content)
        return _read(descriptor, first, count, chain)

    def _write(
        self, descriptor: Descriptor, sector: int, data: memoryview, chain: Chain
    ) -> Outcome:
        first, _ = _blocks(descriptor, sector, len(data))
        if self.readonly:
            return _finish(chain, IOERR)
        if descriptor.write_now(first, data):
            return _finish(chain, OK)
        return _carry_out(descriptor.write(first, data), chain)

    def _change(self, descriptor: Descriptor, kind: int, data: memoryview, chain: Chain) -> Outcome:
        """Discard or fill a range with zeroes; one in each request is what drivers are told."""
        if len(data) != RANGE.size or self.readonly:
            return _finish(chain, IOERR)
        sector, sectors, flags = RANGE.unpack(data)
        if flags & ~_UNMAP or (kind == DISCARD and flags):
            return _finish(chain, UNSUPP)
        if sectors > LARGEST_RANGE:
            return _finish(chain, IOERR)
        first, count = _blocks(descriptor, sector, sectors * SECTOR)
        if kind == DISCARD:
            return _carry_out(descriptor.unmap(first, count), chain)
        return _carry_out(descriptor.write_zeroes(first, count), chain)


def _blocks(descriptor: Descriptor, sector: int, length: int) -> tuple[int, int]:
    """(first block, blocks) of a range. Raises IoError: it is none of whole blocks."""
    size = descriptor.bdev.geometry.block_size
    first, early = divmod(sector * SECTOR, size)
    count, rest = divmod(length, size)
    if early or rest or not count:
        raise IoError(f"{length} bytes at sector {sector}")
    return first, count


def _finish(chain: Chain, status: int, data: bytes | bytearray = b"") -> int:
    """Write data and status; how many bytes from the start on are valid."""
    if data:
        chain.write(0, data)
    room = chain.room
    chain.write(room - 1, bytes((status,)))
    return room if len(data) == room - 1 else len(data)


def _status(error: IoError) -> int:
    return UNSUPP if isinstance(error, UnsupportedError) else IOERR


async def _read(descriptor: Descriptor, first: int, count: int, chain: Chain) -> int:
    try:
        return _finish(chain, OK, await descriptor.read(first, count))
    except IoError as error:
        return _finish(chain, _status(error))


async def _carry_out(operation: Awaitable[None], chain: Chain) -> int:
    try:
        await operation
    except IoError as error:
        return _finish(chain, _status(error))
    return _finish(chain, OK)
