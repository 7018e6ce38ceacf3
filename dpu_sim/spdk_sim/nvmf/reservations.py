"""Reservations of one namespace: NVM Express Base Specification 2.0, section 8.19.

Hosts are known by their identifier: all controllers of a host share its registration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dpu_sim.spdk_sim.nvmf.outcome import CommandError
from nvmetcp.logpages import ReservationNotice
from nvmetcp.reservations import (
    HOLDER,
    AcquireAction,
    ExtendedRegisteredController,
    Keys,
    RegisterAction,
    ReleaseAction,
    ReportHeader,
    ReservationAcquire,
    ReservationRegister,
    ReservationRelease,
    ReservationType,
    pack_report,
)
from nvmetcp.status import Status

_CLEAR_PTPL, _SET_PTPL = 2, 3
_REGISTRANTS_ONLY = frozenset(
    {
        ReservationType.WRITE_EXCLUSIVE_REGISTRANTS,
        ReservationType.EXCLUSIVE_ACCESS_REGISTRANTS,
    }
)
_ALL_REGISTRANTS = frozenset(
    {
        ReservationType.WRITE_EXCLUSIVE_ALL_REGISTRANTS,
        ReservationType.EXCLUSIVE_ACCESS_ALL_REGISTRANTS,
    }
)
_READS_ARE_FREE = frozenset(
    {
        ReservationType.NONE,
        ReservationType.WRITE_EXCLUSIVE,
        ReservationType.WRITE_EXCLUSIVE_REGISTRANTS,
        ReservationType.WRITE_EXCLUSIVE_ALL_REGISTRANTS,
    }
)
_SHARED = _REGISTRANTS_ONLY | _ALL_REGISTRANTS

HostId = bytes
Tell = Callable[[HostId, ReservationNotice], None]
"""A notification for a host."""


class Reservations:
    """Registrants and reservation of a namespace. Commands raise CommandError when refused."""

    def __init__(self, tell: Tell, *, can_persist: bool = False) -> None:
        self.generation = 0
        self.persistent = False
        self.rtype: int = ReservationType.NONE
        self.holder: HostId | None = None
        self.registrants: dict[HostId, int] = {}
        """Their keys by host, in order of registration."""
        self._tell = tell
        self._can_persist = can_persist

    # -- what is allowed

    def may_read(self, host: HostId) -> bool:
        """Whether a host's reads pass."""
        return self.rtype in _READS_ARE_FREE or self._is_privileged(host)

    def may_write(self, host: HostId) -> bool:
        """Whether a host's writes pass."""
        return self.rtype == ReservationType.NONE or self._is_privileged(host)

    def _is_privileged(self, host: HostId) -> bool:
        return host in self.registrants if self.rtype in _SHARED else host == self.holder

    def holds(self, host: HostId) -> bool:
        """Whether the reservation is this host's, alone or with others."""
        if self.rtype in _ALL_REGISTRANTS:
            return host in self.registrants
        return self.rtype != ReservationType.NONE and host == self.holder

    # -- Register

    def register(self, host: HostId, command: ReservationRegister, keys: Keys) -> None:
        """Register, unregister, or replace the key."""
        if command.cptpl == 1 or (command.cptpl == _SET_PTPL and not self._can_persist):
            raise CommandError(Status.INVALID_FIELD)
        if command.action == RegisterAction.REGISTER:
            if self.registrants.get(host, keys.second) != keys.second:
                raise CommandError(Status.RESERVATION_CONFLICT)
            self.registrants[host] = keys.second
        elif command.action == RegisterAction.UNREGISTER:
            self._require(host, keys.current, ignore=bool(command.ignore_key))
            self._unregister(host)
        elif command.action == RegisterAction.REPLACE:
            self._require(host, keys.current, ignore=bool(command.ignore_key))
            self.registrants[host] = keys.second
        else:
            raise CommandError(Status.INVALID_FIELD)
        self._count()
        if command.cptpl:
            self.persistent = command.cptpl == _SET_PTPL

    def _require(self, host: HostId, key: int, *, ignore: bool = False) -> None:
        if host not in self.registrants or (not ignore and self.registrants[host] != key):
            raise CommandError(Status.RESERVATION_CONFLICT)

    def _unregister(self, host: HostId) -> None:
        held = self.holds(host)
        del self.registrants[host]
        if held and (self.rtype not in _ALL_REGISTRANTS or not self.registrants):
            self._release()

    def _count(self) -> None:
        self.generation = (self.generation + 1) & 0xFFFFFFFF

    # -- Acquire

    def acquire(self, host: HostId, command: ReservationAcquire, keys: Keys) -> list[HostId]:
        """Acquire or preempt; returns the hosts whose commands are to be aborted."""
        if command.ignore_key or not 1 <= command.rtype <= max(ReservationType):
            raise CommandError(Status.INVALID_FIELD)
        if command.action > AcquireAction.PREEMPT_AND_ABORT:
            raise CommandError(Status.INVALID_FIELD)
        self._require(host, keys.current)
        if command.action == AcquireAction.ACQUIRE:
            self._acquire(host, command.rtype)
            return []
        lost = self._preempt(host, command.rtype, keys.second)
        return lost if command.action == AcquireAction.PREEMPT_AND_ABORT else []

    def _acquire(self, host: HostId, rtype: int) -> None:
        if self.rtype == ReservationType.NONE:
            self.rtype, self.holder = rtype, host
        elif not self.holds(host) or self.rtype != rtype:
            raise CommandError(Status.RESERVATION_CONFLICT)

    def _preempt(self, host: HostId, rtype: int, key: int) -> list[HostId]:
        shared = self.rtype in _ALL_REGISTRANTS
        everybody = shared and not key
        victims = [
            one
            for one, its in self.registrants.items()
            if one != host and (everybody or its == key)
        ]
        takes = everybody or (
            self.holder is not None and not shared and self.registrants.get(self.holder) == key
        )
        if not key and not everybody:
            raise CommandError(Status.INVALID_FIELD)
        if not victims and not takes:
            raise CommandError(Status.RESERVATION_CONFLICT)
        for one in victims:
            del self.registrants[one]
            self._tell(one, ReservationNotice.REGISTRATION_PREEMPTED)
        if takes:
            self._take_over(host, rtype, victims)
        self._count()
        return victims

    def _take_over(self, host: HostId, rtype: int, victims: list[HostId]) -> None:
        if self.rtype in _SHARED and self.rtype != rtype:
            self._tell_registrants(ReservationNotice.RELEASED, {host, *victims})
        self.rtype, self.holder = rtype, host

    # -- Release

    def release(self, host: HostId, command: ReservationRelease, key: int) -> None:
        """Release the reservation, or clear everything."""
        if command.ignore_key or command.action > ReleaseAction.CLEAR:
            raise CommandError(Status.INVALID_FIELD)
        self._require(host, key)
        if command.action == ReleaseAction.CLEAR:
            self._tell_registrants(ReservationNotice.PREEMPTED, {host})
            self.registrants.clear()
            self.rtype, self.holder = ReservationType.NONE, None
            self._count()
        elif self.holds(host):
            if command.rtype != self.rtype:
                raise CommandError(Status.INVALID_FIELD)
            self._release(host)

    def _release(self, host: HostId | None = None) -> None:
        if self.rtype in _SHARED:
            self._tell_registrants(ReservationNotice.RELEASED, {host})
        self.rtype, self.holder = ReservationType.NONE, None

    def _tell_registrants(self, kind: ReservationNotice, without: Iterable[HostId | None]) -> None:
        for one in [each for each in self.registrants if each not in set(without)]:
            self._tell(one, kind)

    # -- Report

    def report(self, controllers: Callable[[HostId], int]) -> bytes:
        """The extended report; `controllers` gives a host's controller, 0xFFFF if it has none."""
        header = ReportHeader(
            generation=self.generation, rtype=self.rtype, ptpls=int(self.persistent)
        )
        registrants = [
            ExtendedRegisteredController(
                cntlid=controllers(host),
                rcsts=HOLDER if self.holds(host) else 0,
                rkey=key,
                hostid=host,
            )
            for host, key in self.registrants.items()
        ]
        return pack_report(header, registrants, extended=True)
