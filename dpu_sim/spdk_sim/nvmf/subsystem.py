"""An NVMe subsystem: who it is, which hosts may use it, where it is served, its namespaces."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dpu_sim.nqn import DISCOVERY, nqn_problem
from dpu_sim.spdk_sim.bdev.bdev import Bdev, Event
from dpu_sim.spdk_sim.nvmf.address import Address
from dpu_sim.spdk_sim.nvmf.listener import Listener
from dpu_sim.spdk_sim.nvmf.namespace import Namespace, NamespaceOptions
from dpu_sim.spdk_sim.nvmf.observer import Observer
from nvmetcp.logpages import AnaState

DEFAULT_NAMESPACES = 32
FIRST_CNTLID, LAST_CNTLID = 1, 65519
_CLAIM = "NVMe-oF Target"


@dataclass(slots=True)
class Host:
    """A host that may use a subsystem. Keys are names in the keyring, or paths of files."""

    nqn: str
    psk: str | None = None
    dhchap_key: str | None = None
    dhchap_ctrlr_key: str | None = None

    def describe(self) -> dict[str, str]:
        """The host as nvmf_get_subsystems shows it."""
        keys = {"dhchap_key": self.dhchap_key, "dhchap_ctrlr_key": self.dhchap_ctrlr_key}
        return {"nqn": self.nqn} | {name: key for name, key in keys.items() if key is not None}


@dataclass(frozen=True, slots=True)
class Identity:
    """What nvmf_create_subsystem decides; defaults are SPDK's."""

    nqn: str
    serial_number: str = "0" * 20
    model_number: str = "SPDK bdev Controller"
    max_namespaces: int = DEFAULT_NAMESPACES
    ana_reporting: bool = False
    min_cntlid: int = FIRST_CNTLID
    max_cntlid: int = LAST_CNTLID
    dmrsl: int = 2 << 20
    """Most logical blocks of a Dataset Management range."""
    wzsl: int = 12
    """Most of a Write Zeroes: a power of two of 4 KiB."""


