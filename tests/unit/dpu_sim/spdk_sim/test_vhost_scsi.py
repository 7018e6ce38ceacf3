"""Virtio-scsi devices of the real process: commands, sense data, events, task management."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

import pytest

from tests.vhost_front_end import (
    Part,
)
from tests.vhost_target import (
    BLOCKS,
    Target,
    connected,
    vhost_target,
)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with vhost_target(tmp_path_factory.mktemp("vhost")) as target:
        yield target


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
