"""A logical volume store: its volumes, its free clusters, and their record on the device."""

from __future__ import annotations

import asyncio
import errno
import heapq
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress

from dpu_sim.spdk_sim.bdev.bdev import Descriptor
from dpu_sim.spdk_sim.bdev.device import IoType
from dpu_sim.spdk_sim.bdev.errors import NoSpaceError, OutOfRangeError
from dpu_sim.spdk_sim.lvol.layout import (
    CorruptError,
    StoreRecord,
    VolumeRecord,
    decode,
    decode_mark,
    encode,
    encode_mark,
    mark_size,
    slot_size,
)

CLUSTER_SIZE = 4 << 20
"""Bytes of a cluster unless somebody says otherwise; SPDK's number."""
SMALLEST_CLUSTER = 64 << 10
_CHUNK = 1 << 20
"""Bytes that are copied at a time."""


class Store:
    """Volumes on one device, which is claimed for them.

    What a method has changed when it returns is on the device, and survives a crash. Clusters that
    were given back are used again only after that.
    """

    def __init__(self, base: Descriptor, record: StoreRecord, sequence: int, slot: int) -> None:
        self.base = base
        self.record = record
        self.volumes: dict[uuid.UUID, VolumeRecord] = {one.uuid: one for one in record.volumes}
        self.blocks_per_cluster = record.cluster_size // base.bdev.geometry.block_size
        self._sequence = sequence
        self._slot = slot
        self.unsaved: set[int] = set()
        """Clusters that volumes have taken since the record was written."""
        self._saving = asyncio.Lock()
        self._asked = self._saved = 0
        taken = {place for one in record.volumes for place in one.places.values()}
        self._free = [
            number for number in range(record.reserved, record.clusters) if number not in taken
        ]

    # -- making, finding and unmaking

    @classmethod
    async def create(cls, base: Descriptor, name: str, cluster_size: int) -> Store:
        """Make a store on a device. Raises OSError: EINVAL, clusters or device are too small."""
        shape = base.bdev.geometry
        if cluster_size < SMALLEST_CLUSTER or cluster_size % shape.block_size:
            raise OSError(errno.EINVAL, f"clusters of {cluster_size} bytes")
        clusters = shape.blocks * shape.block_size // cluster_size
        slot = slot_size(clusters, shape.block_size)
        reserved = -(-(mark_size(shape.block_size) + 2 * slot) // cluster_size)
        if clusters <= reserved:
            raise OSError(errno.ENOSPC, f"{base.bdev.name} has {clusters} clusters")
        record = StoreRecord(uuid.uuid4(), name, cluster_size, clusters, reserved)
        store = cls(base, record, 0, slot)
        await store._wipe()
        await store.save()
        await base.write(0, encode_mark(slot, shape.block_size))
        await base.flush()
        return store

    @classmethod
    async def load(cls, base: Descriptor) -> Store:
        """Find the store on a device. Raises CorruptError: there is none; IoError."""
        shape = base.bdev.geometry
        slot = decode_mark(await base.read(0, mark_size(shape.block_size) // shape.block_size))
        found: list[tuple[int, StoreRecord]] = []
        for number in range(2):
            first = (mark_size(shape.block_size) + number * slot) // shape.block_size
            with suppress(CorruptError, OutOfRangeError):
                found.append(decode(await base.read(first, slot // shape.block_size)))
        if not found:
            raise CorruptError("both copies are damaged")
        sequence, record = max(found, key=lambda one: one[0])
        _check(record, base)
        return cls(base, record, sequence, slot)

    async def destroy(self) -> None:
        """Make the device one without a store."""
        await self._wipe()
        self.base.close()

    async def _wipe(self) -> None:
        block = self.base.bdev.geometry.block_size
        marked = mark_size(block) // block
        await self.base.write_zeroes(0, marked)
        await self.base.flush()
        await self.base.write_zeroes(marked, 2 * self._slot // block)
        await self.base.flush()

    # -- the record

    async def save(self) -> None:
        """Have the present state on the device; callers at the same time share a write.

        Raises:
            OSError: ENOSPC, the record has no room for so much.
            IoError: of the device.
        """
        self._asked += 1
        ticket = self._asked
        async with self._saving:
            if self._saved >= ticket:
                return
            covered, places = self._asked, frozenset(self.unsaved)
            self.record.volumes = list(self.volumes.values())
            block = self.base.bdev.geometry.block_size
            sequence = self._sequence + 1
            try:
                content = encode(self.record, sequence, self._slot)
            except ValueError as error:
                raise OSError(errno.ENOSPC, str(error)) from error
            # What the record tells of has to be there before it, and the other slot whole.
            await self.base.flush()
            first = (mark_size(block) + sequence % 2 * self._slot) // block
            await self.base.write(first, content.ljust(-(-len(content) // block) * block, b"\0"))
            await self.base.flush()
            self._sequence, self._saved = sequence, covered
            self.unsaved -= places

    # -- clusters

    @property
    def free(self) -> int:
        """Clusters that nobody has."""
        return len(self._free)

    def take(self) -> int:
        """A free cluster. Raises NoSpaceError."""
        if not self._free:
            raise NoSpaceError(f"{self.record.name} is full")
        return heapq.heappop(self._free)

    def give_back(self, places: Iterable[int]) -> None:
        """Clusters that nobody has any more, on the device neither."""
        for place in places:
            heapq.heappush(self._free, place)

    async def clear(self, place: int) -> None:
        """Fill a cluster with zeroes."""
        first, count = place * self.blocks_per_cluster, self.blocks_per_cluster
        device = self.base.bdev.device
        if IoType.UNMAP in device.io_types and device.zeroes_after_unmap:
            await self.base.unmap(first, count)
        else:
            await self.base.write_zeroes(first, count)

    async def copy(self, source: int, place: int) -> None:
        """Copy a cluster."""
        step = max(1, _CHUNK // self.base.bdev.geometry.block_size)
        for start in range(0, self.blocks_per_cluster, step):
            count = min(step, self.blocks_per_cluster - start)
            data = await self.base.read(source * self.blocks_per_cluster + start, count)
            await self.base.write(place * self.blocks_per_cluster + start, data)

    def place_of(self, volume: VolumeRecord, cluster: int) -> int | None:
        """Where a cluster of a volume is, its snapshots' included; None: it is zeroes."""
        one: VolumeRecord | None = volume
        while one is not None:
            if (place := one.places.get(cluster)) is not None:
                return place
            one = self.volumes[one.parent] if one.parent else None
        return None

    # -- volumes

    def named(self, name: str) -> VolumeRecord | None:
        """The volume of that name."""
        return next((one for one in self.volumes.values() if one.name == name), None)

    def clones(self, snapshot: VolumeRecord) -> list[VolumeRecord]:
        """What stands on a snapshot."""
        return [one for one in self.volumes.values() if one.parent == snapshot.uuid]

    def clusters_for(self, size: int) -> int:
        """How many clusters hold so many bytes."""
        return -(-size // self.record.cluster_size)

    async def add(self, volume: VolumeRecord, fill: Callable[[int], bool] | None = None) -> None:
        """Take a volume up, with clusters of its own where `fill` says so.

        Raises OSError, IoError; then nothing has changed.
        """
        self.volumes[volume.uuid] = volume
        try:
            await self.fill(volume, filter(fill, range(volume.clusters)) if fill else ())
            await self.save()
        except BaseException:
            del self.volumes[volume.uuid]
            self.give_back(volume.places.values())
            raise

    async def fill(self, volume: VolumeRecord, clusters: Iterable[int]) -> None:
        """Give a volume clusters of its own, with what it has there so far. Raises NoSpaceError."""
        wanted = [one for one in clusters if one not in volume.places]
        if len(wanted) > self.free:
            raise NoSpaceError(f"{self.record.name} has {self.free} free clusters")
        for cluster in wanted:
            source, place = self.place_of(volume, cluster), self.take()
            try:
                await (self.clear(place) if source is None else self.copy(source, place))
            except BaseException:
                self.give_back([place])
                raise
            volume.places[cluster] = place
            self.unsaved.add(place)

    async def remove(self, volume: VolumeRecord) -> None:
        """Give up a volume; the one clone that a snapshot may have gets what it needs of it."""
        for clone in self.clones(volume):
            inherited = {at: one for at, one in volume.places.items() if at < clone.clusters}
            clone.places = inherited | clone.places
            clone.parent = volume.parent
        del self.volumes[volume.uuid]
        await self.save()
        kept = {place for one in self.volumes.values() for place in one.places.values()}
        self.give_back(place for place in volume.places.values() if place not in kept)

    async def shrink(self, volume: VolumeRecord, clusters: int) -> None:
        """Cut a volume off."""
        gone = {at: place for at, place in volume.places.items() if at >= clusters}
        volume.places = {at: one for at, one in volume.places.items() if at < clusters}
        volume.clusters = clusters
        await self.save()
        self.give_back(gone.values())

    async def release(self, volume: VolumeRecord, clusters: Iterable[int]) -> None:
        """Take clusters from a volume that has no parent; they are zeroes then."""
        gone = [volume.places.pop(one) for one in clusters if one in volume.places]
        if gone:
            await self.save()
            self.give_back(gone)


def _check(record: StoreRecord, base: Descriptor) -> None:
    """Raise CorruptError when a record does not fit its device, or itself."""
    shape = base.bdev.geometry
    by_uuid = {one.uuid: one for one in record.volumes}
    places = [place for one in record.volumes for place in one.places.values()]
    sound = (
        record.cluster_size > 0
        and record.cluster_size % shape.block_size == 0
        and record.clusters * record.cluster_size <= shape.blocks * shape.block_size
        and len(by_uuid) == len(record.volumes)
        and len(set(places)) == len(places)
        and all(record.reserved <= one < record.clusters for one in places)
        and all(_has_end(one, by_uuid) for one in record.volumes)
    )
    if not sound:
        raise CorruptError("the record contradicts itself or its device")


def _has_end(volume: VolumeRecord, by_uuid: dict[uuid.UUID, VolumeRecord]) -> bool:
    """Whether the snapshots below a volume are there, and none stands on itself."""
    seen = {volume.uuid}
    while volume.parent is not None:
        if volume.parent in seen or volume.parent not in by_uuid:
            return False
        volume = by_uuid[volume.parent]
        seen.add(volume.uuid)
    return True
