"""Simulated PCIe functions of a host: what its DPUs offer appears as block devices.

    python -m host_sim.functions [--folder DIR] [--links DIR] [--patience SECONDS]

A DPU serves each of its functions as a unix socket FOLDER/<dpu>/<function>.sock that speaks NBD,
with an export for each namespace. The device of export 1 of pf0vf0 is then at
/dev/dpulab/<dpu>/pf0vf0n1, which leads to a loop device. It goes when the DPU takes its export or
socket away. A DPU that crashes leaves its socket: the device stays, and I/O waits for `patience`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import logging
import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from host_sim.attach import Served, attach_device
from host_sim.errors import HostError
from host_sim.remote import RemoteDevice, open_remote
from nbd_server.client import list_exports
from nbd_server.wire import Export, ProtocolError

FOLDER = Path("/run/dpulab/functions")
LINKS = Path("/dev/dpulab")
PATIENCE = 60.0

_log = logging.getLogger("host_sim")
_PERIOD = 0.25
"""Seconds between two looks."""
_ANSWER = 2.0
"""Seconds within which a server has to say what it has."""
_EXPORT = re.compile(r"[1-9]\d{0,9}")
_SUFFIX = ".sock"


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace of a function: where it is found, and as what."""

    socket: Path
    export: str
    size: int
    block_size: int

    @property
    def name(self) -> str:
        """DPU, function, number: dpu1/pf0vf0n1."""
        return f"{self.socket.parent.name}/{self.socket.stem}n{self.export}"


class Functions:
    """The block devices that are there, and those that should be."""

    def __init__(self, folder: Path, links: Path, patience: float) -> None:
        self._folder = folder
        self._links = links
        self._patience = patience
        self._attached: dict[Namespace, tuple[Served, RemoteDevice]] = {}
        self._failed: set[Namespace] = set()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        try:
            while True:
                await self.step()
                await asyncio.sleep(_PERIOD)
        finally:
            for one in list(self._attached):
                await self._take_away(one)

    async def step(self) -> None:
        """Make devices of what has appeared; take those away that have gone."""
        wanted = await self._wanted()
        for one, (served, _) in list(self._attached.items()):
            if one not in wanted or not served.attachment.alive:
                await self._take_away(one)
        self._failed &= wanted
        for one in sorted(wanted - set(self._attached), key=lambda one: one.name):
            await self._make(one)

    async def _wanted(self) -> set[Namespace]:
        """What the DPUs offer. A server that does not answer has what it had."""
        wanted: set[Namespace] = set()
        for socket in sorted(self._folder.glob(f"*/*{_SUFFIX}")):
            former = {one for one in self._attached if one.socket == socket}
            exports = await _exports(socket)
            wanted |= former if exports is None else _namespaces(socket, exports)
        return wanted

    async def _make(self, one: Namespace) -> None:
        try:
            device = await open_remote(one.socket, one.export, self._patience)
            try:
                served = await attach_device(device, one.name)
            except BaseException:
                await device.close()
                raise
        except (HostError, OSError, ProtocolError) as error:
            if one not in self._failed:  # said once, tried again and again
                _log.error("%s: %s", one.name, error)
            self._failed.add(one)
            return
        self._failed.discard(one)
        self._attached[one] = served, device
        link = self._links / one.name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(served.attachment.device)
        _log.info("%s is %s, %d bytes", one.name, served.attachment.device, one.size)

    async def _take_away(self, one: Namespace) -> None:
        served, device = self._attached.pop(one)
        (self._links / one.name).unlink(missing_ok=True)
        await device.close()
        with contextlib.suppress(OSError):
            await served.abandon()
        _log.info("%s is gone", one.name)


def _namespaces(socket: Path, exports: dict[str, Export]) -> set[Namespace]:
    return {
        Namespace(socket, name, export.size, export.block_size)
        for name, export in exports.items()
        if _EXPORT.fullmatch(name) and export.size
    }


async def _exports(socket: Path) -> dict[str, Export] | None:
    """The exports of a server; none for a socket that is gone, None when it cannot be told."""
    try:
        async with asyncio.timeout(_ANSWER):
            return dict(await list_exports(socket))
    except FileNotFoundError:
        return {}
    except TimeoutError:
        return None
    except OSError as error:
        if error.errno == errno.ENOENT:
            return {}
        return None  # refused, or it hung up: it crashed, and may come back
    except ProtocolError as error:
        _log.warning("%s: %s", socket, error)
        return None


def main(argv: Sequence[str] | None = None) -> int:
    """Watch until told to end."""
    parser = argparse.ArgumentParser(prog="python -m host_sim.functions")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--links", type=Path, default=LINKS)
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    functions = Functions(options.folder, options.links, options.patience)
    asyncio.run(_until_told(functions))
    return 0


async def _until_told(functions: Functions) -> None:
    task = asyncio.create_task(functions.run())
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    sys.exit(main())
