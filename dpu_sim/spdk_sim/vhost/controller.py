"""A vhost controller: one virtio device, served on a Unix domain socket of its own."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from dpu_sim.spdk_sim.vhost.device import VirtioDevice
from dpu_sim.spdk_sim.vhost.session import Session

SESSIONS = 16
"""Front ends of one controller at a time."""

COALESCING_DELAY, COALESCING_THRESHOLD = 0, 60000
"""Microseconds by which interrupts are put off, and the I/O rate from which on; SPDK's defaults."""

_STATISTICS_INTERVALS = 100
"""How often in a second SPDK looks at the I/O rate: no threshold is lower."""
_TICKS_PER_MICROSECOND = 1000
_BACKLOG = 8
_NO_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_PAUSE = 1.0
"""Seconds."""

Command = dict[str, Any]

_log = logging.getLogger("dpu_sim.spdk_sim")


class Controller:
    """One controller; `device` is what its front ends see."""

    kind: ClassVar[str]
    """The name of its part of vhost_get_controllers: "block" or "scsi"."""

    def __init__(self, name: str, path: Path, cpumask: int, device: VirtioDevice) -> None:
        self.name = name
        self.path = path
        self.cpumask = cpumask
        self.coalescing = (COALESCING_DELAY, COALESCING_THRESHOLD)
        """(delay in microseconds, I/O operations per second)."""
        self.device = device
        self.sessions: dict[int, Session] = {}
        self._socket: socket.socket | None = None
        self._next = 0
        self._left = asyncio.Event()

    # -- the socket

    @property
    def started(self) -> bool:
        """Whether front ends can connect."""
        return self._socket is not None

    def start(self) -> None:
        """Serve the socket. Raises OSError, EIO: it cannot be created, or somebody else has it."""
        if self._socket is not None:
            return
        _remove_stale(self.path)
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            server.bind(os.fspath(self.path))
            server.listen(_BACKLOG)
        except OSError as error:
            server.close()
            _log.error("%s: %s", self.path, error)
            raise OSError(errno.EIO, self.name) from error
        self._socket = server
        asyncio.get_running_loop().add_reader(server, self._accept)

    def stop(self) -> None:
        """Serve no longer; those that are connected stay."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None
            self.path.unlink(missing_ok=True)

    def _accept(self) -> None:
        assert self._socket is not None
        try:
            connection, _ = self._socket.accept()
        except OSError as error:
            if error.errno in _NO_DESCRIPTORS:
                self._pause()
            return  # or it went away before it was taken
        try:
            if len(self.sessions) < SESSIONS:
                self._begin(connection)
            else:
                connection.close()
        except OSError:
            connection.close()
            self._pause()

    def _begin(self, connection: socket.socket) -> None:
        """Serve a front end. Raises OSError: there are no descriptors left."""
        number, self._next = self._next, self._next + 1
        name = f"{self.name}s{number}"
        session = Session(
            name,
            connection,
            self.device,
            number=number,
            forget=self.forget,
            ready=self._nobody_is_leaving,
        )
        session.coalescing = self.coalescing
        self.sessions[number] = session
        session.start()

    def _pause(self) -> None:
        """Accept nobody for a while: who waits would only be refused again and again."""
        loop = asyncio.get_running_loop()
        assert self._socket is not None
        loop.remove_reader(self._socket)
        loop.call_later(_PAUSE, self._resume)

    def _resume(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().add_reader(self._socket, self._accept)

    def _nobody_is_leaving(self) -> bool:
        return not any(one.leaving for one in self.sessions.values())

    def forget(self, session: Session) -> None:
        """A front end has gone, and its last request has ended: the others may go on."""
        self.sessions.pop(session.number, None)
        self._left.set()
        for other in self.sessions.values():
            other.run()

    async def wait_until_left(self, seconds: float) -> bool:
        """Wait until no front end is connected; whether that came about in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.sessions:
                    self._left.clear()
                    await self._left.wait()
        return not self.sessions

    async def close(self) -> None:
        """Cut every front end off and serve no longer."""
        self.stop()
        await asyncio.gather(*(one.close() for one in list(self.sessions.values())))

    # -- settings

    def set_coalescing(self, delay: int, threshold: int) -> None:
        """Put interrupts off by up to `delay` microseconds where there are more I/Os per second.

        Raises OSError, EINVAL: the delay does not fit in 32 bits of ticks, the threshold is none.
        """
        if delay * _TICKS_PER_MICROSECOND >= 1 << 32 or threshold < _STATISTICS_INTERVALS:
            raise OSError(errno.EINVAL, self.name)
        self.coalescing = (delay, threshold)
        for session in self.sessions.values():
            session.coalescing = self.coalescing

    # -- what there is

    def describe(self) -> dict[str, Any]:
        """The controller as vhost_get_controllers shows it."""
        delay, threshold = self.coalescing
        return {
            "ctrlr": self.name,
            "cpumask": f"0x{self.cpumask:x}",
            "delay_base_us": delay,
            "iops_threshold": threshold,
            "socket": os.fspath(self.path),
            "sessions": [one.describe() for one in self.sessions.values()],
            "backend_specific": {self.kind: self.backend()},
        }

    def backend(self) -> Any:
        """What is behind it, as vhost_get_controllers shows it."""
        raise NotImplementedError

    def commands(self) -> Iterator[Command]:
        """Requests that bring the controller about again."""
        yield from self.creation()
        delay, threshold = self.coalescing
        if delay:
            yield {
                "method": "vhost_controller_set_coalescing",
                "params": {
                    "ctrlr": self.name,
                    "delay_base_us": delay,
                    "iops_threshold": threshold,
                },
            }

    def creation(self) -> Iterator[Command]:
        """As `commands`, without settings."""
        raise NotImplementedError

    def release(self) -> None:
        """Give the block devices back; no front end is connected."""
        raise NotImplementedError


def _remove_stale(path: Path) -> None:
    """Remove the socket of a server that has died. Raises OSError, EIO: there is something else."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise OSError(errno.EIO, os.fspath(path)) from error
    if not stat.S_ISSOCK(mode) or _is_served(path):
        raise OSError(errno.EIO, os.fspath(path))
    path.unlink(missing_ok=True)


def _is_served(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(os.fspath(path))
        except OSError:
            return False
    return True
