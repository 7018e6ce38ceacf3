"""`traffic nvmeof`: check a capture, send an illegal PDU. JSON on stdout as the other verbs do.

Exit codes: 0 clean, or reacted as demanded; 1 violations, another reaction, or the network refused;
2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from traffic.errors import SpecError

_MAX_PORT: Final = 65535
_MAX_SECONDS: Final = 3600.0


def add_verb(verbs: Any) -> None:
    """Add `nvmeof` and its verbs to the command line."""
    nvmeof = verbs.add_parser(
        "nvmeof",
        help="check captures of NVMe/TCP, send illegal PDUs",
        allow_abbrev=False,
        epilog="Exit codes: 0 clean / as demanded; 1 violations / other reaction; 2 usage.",
    )
    inner = nvmeof.add_subparsers(dest="what", required=True, metavar="WHAT")
    _add_check(inner)
    _add_send(inner)
    listed = inner.add_parser("list", help="the illegal PDUs and what each must be answered with")
    listed.set_defaults(run=_list)


def _add_check(inner: Any) -> None:
    check = inner.add_parser(
        "check", help="report protocol violations in a capture", allow_abbrev=False
    )
    check.set_defaults(run=_check)
    add = check.add_argument
    add("capture", type=Path, metavar="FILE", help="pcap or pcapng, compressed or not")
    add("--json", action="store_true", help="one JSON line instead of text")
    add(
        "--port",
        type=int,
        action="append",
        default=[],
        help="a controller's port beside 4420 and 8009; may be repeated",
    )


def _add_send(inner: Any) -> None:
    send = inner.add_parser("send", help="send an illegal PDU and watch", allow_abbrev=False)
    send.set_defaults(run=_send)
    add = send.add_argument
    add("--illegal", required=True, metavar="NAME", help="one of `list`, or all")
    add("--to", required=True, metavar="ADDRESS:PORT", help="[ADDRESS]:PORT for IPv6")
    add("--subnqn", default="", metavar="NQN", help="subsystem (default: discovery)")
    add("--hostnqn", default="", metavar="NQN", help="who we are (default: a fixed one)")
    add("--timeout", type=float, default=5.0, help="seconds for an answer (default %(default)s)")


def _emit(event: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def _check(options: argparse.Namespace) -> int:
    # Imported here, as scapy takes half a second to load.
    from traffic.nvmeof.capture import check_capture  # noqa: PLC0415
    from traffic.nvmeof.nvme_tcp import PORTS  # noqa: PLC0415

    for port in options.port:
        if not 1 <= port <= _MAX_PORT:
            raise SpecError(f"--port: {port} is not in 1..{_MAX_PORT}")
    report = check_capture(options.capture, (*PORTS, *options.port))
    result = report.as_json()
    if options.json:
        _emit({"event": "checked"} | result)
    else:
        _print(result)
    return 0 if result["clean"] else 1


def _print(result: dict[str, Any]) -> None:
    lines = [
        f"packet {one['packet']}  {one['connection']}  {one['side']}: {one['rule']}"
        f" ({one['section']}): {one['message']}"
        for one in result["found"]
    ]
    lines += [f"not checked: {name}: {why}" for name, why in result["unchecked"].items()]
    lines.append(
        f"{result['connections']} connections, {result['pdus']} PDUs,"
        f" {result['violations']} violations"
    )
    sys.stdout.write("\n".join(lines) + "\n")


def _list(_options: argparse.Namespace) -> int:
    from traffic.nvmeof.illegal import CATALOGUE  # noqa: PLC0415

    for one in CATALOGUE.values():
        demanded = [str(demand) for demand in one.demands]
        _emit({"illegal": one.name, "text": one.text, "stage": str(one.stage),
               "demanded": demanded})  # fmt: skip
    return 0


def _send(options: argparse.Namespace) -> int:
    from traffic.nvmeof.builders import DISCOVERY_NQN, HOST_NQN  # noqa: PLC0415
    from traffic.nvmeof.illegal import CATALOGUE  # noqa: PLC0415
    from traffic.nvmeof.probe import Target, send_illegal  # noqa: PLC0415

    if options.illegal != "all" and options.illegal not in CATALOGUE:
        raise SpecError(f"--illegal: {options.illegal!r} is none of {', '.join(CATALOGUE)}, all")
    if not 0 < options.timeout <= _MAX_SECONDS:
        raise SpecError(f"--timeout: {options.timeout} is not in 0..{_MAX_SECONDS:.0f}")
    address, port = _address(options.to)
    target = Target(
        address, port, options.subnqn or DISCOVERY_NQN, options.hostnqn or HOST_NQN,
        options.timeout,
    )  # fmt: skip
    names = list(CATALOGUE) if options.illegal == "all" else [options.illegal]
    good = True
    for name in names:
        illegal = CATALOGUE[name]
        outcome = send_illegal(target, illegal)
        demanded = [str(one) for one in illegal.demands]
        _emit({"event": "answered", "illegal": name, "to": options.to, "demanded": demanded}
              | outcome.as_json())  # fmt: skip
        good = good and outcome.as_demanded and outcome.alive and not outcome.violations
    return 0 if good else 1


def _address(text: str) -> tuple[str, int]:
    address, colon, port = text.rpartition(":")
    address = address.removeprefix("[").removesuffix("]")
    if not colon or not address or not port.isdecimal() or not 1 <= int(port) <= _MAX_PORT:
        raise SpecError(f"--to: {text!r} is not ADDRESS:PORT")
    return address, int(port)
