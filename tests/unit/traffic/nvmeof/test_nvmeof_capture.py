from __future__ import annotations

import gzip
import json
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment
from scapy.layers.l2 import CookedLinux, Dot1Q, Ether, Loopback
from scapy.packet import Packet, Raw

from tests.unit.traffic.nvmeof.wire import (
    CLIENT,
    DOWN,
    SERVER,
    UP,
    admin_session,
    frame,
    rebuilt,
    segments,
    write_pcap,
)
from traffic.cli import main
from traffic.errors import SpecError
from traffic.nvmeof.builders import Dialect, connect, connect_data, transport
from traffic.nvmeof.capture import check_capture
from traffic.nvmeof.nvme import NVMeSQE
from traffic.nvmeof.segments import ACK, Segment, parse_segment

ROOT = Path(__file__).parents[4]
FOUR = IP(src="10.0.0.1", dst="10.0.0.2")
SIX = IPv6(src="2001:db8::1", dst="2001:db8::2")
BODY = TCP(sport=5, dport=6, seq=7, ack=8, flags="A", options=[("NOP", None)] * 4) / Raw(b"data")
EXPECTED = (7, 8, ACK, b"data", 0)


def essence(segment: Segment | None) -> tuple[int, int, int, bytes, int]:
    assert segment is not None
    assert (segment.source.port, segment.target.port) == (5, 6)
    assert segment.source.address in {"10.0.0.1", "2001:db8::1"}
    return segment.seq, segment.ack, segment.flags, segment.data, segment.missing


@pytest.mark.parametrize(
    ("link", "packet"),
    [
        (1, Ether() / FOUR / BODY),
        (1, Ether() / SIX / BODY),
        (1, Ether() / Dot1Q(vlan=5) / Dot1Q(vlan=6) / FOUR / BODY),
        (1, Ether() / SIX / IPv6ExtHdrDestOpt() / BODY),
        (101, FOUR / BODY),
        (229, SIX / BODY),
        (0, Loopback() / FOUR / BODY),
        (113, CookedLinux() / FOUR / BODY),
    ],
)
def test_frames_are_read_as_scapy_builds_them(link: int, packet: Packet) -> None:
    assert essence(parse_segment(bytes(packet), link)) == EXPECTED


def test_padding_of_ethernet_is_no_data() -> None:
    assert essence(parse_segment(bytes(Ether() / FOUR / BODY) + bytes(10), 1)) == EXPECTED


def test_what_a_capture_cut_off_is_missing() -> None:
    segment = parse_segment(bytes(Ether() / FOUR / BODY)[:-3], 1)
    assert segment is not None
    assert (segment.data, segment.missing) == (b"d", 3)


@pytest.mark.parametrize(
    ("link", "packet"),
    [
        (1, Ether() / IP(proto=17) / BODY),
        (1, Ether() / IP(flags="MF") / BODY),
        (1, Ether() / SIX / IPv6ExtHdrFragment(m=1) / BODY),
        (1, Ether(type=0x0806) / Raw(bytes(28))),
        (147, FOUR / BODY),
    ],
)
def test_anything_else_is_no_segment(link: int, packet: Packet) -> None:
    assert parse_segment(bytes(packet), link) is None


@settings(max_examples=200)
@given(st.binary(max_size=120), st.sampled_from([0, 1, 101, 113, 276, 999]))
def test_any_bytes_are_a_segment_or_none(data: bytes, link: int) -> None:
    segment = parse_segment(data, link)
    assert segment is None or len(segment.data) + segment.missing < 1 << 16


