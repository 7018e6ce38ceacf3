"""SPDK's methods that make and unmake devices with blocks of their own: malloc, null and aio."""

from __future__ import annotations

import errno
import itertools
import uuid
from pathlib import Path
from typing import Any

from dpu_sim.spdk_sim.bdev.aio import AioDevice, open_aio
from dpu_sim.spdk_sim.bdev.bdev import Bdev
from dpu_sim.spdk_sim.bdev.device import Device, Geometry
from dpu_sim.spdk_sim.bdev.memory import MallocDevice, Memory, NullDevice
from dpu_sim.spdk_sim.bdev.registry import Registry
from dpu_sim.spdk_sim.envelope import Handler
from dpu_sim.spdk_sim.errors import system_error, undecoded
from dpu_sim.spdk_sim.parameters import Check, boolean, decode, identifier, signed, string, unsigned

_SECTOR = 512
_MIB = 1 << 20
_METADATA = {0, 8, 16, 32, 64, 128}
_PREFERRED = (
    "preferred_write_granularity",
    "preferred_write_alignment",
    "optimal_write_size",
    "preferred_unmap_granularity",
    "preferred_unmap_alignment",
)
_SHAPE: dict[str, Check] = {
    "name": string,
    "block_size": unsigned(32),
    "num_blocks": unsigned(64),
    "uuid": identifier,
    "physical_block_size": unsigned(32),
    "md_size": unsigned(32),
    "dif_type": signed(32),
    "dif_is_head_of_md": boolean,
    "dif_pi_format": unsigned(32),
}


class DeviceMethods:
    """Handlers that add devices to one registry."""

    def __init__(self, registry: Registry, memory: Memory) -> None:
        self._registry = registry
        self._memory = memory
        self._unnamed = itertools.count()

    def methods(self) -> dict[str, Handler]:
        """The JSON-RPC methods."""
        return {
            "bdev_malloc_create": self._create_malloc,
            "bdev_malloc_delete": self._delete_malloc,
            "bdev_null_create": self._create_null,
            "bdev_null_delete": self._delete_null,
            "bdev_null_resize": self._resize_null,
            "bdev_aio_create": self._create_aio,
            "bdev_aio_delete": self._delete_aio,
            "bdev_aio_rescan": self._rescan_aio,
        }

    # -- malloc

    async def _create_malloc(self, given: Any) -> str:
        extra = {
            "optimal_io_boundary": unsigned(32),
            "md_interleave": boolean,
            "numa_id": signed(32),
        }
        wanted = decode(given, _SHAPE | extra, {"block_size", "num_blocks"}, undecoded)
        shape = _geometry(wanted, interleave=wanted.get("md_interleave", False))
        shape.numa_id = wanted.get("numa_id", -1)
        shape.optimal_io_boundary = wanted.get("optimal_io_boundary", 0)
        if "name" in wanted:
            self._registry.check_name(wanted["name"])
        device = MallocDevice(shape, self._memory)
        name = wanted.get("name") or self._free_name()
        return await self._register(name, device)

    async def _delete_malloc(self, given: Any) -> bool:
        return await self._delete(given, MallocDevice)

    def _free_name(self) -> str:
        names = (f"Malloc{number}" for number in self._unnamed)
        return next(name for name in names if self._registry.find(name) is None)

    # -- null

    async def _create_null(self, given: Any) -> str:
        fields = _SHAPE | dict.fromkeys(_PREFERRED, unsigned(32))
        wanted = decode(given, fields, {"name", "block_size", "num_blocks"}, undecoded)
        shape = _geometry(wanted, interleave=True)
        shape.preferred = {hint: wanted[hint] for hint in _PREFERRED if hint in wanted}
        return await self._register(wanted["name"], NullDevice(shape))

    async def _delete_null(self, given: Any) -> bool:
        return await self._delete(given, NullDevice)

    async def _resize_null(self, given: Any) -> bool:
        fields = {"name": string, "new_size": unsigned(64)}
        wanted = decode(given, fields, {"name", "new_size"}, undecoded)
        bdev = self._find(wanted["name"], NullDevice)
        shape, size = bdev.geometry, wanted["new_size"] * _MIB
        if not size or size % shape.block_size:
            raise system_error(errno.EINVAL)
        if size < shape.blocks * shape.block_size and bdev.is_open:
            raise system_error(errno.EBUSY)
        shape.blocks = size // shape.block_size
        await self._registry.resized(bdev)
        return True

    # -- aio

    async def _create_aio(self, given: Any) -> str:
        flags = dict.fromkeys(("readonly", "fallocate", "nowait"), boolean)
        fields = {
            "name": string,
            "filename": string,
            "block_size": unsigned(32),
            "uuid": identifier,
            **flags,
        }
        wanted = decode(given, fields, {"name", "filename"}, undecoded)
        self._registry.check_name(wanted["name"])
        shape = Geometry(wanted.get("block_size", 0), 0, _uuid(wanted))
        options = {name: wanted.get(name, False) for name in (*flags, "block_size")}
        device = open_aio(Path(wanted["filename"]), shape, options)
        return await self._register(wanted["name"], device)

    async def _delete_aio(self, given: Any) -> bool:
        return await self._delete(given, AioDevice)

    async def _rescan_aio(self, given: Any) -> bool:
        name = decode(given, {"name": string}, {"name"}, undecoded)["name"]
        bdev = self._find(name, AioDevice)
        assert isinstance(bdev.device, AioDevice)
        if bdev.device.rescan():
            await self._registry.resized(bdev)
        return True

    # -- any

    async def _register(self, name: str, device: Device) -> str:
        try:
            self._registry.register(name, device)
        except OSError:
            await device.close()
            raise
        return name

    def _find(self, name: str, module: type[Device]) -> Bdev:
        bdev = self._registry.get(name)
        if not isinstance(bdev.device, module):
            raise system_error(errno.ENODEV)
        return bdev

    async def _delete(self, given: Any, module: type[Device]) -> bool:
        name = decode(given, {"name": string}, {"name"}, undecoded)["name"]
        await self._registry.unregister(self._find(name, module))
        return True


def _geometry(wanted: dict[str, Any], interleave: bool) -> Geometry:
    """The shape that malloc and null are asked for. Raises RpcError, EINVAL."""
    block_size, metadata = wanted["block_size"], wanted.get("md_size", 0)
    physical = wanted.get("physical_block_size", 0)
    # Protection information would have to be checked on every I/O; it is not.
    unsound = (
        not block_size
        or block_size % _SECTOR
        or not wanted["num_blocks"]
        or metadata not in _METADATA
        or physical % _SECTOR
        or wanted.get("dif_type", 0)
    )
    if unsound:
        raise system_error(errno.EINVAL)
    return Geometry(
        block_size + (metadata if interleave else 0),
        wanted["num_blocks"],
        _uuid(wanted),
        physical_block_size=physical,
        md_size=metadata,
        md_interleave=bool(interleave and metadata),
    )


def _uuid(wanted: dict[str, Any]) -> uuid.UUID:
    return uuid.UUID(wanted["uuid"]) if "uuid" in wanted else uuid.uuid4()
