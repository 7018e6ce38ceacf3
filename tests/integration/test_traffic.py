"""Sender and receiver across a real router: namespaces a - r - b, joined by veth pairs."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from traffic.builder import packets
from traffic.spec import PacketSpec, Proto

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(shutil.which("ip") is None, reason="iproute2's ip is not installed"),
]

ROOT = Path(__file__).parents[2]
TRAFFIC = (sys.executable, "-m", "traffic")
A4, B4 = "10.81.1.2", "10.81.2.2"
A6, B6 = "fd81:1::2", "fd81:2::2"
KINDS = [(proto, to) for to in (B4, B6) for proto in Proto]

# Stdin: one packet in hex per line.
INJECT = """
import socket, sys
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
for line in sys.stdin:
    raw.sendto(bytes.fromhex(line), (sys.argv[1], 0))
"""
# SIOCETHTOOL (linux/ethtool.h): ETHTOOL_STXCSUM 0x17, ETHTOOL_SGRO 0x2c.
ETHTOOL_SET = """
import array, fcntl, socket, struct, sys
value = array.array("B", struct.pack("=II", int(sys.argv[2], 16), int(sys.argv[3])))
request = struct.pack("16sP", sys.argv[1].encode(), value.buffer_info()[0])
fcntl.ioctl(socket.socket(), 0x8946, request + bytes(16))
"""
# Frames of an interface into a pcap file (link type 1) until N IP packets from an address came;
# then the SHA-256 of those packets.
CAPTURE = """
import hashlib, socket, struct, sys
name, path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
families = socket.AF_INET, socket.AF_INET6
sources = [socket.inet_pton(*pair) for pair in zip(families, sys.argv[4:])]
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
raw.bind((name, 3))
digest = hashlib.sha256()
print("armed", flush=True)
with open(path, "wb") as out:
    out.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    while count:
        frame = raw.recv(65536)
        four = frame[12:14] == b"\\x08\\x00" and frame[26:30] == sources[0]
        six = frame[12:14] == b"\\x86\\xdd" and frame[22:38] == sources[1] and (
            frame[20] != 58 or frame[54] == 128)
        if four or six:
            out.write(struct.pack("=IIII", 0, 0, len(frame), len(frame)) + frame)
            digest.update(frame[14:])
            count -= 1
