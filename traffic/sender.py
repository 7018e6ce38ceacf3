"""Prebuilt IP packets -> a raw IP socket; the kernel routes them and resolves neighbours."""

from __future__ import annotations

import errno
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from traffic.errors import TrafficError
from traffic.stop import StopSignal

_DISCARD_PORT: Final = 9
_PATH_DOWN: Final = frozenset(
    (
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
        errno.ENETDOWN,
        errno.ENOBUFS,
        errno.EPERM,  # a local firewall rule dropped it
        errno.ENXIO,
        errno.ENODEV,
    )
)
"""Refusals that a cut link or a firewall causes: counted, and sending goes on."""


@dataclass(slots=True)
class Outcome:
    """How many packets the kernel took, and by errno name how many it refused."""

    sent: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Fields of the result line; `pps` is over the whole run, pacing included."""
        return {
            "sent": self.sent,
            "failed": dict(sorted(self.failed.items())),
            "seconds": round(self.seconds, 6),
            "pps": round(self.sent / self.seconds) if self.seconds else 0,
        }


def route_source(destination: str, interface: str = "") -> str:
    """The source address that the kernel would choose. Raises TrafficError without a route."""
    with _open(destination, socket.SOCK_DGRAM, 0, interface) as probe:
        try:
            probe.connect(_address(destination, interface, _DISCARD_PORT))
        except OSError as error:
            raise TrafficError(
                f"no route to {destination}: {error.strerror}",
                "see `ip route get`, or give --source and --interface",
            ) from None
        return str(probe.getsockname()[0]).partition("%")[0]


def transmit(
    run: Sequence[bytes], destination: str, *, rate: float, interface: str = "", stop: StopSignal
) -> Outcome:
    """Send each packet once at `rate` per second (0: as fast as it goes).

    A packet that the path refuses is counted and not sent again. Raises TrafficError when no packet
    can ever go: no permission, no such interface, larger than the MTU.
    """
    with _open(destination, socket.SOCK_RAW, socket.IPPROTO_RAW, interface) as raw:
        address = _address(destination, interface, 0)
        outcome = Outcome()
        interval = 1.0 / rate if rate else 0.0
        start = time.perf_counter()
        for index, packet in enumerate(run):
            if _must_stop(stop, start + index * interval if interval else 0.0):
                break
            try:
                raw.sendto(packet, address)
            except OSError as error:
                outcome.failed[_refusal(error, packet)] += 1
            else:
                outcome.sent += 1
        outcome.seconds = time.perf_counter() - start
    return outcome


def _must_stop(stop: StopSignal, due: float) -> bool:
    """Wait until the packet is due; a sender that is late catches up, so the mean rate holds."""
    ahead = due - time.perf_counter() if due else 0.0
    return stop.wait(ahead) if ahead > 0 else stop.requested


def _refusal(error: OSError, packet: bytes) -> str:
    """The errno's name when sending may go on; raises TrafficError otherwise."""
    if error.errno in _PATH_DOWN:
        return errno.errorcode[error.errno]
    if error.errno == errno.EMSGSIZE:
        raise TrafficError(
            f"a packet of {len(packet)} bytes is larger than the MTU of the way out",
            "lower --size or raise the link's MTU",
        )
    raise TrafficError(f"sending failed: {error.strerror}")


def _open(destination: str, kind: int, proto: int, interface: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in destination else socket.AF_INET
    try:
        # IPPROTO_RAW implies that packets come with their IP header, in both families.
        opened = socket.socket(family, kind, proto)
    except PermissionError:
        raise TrafficError(
            "raw sockets are not allowed here", "run as root or with CAP_NET_RAW"
        ) from None
    except OSError as error:
        raise TrafficError(f"no socket towards {destination}: {error.strerror}") from None
    if interface:
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        except OSError as error:
            opened.close()
            raise TrafficError(
                f"interface {interface}: {error.strerror}", "see `ip link`"
            ) from None
    return opened


def _address(destination: str, interface: str, port: int) -> tuple[Any, ...]:
    if ":" not in destination:
        return destination, port
    # Link-local addresses mean something on one link only (RFC 4007).
    return destination, port, 0, socket.if_nametoindex(interface) if interface else 0
