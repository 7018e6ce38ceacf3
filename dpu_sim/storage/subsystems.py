"""NVMe subsystems on an SPDK target: what becomes of opi_api.storage.v1.NvmeSubsystem there.

A subsystem of the API is one of the target with the same NQN. Without a host NQN any host may
connect; with one, that host alone, and with a PSK only over TLS. Serial number, model number and
size are set at creation for good, so a change of them makes the subsystem anew, which the target
allows while nothing hangs on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dpu_sim.api.backend import Backend
from dpu_sim.api.errors import (
    ApiError,
    already_exists,
    failed_precondition,
    invalid_argument,
    invalid_arguments,
    unimplemented,
)
from dpu_sim.nqn import DISCOVERY, nqn_problem
from dpu_sim.storage.bdevs import Bdevs, is_unavailable
from dpu_sim.storage.keys import Keys, check_key
from dpu_sim.storage.nvmf import Found, Nvmf
from dpu_sim.storage.spdk import SpdkClient
from opi.proto.opi_api.storage.v1 import opicommon_pb2 as common
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import NvmeSubsystem, NvmeSubsystemSpec

SERIAL_NUMBER_BYTES = 20
MODEL_NUMBER_BYTES = 40
"""Sizes of SN and MN in the Identify Controller data structure (NVMe Base 2.1, figure 312)."""

MOST_NAMESPACES = 65535
"""Largest number of namespaces that a subsystem may be made for."""

DEFAULT_NAMESPACES = 32
DEFAULT_SERIAL_NUMBER = "0" * SERIAL_NUMBER_BYTES
DEFAULT_MODEL_NUMBER = "SPDK bdev Controller"
"""What the target makes of fields that are not set (SPDK's nvmf_create_subsystem)."""

_CREATED_FIELDS = ("serial_number", "model_number", "max_namespaces")


class SubsystemBackend(Backend[NvmeSubsystem]):
    """The subsystems of one SPDK target."""

    def __init__(self, spdk: SpdkClient, keys: Keys | None = None) -> None:
        """Without `keys`, subsystems have no PSK."""
        self._nvmf = Nvmf(spdk)
        self._bdevs = Bdevs(spdk)
        self._keys = keys
        self._owners: dict[str, str] = {}
        """Names of the resources by the NQNs that they have on the target."""

    async def validate(self, resource: NvmeSubsystem) -> None:
        """Check what a spec may hold. Raises ApiError: INVALID_ARGUMENT, UNIMPLEMENTED."""
        problems = {f"spec.{name}": problem for name, problem in _problems(resource.spec).items()}
        if problems:
            raise invalid_arguments(problems)
        if resource.spec.psk:
            self._check_psk(resource.spec)

    def _check_psk(self, spec: NvmeSubsystemSpec) -> None:
        if self._keys is None:
            raise unimplemented("spec.psk: there is no place for keys")
        if not spec.hostnqn:
            raise invalid_argument("spec.psk", "needs spec.hostnqn: it is that host's")
        check_key("spec.psk", spec.psk)

    async def create(self, resource: NvmeSubsystem) -> NvmeSubsystem:
        """Make the subsystem on the target. Raises ApiError.

        One that is there already, but nobody's, was left by a server that died before it could say
        that it had made it: when it is just what is asked for it is taken as made.
        """
        with self._claimed(resource):
            seen = await self._with_status(resource)
            try:
                await self._make(resource.spec)
            except ApiError as error:
                found = None if is_unavailable(error) else await self._find(resource.spec.nqn)
                if found is None:
                    raise
                if _in_use(found) or not (
                    _made_for(found, resource.spec) and _open_to(found, resource.spec)
                ):
                    raise already_exists(resource.spec.nqn) from None
            return seen

    async def update(self, old: NvmeSubsystem, new: NvmeSubsystem) -> NvmeSubsystem:
        """Change the subsystem on the target: its host in place, anything else by a new one."""
        with self._claimed(new):
            seen = await self._with_status(new)
            if old.spec.nqn != new.spec.nqn and await self._find(new.spec.nqn) is not None:
                raise already_exists(new.spec.nqn)
            if _identity(old.spec) != _identity(new.spec):
                await self._replace(old, new)
            elif _access(old.spec) != _access(new.spec):
                await self._change_access(old, new)
        if old.spec.nqn != new.spec.nqn:
            self._owners.pop(old.spec.nqn, None)
        return seen

    async def delete(self, resource: NvmeSubsystem) -> None:
        """Remove the subsystem from the target; one that is not there is as good as removed."""
        await self._remove(resource.spec)
        self._owners.pop(resource.spec.nqn, None)

    async def stats(self, resource: NvmeSubsystem) -> common.VolumeStats:
        """What went through the subsystem: the sum of its namespaces."""
        found = await self._nvmf.require(resource.spec.nqn, resource.name)
        return await self._bdevs.sum(one["bdev_name"] for one in found["namespaces"])

    async def reconcile(self, resource: NvmeSubsystem) -> NvmeSubsystem:
        """See to it that the target has the subsystem just as the store has it. Raises ApiError."""
        with self._claimed(resource):
            found = await self._find(resource.spec.nqn)
            if found is None:
                await self._make(resource.spec)
            elif not (
                _made_for(found, resource.spec) or (_in_use(found) and _fits(found, resource.spec))
            ):
                await self._replace(resource, resource)
            elif not await self._lets_in(found, resource.spec):
                await self._set_host(resource.spec)
            return await self._with_status(resource)

    async def discard(self, intended: NvmeSubsystem, stored: NvmeSubsystem | None) -> None:
        """Remove the subsystem of an interrupted change, or the half of it. Raises ApiError.

        Another resource's is left alone; so is one that differs, or is in use: a stranger's.
        """
        nqn = intended.spec.nqn
        if stored is not None and stored.spec.nqn == nqn:
            if stored.spec.psk != intended.spec.psk:
                await self._forget_key(intended.spec)
                await self._forget_key(stored.spec)  # restoring sees which the host should have
            return
        if self._owners.get(nqn, intended.name) != intended.name:
            return
        found = await self._find(nqn)
        if found is None:
            await self._forget_key(intended.spec)
        elif not _in_use(found) and _made_for(found, intended.spec):
            await self._remove(intended.spec)

    async def _with_status(self, subsystem: NvmeSubsystem) -> NvmeSubsystem:
        """The subsystem with the status that the target tells, which stays while it runs."""
        seen = NvmeSubsystem()
        seen.CopyFrom(subsystem)
        seen.status.firmware_revision = await self._nvmf.version()
        return seen

    @contextmanager
    def _claimed(self, subsystem: NvmeSubsystem) -> Iterator[None]:
        """Its NQN is its own from here on, unless what is done within fails.

        Raises:
            ApiError: ALREADY_EXISTS, the NQN is another resource's.
        """
        nqn, name = subsystem.spec.nqn, subsystem.name
        before = self._owners.setdefault(nqn, "")
        if before not in {"", name}:
            raise already_exists(f"{nqn} ({before})")
        self._owners[nqn] = name
        try:
            yield
        except BaseException:
            if not before:
                del self._owners[nqn]
            raise

    async def _replace(self, old: NvmeSubsystem, new: NvmeSubsystem) -> None:
        """Make the subsystem anew; when the target refuses, it has the old one again."""
        found = await self._find(old.spec.nqn)
        if found and _in_use(found):
            raise failed_precondition(
                f"{old.name} is in use: only its host can be changed while it has namespaces or "
                "controllers"
            )
        await self._remove(old.spec)
        try:
            await self._make(new.spec)
        except ApiError as error:
            if not is_unavailable(error):
                await self._make(old.spec)
            raise

    async def _remove(self, spec: NvmeSubsystemSpec) -> None:
        if await self._find(spec.nqn) is not None:
            await self._call("nvmf_delete_subsystem", nqn=spec.nqn)
        await self._forget_key(spec)

    async def _make(self, spec: NvmeSubsystemSpec) -> None:
        """Create subsystem and host, or nothing."""
        wanted = {name: getattr(spec, name) for name in _CREATED_FIELDS if getattr(spec, name)}
        await self._call(
            "nvmf_create_subsystem", nqn=spec.nqn, allow_any_host=not spec.hostnqn, **wanted
        )
        if not spec.hostnqn:
            return
        try:
            await self._add_host(spec)
        except ApiError as error:
            if not is_unavailable(error):
                await self._call("nvmf_delete_subsystem", nqn=spec.nqn)
            raise

    async def _change_access(self, old: NvmeSubsystem, new: NvmeSubsystem) -> None:
        """Another host, another key, or none. Raises ApiError: FAILED_PRECONDITION."""
        found = await self._find(new.spec.nqn)
        if found and found["listen_addresses"] and bool(old.spec.psk) != bool(new.spec.psk):
            raise failed_precondition(
                f"{old.name} has controllers, which are made for TLS or for none: delete them "
                "before spec.psk is set or cleared"
            )
        renew = old.spec.psk != new.spec.psk
        try:
            await self._set_host(new.spec, renew)
        except ApiError as error:
            if not is_unavailable(error):
                await self._set_host(old.spec, renew)
                await self._forget_other_key(new.spec, old.spec)
            raise
        await self._forget_other_key(old.spec, new.spec)

    async def _set_host(self, spec: NvmeSubsystemSpec, renew: bool = False) -> None:
        """Let the new host in before the former is locked out.

        The same host with another key (`renew`) is taken out first: it loses its connections.
        """
        found = await self._find(spec.nqn)
        if found is None:
            await self._make(spec)
            return
        hosts = [one["nqn"] for one in found["hosts"]]
        if spec.hostnqn in hosts and (renew or not await self._has_key(spec)):
            await self._call("nvmf_subsystem_remove_host", nqn=spec.nqn, host=spec.hostnqn)
            hosts.remove(spec.hostnqn)
        if spec.hostnqn and spec.hostnqn not in hosts:
            await self._add_host(spec)
        await self._call(
            "nvmf_subsystem_allow_any_host", nqn=spec.nqn, allow_any_host=not spec.hostnqn
        )
        for former in hosts:
            if former != spec.hostnqn:
                await self._call("nvmf_subsystem_remove_host", nqn=spec.nqn, host=former)

    async def _add_host(self, spec: NvmeSubsystemSpec) -> None:
        if not spec.psk or self._keys is None:
            await self._call("nvmf_subsystem_add_host", nqn=spec.nqn, host=spec.hostnqn)
            return
        key = await self._keys.offer(_owner(spec), spec.psk)
        try:
            await self._call("nvmf_subsystem_add_host", nqn=spec.nqn, host=spec.hostnqn, psk=key)
        except ApiError as error:
            if not is_unavailable(error):
                await self._forget_key(spec)
            raise

    async def _has_key(self, spec: NvmeSubsystemSpec) -> bool:
        """Whether the host that the target lets in has this key."""
        if not spec.psk or self._keys is None:
            return True
        return await self._keys.knows(_owner(spec), spec.psk)

    async def _forget_key(self, spec: NvmeSubsystemSpec) -> None:
        if spec.psk and self._keys is not None:
            await self._keys.withdraw(_owner(spec), spec.psk)

    async def _forget_other_key(self, spec: NvmeSubsystemSpec, kept: NvmeSubsystemSpec) -> None:
        if _key_of(spec) != _key_of(kept):
            await self._forget_key(spec)

    async def _lets_in(self, found: Found, spec: NvmeSubsystemSpec) -> bool:
        return _open_to(found, spec) and await self._has_key(spec)

    async def _find(self, nqn: str) -> Found | None:
        return await self._nvmf.find(nqn)

    async def _call(self, method: str, **parameters: Any) -> Any:
        return await self._nvmf.call(method, **parameters)


def _owner(spec: NvmeSubsystemSpec) -> str:
    """Whose a key is: the host's in this subsystem."""
    return f"{spec.nqn} {spec.hostnqn}"


def _access(spec: NvmeSubsystemSpec) -> tuple[str, bytes]:
    return spec.hostnqn, spec.psk


def _key_of(spec: NvmeSubsystemSpec) -> tuple[str, bytes] | None:
    return _access(spec) if spec.psk else None


def _problems(spec: NvmeSubsystemSpec) -> dict[str, str]:
    """What is wrong with a spec, by field."""
    found = {
        "nqn": nqn_problem(spec.nqn) or _reserved(spec.nqn),
        "hostnqn": nqn_problem(spec.hostnqn) if spec.hostnqn else None,
        "serial_number": _text_problem(spec.serial_number, SERIAL_NUMBER_BYTES),
        "model_number": _text_problem(spec.model_number, MODEL_NUMBER_BYTES),
        "max_namespaces": None
        if 0 <= spec.max_namespaces <= MOST_NAMESPACES
        else f"must be 0 to {MOST_NAMESPACES}",
    }
    return {name: problem for name, problem in found.items() if problem}


def _reserved(nqn: str) -> str | None:
    return "is the discovery subsystem's" if nqn == DISCOVERY else None


def _text_problem(text: str, longest: int) -> str | None:
    if len(text) > longest or not (text.isascii() and text.isprintable()):
        return f"must be at most {longest} printable ASCII characters"
    return None


def _identity(spec: NvmeSubsystemSpec) -> tuple[Any, ...]:
    return (spec.nqn, *(getattr(spec, name) for name in _CREATED_FIELDS))


def _in_use(found: Found) -> bool:
    return bool(found["namespaces"] or found["listen_addresses"])


def _made_for(found: Found, spec: NvmeSubsystemSpec) -> bool:
    """Whether the target's subsystem was made as `_make` would."""
    return _fits(found, spec) and (
        found["serial_number"] == (spec.serial_number or DEFAULT_SERIAL_NUMBER)
        and found["model_number"] == (spec.model_number or DEFAULT_MODEL_NUMBER)
    )


def _fits(found: Found, spec: NvmeSubsystemSpec) -> bool:
    """Whether it is what the spec asks for; what that leaves open may be anything."""
    return bool(
        found["max_namespaces"] == (spec.max_namespaces or DEFAULT_NAMESPACES)
        and (not spec.serial_number or found["serial_number"] == spec.serial_number)
        and (not spec.model_number or found["model_number"] == spec.model_number)
    )


def _open_to(found: Found, spec: NvmeSubsystemSpec) -> bool:
    """Whether it lets in the hosts that the spec says, and no others."""
    hosts = [one["nqn"] for one in found["hosts"]]
    wanted = [spec.hostnqn] if spec.hostnqn else []
    return hosts == wanted and found["allow_any_host"] == (not wanted)
