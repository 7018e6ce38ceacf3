"""The error module: a device that fails, hangs or falsifies I/O when told to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dpu_sim.spdk_sim.bdev.device import Buffer, Content, IoType
from dpu_sim.spdk_sim.bdev.errors import (
    InjectedError,
    IoError,
    NoMemoryError,
    ReadFailedError,
    RemovedError,
    WriteFailedError,
)
from dpu_sim.spdk_sim.bdev.layered import Layer

INJECTABLE = (IoType.READ, IoType.WRITE, IoType.UNMAP, IoType.FLUSH)


class Fault(StrEnum):
    """What goes wrong."""

    FAILURE = "failure"
    NVME_FAILURE = "nvme_failure"
    PENDING = "pending"
    CORRUPT_DATA = "corrupt_data"
    NOMEM = "nomem"


@dataclass(slots=True)
class Injection:
    """The next `left` operations go wrong, once `queue_depth` others are under way."""

    fault: Fault
    left: int = 1
    sct: int = 0
    sc: int = 0
    queue_depth: int = 0
    offset: int = 0
    value: int = 0


class ErrorDevice(Layer):
    """Passes on what no injection concerns."""

    product = "Error Injection Disk"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._injections: dict[IoType, Injection] = {}
        self._pending: set[asyncio.Future[bool]] = set()
        self._under_way = 0

    def inject(self, kinds: tuple[IoType, ...], injection: Injection) -> None:
        """Let operations of these kinds go wrong."""
        for kind in kinds:
            self._injections[kind] = Injection(**{name: getattr(injection, name)
                                                  for name in Injection.__slots__})  # fmt: skip

    def clear(self) -> None:
        """Take every injection back; what hangs fails."""
        self._injections.clear()
        self.abort()

    def resume(self) -> None:
        """Let what hangs go on to the base."""
        for one in self._pending:
            _settle(one, True)

    def abort(self) -> None:
        """Fail what hangs."""
        for one in self._pending:
            _settle(one, False)

    async def read(self, first: int, count: int) -> Content:
        """From the base, unless it goes wrong."""
        injection = await self._meet(IoType.READ)
        data = await self._passed(self.base.read(first, count))
        return bytes(_falsified(data, injection)) if injection else data

    async def write(self, first: int, data: Buffer) -> None:
        """To the base, unless it goes wrong."""
        injection = await self._meet(IoType.WRITE)
        await self._passed(self.base.write(first, _falsified(data, injection)))

    async def unmap(self, first: int, count: int) -> None:
        """On the base, unless it goes wrong."""
        await self._meet(IoType.UNMAP)
        await self._passed(self.base.unmap(first, count))

    async def flush(self) -> None:
        """Of the base, unless it goes wrong."""
        await self._meet(IoType.FLUSH)
        await self._passed(self.base.flush())

    async def _passed(self, operation: Any) -> Any:
        self._under_way += 1
        try:
            return await operation
        finally:
            self._under_way -= 1

    async def _meet(self, kind: IoType) -> Injection | None:
        """Let the operation fail or hang; return the injection if its data are to be falsified."""
        injection = self._injections.get(kind)
        if injection is None or self._under_way < injection.queue_depth:
            return None
        injection.left -= 1
        if injection.left <= 0:
            del self._injections[kind]
        if injection.fault is Fault.CORRUPT_DATA:
            return injection
        if injection.fault is Fault.PENDING:
            await self._hang()
            return None
        raise _failure(kind, injection)

    async def _hang(self) -> None:
        pending: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._pending.add(pending)
        try:
            if not await pending:
                raise RemovedError("given up")
        finally:
            self._pending.discard(pending)

    def recipe(self, name: str) -> tuple[str, dict[str, Any]]:  # noqa: ARG002
        """Method and parameters that create this device again; its name follows the base's."""
        parameters = {"base_name": self.base.bdev.name, "uuid": str(self.geometry.uuid)}
        return "bdev_error_create", parameters

    def describe(self, name: str) -> dict[str, Any]:  # noqa: ARG002
        """`driver_specific` of bdev_get_bdevs."""
        return {"error": {"base_bdev": self.base.bdev.name}}


def _failure(kind: IoType, injection: Injection) -> IoError:
    if injection.fault is Fault.NVME_FAILURE:
        return InjectedError(injection.sct, injection.sc)
    if injection.fault is Fault.NOMEM:
        return NoMemoryError("injected")
    return (ReadFailedError if kind is IoType.READ else WriteFailedError)("injected")


def _falsified(data: Buffer, injection: Injection | None) -> Buffer:
    if injection is None:
        return data
    changed = bytearray(data)
    if injection.offset < len(changed):
        changed[injection.offset] ^= injection.value
    return changed


def _settle(pending: asyncio.Future[bool], through: bool) -> None:
    if not pending.done():
        pending.set_result(through)
