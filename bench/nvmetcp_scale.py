"""What one more namespace, host or queue costs, and what many of them cost while nothing happens.

Costs are CPU time (of the kernel's scheduler, in nanoseconds), so they hold beside other work. A
ratio is the median cost of the last ten divided by that of the first ten: 1 is flat.

    python -m bench.nvmetcp_scale [--namespaces 1000] [--hosts 64] [--queues 64] [--seconds 2]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from spdk.rpc.client import JSONRPCClient

from bench.nvmetcp_session import BLOCK, SUBNQN, Served, served
from host_sim.client import Address, ConnectOptions, Identity, Subsystem
from nvmetcp.io import Read
from tests.nvme_host import Host, HostQueue

FEW = 10
READS = 500
DISK = 8 << 20


def cpu(pid: int) -> float:
    """CPU time of a process's main thread, in seconds: /proc/PID/schedstat, first field."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def memory(pid: int) -> float:
    """Resident memory of a process in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / (1 << 20)


def idle(pid: int, seconds: float) -> float:
    """CPU share of a process that has nothing to do, in percent."""
    before = cpu(pid)
    time.sleep(seconds)
    return (cpu(pid) - before) / seconds * 100


def costs(pid: int, units: Iterable[Callable[[], object]]) -> list[float]:
    """CPU time of the process for each unit, in microseconds."""
    found = []
    for unit in units:
        before = cpu(pid)
        unit()
        found.append((cpu(pid) - before) * 1e6)
    return found


def report(name: str, found: list[float], grown: float) -> None:
    """One line: cost of the first and last few, their ratio, memory of each."""
    first, last = median(found[:FEW]), median(found[-FEW:])
    print(
        f"{name:24}{len(found):>6}{first:>10.0f}{last:>10.0f}{last / first:>7.2f}"
        f"{grown * 1024 / len(found):>10.1f}"
    )


def read_cost(pid: int, queue: HostQueue) -> float:
    """CPU time of one read, in microseconds: the median of ten runs."""
    command = Read(nsid=1, nlb=7).command()

    def run() -> None:
        for _ in range(READS // FEW):
            queue.wait(queue.submit(command, length=8 * BLOCK))

    return median(costs(pid, [run] * FEW)) / (READS // FEW)


def grow(one: Served, options: argparse.Namespace) -> None:
    """The target: namespaces, then hosts, then queues, then rest."""
    pid = one.pid
    print(f"target alone: idle {idle(pid, options.seconds):.2f}% CPU, {memory(pid):.0f} MiB")
    with ExitStack() as stack:
        rpc = JSONRPCClient(str(one.rpc), timeout=10.0)
        stack.callback(rpc.close)
        first = stack.enter_context(Host(("127.0.0.1", one.port), SUBNQN))
        queue = first.io_queue()
        before = read_cost(pid, queue)
        print(f"{'':24}{'units':>6}{'first us':>10}{'last us':>10}{'ratio':>7}{'KiB each':>10}")
        for n in range(options.namespaces):
            rpc.call("bdev_null_create", {"name": f"n{n}", "block_size": BLOCK, "num_blocks": 8})

        def add(name: str) -> object:
            wanted = {"nqn": SUBNQN, "namespace": {"bdev_name": name}}
            return rpc.call("nvmf_subsystem_add_ns", wanted)

        had = memory(pid)
        names = [f"n{n}" for n in range(options.namespaces)]
        found = costs(pid, [lambda name=name: add(name) for name in names])  # type: ignore[misc]
        report("target: namespace", found, memory(pid) - had)

        def connect() -> None:
            stack.enter_context(Host(("127.0.0.1", one.port), SUBNQN)).io_queue()

        had = memory(pid)
        found = costs(pid, [connect] * options.hosts)
        report("target: host", found, memory(pid) - had)
        had = memory(pid)
        other = stack.enter_context(Host(("127.0.0.1", one.port), SUBNQN))
        numbers = range(1, options.queues + 1)
        found = costs(pid, [lambda n=n: other.io_queue(n, 32) for n in numbers])  # type: ignore[misc]
        report("target: queue", found, memory(pid) - had)
        after = read_cost(pid, queue)
        print(f"target: read of 4 KiB, before {before:.1f} us, with all {after:.1f} us, "
              f"ratio {after / before:.2f}")  # fmt: skip
        print(f"target with all: idle {idle(pid, options.seconds):.2f}% CPU, "
              f"{memory(pid):.0f} MiB")  # fmt: skip


async def initiate(one: Served, subnqn: str, hosts: int, seconds: float) -> None:
    """The initiator: associations of so many hosts, what each costs, what they cost at rest."""
    had, found, all_of_them = memory(os.getpid()), [], []
    for n in range(hosts):
        subsystem = Subsystem(subnqn)
        identity = Identity.of(f"nqn.2024-01.io.dpulab:host-{n}")
        options = ConnectOptions(Address("127.0.0.1", one.port), subnqn, identity=identity)
        before = time.process_time()
        await subsystem.connect(options)
        found.append((time.process_time() - before) * 1e6)
        all_of_them.append(subsystem)
    namespaces = len(all_of_them[0].namespaces)
    report(f"initiator: host, {namespaces} ns", found, memory(os.getpid()) - had)
    before = time.process_time()
    await asyncio.sleep(seconds)
    share = (time.process_time() - before) / seconds * 100
    print(f"initiator, {hosts} hosts of {namespaces} namespaces: idle {share:.2f}% CPU, "
          f"{memory(os.getpid()):.0f} MiB; {median(found) / namespaces:.0f} us to connect "
          "for each namespace")  # fmt: skip
    await asyncio.gather(*(subsystem.close() for subsystem in all_of_them))


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m bench.nvmetcp_scale", description=__doc__)
    parser.add_argument("--namespaces", type=int, default=1000)
    parser.add_argument("--hosts", type=int, default=64)
    parser.add_argument("--queues", type=int, default=64, help="of one host")
    parser.add_argument("--seconds", type=float, default=2.0, help="of rest")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="dpulab-bench-") as name,
        served(Path(name), DISK) as one,
    ):
        asyncio.run(initiate(one, SUBNQN, options.hosts, options.seconds))
        grow(one, options)
        asyncio.run(initiate(one, SUBNQN, 1, options.seconds))


if __name__ == "__main__":
    main()
