"""An I/O controller: the namespaces that its host may see, and how that changes."""

from __future__ import annotations

from collections.abc import Callable

from dpu_sim.spdk_sim.nvmf import identification
from dpu_sim.spdk_sim.nvmf.controller import Controller, HostIdentity, KeepAlive
from dpu_sim.spdk_sim.nvmf.identification import Names
from dpu_sim.spdk_sim.nvmf.io import IoCommands
from dpu_sim.spdk_sim.nvmf.limits import Limits
from dpu_sim.spdk_sim.nvmf.listener import Listener
from dpu_sim.spdk_sim.nvmf.namespace import Namespace
from dpu_sim.spdk_sim.nvmf.notices import ReservationNotices
from dpu_sim.spdk_sim.nvmf.reservation_commands import (
    Members,
    ReservationCommands,
    reservations_of,
)
from dpu_sim.spdk_sim.nvmf.reservations import Reservations
from dpu_sim.spdk_sim.nvmf.subsystem import Subsystem
from dpu_sim.spdk_sim.nvmf.view import NamespaceView
from nvmetcp.admin import ANA_CHANGED, NAMESPACE_CHANGED, RESERVATION_CHANGED
from nvmetcp.identify import IdentifyController
from nvmetcp.logpages import AnaGroup, AnaState, ReservationNotice, pack_ana
from nvmetcp.status import Status

_UNIT = 512_000
"""Bytes of a data unit in the SMART log."""

_ANA_FAULTS = {
    AnaState.INACCESSIBLE: Status.ANA_INACCESSIBLE,
    AnaState.PERSISTENT_LOSS: Status.ANA_PERSISTENT_LOSS,
    AnaState.CHANGE: Status.ANA_TRANSITION,
}
"""What I/O to a group in that state fails with."""


