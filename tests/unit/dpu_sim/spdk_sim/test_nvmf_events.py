"""What a connected host is told of changes, and that its I/O follows them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dpu_sim.spdk_sim.bdev.device import IoType
from dpu_sim.spdk_sim.bdev.injection import ErrorDevice, Fault, Injection
from dpu_sim.spdk_sim.bdev.registry import Plan
from dpu_sim.spdk_sim.nvmf.subsystem import Subsystem
from nvmetcp.admin import (
    ALL_NAMESPACES,
    Abort,
    AsyncEvent,
    AsyncEventRequest,
    GetLogPage,
    SetFeatures,
)
from nvmetcp.command import Command
from nvmetcp.features import Feature
from nvmetcp.identify import Cns, IdentifyNamespace, parse_namespaces
from nvmetcp.io import Read, Write
from nvmetcp.logpages import AnaState, LogPage, parse_ana
from nvmetcp.status import Status
from tests.nvme_host import CommandFailedError, Host, HostQueue
from tests.nvmf_loop import BLOCK, SUBNQN, Loop, target_loop

NAMESPACE, ANA = AsyncEvent(2, 0x00, 0x04), AsyncEvent(2, 0x03, 0x0C)


@pytest.fixture
def loop() -> Iterator[Loop]:
    """A target."""
    with target_loop() as made:
        yield made


@pytest.fixture
def subsystem(loop: Loop) -> Subsystem:
    """A subsystem that reports ANA, with one namespace."""
    made = loop.subsystem(ana_reporting=True)
    loop.namespace(made)
    return made


@pytest.fixture
def host(loop: Loop, subsystem: Subsystem) -> Iterator[Host]:
    """A host that wants to hear of namespaces and of ANA."""
    with Host(loop.listen(subsystem), SUBNQN) as connected:
        listen(connected)
        yield connected


def listen(host: Host, events: int = 0x900) -> None:
    """Choose the events that are told."""
    command = SetFeatures(fid=Feature.ASYNC_EVENT_CONFIGURATION, value=events).command()
    host.admin.result(command)


def wait_for_event(host: Host) -> int:
    """Ask for events; the request's identifier."""
    return host.admin.submit(AsyncEventRequest().command())


def told(host: Host, cid: int) -> AsyncEvent:
    """What a request is answered with."""
    return AsyncEvent.of(host.admin.wait(cid)[0].result)


def log_page(host: Host, page: int, size: int = 4096, **fields: int) -> bytes:
    """A log page."""
    wanted = GetLogPage(lid=page, nsid=ALL_NAMESPACES, **fields)
    wanted.size = size
    return host.admin.run(wanted.command(), length=size)


def read(queue: HostQueue, nsid: int) -> bytes:
    """The first block."""
    return queue.run(Read(nsid=nsid, slba=0, nlb=0).command(), length=BLOCK)


def status_of(queue: HostQueue, command: Command, length: int = 0) -> int:
    """How a command ends."""
    return queue.wait(queue.submit(command, length=length))[0].status


def test_a_namespace_comes_and_goes_under_io(loop: Loop, subsystem: Subsystem, host: Host) -> None:
    """One event until its log page is read; the list has every change; other I/O goes on."""
    queue = host.io_queue()
    waiting = wait_for_event(host)
    loop.namespace(subsystem, nsid=5)
    loop.namespace(subsystem, nsid=3)
    assert told(host, waiting) == NAMESPACE
    waiting = wait_for_event(host)
    assert parse_namespaces(log_page(host, LogPage.CHANGED_NAMESPACES, rae=1)) == [3, 5]
    assert parse_namespaces(log_page(host, LogPage.CHANGED_NAMESPACES)) == [3, 5]
    assert parse_namespaces(log_page(host, LogPage.CHANGED_NAMESPACES)) == []
    assert parse_namespaces(host.identify(Cns.ACTIVE_NAMESPACES)) == [1, 3, 5]
    assert read(queue, 5) == bytes(BLOCK)
    loop.call(lambda: subsystem.remove_namespace(5))
    assert told(host, waiting) == NAMESPACE
    assert status_of(queue, Read(nsid=5, slba=0, nlb=0).command(), BLOCK) == (
        Status.INVALID_NAMESPACE
    )
    assert read(queue, 1) == bytes(BLOCK)


