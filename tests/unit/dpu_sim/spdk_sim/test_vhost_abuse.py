"""Front ends and guests that break every rule are cut off, and hurt nobody else."""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.vhost_front_end import (
    GUEST,
    REPLY_ACK,
    USER,
    FrontEnd,
    blk,
)
from tests.vhost_target import (
    IN,
    OK,
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
