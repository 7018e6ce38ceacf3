"""What the discovery log tells a host: NVM Express over Fabrics 1.1a, section 5.2.

Own subsystems that the host may use, wherever they are served; then referrals.
"""

from __future__ import annotations

from collections.abc import Iterator

from dpu_sim.nqn import DISCOVERY
from dpu_sim.spdk_sim.nvmf.address import IPV4, VFIO_USER, Address
from dpu_sim.spdk_sim.nvmf.listener import Listener
from dpu_sim.spdk_sim.nvmf.target import MATCH_ANY, Target
from nvmetcp.logpages import (
    ADRFAM_IPV4,
    ADRFAM_IPV6,
    SECTYPE_NONE,
    SECTYPE_TLS13,
    TREQ_NOT_REQUIRED,
    TREQ_REQUIRED,
    DiscoveryEntry,
    DiscoverySubtype,
)

_DUPLICATE_INFORMATION, _PERSISTENT_CONNECTIONS = 1, 2
"""EFLAGS: every entry of this service leads to the same log; its controllers stay."""


def discovery_entries(target: Target, host: str, via: Address) -> list[DiscoveryEntry]:
    """The entries for the host of that NQN, which asks at the address `via`.

    They belong to the log as of `target.discovery_generation`. A listener on every address of the
    machine is told of by the address that the host came to.
    """
    own = [_entry_of(listener, via, target) for listener in _listeners(target, host, via)]
    return own + [
        _entry(one.address, one.subnqn, one.secure_channel, subtype=_kind(one.subnqn))
        for one in target.referrals
    ]


def _kind(subnqn: str) -> DiscoverySubtype:
    return DiscoverySubtype.REFERRAL if subnqn == DISCOVERY else DiscoverySubtype.NVM


def _listeners(target: Target, host: str, via: Address) -> Iterator[Listener]:
    for subsystem in target:
        if subsystem.admits(host):
            for listener in subsystem.listeners.values():
                if _passes(target.settings.discovery_filter, listener.address, via):
                    yield listener


def _passes(criteria: tuple[str, ...], address: Address, via: Address) -> bool:
    """Whether a listener is told of to a host that came to `via`; functions need no telling."""
    if address.trtype == VFIO_USER:
        return False
    same = {
        MATCH_ANY: True,
        "transport": address.trtype == via.trtype,
        "address": address.is_wildcard or address.traddr == via.traddr,
        "svcid": address.trsvcid == via.trsvcid,
    }
    return all(same[one] for one in criteria)


def _entry_of(listener: Listener, via: Address, target: Target) -> DiscoveryEntry:
    address = listener.address
    if address.is_wildcard and address.adrfam == via.adrfam:
        address = Address(address.trtype, address.adrfam, via.traddr, address.trsvcid)
    here = listener.subsystem.is_discovery
    entry = _entry(
        address,
        listener.subsystem.nqn,
        listener.secure_channel,
        subtype=DiscoverySubtype.CURRENT_DISCOVERY if here else DiscoverySubtype.NVM,
    )
    entry.portid = listener.port_id
    entry.asqsz = target.transports[address.trtype].options.max_aq_depth
    if here:
        entry.eflags = _DUPLICATE_INFORMATION | _PERSISTENT_CONNECTIONS
    return entry


def _entry(
    address: Address, subnqn: str, secure_channel: bool, subtype: DiscoverySubtype
) -> DiscoveryEntry:
    return DiscoveryEntry(
        adrfam=ADRFAM_IPV4 if address.adrfam == IPV4 else ADRFAM_IPV6,
        subtype=subtype,
        treq=TREQ_REQUIRED if secure_channel else TREQ_NOT_REQUIRED,
        trsvcid=address.trsvcid,
        subnqn=subnqn,
        traddr=address.traddr,
        sectype=SECTYPE_TLS13 if secure_channel else SECTYPE_NONE,
    )
