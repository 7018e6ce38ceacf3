"""A host whose every block tells what it is, and whose journal a SIGKILL cannot touch.

The journal of a namespace is a file that is mapped into memory: for each block the last generation
that was sent, and the last that was acknowledged. What is in the map stays when the process dies,
so whoever comes after it knows what each block must hold: the acknowledged generation, or a later
one that was sent, and all of it.
"""

from __future__ import annotations

import argparse
import asyncio
import mmap
import os
import random
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from host_sim.errors import HostError
from host_sim.multipath import MultipathNamespace, Policy, Subsystem
from host_sim.options import FOREVER, Address, ConnectOptions, Identity

BLOCKS = 64
"""Blocks of each namespace that are written."""

WORKERS = 2
"""Of each namespace, with blocks of their own."""

LONGEST_WRITE = 8
STAMP = struct.Struct("<8sQQQ")
"""Mark, namespace, block, generation; a block is full of its stamp."""

MARK = b"ackblock"
OPERATIONS, CHECKED, FAULTS, FIRST = 0, 1, 2, 3
"""Places in a journal: operations that succeeded, whole checks, faults; then both generations."""


class Journal:
    """What was sent to a namespace's blocks, and what was acknowledged."""

    def __init__(self, path: Path) -> None:
        """Open the journal, or begin one."""
        size = 8 * (FIRST + 2 * BLOCKS)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(descriptor, size)
            self._map = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)
        self._words = memoryview(self._map).cast("Q")
        self.sent = self._words[FIRST : FIRST + BLOCKS]
        self.acknowledged = self._words[FIRST + BLOCKS :]

    def __getitem__(self, place: int) -> int:
        """A counter."""
        return self._words[place]

    def count(self, place: int) -> None:
        """Add one to a counter."""
        self._words[place] += 1

    def faults(self, namespace: int, first: int, data: bytes, since: Sequence[int]) -> list[str]:
        """What is wrong with blocks from `first` on.

        `since` are the generations that were acknowledged for them before they were read.
        """
        size = len(data) // len(since)
        found = []
        for number, least in enumerate(since):
            block = data[number * size : (number + 1) * size]
            lba = first + number
            fault = judge(block, namespace, lba, least, self.sent[lba])
            if fault:
                found.append(f"namespace {namespace} block {lba}: {fault}")
        return found

    def close(self) -> None:
        """Unmap it."""
        for view in (self.sent, self.acknowledged, self._words):
            view.release()
        self._map.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def stamped(namespace: int, lba: int, generation: int, size: int) -> bytes:
    """The content of a block."""
    return STAMP.pack(MARK, namespace, lba, generation) * (size // STAMP.size)


def judge(block: bytes, namespace: int, lba: int, least: int, most: int) -> str:
    """What is wrong with a block that may hold generations `least` to `most`; "" for nothing.

    Without an acknowledged generation (0) it may also hold what is no block of ours.
    """
    mark, of_namespace, of_lba, generation = STAMP.unpack_from(block)
    if mark != MARK:
        return f"lost: {least} is not there" if least or MARK in block else ""
    if block != stamped(of_namespace, of_lba, generation, len(block)):
        return "torn"
    if (of_namespace, of_lba) != (namespace, lba):
        return f"is block {of_lba} of namespace {of_namespace}"
    if not max(least, 1) <= generation <= most:
        return f"holds {generation}, not {least} to {most}"
    return ""


class Writer:
    """Writes and reads the blocks of one namespace without end."""

    def __init__(self, namespace: MultipathNamespace, journal: Journal, seed: int) -> None:
        self._namespace = namespace
        self._journal = journal
        self._seed = seed

    async def run(self) -> None:
        """Check every block, then work."""
        for first in range(0, BLOCKS, LONGEST_WRITE):
            await self._read(first, LONGEST_WRITE)
        self._journal.count(CHECKED)
        share = BLOCKS // WORKERS
        await asyncio.gather(*(self._work(range(n, n + share)) for n in range(0, BLOCKS, share)))

    async def _work(self, own: range) -> None:
        choose = random.Random(f"{self._seed} {own}")
        while True:
            count = choose.randint(1, LONGEST_WRITE)
            first = choose.randrange(own.start, own.stop - count + 1)
            chance = choose.random()
            if chance < 0.6:
                await self._write(first, count)
            elif chance < 0.9:
                await self._read(first, count)
            else:
                await self._flush()
            self._journal.count(OPERATIONS)

    async def _write(self, first: int, count: int) -> None:
        journal, namespace = self._journal, self._namespace
        blocks = range(first, first + count)
        for lba in blocks:
            journal.sent[lba] += 1
        data = b"".join(
            stamped(namespace.nsid, lba, journal.sent[lba], namespace.block_size) for lba in blocks
        )
        try:
            await namespace.write(first, data)
        except HostError as error:
            self._fault(f"write of {first}, {count}: {error!r}")
            raise
        for lba in blocks:
            journal.acknowledged[lba] = journal.sent[lba]

    async def _read(self, first: int, count: int) -> None:
        since = list(self._journal.acknowledged[first : first + count])
        try:
            data = bytes(await self._namespace.read(first, count))
        except HostError as error:
            self._fault(f"read of {first}, {count}: {error!r}")
            raise
        for fault in self._journal.faults(self._namespace.nsid, first, data, since):
            self._fault(fault)

    async def _flush(self) -> None:
        try:
            await self._namespace.flush()
        except HostError as error:
            self._fault(f"flush: {error!r}")
            raise

    def _fault(self, text: str) -> None:
        self._journal.count(FAULTS)
        sys.stderr.write(f"FAULT {text}\n")


def journal_path(folder: Path, namespace: int) -> Path:
    """Where the journal of a namespace is."""
    return folder / f"journal-{namespace}"


async def write(options: argparse.Namespace) -> None:
    """Connect over every path, and work on every namespace until killed."""
    subsystem = Subsystem(options.nqn, Policy(options.policy))
    for port in options.port:
        await subsystem.connect(
            ConnectOptions(
                Address("127.0.0.1", port),
                options.nqn,
                Identity.of(options.hostnqn),
                keep_alive=2.0,
                reconnect_delay=0.1,
                ctrl_loss_timeout=FOREVER,
            )
        )
    async with asyncio.timeout(options.patience):
        while not set(options.nsid) <= set(subsystem.namespaces):
            await asyncio.sleep(0.01)
    writers = [
        Writer(subsystem.namespaces[nsid], Journal(journal_path(options.folder, nsid)), seed)
        for seed, nsid in enumerate(options.nsid, options.seed)
    ]
    if options.notify_fd is not None:
        os.write(options.notify_fd, b"\n")
        os.close(options.notify_fd)
    await asyncio.gather(*(one.run() for one in writers))


def main(argv: Sequence[str] | None = None) -> int:
    """Run until killed."""
    parser = argparse.ArgumentParser(prog="acknowledged_writer", description=__doc__)
    parser.add_argument("--nqn", required=True, help="the subsystem")
    parser.add_argument("--hostnqn", help="who connects")
    parser.add_argument("--port", type=int, action="append", required=True, help="of a path")
    parser.add_argument("--nsid", type=int, action="append", required=True, help="what to write")
    parser.add_argument("--folder", type=Path, required=True, help="for the journals")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--policy", choices=[str(one) for one in Policy], default=str(Policy.NUMA))
    parser.add_argument("--patience", type=float, default=20.0, help="seconds to find namespaces")
    parser.add_argument("--notify-fd", type=int, help="where to say that I/O begins")
    asyncio.run(write(parser.parse_args(argv)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
