"""Command line of the server. Every flag has an environment variable; the flag wins."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from dpu_sim.logs import LEVELS


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run the server. Times are in seconds.

    Attributes:
        listen: addresses to listen on.
        listen_interfaces: interfaces on whose addresses to listen, and on nothing but them.
        port: TCP port; 0 lets the kernel choose one per address.
        listen_timeout: how long interfaces may take to get an address.
        personality: name or path; '' takes the card table's, or "generic".
        card: the card table; None looks in the default place.
        node: what serial numbers and UUID are derived from.
        notify_fd: file descriptor that hears a newline once calls are served.
        grace: how long running calls may go on after SIGTERM.
        log_level: one of `dpu_sim.logs.LEVELS`.
    """

    listen: tuple[str, ...] = ("127.0.0.1",)
    listen_interfaces: tuple[str, ...] = ()
    port: int = 50051
    listen_timeout: float = 30.0
    personality: str = ""
    card: Path | None = None
    node: str = ""
    notify_fd: int | None = None
    grace: float = 1.0
    log_level: str = "info"


def parse_settings(argv: Sequence[str] | None, environ: Mapping[str, str]) -> Settings:
    """Read flags and OPID_* variables. A mistake ends the process with code 2, as argparse does."""
    parser = _parser(environ)
    options = parser.parse_args(argv)
    listen = _many(parser, options.listen, environ, "OPID_LISTEN", _address)
    interfaces = _many(parser, options.listen_interface, environ, "OPID_LISTEN_INTERFACE", str)
    return Settings(
        listen=listen if listen or interfaces else ("127.0.0.1",),
        listen_interfaces=interfaces,
        port=options.port,
        listen_timeout=options.listen_timeout,
        personality=options.personality,
        card=options.card,
        node=options.node or socket.gethostname(),
        notify_fd=options.notify_fd,
        grace=options.grace,
        log_level=options.log_level,
    )


def _parser(environ: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="opid", description="The OPI gRPC server of a simulated DPU."
    )

    def option(
        name: str, kind: Callable[[str], object], default: object, text: str, metavar: str
    ) -> None:
        variable = f"OPID_{name.upper().replace('-', '_')}"
        parser.add_argument(
            f"--{name}",
            type=kind,
            # argparse runs texts through `type`, so variables are checked as flags are.
            default=environ.get(variable) or default,
            help=f"{text} [{variable}]",
            metavar=metavar,
        )

    _add_listen_arguments(parser)
    option("port", _port, 50051, "TCP port, 0 for any", "PORT")
    option("listen-timeout", _seconds, 30.0, "how long interfaces may take", "SECONDS")
    option("personality", str, "", "kind of card: a name, or a path of a file", "NAME|PATH")
    option("card", Path, None, "the lab's card table (default /etc/dpulab/card.json)", "PATH")
    option("node", str, "", "name that identity is derived from (default: host name)", "NAME")
    option("notify-fd", int, None, "write a newline to this descriptor when ready", "FD")
    option("grace", _seconds, 1.0, "how long calls may go on after SIGTERM", "SECONDS")
    option("log-level", _level, "info", f"one of {', '.join(LEVELS)}", "LEVEL")
    return parser


def _add_listen_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--listen",
        action="append",
        type=_address,
        metavar="ADDRESS",
        help="listen on this IP address (repeatable; 127.0.0.1 when nothing is given) "
        "[OPID_LISTEN, separated by spaces]",
    )
    parser.add_argument(
        "--listen-interface",
        action="append",
        metavar="NAME",
        help="listen on the addresses of this interface, for connections that arrive through it "
        "(repeatable) [OPID_LISTEN_INTERFACE, separated by spaces]",
    )


def _many(
    parser: argparse.ArgumentParser,
    given: list[str] | None,
    environ: Mapping[str, str],
    variable: str,
    kind: Callable[[str], str],
) -> tuple[str, ...]:
    if given is not None:
        return tuple(given)
    try:
        return tuple(kind(text) for text in environ.get(variable, "").split())
    except argparse.ArgumentTypeError as error:
        parser.error(f"{variable}: {error}")


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an IP address") from None


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535)")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time in seconds (0 to 3600)")
    return value


def _level(text: str) -> str:
    if text not in LEVELS:
        raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(LEVELS)}")
    return text
