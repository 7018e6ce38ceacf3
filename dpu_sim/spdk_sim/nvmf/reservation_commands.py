"""The reservation commands of one host: NVM Express Base Specification 2.0, sections 7.2 to 7.5."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from dpu_sim.spdk_sim.nvmf.io import Reserve
from dpu_sim.spdk_sim.nvmf.namespace import Namespace
from dpu_sim.spdk_sim.nvmf.outcome import CommandError, Result
from dpu_sim.spdk_sim.nvmf.reservation_file import load, save
from dpu_sim.spdk_sim.nvmf.reservations import HostId, Reservations
from dpu_sim.spdk_sim.nvmf.view import NamespaceView
from nvmetcp.command import Command
from nvmetcp.io import IoOpcode
from nvmetcp.logpages import ReservationNotice, section
from nvmetcp.reservations import (
    Keys,
    ReleaseKey,
    ReservationAcquire,
    ReservationRegister,
    ReservationRelease,
    ReservationReport,
)
from nvmetcp.status import Status

NO_CONTROLLER = 0xFFFF

_log = logging.getLogger("dpu_sim.spdk_sim.nvmf")


class Member(Protocol):
    """A controller of a subsystem, this host's or another's."""

    cntlid: int

    @property
    def hostid(self) -> HostId:
        """Of the host."""

    def judge(self, nsid: int) -> None:
        """Which I/O to a namespace is possible may have changed."""

    def reservation_notice(self, nsid: int, kind: ReservationNotice) -> None:
        """Something happened to a registration of the host."""

    def abort_io(self) -> None:
        """Give up the commands that are under way."""


Members = Callable[[], Iterable[Member]]


def reservations_of(namespace: Namespace, members: Members) -> Reservations:
    """The state of a namespace, made when it is needed first."""
    if namespace.reservations is None:

        def tell(host: HostId, kind: ReservationNotice) -> None:
            for one in members():
                if one.hostid == host:
                    one.reservation_notice(namespace.nsid, kind)

        state = Reservations(tell, can_persist=namespace.ptpl_file is not None)
        namespace.reservations = state
        if namespace.ptpl_file is not None:
            load(Path(namespace.ptpl_file), state, namespace.bdev.geometry.uuid)
    found: Reservations = namespace.reservations
    return found


class ReservationCommands:
    """The commands of one host."""

    def __init__(
        self, hostid: HostId, namespaces: Callable[[int], Namespace | None], members: Members
    ) -> None:
        """`namespaces` finds one by its number, `members` are the subsystem's controllers."""
        self._hostid = hostid
        self._namespaces = namespaces
        self._members = members

    def methods(self) -> dict[int, Reserve]:
        """By opcode."""
        return {
            IoOpcode.RESERVATION_REGISTER: self._register,
            IoOpcode.RESERVATION_ACQUIRE: self._acquire,
            IoOpcode.RESERVATION_RELEASE: self._release,
            IoOpcode.RESERVATION_REPORT: self._report,
        }

    def _of(self, view: NamespaceView) -> Reservations:
        namespace = self._namespaces(view.nsid)
        if namespace is None:
            raise CommandError(Status.INVALID_NAMESPACE)
        return self._of_namespace(namespace)

    def _of_namespace(self, namespace: Namespace) -> Reservations:
        return reservations_of(namespace, self._members)

    def _changed(self, nsid: int) -> None:
        for one in self._members():
            one.judge(nsid)
        namespace = self._namespaces(nsid)
        if namespace is not None and namespace.ptpl_file is not None:
            try:
                save(
                    Path(namespace.ptpl_file),
                    self._of_namespace(namespace),
                    namespace.bdev.geometry.uuid,
                )
            except OSError as error:
                _log.error("reservations of %s: %s", namespace.ptpl_file, error)
                raise CommandError(Status.INTERNAL_ERROR) from None

    def _register(self, view: NamespaceView, command: Command, data: bytes | None) -> Result:
        wanted = ReservationRegister.of(command)
        self._of(view).register(self._hostid, wanted, Keys.parse(data or b""))
        self._changed(view.nsid)
        return None

    def _acquire(self, view: NamespaceView, command: Command, data: bytes | None) -> Result:
        wanted = ReservationAcquire.of(command)
        lost = self._of(view).acquire(self._hostid, wanted, Keys.parse(data or b""))
        self._changed(view.nsid)
        for one in self._members():
            if one.hostid in lost:
                one.abort_io()
        return None

    def _release(self, view: NamespaceView, command: Command, data: bytes | None) -> Result:
        wanted, key = ReservationRelease.of(command), ReleaseKey.parse(data or b"").current
        self._of(view).release(self._hostid, wanted, key)
        self._changed(view.nsid)
        return None

    def _report(self, view: NamespaceView, command: Command, _: bytes | None) -> Result:
        wanted = ReservationReport.of(command)
        if not wanted.extended:
            raise CommandError(Status.HOST_ID_INCONSISTENT)
        size = (wanted.numd + 1) * 4
        if size > command.sgl_length:
            raise CommandError(Status.SGL_DATA_LENGTH_INVALID)
        return section(self._of(view).report(self._controller_of), 0, size)

    def _controller_of(self, host: HostId) -> int:
        return next((one.cntlid for one in self._members() if one.hostid == host), NO_CONTROLLER)