def pcapng(packets: list[Segment]) -> bytes:
    """A capture in the newer format, time stamps in microseconds."""

    def block(kind: int, body: bytes) -> bytes:
        body = body.ljust((len(body) + 3) // 4 * 4, b"\0")
        size = len(body) + 12
        return struct.pack("<II", kind, size) + body + struct.pack("<I", size)

    image = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    image += block(1, struct.pack("<HHI", 1, 0, 0))
    for number, segment in enumerate(packets, 1):
        data = frame(segment)
        head = struct.pack("<IIIII", 0, 0, number * 1000, len(data), len(data))
        image += block(6, head + data)
    return image


def as_pcap(path: Path, packets: list[Segment]) -> None:
    write_pcap(path, packets)


def as_zipped(path: Path, packets: list[Segment]) -> None:
    write_pcap(path, packets)
    path.write_bytes(gzip.compress(path.read_bytes()))


def as_pcapng(path: Path, packets: list[Segment]) -> None:
    path.write_bytes(pcapng(packets))


@pytest.mark.parametrize("write", [as_pcap, as_zipped, as_pcapng])
def test_formats(tmp_path: Path, write: Callable[[Path, list[Segment]], None]) -> None:
    pdus = admin_session().pdus
    path = tmp_path / "talk"
    write(path, list(segments(pdus)))
    report = check_capture(path)
    assert report.as_json()["clean"]
    assert (report.connections, report.pdus) == (1, len(pdus))
    pdus[-1] = pdus[-1][0], rebuilt(pdus[-1][1], cqe__cid=999)
    packets = list(segments(pdus))
    write(path, packets)
    (found,) = check_capture(path).violations
    assert (found.rule, found.packet) == ("cqe-cid", len(packets) - 2)


def test_frames_larger_than_64_kib(tmp_path: Path) -> None:
    """Loopback has them: 65,495 bytes of data, and its headers beyond the IP packet's."""
    dialect, size = Dialect(True, True), 200_000
    read = NVMeSQE(opcode=2, nsid=1, cid=2, sgl=transport(size))
    pdus = [
        (UP, bytes(dialect.ic_req())),
        (DOWN, bytes(dialect.ic_resp())),
        (UP, bytes(dialect.command(connect(cid=1, qid=1), connect_data("nqn.a")))),
        (DOWN, bytes(dialect.response(cid=1, sqhd=1))),
        (UP, bytes(dialect.command(read))),
        (DOWN, bytes(dialect.c2h_data(2, 0, bytes(size)))),
        (DOWN, bytes(dialect.response(cid=2, sqhd=2))),
    ]
    packets = list(segments(pdus, size=65_495))
    assert max(len(frame(one)) for one in packets) > 65_535
    write_pcap(tmp_path / "talk", packets)
    report = check_capture(tmp_path / "talk")
    assert report.as_json()["clean"]
    assert report.pdus == len(pdus)


def test_keep_alive_uses_the_times_of_the_capture(tmp_path: Path) -> None:
    packets = list(segments(admin_session().pdus))
    write_pcap(tmp_path / "talk", packets)
    image = bytearray((tmp_path / "talk").read_bytes())
    last = len(image) - sum(len(frame(one)) + 16 for one in packets[-3:])
    struct.pack_into("<I", image, last, 60)  # seconds
    (tmp_path / "talk").write_bytes(image)
    report = check_capture(tmp_path / "talk")
    assert report.rules == {"keep-alive": 1}
    assert "time-out 10.000 s" in report.violations[0].message


@pytest.mark.parametrize("content", [None, b"", b"no capture at all, but text"])
def test_what_is_no_capture(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "talk"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SpecError, match="talk"):
        check_capture(path)


def test_other_ports_have_to_be_named(tmp_path: Path) -> None:
    server = SERVER._replace(port=9999)
    write_pcap(tmp_path / "talk", list(segments(admin_session().pdus, CLIENT, server)))
    assert check_capture(tmp_path / "talk").connections == 0
    assert check_capture(tmp_path / "talk", [9999]).connections == 1


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    pdus = admin_session().pdus
    write_pcap(good, list(segments(pdus)))
    assert main(["nvmeof", "check", str(good), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["event"] == "checked"
    assert said["clean"] is True
    assert said["pdus"] == len(pdus)
    del pdus[2]
    write_pcap(bad, list(segments(pdus)))
    assert main(["nvmeof", "check", str(bad), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["rules"]["cqe-cid"] == said["rules"]["connect-first"] == 1
    assert said["found"][0] == {
        "rule": "cqe-cid", "section": "Base 3.3.3.2", "side": "controller",
        "connection": "10.0.0.1:40000 > 10.0.0.2:4420", "packet": 6, "offset": 128,
        "message": "completion of 0",
    }  # fmt: skip
    assert main(["nvmeof", "check", str(bad)]) == 1
    assert "packet 6  10.0.0.1:40000 > 10.0.0.2:4420  controller: cqe-cid" in (
        capsys.readouterr().out
    )
    assert main(["nvmeof", "check", str(tmp_path / "none")]) == 2
    assert "No such file" in capsys.readouterr().err
    assert main(["nvmeof", "check", str(good), "--port", "0"]) == 2


def test_as_a_process(tmp_path: Path) -> None:
    write_pcap(tmp_path / "talk", list(segments(admin_session().pdus)))
    command = [sys.executable, "-m", "traffic", "nvmeof", "check", str(tmp_path / "talk")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.endswith(" PDUs, 0 violations\n")
    assert done.stderr == ""
