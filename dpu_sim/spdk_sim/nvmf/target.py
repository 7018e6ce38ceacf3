"""The NVMe-oF target: its subsystems, where they are listened for, referrals, and settings."""

from __future__ import annotations

import asyncio
import errno
import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dpu_sim.nqn import DISCOVERY, nqn_problem
from dpu_sim.spdk_sim.bdev.registry import Registry
from dpu_sim.spdk_sim.nvmf.address import VFIO_USER, Address
from dpu_sim.spdk_sim.nvmf.listener import Listener
from dpu_sim.spdk_sim.nvmf.observer import Observer
from dpu_sim.spdk_sim.nvmf.subsystem import Identity, Subsystem
from dpu_sim.spdk_sim.nvmf.transport import LiveController, Transport, TransportOptions
from nvmetcp.logpages import AnaState

DIGESTS = ("sha256", "sha384", "sha512")
DHGROUPS = ("null", "ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192")
MATCH_ANY = "match_any"
FILTERS = (MATCH_ANY, "transport", "address", "svcid")
DUPLICATE_HOSTS = ("allow", "restrict_per_listener")
MOST_SUBSYSTEMS = 1024
MOST_LISTENERS = 16
"""Of one subsystem, as in SPDK."""


@dataclass(frozen=True, slots=True)
class Referral:
    """Another discovery service, or a subsystem elsewhere, that hosts are told of."""

    address: Address
    subnqn: str = DISCOVERY
    secure_channel: bool = False

    def describe(self) -> dict[str, Any]:
        """The referral as nvmf_discovery_get_referrals shows it."""
        return {
            "address": self.address.describe(),
            "secure_channel": self.secure_channel,
            "subnqn": self.subnqn,
        }


@dataclass(slots=True)
class TargetSettings:
    """What nvmf_set_config, nvmf_set_max_subsystems and nvmf_set_crdt decide."""

    discovery_filter: tuple[str, ...] = (MATCH_ANY,)
    """Which listeners a host is told of: those whose transport, address, svcid are as its own."""
    dhchap_digests: tuple[str, ...] = DIGESTS
    dhchap_dhgroups: tuple[str, ...] = DHGROUPS
    """What DH-HMAC-CHAP may use."""
    dup_host_policy: str = "allow"
    """Whether one host may have several controllers of a subsystem at one listener."""
    poll_groups_mask: str | None = None
    max_subsystems: int = MOST_SUBSYSTEMS
    crdt: tuple[int, int, int] = (0, 0, 0)
    """Command retry delay times, in 100 ms."""


@dataclass(slots=True)
class _Listening:
    """An address that is listened on, and for how many subsystems."""

    port_id: int
    secure_channel: bool
    users: int = 0


