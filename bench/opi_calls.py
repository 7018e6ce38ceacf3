"""What a call of opid costs beside a bare grpc.aio server that answers with the same message.

Get, List (one page of 50) and Create of NVMe subsystems at 1, 16 and 128 callers; both servers in
turns, each in a process of its own, the storage target in a third. The bare server parses the
request and answers from memory: it checks nothing and stores nothing, so Create, which opid brings
to the target and to the disk, has a second peer: that many commits of an SQLite file, one by one.
opid logs every call to a file: read by the caller, its log would slow down the caller. `time` is
opid's time for a round over the bare server's in the same turn, the median of all turns; `cpu` is
what the servers themselves need for a call, whatever else the machine does.
Then memory of both servers, and a list of 10,000 subsystems page by page.

    python -m bench.opi_calls [--calls 2000] [--objects 10000] [--rounds 5] [--methods METHOD ...]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from operator import truediv
from pathlib import Path
from statistics import median, quantiles
from typing import IO, Any

import grpc.aio

from opi.catalog import catalog
from opi.proto.opi_api.storage.v1 import frontend_nvme_pb2 as pb

SERVICE = "opi_api.storage.v1.FrontendNvmeService"
CALLERS = (1, 16, 128)
PAGE = 50
_numbers = itertools.count(1)


def subsystem(number: int) -> pb.NvmeSubsystem:
    """One of many subsystems that differ in their NQN."""
    spec = pb.NvmeSubsystemSpec(nqn=f"nqn.2022-09.io.spdk:n{number}", model_number="OPI")
    return pb.NvmeSubsystem(spec=spec)


def requests() -> dict[str, Callable[[], Any]]:
    """What makes the request of each method."""
    return {
        "GetNvmeSubsystem": lambda: pb.GetNvmeSubsystemRequest(name="nvmeSubsystems/sub0"),
        "ListNvmeSubsystems": lambda: pb.ListNvmeSubsystemsRequest(page_size=PAGE),
        "CreateNvmeSubsystem": lambda: pb.CreateNvmeSubsystemRequest(
            nvme_subsystem=subsystem(next(_numbers))
        ),
    }


# -- the bare server


def bare_handler(method: str, answer: Any) -> Any:
    """Parses the request and answers with the message."""
    described = catalog().method(f"{SERVICE}/{method}")

    async def serve(_: Any, __: Any) -> Any:
        return answer

    return grpc.unary_unary_rpc_method_handler(
        serve, described.request.FromString, described.response.SerializeToString
    )


async def serve_bare() -> None:
    """Serve on any port of loopback; print the port."""
    one = pb.NvmeSubsystem(name="nvmeSubsystems/sub0", spec=subsystem(0).spec)
    one.status.firmware_revision = "26.09"
    answers = {
        "GetNvmeSubsystem": one,
        "ListNvmeSubsystems": pb.ListNvmeSubsystemsResponse(nvme_subsystems=[one] * PAGE),
        "CreateNvmeSubsystem": one,
    }
    handlers = {name: bare_handler(name, answer) for name, answer in answers.items()}
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    await server.start()
    await server.wait_for_termination()


# -- measuring


def stub_of(channel: grpc.aio.Channel, method: str) -> Any:
    """What calls a method of the service."""
    described = catalog().method(f"{SERVICE}/{method}")
    return channel.unary_unary(
        described.path,
        request_serializer=described.request.SerializeToString,
        response_deserializer=described.response.FromString,
    )


@dataclass
class Times:
    """Latencies of calls, duration of rounds and the server's CPU time in them, in seconds."""

    calls: list[float] = field(default_factory=list)
    rounds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def rate(self, count: int) -> float:
        """Calls a second of the median round with `count` calls."""
        return count / median(self.rounds)

    @property
    def p50(self) -> float:
        """Median latency in milliseconds."""
        return median(self.calls) * 1000

    @property
    def p99(self) -> float:
        """99th percentile of the latency in milliseconds."""
        return quantiles(self.calls, n=100)[98] * 1000


async def round_of(call: Callable[[], Awaitable[Any]], callers: int, count: int) -> Times:
    """`count` calls by so many callers, each of whom waits for its answer."""
    times = Times()
    turns = iter(range(count))

    async def caller() -> None:
        for _ in turns:
            began = time.perf_counter()
            await call()
            times.calls.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    times.rounds.append(time.perf_counter() - began)
    return times


