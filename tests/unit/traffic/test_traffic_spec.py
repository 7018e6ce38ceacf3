from __future__ import annotations

from typing import Any

import pytest

from traffic.errors import SpecError
from traffic.spec import MAX_COUNT, PacketSpec, Proto, parse_tag

TAG = bytes(range(16))


def spec(**changes: Any) -> PacketSpec:
    base: dict[str, Any] = {
        "source": "192.0.2.1",
        "destination": "192.0.2.2",
        "proto": Proto.UDP,
        "tag": TAG,
    }
    return PacketSpec(**base | changes)


def test_a_tag_is_32_hex_digits() -> None:
    assert parse_tag(TAG.hex().upper()) == TAG


@pytest.mark.parametrize("text", ["", "00", "zz" * 16, "00" * 17, " " + "00" * 16, "00 " * 16])
def test_any_other_tag_is_refused_by_its_flag(text: str) -> None:
    with pytest.raises(SpecError, match=r"--tag: .* is not 32 hex digits"):
        parse_tag(text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"destination": "host2"}, "--to: 'host2' is not an IPv4 or IPv6 address"),
        ({"destination": "192.0.2.0/24"}, "--to: '192.0.2.0/24' is not an IPv4"),
        ({"destination": "fe80::1%eth1"}, "name the interface with --interface"),
        ({"source": "2001:db8::1"}, "differ in IP version"),
        ({"source": "here"}, "--source: 'here' is not"),
        ({"tag": b"short"}, "--tag: 5 bytes instead of 16"),
        ({"count": 0}, "--count: 0 is not in 1..1000000"),
        ({"count": MAX_COUNT + 1}, "--count: 1000001"),
        ({"size": 31}, "--size: 31 is not in 32..65507"),
        ({"size": 65508}, "--size: 65508"),
        ({"count": MAX_COUNT, "size": 1400}, "--count x --size: more than"),
        ({"dscp": 64}, "--dscp: 64 is not in 0..63"),
        ({"ttl": 0}, "--ttl: 0 is not in 1..255"),
        ({"sport": 65536}, "--sport: 65536"),
        ({"dport": -1}, "--dport: -1"),
        ({"proto": Proto.ICMP, "dport": 7}, "--dport: icmp has no ports"),
        ({"tcp_flags": "SX"}, "--tcp-flags: 'SX'"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_its_flag(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        spec(**changes)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("proto", "version", "largest"),
    [
        (Proto.UDP, 4, 65507),
        (Proto.TCP, 4, 65495),
        (Proto.UDP, 6, 65527),
        (Proto.ICMP, 6, 65527),
    ],
)
def test_the_largest_payload_fills_the_ip_length_field(
    proto: Proto, version: int, largest: int
) -> None:
    ends = ("192.0.2.1", "192.0.2.2") if version == 4 else ("2001:db8::1", "2001:db8::2")
    changes = {"proto": proto, "source": ends[0], "destination": ends[1]}
    assert spec(size=largest, **changes).version == version
    with pytest.raises(SpecError, match="--size"):
        spec(size=largest + 1, **changes)
