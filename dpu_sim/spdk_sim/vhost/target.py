"""All vhost controllers of one application, by name."""

from __future__ import annotations

import asyncio
import errno
import itertools
from collections.abc import Iterator
from pathlib import Path

from dpu_sim.spdk_sim.bdev.registry import Registry
from dpu_sim.spdk_sim.vhost.blk_controller import BlkController
from dpu_sim.spdk_sim.vhost.controller import Command, Controller
from dpu_sim.spdk_sim.vhost.scsi_controller import ScsiController

PATIENCE = 2.0
"""Seconds that a controller that is to be deleted waits for its front ends to leave.

SPDK 26.09 waits as long as they stay; those before did not wait.
"""


class VhostTarget:
    """The controllers; their sockets are in `directory`, under the controllers' names."""

    def __init__(self, registry: Registry, directory: Path) -> None:
        self.registry = registry
        self.directory = directory
        self._controllers: dict[str, Controller] = {}

    def __iter__(self) -> Iterator[Controller]:
        return iter([self._controllers[name] for name in sorted(self._controllers)])

    def get(self, name: str) -> Controller:
        """The controller of that name. Raises OSError, ENODEV."""
        if (controller := self._controllers.get(name)) is None:
            raise OSError(errno.ENODEV, name)
        return controller

    def get_scsi(self, name: str) -> ScsiController:
        """As `get`. Raises OSError: ENODEV; EINVAL, it is none of SCSI."""
        controller = self.get(name)
        if not isinstance(controller, ScsiController):
            raise OSError(errno.EINVAL, name)
        return controller

    def create_blk(self, name: str, bdev_name: str, cpumask: int, readonly: bool) -> None:
        """Serve a device as a virtio-blk device.

        Raises OSError: ENODEV, there is no such device; EPERM, it is claimed; EEXIST, the
        controller's name is taken; EINVAL, it is no file name; EIO, its socket cannot be served.
        """
        bdev = self.registry.get(bdev_name)
        path = self._path(name)
        self._serve(BlkController(name, path, cpumask, bdev, readonly))

    def create_scsi(self, name: str, cpumask: int, delay: bool) -> None:
        """Make a virtio-scsi device without targets; with `delay`, it is served when told so.

        Raises OSError: EEXIST, EINVAL, EIO as `create_blk`.
        """
        self._serve(ScsiController(name, self._path(name), cpumask), delay)

    def _path(self, name: str) -> Path:
        if name in self._controllers:
            raise OSError(errno.EEXIST, name)
        if not name or "/" in name or "\0" in name or name in (".", ".."):
            raise OSError(errno.EINVAL, name)
        return self.directory / name

    def _serve(self, controller: Controller, delay: bool = False) -> None:
        try:
            if not delay:
                controller.start()
        except OSError:
            controller.release()
            raise
        self._controllers[controller.name] = controller

    async def delete(self, name: str) -> None:
        """Remove a controller and its socket.

        Raises OSError: ENODEV; EBUSY, a front end stays connected.
        """
        controller = self.get(name)
        if not await controller.wait_until_left(PATIENCE):
            raise OSError(errno.EBUSY, name)
        if isinstance(controller, ScsiController):
            await controller.remove_targets()
        if self._controllers.pop(name, None) is None:
            raise OSError(errno.ENODEV, name)
        await controller.close()
        controller.release()

    def free_identity(self) -> int:
        """The lowest number that no SCSI device of any controller has."""
        taken = {identity for identity, _ in self.scsi_devices()}
        return next(number for number in itertools.count() if number not in taken)

    def scsi_devices(self) -> list[tuple[int, str]]:
        """(identity, name) of every SCSI device."""
        return sorted(
            (target.identity, target.name)
            for controller in self
            if isinstance(controller, ScsiController)
            for target in controller.targets.values()
        )

    def commands(self, kind: str) -> list[Command]:
        """Requests that bring the controllers of that kind about again."""
        return [command for one in self if one.kind == kind for command in one.commands()]

    async def close(self) -> None:
        """Cut every front end off; remove every controller."""
        closing = [asyncio.ensure_future(one.close()) for one in self]
        if closing:
            await asyncio.wait(closing, timeout=PATIENCE)
        for controller in self:
            controller.release()
        self._controllers.clear()
