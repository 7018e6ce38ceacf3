"""SPDK's bdev_lvol_* methods: logical volume stores, volumes, snapshots and clones."""

from __future__ import annotations

import asyncio
import errno
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from dpu_sim.spdk_sim.bdev.errors import IoError, NoSpaceError
from dpu_sim.spdk_sim.bdev.registry import Registry
from dpu_sim.spdk_sim.envelope import Handler
from dpu_sim.spdk_sim.errors import system_error, undecoded
from dpu_sim.spdk_sim.lvol.layout import VolumeRecord
from dpu_sim.spdk_sim.lvol.store import CLUSTER_SIZE, Store
from dpu_sim.spdk_sim.lvol.stores import Stores
from dpu_sim.spdk_sim.parameters import Check, boolean, decode, one_of, string, unsigned

_MIB = 1 << 20
_STORE: dict[str, Check] = {"uuid": string, "lvs_name": string}
_CLEAR = one_of("none", "unmap", "write_zeroes")
"""Accepted; a volume that gets clusters always gets them without what was in them."""
_SIZES: dict[str, Check] = {"size_in_mib": unsigned(64), "size": unsigned(64)}
"""`size`, in bytes, is the spelling of before 23.01."""
_LARGEST = 1 << 50


class LvolMethods:
    """Handlers on the stores of one application."""

    def __init__(self, registry: Registry) -> None:
        self.stores = Stores(registry)
        self._changing = asyncio.Lock()

    @asynccontextmanager
    async def _change(self) -> AsyncIterator[None]:
        """One change after the other; I/O that fails is told as the system's error."""
        async with self._changing:
            try:
                yield
            except NoSpaceError as error:
                raise OSError(errno.ENOSPC, str(error)) from error
            except IoError as error:
                raise OSError(errno.EIO, str(error)) from error

    def methods(self) -> dict[str, Handler]:
        """The JSON-RPC methods."""
        return {
            "bdev_lvol_create_lvstore": self._create_store,
            "bdev_lvol_rename_lvstore": self._rename_store,
            "bdev_lvol_delete_lvstore": self._delete_store,
            "bdev_lvol_get_lvstores": self._list_stores,
            "bdev_lvol_create": self._create,
            "bdev_lvol_delete": self._delete,
            "bdev_lvol_rename": self._rename,
            "bdev_lvol_resize": self._resize,
            "bdev_lvol_snapshot": self._snapshot,
            "bdev_lvol_clone": self._clone,
            "bdev_lvol_inflate": partial(self._inflate, only_parent=False),
            "bdev_lvol_decouple_parent": partial(self._inflate, only_parent=True),
            "bdev_lvol_get_lvols": self._list,
        }

    # -- stores

    async def _create_store(self, given: Any) -> str:
        fields = {
            "bdev_name": string, "lvs_name": string, "cluster_sz": unsigned(32),
            "clear_method": _CLEAR, "num_md_pages_per_cluster_ratio": unsigned(32),
            "md_page_size": unsigned(32),
        }  # fmt: skip
        wanted = decode(given, fields, {"bdev_name", "lvs_name"}, undecoded)
        if not wanted["lvs_name"]:
            raise system_error(errno.EINVAL)
        size = wanted.get("cluster_sz") or CLUSTER_SIZE
        async with self._change():
            store = await self.stores.create(wanted["bdev_name"], wanted["lvs_name"], size)
        return str(store.record.uuid)

    def _store(self, wanted: dict[str, Any]) -> Store:
        """A store by its uuid or name, one of them. Raises RpcError."""
        if ("uuid" in wanted) == ("lvs_name" in wanted):
            raise system_error(errno.EINVAL)
        for store in self.stores:
            known = {"uuid": str(store.record.uuid), "lvs_name": store.record.name}
            if all(wanted[name] == known[name] for name in _STORE if name in wanted):
                return store
        raise system_error(errno.ENODEV)

    async def _rename_store(self, given: Any) -> bool:
        fields = {"old_name": string, "new_name": string}
        wanted = decode(given, fields, set(fields), undecoded)
        store = self._store({"lvs_name": wanted["old_name"]})
        async with self._change():
            await self.stores.rename(store, wanted["new_name"])
        return True

    async def _delete_store(self, given: Any) -> bool:
        store = self._store(decode(given, _STORE, set(), undecoded))
        async with self._change():
            await self.stores.delete(store)
        return True

    async def _list_stores(self, given: Any) -> list[dict[str, Any]]:
        wanted = decode(given, _STORE, set(), undecoded)
        chosen = [self._store(wanted)] if wanted else list(self.stores)
        return [_describe_store(one) for one in chosen]

    # -- volumes

    async def _create(self, given: Any) -> str:
        fields = {
            "lvol_name": string, "thin_provision": boolean, "clear_method": _CLEAR,
            **_SIZES, **_STORE,
        }  # fmt: skip
        wanted = decode(given, fields, {"lvol_name"}, undecoded)
        size = _size(wanted)
        store = self._store(wanted)
        thin = wanted.get("thin_provision", False)
        clusters = store.clusters_for(size)
        volume = VolumeRecord(uuid.uuid4(), wanted["lvol_name"], clusters, thin)
        async with self._change():
            await self.stores.create_volume(store, volume)
        return str(volume.uuid)

    async def _delete(self, given: Any) -> bool:
        name = decode(given, {"name": string}, {"name"}, undecoded)["name"]
        async with self._change():
            await self.stores.delete_volume(name)
        return True

    async def _rename(self, given: Any) -> bool:
        fields = {"old_name": string, "new_name": string}
        wanted = decode(given, fields, set(fields), undecoded)
        async with self._change():
            await self.stores.rename_volume(wanted["old_name"], wanted["new_name"])
        return True

    async def _resize(self, given: Any) -> bool:
        wanted = decode(given, {"name": string, **_SIZES}, {"name"}, undecoded)
        async with self._change():
            await self.stores.resize(wanted["name"], _size(wanted))
        return True

    async def _snapshot(self, given: Any) -> str:
        fields = {"lvol_name": string, "snapshot_name": string}
        wanted = decode(given, fields, set(fields), undecoded)
        async with self._change():
            made = await self.stores.snapshot(wanted["lvol_name"], wanted["snapshot_name"])
        return str(made.uuid)

    async def _clone(self, given: Any) -> str:
        fields = {"snapshot_name": string, "clone_name": string}
        wanted = decode(given, fields, set(fields), undecoded)
        async with self._change():
            made = await self.stores.clone(wanted["snapshot_name"], wanted["clone_name"])
        return str(made.uuid)

    async def _inflate(self, given: Any, only_parent: bool) -> bool:
        name = decode(given, {"name": string}, {"name"}, undecoded)["name"]
        async with self._change():
            await self.stores.inflate(name, only_parent=only_parent)
        return True

    async def _list(self, given: Any) -> list[dict[str, Any]]:
        wanted = decode(given, {"lvs_uuid": string, "lvs_name": string}, set(), undecoded)
        wanted = {{"lvs_uuid": "uuid"}.get(name, name): one for name, one in wanted.items()}
        chosen = [self._store(wanted)] if wanted else list(self.stores)
        return [_describe(store, one) for store in chosen for one in store.volumes.values()]