class Target:
    """One target, with a discovery subsystem from the start."""

    def __init__(self, registry: Registry, secret: Callable[[str], str] | None = None) -> None:
        """`secret` gives the content of a key by its name or path, or raises OSError."""
        self.registry = registry
        self.settings = TargetSettings()
        self.transports: dict[str, Transport] = {}
        """Those that nvmf_create_transport was called for, by type."""
        self.referrals: list[Referral] = []
        self.discovery_generation = 0
        self.observers: list[Observer] = []
        self._secret = secret
        self._offered: dict[str, Transport] = {}
        self._subsystems: dict[str, Subsystem] = {}
        self._listening: dict[Address, _Listening] = {}
        self._port_ids: dict[Address, int] = {}
        self._next_port_id = itertools.count(1)
        self._lock = asyncio.Lock()
        self.create(Identity(DISCOVERY), allow_any_host=True)

    def secret(self, key: str) -> str:
        """The content of a key, by its name or path.

        Raises:
            OSError: ENOKEY, there is none; EPERM, others may read it; or what its file says.
        """
        if self._secret is None:
            raise OSError(errno.ENOKEY, key)
        return self._secret(key)

    # -- transports

    def offer(self, transport: Transport) -> None:
        """Let nvmf_create_transport have a transport."""
        self._offered[transport.trtype] = transport

    def offers(self, trtype: str) -> bool:
        """Whether there is such a transport."""
        return trtype in self._offered

    def create_transport(self, trtype: str, options: TransportOptions) -> None:
        """Bring a transport that is offered into use. Raises OSError, EEXIST."""
        if trtype in self.transports:
            raise OSError(errno.EEXIST, trtype)
        transport = self._offered[trtype]
        transport.options = options
        self.transports[trtype] = transport

    def controllers(self, nqn: str) -> list[LiveController]:
        """Who is connected to a subsystem, by controller id."""
        found = [one for each in self.transports.values() for one in each.controllers(nqn)]
        return sorted(found, key=lambda one: one.cntlid)

    async def close(self) -> None:
        """Serve nobody any longer."""
        for transport in self.transports.values():
            await transport.close()

    # -- subsystems

    def __iter__(self) -> Iterator[Subsystem]:
        """The subsystems by NQN."""
        return iter([self._subsystems[nqn] for nqn in sorted(self._subsystems)])

    def subsystem(self, nqn: str) -> Subsystem | None:
        """The subsystem of that name."""
        return self._subsystems.get(nqn)

    def create(self, identity: Identity, *, allow_any_host: bool = False) -> Subsystem:
        """Make a subsystem.

        Raises:
            ValueError: its name is no NQN.
            OSError: EEXIST, the name is taken; ENOSPC, there are too many.
        """
        nqn = identity.nqn
        if problem := nqn_problem(nqn):
            raise ValueError(f"{nqn} {problem}")
        if nqn in self._subsystems:
            raise OSError(errno.EEXIST, nqn)
        if len(self._subsystems) >= self.settings.max_subsystems:
            raise OSError(errno.ENOSPC, nqn)
        made = Subsystem(identity, self.observers, allow_any_host=allow_any_host)
        self._subsystems[nqn] = made
        return made

    async def delete(self, nqn: str) -> None:
        """Remove a subsystem with all that belongs to it. Raises OSError, ENOENT."""
        subsystem = self._subsystems.pop(nqn, None)
        if subsystem is None:
            raise OSError(errno.ENOENT, nqn)
        for one in self.observers:
            one.subsystem_removed(subsystem)
        for nsid in list(subsystem.namespaces):
            subsystem.remove_namespace(nsid)
        for address in list(subsystem.listeners):
            await self.remove_listener(subsystem, address)
        self.rediscover()

    # -- listeners

    async def add_listener(
        self,
        subsystem: Subsystem,
        address: Address,
        *,
        secure_channel: bool = False,
        ana_state: AnaState = AnaState.OPTIMIZED,
        options: dict[str, Any] | None = None,
    ) -> Listener:
        """Serve a subsystem at an address, and listen there if nobody does yet.

        Raises:
            OSError: EEXIST, it is served there; ENOSPC, in too many places; EPROTONOSUPPORT, its
                transport is not in use; EINVAL, others are served there without or with TLS;
                EBUSY, the function is another subsystem's; or why it cannot be bound.
        """
        async with self._lock:
            if address in subsystem.listeners:
                raise OSError(errno.EEXIST, str(address))
            if len(subsystem.listeners) >= MOST_LISTENERS:
                raise OSError(errno.ENOSPC, f"more than {MOST_LISTENERS} listeners")
            listening = await self._listen(address, secure_channel)
            if self._subsystems.get(subsystem.nqn) is not subsystem:
                await self._leave(address)
                raise OSError(errno.ENOENT, subsystem.nqn)
            listener = Listener(
                subsystem,
                address,
                listening.port_id,
                secure_channel=secure_channel,
                ana_state=ana_state,
            )
            listener.options = options or {}
            subsystem.add_listener(listener)
        self.rediscover()
        return listener

    async def remove_listener(self, subsystem: Subsystem, address: Address) -> None:
        """Serve a subsystem at an address no longer. Raises OSError, ENOENT."""
        async with self._lock:
            if address not in subsystem.listeners:
                raise OSError(errno.ENOENT, str(address))
            subsystem.remove_listener(address)
            await self._leave(address)
        self.rediscover()

    async def _listen(self, address: Address, secure_channel: bool) -> _Listening:
        transport = self.transports.get(address.trtype)
        if transport is None:
            raise OSError(errno.EPROTONOSUPPORT, address.trtype)
        listening = self._listening.get(address)
        if listening is None:
            await transport.listen(address, secure_channel=secure_channel)
            if address not in self._port_ids:
                self._port_ids[address] = next(self._next_port_id)
            listening = _Listening(self._port_ids[address], secure_channel)
            self._listening[address] = listening
        elif address.trtype == VFIO_USER:
            raise OSError(errno.EBUSY, f"{address.traddr} has a controller")
        elif listening.secure_channel != secure_channel:
            raise OSError(errno.EINVAL, f"{address} with and without TLS")
        listening.users += 1
        return listening

    async def _leave(self, address: Address) -> None:
        listening = self._listening[address]
        listening.users -= 1
        if not listening.users:
            del self._listening[address]
            with suppress(OSError):
                await self.transports[address.trtype].stop_listening(address)

    # -- discovery

    def add_referral(self, referral: Referral) -> None:
        """Tell hosts of another service, instead of what they were told of it before."""
        self.remove_referral(referral.address, referral.subnqn)
        self.referrals.append(referral)
        self.rediscover()

    def remove_referral(self, address: Address, subnqn: str) -> bool:
        """Tell of it no longer; whether it was told of."""
        kept = [one for one in self.referrals if (one.address, one.subnqn) != (address, subnqn)]
        found = len(kept) < len(self.referrals)
        self.referrals = kept
        if found:
            self.rediscover()
        return found

    def rediscover(self) -> None:
        """The discovery log is another one."""
        self.discovery_generation += 1
        for one in self.observers:
            one.discovery_changed()
