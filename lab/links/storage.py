"""What block devices of hosts need from the machine: loop devices, and folders for functions.

Each host with `dpulab.storage` gets loop devices that are added for it alone, one by one, and taken
away with it. Their numbers begin high, so that `losetup -f` on the machine takes others first.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.card import storage_pairs
from lab.errors import LabError
from lab.links import records
from lab.ownership import RUN, function_folder, lab_folder, loops_path
from lab.topology.model import Topology

LOOPS_PER_HOST = 8
FIRST_LOOP = 1024

_CONTROL = "/dev/loop-control"
_LOOP_CTL_ADD, _LOOP_CTL_REMOVE = 0x4C80, 0x4C81
_LOOP_CLR_FD = 0x4C01
_IN_USE_FOR = 10.0
"""Seconds that the kernel may take to unmount what a container had mounted when it ended."""


def ensure(topology: Topology, node: str) -> list[int]:
    """Make folders for the functions of a node, and loop devices for a host; return their numbers.

    Raises OSError.
    """
    for dpu, host in storage_pairs(topology):
        if node in (dpu, host):
            folder = function_folder(topology.name, dpu, host)
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
    return _ensure_loops(topology.name, node) if topology.nodes[node].storage else []


def _ensure_loops(lab: str, node: str) -> list[int]:
    path = loops_path(lab, node)
    with _turn():
        recorded = _recorded(path)
        for number in recorded:
            _add(number)
        while len(recorded) < LOOPS_PER_HOST:
            number = _free_number()
            # Written first: what was added is known, whenever we are killed.
            records.write(path, json.dumps([*recorded, number]).encode())
            if _add(number):
                recorded.append(number)
    return recorded


def remove_loops(lab: str, node: str) -> None:
    """Take a host's loop devices away. Raises LabError when one stays in use."""
    path = loops_path(lab, node)
    for number in _recorded(path):
        _remove(number)
    path.unlink(missing_ok=True)


def remove_all(lab: str) -> None:
    """Take the loop devices of all hosts of a lab away. Raises LabError when one stays in use."""
    for path in lab_folder(lab).glob(f"*/{loops_path('', '').name}"):
        remove_loops(lab, path.parent.name)


def _recorded(path: Path) -> list[int]:
    try:
        numbers: list[int] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return []
    return numbers


def _free_number() -> int:
    """A number that no loop device has, nor is about to have in another lab."""
    taken = {one.name for one in Path("/sys/block").glob("loop*")}
    for path in RUN.glob(f"*/*/{loops_path('', '').name}"):
        taken.update(f"loop{number}" for number in _recorded(path))
    number = FIRST_LOOP
    while f"loop{number}" in taken:
        number += 1
    return number


def _add(number: int) -> bool:
    """Add a loop device; whether it was not there before."""
    try:
        _control(_LOOP_CTL_ADD, number)
    except FileExistsError:
        return False
    return True


def _remove(number: int) -> None:
    """Remove a loop device; one that is gone is fine."""
    deadline = time.monotonic() + _IN_USE_FOR
    while True:
        try:
            _control(_LOOP_CTL_REMOVE, number)
        except OSError as error:
            if error.errno in (errno.ENODEV, errno.ENOENT):
                return
            if error.errno != errno.EBUSY:
                raise
            _clear(number)
        else:
            return
        if time.monotonic() > deadline:
            raise LabError(f"/dev/loop{number} is still in use", "see `losetup -l`; then try again")
        time.sleep(0.05)


def _clear(number: int) -> None:
    """Take the file away from a device; while it is in use, the kernel does so when it is not."""
    try:
        descriptor = os.open(f"/dev/loop{number}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return
    try:
        fcntl.ioctl(descriptor, _LOOP_CLR_FD)
    except OSError:
        return  # the next attempt to remove it tells
    finally:
        os.close(descriptor)


def _control(request: int, number: int) -> None:
    descriptor = os.open(_CONTROL, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.ioctl(descriptor, request, number)
    finally:
        os.close(descriptor)


@contextmanager
def _turn() -> Iterator[None]:
    """One lab after the other looks for numbers."""
    RUN.mkdir(parents=True, exist_ok=True)
    with (RUN / ".loops.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