class NvmController(Controller):
    """One host's association with a subsystem that has namespaces."""

    def __init__(
        self,
        subsystem: Subsystem,
        listener: Listener,
        *,
        cntlid: int,
        host: HostIdentity,
        limits: Limits,
        keep_alive: KeepAlive,
        on_end: Callable[[Controller], None],
        members: Members,
    ) -> None:
        """`listener` is where the host came in; `members` are the subsystem's controllers."""
        super().__init__(cntlid, host, limits.queue_entries, keep_alive, on_end)
        self.subsystem = subsystem
        self.listener = listener
        self.limits = limits
        self.views: dict[int, NamespaceView] = {}
        self.changed: set[int] = set()
        """Namespaces that have changed since the host has asked last (log 04)."""
        self.notices = ReservationNotices()
        self._members = members
        reserve = ReservationCommands(host.hostid, self._visible, members)
        self.io = IoCommands(self.views, limits, reserve.methods())
        for namespace in subsystem.namespaces.values():
            self._show(namespace)

    # -- namespaces

    def _show(self, namespace: Namespace) -> None:
        """Look at a namespace anew: it may be new, hidden, or gone for this host."""
        nsid = namespace.nsid
        if not namespace.visible_to(self.host.nqn):
            self.views.pop(nsid, None)
            return
        descriptor = namespace.channel(self.listener)
        view = self.views.get(nsid)
        if view is None or view.descriptor is not descriptor:
            view = self.views[nsid] = NamespaceView(nsid, descriptor)
        self._judge(namespace, view)

    def _judge(self, namespace: Namespace, view: NamespaceView) -> None:
        """Which I/O to a namespace fails, and with what."""
        state = self.listener.ana_state(namespace.anagrpid)
        fault = int(_ANA_FAULTS.get(AnaState(state), 0)) if self.subsystem.ana_reporting else 0
        view.read_fault = view.write_fault = fault
        reservations: Reservations | None = namespace.reservations
        if reservations is None and namespace.ptpl_file is not None:
            reservations = reservations_of(namespace, self._members)
        if not fault and reservations is not None:
            host = self.host.hostid
            conflict = int(Status.RESERVATION_CONFLICT)
            view.read_fault = 0 if reservations.may_read(host) else conflict
            view.write_fault = 0 if reservations.may_write(host) else conflict

    def namespace_changed(self, nsid: int) -> None:
        """A namespace was added, removed, resized, or shown to other hosts."""
        namespace = self.subsystem.namespaces.get(nsid)
        before = nsid in self.views
        if namespace is None:
            self.views.pop(nsid, None)
        else:
            self._show(namespace)
        if before or nsid in self.views:
            self.changed.add(nsid)
            self.events.raise_event(NAMESPACE_CHANGED)

    def ana_changed(self) -> None:
        """Paths have become better or worse."""
        for nsid in self.views:
            self.judge(nsid)
        if self.subsystem.ana_reporting:
            self.events.raise_event(ANA_CHANGED)

    def judge(self, nsid: int) -> None:
        """Which I/O to a namespace is possible may have changed."""
        if namespace := self._visible(nsid):
            self._judge(namespace, self.views[nsid])

    @property
    def hostid(self) -> bytes:
        """Of the host; reservations are the host's."""
        return self.host.hostid

    def abort_io(self) -> None:
        """Give up the commands that are under way."""
        for number, queue in self.queues.items():
            if number:
                queue.cancel_all()

    def reservation_notice(self, nsid: int, kind: ReservationNotice) -> None:
        """Tell the host what happened to its registration."""
        if self.notices.add(nsid, kind):
            self.events.raise_event(RESERVATION_CHANGED)

    def _visible(self, nsid: int) -> Namespace | None:
        return self.subsystem.namespaces.get(nsid) if nsid in self.views else None

    # -- what Identify and log pages tell

    def identify(self) -> IdentifyController:
        """CNS 01."""
        subsystem = self.subsystem
        return identification.controller(
            subsystem.nqn,
            (subsystem.serial_number, subsystem.model_number),
            self.cntlid,
            subsystem.max_namespaces,
            self.limits,
            ana=subsystem.ana_reporting,
        )

    def identify_namespace(self, nsid: int) -> bytes | None:
        """CNS 00, None if the host does not see it."""
        namespace = self._visible(nsid)
        if namespace is None:
            return None
        view, persists = self.views[nsid], namespace.ptpl_file is not None
        names, group = _names(namespace), self._group(namespace)
        return identification.namespace(view, names, group, persists=persists)

    def identify_independent(self, nsid: int) -> bytes | None:
        """CNS 08, None if the host does not see it."""
        namespace = self._visible(nsid)
        if namespace is None:
            return None
        group, persists = self._group(namespace), namespace.ptpl_file is not None
        return identification.independent(self.views[nsid], group, persists=persists)

    def names(self, nsid: int) -> Names | None:
        """The identities of a namespace, None if the host does not see it."""
        namespace = self._visible(nsid)
        return None if namespace is None else _names(namespace)

    def _group(self, namespace: Namespace) -> int:
        return namespace.anagrpid if self.subsystem.ana_reporting else 0

    def ana_log(self, *, groups_only: bool) -> bytes:
        """Log 0C: the groups that have namespaces for this host."""
        members: dict[int, list[int]] = {}
        for nsid in sorted(self.views):
            members.setdefault(self.subsystem.namespaces[nsid].anagrpid, []).append(nsid)
        changes = self.listener.ana_changes
        groups = [
            AnaGroup(group, self.listener.ana_state(group), nsids, changes)
            for group, nsids in sorted(members.items())
        ]
        return pack_ana(changes, groups, groups_only=groups_only)

    def totals(self) -> tuple[int, int, int, int]:
        """Reads, writes, and data units of both, of all namespaces of the host."""
        reads = writes = bytes_read = bytes_written = 0
        for nsid in self.views:
            statistics = self.subsystem.namespaces[nsid].descriptor.total()
            reads += statistics.read.operations
            writes += statistics.write.operations
            bytes_read += statistics.read.bytes
            bytes_written += statistics.write.bytes
        return reads, writes, -(-bytes_read // _UNIT), -(-bytes_written // _UNIT)


def _names(namespace: Namespace) -> Names:
    return Names(namespace.nguid, namespace.eui64, namespace.uuid.bytes)