print(digest.hexdigest())
"""


@dataclass(frozen=True)
class Net:
    """Names of the three namespaces; interfaces are eth1 in a and b, ra and rb in r."""

    a: str
    r: str
    b: str

    def ip(self, namespace: str, *words: str) -> str:
        argv = ["ip", "-n", namespace, *words]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout

    def packets_out(self, namespace: str, interface: str) -> int:
        (shown,) = json.loads(self.ip(namespace, "-j", "-s", "link", "show", "dev", interface))
        return int(shown["stats64"]["tx"]["packets"])


def inside(namespace: str, *argv: str, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["ip", "netns", "exec", namespace, *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        **options,
    )


def run_in(namespace: str, *argv: str) -> None:
    subprocess.run(["ip", "netns", "exec", namespace, *argv], check=True)


def wire(net: Net) -> None:
    for namespace, prefix4, prefix6, side in (
        (net.a, "10.81.1", "fd81:1:", "ra"),
        (net.b, "10.81.2", "fd81:2:", "rb"),
    ):
        net.ip(namespace, "link", "add", "eth1", "type", "veth", "peer", side, "netns", net.r)
        for owner, device, host in ((namespace, "eth1", 2), (net.r, side, 1)):
            net.ip(owner, "addr", "add", f"{prefix4}.{host}/24", "dev", device)
            net.ip(owner, "addr", "add", f"{prefix6}:{host}/64", "dev", device, "nodad")
            net.ip(owner, "link", "set", device, "up")
        net.ip(namespace, "route", "add", "default", "via", f"{prefix4}.1")
        net.ip(namespace, "-6", "route", "add", "default", "via", f"{prefix6}:1")


def is_ready(net: Net) -> bool:
    """Whether the kernel, which takes up to a second, has put every carrier to use."""
    ends = ((net.a, "eth1"), (net.r, "ra"), (net.r, "rb"), (net.b, "eth1"))
    return all(
        "state UP" in shown and " fe80:" in shown
        for shown in (
            net.ip(namespace, "addr", "show", "dev", device) for namespace, device in ends
        )
    )


def set_sysctl(namespace: str, name: str, value: int) -> None:
    # Not /sbin/sysctl: procps is not everywhere.
    run_in(namespace, "sh", "-c", f"echo {value} > /proc/sys/net/{name}")


@contextmanager
def built() -> Iterator[Net]:
    mark = secrets.token_hex(3)
    made = Net(*(f"dpulab-tr-{mark}-{node}" for node in "arb"))
    try:
        for name in (made.a, made.r, made.b):
            subprocess.run(["ip", "netns", "add", name], check=True)
            # A router cannot ask for a neighbour while its link-local address is tentative.
            set_sysctl(name, "ipv6/conf/all/accept_dad", 0)
            set_sysctl(name, "ipv6/conf/default/accept_dad", 0)
        set_sysctl(made.r, "ipv4/ip_forward", 1)
        set_sysctl(made.r, "ipv6/conf/all/forwarding", 1)
        wire(made)
        until(lambda: is_ready(made), "links ready")
        yield made
    finally:
        for name in (made.a, made.r, made.b):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


@pytest.fixture
def net() -> Iterator[Net]:
    """A network for a test that breaks it."""
    with built() as made:
        yield made


@pytest.fixture(scope="module")
def sound_net() -> Iterator[Net]:
    """A network for the tests that leave it as it is."""
    with built() as made:
        yield made


class Receiver:
    """A receiver that is armed; leaving the context ends it."""

    def __init__(self, namespace: str, tag: str, expect: int, *more: str) -> None:
        argv = (*TRAFFIC, "receive", "--interface", "eth1", "--tag", tag, "--expect", str(expect))
        self.process = inside(namespace, *argv, "--timeout", "20", *more)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        assert json.loads(line)["event"] == "armed"

    def result(self) -> dict[str, Any]:
        out, err = self.process.communicate(timeout=30)
        assert (self.process.returncode, err) == (0, "")
        result: dict[str, Any] = json.loads(out)
        return result

    def stop(self) -> dict[str, Any]:
        self.process.send_signal(signal.SIGTERM)
        return self.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self.process:
            self.process.kill()


def new_tag() -> str:
    return secrets.token_hex(16)


def start_send(net: Net, to: str, proto: Proto, tag: str, *more: str) -> subprocess.Popen[str]:
    argv = (*TRAFFIC, "send", "--to", to, "--proto", str(proto), "--tag", tag)
    return inside(net.a, *argv, *more)


def sent(process: subprocess.Popen[str], exit_code: int = 0) -> dict[str, Any]:
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (exit_code, "")
    result: dict[str, Any] = json.loads(out)
    return result


def complaint(process: subprocess.Popen[str]) -> str:
    """What it said on stderr when it refused with exit code 1 and no result."""
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (1, "")
    return err


def until(condition: Callable[[], bool], what: str, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.01)


@pytest.mark.parametrize(("proto", "to"), KINDS)
def test_everything_arrives_whole_and_in_order(sound_net: Net, proto: Proto, to: str) -> None:
    tag = new_tag()
    with Receiver(sound_net.b, tag, 150, "--proto", str(proto)) as receiver:
        outcome = sent(start_send(sound_net, to, proto, tag, "--count", "150", "--rate", "3000"))
        result = receiver.result()
    assert (outcome["sent"], outcome["failed"]) == (150, {})
    assert outcome["from"] == (A4 if to == B4 else A6)
    clean = {"received": 150, "duplicates": 0, "reordered": 0, "corrupt": 0, "strays": 0}
    assert {key: result[key] for key in clean} == clean
    assert result["missing"]["count"] == 0
    assert (result["ended"], result["inconclusive"]) == ("complete", False)
    assert result["first_unix_ns"] < result["last_unix_ns"]


def forwarded(net: Net, more: int) -> Callable[[], bool]:
    """Whether the router has sent `more` packets towards b since this was called."""
    return emitted(net, more, net.r, "rb")


def emitted(net: Net, more: int, namespace: str = "", device: str = "eth1") -> Callable[[], bool]:
    """The same of any interface; a's by default."""
    goal = net.packets_out(namespace or net.a, device) + more
    return lambda: net.packets_out(namespace or net.a, device) >= goal


