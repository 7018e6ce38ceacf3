from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, UDP, IPOption_RR
from scapy.layers.inet6 import (
    HBHOptUnknown,
    ICMPv6EchoReply,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
)
from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether
from scapy.packet import Packet, Raw

from traffic import payload
from traffic.builder import packets
from traffic.frame import Fault, Observation, Other, parse_frame, parse_packet
from traffic.spec import PacketSpec, Proto

TAG = bytes(range(16))
V4 = ("192.0.2.1", "198.51.100.2")
V6 = ("2001:db8::1", "2001:db8:1::2")
BODY = payload.encode(TAG, 3, 9, 50, seed=0)
ETHERNET = bytes.fromhex("020000000002020000000001")
KINDS = [(proto, ends) for ends in (V4, V6) for proto in Proto]


def framed(packet: bytes, kind: int | None = None) -> bytes:
    if kind is None:
        kind = 0x0800 if packet[0] >> 4 == 4 else 0x86DD
    return ETHERNET + kind.to_bytes(2, "big") + packet


def one(proto: Proto, ends: tuple[str, str]) -> bytes:
    return packets(PacketSpec(*ends, proto, TAG, count=1))[0]


def judge(frame: bytes) -> Observation | Other:
    return parse_frame(memoryview(frame))


def judge_packet(packet: Packet) -> Observation | Other:
    return parse_packet(memoryview(bytes(packet)))


def fault(frame: bytes) -> Fault | None:
    seen = judge(frame)
    assert isinstance(seen, Observation)
    return seen.fault


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


def udp4(**fields: object) -> Packet:
    return IP(src=V4[0], dst=V4[1], **fields) / UDP(sport=1, dport=2) / Raw(BODY)


def udp6(*extensions: Packet) -> Packet:
    packet = IPv6(src=V6[0], dst=V6[1])
    for extension in extensions:
        packet /= extension
    return packet / UDP(sport=1, dport=2) / Raw(BODY)


GOOD4 = Observation(TAG, 3, 9, "udp", 4, None)
GOOD6 = Observation(TAG, 3, 9, "udp", 6, None)


@pytest.mark.parametrize("tags", [[Dot1Q(vlan=5)], [Dot1AD(vlan=5), Dot1Q(vlan=6)]])
def test_vlan_tags_are_stepped_over(tags: list[Packet]) -> None:
    frame = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    for tag in tags:
        frame /= tag
    assert judge(bytes(frame / udp4())) == GOOD4


def test_padding_after_the_packet_is_not_part_of_it() -> None:
    assert judge(framed(bytes(udp4())) + bytes(18)) == GOOD4


def test_ipv4_options_are_stepped_over() -> None:
    assert judge_packet(udp4(options=[IPOption_RR(routers=["0.0.0.0"] * 3)])) == GOOD4


@pytest.mark.parametrize(
    "extensions",
    [
        [IPv6ExtHdrHopByHop(options=[HBHOptUnknown(otype=30, optdata=b"12345678")])],
        [IPv6ExtHdrDestOpt()],
        [IPv6ExtHdrHopByHop(), IPv6ExtHdrDestOpt(), IPv6ExtHdrDestOpt()],
        [IPv6ExtHdrRouting(addresses=[V6[0]], segleft=0)],
    ],
)
def test_ipv6_extension_headers_are_stepped_over(extensions: list[Packet]) -> None:
    assert judge_packet(udp6(*extensions)) == GOOD6


def test_the_chain_of_extension_headers_has_an_end() -> None:
    assert judge_packet(udp6(*[IPv6ExtHdrDestOpt() for _ in range(40)])) is Other.MALFORMED


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (udp4(flags="MF"), Other.FRAGMENT),
        (udp4(frag=3), Other.FRAGMENT),
        (udp6(IPv6ExtHdrFragment(m=1, id=1)), Other.FRAGMENT),
        (udp6(IPv6ExtHdrHopByHop(), IPv6ExtHdrFragment(offset=4, id=1)), Other.FRAGMENT),
        (udp6(IPv6ExtHdrRouting(addresses=[V6[0]], segleft=1)), Other.PROTOCOL),
        (IP(src=V4[0], dst=V4[1]) / ICMP(type=0) / Raw(BODY), Other.PROTOCOL),
        (IP(src=V4[0], dst=V4[1]) / ICMP(type=3, code=3) / udp4(), Other.PROTOCOL),
        (IPv6(src=V6[0], dst=V6[1]) / ICMPv6EchoReply(data=BODY), Other.PROTOCOL),
        (IP(src=V4[0], dst=V4[1], proto=50) / Raw(BODY), Other.PROTOCOL),
        (IP(src=V4[0], dst=V4[1], proto=58) / Raw(b"\x80" + BODY), Other.PROTOCOL),
        (IP(src=V4[0], dst=V4[1]) / UDP() / Raw(b"dpl"), Other.NO_MAGIC),
        (IP(src=V4[0], dst=V4[1]) / UDP() / Raw(b"x" * 90), Other.NO_MAGIC),
        (IP(src=V4[0], dst=V4[1], ihl=4) / UDP() / Raw(BODY), Other.MALFORMED),
        (IP(src=V4[0], dst=V4[1], len=19) / UDP() / Raw(BODY), Other.MALFORMED),
        (IP(src=V4[0], dst=V4[1], version=5) / UDP() / Raw(BODY), Other.NOT_IP),
    ],
)
def test_what_is_not_a_packet_of_a_run(packet: Packet, reason: Other) -> None:
    assert judge_packet(packet) is reason


