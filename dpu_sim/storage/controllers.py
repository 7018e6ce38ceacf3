"""NVMe controllers on an SPDK target: the ways into a subsystem, which are listeners of its.

A controller over TCP is a listener at its address; hosts that connect there get controllers of
their own, whose ids the target gives. One over PCIe is a listener of the vfio-user transport.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from ipaddress import ip_address
from typing import Any

from dpu_sim.api.backend import Backend
from dpu_sim.api.errors import (
    ApiError,
    failed_precondition,
    invalid_arguments,
    unimplemented,
)
from dpu_sim.storage.bdevs import Bdevs, added, bdev_name, is_unavailable
from dpu_sim.storage.claims import Claims
from dpu_sim.storage.functions import Functions, place
from dpu_sim.storage.nvmf import Found, Nvmf
from dpu_sim.storage.records import Records
from dpu_sim.storage.spdk import SpdkClient
from opi.proto.opi_api.storage.v1 import opicommon_pb2 as common
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import (
    NvmeController,
    NvmeControllerSpec,
    NvmeSubsystem,
)

UNTOLD_ID = -1
"""The target gives controller ids to hosts as they connect: there is none to be told."""

LARGEST_ID = 0xFFEF
"""Of the controller ids that a controller may have (NVMe Base, CNTLID)."""

TCP, PCIE, RDMA = (
    common.NVME_TRANSPORT_TYPE_TCP,
    common.NVME_TRANSPORT_TYPE_PCIE,
    common.NVME_TRANSPORT_TYPE_RDMA,
)

FAMILIES = {common.NVME_ADDRESS_FAMILY_IPV4: 4, common.NVME_ADDRESS_FAMILY_IPV6: 6}
"""IP version by address family."""

HOLD_SECONDS = 60.0
"""So long a way in stays shut on restoring while namespaces of its subsystem are missing."""

_log = logging.getLogger(__name__)

_COUNTS = ("max_nsq", "max_ncq", "sqes", "cqes", "max_namespaces")

Address = Mapping[str, str]
"""A listen_address of SPDK's."""


