"""Block devices that are namespaces of remote NVMe/TCP controllers, over one or several paths."""

from __future__ import annotations

import uuid
from collections.abc import Coroutine
from typing import Any, TypeVar

from dpu_sim.spdk_sim.bdev.device import Buffer, Content, Device, Geometry, IoType
from dpu_sim.spdk_sim.bdev.errors import GENERIC, IoError
from host_sim.client import (
    Address,
    ConnectOptions,
    Controller,
    HostError,
    MultipathNamespace,
    NamespaceInfo,
    NvmeError,
    Path,
    Policy,
)
from nvmetcp.identify import FUSES_COMPARE_WRITE, NMIC_SHARED, Cmic, IdentifyController, Oncs
from nvmetcp.status import Status

T = TypeVar("T")

_NAMES = uuid.UUID("5b3b9e0e-6c5d-5f87-8f0a-35f1ab0b7f35")
"""Name space of the uuids of namespaces without an identifier of their own."""
_OPTIONAL = (
    (Oncs.COMPARE, IoType.COMPARE),
    (Oncs.DATASET_MANAGEMENT, IoType.UNMAP),
    (Oncs.WRITE_ZEROES, IoType.WRITE_ZEROES),
    (Oncs.COPY, IoType.COPY),
)
_ALWAYS = frozenset({IoType.READ, IoType.WRITE, IoType.FLUSH, IoType.RESET, IoType.ABORT})
_READS_AS_ZEROES = 1
"""DLFEAT, bits 2:0: what deallocated blocks read as."""


class RemoteError(IoError):
    """The remote controller's status, or no controller to ask."""

    counted = "nvme_error"

    def __init__(self, error: HostError) -> None:
        super().__init__(str(error))
        self._status = (GENERIC, Status.INTERNAL_ERROR & 0xFF)
        if isinstance(error, NvmeError) and not error.of_path:
            self._status = error.status >> 8, error.status & 0xFF

    @property
    def nvme_status(self) -> tuple[int, int]:
        """(SCT, SC) as the remote controller told; an internal error when none could."""
        return self._status


class MiscomparedError(RemoteError):
    """The remote blocks hold something else."""

    counted = "miscompare"


class NvmeDevice(Device):
    """One namespace."""

    product = "NVMe disk"

    def __init__(self, namespace: MultipathNamespace) -> None:
        info = namespace.info
        shape = Geometry(
            info.block_size,
            info.blocks,
            identifier(namespace),
            optimal_io_boundary=info.identify.noiob,
            numa_id=-1,
            preferred=_preferred(info, namespace.max_blocks),
        )
        super().__init__(shape)
        self.namespace = namespace
        self.io_types = _io_types(namespace.paths[0].controller.identify)
        self.zeroes_after_unmap = info.identify.dlfeat & 7 == _READS_AS_ZEROES

    async def read(self, first: int, count: int) -> Content:
        """From whichever path is best, as all that follows."""
        return await _done(self.namespace.read(first, count))

    async def write(self, first: int, data: Buffer) -> None:
        """Acknowledged when the remote controller has acknowledged it."""
        await _done(self.namespace.write(first, data))

    async def flush(self) -> None:
        """Of the remote namespace."""
        await _done(self.namespace.flush())

    async def write_zeroes(self, first: int, count: int) -> None:
        """By the remote controller if it can."""
        if IoType.WRITE_ZEROES in self.io_types:
            await _done(self.namespace.write_zeroes(first, count))
        else:
            await super().write_zeroes(first, count)

    async def unmap(self, first: int, count: int) -> None:
        """By Dataset Management."""
        await _done(self.namespace.deallocate([(first, count)]))

    async def compare(self, first: int, expected: Buffer) -> None:
        """By the remote controller if it can."""
        if IoType.COMPARE in self.io_types:
            await _done(self.namespace.compare(first, expected))
        else:
            await super().compare(first, expected)

    async def compare_and_write(self, first: int, expected: Buffer, data: Buffer) -> None:
        """As a fused operation."""
        await _done(self.namespace.compare_and_write(first, expected, data))

    async def copy(self, source: int, destination: int, count: int) -> None:
        """By the remote controller if it can."""
        if IoType.COPY in self.io_types:
            await _done(self.namespace.copy(source, destination, count))
        else:
            await super().copy(source, destination, count)

    async def reset(self) -> None:
        """Of every controller that has a path to the namespace."""
        for path in list(self.namespace.paths):
            await _done(path.controller.reset())

    def abort(self) -> None:
        """I/O that waits for a path to come back waits no longer."""
        self.namespace.give_up()

    def describe(self, name: str) -> dict[str, Any]:  # noqa: ARG002
        """`driver_specific` of bdev_get_bdevs."""
        policy = "active_passive" if self.namespace.policy is Policy.NUMA else "active_active"
        shown = [_describe_path(one, self.namespace.info) for one in self.namespace.paths]
        return {"nvme": shown, "mp_policy": policy}