@dataclass(frozen=True)
class Peer:
    """A server that is measured: a channel to it, and its process."""

    channel: grpc.aio.Channel
    pid: int


async def compare(
    peers: dict[str, Peer], method: str, callers: int, count: int, rounds: int
) -> dict[str, Times]:
    """Rounds in turns, so that what the machine does meanwhile hits both."""
    make = requests()[method]
    found = {name: Times() for name in peers}
    for number in range(rounds + 1):
        for name, peer in peers.items():
            stub = stub_of(peer.channel, method)
            before = cpu_seconds(peer.pid)
            times = await round_of(partial(_once, stub, make), callers, count)
            if number:  # the first round warms up
                found[name].calls += times.calls
                found[name].rounds += times.rounds
                found[name].cpu.append(cpu_seconds(peer.pid) - before)
    return found


async def _once(stub: Any, make: Callable[[], Any]) -> None:
    await stub(make())


def print_comparison(method: str, callers: int, count: int, found: dict[str, Times]) -> None:
    """A line of the table."""
    ours, bare = found["opid"], found["bare"]
    ratio = median(map(truediv, ours.rounds, bare.rounds))
    cpu = (sum(one.cpu) / len(one.calls) * 1e6 for one in (ours, bare))
    print(
        f"{method:22}{callers:>8}{ours.rate(count):>10.0f}{bare.rate(count):>10.0f}"
        f"{ours.p50:>9.2f}{bare.p50:>9.2f}{ours.p99:>9.2f}{bare.p99:>9.2f}"
        + "".join(f"{one:>9.0f}" for one in cpu)
        + f"{ratio:>8.2f}"
    )


