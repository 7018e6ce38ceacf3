"""Front ends of vhost-user against the real process: requests, rings, reconnects, abuse."""

from __future__ import annotations

import os
import random
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from spdk.rpc.client import JSONRPCException

from tests.spdk_target import ask, spdk_target
from tests.vhost_front_end import (
    CONFIG,
    EVENTS,
    GUEST,
    INDIRECT,
    MEMORY,
    REPLY_ACK,
    USER,
    FrontEnd,
    Part,
    blk,
)

IN, OUT, FLUSH, GET_ID, DISCARD, WRITE_ZEROES = 0, 1, 4, 8, 11, 13
OK, IOERR, UNSUPP = b"\0", b"\1", b"\2"
BACKEND_REQ = 1 << 5
BLOCKS = 8192
DEADLINE = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """The process; every test has controllers and volumes of its own names."""

    folder: Path

    def ask(self, method: str, **parameters: Any) -> Any:
        return ask(self.folder / "spdk.sock", method, **parameters)

    def volume(self, name: str, **more: Any) -> Path:
        """A malloc device under a blk controller of the same name; its socket."""
        self.ask("bdev_malloc_create", name=name, block_size=512, num_blocks=BLOCKS)
        self.ask("vhost_create_blk_controller", ctrlr=name, dev_name=name, **more)
        return self.folder / name

    def slow(self, name: str, read: int, write: int) -> Path:
        """As `volume`; reads and writes take so many microseconds."""
        self.ask("bdev_null_create", name=f"{name} base", block_size=512, num_blocks=1 << 20)
        latencies = {"read": read, "write": write}
        taken = {f"{m}_{k}_latency": v for m in ("avg", "p99") for k, v in latencies.items()}
        self.ask("bdev_delay_create", name=name, base_bdev_name=f"{name} base", **taken)
        self.ask("vhost_create_blk_controller", ctrlr=name, dev_name=name)
        return self.folder / name

    def scsi(self, name: str, number: int = 0) -> Path:
        """As `volume`, as target `number` of a scsi controller."""
        self.ask("bdev_malloc_create", name=name, block_size=512, num_blocks=BLOCKS)
        self.ask("vhost_create_scsi_controller", ctrlr=name)
        where = {"ctrlr": name, "scsi_target_num": number}
        self.ask("vhost_scsi_controller_add_target", **where, bdev_name=name)
        return self.folder / name

    def controller(self, name: str) -> dict[str, Any]:
        [shown] = self.ask("vhost_get_controllers", name=name)
        assert isinstance(shown, dict)
        return shown

    def statistics(self, name: str) -> dict[str, int]:
        [shown] = self.ask("bdev_get_iostat", name=name)["bdevs"]
        assert isinstance(shown, dict)
        return shown


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("vhost")
    with spdk_target(folder / "spdk.sock", "-S", str(folder)):
        yield Target(folder)


def connected(
    path: Path, rings: int = 1, features: int = INDIRECT | EVENTS, memory: int = MEMORY
) -> FrontEnd:
    front = FrontEnd(path, memory)
    front.negotiate(features)
    front.start(rings)
    return front


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


# -- virtio-blk


@pytest.mark.parametrize("features", [0, INDIRECT, EVENTS, INDIRECT | EVENTS])
def test_what_is_written_is_read_and_counted(target: Target, features: int) -> None:
    name = f"rw{features}"
    data = random.Random(7).randbytes(64 << 10)
    with connected(target.volume(name), rings=2, features=features) as front:
        first, second = front.rings
        assert first.request(blk(OUT, 8, data), bool(features & INDIRECT)) == OK
        assert second.request(blk(IN, 8, len(data)), bool(features & INDIRECT)) == data + OK
        assert first.request(blk(FLUSH, 0)) == OK
        assert first.request(blk(GET_ID, 0, 20)) == name.encode().ljust(20, b"\0") + OK
    shown = target.statistics(name)
    assert (shown["bytes_written"], shown["bytes_read"]) == (64 << 10, 64 << 10)
    assert (shown["num_write_ops"], shown["num_read_ops"]) == (1, 1)


