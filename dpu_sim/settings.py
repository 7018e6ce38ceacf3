"""Command line of the server. Every flag has an environment variable; the flag wins."""

from __future__ import annotations

import argparse
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple, TypeVar

from dpu_sim.api.tls import TlsFiles
from dpu_sim.logs import LEVELS

T = TypeVar("T")

SYSTEM_STATE = Path("/var/lib/opid")
SPDK_SOCKET = Path("/var/tmp/spdk.sock")  # noqa: S108 (SPDK's own default)
VICI_SOCKET = Path("/var/run/charon.vici")
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"", "0", "false", "no", "off"})


class Endpoint(NamedTuple):
    """Where to listen: an IP address and a TCP port, 0 for any."""

    host: str
    port: int

    def __str__(self) -> str:
        bracketed = f"[{self.host}]" if ip_address(self.host).version == 6 else self.host
        return f"{bracketed}:{self.port}"


GRPC = Endpoint("127.0.0.1", 50051)
HTTP = Endpoint("127.0.0.1", 8082)


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run the server. Times are in seconds.

    Attributes:
        grpc: where to serve gRPC.
        http: where to serve HTTP; None for nowhere.
        listen_interfaces: interfaces on whose addresses to listen too, at the ports of `grpc` and
            `http`, for connections that arrive through them.
        listen_timeout: how long interfaces may take to get an address.
        tls: certificates; None serves in plain text, which `insecure` must allow.
        authorization: who may call what; needs a client CA.
        insecure: serve in plain text when there are no certificates.
        reveal_secrets: let keys and passwords appear in answers.
        state_dir: folder that outlives the process.
        spdk_socket: where SPDK's JSON-RPC server listens.
        pcie_dir: folder for the sockets of NVMe controllers on functions of the card, which the
            hosts of those see; None: there are no such controllers.
        vici_socket: where strongSwan's VICI server listens.
        personality: name or path; '' takes the card table's, or "generic".
        card: the card table; None looks in the default place.
        node: what serial numbers and UUID are derived from.
        notify_fd: file descriptor that hears a newline once calls are served.
        grace: how long running calls may go on after SIGTERM.
        log_level: one of `dpu_sim.logs.LEVELS`.
    """

    grpc: tuple[Endpoint, ...] = (GRPC,)
    http: Endpoint | None = HTTP
    listen_interfaces: tuple[str, ...] = ()
    listen_timeout: float = 30.0
    tls: TlsFiles | None = None
    authorization: Path | None = None
    insecure: bool = False
    reveal_secrets: bool = False
    state_dir: Path = SYSTEM_STATE
    spdk_socket: Path = SPDK_SOCKET
    pcie_dir: Path | None = None
    vici_socket: Path = VICI_SOCKET
    personality: str = ""
    card: Path | None = None
    node: str = ""
    notify_fd: int | None = None
    grace: float = 1.0
    log_level: str = "info"

    @property
    def grpc_port(self) -> int:
        """The port of gRPC on interfaces."""
        return next(iter(self.grpc), GRPC).port


def parse_settings(argv: Sequence[str] | None, environ: Mapping[str, str]) -> Settings:
    """Read flags and OPID_* variables. A mistake ends the process with code 2, as argparse does."""
    parser = _parser(environ)
    options = parser.parse_args(argv)
    grpc = _many(parser, options.grpc, environ, "OPID_GRPC", _endpoint)
    interfaces = _many(parser, options.listen_interface, environ, "OPID_LISTEN_INTERFACE", str)
    return Settings(
        grpc=grpc if grpc or interfaces else (GRPC,),
        http=options.http,
        listen_interfaces=interfaces,
        listen_timeout=options.listen_timeout,
        tls=_tls(parser, options),
        authorization=options.authorization,
        insecure=options.insecure,
        reveal_secrets=options.reveal_secrets,
        state_dir=options.state_dir or default_state_dir(environ),
        spdk_socket=options.spdk_socket,
        pcie_dir=options.pcie_dir,
        vici_socket=options.vici_socket,
        personality=options.personality,
        card=options.card,
        node=options.node or socket.gethostname(),
        notify_fd=options.notify_fd,
        grace=options.grace,
        log_level=options.log_level,
    )


def default_state_dir(environ: Mapping[str, str]) -> Path:
    """/var/lib/opid for root where that can be written, else the user's own state folder.

    The latter is `opid` in $XDG_STATE_HOME (XDG Base Directory Specification 0.8).
    """
    existing = SYSTEM_STATE if SYSTEM_STATE.exists() else SYSTEM_STATE.parent
    if os.geteuid() == 0 and os.access(existing, os.W_OK):
        return SYSTEM_STATE
    home = environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "opid"


def _tls(parser: argparse.ArgumentParser, options: argparse.Namespace) -> TlsFiles | None:
    certificate, key, client_ca = options.tls_cert, options.tls_key, options.tls_client_ca
    if (certificate is None) != (key is None):
        parser.error("--tls-cert and --tls-key need each other")
    if client_ca is not None and certificate is None:
        parser.error("--tls-client-ca needs --tls-cert and --tls-key")
    if options.authorization is not None and client_ca is None:
        parser.error("--authorization needs --tls-client-ca: it tells callers by their certificate")
    return TlsFiles(certificate, key, client_ca) if certificate is not None else None


def _parser(environ: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="opid", description="The OPI server of a simulated DPU: gRPC and HTTP."
    )

    def option(
        name: str, kind: Callable[[str], object], default: object, text: str, metavar: str
    ) -> None:
        variable = _variable(name)
        parser.add_argument(
            f"--{name}",
            type=kind,
            # argparse runs texts through `type`, so variables are checked as flags are.
            default=environ.get(variable) or default,
            help=f"{text} [{variable}]",
            metavar=metavar,
        )

    _add_listen_arguments(parser, environ)
    option("listen-timeout", _seconds, 30.0, "how long interfaces may take", "SECONDS")
    option("tls-cert", Path, None, "serve TLS with this certificate chain (PEM)", "FILE")
    option("tls-key", Path, None, "private key of the certificate (PEM)", "FILE")
    option("tls-client-ca", Path, None, "ask clients for certificates of this CA (PEM)", "FILE")
    option("authorization", Path, None, "which client may call which methods (YAML)", "FILE")
    _add_switch(parser, environ, "insecure", "serve in plain text when no certificate is given")
    _add_switch(parser, environ, "reveal-secrets", "show keys and passwords in answers")
    option("state-dir", Path, None, "folder for what must outlive the process", "FOLDER")
    option("spdk-socket", Path, SPDK_SOCKET, "where SPDK listens", "PATH")
    option("pcie-dir", Path, None, "folder that hosts find controllers over PCIe in", "FOLDER")
    option("vici-socket", Path, VICI_SOCKET, "where strongSwan listens", "PATH")
    option("personality", str, "", "kind of card: a name, or a path of a file", "NAME|PATH")
    option("card", Path, None, "the lab's card table (default /etc/dpulab/card.json)", "PATH")
    option("node", str, "", "name that identity is derived from (default: host name)", "NAME")
    option("notify-fd", int, None, "write a newline to this descriptor when ready", "FD")
    option("grace", _seconds, 1.0, "how long calls may go on after SIGTERM", "SECONDS")
    option("log-level", _level, "info", f"one of {', '.join(LEVELS)}", "LEVEL")
    return parser


def _add_listen_arguments(parser: argparse.ArgumentParser, environ: Mapping[str, str]) -> None:
    parser.add_argument(
        "--grpc",
        action="append",
        type=_endpoint,
        metavar="HOST:PORT",
        help=f"serve gRPC at this IP address and port, 0 for any (repeatable; {GRPC} when nothing "
        "is given) [OPID_GRPC, separated by spaces]",
    )
    parser.add_argument(
        "--http",
        type=_optional_endpoint,
        default=environ.get("OPID_HTTP", str(HTTP)),
        metavar="HOST:PORT",
        help=f"serve HTTP there (default {HTTP}; empty: not at all) [OPID_HTTP]",
    )
    parser.add_argument(
        "--listen-interface",
        action="append",
        metavar="NAME",
        help="listen on the addresses of this interface too, at the same ports, for connections "
        "that arrive through it (repeatable) [OPID_LISTEN_INTERFACE, separated by spaces]",
    )


def _add_switch(
    parser: argparse.ArgumentParser, environ: Mapping[str, str], name: str, text: str
) -> None:
    variable = _variable(name)
    given = environ.get(variable, "").lower()
    parser.add_argument(
        f"--{name}", action="store_true", default=given in _TRUE, help=f"{text} [{variable}]"
    )
    if given not in _TRUE | _FALSE:
        parser.error(f"{variable}: {given!r} is neither true nor false")


def _variable(name: str) -> str:
    return f"OPID_{name.upper().replace('-', '_')}"


def _many(
    parser: argparse.ArgumentParser,
    given: list[T] | None,
    environ: Mapping[str, str],
    variable: str,
    kind: Callable[[str], T],
) -> tuple[T, ...]:
    if given is not None:
        return tuple(given)
    try:
        return tuple(kind(text) for text in environ.get(variable, "").split())
    except argparse.ArgumentTypeError as error:
        parser.error(f"{variable}: {error}")


def _endpoint(text: str) -> Endpoint:
    host, colon, port = text.rpartition(":")
    if not colon:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, such as {GRPC}")
    return Endpoint(_address(host.removeprefix("[").removesuffix("]")), _port(port))


def _optional_endpoint(text: str) -> Endpoint | None:
    return _endpoint(text) if text else None


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
