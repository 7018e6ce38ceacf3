"""Virtio-blk devices of the real process: requests of front ends, and what they are told."""

from __future__ import annotations

import os
import random
import select
import socket
import struct
from collections.abc import Iterator

import pytest

from tests.vhost_front_end import (
    BACKEND_REQ,
    CONFIG,
    EVENTS,
    INDIRECT,
    FrontEnd,
    Part,
    blk,
)
from tests.vhost_target import (
    BLOCKS,
    DEADLINE,
    DISCARD,
    FLUSH,
    GET_ID,
    IN,
    IOERR,
    OK,
    OUT,
    UNSUPP,
    WRITE_ZEROES,
    Target,
    configuration,
    connected,
    until,
    vhost_target,
)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with vhost_target(tmp_path_factory.mktemp("vhost")) as target:
        yield target


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