def test_a_request_may_be_cut_into_any_pieces(target: Target) -> None:
    data = random.Random(8).randbytes(1024)
    with connected(target.volume("pieces")) as front:
        [header] = [part for part in blk(OUT, 2, data)[:1] if isinstance(part, bytes)]
        assert front.rings[0].request([header[:5], header[5:] + data[:3], data[3:], 1]) == OK
        assert front.rings[0].request([*blk(IN, 2)[:1], 700, 325]) == data + OK


def test_ranges_are_filled_with_zeroes_and_given_back(target: Target) -> None:
    path, ones = target.volume("ranges"), b"\xff" * 4096
    span = struct.Struct("<QII")
    with connected(path) as front:
        ring = front.rings[0]
        ring.request(blk(OUT, 0, ones))
        assert ring.request(blk(WRITE_ZEROES, 0, span.pack(2, 2, 0))) == OK
        assert ring.request(blk(DISCARD, 0, span.pack(5, 1, 0))) == OK
        wanted = bytearray(ones)
        wanted[1024:2048] = bytes(1024)
        wanted[2560:3072] = bytes(512)
        assert ring.request(blk(IN, 0, 4096)) == bytes(wanted) + OK
        assert ring.request(blk(DISCARD, 0, span.pack(0, 1, 1))) == UNSUPP
        assert ring.request(blk(DISCARD, 0, span.pack(BLOCKS, 1, 0))) == IOERR
        assert ring.request(blk(DISCARD, 0, span.pack(0, 1, 0)[:8])) == IOERR


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        (blk(IN, BLOCKS, 512), IOERR),
        (blk(IN, (1 << 64) - 1, 512), IOERR),
        (blk(OUT, 0, b"x" * 100), IOERR),
        (blk(IN, 0), IOERR),
        (blk(99, 0), UNSUPP),
        ([b"short", 1], IOERR),
    ],
)
def test_what_cannot_be_done_is_refused(target: Target, parts: list[Part], status: bytes) -> None:
    name = f"refused{abs(hash(repr(parts)))}"
    with connected(target.volume(name)) as front:
        assert front.rings[0].request(parts)[-1:] == status
        assert front.rings[0].request(blk(IN, 0, 512)) == bytes(512) + OK


def test_a_readonly_controller_changes_nothing(target: Target) -> None:
    with FrontEnd(target.volume("ro", readonly=True)) as front:
        assert front.negotiate(0) & 1 << 5
        front.start()
        assert front.rings[0].request(blk(OUT, 0, bytes(512))) == IOERR
        zeroes = struct.pack("<QII", 0, 1, 0)
        assert front.rings[0].request(blk(WRITE_ZEROES, 0, zeroes)) == IOERR
    assert target.statistics("ro")["num_write_ops"] == 0


def configuration(front: FrontEnd) -> tuple[int, int]:
    """(capacity in sectors, block size)."""
    payload = front.ask(24, struct.pack("<III", 0, 60, 0) + bytes(60))
    assert len(payload) == 12 + 60
    return struct.unpack_from("<Q", payload, 12)[0], struct.unpack_from("<I", payload, 32)[0]


def test_a_volume_that_grows_or_goes_is_told(target: Target) -> None:
    target.ask("bdev_null_create", name="grows", block_size=4096, num_blocks=256)
    target.ask("vhost_create_blk_controller", ctrlr="grows", dev_name="grows")
    with connected(target.folder / "grows") as front:
        front.negotiate(0, CONFIG | BACKEND_REQ)
        ours, theirs = socket.socketpair()
        ours.settimeout(DEADLINE)
        front.send(21, fds=[theirs.fileno()])
        assert configuration(front) == (2048, 4096)
        target.ask("bdev_null_resize", name="grows", new_size=2)
        assert struct.unpack("<III", ours.recv(12)) == (2, 1, 0)
        assert configuration(front) == (4096, 4096)
        target.ask("bdev_null_delete", name="grows")
        assert struct.unpack("<III", ours.recv(12)) == (2, 1, 0)
        assert configuration(front) == (0, 0)
        assert front.rings[0].request(blk(IN, 0, 4096))[-1:] == IOERR
        ours.close()
        theirs.close()
    assert target.controller("grows")["backend_specific"]["block"]["bdev"] is None