class Subsystem:
    """One subsystem. Changes are told to `observers`, a list shared with the target."""

    def __init__(
        self, identity: Identity, observers: Sequence[Observer], *, allow_any_host: bool = False
    ) -> None:
        self.identity = identity
        self.nqn = identity.nqn
        self.serial_number = identity.serial_number
        self.model_number = identity.model_number
        self.max_namespaces = identity.max_namespaces
        self.ana_reporting = identity.ana_reporting
        self.allow_any_host = allow_any_host
        self.hosts: dict[str, Host] = {}
        self.namespaces: dict[int, Namespace] = {}
        self.listeners: dict[Address, Listener] = {}
        self._observers = observers
        self._lowest_free = 1
        self._cntlids: set[int] = set()
        self._last_cntlid = identity.min_cntlid - 1

    @property
    def is_discovery(self) -> bool:
        """Whether it tells of other subsystems, and has no namespaces."""
        return self.nqn == DISCOVERY

    # -- controller ids

    def allocate_cntlid(self) -> int:
        """An id that no controller of the subsystem has: the one least recently given.

        Raises:
            OSError: EAGAIN, all are in use.
        """
        first, last = self.identity.min_cntlid, self.identity.max_cntlid
        if len(self._cntlids) > last - first:
            raise OSError(errno.EAGAIN, f"no controller ids left of {self.nqn}")
        number = self._last_cntlid
        while True:
            number = number + 1 if number < last else first
            if number not in self._cntlids:
                break
        self._cntlids.add(number)
        self._last_cntlid = number
        return number

    def release_cntlid(self, number: int) -> None:
        """A controller is gone; harmless if it was before."""
        self._cntlids.discard(number)

    # -- hosts

    def admits(self, host: str) -> bool:
        """Whether the host of that NQN may connect."""
        return self.allow_any_host or host in self.hosts

    def add_host(self, host: Host) -> None:
        """Let a host in. Raises ValueError, it is no NQN; OSError, EEXIST."""
        if problem := nqn_problem(host.nqn):
            raise ValueError(f"{host.nqn} {problem}")
        if host.nqn in self.hosts:
            raise OSError(errno.EEXIST, host.nqn)
        self.hosts[host.nqn] = host

    def remove_host(self, nqn: str) -> None:
        """Let a host in no longer. Raises OSError, ENOENT."""
        if self.hosts.pop(nqn, None) is None:
            raise OSError(errno.ENOENT, nqn)
        for one in self._observers:
            one.host_removed(self, nqn)

    def set_keys(self, nqn: str, dhchap_key: str | None, dhchap_ctrlr_key: str | None) -> None:
        """Replace a host's keys of DH-HMAC-CHAP. Raises OSError, ENOENT."""
        host = self.hosts.get(nqn)
        if host is None:
            raise OSError(errno.ENOENT, nqn)
        host.dhchap_key, host.dhchap_ctrlr_key = dhchap_key, dhchap_ctrlr_key
        for one in self._observers:
            one.host_keys_changed(self, nqn)

    # -- listeners

    def listener(self, address: Address) -> Listener | None:
        """The listener at an address that is listened on.

        The discovery subsystem is reached at every such address; SPDK's is, too.
        """
        found = self.listeners.get(address)
        return Listener(self, address, 0) if found is None and self.is_discovery else found

    def add_listener(self, listener: Listener) -> None:
        """Serve the subsystem at an address that is listened on; the newest comes first."""
        self.listeners = {listener.address: listener} | self.listeners
        for one in self._observers:
            one.listener_added(listener)

    def remove_listener(self, address: Address) -> None:
        """Serve it there no longer."""
        listener = self.listeners.pop(address)
        for one in self._observers:
            one.listener_removed(listener)
        for namespace in self.namespaces.values():
            namespace.end_channel(listener)

    def set_ana_state(self, listener: Listener, state: AnaState, group: int | None) -> None:
        """Set the state of an ANA group, or of all, at one listener."""
        changed = listener.set_ana_state(state, group)
        if changed:
            for one in self._observers:
                one.ana_changed(listener, changed)

    # -- namespaces

    def add_namespace(self, bdev: Bdev, options: NamespaceOptions) -> Namespace:
        """Make a device a namespace.

        Raises:
            OSError: EEXIST, the number is taken; ENOSPC, all are, or it is too large; EPERM, the
                device is claimed; EINVAL, there is no such ANA group.
        """
        nsid = options.nsid or self._free_nsid()
        if nsid in self.namespaces:
            raise OSError(errno.EEXIST, f"namespace {nsid} of {self.nqn}")
        if nsid > self.max_namespaces or self.is_discovery:
            raise OSError(errno.ENOSPC, f"namespace {nsid} of {self.nqn}")
        if options.anagrpid > self.max_namespaces:
            raise OSError(errno.EINVAL, f"ANA group {options.anagrpid}")

        def on_event(event: Event) -> None:
            if event is Event.REMOVE:
                self.remove_namespace(nsid)
            else:
                self._resized(nsid)

        descriptor = bdev.open(write=True, on_event=on_event, claim=_CLAIM)
        namespace = self.namespaces[nsid] = Namespace(self, nsid, descriptor, options)
        for one in self._observers:
            one.namespace_added(namespace)
        return namespace

    def _free_nsid(self) -> int:
        """The lowest number that is free; all below `_lowest_free` are known to be taken."""
        while self._lowest_free in self.namespaces:
            self._lowest_free += 1
        return self._lowest_free

    def _resized(self, nsid: int) -> None:
        for one in self._observers:
            one.namespace_resized(self.namespaces[nsid])

    def remove_namespace(self, nsid: int) -> None:
        """Give a device back. Raises OSError, ENOENT."""
        namespace = self.namespaces.pop(nsid, None)
        if namespace is None:
            raise OSError(errno.ENOENT, f"namespace {nsid} of {self.nqn}")
        self._lowest_free = min(self._lowest_free, nsid)
        namespace.descriptor.close()
        for one in self._observers:
            one.namespace_removed(namespace)

    def set_visible(self, namespace: Namespace, host: str, visible: bool) -> None:
        """Show a namespace that is not for every host to one, or hide it again."""
        before = namespace.visible_to(host)
        if visible:
            namespace.hosts[host] = None
        else:
            namespace.hosts.pop(host, None)
        if namespace.visible_to(host) != before:
            for one in self._observers:
                one.visibility_changed(namespace, host, visible)

    def set_ana_group(self, namespace: Namespace, group: int) -> None:
        """Move a namespace to another ANA group."""
        if namespace.anagrpid != group:
            namespace.anagrpid = group
            for one in self._observers:
                one.namespace_group_changed(namespace)

    # -- how it is shown

    def describe(self) -> dict[str, Any]:
        """The subsystem as nvmf_get_subsystems shows it."""
        shown = {
            "nqn": self.nqn,
            "subtype": "Discovery" if self.is_discovery else "NVMe",
            "listen_addresses": [address.describe() for address in self.listeners],
            "allow_any_host": self.allow_any_host,
            "hosts": [host.describe() for host in self.hosts.values()],
        }
        return shown if self.is_discovery else shown | self._nvme_part()

    def _nvme_part(self) -> dict[str, Any]:
        identity = self.identity
        return {
            "serial_number": self.serial_number,
            "model_number": self.model_number,
            "max_namespaces": self.max_namespaces,
            "passthrough": False,
            "min_cntlid": identity.min_cntlid,
            "max_cntlid": identity.max_cntlid,
            "dmrsl": identity.dmrsl,
            "wzsl": identity.wzsl,
            "namespaces": [
                one.describe() for _, one in sorted(self.namespaces.items(), key=lambda it: it[0])
            ],
        }
