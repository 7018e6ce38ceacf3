"""A target under attack, and another host whose verified I/O must not notice."""

from __future__ import annotations

import json
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from tests.acknowledged_writer import BLOCKS, FAULTS, OPERATIONS, WORKERS, Journal, journal_path
from tests.opid_forks import Forks, Life, forks
from tests.spdk_target import ask
from tests.storage_dpu import free_port

NQN, WITNESS_NQN = "nqn.2022-09.io.spdk:attacked", "nqn.2022-09.io.spdk:witness"
NAMESPACES = (1, 2)
"""Of the witness: one in memory, one on a file."""

DEADLINE = 30.0
LONGEST_PAUSE = 3.0
"""Seconds that the witness may be without an operation that ends, on a machine with much to do."""

SLACK = 16 << 20
"""Bytes that a target may keep for good: so much the C library does (allocator.py)."""

MOST_LINES = 100
"""In the log for each ten seconds of an attack that has begun."""


@dataclass(frozen=True)
class Usage:
    """What a target takes: bytes of memory, descriptors, threads, connections."""

    resident: int
    descriptors: int
    threads: int
    connections: int

    def exceeds(self, most: Usage) -> bool:
        """Whether anything is more."""
        return any(now > bound for now, bound in zip(astuple(self), astuple(most), strict=True))


