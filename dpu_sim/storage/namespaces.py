"""NVMe namespaces on an SPDK target: volumes, as the hosts of a subsystem find them.

A device can be in one subsystem only, and once, so that it tells which namespace is meant. What a
namespace leaves open of its identity is the device's: uuid and NGUID.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from dpu_sim.api.backend import Backend
from dpu_sim.api.errors import (
    ApiError,
    already_exists,
    failed_precondition,
    invalid_argument,
    invalid_arguments,
)
from dpu_sim.storage.bdevs import Bdevs, bdev_name, is_unavailable
from dpu_sim.storage.claims import Claims
from dpu_sim.storage.nvmf import Found, Nvmf
from dpu_sim.storage.records import Records
from dpu_sim.storage.spdk import SpdkClient
from dpu_sim.storage.volumes import uuid_problem
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import (
    NvmeNamespace,
    NvmeNamespaceSpec,
    NvmeNamespaceStatus,
)
from opi.proto.opi_api.storage.v1.opicommon_pb2 import VolumeStats

Namespace = Mapping[str, Any]
"""A namespace as nvmf_get_subsystems describes it."""

Settle = Callable[[NvmeNamespace, Found, Namespace], Awaitable[int]]
"""What to do about a namespace that is there: the number that it has in the end."""

_NGUID = re.compile(r"[0-9a-fA-F]{8}(-?)(?:[0-9a-fA-F]{4}\1){3}[0-9a-fA-F]{12}")
_ALL_64 = (1 << 64) - 1


class NamespaceBackend(Backend[NvmeNamespace]):
    """The namespaces of one target."""

    def __init__(self, spdk: SpdkClient, records: Records) -> None:
        self._bdevs = Bdevs(spdk)
        self._nvmf = Nvmf(spdk)
        self._records = records
        self._claims: Claims[str] = Claims()

    async def validate(self, resource: NvmeNamespace) -> None:
        """Check number and identity. Raises ApiError: INVALID_ARGUMENT."""
        spec = resource.spec
        found = {
            "host_nsid": "must not be negative" if spec.host_nsid < 0 else None,
            "uuid": uuid_problem(spec.uuid),
            "nguid": _nguid_problem(spec.nguid),
        }
        problems = {f"spec.{name}": problem for name, problem in found.items() if problem}
        if problems:
            raise invalid_arguments(problems)

    async def create(self, resource: NvmeNamespace) -> NvmeNamespace:
        """Add the namespace, or take over the one that an interrupted creation added."""
        return await self._bring(resource, self._take_over)

    async def _take_over(self, resource: NvmeNamespace, _: Found, there: Namespace) -> int:
        """The number of a namespace that is nobody's, and just what is asked for."""
        if owner := self._owner(resource):
            text = f"spec.volume_name_ref: {resource.spec.volume_name_ref} is {owner} already"
            raise failed_precondition(text, [owner], "IN_USE", "has the volume")
        if not _fits(there, resource.spec):
            raise already_exists(f"a namespace on {there['bdev_name']}")
        return int(there["nsid"])

    async def _bring(self, resource: NvmeNamespace, settle: Settle) -> NvmeNamespace:
        """Add the namespace; when its device is one of the subsystem's already, `settle` that."""
        with self._taking(resource):
            nqn = self._nqn(resource.name)
            if (nsid := await self._added(nqn, resource)) is not None:
                return _seen(resource, nsid)
            found = await self._nvmf.require(nqn, resource.name)
            there = _on_device(found, _device(resource))
            if there is None:
                return _seen(resource, await self._add(resource, found))
            return _seen(resource, await settle(resource, found, there))

    async def _added(self, nqn: str, resource: NvmeNamespace) -> int | None:
        """Number of the namespace, added without a look at the others; None: that did not do.

        A look costs the more the more there are. Only a device that nobody uses can be added.
        """
        device = await self._bdevs.base(resource.spec.volume_name_ref)
        if device["claimed"]:
            return None
        try:
            return await self._put(nqn, resource.spec)
        except ApiError as error:
            if is_unavailable(error):
                raise
            return None

    async def update(self, old: NvmeNamespace, new: NvmeNamespace) -> NvmeNamespace:
        """Add it anew under its new identity or volume: hosts see it go and come."""
        new.spec.host_nsid = new.spec.host_nsid or old.spec.host_nsid
        if _wanted(old.spec) == _wanted(new.spec):
            return _seen(new, new.spec.host_nsid)
        with self._taking(new):
            seen = await self._replace(old, new)
        if _device(old) != _device(new):
            self._claims.leave(_device(old), old.name)
        return seen

    async def _replace(self, old: NvmeNamespace, new: NvmeNamespace) -> NvmeNamespace:
        found = await self._nvmf.require(self._nqn(new.name), new.name)
        there = _numbered(found, old.spec)
        await self._check(new, found, there)
        if there is not None:
            await self._remove(found, there)
        try:
            nsid = await self._put(found["nqn"], new.spec)
        except ApiError as error:
            if there is not None and not is_unavailable(error):
                await self._put(found["nqn"], old.spec)
            raise
        return _seen(new, nsid)

    async def delete(self, resource: NvmeNamespace) -> None:
        """Take it away; one with another device under its number is a stranger's and stays."""
        found = await self._found(resource.name)
        there = None if found is None else _numbered(found, resource.spec)
        if found is not None and there is not None:
            await self._remove(found, there)
        self._claims.leave(_device(resource), resource.name)

    async def discard(self, intended: NvmeNamespace, stored: NvmeNamespace | None) -> None:
        """Take away what an interrupted creation or change has added.

        What a change was to lead to may look like what it came from where either leaves something
        open: it goes, and restoring adds it as it was.
        """
        if stored is not None:
            intended.spec.host_nsid = intended.spec.host_nsid or stored.spec.host_nsid
            if _wanted(intended.spec) == _wanted(stored.spec):
                return
        found = await self._found(intended.name)
        if found is None or self._owner(intended):
            return
        there = _on_device(found, _device(intended))
        if there is not None and _fits(there, intended.spec):
            await self._remove(found, there)

    async def reconcile(self, resource: NvmeNamespace) -> NvmeNamespace:
        """See to it that the target has the namespace as the store has it. Raises ApiError."""
        return await self._bring(resource, self._mend)

    async def _mend(self, resource: NvmeNamespace, found: Found, there: Namespace) -> int:
        """Give a namespace its number and its identity."""
        if _fits(there, resource.spec):
            return resource.spec.host_nsid or int(there["nsid"])
        await self._check(resource, found, there)
        await self._remove(found, there)
        return await self._put(found["nqn"], resource.spec)

    async def read(self, resource: NvmeNamespace) -> NvmeNamespace:
        """With the state of now."""
        return (await self.read_all([resource]))[0]

    async def read_all(self, resources: Sequence[NvmeNamespace]) -> Sequence[NvmeNamespace]:
        """Online are those that the target has."""
        nqns = {one.name: self._nqn(one.name) for one in resources}
        found = await self._nvmf.some(set(nqns.values())) if nqns else {}
        return [_told(one, found.get(nqns[one.name])) for one in resources]

    async def stats(self, resource: NvmeNamespace) -> VolumeStats:
        """What went through its device, which nobody but its hosts can use."""
        return await self._bdevs.statistics(_device(resource))

    def _nqn(self, name: str) -> str:
        return self._records.subsystem(name).spec.nqn

    async def _found(self, name: str) -> Found | None:
        """The subsystem on the target, if there is one."""
        subsystem = self._records.find_subsystem(name)
        return None if subsystem is None else await self._nvmf.find(subsystem.spec.nqn)

    def _taking(self, resource: NvmeNamespace) -> AbstractContextManager[None]:
        what = f"spec.volume_name_ref: {resource.spec.volume_name_ref}"
        return self._claims.taking(_device(resource), resource.name, what)

    def _owner(self, resource: NvmeNamespace) -> str:
        """The other namespace of the subsystem that has the device; '' for none."""
        device = _device(resource)
        if other := self._claims.other(device, resource.name):
            return other
        parent = resource.name.rsplit("/", 2)[0]
        return next(
            (
                one.name
                for one in self._records.namespaces(parent)
                if one.name != resource.name and _device(one) == device
            ),
            "",
        )

    async def _add(self, resource: NvmeNamespace, found: Found) -> int:
        await self._check(resource, found, None)
        return await self._put(found["nqn"], resource.spec)

    async def _check(self, resource: NvmeNamespace, found: Found, there: Namespace | None) -> None:
        """Say what the target would only call invalid. `there` is what the namespace is now.

        Raises:
            ApiError: FAILED_PRECONDITION, volume or number are taken; INVALID_ARGUMENT.
        """
        spec, most = resource.spec, found["max_namespaces"]
        if spec.host_nsid > most:
            raise invalid_argument("spec.host_nsid", f"must be at most {most} in this subsystem")
        device = await self._bdevs.base(spec.volume_name_ref)
        if device["claimed"] and (there is None or there["bdev_name"] != device["name"]):
            text = f"spec.volume_name_ref: {spec.volume_name_ref} is in use"
            raise failed_precondition(text, [spec.volume_name_ref], "IN_USE", "is in use")
        others = [one for one in found["namespaces"] if one is not there]
        taken = next((one for one in others if one["nsid"] == spec.host_nsid), None)
        if taken is not None:
            text = f"spec.host_nsid: {spec.host_nsid} is taken by {taken['bdev_name']}"
            raise failed_precondition(text, [resource.name], "IN_USE", "is taken")
        if len(others) >= most:
            text = f"{found['nqn']} has its {most} namespaces already"
            raise failed_precondition(text, [resource.name], "LIMIT", "is full")

    async def _put(self, nqn: str, spec: NvmeNamespaceSpec) -> int:
        added = await self._nvmf.call("nvmf_subsystem_add_ns", nqn=nqn, namespace=_wanted(spec))
        return int(added)

    async def _remove(self, found: Found, there: Namespace) -> None:
        await self._nvmf.call("nvmf_subsystem_remove_ns", nqn=found["nqn"], nsid=there["nsid"])