def test_requests_are_answered_in_their_order(target: Target) -> None:
    with connected(target.slow("order", read=100_000, write=1)) as front:
        ring = front.rings[0]
        kinds = blk(IN, 0, 512), blk(OUT, 0, bytes(512)), blk(GET_ID, 0, 20)
        asked = [ring.submit(parts) for parts in kinds * 7]
        assert [ring.collect()[0] for _ in asked] == asked


def test_a_new_descriptor_for_calls_is_called_at_once(target: Target) -> None:
    """QEMU changes it when the guest masks interrupts; a call in between must not be lost."""
    with connected(target.volume("calls")) as front:
        descriptor = os.eventfd(0)
        front.set_number(13, 0, [descriptor])
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        assert poll.poll(DEADLINE * 1000)
        os.close(descriptor)


def test_two_front_ends_share_a_volume(target: Target) -> None:
    path = target.volume("shared")
    with connected(path) as one, connected(path) as other:
        assert one.rings[0].request(blk(OUT, 3, b"x" * 512)) == OK
        assert other.rings[0].request(blk(IN, 3, 512)) == b"x" * 512 + OK
        sessions = target.controller("shared")["sessions"]
        assert [(one["id"], one["started"], one["max_queues"]) for one in sessions] == [
            (0, True, 1),
            (1, True, 1),
        ]


def test_more_data_than_there_is_memory_for_waits_its_turn(target: Target) -> None:
    """64 MiB of a front end are under way at a time, whichever of its rings they are from."""
    path, size = target.slow("heavy", read=300_000, write=1), 2 << 20
    with connected(path, rings=2, memory=256 << 20) as front:
        first, second = front.rings
        for number in range(40):
            first.submit(blk(IN, number, size), indirect=True)
        until(lambda: target.controller("heavy")["sessions"][0]["inflight_task_cnt"] == 32)
        second.submit(blk(IN, 0, size))
        assert second.collect()[1] == size + 1
        for _ in range(40):
            assert first.collect()[1] == size + 1


# -- rings


def test_a_ring_that_is_not_enabled_waits(target: Target) -> None:
    with FrontEnd(target.volume("waits")) as front:
        front.negotiate(0)
        front.start()
        front.enable(0, False)
        front.settle()
        ring = front.rings[0]
        ring.submit(blk(OUT, 0, bytes(512)))
        front.settle()
        assert target.statistics("waits")["num_write_ops"] == 0
        front.enable(0)
        assert ring.collect()[2] == OK


def test_a_ring_stops_after_its_requests_and_goes_on_where_it_was(target: Target) -> None:
    with connected(target.slow("stops", read=200_000, write=1)) as front:
        ring = front.rings[0]
        for _ in range(8):
            ring.submit(blk(IN, 0, 512))
        until(lambda: target.controller("stops")["sessions"][0]["inflight_task_cnt"] == 8)
        assert front.stop(0) == 8
        for _ in range(8):
            assert ring.collect(call=False)[1] == 513
        ring.submit(blk(OUT, 0, bytes(512)))
        ring.announce()
        front.enable(0)
        assert ring.collect()[2] == OK


def test_who_comes_waits_for_the_requests_of_who_has_gone(target: Target) -> None:
    """Else a write that was given up could end after one that was made later."""
    path = target.slow("follows", read=300_000, write=1)
    left = connected(path)
    left.rings[0].submit(blk(IN, 0, 512))
    until(lambda: target.controller("follows")["sessions"][0]["inflight_task_cnt"] == 1)
    left.close()
    with connected(path) as front:
        assert front.rings[0].request(blk(OUT, 0, bytes(512))) == OK
        assert [one["id"] for one in target.controller("follows")["sessions"]] == [1]


def test_memory_is_replaced_while_rings_work(target: Target) -> None:
    with connected(target.volume("remap")) as front:
        for number in range(20):
            front.share_memory()
            assert front.rings[0].request(blk(OUT, number, bytes(512))) == OK


