"""What the initiator achieves beside a C program that only keeps as many bytes under way.

4 KiB random reads over loopback, 32 and 1 at a time, of two peers: an echo in C, which answers
every 72 bytes with as many bytes as a controller would and looks at nothing (there the initiator's
queue is measured, without connecting); and this project's target on a RAM disk (there a namespace
is read, multipath and all). The other side of each pair is a load generator in C on the same peer.
Rounds alternate; ratios are of the same round. Without a C compiler it says so and does nothing.

    python -m bench.nvmetcp_host [--seconds 2] [--rounds 5] [--profile]
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import random
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import median

from bench.nvmetcp_session import SUBNQN, Session, target
from bench.nvmetcp_target import CASES, DISK, Case, Measured, compiled, echo, load
from host_sim.client import Address, ConnectOptions, Subsystem
from host_sim.queue import Queue
from nvmetcp.host import HostConfig
from nvmetcp.io import Read
from nvmetcp.pdu import ICResp, encode_ic_resp

BLOCK = 512
BLOCKS = DISK // BLOCK
QUEUE = 128


@dataclass(frozen=True)
class Peer:
    """What both sides of a pair talk to, and how the initiator does."""

    name: str
    port: int
    initiator: Callable[[int, Case, float], Awaitable[Measured]]


class OpenQueue(Queue):
    """A queue that takes the handshake for done."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Nothing is sent."""
        super().connection_made(_Mute())
        self.connection.data_to_send()
        list(self.connection.receive(encode_ic_resp(ICResp())))
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport


class _Mute(asyncio.Transport):
    """Takes what nobody is to see."""

    def write(self, data: bytes | bytearray | memoryview[int]) -> None:
        """Forget it."""

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is buffered."""


def places(per: int) -> list[int]:
    """Where to read `per` blocks, made beforehand: the generator's cost is not the initiator's."""
    return [random.randrange(BLOCKS // per) * per for _ in range(4096)]


async def of_queue(port: int, case: Case, seconds: float) -> Measured:
    """Reads through a queue, of a peer that answers everything."""
    loop = asyncio.get_running_loop()
    _, queue = await loop.create_connection(
        lambda: OpenQueue(1, HostConfig(queue_size=QUEUE), lambda _: None), "127.0.0.1", port
    )
    size, per = case.size, case.size // BLOCK
    command = Read(nsid=1, nlb=per - 1).command()
    commands = cycle([command._replace(cdw10=slba) for slba in places(per)])

    assert len((await queue.submit(next(commands), None, size)).data) == size
    found = await keep_busy(lambda: queue.submit(next(commands), None, size), case.depth, seconds)
    queue.connection_lost(None)
    return found


async def of_namespace(port: int, case: Case, seconds: float) -> Measured:
    """Reads of a namespace."""
    subsystem = Subsystem(SUBNQN)
    await subsystem.connect(ConnectOptions(Address("127.0.0.1", port), SUBNQN))
    namespace = subsystem.namespaces[1]
    per = case.size // BLOCK
    slbas = cycle(places(per))

    assert len(await namespace.read(next(slbas), per)) == case.size
    found = await keep_busy(lambda: namespace.read(next(slbas), per), case.depth, seconds)
    await subsystem.close()
    return found


async def keep_busy(read: Callable[[], Awaitable[object]], depth: int, seconds: float) -> Measured:
    """So many reads at a time, for so long."""
    times: list[float] = []
    clock = time.perf_counter
    began = clock()
    end = began + seconds

    async def worker() -> None:
        started = clock()
        while started < end:
            await read()
            now = clock()
            times.append(now - started)
            started = now

    await asyncio.gather(*(worker() for _ in range(depth)))
    return Measured(len(times) / (clock() - began), median(times) * 1e6)


def generated(generator: Path, peer: Peer, case: Case, seconds: float) -> Measured:
    """The load generator on the same peer."""
    if peer.initiator is of_namespace:
        with Session(peer.port) as session:
            return load(generator, session.io_queue(), case, seconds)
    with socket.create_connection(("127.0.0.1", peer.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return load(generator, connection, case, seconds)


def measure(folder: Path, compiler: str, options: argparse.Namespace) -> None:
    """Print a line for every peer and depth."""
    generator, answerer = (compiled(compiler, name, folder) for name in ("load", "echo"))
    print(f"{'':38}{'initiator/s':>12}{'C/s':>10}{'ratio':>7}{'p50 us':>9}{'C':>7}{'ratio':>7}")
    for case in CASES:
        pairs = []
        for _ in range(options.rounds):
            with echo(answerer, case.size) as port:
                mine = asyncio.run(of_queue(port, case, options.seconds))
            with echo(answerer, case.size) as port:
                peer = Peer("echo", port, of_queue)
                pairs.append((mine, generated(generator, peer, case, options.seconds)))
        report(f"queue, echo: {case.name}", pairs)
    with target(folder, DISK, None) as port:
        peer = Peer("target", port, of_namespace)
        for case in CASES:
            pairs = []
            for _ in range(options.rounds):
                mine = asyncio.run(of_namespace(port, case, options.seconds))
                pairs.append((mine, generated(generator, peer, case, options.seconds)))
            report(f"namespace, target: {case.name}", pairs)


def report(name: str, pairs: list[tuple[Measured, Measured]]) -> None:
    """Medians of both, and of their ratios."""
    rates = median(one.rate for one, _ in pairs), median(other.rate for _, other in pairs)
    times = median(one.p50 for one, _ in pairs), median(other.p50 for _, other in pairs)
    rate = median(one.rate / other.rate for one, other in pairs)
    latency = median(one.p50 / other.p50 for one, other in pairs)
    print(
        f"{name:43}{rates[0]:>7.0f}{rates[1]:>10.0f}{rate:>7.2f}"
        f"{times[0]:>9.1f}{times[1]:>7.1f}{latency:>7.2f}"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m bench.nvmetcp_host", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="of every measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", action="store_true", help="where the initiator's time goes")
    options = parser.parse_args()
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        sys.exit("skipped: there is no C compiler to build the peer with")
    with tempfile.TemporaryDirectory(prefix="dpulab-bench-") as name:
        folder = Path(name)
        if not options.profile:
            measure(folder, compiler, options)
            return
        with target(folder, DISK, None) as port, cProfile.Profile() as profile:
            asyncio.run(of_namespace(port, CASES[0], options.seconds))
        profile.print_stats("tottime")


if __name__ == "__main__":
    main()
