"""Frames from one interface -> result. Imports nothing slow: it must be armed at once."""

from __future__ import annotations

import errno
import socket
import struct
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from traffic.errors import TrafficError
from traffic.frame import Observation, Other, parse_frame, parse_packet
from traffic.judge import Tally
from traffic.stop import StopSignal

RECEIVE_BUFFER: Final = 64 << 20
"""Bytes asked of the kernel for frames that wait for us; its overhead per frame counts too."""
FRAME_MAX: Final = 256 << 10
BATCH: Final = 512
"""Frames taken between two looks at the clock."""
LAST_DRAIN_NS: Final = 1_000_000_000
"""How long frames that arrived before the end may take to be counted."""
DOWN_CHECK_NS: Final = 100_000_000
"""Pause between two looks whether an interface that is down still exists."""

# linux/if_ether.h, linux/if_packet.h, asm-generic/socket.h: not in Python's socket module.
_ETH_P_ALL: Final = 3
_SOL_PACKET: Final = 263
_PACKET_STATISTICS: Final = 6
_PACKET_IGNORE_OUTGOING: Final = 23
_SO_RCVBUFFORCE: Final = 33
_STATISTICS = struct.Struct("=II")

# linux/if_arp.h: devices whose frames start with an Ethernet header, and with an IP header.
_ETHERNET_LINKS: Final = frozenset((1, 772))
_BARE_IP_LINKS: Final = frozenset((519, 65534, 768, 769, 776))

Parser = Callable[[memoryview], Observation | Other]


class Options(NamedTuple):
    """What to wait for; times in seconds. `quiet_after` None: end as soon as all are seen."""

    interface: str
    tag: bytes
    expected: int
    timeout: float
    proto: str | None = None
    quiet_after: float | None = None
    buffer: int = RECEIVE_BUFFER
    """Bytes of socket buffer to ask for."""


