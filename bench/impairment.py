"""What the loss classifier costs a frame, with and without it in the same run.

Two measurements: the program alone (BPF_PROG_TEST_RUN, nanoseconds a run, beside an empty one),
and frames a second through a veth pair (raw socket, sendmmsg, best of rounds taken in turns).
Run as root: python -m bench.impairment [SECONDS]
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys
import time
from pathlib import Path

from pyroute2 import IPRoute, netns

from lab.links.impairment import apply, classifier, clear
from lab.links.impairment import bpf_syscall as bpf
from lab.links.impairment.bpf_asm import Assembler, Reg
from lab.links.netns import run_in
from lab.topology.model import Impairment

REPEAT = 1_000_000
BATCH = 512
ROUNDS = 20
RARE = 1e-9
FRAME = b"\x02" * 6 + b"\x04" * 6 + struct.pack("!H", 0x88B5) + bytes(50)
CASES = {
    "loss": Impairment(loss=RARE),
    "loss + corrupt": Impairment(loss=RARE, corrupt=RARE),
    "loss + corrupt + duplicate": Impairment(loss=RARE, corrupt=RARE, duplicate=RARE),
    "every frame corrupted": Impairment(corrupt=1.0),
}


class _IoVec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_char_p), ("length", ctypes.c_size_t)]


class _Message(ctypes.Structure):
    """struct mmsghdr of sendmmsg(2)."""

    _fields_ = [
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.POINTER(_IoVec)),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("sent", ctypes.c_uint32),
    ]


def program_costs() -> dict[str, int]:
    """Nanoseconds a run of the empty program and of the classifier in each case."""
    asm = Assembler()
    asm.mov(Reg.R0, classifier.TC_ACT_UNSPEC)
    asm.exit()
    with bpf.closing(bpf.prog_load(bpf.ProgramType.SCHED_CLS, asm.assemble(), "empty")) as fd:
        costs = {"empty program": _best(fd)}
    for name, asked in CASES.items():
        with bpf.closing(classifier.load(asked, gso_segs_before=0)) as fd:
            costs[name] = _best(fd)
    return costs


def _best(program: int) -> int:
    return min(bpf.prog_test_run(program, FRAME, REPEAT // 5).nanoseconds for _ in range(5))


def frames_per_second(path: Path, seconds: float) -> dict[str, float]:
    """The best round's frames a second through the pair, bare and with each case."""
    rates: dict[str, list[float]] = {"no program": []}
    with run_in(path, _socket) as sender:
        for _ in range(ROUNDS):
            clear(path, "tx")
            rates["no program"].append(_pump(sender, seconds / ROUNDS))
            for name, asked in CASES.items():
                apply(path, "tx", asked)
                rates.setdefault(name, []).append(_pump(sender, seconds / ROUNDS))
    return {name: max(each) for name, each in rates.items()}


def _socket() -> socket.socket:
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind(("tx", 0))
    return sock


def _pump(sender: socket.socket, seconds: float) -> float:
    vector = _IoVec(FRAME, len(FRAME))
    message = _Message(vectors=ctypes.pointer(vector), vector_count=1)
    batch = (_Message * BATCH)(*[message] * BATCH)
    libc, sent, started = ctypes.CDLL(None, use_errno=True), 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        done = libc.sendmmsg(sender.fileno(), batch, BATCH, 0)
        if done < 0:
            raise OSError(ctypes.get_errno(), "sendmmsg")
        sent += done
    return sent / (time.perf_counter() - started)


def main() -> None:
    """Print both tables."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    costs = program_costs()
    print(f"{'program alone, ' + str(len(FRAME)) + ' bytes':32}{'ns a run':>10}")
    for name, cost in costs.items():
        print(f"{name:32}{cost:>10}")
    name = f"dplb-{os.getpid()}"
    netns.create(name)
    try:
        with IPRoute(netns=name) as ipr:
            ipr.link("add", ifname="tx", kind="veth", peer="rx")
            for end in ("tx", "rx"):
                ipr.link("set", index=ipr.link_lookup(ifname=end)[0], state="up")
        rates = frames_per_second(Path("/var/run/netns", name), seconds)
    finally:
        netns.remove(name)
    bare = rates["no program"]
    print(f"\n{'through a veth pair':32}{'frames/s':>10}{'ratio':>8}{'ns more':>9}")
    for case, rate in rates.items():
        print(f"{case:32}{rate:>10.0f}{rate / bare:>8.2f}{1e9 / rate - 1e9 / bare:>9.0f}")


if __name__ == "__main__":
    main()