def stop_sender(sender: subprocess.Popen[str]) -> int:
    """How many packets it had sent."""
    sender.send_signal(signal.SIGTERM)
    return int(sent(sender, exit_code=1)["sent"])


def test_a_cut_link_is_seen_as_loss_from_there_on(net: Net) -> None:
    tag = new_tag()
    with Receiver(net.b, tag, 9000) as receiver:
        first_part = forwarded(net, 100)
        sender = start_send(net, B4, Proto.UDP, tag, "--count", "9000", "--rate", "500")
        until(first_part, "100 packets forwarded")
        net.ip(net.r, "link", "set", "rb", "down")
        until(emitted(net, 50), "50 packets lost")
        count = stop_sender(sender)
        result = receiver.stop()
    assert 50 < result["received"] < count
    assert result["missing"]["ranges"] == [[result["received"], 8999]]
    assert (result["ended"], result["inconclusive"]) == ("signal", False)


def test_a_receiver_survives_its_own_link_going_down_and_up(net: Net) -> None:
    tag = new_tag()
    with Receiver(net.b, tag, 9000) as receiver:
        first_part = forwarded(net, 100)
        sender = start_send(net, B4, Proto.UDP, tag, "--count", "9000", "--rate", "500")
        until(first_part, "100 packets forwarded")
        net.ip(net.b, "link", "set", "eth1", "down")
        until(emitted(net, 50), "50 packets lost")
        net.ip(net.b, "link", "set", "eth1", "up")
        until(forwarded(net, 50), "50 packets after healing")
        count = stop_sender(sender)
        result = receiver.stop()
    (lost, never_sent) = result["missing"]["ranges"]
    assert never_sent == [count, 8999]
    assert 50 < lost[0] < lost[1] < count - 1
    assert result["received"] == count - (lost[1] - lost[0] + 1)


def test_a_receiver_whose_interface_vanishes_reports_at_once(net: Net) -> None:
    tag = new_tag()
    with Receiver(net.b, tag, 5) as receiver:
        net.ip(net.b, "link", "del", "eth1")
        result = receiver.result()
    assert result["ended"] == "interface_gone"
    assert result["missing"]["count"] == 5


def test_two_runs_at_once_do_not_mix(sound_net: Net) -> None:
    tags = new_tag(), new_tag()
    flags = "--count", "200", "--rate", "1000"
    with (
        Receiver(sound_net.b, tags[0], 200, "--quiet-after", "20") as first,
        Receiver(sound_net.b, tags[1], 200, "--quiet-after", "20") as second,
    ):
        all_through = forwarded(sound_net, 400)
        senders = [start_send(sound_net, B4, Proto.UDP, tag, *flags) for tag in tags]
        for sender in senders:
            assert sent(sender)["sent"] == 200
        until(all_through, "both runs forwarded")
        results = first.stop(), second.stop()
    for result in results:
        assert (result["received"], result["duplicates"], result["strays"]) == (200, 0, 200)


def test_silence_ends_a_run_that_lost_packets(sound_net: Net) -> None:
    tag = new_tag()
    with Receiver(sound_net.b, tag, 10, "--quiet-after", "0.3") as receiver:
        sent(start_send(sound_net, B6, Proto.TCP, tag, "--count", "6"))
        result = receiver.result()
    assert (result["ended"], result["missing"]["ranges"]) == ("quiet", [[6, 9]])


def test_waiting_for_nothing_lasts_until_the_timeout(sound_net: Net) -> None:
    with Receiver(
        sound_net.b, new_tag(), 0, "--timeout", "0.5", "--quiet-after", "0.1"
    ) as receiver:
        result = receiver.result()
    assert (result["ended"], result["received"]) == ("timeout", 0)
    assert result["seconds"] >= 0.5


