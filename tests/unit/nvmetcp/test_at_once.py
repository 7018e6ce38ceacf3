"""Answering at once gives the same bytes as events do."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from nvmetcp.command import Command
from nvmetcp.controller import ControllerConnection, QuickRead
from nvmetcp.events import CommandArrived
from nvmetcp.host import HostConfig, HostConnection
from nvmetcp.io import Flush, IoOpcode, Read, Write, block_count, first_block
from nvmetcp.record import Buffer
from nvmetcp.status import Completion

QUEUE = 64
BLOCK = 512


class Disk:
    """Blocks in memory that leaves every command whose number is in `slow`."""

    def __init__(self, slow: set[int]) -> None:
        self.image = bytearray(range(256)) * 2 * 64
        self.slow = slow
        self.seen = 0

    def _leaves(self) -> bool:
        self.seen += 1
        return self.seen - 1 in self.slow

    def read_at_once(self, reads: list[QuickRead]) -> list[Buffer]:
        found: list[Buffer] = []
        for _, nsid, slba, control, length in reads:
            if self._leaves() or nsid != 1 or (control + 1) * BLOCK != length:
                break
            found.append(bytes(self.image[slba * BLOCK : slba * BLOCK + length]))
        return found

    def write_at_once(self, nsid: int, slba: int, control: int, data: memoryview) -> bool:
        if self._leaves() or nsid != 1 or (control + 1) * BLOCK != len(data):
            return False
        self.image[slba * BLOCK : slba * BLOCK + len(data)] = data
        return True


def queue(config: HostConfig) -> tuple[HostConnection, ControllerConnection]:
    """Both ends of an I/O queue."""
    host, controller = HostConnection(config), ControllerConnection()
    host.open()
    list(controller.receive(b"".join(host.data_to_send())))
    list(host.receive(b"".join(controller.data_to_send())))
    controller.queue_created(1, QUEUE, flow_control=config.flow_control)
    return host, controller


def by_events(controller: ControllerConnection, disk: Disk, data: bytes) -> bytes:
    """Answer as a user of `receive` does."""
    for event in controller.receive(data):
        assert isinstance(event, CommandArrived)
        command = event.command
        start = first_block(command) * BLOCK
        end = start + block_count(command) * BLOCK
        if event.fault:
            controller.fail(command.cid, event.fault)
        elif command.opcode == IoOpcode.READ:
            controller.respond(command.cid, bytes(disk.image[start:end]))
        elif command.opcode == IoOpcode.WRITE and event.data is not None:
            disk.image[start:end] = event.data
            controller.complete(Completion(command.cid))
        else:
            controller.complete(Completion(command.cid))
    return b"".join(controller.data_to_send())


@st.composite
def commands(draw: st.DrawFn) -> tuple[Command, bytes | None, int]:
    """A command of an I/O queue with its data, or the length of what comes back."""
    slba, blocks = draw(st.integers(0, 40)), draw(st.integers(1, 8))
    kind = draw(st.sampled_from(["read", "write", "flush"]))
    if kind == "flush":
        return Flush(nsid=1).command(), None, 0
    if kind == "read":
        return Read(nsid=1, slba=slba, nlb=blocks - 1).command(), None, blocks * BLOCK
    data = draw(st.binary(min_size=BLOCK, max_size=BLOCK)) * blocks
    return Write(nsid=1, slba=slba, nlb=blocks - 1).command(), data, 0


@given(
    given_commands=st.lists(commands(), min_size=1, max_size=20),
    slow=st.sets(st.integers(0, 20), max_size=5),
    cut=st.integers(0, 2000),
    room=st.integers(1, 20000),
    digests=st.sampled_from([(False, False), (True, False), (False, True)]),
    flow_control=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_at_once_and_by_events_send_the_same(
    given_commands: list[tuple[Command, bytes | None, int]],
    slow: set[int],
    cut: int,
    room: int,
    digests: tuple[bool, bool],
    flow_control: bool,
) -> None:
    """Whatever is left to events, wherever the stream is cut, bytes and disk are the same."""
    config = HostConfig(*digests, queue_size=QUEUE, flow_control=flow_control)
    host, quick = queue(config)
    _, plain = queue(config)
    for command, data, length in given_commands:
        host.submit(command, data, length)
    stream = b"".join(host.data_to_send())
    fast, slowly = Disk(slow), Disk(set())
    sent = b""
    for part in (stream[:cut], stream[cut:]):
        used = quick.answer_at_once(part, fast, room)
        assert used <= len(part)
        sent += by_events(quick, fast, part[used:])
    assert sent == by_events(plain, slowly, stream)
    assert fast.image == slowly.image
    assert not quick.outstanding


def test_plain_reads_need_no_events() -> None:
    """It is used: a burst of reads is answered to its end, and stops at the limit asked for."""
    host, controller = queue(HostConfig(queue_size=QUEUE))
    for number in range(8):
        host.submit(Read(nsid=1, slba=number, nlb=0).command(), length=BLOCK)
    stream = b"".join(host.data_to_send())
    disk = Disk(set())
    used = controller.answer_at_once(stream, disk, 3 * BLOCK)
    assert used == 3 * 72
    assert controller.answer_at_once(stream[used:], disk, 1 << 20) == len(stream) - used
    done = list(host.receive(b"".join(controller.data_to_send())))
    assert len(done) == 16
    assert not host.outstanding


def test_an_identifier_under_way_is_left() -> None:
    """A second command with the identifier of one that waits is an error that events tell."""
    host, controller = queue(HostConfig(queue_size=QUEUE))
    host.submit(Flush(nsid=1).command())
    events = list(controller.receive(b"".join(host.data_to_send())))
    assert len(events) == 1
    twin, _ = queue(HostConfig(queue_size=QUEUE))
    twin.submit(Read(nsid=1, slba=0, nlb=0).command(), length=BLOCK)
    assert controller.answer_at_once(b"".join(twin.data_to_send()), Disk(set()), 1 << 20) == 0
