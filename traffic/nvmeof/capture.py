"""A capture file -> what every NVMe/TCP connection in it did wrong.

Memory is bounded: what waits for lost order, the connections followed at a time, and the violations
that are kept; all are counted.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from scapy.error import Scapy_Exception
from scapy.utils import RawPcapReader

from traffic.errors import SpecError, TrafficError
from traffic.nvmeof.connection import CONTROLLER, HOST, ConnectionChecker
from traffic.nvmeof.controllers import Controllers
from traffic.nvmeof.nvme_tcp import PORTS
from traffic.nvmeof.reassembly import Flow, HoleError
from traffic.nvmeof.rules import Violation
from traffic.nvmeof.segments import ACK, RST, SYN, Endpoint, Segment, parse_segment

MAX_CONNECTIONS: Final = 4096
MAX_VIOLATIONS: Final = 1000
MAX_FRAME: Final = 1 << 20
_IC_HEADER: Final = struct.pack("<BBBBI", 0, 0, 128, 0, 128)
_TLS_HANDSHAKE: Final = b"\x16\x03"


@dataclass
class Report:
    """What was seen. `violations` holds the first MAX_VIOLATIONS, `count` says how many there were.

    `unchecked` names connections that could not be followed to their end, and why.
    """

    packets: int = 0
    pdus: int = 0
    connections: int = 0
    count: int = 0
    violations: list[Violation] = field(default_factory=list)
    rules: Counter[str] = field(default_factory=Counter)
    unchecked: dict[str, str] = field(default_factory=dict)

    def add(self, violation: Violation) -> None:
        """Count a violation, and keep it while there is room."""
        self.count += 1
        self.rules[violation.rule] += 1
        if len(self.violations) < MAX_VIOLATIONS:
            self.violations.append(violation)

    def as_json(self) -> dict[str, Any]:
        """Return it for printing; clean means that all that was there was followed."""
        return {
            "clean": not self.count and not self.unchecked,
            "packets": self.packets,
            "connections": self.connections,
            "pdus": self.pdus,
            "violations": self.count,
            "rules": dict(self.rules),
            "unchecked": self.unchecked,
            "found": [one.as_json() for one in self.violations],
        }


@dataclass
class _Followed:
    """A TCP connection that is one of ours, or may be."""

    name: str
    client: Endpoint
    checker: ConnectionChecker
    flow: Flow = field(default_factory=Flow)
    started: bool = False
    """The capture has its first packet."""
    judged: bool = False
    """The first bytes of the client were looked at."""
    first_seq: int = -1
    ended: int = 0


class CaptureChecker:
    """Feed it TCP segments in the order of the capture, then take `finish`."""

    def __init__(self, ports: Collection[int] = PORTS) -> None:
        self.report = Report()
        self._ports = frozenset(ports)
        self._controllers = Controllers()
        self._followed: dict[frozenset[Endpoint], _Followed | None] = {}

    def feed(self, segment: Segment, packet: int, time: float) -> None:
        """Check one segment; `packet` is its number in the capture, `time` in seconds."""
        key = frozenset((segment.source, segment.target))
        if segment.flags & SYN and not segment.flags & ACK:
            self._begin(key, segment)
        elif key not in self._followed:
            self._guess(key, segment)
        one = self._followed.get(key)
        if one is None:
            return
        direction = HOST if segment.source == one.client else CONTROLLER
        try:
            for way, data in one.flow.feed(direction, segment):
                if not self._deliver(one, way, data, packet, time):
                    self._give_up(key, one)
                    return
        except HoleError as hole:
            self._unchecked(one, str(hole))
            self._give_up(key, one)
            return
        if segment.flags & RST or one.ended == 3:
            self._close(key)

    def finish(self) -> Report:
        """Return the report; connections may still be open."""
        for key, one in list(self._followed.items()):
            if one is not None and one.flow.waiting:
                self._unchecked(one, "the capture lacks segments")
            self._close(key)
        return self.report

    def _begin(self, key: frozenset[Endpoint], segment: Segment) -> None:
        known = self._followed.get(key)
        if known is not None and known.first_seq == segment.seq:
            return  # the SYN again
        self._close(key)
        if segment.target.port in self._ports:
            one = self._follow(key, segment.source, segment.target)
            one.started, one.first_seq = True, segment.seq

    def _guess(self, key: frozenset[Endpoint], segment: Segment) -> None:
        """A connection whose beginning is missing: the well-known port is the controller's."""
        if segment.target.port in self._ports:
            self._follow(key, segment.source, segment.target)
        elif segment.source.port in self._ports:
            self._follow(key, segment.target, segment.source)

    def _follow(self, key: frozenset[Endpoint], client: Endpoint, server: Endpoint) -> _Followed:
        if len(self._followed) >= MAX_CONNECTIONS:
            oldest = next(iter(self._followed))
            gone = self._followed[oldest]
            if gone is not None:
                self._unchecked(gone, f"more than {MAX_CONNECTIONS} connections at a time")
            self._close(oldest)
        name = f"{client} > {server}"
        checker = ConnectionChecker(name, str(server), self._controllers, self.report.add)
        one = self._followed[key] = _Followed(name, client, checker)
        self.report.connections += 1
        return one

    def _deliver(self, one: _Followed, way: int, data: bytes, packet: int, time: float) -> bool:
        """Pass bytes on; False when this connection can't be checked."""
        if not data:
            one.ended |= 1 << way
            one.checker.end(way)
            return True
        if not one.judged and way == HOST:
            one.judged = True
            if data.startswith(_TLS_HANDSHAKE):
                self._unchecked(one, "TLS")
                return False
        if not one.started and not self._starts_late(one, way, data):
            return False
        one.checker.feed(way, data, packet, time)
        return True

    def _starts_late(self, one: _Followed, way: int, data: bytes) -> bool:
        """Whether a connection without SYN is there from its ICReq on."""
        one.started = way == HOST and data.startswith(_IC_HEADER[: len(data)])
        if not one.started:
            self._unchecked(one, "began before the capture")
        return one.started

    def _unchecked(self, one: _Followed, why: str) -> None:
        if len(self.report.unchecked) < MAX_VIOLATIONS:
            self.report.unchecked[one.name] = why

    def _give_up(self, key: frozenset[Endpoint], one: _Followed) -> None:
        self.report.pdus += one.checker.pdus
        one.checker.close()
        self._followed[key] = None

    def _close(self, key: frozenset[Endpoint]) -> None:
        one = self._followed.pop(key, None)
        if one is not None:
            self.report.pdus += one.checker.pdus
            one.checker.close()