def test_the_device_of_a_namespace_goes(loop: Loop, host: Host) -> None:
    """So does the namespace."""
    queue, waiting = host.io_queue(), wait_for_event(host)
    loop.run(loop.registry.unregister(next(iter(loop.registry))))
    assert told(host, waiting) == NAMESPACE
    assert parse_namespaces(host.identify(Cns.ACTIVE_NAMESPACES)) == []
    with pytest.raises(CommandFailedError) as caught:
        read(queue, 1)
    assert caught.value.status == Status.INVALID_NAMESPACE


def test_a_namespace_grows(loop: Loop, host: Host) -> None:
    """The host is told, and finds the new size."""
    waiting = wait_for_event(host)
    disk = next(iter(loop.registry))

    async def grow() -> None:
        disk.geometry.blocks += 100
        await loop.registry.resized(disk)

    before = IdentifyNamespace.parse(host.identify(Cns.NAMESPACE, 1)).nsze
    loop.run(grow())
    assert told(host, waiting) == NAMESPACE
    assert IdentifyNamespace.parse(host.identify(Cns.NAMESPACE, 1)).nsze == before + 100


def test_hidden_namespaces(loop: Loop, subsystem: Subsystem, host: Host) -> None:
    """A namespace that is not for everybody appears to its hosts alone."""
    namespace = loop.namespace(subsystem, nsid=2, auto_visible=False)
    queue = host.io_queue()
    command = Read(nsid=2, slba=0, nlb=0).command()
    assert parse_namespaces(host.identify(Cns.ACTIVE_NAMESPACES)) == [1]
    assert status_of(queue, command, BLOCK) == Status.INVALID_NAMESPACE
    waiting = wait_for_event(host)
    stranger = "nqn.2024-01.io.dpulab:stranger"
    loop.call(lambda: subsystem.set_visible(namespace, stranger, True))
    loop.call(lambda: subsystem.set_visible(namespace, host.names.hostnqn, True))
    assert told(host, waiting) == NAMESPACE
    assert read(queue, 2) == bytes(BLOCK)
    loop.call(lambda: subsystem.set_visible(namespace, host.names.hostnqn, False))
    assert status_of(queue, command, BLOCK) == Status.INVALID_NAMESPACE


def test_events_that_are_not_wanted_are_not_told(
    loop: Loop, subsystem: Subsystem, host: Host
) -> None:
    """With the bit cleared nothing completes the request; more than four are refused."""
    listen(host, 0)
    waiting = [wait_for_event(host) for _ in range(4)]
    with pytest.raises(CommandFailedError) as caught:
        host.admin.result(AsyncEventRequest().command())
    assert caught.value.status == Status.ASYNC_EVENT_LIMIT_EXCEEDED
    loop.namespace(subsystem)
    host.keep_alive()
    assert not host.admin.completions
    assert host.admin.result(Abort(sqid=0, cid=waiting[0]).command()) == 0
    assert host.admin.wait(waiting[0])[0].status == Status.ABORT_REQUESTED
    assert host.admin.result(Abort(sqid=0, cid=99).command()) == 1


