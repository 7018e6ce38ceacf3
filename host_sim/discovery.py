"""The discovery service: what may be connected to, and where more may be found."""

from __future__ import annotations

from dataclasses import replace

from host_sim.controller import Controller
from host_sim.errors import HostError, PathError
from host_sim.options import Address, ConnectOptions
from nvmetcp.fabrics import DISCOVERY_NQN
from nvmetcp.logpages import (
    TRTYPE_TCP,
    DiscoveryEntry,
    DiscoverySubtype,
    LogPage,
    parse_discovery,
)

_ENTRY = DiscoveryEntry.SIZE
_ATTEMPTS = 8  # at a log that changes while it is read
_MOST_REFERRALS = 64


async def read_log(controller: Controller) -> tuple[int, list[DiscoveryEntry]]:
    """Generation and entries, all of the same generation. Raises NvmeError, PathError."""
    association = controller.association
    for _ in range(_ATTEMPTS):
        head = await association.log_page(LogPage.DISCOVERY, _ENTRY, keep_event=True)
        generation, count, _ = parse_discovery(head)
        page = await association.log_page(LogPage.DISCOVERY, _ENTRY * (count + 1))
        now, there, entries = parse_discovery(page)
        if (now, there) == (generation, count):
            return generation, entries
    raise PathError("the discovery log changes quicker than it can be read")


def address_of(entry: DiscoveryEntry) -> Address:
    """Where an entry points to. Raises HostError when it is no TCP address."""
    if entry.trtype != TRTYPE_TCP or not entry.trsvcid.isdecimal():
        raise HostError(f"{entry.traddr}: transport {entry.trtype} is not TCP")
    return Address(entry.traddr, int(entry.trsvcid))


async def discover(options: ConnectOptions, *, referrals: bool = True) -> list[DiscoveryEntry]:
    """The entries of a discovery service, and of those it refers to, each address once.

    Raises:
        HostError: the first service cannot be asked. Of the others, silence is accepted.
    """
    options = replace(options, keep_alive=0)
    found = await _ask(options)
    asked = {options.address}
    waiting = _referrals(found) if referrals else []
    while waiting and len(asked) < _MOST_REFERRALS:
        address = waiting.pop(0)
        if address in asked:
            continue
        asked.add(address)
        try:
            more = await _ask(options.at(address, DISCOVERY_NQN))
        except HostError:
            continue
        found += [one for one in more if one not in found]
        waiting += _referrals(more)
    return found


async def _ask(options: ConnectOptions) -> list[DiscoveryEntry]:
    controller = Controller(options)
    await controller.connect()
    try:
        return (await read_log(controller))[1]
    finally:
        await controller.disconnect()


def _referrals(entries: list[DiscoveryEntry]) -> list[Address]:
    return [
        address_of(one)
        for one in entries
        if one.subtype == DiscoverySubtype.REFERRAL and one.trtype == TRTYPE_TCP
    ]
