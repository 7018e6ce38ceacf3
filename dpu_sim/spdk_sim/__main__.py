"""spdk-sim: the SPDK stand-in, alone.

    spdk-sim -r /var/tmp/spdk.sock

Exit codes: 0 stopped by SIGTERM or SIGINT, 1 the socket cannot be served, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from dpu_sim import logs
from dpu_sim.spdk_sim.server import SocketTakenError, run

DEFAULT_SOCKET = Path("/var/tmp/spdk.sock")  # noqa: S108 (where SPDK's clients look)


def main(argv: Sequence[str] | None = None) -> int:
    """Run until told to stop; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="spdk-sim", description="A stand-in for spdk_tgt: the same JSON-RPC, no hardware."
    )
    parser.add_argument(
        "-r", "--rpc-socket", type=Path, default=DEFAULT_SOCKET, metavar="PATH", help="socket"
    )
    parser.add_argument("--notify-fd", type=int, metavar="FD", help="write a newline when ready")
    parser.add_argument("--log-level", choices=logs.LEVELS, default="info", help="least to report")
    options = parser.parse_args(argv)
    logs.configure(options.log_level)
    try:
        asyncio.run(run(options.rpc_socket, options.notify_fd))
    except (OSError, SocketTakenError) as error:
        logging.getLogger("dpu_sim.spdk_sim").error("cannot serve: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
