"""Rings of vhost-user front ends start, stop, move, and outlive the process and each other."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest
from spdk.rpc.client import JSONRPCException

from tests.spdk_target import spdk_target
from tests.vhost_front_end import (
    EVENTS,
    INDIRECT,
    FrontEnd,
    blk,
)
from tests.vhost_target import (
    DEADLINE,
    FLUSH,
    IN,
    OK,
    OUT,
    Target,
    connected,
    until,
    vhost_target,
)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with vhost_target(tmp_path_factory.mktemp("vhost")) as target:
        yield target


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
    target = Target(tmp_path)
    with spdk_target(rpc, "-S", str(tmp_path)):
        target.ask("bdev_aio_create", name="a", filename=str(image), block_size=512)
        target.delay("late", "a", read=1, write=60_000_000)
        target.ask("vhost_create_blk_controller", ctrlr="c", dev_name="late")
        front = connected(tmp_path / "c")
        ring = front.rings[0]
        for number in range(30):
            ring.submit(blk(OUT, number, bytes([number + 1]) * 512), indirect=True)
        until(lambda: target.controller("c")["sessions"][0]["inflight_task_cnt"] == 30)
    image.write_bytes(bytes(1 << 20))  # whatever it has done is not to be relied on
    with spdk_target(rpc, "-S", str(tmp_path)):
        target.ask("bdev_aio_create", name="a", filename=str(image), block_size=512)
        target.ask("vhost_create_blk_controller", ctrlr="c", dev_name="a")
        again = FrontEnd(tmp_path / "c")
        front.socket, again.socket = again.socket, front.socket
        again.close()
        front.negotiate(INDIRECT | EVENTS)
        front.share_memory()
        ring.announce()
        front.enable(0)
        for _ in range(30):
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
