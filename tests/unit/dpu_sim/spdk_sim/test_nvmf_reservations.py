"""Reservations between two hosts, and the rules behind them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpu_sim.spdk_sim.nvmf.outcome import CommandError
from dpu_sim.spdk_sim.nvmf.reservations import Reservations
from nvmetcp.admin import ALL_NAMESPACES, AsyncEvent, AsyncEventRequest, GetLogPage
from nvmetcp.io import Flush, Read, Write
from nvmetcp.logpages import LogPage, ReservationNotice, ReservationNotification
from nvmetcp.reservations import (
    AcquireAction,
    ExtendedRegisteredController,
    Keys,
    RegisterAction,
    ReleaseAction,
    ReleaseKey,
    ReservationAcquire,
    ReservationRegister,
    ReservationRelease,
    ReservationReport,
    ReservationType,
    parse_report,
)
from nvmetcp.status import Status
from tests.nvme_host import CommandFailedError, Host, HostQueue
from tests.nvmf_loop import BLOCK, SUBNQN, target_loop

A, B = b"A" * 16, b"B" * 16
CONFLICT = int(Status.RESERVATION_CONFLICT)


class Guest:
    """A host with a queue, and its reservation commands on namespace 1."""

    def __init__(self, address: tuple[str, int], hostid: bytes) -> None:
        self.host = Host(address, SUBNQN, hostid=hostid)
        self.queue: HostQueue = self.host.io_queue()

    def register(self, key: int, action: int = RegisterAction.REGISTER, current: int = 0) -> int:
        """Register, replace or unregister; the status."""
        command = ReservationRegister(nsid=1, action=action).command()
        return self.status(command, Keys(current=current, second=key).pack())

    def acquire(
        self, key: int, rtype: int, action: int = AcquireAction.ACQUIRE, victim: int = 0
    ) -> int:
        """Acquire or preempt; the status."""
        command = ReservationAcquire(nsid=1, action=action, rtype=rtype).command()
        return self.status(command, Keys(current=key, second=victim).pack())

    def release(self, key: int, rtype: int, action: int = ReleaseAction.RELEASE) -> int:
        """Release or clear; the status."""
        command = ReservationRelease(nsid=1, action=action, rtype=rtype).command()
        return self.status(command, ReleaseKey(current=key).pack())

    def reads(self) -> int:
        """The status of a read."""
        command = Read(nsid=1, slba=0, nlb=0).command()
        return self.queue.wait(self.queue.submit(command, length=BLOCK))[0].status

    def writes(self) -> int:
        """The status of a write."""
        return self.status(Write(nsid=1, slba=0, nlb=0).command(), bytes(BLOCK))

    def status(self, command: object, data: bytes | None) -> int:
        """How a command ends."""
        return self.queue.wait(self.queue.submit(command, data))[0].status  # type: ignore[arg-type]

    def notice(self) -> ReservationNotification:
        """The oldest notification."""
        wanted = GetLogPage(lid=LogPage.RESERVATION, nsid=ALL_NAMESPACES)
        wanted.size = 64
        return ReservationNotification.parse(self.host.admin.run(wanted.command(), length=64))


@pytest.fixture
def guests() -> Iterator[tuple[Guest, Guest]]:
    """Two hosts of one namespace."""
    with target_loop() as loop:
        subsystem = loop.subsystem()
        loop.namespace(subsystem)
        address = loop.listen(subsystem)
        both = Guest(address, A), Guest(address, B)
        yield both
        for one in both:
            one.host.close()


@pytest.mark.parametrize(
    ("rtype", "stranger", "registrant"),
    [
        (ReservationType.WRITE_EXCLUSIVE, (0, CONFLICT), (0, CONFLICT)),
        (ReservationType.EXCLUSIVE_ACCESS, (CONFLICT, CONFLICT), (CONFLICT, CONFLICT)),
        (ReservationType.WRITE_EXCLUSIVE_REGISTRANTS, (0, CONFLICT), (0, 0)),
        (ReservationType.EXCLUSIVE_ACCESS_REGISTRANTS, (CONFLICT, CONFLICT), (0, 0)),
        (ReservationType.WRITE_EXCLUSIVE_ALL_REGISTRANTS, (0, CONFLICT), (0, 0)),
        (ReservationType.EXCLUSIVE_ACCESS_ALL_REGISTRANTS, (CONFLICT, CONFLICT), (0, 0)),
    ],
)
def test_who_may_read_and_write(
    guests: tuple[Guest, Guest],
    rtype: int,
    stranger: tuple[int, int],
    registrant: tuple[int, int],
) -> None:
    """The table of the specification, for holder, registrant and stranger; and after release."""
    mine, other = guests
    assert other.acquire(1, rtype) == CONFLICT
    assert (mine.register(1), mine.acquire(1, rtype)) == (0, 0)
    assert (mine.reads(), mine.writes()) == (0, 0)
    assert (other.reads(), other.writes()) == stranger
    flush = other.queue.submit(Flush(nsid=1).command())
    assert other.queue.wait(flush)[0].status == CONFLICT
    assert other.register(2) == 0
    assert (other.reads(), other.writes()) == registrant
    assert mine.release(1, rtype) == 0
    assert (other.reads(), other.writes()) == (0, 0)


def test_preemption_is_told_to_those_who_lose(guests: tuple[Guest, Guest]) -> None:
    """The new holder takes over, the old one gets event and log page, and can do nothing more."""
    mine, other = guests
    exclusive = ReservationType.EXCLUSIVE_ACCESS
    assert (mine.register(1), other.register(2), mine.acquire(1, exclusive)) == (0, 0, 0)
    waiting = mine.host.admin.submit(AsyncEventRequest().command())
    mine.host.admin.flush()
    assert other.acquire(2, exclusive) == CONFLICT
    assert other.acquire(2, exclusive, AcquireAction.PREEMPT_AND_ABORT, 1) == 0
    assert (mine.reads(), other.writes()) == (CONFLICT, 0)
    assert mine.release(1, exclusive) == CONFLICT
    event = AsyncEvent.of(mine.host.admin.wait(waiting)[0].result)
    assert event == AsyncEvent(6, 0, LogPage.RESERVATION)
    notice = mine.notice()
    assert (notice.kind, notice.nsid) == (ReservationNotice.REGISTRATION_PREEMPTED, 1)
    assert mine.notice().kind == ReservationNotice.EMPTY
    command = ReservationReport(nsid=1, numd=63, extended=1).command()
    header, registrants = parse_report(other.queue.run(command, length=256), extended=True)
    assert (header.rtype, header.regctl) == (exclusive, 1)
    (found,) = registrants
    assert isinstance(found, ExtendedRegisteredController)
    assert (found.hostid, found.rkey, found.rcsts) == (B, 2, 1)
    short = ReservationReport(nsid=1, numd=5).command()
    with pytest.raises(CommandFailedError) as caught:
        other.queue.run(short, length=24)
    assert caught.value.status == Status.HOST_ID_INCONSISTENT


def test_keys(guests: tuple[Guest, Guest]) -> None:
    """Registered once, replaced with the old one known, gone with the registration; clear."""
    mine, other = guests
    assert (mine.register(1), mine.register(1), mine.register(9)) == (0, 0, CONFLICT)
    assert mine.register(3, RegisterAction.REPLACE, current=2) == CONFLICT
    assert mine.register(3, RegisterAction.REPLACE, current=1) == 0
    exclusive = ReservationType.WRITE_EXCLUSIVE
    assert (mine.acquire(3, exclusive), other.writes()) == (0, CONFLICT)
    assert mine.release(3, ReservationType.EXCLUSIVE_ACCESS) == Status.INVALID_FIELD
    assert mine.register(0, RegisterAction.UNREGISTER, current=3) == 0
    assert (other.writes(), mine.acquire(3, exclusive)) == (0, CONFLICT)
    assert (other.register(5), other.acquire(5, exclusive), mine.writes()) == (0, 0, CONFLICT)
    assert (mine.register(6), mine.release(6, 0, ReleaseAction.CLEAR)) == (0, 0)
    assert mine.writes() == 0
    assert other.notice().kind == ReservationNotice.PREEMPTED


def test_what_is_to_persist_does(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file keeps registrants and reservation beyond the target, for the same device alone."""
    path, identity = tmp_path / "reservations", uuid.uuid4()
    exclusive = ReservationType.WRITE_EXCLUSIVE
    persist = ReservationRegister(nsid=1, cptpl=3).command()
    for round_number in range(2):
        with target_loop() as loop:
            subsystem = loop.subsystem()
            disk = loop.malloc("disk", uuid=identity)
            loop.namespace(subsystem, disk, ptpl_file=str(path))
            address = loop.listen(subsystem)
            mine, other = Guest(address, A), Guest(address, B)
            if not round_number:
                assert mine.status(persist, Keys(second=1).pack()) == 0
                assert mine.acquire(1, exclusive) == 0
            assert (mine.writes(), other.writes()) == (0, CONFLICT)
            mine.host.close()
            other.host.close()
    with target_loop() as loop:
        subsystem = loop.subsystem()
        loop.namespace(subsystem, loop.malloc("disk"), ptpl_file=str(path))
        other = Guest(loop.listen(subsystem), B)
        assert other.writes() == 0
        other.host.close()
    assert "lost" in caplog.text