def check_capture(path: Path, ports: Collection[int] = PORTS) -> Report:
    """Check a pcap or pcapng file, compressed or not.

    Raises SpecError when there is no such file or it is no capture, TrafficError for a damaged one.
    """
    checker = CaptureChecker(ports)
    for number, (frame, link_type, time) in enumerate(_frames(path), 1):
        checker.report.packets = number
        segment = parse_segment(frame, link_type)
        if segment is not None:
            checker.feed(segment, number, time)
    return checker.finish()


def _frames(path: Path) -> Iterator[tuple[bytes, int, float]]:
    """Yield frame, link type and time in seconds of each packet."""
    try:
        reader = RawPcapReader(str(path))
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror or error}") from error
    except (Scapy_Exception, EOFError, struct.error) as error:
        raise SpecError(f"{path} is no capture: {error}") from error
    with reader:
        try:
            while True:
                # Iterating would cut frames at 65,535 bytes, which those of loopback exceed.
                frame, about = reader._read_packet(MAX_FRAME)
                yield frame, *_when(reader, about)
        except EOFError:
            return
        except (Scapy_Exception, struct.error) as error:
            raise TrafficError(f"{path}: damaged after what was read so far: {error}") from error


def _when(reader: Any, about: Any) -> tuple[int, float]:
    if hasattr(about, "sec"):
        fraction = 1e9 if getattr(reader, "nano", False) else 1e6
        return int(reader.linktype), about.sec + about.usec / fraction
    ticks = (about.tshigh or 0) << 32 | (about.tslow or 0)
    return int(about.linktype), ticks / (about.tsresol or 1_000_000)
