"""Who may connect to what, the controllers that come of it, and what they are told of changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from dpu_sim.spdk_sim.nvmf.address import Address
from dpu_sim.spdk_sim.nvmf.authentication import Authentication
from dpu_sim.spdk_sim.nvmf.connect import Admission, refuse
from dpu_sim.spdk_sim.nvmf.controller import Controller, HostIdentity, KeepAlive
from dpu_sim.spdk_sim.nvmf.credentials import credentials
from dpu_sim.spdk_sim.nvmf.discovery_controller import DiscoveryCommands, DiscoveryController
from dpu_sim.spdk_sim.nvmf.discovery_log import discovery_entries
from dpu_sim.spdk_sim.nvmf.io_queue import IoQueueCommands
from dpu_sim.spdk_sim.nvmf.limits import Limits
from dpu_sim.spdk_sim.nvmf.listener import Listener
from dpu_sim.spdk_sim.nvmf.namespace import Namespace
from dpu_sim.spdk_sim.nvmf.nvm_admin import NvmAdminCommands
from dpu_sim.spdk_sim.nvmf.nvm_controller import NvmController
from dpu_sim.spdk_sim.nvmf.observer import Observer
from dpu_sim.spdk_sim.nvmf.outcome import CommandError
from dpu_sim.spdk_sim.nvmf.queue import Handler, Queue
from dpu_sim.spdk_sim.nvmf.subsystem import Subsystem
from dpu_sim.spdk_sim.nvmf.target import Target
from dpu_sim.spdk_sim.nvmf.tls import belongs_to
from dpu_sim.spdk_sim.nvmf.transport import TransportOptions
from nvmetcp.fabrics import (
    AT_CNTLID,
    AT_HOSTID,
    AT_HOSTNQN,
    AT_QID,
    AT_SQSIZE,
    AT_SUBNQN,
    DYNAMIC_CONTROLLER,
    Connect,
    ConnectData,
)
from nvmetcp.status import Status

_SMALLEST_QUEUE = 2


@dataclass(slots=True)
class Association:
    """A controller with the handlers of its queues."""

    controller: Controller
    subsystem: Subsystem
    listener: Listener
    admin: Handler
    io: Handler | None = None


class Associations(Observer):
    """The controllers of all subsystems, and the door to them."""

    def __init__(self, target: Target, options: TransportOptions) -> None:
        self._target = target
        self.options = options
        self._all: dict[str, dict[int, Association]] = {}
        self.queues_seen = {"admin": 0, "io": 0}
        self._completed = 0

    def __iter__(self) -> Iterator[Association]:
        return iter([one for some in self._all.values() for one in some.values()])

    def of(self, nqn: str) -> list[Association]:
        """Those with one subsystem."""
        return list(self._all.get(nqn, {}).values())

    @property
    def completed(self) -> int:
        """I/O commands since the start."""
        live = (one.controller for one in self)
        return self._completed + sum(
            one.io.completed for one in live if isinstance(one, NvmController)
        )

    # -- the door

    def admit(
        self, queue: Queue, address: Address, connect: Connect, data: ConnectData
    ) -> Admission:
        """Connect a queue that came to `address`. Raises CommandError."""
        subsystem = self._target.subsystem(data.subnqn)
        if subsystem is None:
            raise refuse(AT_SUBNQN, in_data=True)
        listener = subsystem.listener(address)
        if listener is None or not subsystem.admits(data.hostnqn):
            raise CommandError(Status.CONNECT_INVALID_HOST)
        identity = queue.tls_identity
        if identity is not None and not belongs_to(identity, data.hostnqn, data.subnqn):
            raise CommandError(Status.CONNECT_INVALID_HOST)  # the key of another host
        if not data.hostnqn:
            raise refuse(AT_HOSTNQN, in_data=True)
        if not any(data.hostid):
            raise refuse(AT_HOSTID, in_data=True)
        host = HostIdentity(data.hostnqn, data.hostid)
        self._check_size(connect)
        if connect.qid:
            association = self._io_queue(subsystem, host, connect.qid, data.cntlid)
        else:
            association = self._admin_queue(subsystem, listener, host, connect, data.cntlid)
        return self._admission(queue, association, connect.qid)

    def _check_size(self, connect: Connect) -> None:
        options = self.options
        most = options.max_queue_depth if connect.qid else options.max_aq_depth
        if not _SMALLEST_QUEUE <= connect.sqsize + 1 <= most:
            raise refuse(AT_SQSIZE, in_data=False)

    def _admission(self, queue: Queue, association: Association, qid: int) -> Admission:
        controller, subsystem = association.controller, association.subsystem
        host = subsystem.hosts.get(controller.host.nqn)
        keys = None if host is None else credentials(self._target, host)
        controller.attach(queue, qid)
        self.queues_seen["io" if qid else "admin"] += 1
        handler = association.io if qid else association.admin
        assert handler is not None
        if keys is None:
            return Admission(controller.cntlid, handler)
        proof = Authentication(controller.host.nqn, subsystem.nqn, keys)
        queue.authentication = proof
        return Admission(controller.cntlid, handler, proof)

    def _io_queue(
        self, subsystem: Subsystem, host: HostIdentity, qid: int, cntlid: int
    ) -> Association:
        association = self._all.get(subsystem.nqn, {}).get(cntlid)
        if association is None or association.controller.host != host:
            raise refuse(AT_CNTLID, in_data=True)
        controller = association.controller
        if not controller.enabled:
            raise CommandError(Status.COMMAND_SEQUENCE_ERROR)
        if association.io is None or qid > self.options.max_io_qpairs_per_ctrlr:
            raise refuse(AT_QID, in_data=False)
        if qid in controller.queues:
            raise CommandError(Status.COMMAND_SEQUENCE_ERROR)
        return association

    def _admin_queue(
        self,
        subsystem: Subsystem,
        listener: Listener,
        host: HostIdentity,
        connect: Connect,
        cntlid: int,
    ) -> Association:
        if cntlid != DYNAMIC_CONTROLLER:
            raise refuse(AT_CNTLID, in_data=True)
        try:
            number = subsystem.allocate_cntlid()
        except OSError:
            raise CommandError(Status.CONNECT_CONTROLLER_BUSY) from None
        association = self._association(subsystem, listener, host, number)
        self._all.setdefault(subsystem.nqn, {})[number] = association
        association.controller.watch(connect.kato)
        return association

    def _association(
        self, subsystem: Subsystem, listener: Listener, host: HostIdentity, cntlid: int
    ) -> Association:
        options = self.options
        keep_alive = KeepAlive(options.kas * 100, options.min_kato)

        def on_end(controller: Controller) -> None:
            self._forget(subsystem, controller)

        if subsystem.is_discovery:
            target, address = self._target, listener.address
            discovery = DiscoveryController(
                cntlid, host, options.max_aq_depth, keep_alive, on_end=on_end,
                log=lambda: (
                    target.discovery_generation,
                    discovery_entries(target, host.nqn, address),
                ),
            )  # fmt: skip
            return Association(discovery, subsystem, listener, DiscoveryCommands(discovery))
        limits = Limits(
            options.max_queue_depth, options.max_io_qpairs_per_ctrlr,
            options.in_capsule_data_size, options.max_io_size, subsystem.identity.wzsl,
            subsystem.identity.dmrsl, self._target.settings.crdt,
        )  # fmt: skip
        controller = NvmController(
            subsystem,
            listener,
            cntlid=cntlid,
            host=host,
            limits=limits,
            keep_alive=keep_alive,
            on_end=on_end,
            members=lambda: self._members(subsystem.nqn),
        )
        io = IoQueueCommands(controller, controller.io)
        return Association(controller, subsystem, listener, NvmAdminCommands(controller), io)

    def _members(self, nqn: str) -> list[NvmController]:
        found = (one.controller for one in self.of(nqn))
        return [one for one in found if isinstance(one, NvmController)]

    def _forget(self, subsystem: Subsystem, controller: Controller) -> None:
        some = self._all.get(subsystem.nqn, {})
        if some.pop(controller.cntlid, None) is None:
            return
        if isinstance(controller, NvmController):
            self._completed += controller.io.completed
        if not some:
            self._all.pop(subsystem.nqn, None)
        subsystem.release_cntlid(controller.cntlid)

    def end_all(self) -> None:
        """Cut every host off."""
        for one in self:
            one.controller.end("the target stops")

    # -- changes of the model

    def namespace_added(self, namespace: Namespace) -> None:
        """Announce it."""
        self._namespace_changed(namespace)

    def namespace_removed(self, namespace: Namespace) -> None:
        """Announce it."""
        self._namespace_changed(namespace)

    def namespace_resized(self, namespace: Namespace) -> None:
        """Announce it."""
        self._namespace_changed(namespace)

    def _namespace_changed(self, namespace: Namespace) -> None:
        for one in self._members(namespace.subsystem.nqn):
            one.namespace_changed(namespace.nsid)

    def visibility_changed(self, namespace: Namespace, host: str, visible: bool) -> None:  # noqa: ARG002
        """Announce it to the host."""
        for one in self._members(namespace.subsystem.nqn):
            if one.host.nqn == host:
                one.namespace_changed(namespace.nsid)

    def namespace_group_changed(self, namespace: Namespace) -> None:
        """Announce it, and that paths may be others."""
        for one in self._members(namespace.subsystem.nqn):
            one.namespace_changed(namespace.nsid)
            one.ana_changed()

    def ana_changed(self, listener: Listener, groups: Collection[int]) -> None:  # noqa: ARG002
        """Tell the hosts that came in there."""
        for one in self._members(listener.subsystem.nqn):
            if one.listener is listener:
                one.ana_changed()

    def host_removed(self, subsystem: Subsystem, host: str) -> None:
        """Cut it off, unless anybody may connect."""
        if not subsystem.admits(host):
            for one in self.of(subsystem.nqn):
                if one.controller.host.nqn == host:
                    one.controller.end("its host may not connect any longer")

    def listener_removed(self, listener: Listener) -> None:
        """Cut off who came in there."""
        for one in self.of(listener.subsystem.nqn):
            if one.listener is listener:
                one.controller.end("its listener is gone")

    def subsystem_removed(self, subsystem: Subsystem) -> None:
        """Cut its hosts off."""
        for one in self.of(subsystem.nqn):
            one.controller.end("its subsystem is gone")

    def discovery_changed(self) -> None:
        """Tell who listens."""
        for one in self:
            if isinstance(one.controller, DiscoveryController):
                one.controller.log_changed()