def test_without_a_file_nothing_persists(guests: tuple[Guest, Guest]) -> None:
    """The host that asks for it is told so."""
    mine, _ = guests
    command = ReservationRegister(nsid=1, cptpl=3).command()
    assert mine.status(command, Keys(second=1).pack()) == Status.INVALID_FIELD


HOSTS = st.sampled_from([A, B, b"C" * 16])
STEPS = st.one_of(
    st.tuples(st.just("register"), HOSTS, st.integers(0, 2), st.integers(0, 3), st.integers(0, 3)),
    st.tuples(st.just("acquire"), HOSTS, st.integers(0, 3), st.integers(0, 3), st.integers(0, 7)),
    st.tuples(st.just("release"), HOSTS, st.integers(0, 1), st.integers(0, 3), st.integers(0, 7)),
)


@given(st.lists(STEPS, max_size=30))
@settings(max_examples=200, deadline=None)
def test_rules_hold_whatever_hosts_do(steps: list[tuple[str, bytes, int, int, int]]) -> None:
    """A holder is registered, without a reservation everybody passes, a holder passes always."""
    told: list[bytes] = []
    state = Reservations(lambda host, _: told.append(host))
    for kind, host, action, key, other in steps:
        before = (state.rtype, state.holder, dict(state.registrants))
        try:
            if kind == "register":
                command = ReservationRegister(action=action)
                state.register(host, command, Keys(current=key, second=other))
            elif kind == "acquire":
                acquire = ReservationAcquire(action=action % 3, rtype=other)
                state.acquire(host, acquire, Keys(current=key, second=action))
            else:
                state.release(host, ReservationRelease(action=action, rtype=other), key)
        except CommandError:
            assert before == (state.rtype, state.holder, state.registrants)
        shared = state.rtype >= ReservationType.WRITE_EXCLUSIVE_ALL_REGISTRANTS
        if state.rtype == ReservationType.NONE:
            assert state.may_write(b"anybody")
            assert state.may_read(b"anybody")
        elif shared:
            assert state.registrants
        else:
            assert state.holder in state.registrants
        for one in state.registrants:
            if state.holds(one):
                assert state.may_read(one)
                assert state.may_write(one)
        assert not state.rtype or not state.may_write(b"stranger")
