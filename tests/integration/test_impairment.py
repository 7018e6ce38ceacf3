"""Impairments on real interfaces: what the kernel does equals what the model says."""

from __future__ import annotations

import hashlib
import itertools
import os
import select
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pyroute2 import IPRoute, netns
from pyroute2.ethtool.ioctl import IoctlEthtool

from lab import capabilities
from lab.errors import LabError, UnsupportedError
from lab.links.impairment import (
    Counters,
    apply,
    bpf_syscall,
    classifier,
    clear,
    fate,
    read,
    shaping,
)
from lab.links.impairment import filter as egress_filter
from lab.links.impairment.bpf_asm import Assembler, Cond, Reg, Size
from lab.links.netns import run_in
from lab.topology.model import Impairment

pytestmark = pytest.mark.integration

ETHERTYPE = 0x88B5  # IEEE 802: for local experiments
FRAMES = 2000
LENGTH = 200
SO_RCVBUFFORCE = 33  # asm-generic/socket.h
RUN = os.getpid()
COUNT = itertools.count()


def _need(*names: str) -> None:
    for name in names:
        found = capabilities.probe_one(name)
        if not found.available:
            pytest.skip(f"{name}: {found.reason}")


@dataclass
class Wire:
    """A veth pair between two namespaces: `tx` in `near`, `rx` in `far`. Nothing else is sent."""

    near: Path
    far: Path

    def socket(self, end: str) -> socket.socket:
        """A raw socket bound to one end."""

        def make() -> socket.socket:
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE))
            sock.bind((end, ETHERTYPE))
            sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
            return sock

        return run_in(self.near if end.startswith("tx") else self.far, make)

    def pass_frames(self, count: int = FRAMES, length: int = LENGTH, end: str = "") -> list[bytes]:
        """Send frames 0 to count-1 and return what arrives at the other end."""
        with self.socket("tx" + end) as sender, self.socket("rx" + end) as receiver:
            for number in range(count):
                sender.send(frame(number, length))
            return list(_arrivals(receiver))

    def inside(self, act: Callable[[IPRoute, int], int | None]) -> int | None:
        """Run `act(ipr, index of tx)` in the near namespace."""

        def body() -> int | None:
            with IPRoute() as ipr:
                return act(ipr, ipr.link_lookup(ifname="tx")[0])

        return run_in(self.near, body)


def frame(number: int, length: int = LENGTH) -> bytes:
    """A frame whose payload starts with its number and whose header nothing changes."""
    head = b"\x02" * 6 + b"\x04" * 6 + struct.pack("!HI", ETHERTYPE, number)
    return head + bytes(index & 0xFF for index in range(length - len(head)))


def _arrivals(receiver: socket.socket) -> Iterator[bytes]:
    """Frames until none comes for a while: a veth pair hands over within the send call."""
    while select.select([receiver], [], [], 0.2)[0]:
        yield receiver.recv(65536)


def _numbers(frames: list[bytes]) -> list[int]:
    return [struct.unpack_from("!I", each, 14)[0] for each in frames]


def expected(asked: Impairment, count: int = FRAMES, length: int = LENGTH) -> list[bytes]:
    """What the model lets arrive of frames 0 to count-1."""
    return [out for number in range(count) for out in _outcome(number, length, asked)]


