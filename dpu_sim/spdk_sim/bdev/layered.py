"""Devices on top of another device: what they share, and the plainest of them, passthru."""

from __future__ import annotations

import uuid
from typing import Any

from dpu_sim.spdk_sim.bdev.bdev import Descriptor
from dpu_sim.spdk_sim.bdev.device import Buffer, Content, Device, Geometry

_NAMES = uuid.UUID("1cf6d9be-5d4e-5f0d-9a3c-0d6b0c5a3f11")
"""Name space of the uuids that layers get."""


class Layer(Device):
    """Passes every operation on to its base; subclasses change some on the way."""

    def __init__(self, base: Descriptor, given_uuid: uuid.UUID | None = None) -> None:
        below = base.bdev.geometry
        geometry = Geometry(
            below.block_size,
            below.blocks,
            given_uuid or uuid.uuid5(_NAMES, f"{self.product} {below.uuid}"),
            physical_block_size=below.physical_block_size,
            optimal_io_boundary=below.optimal_io_boundary,
            md_size=below.md_size,
            md_interleave=below.md_interleave,
            numa_id=-1,
        )
        super().__init__(geometry)
        self.base = base
        self.io_types = base.bdev.device.io_types
        self.readonly = base.bdev.device.readonly
        self.zeroes_after_unmap = base.bdev.device.zeroes_after_unmap

    async def read(self, first: int, count: int) -> Content:
        """From the base."""
        return await self.base.read(first, count)

    async def write(self, first: int, data: Buffer) -> None:
        """To the base."""
        await self.base.write(first, data)

    async def flush(self) -> None:
        """Of the base."""
        await self.base.flush()

    async def write_zeroes(self, first: int, count: int) -> None:
        """On the base."""
        await self.base.write_zeroes(first, count)

    async def unmap(self, first: int, count: int) -> None:
        """On the base."""
        await self.base.unmap(first, count)

    async def compare(self, first: int, expected: Buffer) -> None:
        """With the base."""
        await self.base.compare(first, expected)

    async def compare_and_write(self, first: int, expected: Buffer, data: Buffer) -> None:
        """On the base, which makes it atomic."""
        await self.base.compare_and_write(first, expected, data)

    async def copy(self, source: int, destination: int, count: int) -> None:
        """Within the base."""
        await self.base.copy(source, destination, count)

    async def reset(self) -> None:
        """Both."""
        self.abort()
        await self.base.reset()

    async def close(self) -> None:
        """Give the base back."""
        self.base.close()


class PassthruDevice(Layer):
    """The base under another name."""

    product = "passthru"

    @property
    def at_once(self) -> bool:
        """As the base."""
        return self.base.at_once

    def read_now(self, first: int, count: int) -> Content | None:
        """From the base, if at once."""
        return self.base.read_now(first, count)

    def write_now(self, first: int, data: Buffer) -> bool:
        """To the base, if at once."""
        return self.base.write_now(first, data)

    def describe(self, name: str) -> dict[str, Any]:
        """`driver_specific` of bdev_get_bdevs."""
        return {"passthru": {"name": name, "base_bdev_name": self.base.bdev.name}}

    def recipe(self, name: str) -> tuple[str, dict[str, Any]]:
        """Method and parameters that create this device again."""
        return "bdev_passthru_create", {"base_bdev_name": self.base.bdev.name, "name": name}