def test_who_comes_after_a_killed_process_does_what_that_has_not_done(tmp_path: Path) -> None:
    """The guest stays; the process dies with requests under way, and another takes over."""
    rpc, image = tmp_path / "spdk.sock", tmp_path / "image"
    image.write_bytes(bytes(1 << 20))

    def serve() -> None:
        ask(rpc, "bdev_aio_create", name="a", filename=str(image), block_size=512)
        ask(rpc, "bdev_set_qos_limit", name="a", rw_ios_per_sec=1000)
        ask(rpc, "vhost_create_blk_controller", ctrlr="c", dev_name="a")

    with spdk_target(rpc, "-S", str(tmp_path)):
        serve()
        front = connected(tmp_path / "c")
        ring = front.rings[0]
        for number in range(30):
            ring.submit(blk(OUT, number, bytes([number + 1]) * 512), indirect=True)
        assert ring.collect()[2] == OK
    with spdk_target(rpc, "-S", str(tmp_path)):
        serve()
        again = FrontEnd(tmp_path / "c")
        front.socket.close()
        front.socket, again.socket = again.socket, front.socket
        again.close()
        front.negotiate(INDIRECT | EVENTS)
        front.share_memory()
        ring.announce()
        front.enable(0)
        for _ in range(29):
            assert ring.collect()[2] == OK
        assert ring.request(blk(FLUSH, 0)) == OK
        front.close()
    content = image.read_bytes()
    assert all(content[512 * n :][:512] == bytes([n + 1]) * 512 for n in range(30))


@pytest.mark.parametrize("delay", [0, 1000])
def test_interrupts_are_put_off_when_told_so(target: Target, delay: int) -> None:
    path, count = target.volume(f"late{delay}"), 1000
    slow = {"ctrlr": f"late{delay}", "delay_base_us": delay, "iops_threshold": 100}
    target.ask("vhost_controller_set_coalescing", **slow)
    with connected(path, features=0) as front:
        ring = front.rings[0]
        for number in range(count):
            ring.submit(blk(IN, number % 8, 512))
            ring.collect(call=False)
        front.settle()
        poll = select.poll()
        poll.register(ring.call_fd, select.POLLIN)
        assert poll.poll(DEADLINE * 1000)
        calls = os.eventfd_read(ring.call_fd)
        # One more is due to the descriptor's being set.
        assert calls < count / 2 if delay else calls == count + 1


# -- deletion


def test_a_controller_with_a_front_end_is_not_deleted(target: Target) -> None:
    path = target.volume("busy")
    with connected(path) as front:
        with pytest.raises(JSONRPCException, match="Device or resource busy"):
            target.ask("vhost_delete_controller", ctrlr="busy")
        assert front.rings[0].request(blk(IN, 0, 512))[-1:] == OK
    assert target.ask("vhost_delete_controller", ctrlr="busy")
    assert not path.exists()
    assert target.ask("bdev_malloc_delete", name="busy")


# -- virtio-scsi


def scsi(cdb: bytes, *data: bytes, room: int = 0, number: int = 0, unit: int = 0) -> list[Part]:
    """The parts of a command; its answer has 108 bytes before the data."""
    where = bytes((1, number, 0x40, unit, 0, 0, 0, 0))
    header = struct.pack("<8sQBBB32s", where, 7, 0, 0, 0, cdb)
    return [header, *data, 108, *([room] if room else [])]


def outcome(answer: bytes) -> tuple[int, int, bytes, bytes]:
    """(response, status, key and code and qualifier of the sense data, data)."""
    length, _, _, status, response, sense = struct.unpack_from("<IIHBB96s", answer)
    told = bytes((sense[2], sense[12], sense[13])) if length else b""
    return response, status, told, answer[108:]


RW = struct.Struct(">BBIBHB")


def rw10(opcode: int, first: int, count: int, flags: int = 0) -> bytes:
    return RW.pack(opcode, flags, first, 0, count, 0)