def _outcome(number: int, length: int, asked: Impairment) -> list[bytes]:
    """What the model makes of one frame: no, one or two copies."""
    met = fate(number, length, asked)
    out = bytearray(frame(number, length))
    if met.corrupted_bit is not None:
        out[met.corrupted_bit // 8] ^= 1 << met.corrupted_bit % 8
    return [bytes(out)] * (0 if met.lost else 1 + met.duplicated)


def _connect(near: str, far: str, suffix: str = "") -> None:
    tx, rx = "tx" + suffix, "rx" + suffix

    def make() -> None:
        with IPRoute() as ipr:
            ipr.link("add", ifname=tx, kind="veth", peer={"ifname": rx, "net_ns_fd": far})

    def raise_(name: str) -> None:
        with IPRoute() as ipr:
            ipr.link("set", index=ipr.link_lookup(ifname=name)[0], state="up")

    run_in(Path("/var/run/netns", near), make)
    run_in(Path("/var/run/netns", near), lambda: raise_(tx))
    run_in(Path("/var/run/netns", far), lambda: raise_(rx))


def _silence() -> None:
    """No IPv6: its neighbour discovery would send frames of its own."""
    for scope in ("all", "default"):
        Path(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6").write_text("1")


@pytest.fixture
def wire() -> Iterator[Wire]:
    _need("netns", "veth", "ebpf-atomic")
    names = [f"dplt-{RUN}-{next(COUNT)}" for _ in range(2)]
    made = []
    try:
        for name in names:
            netns.create(name)
            made.append(name)
            run_in(Path("/var/run/netns", name), _silence)
        _connect(*names)
        yield Wire(*(Path("/var/run/netns", name) for name in names))
    finally:
        for name in made:
            netns.remove(name)


def _apply(wire: Wire, **asked: float) -> Impairment:
    impairment = replace(Impairment(seed=42), **asked)  # type: ignore[arg-type]
    apply(wire.near, "tx", impairment)
    return impairment


@pytest.mark.parametrize(
    "asked",
    [
        {"loss": 0.1},
        {"duplicate": 0.1},
        {"corrupt": 0.1},
        {"loss": 0.2, "duplicate": 0.3, "corrupt": 0.4, "seed": 7},
        {"loss": 1.0},
        {"duplicate": 1.0, "corrupt": 1.0, "seed": 2**64 - 1},
    ],
)
def test_every_frame_meets_the_fate_of_the_model(wire: Wire, asked: dict[str, float]) -> None:
    impairment = _apply(wire, **asked)
    assert Counter(wire.pass_frames()) == Counter(expected(impairment))


def test_test_run_gives_the_model_frame_by_frame() -> None:
    _need("ebpf-atomic")
    asked = Impairment(loss=0.3, corrupt=0.5, seed=99)
    with bpf_syscall.closing(classifier.load(asked, gso_segs_before=0)) as program:
        for number in range(1000):
            length = 60 + number % 50
            ran = bpf_syscall.prog_test_run(program, frame(number, length))
            outcome = _outcome(number, length, asked)
            assert (ran.verdict == classifier.TC_ACT_STOLEN) is (outcome == [])
            assert outcome in ([], [ran.frame])


def test_same_seed_same_losses_other_seed_others(wire: Wire) -> None:
    def arrived(seed: int) -> list[int]:
        _apply(wire, loss=0.1, seed=seed)
        return _numbers(wire.pass_frames())

    first, again, other = arrived(5), arrived(5), arrived(6)
    assert first == again
    assert first != other


def test_counters_say_what_happened(wire: Wire) -> None:
    asked = _apply(wire, loss=0.1, duplicate=0.2, corrupt=0.3)
    wire.pass_frames(1000)
    fates = [fate(number, LENGTH, asked) for number in range(1000)]
    state = read(wire.near, "tx")
    assert state.impairment == asked
    assert state.counters == Counters(
        seen=1000,
        lost=sum(each.lost for each in fates),
        duplicated=sum(each.duplicated for each in fates),
        corrupted=sum(each.corrupted_bit is not None for each in fates),
    )


def test_clear_restores(wire: Wire) -> None:
    before = wire.inside(egress_filter._gso_segments)
    _apply(wire, loss=1.0, rate_bps=1_000_000)
    _apply(wire, loss=1.0, rate_bps=2_000_000)
    clear(wire.near, "tx")
    clear(wire.near, "tx")
    assert len(wire.pass_frames(100)) == 100
    state = read(wire.near, "tx")
    assert (state.impairment.is_none, state.counters) == (True, Counters())
    assert wire.inside(egress_filter._gso_segments) == before
    assert not wire.inside(_root_handle)


def _root_handle(ipr: IPRoute, index: int) -> int:
    """0 for the root qdisc that the kernel gives by itself."""
    return next(
        int(q["handle"]) for q in ipr.get_qdiscs(index=index) if q["parent"] == shaping.ROOT
    )


def test_apply_replaces_and_restarts_the_sequence(wire: Wire) -> None:
    _apply(wire, loss=1.0)
    wire.pass_frames(10)
    asked = _apply(wire, duplicate=0.5)
    assert read(wire.near, "tx").counters.seen == 0
    assert Counter(wire.pass_frames(200)) == Counter(expected(asked, 200))


@pytest.mark.parametrize("asked", [{"loss": 0.25}, {"rate_bps": 5_000_003}, {}])
def test_what_is_in_force_satisfies_what_was_asked(wire: Wire, asked: dict[str, float]) -> None:
    impairment = _apply(wire, **asked)
    state = read(wire.near, "tx")
    assert state.satisfies(impairment)
    assert not state.satisfies(replace(impairment, loss=0.5))


def test_two_interfaces_are_independent(wire: Wire) -> None:
    _connect(wire.near.name, wire.far.name, "2")
    first, second = Impairment(loss=0.5, seed=1), Impairment(loss=0.5, seed=2)
    apply(wire.near, "tx", first)
    apply(wire.near, "tx2", second)
    assert wire.pass_frames(500) == expected(first, 500)
    assert wire.pass_frames(500, end="2") == expected(second, 500)
    clear(wire.near, "tx2")
    assert read(wire.near, "tx").counters.seen == 500


def test_mark_of_frame_and_copy_survive(wire: Wire) -> None:
    mark = 0x1234
    asked = _apply(wire, duplicate=0.5)
    wire.inside(lambda ipr, index: _take_marked(ipr, index, mark))
    with wire.socket("tx") as sender, wire.socket("rx") as receiver:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
        for number in range(100):
            sender.send(frame(number))
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 0)
        for number in range(100, 200):
            sender.send(frame(number))
        arrived = list(_arrivals(receiver))
    assert arrived == [each for each in expected(asked, 200) if _numbers([each])[0] >= 100]


def _take_marked(ipr: IPRoute, index: int, mark: int) -> None:
    """A filter behind ours drops what carries the mark, so what arrives shows who lacked it."""
    asm = Assembler()
    asm.load(Size.WORD, Reg.R1, Reg.R1, 8)  # __sk_buff.mark
    asm.mov(Reg.R0, classifier.TC_ACT_STOLEN)
    asm.jump_if(Reg.R1, Cond.EQ, mark, "out")
    asm.mov(Reg.R0, classifier.TC_ACT_UNSPEC)
    asm.label("out")
    asm.exit()
    kind = bpf_syscall.ProgramType.SCHED_CLS
    with bpf_syscall.closing(bpf_syscall.prog_load(kind, asm.assemble(), "dplt_mark")) as program:
        place = {"index": index, "parent": egress_filter.EGRESS, "prio": 0xFFF1}
        ipr.tc("add-filter", "bpf", fd=program, name="mark", direct_action=True, **place)


def test_rate_is_within_15_percent(wire: Wire) -> None:
    _need("tbf")
    rate = 5_000_000  # slow enough for any machine that tests
    asked = _apply(wire, rate_bps=rate)
    times: list[float] = []
    with wire.socket("tx") as sender, wire.socket("rx") as receiver:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 20 << 10)  # waits instead of drops
        pump = threading.Thread(target=lambda: [sender.send(frame(n, 1500)) for n in range(300)])
        pump.start()
        times.extend(time.monotonic() for _ in _arrivals(receiver))
        pump.join()
    assert read(wire.near, "tx").impairment == replace(asked, seed=1)
    assert len(times) == 300
    steady = times[20:]  # behind the burst that the bucket starts with
    measured = 1500 * 8 * (len(steady) - 1) / (steady[-1] - steady[0])
    assert 0.85 * rate < measured < 1.15 * rate


