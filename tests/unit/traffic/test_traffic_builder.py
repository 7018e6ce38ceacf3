from __future__ import annotations

import shutil
import struct
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6

from traffic.builder import digest, packets
from traffic.frame import Observation, parse_packet
from traffic.spec import PacketSpec, Proto

TAG = bytes(range(16))
V4 = ("192.0.2.1", "198.51.100.2")
V6 = ("2001:db8::1", "2001:db8:1::2")
KINDS = [(proto, ends) for ends in (V4, V6) for proto in Proto]


def scapy_view(spec: PacketSpec, packet: bytes) -> Any:
    return IPv6(packet) if spec.version == 6 else IP(packet)


def rebuilt_by_scapy(spec: PacketSpec, packet: bytes) -> bytes:
    """The packet with every length and checksum that scapy knows computed by scapy."""
    view = scapy_view(spec, packet)
    layer = view
    # What scapy takes the payload for depends on the ports and is none of our business.
    while isinstance(layer, (IP, IPv6, ICMP, ICMPv6EchoRequest, TCP, UDP)):
        for field in ("chksum", "cksum", "len", "plen"):
            if field in getattr(layer, "fields", {}):
                delattr(layer, field)
        layer = layer.payload
    return bytes(view)


@st.composite
def specs(draw: st.DrawFn) -> PacketSpec:
    proto, (source, destination) = draw(st.sampled_from(KINDS))
    ports = st.none() if proto is Proto.ICMP else st.integers(0, 65535)
    return PacketSpec(
        source=source,
        destination=destination,
        proto=proto,
        tag=draw(st.binary(min_size=16, max_size=16)),
        count=draw(st.integers(1, 4)),
        size=draw(st.integers(32, 200)),
        sport=draw(ports),
        dport=draw(ports),
        dscp=draw(st.integers(0, 63)),
        ttl=draw(st.integers(1, 255)),
        seed=draw(st.integers(0, 2**64)),
        tcp_flags=draw(st.sampled_from(["S", "PA", "R", "FA", ""])),
    )


@settings(max_examples=120, deadline=None)
@given(specs())
def test_every_checksum_and_length_is_what_scapy_computes(spec: PacketSpec) -> None:
    for packet in packets(spec):
        assert rebuilt_by_scapy(spec, packet) == packet


@settings(max_examples=120, deadline=None)
@given(specs())
def test_the_receiver_reads_back_what_was_built(spec: PacketSpec) -> None:
    seen = [parse_packet(memoryview(packet)) for packet in packets(spec)]
    assert seen == [
        Observation(spec.tag, seq, spec.count, str(spec.proto), spec.version, None)
        for seq in range(spec.count)
    ]


@pytest.mark.parametrize(("proto", "ends"), KINDS)
def test_headers_are_as_asked(proto: Proto, ends: tuple[str, str]) -> None:
    ports: dict[str, Any] = {} if proto is Proto.ICMP else {"sport": 1111, "dport": 2222}
    spec = PacketSpec(*ends, proto, TAG, count=3, size=40, dscp=46, ttl=7, **ports)
    view = scapy_view(spec, packets(spec)[1])
    assert (view.src, view.dst) == ends
    service, hops = (view.tc, view.hlim) if spec.version == 6 else (view.tos, view.ttl)
    assert (service, hops) == (46 << 2, 7)
    if proto is Proto.ICMP:
        assert view[ICMPv6EchoRequest if spec.version == 6 else ICMP].seq == 1
    else:
        layer = view[UDP if proto is Proto.UDP else TCP]
        assert (layer.sport, layer.dport) == (1111, 2222)


def test_ipv4_packets_forbid_fragmenting_and_have_ids_that_differ_and_are_not_0() -> None:
    run = packets(PacketSpec(*V4, Proto.UDP, TAG, count=70000, size=32))
    ids = [packet[4] << 8 | packet[5] for packet in run]
    assert 0 not in ids
    assert len(set(ids)) == 65535
    assert all(packet[6] == 0x40 for packet in run[:100])


def test_tcp_segments_never_adjoin() -> None:
    run = packets(PacketSpec(*V4, Proto.TCP, TAG, count=5, size=100, tcp_flags="PA"))
    numbers = [IP(packet)[TCP].seq for packet in run]
    assert {(b - a) % 2**32 for a, b in pairwise(numbers)} == {101}


def test_a_udp_checksum_that_comes_out_0_is_sent_as_ffff() -> None:
    base = PacketSpec(*V6, Proto.UDP, TAG, count=1)
    field = int.from_bytes(packets(replace(base, dport=0))[0][46:48], "big")
    # Raising the port by the checksum makes the sum all ones (RFC 1624 eqn. 3, with HC' = 0).
    packet = packets(replace(base, dport=field))[0]
    assert packet[46:48] == b"\xff\xff"
    seen = parse_packet(memoryview(packet))
    assert isinstance(seen, Observation)
    assert seen.fault is None


@pytest.mark.parametrize(("proto", "ends"), KINDS)
def test_same_seed_same_bytes(proto: Proto, ends: tuple[str, str]) -> None:
    spec = PacketSpec(*ends, proto, TAG, count=4, seed=1)
    assert digest(packets(spec)) == digest(packets(spec))
    assert digest(packets(spec)) != digest(packets(replace(spec, seed=2)))


def test_packets_of_a_run_differ_from_each_other() -> None:
    run = packets(PacketSpec(*V4, Proto.UDP, TAG, count=50))
    assert len({packet[60:] for packet in run}) == 50


def test_the_bytes_do_not_change_between_versions() -> None:
    run = packets(PacketSpec(*V4, Proto.UDP, TAG, count=3, size=48, seed=42))
    assert digest(run) == "37bfb5a0ad51f5c01e58f2e519c433b851f234f104e6d891f2519155455a3fce"


def pcap_of(run: list[bytes]) -> bytes:
    """A capture file with link type 101 (raw IP; draft-ietf-opsawg-pcap)."""
    head = struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    return head + b"".join(
        struct.pack("=IIII", 0, 0, len(packet), len(packet)) + packet for packet in run
    )


def checksum_states(pcap: Path) -> list[set[str]]:
    """Per packet, what tshark says of its checksums: 1 is good (0 bad, 2 unverified)."""
    protocols = ("ip", "udp", "tcp", "icmp", "icmpv6")
    argv = ["tshark", "-r", str(pcap), "-T", "fields"]
    for name in protocols[:3]:
        argv += ["-o", f"{name}.check_checksum:TRUE"]
    for name in protocols:
        argv += ["-e", f"{name}.checksum.status"]
    out = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    return [set(line.split()) for line in out.splitlines()]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("spoil", [False, True])
def test_tshark_finds_every_checksum_good(tmp_path: Path, spoil: bool) -> None:
    run = [
        packet
        for proto, ends in KINDS
        for packet in packets(PacketSpec(*ends, proto, TAG, count=5, size=77, seed=3))
    ]
    if spoil:  # the oracle must be able to say no
        run = [packet[:-1] + bytes([packet[-1] ^ 1]) for packet in run]
    pcap = tmp_path / "run.pcap"
    pcap.write_bytes(pcap_of(run))
    states = checksum_states(pcap)
    assert len(states) == len(run)
    assert all(("0" in state) if spoil else (state == {"1"}) for state in states)