def test_a_scsi_disk_keeps_its_data(target: Target) -> None:
    data = random.Random(9).randbytes(8192)
    with connected(target.scsi("disk"), rings=3) as front:
        ring = front.rings[2]

        def call(cdb: bytes, *sent: bytes, room: int = 0) -> tuple[int, int, bytes, bytes]:
            return outcome(ring.request(scsi(cdb, *sent, room=room), indirect=True))

        done = (0, 0, b"", b"")
        assert call(bytes(6)) == done
        assert call(rw10(0x2A, 4, 16), data) == done
        assert call(rw10(0x28, 4, 16), room=8192) == (0, 0, b"", data)
        assert call(bytes((0x08, 0, 0, 4, 2, 0)), room=1024) == (0, 0, b"", data[:1024])
        long = struct.pack(">BBQIBB", 0x8A, 8, 100, 16, 0, 0)
        assert call(long, data) == done
        assert call(struct.pack(">BBQIBB", 0x88, 0, 100, 16, 0, 0), room=8192)[3] == data
        assert call(rw10(0x35, 0, 0)) == done
        capacity = call(struct.pack(">BBQIBB", 0x9E, 0x10, 0, 32, 0, 0), room=32)[3]
        assert struct.unpack_from(">QI", capacity) == (BLOCKS - 1, 512)
        unmap = struct.pack(">HH4xQII", 22, 16, 4, 1, 0)
        assert call(struct.pack(">BxxxxxxHx", 0x42, len(unmap)), unmap) == done
        assert call(rw10(0x28, 4, 2), room=1024)[3] == bytes(512) + data[512:1024]
    assert target.statistics("disk")["bytes_unmapped"] == 512


def test_scsi_says_why_it_refuses(target: Target) -> None:
    with connected(target.scsi("why", 3), rings=3) as front:
        ring = front.rings[2]

        def call(parts: list[Part]) -> tuple[int, int, bytes]:
            return outcome(ring.request(parts))[:3]

        assert call(scsi(b"\xff", number=3)) == (0, 2, b"\x05\x20\x00")
        assert call(scsi(rw10(0x28, BLOCKS, 1), room=512, number=3)) == (0, 2, b"\x05\x21\x00")
        assert call(scsi(bytes((0x12, 1, 0x99, 0, 64, 0)), room=64, number=3))[2] == b"\x05\x24\x00"
        assert call(scsi(rw10(0x28, 0, 2), room=512, number=3)) == (1, 0, b"")
        assert call(scsi(bytes(6), number=2)) == (3, 0, b"")
        assert call(scsi(bytes(6), number=3, unit=1)) == (0, 2, b"\x05\x25\x00")
        inquiry = outcome(
            ring.request(scsi(bytes((0x12, 0, 0, 0, 36, 0)), room=36, unit=1, number=3))
        )
        assert inquiry[3][0] == 0x7F


def test_scsi_targets_come_and_go_with_events(target: Target) -> None:
    with connected(target.scsi("plug"), rings=3, features=0b111) as front:
        events = front.rings[1]
        for _ in range(3):
            events.submit([16])
        target.ask("bdev_null_create", name="late2", block_size=512, num_blocks=2048)
        added = {"ctrlr": "plug", "scsi_target_num": 6}
        target.ask("vhost_scsi_controller_add_target", **added, bdev_name="late2")
        where = bytes((1, 6, 0, 0, 0, 0, 0, 0))
        assert events.collect()[2] == struct.pack("<I8sI", 1, where, 1)
        target.ask("bdev_null_resize", name="late2", new_size=2)
        assert events.collect()[2] == struct.pack("<I8sI", 3, where, 0x092A)
        target.ask("vhost_scsi_controller_remove_target", **added)
        assert events.collect()[2] == struct.pack("<I8sI", 1, where, 2)
        assert outcome(front.rings[2].request(scsi(bytes(6), number=6)))[0] == 3
        # Without memory for it, an event is missed, and the next one says so.
        target.ask("vhost_scsi_controller_add_target", **added, bdev_name="late2")
        events.submit([16])
        target.ask("bdev_null_delete", name="late2")
        assert events.collect()[2] == struct.pack("<I8sI", 0x80000001, where, 2)


def test_a_unit_is_reset(target: Target) -> None:
    with connected(target.scsi("reset"), rings=3) as front:

        def manage(function: int, number: int) -> bytes:
            unit = bytes((1, number, 0, 0, 0, 0, 0, 0))
            return front.rings[0].request([struct.pack("<II8sQ", 0, function, unit, 7), 1])

        assert manage(5, 0) == b"\x00"
        assert manage(0, 0) == b"\x0b"
        assert manage(5, 1) == b"\x0c"