def _size(wanted: dict[str, Any]) -> int:
    """Bytes that a volume is to have. Raises RpcError."""
    if ("size" in wanted) == ("size_in_mib" in wanted):
        raise undecoded()
    size = int(wanted.get("size", wanted.get("size_in_mib", 0) * _MIB))
    if not 0 < size <= _LARGEST:
        raise system_error(errno.EINVAL)
    return size


def _describe_store(store: Store) -> dict[str, Any]:
    record, shape = store.record, store.base.bdev.geometry
    return {
        "uuid": str(record.uuid),
        "name": record.name,
        "base_bdev": store.base.bdev.name,
        "total_data_clusters": record.clusters - record.reserved,
        "free_clusters": store.free,
        "block_size": shape.block_size,
        "cluster_size": record.cluster_size,
        "max_growable_size": record.clusters * record.cluster_size,  # it stays as large as it is
    }


def _describe(store: Store, volume: VolumeRecord) -> dict[str, Any]:
    return {
        "alias": f"{store.record.name}/{volume.name}",
        "uuid": str(volume.uuid),
        "name": volume.name,
        "is_thin_provisioned": volume.thin,
        "is_snapshot": volume.snapshot,
        "is_clone": volume.parent is not None,
        "is_esnap_clone": False,
        "is_degraded": False,
        "num_allocated_clusters": len(volume.places),
        "lvs": {"name": store.record.name, "uuid": str(store.record.uuid)},
    }