def _device(resource: NvmeNamespace) -> str:
    """The device that a namespace is on: it can be in one only."""
    return bdev_name(resource.spec.volume_name_ref)


def _wanted(spec: NvmeNamespaceSpec) -> dict[str, Any]:
    """What a spec says, by SPDK's names: what nvmf_subsystem_add_ns takes."""
    wanted: dict[str, Any] = {"bdev_name": bdev_name(spec.volume_name_ref)}
    if spec.host_nsid:
        wanted["nsid"] = spec.host_nsid
    if spec.nguid:
        wanted["nguid"] = spec.nguid.replace("-", "").upper()
    if spec.eui64:
        wanted["eui64"] = f"{spec.eui64 & _ALL_64:016X}"
    if spec.uuid:
        wanted["uuid"] = spec.uuid.lower()
    return wanted


def _fits(there: Namespace, spec: NvmeNamespaceSpec) -> bool:
    """Whether a namespace is what the spec asks for; what that leaves open may be anything."""
    return all(
        str(there.get(name, "")).lower() == str(value).lower()
        for name, value in _wanted(spec).items()
    )


def _on_device(found: Found, device: str) -> Namespace | None:
    return next((one for one in found["namespaces"] if one["bdev_name"] == device), None)


def _numbered(found: Found, spec: NvmeNamespaceSpec) -> Namespace | None:
    """The namespace with the spec's number and device."""
    there = _on_device(found, bdev_name(spec.volume_name_ref))
    return there if there is not None and there["nsid"] == spec.host_nsid else None


def _seen(resource: NvmeNamespace, nsid: int) -> NvmeNamespace:
    """The namespace that the target has just been seen with."""
    resource.spec.host_nsid = nsid
    resource.status.state = NvmeNamespaceStatus.STATE_ENABLED
    resource.status.oper_state = NvmeNamespaceStatus.OPER_STATE_ONLINE
    return resource


def _told(resource: NvmeNamespace, found: Found | None) -> NvmeNamespace:
    online = found is not None and _numbered(found, resource.spec) is not None
    _seen(resource, resource.spec.host_nsid)
    if not online:
        resource.status.oper_state = NvmeNamespaceStatus.OPER_STATE_OFFLINE
    return resource


def _nguid_problem(text: str) -> str | None:
    if not text:
        return None
    if not _NGUID.fullmatch(text):
        return "must be 32 hexadecimal digits, with the hyphens of a UUID or without any"
    return None if int(text.replace("-", ""), 16) else "must not be zero"