def test_full_queue_is_counted(wire: Wire) -> None:
    _need("tbf")
    _apply(wire, rate_bps=100_000)
    with wire.socket("tx") as sender:
        refused = 0
        for number in range(100):
            try:
                sender.send(frame(number, 1500))
            except OSError:
                refused += 1
    assert read(wire.near, "tx").queue_dropped == refused > 0


def test_loss_and_rate_together(wire: Wire) -> None:
    _need("tbf")
    asked = _apply(wire, loss=0.5, rate_bps=100_000_000)
    assert wire.pass_frames(200) == expected(asked, 200)
    assert read(wire.near, "tx").impairment == asked


@pytest.mark.parametrize(("near", "far"), [("192.0.2.1", "192.0.2.2"), ("fd00::1", "fd00::2")])
def test_corrupted_tcp_never_reaches_the_application(wire: Wire, near: str, far: str) -> None:
    """A flip before the kernel finishes the checksum must still be a wrong checksum outside."""
    run_in(wire.near, lambda: _address("tx", near))
    run_in(wire.far, lambda: _address("rx", far))
    _apply(wire, corrupt=0.05)
    data = bytes(index * 7 & 0xFF for index in range(1 << 20))
    family = socket.AF_INET6 if ":" in far else socket.AF_INET
    with run_in(wire.far, lambda: socket.create_server((far, 5000), family=family)) as listener:
        listener.settimeout(10)
        pump = threading.Thread(target=lambda: run_in(wire.near, lambda: _send_all(far, data)))
        pump.start()
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(20)
            got = hashlib.sha256()
            while chunk := connection.recv(1 << 16):
                got.update(chunk)
        pump.join()
    counters = read(wire.near, "tx").counters
    assert got.digest() == hashlib.sha256(data).digest()
    assert counters.corrupted > 20
    assert counters.aggregated == 0