def receive(options: Options, emit: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Emit `armed`, count until the end, return the result. Raises TrafficError.

    It counts every frame that comes in on the interface, whoever's MAC address it bears, and none
    that goes out. Fields of the result: `expected`, `received` (distinct and whole), `duplicates`,
    `reordered`, `corrupt` with `corrupt_by` fault, `missing` {count, ranges [[first, last]],
    ranges_left_off}, `beyond_expected` (received with a number past the expected), `announced`
    (counts that senders named), `strays` (another run's, of them `strays_corrupt`), `others` with
    `others_by` reason, `kernel_drops`, `inconclusive`, `ended` (complete, quiet, timeout, signal or
    interface_gone), `seconds` since armed, `first_unix_ns` and `last_unix_ns` (when the first and
    last frame of this run was read, null without any).
    """
    with StopSignal() as stop, _open(options) as raw:
        receiver = _Receiver(options, raw, stop)
        emit({"event": "armed", "interface": options.interface, "tag": options.tag.hex()})
        ended = receiver.run()
        return {"event": "result", "interface": options.interface, "ended": ended} | (
            receiver.report()
        )


class _Receiver:
    def __init__(self, options: Options, raw: socket.socket, stop: StopSignal) -> None:
        self.options = options
        self.tally = Tally(options.tag, options.expected, options.proto)
        self._raw = raw
        self._stop = stop
        self._index = socket.if_nametoindex(options.interface)
        self._down = False
        self._gone = False
        self._parse = _parser(raw, options.interface)
        self._view = memoryview(bytearray(FRAME_MAX))
        self._start = time.monotonic_ns()
        self._first: int | None = None
        self._last: int | None = None

    def run(self) -> str:
        """Count frames until there is a reason to end; returns it."""
        while True:
            self._stop.wait((self._next_deadline() - time.monotonic_ns()) / 1e9, self._raw)
            idle = self._drain()
            self._gone = self._down and not self._exists()
            ended = self._ended(time.monotonic_ns(), idle)
            if ended:
                self._drain_rest()
                return ended

    def report(self) -> dict[str, Any]:
        """The tally with drops and times."""
        _, drops = _STATISTICS.unpack(
            self._raw.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, _STATISTICS.size)
        )
        wall = time.time_ns() - time.monotonic_ns()
        return self.tally.result(drops) | {
            "seconds": round((time.monotonic_ns() - self._start) / 1e9, 6),
            "first_unix_ns": None if self._first is None else wall + self._first,
            "last_unix_ns": None if self._last is None else wall + self._last,
        }

    def _timeout_at(self) -> int:
        return self._start + int(self.options.timeout * 1e9)

    def _quiet_at(self) -> int | None:
        """When silence ends the run; None before the first packet or when not asked for."""
        if self._last is None or self.options.quiet_after is None:
            return None
        return self._last + int(self.options.quiet_after * 1e9)

    def _next_deadline(self) -> int:
        deadlines = [self._timeout_at()]
        quiet = self._quiet_at()
        if quiet is not None:
            deadlines.append(quiet)
        if self._down:
            deadlines.append(time.monotonic_ns() + DOWN_CHECK_NS)
        return min(deadlines)

    def _ended(self, now: int, idle: bool) -> str | None:
        if self._stop.requested:
            return "signal"
        if self._gone:
            return "interface_gone"
        if self.tally.complete and self.options.quiet_after is None:
            return "complete"
        # Silence is real only when no frame waits unread; this process may have been paused.
        quiet = self._quiet_at() if idle else None
        if quiet is not None and now >= quiet:
            return "complete" if self.tally.complete else "quiet"
        if now >= self._timeout_at():
            return "complete" if self.tally.complete else "timeout"
        return None

    def _drain(self) -> bool:
        """Count up to BATCH waiting frames; True when none is left."""
        view, parse, add, read = self._view, self._parse, self.tally.add, self._raw.recv_into
        for _ in range(BATCH):
            try:
                size = read(view)
            except BlockingIOError:
                return True
            except OSError as error:
                self._link_error(error)
                return True
            if add(parse(view[:size])):
                self._last = time.monotonic_ns()
                if self._first is None:
                    self._first = self._last
        return False

    def _drain_rest(self) -> None:
        """Count what had arrived by now, within LAST_DRAIN_NS."""
        until = time.monotonic_ns() + LAST_DRAIN_NS
        while not self._drain() and time.monotonic_ns() < until:
            pass

    def _link_error(self, error: OSError) -> None:
        """The kernel reports once that the link went down, and nothing when it then vanishes."""
        if error.errno != errno.ENETDOWN:
            raise TrafficError(f"interface {self.options.interface}: {error.strerror}")
        self._down = True

    def _exists(self) -> bool:
        try:
            return socket.if_nametoindex(self.options.interface) == self._index
        except OSError:
            return False


def _open(options: Options) -> socket.socket:
    """A packet socket that is bound to the interface and already collects its frames."""
    try:
        # Protocol 0 collects nothing until bind(): no frame of another interface slips in.
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    except PermissionError:
        raise TrafficError(
            "packet sockets are not allowed here", "run as root or with CAP_NET_RAW"
        ) from None
    try:
        _prepare(raw, options)
    except OSError as error:
        raw.close()
        raise TrafficError(
            f"interface {options.interface}: {error.strerror}", "`ip link` lists what this node has"
        ) from None
    return raw


def _prepare(raw: socket.socket, options: Options) -> None:
    raw.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
    try:
        raw.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, options.buffer)
    except PermissionError:  # no CAP_NET_ADMIN: as much as net.core.rmem_max lets us have
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, options.buffer)
    raw.bind((options.interface, _ETH_P_ALL))
    down = raw.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if down:
        raise OSError(down, "is down; set it up before counting on it")
    raw.setblocking(False)


def _parser(raw: socket.socket, interface: str) -> Parser:
    link_type = raw.getsockname()[3]
    if link_type in _ETHERNET_LINKS:
        return parse_frame
    if link_type in _BARE_IP_LINKS:
        return parse_packet
    raise TrafficError(
        f"interface {interface}: link type {link_type} (linux/if_arp.h) is not known"
    )
