"""The delay module: a device that answers later than its base.

The event loop's timers have a resolution of a millisecond, which is how much longer an operation
may take than it was told to.
"""

from __future__ import annotations

import asyncio
import itertools
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from dpu_sim.spdk_sim.bdev.bdev import Descriptor
from dpu_sim.spdk_sim.bdev.device import Buffer, Content
from dpu_sim.spdk_sim.bdev.errors import RemovedError
from dpu_sim.spdk_sim.bdev.layered import Layer

_ONE_IN = 100
"""One operation in so many gets the latency of the 99th percentile."""


@dataclass(slots=True)
class Latencies:
    """Added latencies in microseconds."""

    avg_read_latency: int
    p99_read_latency: int
    avg_write_latency: int
    p99_write_latency: int


class DelayDevice(Layer):
    """Holds reads back before, and writes after, the base has carried them out."""

    product = "delay"

    def __init__(
        self, base: Descriptor, latencies: Latencies, given_uuid: uuid.UUID | None = None
    ) -> None:
        super().__init__(base, given_uuid)
        self.latencies = latencies
        self._reads = itertools.count(1)
        self._writes = itertools.count(1)
        self._held: set[asyncio.Future[bool]] = set()

    async def read(self, first: int, count: int) -> Content:
        """From the base, late."""
        data = await self.base.read(first, count)
        await self._hold(self.latencies.p99_read_latency if next(self._reads) % _ONE_IN == 0
                         else self.latencies.avg_read_latency)  # fmt: skip
        return data

    async def write(self, first: int, data: Buffer) -> None:
        """To the base; acknowledged late."""
        await self.base.write(first, data)
        await self._hold_write()

    async def write_zeroes(self, first: int, count: int) -> None:
        """As a write."""
        await self.base.write_zeroes(first, count)
        await self._hold_write()

    async def unmap(self, first: int, count: int) -> None:
        """As a write."""
        await self.base.unmap(first, count)
        await self._hold_write()

    async def flush(self) -> None:
        """As a write."""
        await self.base.flush()
        await self._hold_write()

    async def _hold_write(self) -> None:
        await self._hold(self.latencies.p99_write_latency if next(self._writes) % _ONE_IN == 0
                         else self.latencies.avg_write_latency)  # fmt: skip

    async def _hold(self, microseconds: int) -> None:
        """Wait so long; fail if the device is reset or removed meanwhile."""
        loop = asyncio.get_running_loop()
        held: asyncio.Future[bool] = loop.create_future()
        timer = loop.call_later(microseconds / 1e6, _let_go, held, True)
        self._held.add(held)
        try:
            if not await held:
                raise RemovedError("given up")
        finally:
            timer.cancel()
            self._held.discard(held)

    def abort(self) -> None:
        """Fail what is held back."""
        for held in self._held:
            _let_go(held, False)

    def describe(self, name: str) -> dict[str, Any]:
        """`driver_specific` of bdev_get_bdevs."""
        return {"delay": self._parameters(name)}

    def recipe(self, name: str) -> tuple[str, dict[str, Any]]:
        """Method and parameters that create this device again."""
        return "bdev_delay_create", self._parameters(name)

    def _parameters(self, name: str) -> dict[str, Any]:
        identity = {"base_bdev_name": self.base.bdev.name, "uuid": str(self.geometry.uuid)}
        return {"name": name, **identity, **asdict(self.latencies)}


def _let_go(held: asyncio.Future[bool], through: bool) -> None:
    if not held.done():
        held.set_result(through)
