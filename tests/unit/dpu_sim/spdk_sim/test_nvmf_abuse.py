"""Hosts that misbehave: the target goes on, and another host's I/O is unharmed."""

from __future__ import annotations

import random
import resource
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from dpu_sim.spdk_sim.nvmf import queue as queues
from nvmetcp.connection import State
from nvmetcp.errors import FatalError
from nvmetcp.fabrics import Connect, Property
from nvmetcp.host import HostConfig, HostConnection
from nvmetcp.io import Read, Write, WriteZeroes
from nvmetcp.status import Status
from tests.nvme_host import HOST_ID, Host, HostQueue
from tests.nvmf_loop import BLOCK, SUBNQN, Loop, target_loop

SEED = 20261125
Address = tuple[str, int]


class Witness(threading.Thread):
    """Another host: writes and reads without pause, and notes what is wrong."""

    def __init__(self, address: Address) -> None:
        super().__init__()
        self._address = address
        self._enough = threading.Event()
        self.rounds = 0
        self.slowest = 0.0
        self.error: Exception | None = None

    def run(self) -> None:
        """I/O on a namespace of its own."""
        chance = random.Random(SEED)
        try:
            with Host(self._address, SUBNQN, hostid=bytes(15) + b"\7") as host:
                queue = host.io_queue()
                while not self._enough.is_set():
                    began = time.monotonic()
                    data, slba = chance.randbytes(8 * BLOCK), chance.randrange(1000)
                    queue.run(Write(nsid=2, slba=slba, nlb=7).command(), data)
                    found = queue.run(Read(nsid=2, slba=slba, nlb=7).command(), length=len(data))
                    assert found == data
                    self.slowest = max(self.slowest, time.monotonic() - began)
                    self.rounds += 1
        except Exception as error:  # noqa: BLE001  told to the test
            self.error = error

    def finish(self) -> None:
        """End, and raise what was wrong."""
        rounds = self.rounds
        end = time.monotonic() + 20
        while self.rounds == rounds and self.error is None and time.monotonic() < end:
            time.sleep(0.001)
        self._enough.set()
        self.join(20)
        if self.error is not None:
            raise self.error
        assert self.rounds > rounds


@pytest.fixture
def loop() -> Iterator[Loop]:
    """A target."""
    with target_loop() as made:
        yield made


@pytest.fixture
def address(loop: Loop) -> Iterator[Address]:
    """A subsystem with two namespaces; a witness has the second, and has to be well at the end."""
    subsystem = loop.subsystem()
    loop.namespace(subsystem, nsid=1)
    loop.namespace(subsystem, nsid=2)
    where = loop.listen(subsystem)
    witness = Witness(where)
    witness.start()
    until(lambda: witness.rounds or witness.error)
    yield where
    witness.finish()


def until(condition: object, seconds: float = 20) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.005)


def connections(loop: Loop) -> int:
    """How many there are."""
    counted = loop.call(loop.transport.statistics)
    return (
        counted.current_admin_queues
        + counted.current_io_queues
        + counted.current_unassociated_queues
    )


def ends(raw: socket.socket) -> bytes:
    """What comes until the target closes the connection."""
    raw.settimeout(20)
    received = b""
    with suppress(ConnectionError):
        while part := raw.recv(1 << 16):
            received += part
    return received


def turn_for_ever(queue: HostQueue) -> None:
    """Raises EOFError or ConnectionError at the end of the connection."""
    while True:
        queue.turn()


def test_garbage(loop: Loop, address: Address) -> None:
    """Random bytes before the handshake, after it, and on an I/O queue: the connection ends."""
    chance, before = random.Random(SEED), connections(loop)
    for number in range(60):
        stage = number % 3
        host = None
        if stage == 0:
            raw = socket.create_connection(address)
        elif stage == 1:
            raw = HostQueue(address).socket
        else:
            host = Host(address, SUBNQN)
            raw = host.io_queue().socket
        with raw, suppress(ConnectionError):
            raw.sendall(chance.randbytes(chance.randrange(200, 3000)))
            raw.shutdown(socket.SHUT_WR)
            ends(raw)
        if host is not None:
            host.keep_alive()  # one queue of it is gone, the controller is not
            host.close()
    until(lambda: connections(loop) == before)


@pytest.mark.parametrize(
    ("broken", "status"),
    [
        (b"\x09" + bytes(23), FatalError.INVALID_HEADER_FIELD),
        (bytes((4, 0, 72, 0, 71, 0, 0, 0)) + bytes(64), FatalError.INVALID_HEADER_FIELD),
        (bytes((0, 0, 128, 0, 128, 0, 0, 0)) + bytes(120), FatalError.PDU_SEQUENCE),
        (bytes((6, 4, 24, 24, 28, 0, 0, 0)) + bytes(20), FatalError.INVALID_HEADER_FIELD),
    ],
)
def test_a_broken_pdu_is_answered_with_what_is_wrong(
    address: Address, broken: bytes, status: FatalError
) -> None:
    """A termination request with the status, then the end."""
    queue = HostQueue(address)
    queue.socket.sendall(broken)
    answer = ends(queue.socket)
    assert (answer[0], struct.unpack_from("<H", answer, 8)[0]) == (3, status)
    queue.close()


