"""The command line of nvmesim: the names of nvme-cli's options, and what they mean."""

from __future__ import annotations

import argparse
from pathlib import Path

from host_sim.attach_cli import add_commands as add_attach_commands
from host_sim.errors import HostError
from host_sim.multipath import Policy
from host_sim.options import (
    DEFAULT_PORT,
    DISCOVERY_PORT,
    FOREVER,
    Address,
    ConnectOptions,
    Credentials,
    Identity,
)
from nvmetcp.fabrics import DISCOVERY_NQN

STATE = Path("/run/nvmesim")
_HOSTNQN, _HOSTID = Path("/etc/nvme/hostnqn"), Path("/etc/nvme/hostid")
_KATO = 5.0
_DISCOVERY_KATO = 0.0


def parser(description: str) -> argparse.ArgumentParser:
    """All commands."""
    wanted = argparse.ArgumentParser(
        prog="nvmesim", description=description, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = wanted.add_subparsers(dest="command", required=True, metavar="COMMAND")
    common = _common()
    for name, text in (
        ("discover", "what a discovery service offers"),
        ("connect", "connect to a controller"),
        ("connect-all", "connect to all that a discovery service offers"),
    ):
        _add_fabrics(commands.add_parser(name, help=text, parents=[common]))
    end = commands.add_parser("disconnect", help="end connections", parents=[common])
    end.add_argument("-n", "--nqn", help="of this subsystem")
    end.add_argument("-d", "--device", help="of this controller (nvme0)")
    commands.add_parser("disconnect-all", help="end every connection", parents=[common])
    commands.add_parser("list", help="the namespaces", parents=[common])
    commands.add_parser("list-subsys", help="the subsystems and their paths", parents=[common])
    one = commands.add_parser("id-ctrl", help="Identify Controller", parents=[common])
    one.add_argument("device", help="nvme0, or one of its namespaces")
    _add_namespace(commands.add_parser("id-ns", help="Identify Namespace", parents=[common]))
    _add_namespace(commands.add_parser("flush", help="make writes durable", parents=[common]))
    _add_data(commands.add_parser("read", help="read blocks", parents=[common]))
    _add_data(commands.add_parser("write", help="write blocks", parents=[common]))
    add_attach_commands(commands, [common])
    return wanted


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("-o", "--output-format", choices=("normal", "json"), default="normal")
    common.add_argument("--backend", choices=("auto", "kernel", "sim"), default="auto")
    common.add_argument("--state-dir", type=Path, default=STATE, help=f"default: {STATE}")
    return common


def _add_fabrics(command: argparse.ArgumentParser) -> None:
    command.add_argument("-t", "--transport", choices=("tcp",), default="tcp")
    command.add_argument("-a", "--traddr", required=True, help="address of the controller")
    command.add_argument("-s", "--trsvcid", type=int, help="TCP port")
    command.add_argument("-n", "--nqn", help="name of the subsystem")
    command.add_argument("-w", "--host-traddr", help="our own address")
    command.add_argument("-q", "--hostnqn", help=f"default: {_HOSTNQN}, else of the host's name")
    command.add_argument("-I", "--hostid", help=f"default: {_HOSTID}, else of the host's NQN")
    command.add_argument("-S", "--dhchap-secret", help="DHHC-1:..., or @FILE that holds it")
    command.add_argument("-C", "--dhchap-ctrl-secret", help="the controller's, likewise")
    command.add_argument("--tls", action="store_true", help="needs --tls-key")
    command.add_argument("--tls-key", "--tls_key", help="NVMeTLSkey-1:..., or @FILE")
    command.add_argument("-i", "--nr-io-queues", type=int, default=1)
    command.add_argument("-Q", "--queue-size", type=int, default=128)
    command.add_argument("-k", "--keep-alive-tmo", type=float, help="seconds")
    command.add_argument("-c", "--reconnect-delay", type=float, default=10.0, help="seconds")
    command.add_argument("-l", "--ctrl-loss-tmo", type=float, default=600.0, help="seconds, or -1")
    command.add_argument(
        "-F", "--fast_io_fail_tmo", "--fast-io-fail-tmo", type=float, default=FOREVER,
        dest="fast_io_fail_tmo", help="seconds, or -1",
    )  # fmt: skip
    command.add_argument("-D", "--duplicate-connect", action="store_true")
    command.add_argument("-g", "--hdr-digest", action="store_true")
    command.add_argument("-G", "--data-digest", action="store_true")
    own = command.add_argument_group("not in nvme-cli")
    policies = [one.value for one in Policy]
    own.add_argument("--iopolicy", choices=policies, default=Policy.NUMA.value)
    own.add_argument("--no-path-timeout", type=float, default=FOREVER, help="seconds, or -1")
    own.add_argument("--io-timeout", type=float, default=30.0, help="seconds")


def _add_namespace(command: argparse.ArgumentParser) -> None:
    command.add_argument("device", help="nvme0n1")
    command.add_argument("-n", "--namespace-id", type=int)


def _add_data(command: argparse.ArgumentParser) -> None:
    _add_namespace(command)
    command.add_argument("-s", "--start-block", type=int, default=0)
    command.add_argument("-c", "--block-count", type=int, help="0's based, as in the command")
    command.add_argument("-z", "--data-size", type=int, help="bytes")
    command.add_argument("-d", "--data", help="file; default: standard input or output")


def connect_options(arguments: argparse.Namespace) -> ConnectOptions:
    """What the arguments of discover, connect and connect-all ask for.

    Raises:
        HostError: they contradict each other; AuthenticationError for malformed secrets.
    """
    discovery = arguments.command != "connect"
    if not discovery and not arguments.nqn:
        raise HostError("connect needs --nqn")
    if arguments.tls and not arguments.tls_key:
        raise HostError("--tls needs --tls-key")
    kato = arguments.keep_alive_tmo
    arguments.kato = _KATO if kato is None else kato
    port = arguments.trsvcid or (DISCOVERY_PORT if discovery else DEFAULT_PORT)
    return ConnectOptions(
        Address(arguments.traddr, port),
        arguments.nqn or DISCOVERY_NQN,
        _identity(arguments),
        arguments.host_traddr,
        Credentials(
            _secret(arguments.dhchap_secret),
            _secret(arguments.dhchap_ctrl_secret),
            _secret(arguments.tls_key),
        ),
        header_digest=arguments.hdr_digest,
        data_digest=arguments.data_digest,
        queues=arguments.nr_io_queues,
        queue_size=arguments.queue_size,
        keep_alive=_DISCOVERY_KATO if discovery else arguments.kato,
        io_timeout=arguments.io_timeout,
        reconnect_delay=arguments.reconnect_delay,
        ctrl_loss_timeout=arguments.ctrl_loss_tmo,
        fast_io_fail_timeout=arguments.fast_io_fail_tmo,
    )


def _identity(arguments: argparse.Namespace) -> Identity:
    hostnqn = arguments.hostnqn or _content(_HOSTNQN)
    # The machine's identifier belongs to the machine's name.
    hostid = arguments.hostid or (None if arguments.hostnqn else _content(_HOSTID))
    try:
        return Identity.of(hostnqn, hostid)
    except ValueError as error:
        raise HostError(f"host identifier {hostid}: {error}") from error


def _content(path: Path) -> str | None:
    try:
        return path.read_text().strip() or None
    except OSError:
        return None


def _secret(given: str | None) -> str | None:
    if not given or not given.startswith("@"):
        return given
    return Path(given[1:]).read_text().strip()
