"""The block device of a logical volume."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from dpu_sim.spdk_sim.bdev.device import Buffer, Content, Device, Geometry, IoType, require_equal
from dpu_sim.spdk_sim.bdev.ordering import Range, RangeOrder
from dpu_sim.spdk_sim.lvol.layout import VolumeRecord
from dpu_sim.spdk_sim.lvol.store import Store

_EVERYTHING: Range = (0, 1 << 63, True)
_READ = frozenset({IoType.READ, IoType.FLUSH, IoType.RESET, IoType.COMPARE})
_ALL = _READ | {
    IoType.WRITE, IoType.UNMAP, IoType.WRITE_ZEROES, IoType.COMPARE_AND_WRITE, IoType.COPY,
}  # fmt: skip


class LvolDevice(Device):
    """A volume. Clusters that it has not yet are taken from the store when they are written."""

    product = "Logical Volume"

    def __init__(self, store: Store, volume: VolumeRecord) -> None:
        below = store.base.bdev.geometry
        blocks = volume.clusters * store.blocks_per_cluster
        super().__init__(Geometry(below.block_size, blocks, volume.uuid, numa_id=-1))
        self.store = store
        self.volume = volume
        self.readonly = volume.snapshot
        self.io_types = _READ if volume.snapshot else _ALL
        self._order = RangeOrder()
        self._taking = asyncio.Lock()

    @property
    def aliases(self) -> list[str]:
        """STORE/VOLUME."""
        return [f"{self.store.record.name}/{self.volume.name}"]

    # -- order

    @asynccontextmanager
    async def _turn(self, *ranges: Range) -> AsyncIterator[None]:
        hold = self._order.enter(*ranges)
        try:
            await hold.turn()
            yield
        finally:
            self._order.leave(hold)

    @asynccontextmanager
    async def frozen(self) -> AsyncIterator[None]:
        """No I/O is under way, and what comes waits."""
        async with self._turn(_EVERYTHING):
            yield

    def _parts(self, first: int, count: int) -> Iterator[tuple[int, int, int]]:
        """A range cluster by cluster: (cluster, first block in it, blocks)."""
        size = self.store.blocks_per_cluster
        end = first + count
        while first < end:
            cluster, start = divmod(first, size)
            blocks = min(size - start, end - first)
            yield cluster, start, blocks
            first += blocks

    # -- I/O

    async def read(self, first: int, count: int) -> Content:
        """Its own clusters, those of its snapshots, or zeroes."""
        async with self._turn((first, first + count, False)):
            return await self._read(first, count)

    async def _read(self, first: int, count: int) -> Content:
        found: list[Content] = []
        for cluster, start, blocks in self._parts(first, count):
            place = self.store.place_of(self.volume, cluster)
            if place is None:
                found.append(bytes(blocks * self.geometry.block_size))
            else:
                at = place * self.store.blocks_per_cluster + start
                found.append(await self.store.base.read(at, blocks))
        return found[0] if len(found) == 1 else b"".join(found)

    async def write(self, first: int, data: Buffer) -> None:
        """Into its own clusters, after new ones have been recorded."""
        count = len(data) // self.geometry.block_size
        async with self._turn((first, first + count, True)):
            await self._write(first, data)

    async def _write(self, first: int, data: Buffer) -> None:
        count, view, done = len(data) // self.geometry.block_size, memoryview(data), 0
        parts = list(self._parts(first, count))
        unsaved = await self._own([cluster for cluster, _, _ in parts])
        for cluster, start, blocks in parts:
            size = blocks * self.geometry.block_size
            at = self.volume.places[cluster] * self.store.blocks_per_cluster + start
            await self.store.base.write(at, view[done : done + size])
            done += size
        if unsaved:
            await self.store.save()

    async def _own(self, clusters: list[int]) -> bool:
        """Make sure that the volume has clusters itself, all or none of those that it had not.

        Returns:
            Whether some of them have yet to be recorded.
        """
        if not all(one in self.volume.places for one in clusters):
            async with self._taking:
                await self.store.fill(self.volume, clusters)
        return any(self.volume.places[one] in self.store.unsaved for one in clusters)

    async def flush(self) -> None:
        """Of the store's device."""
        await self.store.base.flush()

    async def write_zeroes(self, first: int, count: int) -> None:
        """Where there is something."""
        async with self._turn((first, first + count, True)):
            await self._zero(first, count)

    async def _zero(self, first: int, count: int) -> None:
        parts = [
            one
            for one in self._parts(first, count)
            if self.store.place_of(self.volume, one[0]) is not None
        ]
        unsaved = await self._own([cluster for cluster, _, _ in parts])
        for cluster, start, blocks in parts:
            at = self.volume.places[cluster] * self.store.blocks_per_cluster + start
            await self.store.base.write_zeroes(at, blocks)
        if unsaved:
            await self.store.save()

    async def unmap(self, first: int, count: int) -> None:
        """As write_zeroes; a thin volume without a snapshot gives whole clusters back."""
        async with self._turn((first, first + count, True)):
            whole: list[int] = []
            for cluster, start, blocks in self._parts(first, count):
                if blocks == self.store.blocks_per_cluster and self._gives_back:
                    whole.append(cluster)
                else:
                    await self._zero(cluster * self.store.blocks_per_cluster + start, blocks)
            await self.store.release(self.volume, whole)

    @property
    def _gives_back(self) -> bool:
        return self.volume.thin and self.volume.parent is None

    async def compare_and_write(self, first: int, expected: Buffer, data: Buffer) -> None:
        """While nobody else writes there."""
        count = len(data) // self.geometry.block_size
        async with self._turn((first, first + count, True)):
            require_equal(await self._read(first, count), expected)
            await self._write(first, data)

    async def copy(self, source: int, destination: int, count: int) -> None:
        """Within the volume."""
        ranges = (source, source + count, False), (destination, destination + count, True)
        async with self._turn(*ranges):
            await self._write(destination, await self._read(source, count))

    async def reset(self) -> None:
        """Of the store's device."""
        await self.store.base.reset()

    # -- description

    def describe(self, name: str) -> dict[str, Any]:  # noqa: ARG002 (of every device)
        """`driver_specific` of bdev_get_bdevs."""
        volume, store = self.volume, self.store
        shown: dict[str, Any] = {
            "lvol_store_uuid": str(store.record.uuid),
            "base_bdev": store.base.bdev.name,
            "thin_provision": volume.thin,
            "num_allocated_clusters": len(volume.places),
            "snapshot": volume.snapshot,
            "clone": volume.parent is not None,
        }
        if volume.parent is not None:
            shown["base_snapshot"] = store.volumes[volume.parent].name
        if volume.snapshot and (clones := store.clones(volume)):
            shown["clones"] = [one.name for one in clones]
        return {"lvol": shown | {"esnap_clone": False}}