class ControllerBackend(Backend[NvmeController]):
    """The controllers of one target."""

    restored_last = True

    def __init__(
        self,
        spdk: SpdkClient,
        records: Records,
        functions: Functions,
        hold: float = HOLD_SECONDS,
    ) -> None:
        """`hold` is how long restoring waits for missing namespaces, in seconds."""
        self._bdevs = Bdevs(spdk)
        self._nvmf = Nvmf(spdk)
        self._records = records
        self._functions = functions
        self._claims: Claims[tuple[Any, ...]] = Claims()
        self._hold = hold
        self._held: dict[str, float] = {}
        """When restoring began to wait, on the monotonic clock, by name of the controller."""

    async def validate(self, resource: NvmeController) -> None:
        """Check transport, address and sizes. Raises ApiError."""
        spec = resource.spec
        if spec.trtype == RDMA:
            raise unimplemented("spec.trtype: the card has no RDMA")
        found = {**_endpoint_problems(spec), **_number_problems(spec)}
        problems = {f"spec.{name}": problem for name, problem in found.items() if problem}
        if problems:
            raise invalid_arguments(problems)
        if spec.trtype == PCIE:
            self._functions.folder(spec.pcie_id)
        for limit in ("min_limit", "max_limit"):
            if getattr(spec, limit).ListFields():
                raise unimplemented(
                    f"spec.{limit}: the target limits volumes, not controllers: use a QosVolume"
                )

    async def create(self, resource: NvmeController) -> NvmeController:
        """Listen. A listener that is nobody's was left by an interrupted creation."""
        subsystem = self._records.subsystem(resource.name)
        found = await self._nvmf.require(subsystem.spec.nqn, resource.name)
        with self._taking(resource):
            if not _listens(found, self._address(resource.spec)):
                await self._listen(subsystem, resource.spec)
        return _seen(resource)

    async def update(self, old: NvmeController, new: NvmeController) -> NvmeController:
        """Listen at the new address before the old one is given up."""
        if _place(old) == _place(new):
            return _seen(new)
        with self._taking(new):
            await self._move(old, new)
        self._claims.leave(_place(old), old.name)
        return _seen(new)

    async def _move(self, old: NvmeController, new: NvmeController) -> None:
        subsystem = self._records.subsystem(new.name)
        found = await self._nvmf.require(subsystem.spec.nqn, new.name)
        if not _listens(found, self._address(new.spec)):
            await self._listen(subsystem, new.spec)
        try:
            await self._end(subsystem.spec.nqn, old.spec)
        except ApiError as error:
            if not is_unavailable(error):
                await self._end(subsystem.spec.nqn, new.spec)
            raise

    async def delete(self, resource: NvmeController) -> None:
        """End the listener: hosts that came through it lose their connections."""
        subsystem = self._records.find_subsystem(resource.name)
        if subsystem is not None:
            await self._end(subsystem.spec.nqn, resource.spec)
        self._claims.leave(_place(resource), resource.name)

    async def discard(self, intended: NvmeController, stored: NvmeController | None) -> None:
        """End the listener of an interrupted creation or change, unless it is another's."""
        same = stored is not None and _place(stored) == _place(intended)
        if not (same or self._owner(intended)):
            await self.delete(intended)

    async def reconcile(self, resource: NvmeController) -> NvmeController:
        """See to it that the target listens, once its hosts find everything. Raises ApiError.

        A host that came back to a subsystem without its namespaces would give up their disks, but
        one that is not let in tries again.
        """
        subsystem = self._records.subsystem(resource.name)
        found = await self._nvmf.require(subsystem.spec.nqn, resource.name)
        if not _listens(found, self._address(resource.spec)):
            self._wait_for_namespaces(resource, found)
        made = await self.create(resource)
        self._held.pop(resource.name, None)
        return made

    def _wait_for_namespaces(self, resource: NvmeController, found: Found) -> None:
        """Raise FAILED_PRECONDITION while some are missing, but not for ever."""
        there = {one["bdev_name"] for one in found["namespaces"]}
        wanted = self._records.namespaces(_parent(resource.name))
        missing = [one.name for one in wanted if bdev_name(one.spec.volume_name_ref) not in there]
        if not missing:
            return
        since = self._held.setdefault(resource.name, time.monotonic())
        if time.monotonic() - since < self._hold:
            text = f"{resource.name} lets nobody in before {missing[0]} is there"
            raise failed_precondition(text, missing[:1], "RESTORING", "is not on the target")
        data = {"resource": resource.name, "missing": missing[:10]}
        _log.warning("hosts are let in though namespaces are missing", extra={"data": data})

    async def read(self, resource: NvmeController) -> NvmeController:
        """With the state of now."""
        return (await self.read_all([resource]))[0]

    async def read_all(self, resources: Sequence[NvmeController]) -> Sequence[NvmeController]:
        """Active are those that the target has listeners of."""
        nqns = {one.name: self._records.subsystem(one.name).spec.nqn for one in resources}
        found = await self._nvmf.some(set(nqns.values())) if nqns else {}
        for one in resources:
            there = found.get(nqns[one.name])
            address = self._known_address(one.spec)
            one.status.active = bool(there and address and _listens(there, address))
        return resources

    async def stats(self, resource: NvmeController) -> common.VolumeStats:
        """What hosts did that came in there.

        spdk_tgt counts by namespace alone: of it, that is told as long as there is no other way in.

        Raises:
            ApiError: UNIMPLEMENTED, the target does not tell several apart.
        """
        parent = _parent(resource.name)
        nqn = self._records.subsystem(resource.name).spec.nqn
        found = await self._nvmf.require(nqn, resource.name)
        if not _listens(found, self._address(resource.spec)):
            text = f"{resource.name} is not on the SPDK target"
            raise failed_precondition(text, [resource.name], "INACTIVE", "is not on the target")
        told = await self._nvmf.listener_statistics(nqn, self._address(resource.spec))
        if told is not None:
            return added(told)
        if len(self._records.controllers(parent)) > 1:
            raise unimplemented(
                f"{parent} has several controllers, and the target counts what went through them "
                "together: ask for the statistics of the subsystem or of its namespaces"
            )
        return await self._bdevs.sum(one["bdev_name"] for one in found["namespaces"])

    def _address(self, spec: NvmeControllerSpec) -> Address:
        """What the target calls the controller's address. Raises ApiError."""
        if spec.trtype == PCIE:
            return {"trtype": "VFIOUSER", "traddr": str(self._functions.folder(spec.pcie_id))}
        fabrics = spec.fabrics_id
        return {
            "trtype": "TCP",
            "adrfam": f"IPv{FAMILIES[fabrics.adrfam]}",
            "traddr": str(ip_address(fabrics.traddr)),
            "trsvcid": str(int(fabrics.trsvcid)),
        }

    def _known_address(self, spec: NvmeControllerSpec) -> Address | None:
        """The same; None when there is none, such as on a card that has changed since."""
        try:
            return self._address(spec)
        except ApiError:
            return None

    def _taking(self, resource: NvmeController) -> AbstractContextManager[None]:
        pcie = resource.spec.trtype == PCIE
        field = "pcie_id" if pcie else "fabrics_id"
        virtio = self._functions.virtio.other(place(resource.spec.pcie_id), "") if pcie else ""
        if owner := virtio or self._owner(resource):
            text = f"spec.{field}: {owner} is there already"
            raise failed_precondition(text, [owner], "IN_USE", "has the address")
        return self._claims.taking(_place(resource), resource.name, f"spec.{field}")

    def _owner(self, resource: NvmeController) -> str:
        """The other controller in that place; '' for none."""
        mine = _place(resource)
        if other := self._claims.other(mine, resource.name):
            return other
        pcie = resource.spec.trtype == PCIE
        siblings = self._records.controllers(None if pcie else _parent(resource.name))
        others = (one.name for one in siblings if one.name != resource.name and _place(one) == mine)
        return next(others, "")

    async def _listen(self, subsystem: NvmeSubsystem, spec: NvmeControllerSpec) -> None:
        """Add the listener, or nothing. Raises ApiError."""
        address = self._address(spec)
        if spec.trtype == PCIE:
            await self._ensure_functions()
            self._functions.make_folder(spec.pcie_id)
        else:
            await self._nvmf.ensure_transport("TCP")
        secure = {"secure_channel": True} if subsystem.spec.psk and spec.trtype == TCP else {}
        try:
            await self._nvmf.call(
                "nvmf_subsystem_add_listener",
                nqn=subsystem.spec.nqn,
                listen_address=address,
                **secure,
            )
        except ApiError as error:
            if is_unavailable(error):
                raise
            if spec.trtype == PCIE:
                self._functions.remove_folder(spec.pcie_id)
            where = " ".join(address.values())
            text = (
                f"the SPDK target does not listen at {where}, which must be an address of its "
                f"own, and free: {error.message}"
            )
            raise failed_precondition(text) from error

    async def _ensure_functions(self) -> None:
        try:
            await self._nvmf.ensure_transport("VFIOUSER")
        except ApiError as error:
            if is_unavailable(error):
                raise
            text = f"spec.trtype: the SPDK target has no transport for PCIe: {error.message}"
            raise unimplemented(text) from error

    async def _end(self, nqn: str, spec: NvmeControllerSpec) -> None:
        """Remove the listener, if it is there."""
        found, address = await self._nvmf.find(nqn), self._known_address(spec)
        if found is not None and address is not None and _listens(found, address):
            await self._nvmf.call("nvmf_subsystem_remove_listener", nqn=nqn, listen_address=address)
        if spec.trtype == PCIE:
            self._functions.remove_folder(spec.pcie_id)


