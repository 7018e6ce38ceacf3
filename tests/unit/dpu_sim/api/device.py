"""A DPU for tests of the framework: real store and services, a device in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, PreconditionFailure, ResourceInfo

from dpu_sim.api.backend import Backend
from dpu_sim.api.call import Call
from dpu_sim.api.dispatch import Dispatcher
from dpu_sim.api.errors import ApiError, failed_precondition, unavailable
from dpu_sim.api.reconcile import Reconciliation
from dpu_sim.api.service import ResourceService, compose
from dpu_sim.api.stage import Stage
from dpu_sim.api.store import Store
from opi.catalog import Method, catalog
from opi.proto.opi_api.storage.v1.opicommon_pb2 import VolumeStats
from opi.resources import ResourceType, resources

KINDS = (
    "NvmeSubsystem",
    "NvmeController",
    "NvmeNamespace",
    "NvmeRemoteController",
    "NvmePath",
    "AioVolume",
    "NullVolume",
    "EncryptedVolume",
    "VirtioScsiController",
    "VirtioScsiLun",
    "LogicalBridge",
    "BridgePort",
    "Vrf",
    "Svi",
)
DEADLINE = 10.0
METHODS = {method.name: method for method in catalog().methods()}


class Device:
    """What the back ends write to. It outlives the server, like the real one.

    Attributes:
        has: the resources on it, by (kind, name).
        done: every operation that it was asked for: (verb, name), in order.
        refuses: names of the resources that it does not take.
        down: whether nobody answers.
        held: verbs of the operations that wait for `release`.
    """

    def __init__(self) -> None:
        self.has: dict[tuple[str, str], Message] = {}
        self.done: list[tuple[str, str]] = []
        self.refuses: set[str] = set()
        self.down = False
        self.held: set[str] = set()
        self._released = asyncio.Event()

    async def operate(self, verb: str, name: str) -> None:
        """Raises ApiError."""
        self.done.append((verb, name))
        if verb in self.held:
            await self._released.wait()
        if self.down:
            raise unavailable("the device does not answer")
        if name in self.refuses and verb != "delete":
            raise failed_precondition(f"the device does not take {name}")

    async def asked(self, verb: str, times: int = 1) -> None:
        """Wait until the device has been asked for this so often."""
        async with asyncio.timeout(DEADLINE):
            while [one for one, _ in self.done].count(verb) < times:
                await asyncio.sleep(0.001)

    def release(self) -> None:
        """Let the held operations go on."""
        self.held.clear()
        self._released.set()

    def names(self) -> list[str]:
        return sorted(name for _, name in self.has)


class MemoryBackend(Backend[Any]):
    """Resources of one kind on a `Device`."""

    def __init__(self, device: Device, kind: ResourceType) -> None:
        self.device = device
        self.kind = kind.kind

    async def create(self, resource: Any) -> Any:
        await self.device.operate("create", resource.name)
        return self._keep(resource)

    async def update(self, old: Any, new: Any) -> Any:
        await self.device.operate("update", new.name)
        return self._keep(new)

    async def delete(self, resource: Any) -> None:
        await self.device.operate("delete", resource.name)
        self.device.has.pop((self.kind, resource.name), None)

    async def reconcile(self, resource: Any) -> Any:
        await self.device.operate("reconcile", resource.name)
        return self._keep(resource)

    def _keep(self, resource: Any) -> Any:
        if self.kind == "NvmeSubsystem":
            resource.status.firmware_revision = "1.0"
        self.device.has[self.kind, resource.name] = resource
        return resource


class TellingBackend(MemoryBackend):
    """One that also has counters, and tells the status of now."""

    async def read(self, resource: Any) -> Any:
        await self.device.operate("read", resource.name)
        if (self.kind, resource.name) not in self.device.has:
            raise failed_precondition("it is not on the device")
        resource.status.firmware_revision = "2.0"
        return resource

    async def stats(self, resource: Any) -> Message:
        await self.device.operate("stats", resource.name)
        if (self.kind, resource.name) not in self.device.has:
            raise failed_precondition("it is not on the device")
        return VolumeStats(read_ops_count=7)


class Dpu:
    """A server without edges: calls go to its dispatcher."""

    def __init__(
        self,
        store: Store,
        device: Device,
        stages: Sequence[Stage] = (),
        backend: type[MemoryBackend] = MemoryBackend,
        kinds: Iterable[str] = KINDS,
    ) -> None:
        self.store = store
        self.device = device
        types = [resources().kind(kind) for kind in kinds]
        self.services = [ResourceService(one, store, backend(device, one)) for one in types]
        self.reconciliation = Reconciliation(store)
        self.dispatcher = Dispatcher(catalog(), [*stages, self.reconciliation])
        for name in dict.fromkeys(one.kind.service for one in self.services):
            parts = [one for one in self.services if one.kind.service == name]
            self.dispatcher.add(name, compose(catalog().services[name], parts))

    async def __call__(self, method_name: str, /, **fields: Any) -> Any:
        """Call a method by its short name with a request of these fields. Raises ApiError."""
        method = METHODS[method_name]
        request: Any = method.request
        return await self.dispatcher.unary(method, request(**fields), make_call(method))

    async def restore(self) -> bool:
        self.reconciliation.begin(self.services)
        return await self.reconciliation.attempt()

    async def names(self, method_name: str, **fields: Any) -> list[str]:
        """Names in a List response of one page."""
        response = await self(method_name, **fields)
        (listed,) = [v for f, v in response.ListFields() if f.is_repeated] or [[]]
        return [one.name for one in listed]


def make_call(method: Method, **fields: Any) -> Call:
    return Call(method.path, "r1", "grpc", "ipv4:127.0.0.1:4711", **fields)


def on_dpu(folder: Path, work: Callable[[Dpu], Awaitable[None]], **options: Any) -> None:
    """Do `work` on a DPU with its state in `folder`."""

    async def main() -> None:
        async with dpu(folder, **options) as one:
            await work(one)

    asyncio.run(main())


@asynccontextmanager
async def dpu(folder: Path, device: Device | None = None, **options: Any) -> AsyncIterator[Dpu]:
    """A DPU with its state in `folder`."""
    async with Store(folder) as store:
        yield Dpu(store, device or Device(), **options)


def subsystem(number: int = 0, **spec: Any) -> dict[str, Any]:
    """The fields of a CreateNvmeSubsystem request."""
    nqn = f"nqn.2022-09.io.spdk:opi{number}"
    return {
        "nvme_subsystem_id": f"sub-{number}",
        "nvme_subsystem": {"spec": {"nqn": nqn, **spec}},
    }


def violations(error: ApiError) -> dict[str, str]:
    """The field violations of an INVALID_ARGUMENT."""
    assert error.code is grpc.StatusCode.INVALID_ARGUMENT, error
    (detail,) = error.details
    assert isinstance(detail, BadRequest)
    return {one.field: one.description for one in detail.field_violations}


def dependants(error: ApiError) -> list[tuple[str, str]]:
    """(type, subject) of the violations of a FAILED_PRECONDITION."""
    assert error.code is grpc.StatusCode.FAILED_PRECONDITION, error
    (detail,) = error.details
    assert isinstance(detail, PreconditionFailure)
    return [(one.type, one.subject) for one in detail.violations]


def resource_info(error: ApiError) -> tuple[str, str]:
    """(type, name) of the resource that an error is about."""
    (detail,) = error.details
    assert isinstance(detail, ResourceInfo)
    return detail.resource_type, detail.resource_name


class Refused:
    """`async with refused("NOT_FOUND") as r:` what is done within is refused; then `r.error`."""

    def __init__(self, code: str) -> None:
        self._code = code
        self.error: ApiError

    async def __aenter__(self) -> Refused:
        return self

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> bool:
        if error is None:
            pytest.fail(f"not refused, should be {self._code}")
        if not isinstance(error, ApiError):
            return False
        assert error.code.name == self._code, error
        self.error = error
        return True


def refused(code: str) -> Refused:
    return Refused(code)
