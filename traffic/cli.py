"""The command line: one verb, one JSON line per event on stdout, everything else on stderr.

Exit codes: 0 all packets sent, or a result printed (what it means is the reader's to judge);
1 the machine or network refused, or not every packet was sent; 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from traffic.errors import SpecError, TrafficError
from traffic.nvmeof import cli as nvmeof
from traffic.spec import (
    DEFAULT_DESTINATION_PORT,
    DEFAULT_SOURCE_PORT,
    MAX_COUNT,
    PacketSpec,
    Proto,
    parse_tag,
)

_MAX_NUMBER: Final = 1e9
"""Bound of rates and seconds; keeps infinity and not-a-number out of the clocks."""
_MAX_BUFFER_KIB: Final = 1 << 20
_BUFFER_KIB: Final = 64 << 10


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code. argparse itself exits with 2."""
    options = _parser().parse_args(argv)
    try:
        return int(options.run(options))
    except SpecError as error:
        return _complain(options.verb, str(error), 2)
    except TrafficError as error:
        return _complain(options.verb, str(error), 1)


def _complain(verb: str, text: str, code: int) -> int:
    sys.stderr.write(f"traffic {verb}: {text}\n")
    return code


def _emit(event: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def _send(options: argparse.Namespace) -> int:
    # Imported here: building loads scapy, which receivers neither need nor have time for.
    from traffic.builder import digest, packets  # noqa: PLC0415
    from traffic.sender import route_source, transmit  # noqa: PLC0415
    from traffic.stop import StopSignal  # noqa: PLC0415

    if not 0 <= options.rate < _MAX_NUMBER:
        raise SpecError(f"--rate: {options.rate} is not a number of packets per second, 0 or more")
    spec = _spec(options)
    if not options.source:
        spec = replace(spec, source=route_source(options.to, options.interface))
    run = packets(spec)
    with StopSignal() as stop:
        outcome = transmit(
            run, spec.destination, rate=options.rate, interface=options.interface, stop=stop
        )
    _emit({"event": "sent"} | _described(spec) | {"sha256": digest(run)} | outcome.as_json())
    return 0 if outcome.sent == spec.count else 1


def _spec(options: argparse.Namespace) -> PacketSpec:
    """The whole command checked before a route is asked for."""
    unspecified = "::" if ":" in options.to else "0.0.0.0"  # noqa: S104 - no socket binds to it
    return PacketSpec(
        source=options.source or unspecified,
        destination=options.to,
        proto=Proto(options.proto),
        tag=parse_tag(options.tag),
        count=options.count,
        size=options.size,
        sport=options.sport,
        dport=options.dport,
        dscp=options.dscp,
        ttl=options.ttl,
        seed=options.seed,
        tcp_flags=options.tcp_flags,
    )


def _described(spec: PacketSpec) -> dict[str, Any]:
    return {
        "from": spec.source,
        "to": spec.destination,
        "proto": str(spec.proto),
        "tag": spec.tag.hex(),
        "count": spec.count,
        "size": spec.size,
        "seed": spec.seed,
    }


def _receive(options: argparse.Namespace) -> int:
    from traffic.receiver import Options, receive  # noqa: PLC0415

    if not 0 <= options.expect <= MAX_COUNT:
        raise SpecError(f"--expect: {options.expect} is not in 0..{MAX_COUNT}")
    if not 1 <= options.buffer <= _MAX_BUFFER_KIB:
        raise SpecError(f"--buffer: {options.buffer} is not in 1..{_MAX_BUFFER_KIB}")
    for flag, value in (("timeout", options.timeout), ("quiet-after", options.quiet_after)):
        if value is not None and not 0 < value < _MAX_NUMBER:
            raise SpecError(f"--{flag}: {value} is not a number of seconds above 0")
    wanted = Options(
        interface=options.interface,
        tag=parse_tag(options.tag),
        expected=options.expect,
        timeout=options.timeout,
        proto=options.proto,
        quiet_after=options.quiet_after,
        buffer=options.buffer << 10,
    )
    _emit(receive(wanted, _emit))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="traffic",
        description="Tagged test traffic: send it, count what arrived. Captures of NVMe/TCP.",
        epilog="Exit codes: 0 all sent / result printed; 1 refused or not all sent; 2 usage.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    _add_send(verbs)
    _add_receive(verbs)
    nvmeof.add_verb(verbs)
    return parser


def _add_send(verbs: Any) -> None:
    send = verbs.add_parser("send", help="send tagged packets to an address", allow_abbrev=False)
    send.set_defaults(run=_send)
    add = send.add_argument
    add("--to", required=True, metavar="ADDRESS", help="IPv4 or IPv6 destination")
    add("--proto", required=True, choices=[*Proto], help="icmp: echo request of the family")
    add("--tag", required=True, metavar="HEX", help="the run: 32 hex digits")
    add("--count", type=int, default=10, help="packets (default %(default)s)")
    add("--size", type=int, default=64, help="payload bytes, 32 or more (default %(default)s)")
    add("--rate", type=float, default=1000.0, help="per second, 0: no limit (default %(default)s)")
    add("--sport", type=int, help=f"source port (default {DEFAULT_SOURCE_PORT})")
    add("--dport", type=int, help=f"destination port (default {DEFAULT_DESTINATION_PORT})")
    add("--dscp", type=int, default=0, help="0..63 (default %(default)s)")
    add("--ttl", type=int, default=64, help="TTL or hop limit (default %(default)s)")
    add("--tcp-flags", default="S", metavar="FLAGS", help="of FSRPAUEC (default %(default)s)")
    add("--seed", type=int, default=0, help="same seed, same bytes (default %(default)s)")
    add("--source", default="", help="source address (default: the route's)")
    add("--interface", default="", metavar="IF", help="way out (default: the route's)")


def _add_receive(verbs: Any) -> None:
    receive = verbs.add_parser(
        "receive", help="count tagged packets that come in", allow_abbrev=False
    )
    receive.set_defaults(run=_receive)
    add = receive.add_argument
    add("--interface", required=True, metavar="IF", help="where they come in")
    add("--tag", required=True, metavar="HEX", help="the run: 32 hex digits")
    add("--expect", required=True, type=int, metavar="N", help="0: nothing should come")
    add("--timeout", type=float, default=30.0, help="seconds since armed (default %(default)s)")
    add("--proto", choices=[*Proto], help="count only these (default: all)")
    add(
        "--buffer",
        type=int,
        default=_BUFFER_KIB,
        metavar="KIB",
        help="socket buffer for frames that wait (default %(default)s)",
    )
    add(
        "--quiet-after",
        type=float,
        metavar="S",
        help="end after S seconds without a packet of the run, never sooner (default: end when all"
        " are seen)",
    )