def commits_per_second(folder: Path, count: int = 200) -> float:
    """Durable SQLite transactions, one row each, one after the other."""
    db = sqlite3.connect(folder / "peer.db", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE t (k TEXT PRIMARY KEY, v BLOB)")
    began = time.perf_counter()
    for number in range(count):
        db.execute("INSERT INTO t VALUES (?, ?)", (str(number), b"x" * 100))
    return count / (time.perf_counter() - began)


def resident(pid: int) -> float:
    """Resident memory of a process in MiB (proc(5), VmRSS)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"process {pid} has no VmRSS")


def cpu_seconds(pid: int) -> float:
    """CPU time of a process with all its threads (proc(5), utime and stime), in 10 ms."""
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")


async def list_all(channel: grpc.aio.Channel, objects: int, size: int) -> tuple[float, int]:
    """Read every page; return seconds and the number of pages. The count must be right."""
    stub = stub_of(channel, "ListNvmeSubsystems")
    token, pages = "", 0
    names: set[str] = set()
    began = time.perf_counter()
    while token or not pages:
        answer = await stub(pb.ListNvmeSubsystemsRequest(page_size=size, page_token=token))
        names.update(one.name for one in answer.nvme_subsystems)
        token, pages = answer.next_page_token, pages + 1
    seconds = time.perf_counter() - began
    if len(names) != objects:
        raise AssertionError(f"the pages hold {len(names)} subsystems, not {objects}")
    return seconds, pages


# -- processes


@contextmanager
def process(
    *argv: str, log: IO[bytes] | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of this Python with the first line that it prints; stderr goes to `log`."""
    command = [sys.executable, "-m", *argv]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    assert started.stdout is not None
    try:
        yield started, started.stdout.readline().strip()
    finally:
        started.kill()
        started.wait()


@contextmanager
def opid(folder: Path, *flags: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """An opid with its state and its log in a folder, and where it serves gRPC."""
    log = folder / "opid.log"
    own = ("--insecure", "--grpc", "127.0.0.1:0", "--http", "", "--notify-fd", "1")
    state = ("--state-dir", str(folder / "state"))
    with ExitStack() as stack:
        output = stack.enter_context(log.open("wb"))
        argv = ("dpu_sim.server", *own, *state, *flags)
        started, _ = stack.enter_context(process(*argv, log=output))
        yield started, endpoint_in(log)


def endpoint_in(log: Path) -> str:
    """The first endpoint of the line with which opid says that it serves."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for line in log.read_text().splitlines():
            if '"message": "serving"' in line:
                return str(json.loads(line)["endpoints"][0])
        time.sleep(0.01)
    raise TimeoutError(f"opid does not serve: {log.read_text()}")


def roomy(folder: Path) -> Path:
    """A configuration of the target that takes more subsystems than the 1,024 of SPDK's own."""
    room = {"method": "nvmf_set_max_subsystems", "params": {"max_subsystems": 1 << 16}}
    path = folder / "target.json"
    path.write_text(json.dumps({"subsystems": [{"subsystem": "nvmf", "config": [room]}]}))
    return path


async def run(options: argparse.Namespace, stack: ExitStack) -> None:
    """All measurements, on servers that `stack` ends."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dpulab-bench-")))
    target = str(folder / "spdk.sock")
    arguments = ("-r", target, "-c", str(roomy(folder)), "--notify-fd", "1", "--log-level", "error")
    stack.enter_context(process("dpu_sim.spdk_sim", *arguments))
    bare, port = stack.enter_context(process("bench.opi_calls", "--serve-bare"))
    server, endpoint = stack.enter_context(opid(folder, "--spdk-socket", target))
    peers = {
        "opid": Peer(grpc.aio.insecure_channel(endpoint), server.pid),
        "bare": Peer(grpc.aio.insecure_channel(f"127.0.0.1:{port}"), bare.pid),
    }
    ours = peers["opid"].channel
    idle = resident(server.pid), resident(bare.pid)
    await fill(ours, PAGE)
    print(f"{'':30}{'calls/s':>20}{'p50 ms':>18}{'p99 ms':>18}{'cpu us':>18}{'time':>8}")
    print(
        f"{'method':22}{'callers':>8}" + f"{'opid':>10}{'bare':>10}" + f"{'opid':>9}{'bare':>9}" * 3
    )
    for method in options.methods:
        for callers in CALLERS:
            count = options.calls if method.startswith("Get") else options.calls // 10
            count = max(count, callers)
            found = await compare(peers, method, callers, count, options.rounds)
            print_comparison(method, callers, count, found)
    print(f"{'SQLite commits a second, one by one':40}{commits_per_second(folder):>10.0f}")
    print(f"\nmemory, MiB{'opid':>19}{'bare':>10}{'ratio':>8}")
    print(f"{'idle':12}{idle[0]:>18.1f}{idle[1]:>10.1f}{idle[0] / idle[1]:>8.2f}")
    made = await fill(ours, options.objects)
    grown = resident(server.pid)
    print(f"{made} objects{grown:>{29 - len(str(made)) - 8}.1f}")
    for size in (PAGE, 250):
        seconds, pages = await list_all(ours, made, size)
        each = seconds / pages * 1000
        print(f"list of {made} by {size}: {pages} pages in {seconds:.2f} s, {each:.2f} ms a page")
    for peer in peers.values():
        await peer.channel.close()


async def fill(channel: grpc.aio.Channel, objects: int) -> int:
    """Create subsystems until there are so many, nvmeSubsystems/sub0 among them."""
    create = stub_of(channel, "CreateNvmeSubsystem")
    first = pb.NvmeSubsystem(spec=subsystem(0).spec)
    await create(pb.CreateNvmeSubsystemRequest(nvme_subsystem_id="sub0", nvme_subsystem=first))
    count = await count_all(channel)
    if objects > count:
        make = requests()["CreateNvmeSubsystem"]
        await round_of(partial(_once, create, make), 64, objects - count)
    return max(count, objects)


async def count_all(channel: grpc.aio.Channel) -> int:
    """How many subsystems there are."""
    lister = stub_of(channel, "ListNvmeSubsystems")
    count, token = 0, None
    while token != "":
        answer = await lister(pb.ListNvmeSubsystemsRequest(page_size=250, page_token=token))
        count, token = count + len(answer.nvme_subsystems), answer.next_page_token
    return count


def main() -> None:
    """Run the benchmark, or the bare server that it starts."""
    parser = argparse.ArgumentParser(prog="python -m bench.opi_calls", description=__doc__)
    parser.add_argument("--calls", type=int, default=2000, help="calls of Get a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--objects", type=int, default=10_000)
    every = list(requests())
    parser.add_argument("--methods", nargs="+", choices=every, default=every, metavar="METHOD")
    parser.add_argument("--serve-bare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve_bare:
        asyncio.run(serve_bare())
        return
    with ExitStack() as stack:
        asyncio.run(run(options, stack))


if __name__ == "__main__":
    main()