def test_frames_without_ip() -> None:
    assert judge(bytes(Ether(dst="ff:ff:ff:ff:ff:ff", src="02:00:00:00:00:01") / ARP())) is (
        Other.NOT_IP
    )
    assert judge(framed(b"", kind=0x0800)) is Other.TRUNCATED
    assert judge(b"") is Other.TRUNCATED
    assert judge(framed(b"\x00\x01", kind=0x8100)) is Other.TRUNCATED


@pytest.mark.parametrize(("proto", "ends"), KINDS)
def test_a_flipped_bit_anywhere_is_never_received_as_good(
    proto: Proto, ends: tuple[str, str]
) -> None:
    packet = one(proto, ends)
    good = judge(framed(packet))
    unprotected = {1, 2, 3, 7} if ends is V6 else set()  # IPv6 class, label, hop limit
    for at in range(len(packet)):
        seen = judge(framed(flipped(packet, at)))
        if at not in unprotected:
            assert seen != good, f"byte {at}"


@pytest.mark.parametrize(("proto", "ends"), KINDS)
def test_a_damaged_payload_fails_the_checksum_first(proto: Proto, ends: tuple[str, str]) -> None:
    assert fault(framed(flipped(one(proto, ends), -1 % len(one(proto, ends))))) is Fault.CHECKSUM


def test_a_payload_changed_with_its_checksum_fails_the_crc() -> None:
    packet = IP(src=V4[0], dst=V4[1]) / UDP() / Raw(flipped(BODY, 40))
    assert fault(framed(bytes(packet))) is Fault.CRC


def test_a_port_changed_without_the_checksum_is_found() -> None:
    assert fault(framed(flipped(bytes(udp4()), 22))) is Fault.CHECKSUM


def test_udp_without_checksum_is_fine_in_ipv4_only() -> None:
    four = IP(src=V4[0], dst=V4[1]) / UDP(chksum=0) / Raw(BODY)
    six = IPv6(src=V6[0], dst=V6[1]) / UDP(chksum=0) / Raw(BODY)
    assert fault(framed(bytes(four))) is None
    assert fault(framed(bytes(six))) is Fault.CHECKSUM


def test_lengths_that_disagree() -> None:
    wrong = IP(src=V4[0], dst=V4[1]) / UDP(len=20) / Raw(BODY)
    assert fault(framed(bytes(wrong))) is Fault.LENGTH
    assert fault(framed(bytes(udp4()))[:-1]) is Fault.LENGTH
    assert fault(framed(bytes(udp6()))[:-5]) is Fault.LENGTH


@pytest.mark.parametrize(("proto", "ends"), KINDS)
def test_a_frame_cut_anywhere_is_never_received_as_good(
    proto: Proto, ends: tuple[str, str]
) -> None:
    frame = framed(one(proto, ends))
    for length in range(len(frame)):
        seen = judge(frame[:length])
        assert seen in {Other.TRUNCATED, Other.NOT_IP} or (
            isinstance(seen, Observation) and seen.fault is Fault.LENGTH
        ), length


def total(seen: Observation | Other) -> bool:
    return isinstance(seen, Other) or (
        isinstance(seen, Observation) and len(seen.tag) == 16 and seen.version in {4, 6}
    )


@settings(max_examples=200)
@example(b"\x45" + bytes(19))
@example(b"\x60" + bytes(39))
@example(b"\x4f\x00\xff\xff" + bytes(8))
@given(st.binary(max_size=160))
def test_any_bytes_are_judged(data: bytes) -> None:
    assert total(parse_packet(memoryview(data)))
    assert total(parse_frame(memoryview(data)))
    assert total(parse_frame(memoryview(framed(data, 0x0800))))
    assert total(parse_frame(memoryview(framed(data, 0x86DD))))


SAMPLES = [framed(one(proto, ends)) for proto, ends in KINDS] + [
    framed(bytes(udp6(IPv6ExtHdrHopByHop(), IPv6ExtHdrDestOpt()))),
    framed(bytes(udp4(options=[IPOption_RR(routers=["0.0.0.0"])]))),
]


@settings(max_examples=200)
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=6),
    st.integers(0, 250),
)
def test_any_damage_to_a_real_frame_is_judged(
    frame: bytes, edits: list[tuple[int, int]], length: int
) -> None:
    damaged = bytearray(frame)
    for at, value in edits:
        damaged[at % len(damaged)] = value
    assert total(parse_frame(memoryview(damaged)[:length]))
