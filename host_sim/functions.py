"""Simulated PCIe functions of a host: what its DPUs offer appears as block devices.

    python -m host_sim.functions [--folder DIR] [--links DIR] [--patience SECONDS]

A DPU serves each of its functions as a unix socket FOLDER/<dpu>/<function>.sock that speaks NBD,
with an export for each namespace. The device of export 1 of pf0vf0 is then at
/dev/dpulab/<dpu>/pf0vf0n1, which leads to a loop device. It goes when the DPU takes its export or
socket away, or when another namespace takes its place. A DPU that crashes leaves its socket: the
device stays, and I/O waits for `patience`, also while the DPU is up again and has not yet brought
back what it had.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import logging
import re
import shutil
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
_NOBODY = (0, 0)


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace of a function: where it is found."""

    socket: Path
    export: str

    @property
    def name(self) -> str:
        """DPU, function, number: dpu1/pf0vf0n1."""
        return f"{self.socket.parent.name}/{self.socket.stem}n{self.export}"


@dataclass(slots=True)
class _Made:
    """The device of a namespace."""

    served: Served
    remote: RemoteDevice
    server: tuple[int, int]
    """The server that it was last seen at."""
    missed_at: float | None = None
    """Since when another server is there that does not have it."""


class Functions:
    """The block devices that are there, and those that should be."""

    def __init__(self, folder: Path, links: Path, patience: float) -> None:
        self._folder = folder
        self._links = links
        self._patience = patience
        self._attached: dict[Namespace, _Made] = {}
        self._failed: set[Namespace] = set()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        shutil.rmtree(self._links, ignore_errors=True)  # of a watcher that was killed
        try:
            while True:
                await self.step()
                await asyncio.sleep(_PERIOD)
        finally:
            for one in list(self._attached):
                await self._take_away(one)

    async def step(self) -> None:
        """Make devices of what has appeared; take those away that have gone."""
        offered, silent = await self._look()
        wanted = set(offered) | {one for one in self._attached if one.socket in silent}
        for one, made in list(self._attached.items()):
            if one in offered:
                made.missed_at, made.server = None, _server_at(one.socket)
                over = offered[one].replaces(made.remote.export)
            else:
                over = one not in wanted and self._is_over(one)
            if over or not made.served.attachment.alive:
                await self._take_away(one)
        self._failed &= wanted
        for one in sorted(wanted - set(self._attached), key=lambda one: one.name):
            await self._make(one)

    async def _look(self) -> tuple[dict[Namespace, Export], set[Path]]:
        """What the DPUs offer, and the sockets where nobody answers: those have what they had."""
        offered: dict[Namespace, Export] = {}
        silent: set[Path] = set()
        for socket in sorted(self._folder.glob(f"*/*{_SUFFIX}")):
            exports = await _exports(socket)
            if exports is None:
                silent.add(socket)
            else:
                offered |= _namespaces(socket, exports)
        return offered, silent

    def _is_over(self, one: Namespace) -> bool:
        """Whether a namespace that its server does not have will not come back.

        The server that had it has taken it away. One that was started anew gets its time.
        """
        made = self._attached[one]
        if _server_at(one.socket) in (_NOBODY, made.server):
            return True
        now = asyncio.get_running_loop().time()
        if made.missed_at is None:
            made.missed_at = now
        return now - made.missed_at > self._patience

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
        self._attached[one] = _Made(served, device, _server_at(one.socket))
        link = self._links / one.name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(served.attachment.device)
        size = device.blocks * device.block_size
        _log.info("%s is %s, %d bytes", one.name, served.attachment.device, size)

    async def _take_away(self, one: Namespace) -> None:
        made = self._attached.pop(one)
        (self._links / one.name).unlink(missing_ok=True)
        await made.remote.close()
        with contextlib.suppress(OSError):
            await made.served.abandon()
        _log.info("%s is gone", one.name)


def _server_at(socket: Path) -> tuple[int, int]:
    """What tells one server from the next at the same place; _NOBODY where there is no socket.

    Inode and time of its making: a file system may give the same inode again at once.
    """
    try:
        found = socket.stat()
    except OSError:
        return _NOBODY
    return found.st_ino, found.st_mtime_ns


def _namespaces(socket: Path, exports: dict[str, Export]) -> dict[Namespace, Export]:
    return {
        Namespace(socket, name): export
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
