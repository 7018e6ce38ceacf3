"""Verified I/O: writes that can be told apart, and a check that no acknowledged one is lost.

The namespace is divided into cells, and each worker has cells of its own. A write fills a cell with
one stamp: cell, generation and run in every sector. When it is acknowledged the cell must hold that
generation or a later one that was sent, in all its sectors, whatever happens to paths and targets
in between.

    python -m host_sim.verified --nqn NQN --address 192.0.2.1 --seconds 10

prints one line of JSON, and ends with 1 when a write was lost or torn, or an operation failed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import struct
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from host_sim.errors import HostError
from host_sim.multipath import MultipathNamespace, Policy, Subsystem
from host_sim.operations import Operations
from host_sim.options import DEFAULT_PORT, Address, ConnectOptions, Identity

CELL_BYTES = 4096
_STAMP = struct.Struct("<8sQQQ")
"""Mark, run, cell, generation: at the beginning of every sector."""
_MARK = b"verified"


@dataclass
class Report:
    """What came of a run. Times in seconds.

    Attributes:
        longest_pause: between two operations that succeeded one after the other, of any worker.
        lost: cells that held an older generation than the last acknowledged one.
        torn: cells whose sectors were not of one write.
    """

    writes: int = 0
    reads: int = 0
    seconds: float = 0.0
    longest_pause: float = 0.0
    lost: int = 0
    torn: int = 0
    errors: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether everything was as acknowledged, and every operation succeeded in the end."""
        return not (self.lost or self.torn or self.errors)


class Cells:
    """The cells of a namespace: what each must hold."""

    def __init__(self, namespace: Operations, count: int, run: int) -> None:
        self._namespace = namespace
        self._run = run
        self._blocks = max(1, CELL_BYTES // namespace.block_size)
        self._sent = [0] * count
        self._acknowledged = [0] * count

    async def write(self, cell: int) -> None:
        """Fill a cell with its next generation. Raises HostError."""
        self._sent[cell] += 1
        generation = self._sent[cell]
        data = stamped(self._run, cell, generation, self._blocks * self._namespace.block_size)
        await self._namespace.write(cell * self._blocks, data)
        self._acknowledged[cell] = generation

    async def check(self, cell: int) -> str:
        """Read a cell: "" when it holds what it must, "lost" or "torn". Raises HostError."""
        least = self._acknowledged[cell]
        data = bytes(await self._namespace.read(cell * self._blocks, self._blocks))
        if not least:
            return ""  # nothing was acknowledged: it may hold anything
        return judge(data, self._run, cell, least, self._sent[cell])


def stamped(run: int, cell: int, generation: int, size: int) -> bytes:
    """The content of a cell of `size` bytes."""
    stamp = _STAMP.pack(_MARK, run, cell, generation)
    fill = bytes([generation & 0xFF]) * (512 - len(stamp))
    return (stamp + fill) * (size // 512)


def judge(data: bytes, run: int, cell: int, least: int, most: int) -> str:
    """Whether `data` is one write to the cell of a generation in `least` to `most`."""
    mark, of_run, of_cell, generation = _STAMP.unpack_from(data)
    if (mark, of_run, of_cell) != (_MARK, run, cell):
        return "lost"
    if data != stamped(run, cell, generation, len(data)):
        return "torn"
    return "" if least <= generation <= most else "lost"


class _Clock:
    """Measures the longest time without a success."""

    def __init__(self) -> None:
        self.last = time.monotonic()
        self.longest = 0.0

    def tick(self) -> None:
        now = time.monotonic()
        self.longest = max(self.longest, now - self.last)
        self.last = now


async def run_verified(
    namespace: MultipathNamespace,
    ends: Callable[[], bool],
    *,
    workers: int = 4,
    cells: int = 256,
    seed: int = 1,
) -> Report:
    """Write and check until `ends` says so, then check every cell."""
    every = Cells(namespace, cells, seed)
    report, clock = Report(), _Clock()
    begun = time.monotonic()
    await asyncio.gather(
        *(
            _work(every, range(one, cells, workers), ends, _generator(seed + one), report, clock)
            for one in range(workers)
        )
    )
    for cell in range(cells):
        _judged(report, await every.check(cell))
    report.seconds, report.longest_pause = time.monotonic() - begun, clock.longest
    return report


def _generator(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - that runs repeat is the point


async def _work(  # noqa: PLR0917 - one worker's share of all
    every: Cells,
    own: Sequence[int],
    ends: Callable[[], bool],
    choose: random.Random,
    report: Report,
    clock: _Clock,
) -> None:
    while not ends():
        cell = choose.choice(own)
        try:
            if choose.random() < 0.6:
                await every.write(cell)
                report.writes += 1
            else:
                _judged(report, await every.check(cell))
                report.reads += 1
        except HostError as error:
            report.errors.append(str(error) or type(error).__name__)
            return
        clock.tick()


def _judged(report: Report, fault: str) -> None:
    report.lost += fault == "lost"
    report.torn += fault == "torn"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="host_sim.verified", description="Verified I/O.")
    parser.add_argument("--nqn", required=True, help="the subsystem")
    parser.add_argument("--hostnqn", help="who connects")
    parser.add_argument("--address", action="append", required=True, help="ADDRESS[,PORT]")
    parser.add_argument("--nsid", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--stop", type=Path, help="a file that ends it when somebody makes it")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same operations")
    parser.add_argument("--patience", type=float, default=60.0, help="seconds without any path")
    parser.add_argument("--policy", choices=[str(one) for one in Policy], default=str(Policy.NUMA))
    parser.add_argument("--started", type=Path, help="a file to make once I/O flows")
    return parser


def _end(options: argparse.Namespace) -> Callable[[], bool]:
    """When time is up, or the file is there that says so."""
    end = time.monotonic() + options.seconds
    return lambda: time.monotonic() >= end or (options.stop is not None and options.stop.exists())


async def _main(options: argparse.Namespace) -> int:
    subsystem = Subsystem(options.nqn, Policy(options.policy))
    try:
        for text in options.address:
            address, _, port = text.partition(",")
            await subsystem.connect(
                ConnectOptions(
                    Address(address, int(port or DEFAULT_PORT)),
                    options.nqn,
                    Identity.of(options.hostnqn),
                    keep_alive=2.0,
                    reconnect_delay=0.5,
                    ctrl_loss_timeout=options.patience,
                )
            )
        namespace = subsystem.namespaces[options.nsid]
        await namespace.read(0, 1)
        if options.started:
            options.started.touch()
        report = await run_verified(namespace, _end(options), seed=options.seed)
    finally:
        await subsystem.close()
    sys.stdout.write(f"{json.dumps(asdict(report))}\n")
    return 0 if report.is_clean else 1


def main() -> None:
    """Entry point of `python -m host_sim.verified`."""
    options = _parser().parse_args()
    try:
        sys.exit(asyncio.run(_main(options)))
    except HostError as error:
        sys.stderr.write(f"verified: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
