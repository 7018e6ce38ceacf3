"""What the NVMe/TCP target achieves beside a C program that only answers with as many bytes.

A load generator in C sends real Read commands over loopback and waits for data and completion; its
peer is this project's target on a RAM disk, or an echo in C which answers every 72 bytes with the
same number of bytes and looks at nothing. Rounds alternate; ratios are of the same round. Without
a C compiler the benchmark says so and does nothing.

    python -m bench.nvmetcp_target [--seconds 2] [--rounds 5] [--profile FILE]
"""

from __future__ import annotations

import argparse
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.nvmetcp_session import Session, target

SOURCES = Path(__file__).parent / "nvmetcp_load"
DISK = 64 << 20


@dataclass(frozen=True)
class Case:
    """One workload: bytes of a read, and how many at a time."""

    name: str
    size: int
    depth: int


CASES = (
    Case("4 KiB random read, QD 32", 4096, 32),
    Case("4 KiB random read, QD 1", 4096, 1),
    Case("128 KiB random read, QD 8", 131072, 8),
)


@dataclass(frozen=True)
class Measured:
    """Commands per second, median latency in microseconds."""

    rate: float
    p50: float


def compiled(compiler: str, name: str, folder: Path) -> Path:
    """A program from its source."""
    program = folder / name
    subprocess.run(
        [compiler, "-O2", "-o", str(program), str(SOURCES / f"{name}.c")], check=True, timeout=60
    )
    return program


@contextmanager
def echo(program: Path, size: int) -> Iterator[int]:
    """The C program that answers; gives its port."""
    with subprocess.Popen([program, str(size)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def load(program: Path, connection: socket.socket, case: Case, seconds: float) -> Measured:
    """Let the generator loose on a connection that is ready for commands."""
    arguments = [connection.fileno(), case.size, case.depth, seconds, DISK // 512]
    done = subprocess.run(
        [str(program), *map(str, arguments)], pass_fds=[connection.fileno()],
        capture_output=True, text=True, check=True, timeout=seconds + 30,
    )  # fmt: skip
    rate, p50 = map(float, done.stdout.split())
    return Measured(rate, p50)


def measure(folder: Path, compiler: str, options: argparse.Namespace) -> None:
    """Print a line for every case."""
    generator, answerer = (compiled(compiler, name, folder) for name in ("load", "echo"))
    print(f"{'':28}{'target/s':>10}{'echo/s':>10}{'ratio':>7}{'p50 us':>9}{'echo':>7}{'ratio':>7}")
    with target(folder, DISK, options.profile) as port:
        for case in CASES:
            pairs = [
                paired(generator, answerer, port, case, options.seconds)
                for _ in range(options.rounds)
            ]
            report(case, pairs)


def paired(
    generator: Path, answerer: Path, port: int, case: Case, seconds: float
) -> tuple[Measured, Measured]:
    """One round: the target, then the echo."""
    with Session(port) as session:
        mine = load(generator, session.io_queue(), case, seconds)
    with echo(answerer, case.size) as other, socket.create_connection(("127.0.0.1", other)) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return mine, load(generator, peer, case, seconds)


def report(case: Case, pairs: list[tuple[Measured, Measured]]) -> None:
    """Medians of both, and of their ratios."""
    rates = median(one.rate for one, _ in pairs), median(other.rate for _, other in pairs)
    times = median(one.p50 for one, _ in pairs), median(other.p50 for _, other in pairs)
    rate = median(one.rate / other.rate for one, other in pairs)
    time = median(one.p50 / other.p50 for one, other in pairs)
    print(
        f"{case.name:28}{rates[0]:>10.0f}{rates[1]:>10.0f}{rate:>7.2f}"
        f"{times[0]:>9.1f}{times[1]:>7.1f}{time:>7.2f}"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m bench.nvmetcp_target", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="of every measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", type=Path, help="write a profile (cProfile) of the target")
    options = parser.parse_args()
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        sys.exit("skipped: there is no C compiler to build the peer with")
    with tempfile.TemporaryDirectory(prefix="dpulab-bench-") as folder:
        measure(Path(folder), compiler, options)


if __name__ == "__main__":
    main()