def _seen(resource: NvmeController) -> NvmeController:
    """The controller that the target has just been seen with."""
    resource.spec.nvme_controller_id = UNTOLD_ID
    resource.status.active = True
    return resource


def _parent(name: str) -> str:
    return name.rsplit("/", 2)[0]


def _place(resource: NvmeController) -> tuple[Any, ...]:
    """What only one controller can have: a function, or an address in its subsystem.

    Subsystems can share an address over fabrics: hosts say which of them they want.
    """
    spec = resource.spec
    if spec.trtype == PCIE:
        return (PCIE, *place(spec.pcie_id))
    address = spec.fabrics_id
    return (_parent(resource.name), ip_address(address.traddr), int(address.trsvcid))


def _listens(found: Found, address: Address) -> bool:
    return any(_same(one, address) for one in found["listen_addresses"])


def _same(one: Address, other: Address) -> bool:
    """Whether two addresses are one, however they are spelled."""
    if one["trtype"].upper() != other["trtype"].upper():
        return False
    if one["trtype"].upper() == "VFIOUSER":
        return one["traddr"] == other["traddr"]
    return (one["trsvcid"], _ip(one["traddr"])) == (other["trsvcid"], _ip(other["traddr"]))


def _ip(text: str) -> object:
    try:
        return ip_address(text)
    except ValueError:
        return text


def _endpoint_problems(spec: NvmeControllerSpec) -> dict[str, str | None]:
    if spec.trtype not in (TCP, PCIE):
        return {"trtype": "must be TCP or PCIE"}
    wanted = "fabrics_id" if spec.trtype == TCP else "pcie_id"
    if spec.WhichOneof("endpoint") != wanted:
        return {wanted: "is required with this trtype"}
    return _fabrics_problems(spec.fabrics_id) if spec.trtype == TCP else {}


def _fabrics_problems(fabrics: common.FabricsEndpoint) -> dict[str, str | None]:
    version = FAMILIES.get(fabrics.adrfam)
    return {
        "fabrics_id.adrfam": None if version else "must be IPV4 or IPV6",
        "fabrics_id.traddr": address_problem(fabrics.traddr, version),
        "fabrics_id.trsvcid": port_problem(fabrics.trsvcid),
    }


def address_problem(text: str, version: int | None) -> str | None:
    """What is wrong with the IP address of a listener or path; None for nothing."""
    try:
        address = ip_address(text)
    except ValueError:
        return "must be an IP address"
    if version is not None and address.version != version:
        return f"must be an IPv{version} address"
    return None


def port_problem(text: str) -> str | None:
    """What is wrong with the decimal text of a TCP port; None for nothing."""
    fine = text.isascii() and text.isdigit() and 0 < int(text[:6]) <= 65535
    return None if fine and len(text) < 6 else "must be a port, 1 to 65535"


def _number_problems(spec: NvmeControllerSpec) -> dict[str, str | None]:
    found = {name: "must not be negative" if getattr(spec, name) < 0 else None for name in _COUNTS}
    if not UNTOLD_ID <= spec.nvme_controller_id <= LARGEST_ID:
        found["nvme_controller_id"] = f"must be 0 to {LARGEST_ID}"
    return found
