"""Published ports."""

from __future__ import annotations

import pytest

from lab.topology.model import PortBinding
from lab.topology.ports import collide, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("80", [("127.0.0.1", 0, 80, "tcp")]),
        ("8080:80", [("127.0.0.1", 8080, 80, "tcp")]),
        ("8080:80/UDP", [("127.0.0.1", 8080, 80, "udp")]),
        ("0.0.0.0:8080:80", [("0.0.0.0", 8080, 80, "tcp")]),
        ("192.0.2.1::80", [("192.0.2.1", 0, 80, "tcp")]),
        ("[2001:db8::1]:1:2/sctp", [("2001:db8::1", 1, 2, "sctp")]),
        ("5-6:7-8", [("127.0.0.1", 5, 7, "tcp"), ("127.0.0.1", 6, 8, "tcp")]),
        ("5-6", [("127.0.0.1", 0, 5, "tcp"), ("127.0.0.1", 0, 6, "tcp")]),
    ],
)
def test_forms(text: str, expected: list[tuple[str, int, int, str]]) -> None:
    assert parse(text) == [PortBinding(*values) for values in expected]


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "80:",
        "::",
        "0:80",
        "80:0",
        "6-5:1-2",
        "1-2-3:4",
        "1-65535:1-65535",
        "x:1:2",
        "1:2:3",
    ],
)
def test_what_is_no_port(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no|is not|publishes"):
        parse(text)


def test_collisions() -> None:
    (loopback,) = parse("8080:80")
    assert collide(loopback, parse("8080:81")[0])
    assert collide(loopback, parse("0.0.0.0:8080:80")[0])
    assert not collide(loopback, parse("192.0.2.1:8080:80")[0])
    assert not collide(loopback, parse("8080:80/udp")[0])
    assert not collide(parse("80")[0], parse("80")[0])
