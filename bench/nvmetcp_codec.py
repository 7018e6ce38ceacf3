"""What the NVMe/TCP codec costs per command, beside the least that any Python code has to do.

Both ends work on bytes in memory, no sockets: 4 KiB reads and writes, and 128 KiB reads, in bursts
of 32 as they come at queue depth 32. The peer for each is copying the payload once and unpacking
and packing one header of the same sizes with `struct`. Rounds alternate; medians are compared.

    python -m bench.nvmetcp_codec [--commands 6400] [--rounds 7]
"""

from __future__ import annotations

import argparse
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from nvmetcp import pdu as p
from nvmetcp.controller import ControllerConnection
from nvmetcp.events import CommandArrived, Completed
from nvmetcp.host import HostConfig, HostConnection
from nvmetcp.io import Read, Write, block_count, first_block
from nvmetcp.status import Completion

BURST = 32
QUEUE = 128
SQE = struct.Struct("<BBBBIBBHIIIQQI3xB6I")
DATA = struct.Struct("<BBBBIHHIIxxxx")
CQE = struct.Struct("<BBBBIIIHHHH")


@dataclass(frozen=True)
class Case:
    """One kind of command, and which end of the connection is measured."""

    name: str
    size: int
    once: Callable[[], None]


def ready(config: HostConfig) -> tuple[HostConnection, ControllerConnection]:
    """Both ends after the handshake, with a queue of 128."""
    host, controller = HostConnection(config), ControllerConnection()
    host.open()
    list(controller.receive(b"".join(host.data_to_send())))
    list(host.receive(b"".join(controller.data_to_send())))
    controller.queue_created(1, QUEUE)
    return host, controller


def controller_reads(size: int, *, digests: bool = False) -> Callable[[], None]:
    """A burst of Reads: parse the commands, look up the blocks, answer with views of a disk."""
    host, controller = ready(HostConfig(digests, digests, queue_size=QUEUE))
    command = Read(nsid=1, slba=0, nlb=size // 512 - 1).command()
    for _ in range(BURST):
        host.submit(command, length=size)
    burst = b"".join(host.data_to_send())
    disk = memoryview(bytes(1 << 20))

    def once() -> None:
        for event in controller.receive(burst):
            assert isinstance(event, CommandArrived)
            start = first_block(event.command) * 512
            end = start + block_count(event.command) * 512
            controller.respond(event.command.cid, disk[start:end])
        controller.data_to_send()

    return once


def controller_writes(size: int) -> Callable[[], None]:
    """A burst of Writes with their data in the capsule: parse, copy to a disk, complete."""
    host, controller = ready(HostConfig(queue_size=QUEUE))
    command = Write(nsid=1, slba=0, nlb=size // 512 - 1).command()
    for _ in range(BURST):
        host.submit(command, bytes(size))
    burst = b"".join(host.data_to_send())
    disk = bytearray(1 << 20)

    def once() -> None:
        for event in controller.receive(burst):
            assert isinstance(event, CommandArrived)
            assert event.data is not None
            start = first_block(event.command) * 512
            disk[start : start + len(event.data)] = event.data
            controller.complete(Completion(event.command.cid))
        controller.data_to_send()

    return once


def host_reads(size: int) -> Callable[[], None]:
    """A burst of Reads from the host's side: submit, take data and completions."""
    host, _ = ready(HostConfig(queue_size=BURST + 1))
    command = Read(nsid=1, slba=0, nlb=size // 512 - 1).command()
    framing, data = p.Framing(), bytes(size)
    answers = []
    for cid in range(BURST):
        answers += [*p.encode_c2h_data(framing, cid, 0, data)]
        answers.append(p.encode_response(framing, Completion(cid).pack()))
    burst = b"".join(answers)

    def once() -> None:
        for _ in range(BURST):
            host.submit(command, length=size)
        host.data_to_send()
        done = sum(isinstance(event, Completed) for event in host.receive(burst))
        assert done == BURST

    return once


def least(size: int) -> Callable[[], None]:
    """Copy the payload, unpack a command, pack a data header and a completion; 32 times."""
    payload, disk = memoryview(bytes(size)), bytearray(size)
    command = SQE.pack(4, 0, 72, 0, 72, *([0] * 16))

    def once() -> None:
        for _ in range(BURST):
            disk[:] = payload
            SQE.unpack_from(command)
            DATA.pack(7, 4, 24, 24, 24 + size, 1, 0, 0, size)
            CQE.pack(5, 0, 24, 0, 24, 0, 0, 1, 1, 1, 0)

    return once


def seconds(once: Callable[[], None], bursts: int) -> float:
    """How long that many bursts take."""
    start = time.perf_counter()
    for _ in range(bursts):
        once()
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--commands", type=int, default=6400)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    bursts = max(1, options.commands // BURST)
    cases = [
        Case("controller, 4 KiB read", 4096, controller_reads(4096)),
        Case("controller, 4 KiB read, both digests", 4096, controller_reads(4096, digests=True)),
        Case("controller, 4 KiB write in capsule", 4096, controller_writes(4096)),
        Case("controller, 128 KiB read", 131072, controller_reads(131072)),
        Case("host, 4 KiB read", 4096, host_reads(4096)),
        Case("host, 128 KiB read", 131072, host_reads(131072)),
    ]
    print(f"{'microseconds per command':40} {'codec':>8} {'least':>8} {'ratio':>7}")
    for case in cases:
        peer = least(case.size)
        pairs = [(seconds(case.once, bursts), seconds(peer, bursts)) for _ in range(options.rounds)]
        mine, floor = (median(side) / bursts / BURST * 1e6 for side in zip(*pairs, strict=True))
        print(f"{case.name:40} {mine:8.2f} {floor:8.2f} {mine / floor:7.1f}")


if __name__ == "__main__":
    main()
