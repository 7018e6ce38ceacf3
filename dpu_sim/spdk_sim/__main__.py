"""spdk-sim: the SPDK stand-in, alone.

    spdk-sim -r /var/tmp/spdk.sock [-s MEBIBYTES] [-c CONFIG] [-S DIR] [--wait-for-rpc]

The options of spdk_tgt that concern cores, huge pages and PCI devices are accepted, and without
effect.

Exit codes: 0 stopped by SIGTERM or SIGINT, 1 the socket cannot be served or the configuration
cannot be carried out, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dpu_sim import logs
from dpu_sim.spdk_sim.allocator import keep_freed_memory
from dpu_sim.spdk_sim.application import Application, Settings
from dpu_sim.spdk_sim.configuration import ConfigurationError
from dpu_sim.spdk_sim.flood import FloodFilter
from dpu_sim.spdk_sim.rpc_framework import VERSION
from dpu_sim.spdk_sim.server import SocketTakenError, run

DEFAULT_SOCKET = "/var/tmp/spdk.sock"  # noqa: S108 (where SPDK's clients look)
_MIB = 1 << 20

_log = logging.getLogger("dpu_sim.spdk_sim")

_VALUES_WITHOUT_EFFECT = (
    ("-m", "--cpumask"), ("--lcores",), ("-p", "--main-core"), ("-n", "--mem-channels"),
    ("-i", "--shm-id"), ("-L", "--logflag"), ("-e", "--tpoint-group"), ("--iova-mode",),
    ("--base-virtaddr",), ("--huge-dir",), ("-B", "--pci-blocked"), ("-A", "--pci-allowed"),
    ("--num-trace-entries",), ("--env-context",), ("--vfio-vf-token",), ("--msg-mempool-size",),
    ("--rpcs-allowed",), ("--numa-affinity",), ("-W",),
)  # fmt: skip
_FLAGS_WITHOUT_EFFECT = (
    ("--no-huge",), ("-u", "--no-pci"), ("-g", "--single-file-segments"), ("-R", "--huge-unlink"),
    ("-d", "--limit-coredump"), ("--disable-cpumask-locks",), ("--interrupt-mode",),
    ("--silence-noticelog",), ("--enforce-numa",), ("--no-rpc-server",),
    ("--json-ignore-init-errors",),
)  # fmt: skip


def parser() -> argparse.ArgumentParser:
    """The command line."""
    wanted = argparse.ArgumentParser(
        prog="spdk-sim", description="A stand-in for spdk_tgt: the same JSON-RPC, no hardware."
    )
    wanted.add_argument(
        "-r", "--rpc-socket", default=DEFAULT_SOCKET, metavar="PATH|IP:PORT", help="where to serve"
    )
    wanted.add_argument(
        "-s", "--mem-size", type=mebibytes, metavar="MB", help="memory for malloc devices"
    )
    wanted.add_argument(
        "-c", "--config", "--json", type=Path, metavar="FILE", help="methods to call at the start"
    )
    wanted.add_argument(
        "--wait-for-rpc", action="store_true", help="initialize when framework_start_init says so"
    )
    wanted.add_argument(
        "-S", "--vhost-sockets", type=Path, metavar="DIR", help="where sockets of vhost are made"
    )
    wanted.add_argument(
        "--no-examine", action="store_true", help="don't look for logical volumes on devices"
    )
    wanted.add_argument("-f", "--pidfile", type=Path, metavar="FILE", help="where to write the pid")
    wanted.add_argument("-v", "--version", action="version", version=f"SPDK v{VERSION}-sim")
    wanted.add_argument("--notify-fd", type=int, metavar="FD", help="write a newline when ready")
    wanted.add_argument("--log-level", choices=logs.LEVELS, default="info", help="least to report")
    ignored = wanted.add_argument_group("accepted for spdk_tgt's sake, without effect")
    for names in _VALUES_WITHOUT_EFFECT:
        ignored.add_argument(*names, dest=_ignored(names), metavar="VALUE", help=argparse.SUPPRESS)
    for names in _FLAGS_WITHOUT_EFFECT:
        ignored.add_argument(
            *names, dest=_ignored(names), action="store_true", help=argparse.SUPPRESS
        )
    return wanted


def mebibytes(text: str) -> int:
    """Bytes of a memory size as spdk_tgt takes it: MiB, or a number with M, G or MB, GB."""
    units = {"": _MIB, "M": _MIB, "G": _MIB << 10}
    digits = text.rstrip("BGMbgm")
    unit = text[len(digits) :].upper().removesuffix("B")
    if not digits.isdecimal() or unit not in units:
        raise argparse.ArgumentTypeError(f"no size: {text}")
    return int(digits) * units[unit]


def _ignored(names: tuple[str, ...]) -> str:
    return f"ignored {names[-1]}"


def main(argv: Sequence[str] | None = None) -> int:
    """Run until told to stop; return the exit code."""
    options = parser().parse_args(argv)
    logs.configure(options.log_level)
    for handler in logging.getLogger().handlers:
        handler.addFilter(FloodFilter())
    keep_freed_memory()
    for name, value in vars(options).items():
        if name.startswith("ignored ") and value not in (None, False):
            _log.info("without effect: %s", name.removeprefix("ignored "))
    sockets = options.vhost_sockets
    settings = Settings(
        options.mem_size, options.config, options.wait_for_rpc, sockets, not options.no_examine
    )
    try:
        with pid_file(options.pidfile):
            asyncio.run(serve(options, settings))
    except (OSError, SocketTakenError) as error:
        _log.error("cannot serve: %s", error)
        return 1
    except ConfigurationError as error:
        _log.error("%s", error)
        return 1
    return 0


@contextmanager
def pid_file(path: Path | None) -> Iterator[None]:
    """A file with the number of the process while it runs. Raises OSError."""
    if path is None:
        yield
        return
    path.write_text(f"{os.getpid()}\n")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


async def serve(options: argparse.Namespace, settings: Settings) -> None:
    """Run the application on its socket."""
    await run(options.rpc_socket, options.notify_fd, Application(settings))


if __name__ == "__main__":
    sys.exit(main())