async def _done(work: Coroutine[Any, Any, T]) -> T:
    """What the client returns. Raises IoError."""
    try:
        return await work
    except NvmeError as error:
        kind = MiscomparedError if error.status == Status.COMPARE_FAILURE else RemoteError
        raise kind(error) from error
    except HostError as error:
        raise RemoteError(error) from error


def identifier(namespace: MultipathNamespace) -> uuid.UUID:
    """The device's uuid: what the namespace has of a UUID or NGUID, else made of its name."""
    info = namespace.info
    if info.uuid is not None and info.uuid.int:
        return info.uuid
    if any(info.nguid):
        return uuid.UUID(bytes=info.nguid)
    return uuid.uuid5(_NAMES, f"{namespace.subsystem.subnqn} {info.nsid} {info.eui64.hex()}")


def _io_types(identify: IdentifyController) -> frozenset[IoType]:
    optional = {kind for bit, kind in _OPTIONAL if identify.oncs & bit}
    if identify.fuses & FUSES_COMPARE_WRITE:
        optional.add(IoType.COMPARE_AND_WRITE)
    return _ALWAYS | optional


def _preferred(info: NamespaceInfo, most: int) -> dict[str, int]:
    found = info.identify
    return {
        "preferred_write_alignment": found.npwa + 1,
        "preferred_write_granularity": found.npwg + 1,
        "optimal_write_size": found.nows + 1 if found.nows else most,
        "preferred_unmap_alignment": found.npda + 1,
        "preferred_unmap_granularity": found.npdg + 1,
    }


def transport_id(options: ConnectOptions) -> dict[str, str]:
    """A transport identifier as SPDK shows it."""
    shown = transport_address(options.address)
    return {**shown, "subnqn": options.subnqn}


def transport_address(address: Address) -> dict[str, str]:
    """A transport address as SPDK shows it."""
    family = "IPv6" if ":" in address.traddr else "IPv4"
    service = str(address.trsvcid)
    return {"trtype": "TCP", "adrfam": family, "traddr": address.traddr, "trsvcid": service}


def _describe_path(path: Path, info: NamespaceInfo) -> dict[str, Any]:
    controller = path.controller
    found, version = controller.identify, controller.association.version
    namespace: dict[str, Any] = {
        "id": info.nsid,
        "can_share": bool(info.identify.nmic & NMIC_SHARED),
    }
    shown: dict[str, Any] = {
        "trid": transport_id(controller.options),
        "ctrlr_data": _controller_data(controller),
        "vs": {"nvme_version": f"{version >> 16}.{version >> 8 & 0xFF}"},
        "ns_data": namespace,
    }
    if found.cmic & Cmic.ANA:
        namespace["ana_group_id"] = info.ana_group
        namespace["ana_state"] = ana_name(path.ana_state)
    return shown


def ana_name(state: int) -> str:
    """An ANA state in SPDK's words."""
    names = {1: "optimized", 2: "non_optimized", 3: "inaccessible", 4: "persistent_loss"}
    return names.get(state, "change")


def _controller_data(controller: Controller) -> dict[str, Any]:
    found = controller.identify
    return {
        "cntlid": controller.cntlid,
        "vendor_id": f"0x{found.vid:04x}",
        "model_number": found.mn,
        "serial_number": found.sn,
        "firmware_revision": found.fr,
        "subnqn": found.subnqn,
        "oacs": {
            "security": found.oacs & 1,
            "format": found.oacs >> 1 & 1,
            "firmware": found.oacs >> 2 & 1,
            "ns_manage": found.oacs >> 3 & 1,
        },
        "multi_ctrlr": bool(found.cmic & Cmic.MULTI_CONTROLLER),
        "ana_reporting": bool(found.cmic & Cmic.ANA),
    }