def test_those_who_say_nothing_are_cut_off(
    loop: Loop, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silent ones, half an ICReq, a handshake without Connect: all are gone after the time."""
    monkeypatch.setattr(queues, "HANDSHAKE_SECONDS", 0.4)
    before = connections(loop)
    silent = [socket.create_connection(address) for _ in range(5)]
    halves = [socket.create_connection(address) for _ in range(5)]
    host = HostConnection()
    host.open()
    half = b"".join(host.data_to_send())[:60]
    for one in halves:
        one.sendall(half)
    opened = [HostQueue(address) for _ in range(5)]
    for raw in (*silent, *halves, *(one.socket for one in opened)):
        assert ends(raw) == b""
        raw.close()
    until(lambda: connections(loop) == before)


def test_many_come_and_go(loop: Loop, address: Address) -> None:
    """300 associations, most of them hung up on in the middle of something."""
    chance = random.Random(SEED)
    before = connections(loop)
    for number in range(300):
        host = Host(address, SUBNQN, hostid=number.to_bytes(8, "big") + HOST_ID[8:])
        if number % 3:
            queue = host.io_queue()
            for _ in range(chance.randrange(20)):
                queue.submit(Read(nsid=1, slba=0, nlb=255).command(), length=131072)
            queue.flush()
        if number % 5 == 0:
            for one in host.queues:  # a reset, not an orderly end
                one.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        host.close()
    until(lambda: connections(loop) == before)
    assert len(loop.call(lambda: loop.transport.controllers(SUBNQN))) <= 1


def test_reset_under_io(loop: Loop, address: Address) -> None:
    """A controller that is disabled with commands under way can be used again."""
    for _ in range(10):
        with Host(address, SUBNQN) as host:
            queue = host.io_queue()
            for slba in range(0, 64, 2):
                queue.submit(Write(nsid=1, slba=slba, nlb=127).command(), bytes(65536))
            queue.flush()
            host.set_property(Property.CC, 0x460000)
            with pytest.raises((EOFError, ConnectionError)):
                turn_for_ever(queue)
            host.enable()
            again = host.io_queue()
            again.run(Read(nsid=1, slba=0, nlb=0).command(), length=BLOCK)


def resident() -> int:
    """Bytes of this process, which the target runs in."""
    with open("/proc/self/statm") as statm:  # noqa: PTH123
        return int(statm.read().split()[1]) * resource.getpagesize()


@contextmanager
def greedy(address: Address) -> Iterator[list[socket.socket]]:
    """Ten hosts that ask for as much as they can and take nothing."""
    hosts = []
    try:
        for number in range(10):
            host = Host(address, SUBNQN, hostid=bytes((number + 1,)) * 16)
            hosts.append(host)
            queue = host.io_queue()
            queue.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
            for _ in range(127):
                queue.submit(Read(nsid=1, slba=0, nlb=255).command(), length=131072)
            queue.flush()
        yield [one.queues[1].socket for one in hosts]
    finally:
        for host in hosts:
            host.close()


def test_hosts_that_take_nothing_cost_little(loop: Loop, address: Address) -> None:
    """Ten of them want 160 MiB and get a small part of it into memory; then they get it all."""
    before = resident()
    with greedy(address) as sockets:
        time.sleep(0.3)  # what the target would do wrong takes a moment
        assert resident() - before < 60 << 20
        sockets[0].settimeout(20)
        received, wanted = 0, 127 * (131072 + 48)
        while received < wanted:
            part = len(sockets[0].recv(1 << 18))
            assert part
            received += part
        assert received == wanted


def test_more_commands_than_the_queue_holds(address: Address) -> None:
    """The connection is terminated: a host cannot pile commands up in the target."""
    with Host(address, SUBNQN) as host:
        queue = HostQueue(address, HostConfig(queue_size=128))
        queue.result(Connect(qid=1, sqsize=7).command(), host.names.pack())
        for slba in range(100):
            queue.submit(Write(nsid=1, slba=slba, nlb=127).command(), bytes(65536))
        queue.flush()
        with pytest.raises((EOFError, ConnectionError)):
            turn_for_ever(queue)
        assert queue.connection.state is State.CLOSED
        assert queue.terminated is not None
        assert queue.terminated.request.status == FatalError.PDU_SEQUENCE
        queue.close()


def test_an_unexpected_error_stays_with_its_queue(
    address: Address, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake of ours ends one connection, with one line in the log."""
    from dpu_sim.spdk_sim.nvmf.admin import AdminCommands

    def fail(*_: object) -> None:
        raise RuntimeError("a mistake")

    with Host(address, SUBNQN) as host, Host(address, SUBNQN) as other:
        monkeypatch.setattr(AdminCommands, "_identify", fail)
        broken = Host(address, SUBNQN)
        with pytest.raises((EOFError, ConnectionError)):
            broken.identify(1)
        broken.close()
        other.keep_alive()
        host.keep_alive()
    lines = [one for one in caplog.records if "a mistake" in one.getMessage()]
    assert len(lines) == 1
    assert "\n" not in lines[0].getMessage()


def test_a_command_that_is_aborted_before_it_has_begun_ends(loop: Loop, address: Address) -> None:
    """It arrives, and is aborted over the admin queue, in the same turn of the event loop."""
    with Host(address, SUBNQN) as host:
        queue = host.io_queue()
        cid = queue.submit(WriteZeroes(nsid=1, slba=0, nlb=7).command())
        capsule = b"".join(queue.connection.data_to_send())
        peer = queue.socket.getsockname()

        def both() -> bool:
            (mine,) = (one for one in loop.transport._came_to if one.peer == peer)
            mine.get_buffer(-1)[: len(capsule)] = capsule
            mine.buffer_updated(len(capsule))
            return mine.cancel(cid)

        assert loop.call(both)
        completion, _ = queue.wait(cid)
        assert completion.status in {0, Status.ABORT_REQUESTED}  # it may have been done by then
