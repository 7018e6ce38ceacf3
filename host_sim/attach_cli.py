"""Block devices on the command line: commands of `nvmesim`, and a file as a device.

    nvmesim attach nvme0n1            prints /dev/loopN, which shows the namespace until detached
    nvmesim detach nvme0n1 [--force]
    nvmesim attached

    python -m host_sim.attach_cli --file FILE [--block-size BYTES] [--name NAME]

The last needs no target: it serves a file and stays; SIGTERM or Ctrl-C detaches, unless the device
is in use.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from host_sim.attach import BusyError, Served, attach_device
from host_sim.errors import HostError
from nbd_server.device import FileDevice

ATTACH_COMMANDS = ("attach", "detach", "attached")


def add_commands(commands: Any, parents: Sequence[argparse.ArgumentParser]) -> None:
    """Add attach, detach and attached to the sub-commands of nvmesim."""
    one = commands.add_parser("attach", help="make a block device of a namespace", parents=parents)
    one.add_argument("device", help="nvme0n1")
    one = commands.add_parser("detach", help="take its block device away", parents=parents)
    one.add_argument("device", help="nvme0n1")
    one.add_argument(
        "--force", action="store_true", help="also in use: who uses it gets I/O errors"
    )
    commands.add_parser("attached", help="namespaces that are block devices", parents=parents)


def table(devices: Sequence[dict[str, Any]]) -> str:
    """The answer of `attached` for a person."""
    return "\n".join(
        f"{one['device']}  {one['namespace']}  {one['size']} bytes, blocks of {one['block_size']}"
        for one in devices
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Attach a file; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m host_sim.attach_cli")
    parser.add_argument("--file", type=Path, required=True, help="its size is the device's")
    parser.add_argument("--block-size", type=int, default=512, help="bytes; 512 or 4096")
    parser.add_argument("--name", default="file", help="unique on the host")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        with FileDevice(options.file, options.block_size) as device:
            return asyncio.run(_attach_file(device, options.name))
    except (HostError, OSError, ValueError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1


async def _attach_file(device: FileDevice, name: str) -> int:
    told = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, told.set)
    served = await attach_device(device, name)
    print(served.attachment.device, flush=True)  # noqa: T201 - the result
    lost = asyncio.create_task(served.attachment.wait())
    while not lost.done():
        asked = asyncio.create_task(told.wait())
        await asyncio.wait((lost, asked), return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        told.clear()
        if not lost.done() and await _detached(served):
            return 0
    await served.abandon()
    sys.stderr.write("error: nbdfuse ended, the device is lost\n")
    return 1


async def _detached(served: Served) -> bool:
    try:
        await served.detach()
    except BusyError as error:
        sys.stderr.write(f"error: {error}\n")
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