def _address(name: str, address: str) -> None:
    """Give the interface an address, and finished checksums as the engine does."""
    Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("0")
    ethtool = IoctlEthtool(name)
    ethtool.set_offload_flag("tx-checksumming", False)
    ethtool.close()
    with IPRoute() as ipr:
        index = ipr.link_lookup(ifname=name)[0]
        # 0x02: no duplicate address detection
        ipr.addr("add", index=index, address=address, prefixlen=24, flags=0x02)


def _send_all(far: str, data: bytes) -> None:
    with socket.create_connection((far, 5000), timeout=10) as client:
        client.settimeout(20)
        client.sendall(data)


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_nothing_is_left_behind(wire: Wire) -> None:
    descriptors = _descriptors()
    ids = []
    for seed in range(5):
        _apply(wire, loss=0.5, seed=seed)
        ids.append(wire.inside(egress_filter.program_id))
        read(wire.near, "tx")
    assert len(set(ids)) == 5
    assert set(bpf_syscall.prog_ids()) >= {ids[-1]}
    wire.inside(lambda ipr, index: ipr.link("del", index=index) and None)
    deadline = time.monotonic() + 10
    while set(ids) & set(bpf_syscall.prog_ids()):  # the kernel frees after a grace period
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert _descriptors() == descriptors
    assert threading.active_count() == 1


def test_missing_interface_is_a_clear_error(wire: Wire) -> None:
    def apply_loss(path: Path, name: str) -> None:
        apply(path, name, Impairment(loss=0.1))

    for act in (apply_loss, clear, read):
        with pytest.raises(LabError) as caught:
            act(wire.near, "eth7")
        assert caught.value.message == f"no interface eth7 in {wire.near}"
        assert caught.value.hint == "it has: lo, tx"


def test_missing_namespace_is_a_clear_error() -> None:
    with pytest.raises(LabError, match=r"network namespace /nowhere: No such file or directory"):
        read(Path("/nowhere"), "tx")


def test_foreign_root_qdisc_is_left_alone(wire: Wire) -> None:
    _need("tbf")
    own = {"rate": 10**6, "burst": 10**4, "limit": 10**5}
    wire.inside(lambda ipr, index: ipr.tc("add", "tbf", index=index, handle=0x10000, **own) and 0)
    with pytest.raises(LabError, match="tx has a root qdisc \\(tbf\\) that is not the lab's"):
        _apply(wire, rate_bps=10**7)
    asked = _apply(wire, loss=0.5)
    assert wire.pass_frames(20) == expected(asked, 20)
    clear(wire.near, "tx")
    assert wire.inside(_root_handle) == 0x10000


def test_delay_without_netem_says_so_and_changes_nothing(wire: Wire) -> None:
    if capabilities.probe_one("netem").available:
        pytest.skip("this kernel has netem")
    before = _apply(wire, loss=0.25, rate_bps=8_000_000)
    with pytest.raises(UnsupportedError) as caught:
        _apply(wire, delay_us=10_000, jitter_us=1_000, loss=0.5)
    assert caught.value.capability == "netem"
    assert str(caught.value) == (
        "delay 10000 us with jitter 1000 us: delay needs netem, which this kernel lacks\n"
        "  hint: load the module (modprobe sch_netem) or drop delay and jitter; "
        "loss, duplicate, corrupt and rate work without it"
    )
    assert read(wire.near, "tx").impairment == before


def test_every_change_between_rate_and_delay(wire: Wire) -> None:
    _need("netem", "tbf")
    rate, delay = Impairment(rate_bps=8_000_000), Impairment(delay_us=20_000, jitter_us=1_000)
    both = replace(delay, rate_bps=rate.rate_bps)
    for before, after in itertools.permutations([Impairment(), rate, delay, both], 2):
        apply(wire.near, "tx", before)
        apply(wire.near, "tx", after)
        assert read(wire.near, "tx").satisfies(after), (before, after)
        assert len(wire.pass_frames(5)) == 5


def test_delay_with_netem(wire: Wire) -> None:
    _need("netem", "tbf")
    asked = _apply(wire, delay_us=50_000, rate_bps=8_000_000, loss=0.5)
    started = time.monotonic()
    with wire.socket("tx") as sender, wire.socket("rx") as receiver:
        for number in range(20):
            sender.send(frame(number))
        arrived = list(_arrivals(receiver))
    assert time.monotonic() - started > 0.05
    assert arrived == expected(asked, 20)
    assert read(wire.near, "tx").impairment == asked
    clear(wire.near, "tx")
    assert len(wire.pass_frames(20)) == 20