@pytest.mark.parametrize("to", [B4, B6])
def test_receive_offload_merges_no_segments(net: Net, to: str) -> None:
    # veth merges only what comes from an end without transmit offload; holding back what could
    # grow for 20 ms makes merging certain where it is possible.
    run_in(net.r, sys.executable, "-c", ETHTOOL_SET, "rb", "0x17", "0")
    run_in(net.b, sys.executable, "-c", ETHTOOL_SET, "eth1", "0x2c", "1")
    hold = (
        "cd /sys/class/net/eth1; echo 20000000 > gro_flush_timeout; echo 50 > napi_defer_hard_irqs"
    )
    run_in(net.b, "sh", "-c", hold)
    tag = new_tag()
    flags = "--tcp-flags", "A", "--size", "500", "--count", "150", "--rate", "0"
    with Receiver(net.b, tag, 150, "--timeout", "5") as receiver:
        sent(start_send(net, to, Proto.TCP, tag, *flags))
        result = receiver.result()
    assert (result["received"], result["corrupt"]) == (150, 0)


def test_another_runs_packets_are_never_ours(sound_net: Net) -> None:
    with Receiver(sound_net.b, new_tag(), 0) as receiver:
        all_through = forwarded(sound_net, 30)
        sent(start_send(sound_net, B6, Proto.ICMP, new_tag(), "--count", "30"))
        until(all_through, "30 packets forwarded")
        result = receiver.stop()
    assert (result["received"], result["strays"]) == (0, 30)


def test_damaged_and_doubled_packets_are_told_apart(sound_net: Net) -> None:
    tag = new_tag()
    spec = PacketSpec(A4, B4, Proto.UDP, bytes.fromhex(tag), count=20)
    run = packets(spec)
    broken = [packet[:-1] + bytes([packet[-1] ^ 4]) for packet in run[:3]]
    # Without a UDP checksum only the CRC in the payload can tell.
    unsummed = [p[:26] + b"\0\0" + p[28:-1] + bytes([p[-1] ^ 4]) for p in run[3:5]]
    mixed = [*broken, *unsummed, run[6], run[5], *run[7:], run[9]]
    with Receiver(sound_net.b, tag, 20) as receiver:
        injector = inside(sound_net.a, sys.executable, "-c", INJECT, B4, stdin=subprocess.PIPE)
        _, err = injector.communicate("\n".join(packet.hex() for packet in mixed), timeout=20)
        assert (injector.returncode, err) == (0, "")
        result = receiver.stop()
    assert result["received"] == 15
    assert (result["corrupt"], result["corrupt_by"]) == (5, {"checksum": 3, "crc": 2})
    assert (result["duplicates"], result["reordered"]) == (1, 1)
    assert result["missing"]["ranges"] == [[0, 4]]


def test_frames_that_the_kernel_dropped_make_absence_inconclusive(sound_net: Net) -> None:
    tag = new_tag()
    with Receiver(sound_net.b, tag, 300, "--buffer", "16") as receiver:
        receiver.process.send_signal(signal.SIGSTOP)
        sent(start_send(sound_net, B4, Proto.UDP, tag, "--count", "300"))
        receiver.process.send_signal(signal.SIGCONT)
        result = receiver.stop()
    assert 0 < result["received"] < 300
    assert result["kernel_drops"] >= result["missing"]["count"] > 0
    assert result["inconclusive"] is True


def test_the_default_buffer_holds_a_burst_while_the_receiver_is_paused(sound_net: Net) -> None:
    tag = new_tag()
    with Receiver(sound_net.b, tag, 5000) as receiver:
        # One packet first: neighbours must be known before a burst without pauses.
        sent(start_send(sound_net, B4, Proto.UDP, new_tag(), "--count", "1"))
        receiver.process.send_signal(signal.SIGSTOP)
        sent(start_send(sound_net, B4, Proto.UDP, tag, "--count", "5000", "--rate", "0"))
        receiver.process.send_signal(signal.SIGCONT)
        result = receiver.result()
    assert (result["received"], result["kernel_drops"]) == (5000, 0)


def capture(namespace: str, interface: str, pcap: Path, count: int) -> subprocess.Popen[str]:
    argv = sys.executable, "-c", CAPTURE, interface, str(pcap), str(count), A4, A6
    process = inside(namespace, *argv)
    assert process.stdout is not None
    assert process.stdout.readline() == "armed\n"
    return process


