"""The logical volume stores of an application, and the block devices of their volumes."""

from __future__ import annotations

import asyncio
import errno
import logging
import uuid
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace

from dpu_sim.spdk_sim.bdev.bdev import Bdev, Descriptor, Event
from dpu_sim.spdk_sim.bdev.registry import Registry
from dpu_sim.spdk_sim.lvol.device import LvolDevice
from dpu_sim.spdk_sim.lvol.layout import CorruptError, VolumeRecord, decode_mark, mark_size
from dpu_sim.spdk_sim.lvol.store import Store

_CLAIM = "lvol"
_PATIENCE = 5.0
"""Seconds within which a device has to say what is on it; a remote one may be away for ever."""

_log = logging.getLogger("dpu_sim.spdk_sim")


class Stores:
    """Stores are found on devices that arrive, and go with them."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._stores: list[Store] = []
        registry.examiners.append(self._examine)

    def __iter__(self) -> Iterator[Store]:
        return iter(list(self._stores))

    # -- stores

    async def create(self, bdev_name: str, name: str, cluster_size: int) -> Store:
        """Make a store on a device.

        Raises:
            OSError: ENODEV, EPERM: there is no such device, or somebody has claimed it; EEXIST:
                there is a store of that name; EINVAL, ENOSPC: it does not fit.
            IoError: of the device.
        """
        bdev = self._registry.get(bdev_name)
        if any(one.record.name == name for one in self):
            raise OSError(errno.EEXIST, name)
        base = self._claim(bdev)
        try:
            store = await Store.create(base, name, cluster_size)
        except BaseException:
            base.close()
            raise
        self._stores.append(store)
        return store

    def _claim(self, bdev: Bdev) -> Descriptor:
        async def on_event(event: Event) -> None:
            if event is Event.REMOVE:
                await self._lose(base)

        base = bdev.open(write=True, claim=_CLAIM, on_event=on_event)
        return base

    async def _lose(self, base: Descriptor) -> None:
        """The device of a store is going away."""
        for store in self:
            if store.base is base:
                self._stores.remove(store)
                await self._close(store)

    async def _close(self, store: Store) -> None:
        for volume in list(store.volumes.values()):
            if (bdev := self._registry.find(str(volume.uuid))) is not None:
                await self._registry.unregister(bdev)

    async def delete(self, store: Store) -> None:
        """Unmake a store and everything in it. Raises IoError."""
        await self._close(store)
        await store.destroy()
        self._stores.remove(store)

    async def rename(self, store: Store, name: str) -> None:
        """Give a store another name. Raises OSError, EEXIST; IoError."""
        if any(one.record.name == name for one in self if one is not store):
            raise OSError(errno.EEXIST, name)
        bdevs = [self._registry.get(str(one)) for one in store.volumes]
        former = [one.aliases for one in bdevs]
        store.record.name = name
        for bdev, aliases in zip(bdevs, former, strict=True):
            self._registry.rename(bdev, aliases)
        await store.save()

    async def _examine(self, bdev: Bdev) -> None:
        """Take the store that is on a device into service, if there is one."""
        shape = bdev.geometry
        count = mark_size(shape.block_size) // shape.block_size
        if shape.blocks < count or isinstance(bdev.device, LvolDevice):
            return
        bdev.begin()
        try:  # past the statistics, which tell what users did
            async with asyncio.timeout(_PATIENCE):
                data = await bdev.device.read(0, count)
        finally:
            bdev.end()
        try:
            decode_mark(data)
        except CorruptError:
            return
        base = self._claim(bdev)
        try:
            store = await Store.load(base)
            known = {(one.record.uuid, one.record.name) for one in self}
            if any(store.record.uuid == one or store.record.name == name for one, name in known):
                raise CorruptError(f"there is a store {store.record.name} already")
        except BaseException:
            base.close()
            raise
        self._stores.append(store)
        for volume in store.volumes.values():
            try:
                self.register(store, volume)
            except OSError as error:
                _log.warning("no %s/%s: %s", store.record.name, volume.name, error)

    # -- volumes

    def register(self, store: Store, volume: VolumeRecord) -> Bdev:
        """Make the device of a volume known. Raises OSError, EEXIST."""
        return self._registry.register(str(volume.uuid), LvolDevice(store, volume))

    def find(self, name: str) -> tuple[Bdev, LvolDevice]:
        """A volume by its name or uuid. Raises OSError, ENODEV."""
        bdev = self._registry.get(name)
        if not isinstance(bdev.device, LvolDevice):
            raise OSError(errno.ENODEV, name)
        return bdev, bdev.device

    async def create_volume(self, store: Store, volume: VolumeRecord) -> None:
        """Make a volume; one that is not thin gets its clusters now.

        Raises OSError, EEXIST; IoError: there is no room, or the device fails.
        """
        self._check_name(store, volume.name)
        await store.add(volume, None if volume.thin else lambda _: True)
        self.register(store, volume)

    def _check_name(self, store: Store, name: str) -> None:
        if not name or store.named(name) is not None:
            raise OSError(errno.EEXIST if name else errno.EINVAL, name)

    async def delete_volume(self, name: str) -> None:
        """Unmake a volume. Raises OSError, EPERM: several clones stand on it."""
        bdev, device = self.find(name)
        clones = device.store.clones(device.volume)
        if len(clones) > 1:
            raise OSError(errno.EPERM, name)
        await self._registry.unregister(bdev)
        async with AsyncExitStack() as stack:
            for clone in clones:  # which gets clusters, and must take none meanwhile
                await stack.enter_async_context(self.find(str(clone.uuid))[1].frozen())
            await device.store.remove(device.volume)

    async def rename_volume(self, name: str, new: str) -> None:
        """Give a volume another name. Raises OSError, EEXIST; IoError."""
        bdev, device = self.find(name)
        self._check_name(device.store, new)
        former = bdev.aliases
        device.volume.name = new
        self._registry.rename(bdev, former)
        await device.store.save()

    async def snapshot(self, name: str, new: str) -> VolumeRecord:
        """Keep what a volume is now; it becomes a clone of that. Raises OSError, IoError."""
        _, device = self.find(name)
        store, volume = device.store, device.volume
        self._check_name(store, new)
        if volume.snapshot:
            raise OSError(errno.EINVAL, name)
        async with device.frozen():
            made = replace(volume, uuid=uuid.uuid4(), name=new, snapshot=True)
            former = volume.places, volume.parent, volume.thin
            store.volumes[made.uuid] = made
            volume.places, volume.parent, volume.thin = {}, made.uuid, True
            try:
                await store.save()
            except BaseException:
                volume.places, volume.parent, volume.thin = former
                del store.volumes[made.uuid]
                raise
        self.register(store, made)
        return made

    async def clone(self, name: str, new: str) -> VolumeRecord:
        """Make a volume that is at first as a snapshot. Raises OSError, EINVAL: it is none."""
        _, device = self.find(name)
        store, origin = device.store, device.volume
        self._check_name(store, new)
        if not origin.snapshot:
            raise OSError(errno.EINVAL, name)
        made = VolumeRecord(uuid.uuid4(), new, origin.clusters, thin=True, parent=origin.uuid)
        await store.add(made)
        self.register(store, made)
        return made

    async def resize(self, name: str, size: int) -> None:
        """Give a volume so many bytes, rounded up to clusters. Raises OSError, IoError."""
        bdev, device = self.find(name)
        store, volume = device.store, device.volume
        if volume.snapshot:
            raise OSError(errno.EPERM, name)
        clusters = store.clusters_for(size)
        async with device.frozen():
            former = volume.clusters
            if clusters < former:
                await store.shrink(volume, clusters)
            elif clusters > former:
                if not volume.thin:
                    await store.fill(volume, range(former, clusters))
                volume.clusters = clusters
                await store.save()
            bdev.geometry.blocks = clusters * store.blocks_per_cluster
        if clusters != former:
            await self._registry.resized(bdev)

    async def inflate(self, name: str, *, only_parent: bool) -> None:
        """Make a volume independent of its snapshot, and, unless only that, one with every cluster.

        Raises:
            OSError: EINVAL, it stands on none (for `only_parent`); EPERM, it is a snapshot.
            IoError: there is no room, or the device fails.
        """
        _, device = self.find(name)
        store, volume = device.store, device.volume
        if volume.snapshot or (only_parent and volume.parent is None):
            raise OSError(errno.EPERM if volume.snapshot else errno.EINVAL, name)
        async with device.frozen():
            parent = store.volumes[volume.parent] if volume.parent else None
            wanted = [
                cluster
                for cluster in range(volume.clusters)
                if not only_parent or (parent and cluster in parent.places)
            ]
            await store.fill(volume, wanted)
            volume.parent = parent.parent if only_parent and parent else None
            volume.thin = only_parent
            await store.save()