def test_paths_get_worse_and_better(loop: Loop, subsystem: Subsystem, host: Host) -> None:
    """States by group and listener, in log, event and status of I/O; other listeners stay."""
    loop.namespace(subsystem, nsid=2)
    assert told(host, wait_for_event(host)) == NAMESPACE
    listener = next(iter(subsystem.listeners.values()))
    with Host(loop.listen(subsystem), SUBNQN, hostid=bytes(15) + b"\1") as other:
        queue, elsewhere, waiting = host.io_queue(), other.io_queue(), wait_for_event(host)
        changes, groups = parse_ana(log_page(host, LogPage.ANA, 88))
        states = {one.group: (one.state, one.nsids) for one in groups}
        assert states == {1: (1, [1]), 2: (1, [2])}
        loop.call(lambda: subsystem.set_ana_state(listener, AnaState.INACCESSIBLE, 1))
        assert told(host, waiting) == ANA
        assert status_of(queue, Read(nsid=1, slba=0, nlb=0).command(), BLOCK) == (
            Status.ANA_INACCESSIBLE
        )
        write = queue.submit(Write(nsid=1, slba=0, nlb=0).command(), bytes(BLOCK))
        completion = queue.wait(write)[0]
        assert completion.status == Status.ANA_INACCESSIBLE
        assert not completion.do_not_retry
        assert read(queue, 2) == read(elsewhere, 1) == bytes(BLOCK)
        later, groups = parse_ana(log_page(host, LogPage.ANA, 88))
        assert later > changes
        assert {one.group: one.state for one in groups} == {1: AnaState.INACCESSIBLE, 2: 1}
        waiting = wait_for_event(host)
        loop.call(lambda: subsystem.set_ana_state(listener, AnaState.NON_OPTIMIZED, None))
        assert told(host, waiting) == ANA
        assert read(queue, 1) == bytes(BLOCK)
        _, groups = parse_ana(log_page(host, LogPage.ANA, 80, lsp=1))
        assert [(one.state, one.nsids) for one in groups] == [(2, []), (2, [])]


def test_what_is_taken_away_cuts_hosts_off(loop: Loop, subsystem: Subsystem, host: Host) -> None:
    """A listener its own hosts, a subsystem all of them."""
    address = next(iter(subsystem.listeners))
    with Host(loop.listen(subsystem), SUBNQN) as other:
        loop.run(loop.target.remove_listener(subsystem, address))
        with pytest.raises(EOFError):
            host.admin.turn()
        other.keep_alive()
        with pytest.raises(OSError, match="refused"):
            Host(host.address, SUBNQN)
        loop.run(loop.target.delete(SUBNQN))
        with pytest.raises(EOFError):
            other.admin.turn()


def test_io_that_hangs_is_aborted(loop: Loop, subsystem: Subsystem, host: Host) -> None:
    """Abort ends a command that waits for its device; errors of the device reach the host."""
    loop.malloc("base")
    loop.call(lambda: loop.registry.create_layer(Plan("bad", "base", "error", ErrorDevice)))
    device = loop.registry.get("bad").device
    assert isinstance(device, ErrorDevice)
    loop.namespace(subsystem, loop.registry.get("bad"), nsid=2)
    queue = host.io_queue()

    def inject(fault: Fault, **fields: int) -> None:
        loop.call(lambda: device.inject((IoType.READ,), Injection(fault, **fields)))

    inject(Fault.PENDING)
    hanging = queue.submit(Read(nsid=2, slba=0, nlb=0).command(), length=BLOCK)
    assert read(queue, 1) == bytes(BLOCK)
    assert host.admin.result(Abort(sqid=1, cid=hanging).command()) == 0
    assert queue.wait(hanging)[0].status == Status.ABORT_REQUESTED
    inject(Fault.FAILURE)
    command = Read(nsid=2, slba=0, nlb=0).command()
    assert status_of(queue, command, BLOCK) == Status.UNRECOVERED_READ_ERROR
    inject(Fault.NVME_FAILURE, sct=7, sc=0xC1)
    assert status_of(queue, command, BLOCK) == 0x7C1
    assert status_of(queue, command, BLOCK) == 0
    inject(Fault.PENDING)
    hanging = queue.submit(command, length=BLOCK)
    queue.flush()
    assert read(queue, 1) == bytes(BLOCK)
    loop.run(loop.registry.unregister(loop.registry.get("base")))
    assert queue.wait(hanging)[0].status == Status.INVALID_NAMESPACE