# -- abuse


def until_cut_off(front: FrontEnd) -> int:
    """How many answers came before the front end was cut off."""
    for answers in range(10):
        try:
            front.receive()
        except EOFError:
            return answers
    pytest.fail("it is not cut off")


def test_a_ring_full_of_garbage_hurts_nobody(target: Target) -> None:
    path = target.volume("garbage")
    noise = random.Random(int(os.environ.get("VHOST_SEED", "11")))
    with connected(path) as good:
        for _ in range(60):
            with connected(path) as bad:
                ring = bad.rings[0]
                for slot in range(ring.size):
                    near = GUEST + noise.randrange(len(bad.memory))
                    address = noise.choice((near, near, noise.getrandbits(64)))
                    length = noise.choice((16, 512, noise.getrandbits(32)))
                    flags, following = noise.randrange(8), noise.randrange(ring.size + 2)
                    ring.descriptor(slot, address, length, flags, following)
                for _ in range(noise.randrange(1, 10)):
                    ring.offer(noise.randrange(ring.size + 1))
                ring.kick()
                configuration(bad)  # an answer: it has not taken the process along
            assert good.rings[0].request(blk(IN, 0, 512))[-1:] == OK
    until(lambda: len(target.controller("garbage")["sessions"]) == 0)


def test_messages_of_garbage_cut_their_sender_off(target: Target) -> None:
    path = target.volume("noise")
    noise = random.Random(12)
    open_files = Path(f"/proc/{target.ask('framework_get_reactors')['pid']}/fd")
    with connected(path) as good:
        before = len(list(open_files.iterdir()))
        for _ in range(100):
            front = FrontEnd(path)
            request, size = noise.randrange(45), noise.choice((0, 4, 8, 12, 40, 300))
            fds = [front.descriptor] * noise.randrange(4)
            front.send(request, noise.randbytes(size), fds, flags=noise.choice((1, 9, 5, 0)))
            with suppress(ConnectionError):  # it has been cut off already
                front.send(noise.getrandbits(32), noise.randbytes(4096))
            assert until_cut_off(front) <= 1
            front.close()
        assert good.rings[0].request(blk(IN, 0, 512))[-1:] == OK
        until(lambda: len(target.controller("noise")["sessions"]) == 1)
        until(lambda: len(list(open_files.iterdir())) <= before)


@pytest.mark.parametrize("kind", ["file", "pipe", "none", "short", "listener"])
def test_descriptors_that_do_not_fit_are_refused(target: Target, kind: str, tmp_path: Path) -> None:
    front = FrontEnd(target.volume(f"fd{kind}"))
    front.negotiate(0, REPLY_ACK)
    row = struct.pack("<QQQQ", GUEST, len(front.memory), USER, 0)
    table = struct.pack("<II", 1, 0) + row
    other = (tmp_path / "file").open("w+b")
    if kind == "file":
        other.truncate(len(front.memory))
        front.send(5, table, [other.fileno()], flags=9)
    elif kind == "pipe":
        front.send(12, struct.pack("<Q", 0), [other.fileno()], flags=9)
    elif kind == "listener":
        front.send(21, fds=[other.fileno()], flags=9)
    elif kind == "none":
        front.send(5, table, flags=9)
    else:
        os.ftruncate(front.descriptor, 4096)
        front.send(5, table, [front.descriptor], flags=9)
    assert front.receive() == struct.pack("<Q", 1)
    with pytest.raises(EOFError):
        front.receive()
    other.close()
    front.close()


def test_front_ends_that_come_and_go_leave_nothing(target: Target) -> None:
    path = target.volume("churn")
    [pid] = {target.ask("framework_get_reactors")["pid"]}
    descriptors = Path(f"/proc/{pid}/fd")
    connected(path).close()
    until(lambda: not target.controller("churn")["sessions"])
    before = len(list(descriptors.iterdir()))
    for _ in range(100):
        front = connected(path, rings=2)
        front.rings[1].submit(blk(IN, 0, 4096))
        front.close()
    until(lambda: not target.controller("churn")["sessions"])
    until(lambda: len(list(descriptors.iterdir())) <= before)