@pytest.mark.parametrize(("proto", "to"), KINDS)
def test_the_wire_carries_exactly_the_bytes_that_were_hashed(
    sound_net: Net, tmp_path: Path, proto: Proto, to: str
) -> None:
    pcap = tmp_path / "wire.pcap"
    with capture(sound_net.r, "ra", pcap, 20) as capturer:
        flags = "--count", "20", "--seed", "7", "--size", "333", "--ttl", "9", "--dscp", "46"
        outcome = sent(start_send(sound_net, to, proto, new_tag(), *flags))
        out, _ = capturer.communicate(timeout=20)
    assert out.strip() == outcome["sha256"]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_finds_every_checksum_good_behind_the_router(sound_net: Net, tmp_path: Path) -> None:
    pcap = tmp_path / "wire.pcap"
    with capture(sound_net.b, "eth1", pcap, 10 * len(KINDS)) as capturer:
        for proto, to in KINDS:
            sent(start_send(sound_net, to, proto, new_tag(), "--count", "10", "--size", "201"))
        capturer.communicate(timeout=20)
    names = "ip", "udp", "tcp", "icmp", "icmpv6"
    argv = ["tshark", "-r", str(pcap), "-T", "fields"]
    for name in names:
        argv += ["-e", f"{name}.checksum.status"]
    for name in names[:3]:
        argv += ["-o", f"{name}.check_checksum:TRUE"]
    out = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    assert [set(line.split()) for line in out.splitlines()] == [{"1"}] * 60


def test_a_stopped_sender_says_how_far_it_came(sound_net: Net) -> None:
    first_part = emitted(sound_net, 3)
    sender = start_send(sound_net, B4, Proto.UDP, new_tag(), "--count", "900", "--rate", "20")
    until(first_part, "first packets")
    assert 0 < stop_sender(sender) < 900


def test_a_sender_whose_own_link_is_cut_counts_what_was_refused(net: Net) -> None:
    first_part = emitted(net, 50)
    sender = start_send(net, B4, Proto.UDP, new_tag(), "--count", "1500", "--rate", "1000")
    until(first_part, "50 packets sent")
    net.ip(net.a, "link", "set", "eth1", "down")
    outcome = sent(sender, exit_code=1)
    assert 30 < outcome["sent"] < 1500
    assert outcome["sent"] + sum(outcome["failed"].values()) == 1500
    assert set(outcome["failed"]) <= {"ENETUNREACH", "ENETDOWN"}


@pytest.mark.parametrize(
    ("to", "more", "text"),
    [
        ("203.0.113.1", ("--size", "1473"), "a packet of 1501 bytes is larger than the MTU"),
        ("fe80::1", (), "no route to fe80::1"),
        ("127.0.0.1", ("--interface", "eth9"), "interface eth9: No such device"),
    ],
)
def test_what_can_never_be_sent_is_an_error(
    sound_net: Net, to: str, more: tuple[str, ...], text: str
) -> None:
    assert text in complaint(start_send(sound_net, to, Proto.UDP, new_tag(), *more))


def test_without_a_route_the_sender_says_so(net: Net) -> None:
    net.ip(net.a, "route", "del", "default")
    refused = complaint(start_send(net, B4, Proto.TCP, new_tag()))
    assert f"no route to {B4}: Network is unreachable" in refused


def test_link_local_destinations_work_with_an_interface(sound_net: Net) -> None:
    shown = json.loads(
        sound_net.ip(sound_net.r, "-6", "-j", "addr", "show", "dev", "ra", "scope", "link")
    )
    (router,) = (info["local"] for info in shown[0]["addr_info"] if info)
    flags = "--interface", "eth1", "--count", "3"
    outcome = sent(start_send(sound_net, router, Proto.UDP, new_tag(), *flags))
    assert outcome["from"].startswith("fe80:")


def test_a_receiver_on_a_downed_interface_never_says_armed(net: Net) -> None:
    net.ip(net.b, "link", "set", "eth1", "down")
    argv = (*TRAFFIC, "receive", "--interface", "eth1", "--tag", new_tag(), "--expect", "1")
    assert "interface eth1: is down" in complaint(inside(net.b, *argv))
