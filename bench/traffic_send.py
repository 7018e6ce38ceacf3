"""How fast does `traffic send` send, against scapy's own sending and against a bare loop?

    sudo python bench/traffic_send.py [--count N] [--scapy-count N] [--rounds N]

In a network namespace of its own with one veth pair and a fixed neighbour, the same packets leave
four ways, in turns; the median of the rounds counts:

    ours       traffic.sender.transmit of a prebuilt run, unpaced, over a raw IP socket
    scapy      scapy.sendp of a list of scapy packets that exist before the clock starts
    raw        a loop that sends one prebuilt packet over a raw IP socket: the limit of our way
    packet     a loop that sends one prebuilt frame over AF_PACKET: the limit from Python

Prints one JSON line with packets per second and ratios. Building is timed apart.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from scapy.layers.inet import IP  # noqa: E402
from scapy.layers.l2 import Ether  # noqa: E402
from scapy.sendrecv import sendp  # noqa: E402

from traffic.builder import packets  # noqa: E402
from traffic.sender import transmit  # noqa: E402
from traffic.spec import PacketSpec, Proto  # noqa: E402
from traffic.stop import StopSignal  # noqa: E402

INSIDE = "DPULAB_BENCH_INSIDE"
SOURCE, DESTINATION = "192.0.2.1", "192.0.2.2"
NEAR, FAR = "02:00:00:00:00:01", "02:00:00:00:00:02"
MAX_COUNT, MAX_SCAPY_COUNT, MAX_ROUNDS = 200_000, 5_000, 15


def wire() -> None:
    """One veth pair; frames to DESTINATION end in the far end, which has no address."""
    for words in (
        f"link add near address {NEAR} type veth peer name far address {FAR}",
        f"addr add {SOURCE}/24 dev near",
        "link set near up",
        "link set far up",
        f"neigh add {DESTINATION} lladdr {FAR} dev near nud permanent",
    ):
        subprocess.run(["ip", *words.split()], check=True)
    deadline = time.monotonic() + 10
    while near()["operstate"] != "UP":
        if time.monotonic() > deadline:
            raise TimeoutError("the veth pair never came up")
        time.sleep(0.01)


def near() -> dict[str, Any]:
    """What `ip` says of the sending end. Not sysfs: that shows the namespace it was mounted in."""
    argv = ["ip", "-j", "-s", "link", "show", "dev", "near"]
    (shown,) = json.loads(subprocess.run(argv, check=True, capture_output=True).stdout)
    return dict(shown)


def transmitted() -> int:
    """Packets that the near end has sent so far."""
    return int(near()["stats64"]["tx"]["packets"])


def ours(run: list[bytes]) -> None:
    """Our sender, unpaced."""
    with StopSignal() as stop:
        transmit(run, DESTINATION, rate=0, stop=stop)


def bare_raw(packet: bytes, count: int) -> None:
    """One IP packet again and again."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        send, to = raw.sendto, (DESTINATION, 0)
        for _ in range(count):
            send(packet, to)


def bare_packet(frame: bytes, count: int) -> None:
    """One Ethernet frame again and again."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as raw:
        raw.bind(("near", 0))
        send = raw.send
        for _ in range(count):
            send(frame)


def rate(work: Callable[[], None], count: int) -> float:
    """Packets per second; refuses a number that did not really leave."""
    before = transmitted()
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    left = transmitted() - before
    if left < count:
        raise RuntimeError(f"only {left} of {count} packets left")
    return count / seconds


def measure(count: int, scapy_count: int, rounds: int) -> dict[str, Any]:
    """All ways in turns; the median of each, and ratios to ours."""
    start = time.perf_counter()
    run = packets(PacketSpec(SOURCE, DESTINATION, Proto.UDP, bytes(16), count=count))
    built = count / (time.perf_counter() - start)
    ether = Ether(src=NEAR, dst=FAR)
    objects = [ether / IP(packet) for packet in run[:scapy_count]]
    frame = bytes(ether / IP(run[0]))
    ways: dict[str, tuple[Callable[[], None], int]] = {
        "ours": (lambda: ours(run), count),
        "scapy": (lambda: sendp(objects, iface="near", verbose=0), len(objects)),
        "raw": (lambda: bare_raw(run[0], count), count),
        "packet": (lambda: bare_packet(frame, count), count),
    }
    seen: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (work, packets_sent) in ways.items():
            seen[name].append(rate(work, packets_sent))
    pps = {name: round(statistics.median(values)) for name, values in seen.items()}
    return {
        "frame_bytes": len(frame),
        "count": count,
        "rounds": rounds,
        "build_pps": round(built),
        "send_pps": pps,
        "ours_over_scapy": round(pps["ours"] / pps["scapy"], 2),
        "ours_over_raw": round(pps["ours"] / pps["raw"], 2),
        "ours_over_packet": round(pps["ours"] / pps["packet"], 2),
    }


def arguments() -> argparse.Namespace:
    """Counts within their bounds; argparse ends the process otherwise."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--scapy-count", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    for value, most in (
        (options.count, MAX_COUNT),
        (options.scapy_count, MAX_SCAPY_COUNT),
        (options.rounds, MAX_ROUNDS),
    ):
        if not 1 <= value <= most:
            parser.error(f"{value} is not in 1..{most}")
    return options


def main() -> int:
    """Start again in a new namespace, wire it, measure, print."""
    options = arguments()
    if os.geteuid() != 0:
        sys.stderr.write("traffic_send: raw sockets and namespaces need root\n")
        return 1
    if INSIDE not in os.environ:
        argv = ["unshare", "--net", sys.executable, *sys.argv]
        return subprocess.run(argv, check=False, env=os.environ | {INSIDE: "1"}).returncode
    wire()
    print(json.dumps(measure(options.count, options.scapy_count, options.rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