class Besieged:
    """The target, its witness, and what is measured of both."""

    def __init__(self, made: Forks, life: Life, socket: Path, port: int) -> None:
        self._forks = made
        self._life = life
        self.pid = life.pid
        self.socket = socket
        self.address = ("127.0.0.1", port)
        self._lines, self._looked = 0, time.monotonic()
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None
        self.longest_pause = 0.0

    # -- the target

    def resident(self) -> int:
        """Bytes of memory that it has."""
        statm = Path(f"/proc/{self.pid}/statm").read_text().split()
        return int(statm[1]) * resource.getpagesize()

    def connections(self) -> int:
        """NVMe/TCP connections, of whatever stage."""
        groups = ask(self.socket, "nvmf_get_stats")["poll_groups"]
        return sum(
            one["current_admin_qpairs"]
            + one["current_io_qpairs"]
            + one["transports"][0].get("current_unassociated_qpairs", 0)
            for one in groups
        )

    def controllers(self, nqn: str) -> int:
        """Hosts that are associated with a subsystem."""
        return len(ask(self.socket, "nvmf_subsystem_get_controllers", nqn=nqn))

    def usage(self) -> Usage:
        """What it takes now."""
        process = Path(f"/proc/{self.pid}")
        return Usage(
            self.resident(),
            sum(1 for _ in (process / "fd").iterdir()),
            sum(1 for _ in (process / "task").iterdir()),
            self.connections(),
        )

    def settled(self, before: Usage) -> Usage:
        """What it takes once connections, descriptors and memory are those of before.

        Clients that have just asked for something may have a descriptor each.
        """
        most = replace(
            before,
            resident=before.resident + SLACK,
            descriptors=before.descriptors + 3,
            threads=before.threads + 4,
        )
        end = time.monotonic() + DEADLINE
        while (now := self.usage()).exceeds(most):
            assert time.monotonic() < end, f"something is left: {before}, {now}"
            time.sleep(0.05)
        return now

    def check_log(self) -> None:
        """Nothing unexpected has happened, and the log is not flooded."""
        lines = self._life.log.read_text().splitlines()
        new, self._lines = lines[self._lines :], len(lines)
        bad = [line for line in new if json.loads(line)["level"] == "error"]
        assert not bad, bad
        most = MOST_LINES * (1 + (time.monotonic() - self._looked) // 10)
        assert len(new) <= most, f"{len(new)} lines, such as {new[-1]}"
        self._looked = time.monotonic()

    def export(self, nqn: str, *disks: str) -> None:
        """Another subsystem, for every host."""
        export(self.socket, nqn, self.address[1], *disks)

    @contextmanager
    def host(self, folder: Path, nqn: str) -> Iterator[int]:
        """A host that writes to namespace 1 of a subsystem; the number of its process."""
        flags = ["--nqn", nqn, "--port", str(self.address[1]), "--folder", str(folder)]
        life = self._forks.writer(folder / "host.log", *flags, "--nsid", "1")
        try:
            yield life.pid
        finally:
            life.kill()

    # -- the witness

    def progress(self) -> list[int]:
        """Operations of the witness on each namespace; it must not have found faults."""
        found = []
        for namespace in NAMESPACES:
            with Journal(journal_path(self.socket.parent, namespace)) as journal:
                assert journal[FAULTS] == 0, "see the log of the witness"
                found.append(journal[OPERATIONS])
        return found

    def goes_on(self) -> None:
        """The witness ends operations that it begins now."""
        before = self.progress()
        until(
            lambda: all(
                now > then + WORKERS for now, then in zip(self.progress(), before, strict=True)
            ),
            "the witness cannot do anything",
        )

    def watch(self) -> None:
        """Measure how long the witness waits, until `check_watch`."""
        self.longest_pause, self._stop = 0.0, threading.Event()
        self._watcher = threading.Thread(target=self._measure, args=(self._stop,))
        self._watcher.start()

    def check_watch(self) -> None:
        """The witness has gone on all the time."""
        assert self._watcher is not None
        self.goes_on()
        self.end_watch()
        assert self.longest_pause < LONGEST_PAUSE

    def end_watch(self) -> None:
        """Measure no more."""
        self._stop.set()
        if self._watcher is not None:
            self._watcher.join(DEADLINE)

    def _measure(self, stop: threading.Event) -> None:
        last, since = self.progress(), [time.monotonic()] * len(NAMESPACES)
        while not stop.wait(0.02):
            now = self.progress()
            for number, (new, old) in enumerate(zip(now, last, strict=True)):
                self.longest_pause = max(self.longest_pause, time.monotonic() - since[number])
                if new != old:
                    since[number] = time.monotonic()
            last = now


def until(condition: Callable[[], bool], otherwise: str, seconds: float = DEADLINE) -> None:
    """Wait for a condition. Raises AssertionError, with these words."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, otherwise
        time.sleep(0.01)


@contextmanager
def siege(folder: Path) -> Iterator[Besieged]:
    """A target with a subsystem to attack, and a witness that is well at the beginning."""
    with forks() as made:
        socket, port = folder / "spdk.sock", free_port()
        life = made.spdk(folder / "target.log", socket)
        configure(socket, port, folder / "file")
        witness(made, folder, port)
        target = Besieged(made, life, socket, port)
        target.goes_on()
        try:
            yield target
        finally:
            target.end_watch()


def configure(socket: Path, port: int, file: Path) -> None:
    """Two subsystems at one address, with disks of their own."""
    file.write_bytes(bytes(BLOCKS * 512))
    ask(socket, "nvmf_create_transport", trtype="TCP", min_kato=500, kas=1)
    for name, blocks in (("attacked", 1 << 14), ("memory", BLOCKS)):
        ask(socket, "bdev_malloc_create", name=name, num_blocks=blocks, block_size=512)
    ask(socket, "bdev_aio_create", name="file", filename=str(file), block_size=512)
    export(socket, NQN, port, "attacked")
    export(socket, WITNESS_NQN, port, "memory", "file")


def export(socket: Path, nqn: str, port: int, *disks: str) -> None:
    """A subsystem with these disks, for every host."""
    ask(socket, "nvmf_create_subsystem", nqn=nqn, allow_any_host=True, serial_number="S")
    for disk in disks:
        ask(socket, "nvmf_subsystem_add_ns", nqn=nqn, namespace={"bdev_name": disk})
    where = {"trtype": "TCP", "adrfam": "IPv4", "traddr": "127.0.0.1", "trsvcid": str(port)}
    ask(socket, "nvmf_subsystem_add_listener", nqn=nqn, listen_address=where)


def witness(made: Forks, folder: Path, port: int) -> Life:
    """A host that writes and checks without end."""
    flags = ["--nqn", WITNESS_NQN, "--port", str(port), "--folder", str(folder)]
    flags += [text for one in NAMESPACES for text in ("--nsid", str(one))]
    return made.writer(folder / "witness.log", *flags)
