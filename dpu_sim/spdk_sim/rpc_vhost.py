"""SPDK's methods on vhost controllers."""

from __future__ import annotations

import errno
import os
from collections.abc import Awaitable, Callable
from typing import Any

from dpu_sim.spdk_sim.envelope import Handler
from dpu_sim.spdk_sim.errors import (
    INTERNAL_ERROR,
    INVALID_PARAMETERS,
    RpcError,
    invalid_parameters,
    system_error,
)
from dpu_sim.spdk_sim.parameters import Check, boolean, decode, signed, string, unsigned
from dpu_sim.spdk_sim.vhost.blk_controller import TRANSPORT
from dpu_sim.spdk_sim.vhost.target import VhostTarget

_CONTROLLER: dict[str, Check] = {"ctrlr": string}
_BLK: dict[str, Check] = {
    "ctrlr": string,
    "dev_name": string,
    "cpumask": string,
    "transport": string,
    "readonly": boolean,
    "packed_ring": boolean,
}
_SCSI: dict[str, Check] = {"ctrlr": string, "cpumask": string, "delay": boolean}
_COALESCING: dict[str, Check] = {
    "ctrlr": string,
    "delay_base_us": unsigned(32),
    "iops_threshold": unsigned(32),
}


class VhostMethods:
    """Handlers on the controllers of one target."""

    def __init__(self, target: VhostTarget) -> None:
        self._target = target

    def methods(self) -> dict[str, Handler]:
        """The JSON-RPC methods."""
        return {
            "vhost_create_blk_controller": _told(self._create_blk),
            "vhost_create_scsi_controller": _told(self._create_scsi),
            "vhost_start_scsi_controller": _told(self._start_scsi),
            "vhost_scsi_controller_add_target": _told(self._add_target),
            "vhost_scsi_controller_remove_target": _told(self._remove_target),
            "vhost_delete_controller": _told(self._delete),
            "vhost_get_controllers": _told(self._list, INTERNAL_ERROR),
            "vhost_controller_set_coalescing": _told(self._set_coalescing),
            "virtio_blk_get_transports": self._list_transports,
            "virtio_blk_create_transport": self._create_transport,
            "scsi_get_devices": self._list_scsi_devices,
        }

    async def _create_blk(self, given: Any) -> bool:
        # Other transports have parameters of their own: what is not known is not refused.
        if isinstance(given, dict):
            given = {name: value for name, value in given.items() if name in _BLK}
        wanted = _decode(given, _BLK, "ctrlr", "dev_name")
        # Packed rings are never offered to front ends: those that know them know split ones too.
        if wanted.get("transport", TRANSPORT).lower() != TRANSPORT:
            raise OSError(errno.EINVAL, wanted["ctrlr"])
        self._target.create_blk(
            wanted["ctrlr"], wanted["dev_name"], _cpumask(wanted), wanted.get("readonly", False)
        )
        return True

    async def _create_scsi(self, given: Any) -> bool:
        wanted = _decode(given, _SCSI, "ctrlr")
        self._target.create_scsi(wanted["ctrlr"], _cpumask(wanted), wanted.get("delay", False))
        return True

    async def _start_scsi(self, given: Any) -> bool:
        self._target.get_scsi(_decode(given, _CONTROLLER, "ctrlr")["ctrlr"]).start()
        return True

    async def _add_target(self, given: Any) -> int:
        fields = _CONTROLLER | {"scsi_target_num": signed(32), "bdev_name": string}
        wanted = _decode(given, fields, *fields)
        controller = self._target.get_scsi(wanted["ctrlr"])
        number: int = wanted["scsi_target_num"]
        number = controller.free_number() if number < 0 else number
        bdev = self._target.registry.find(wanted["bdev_name"])
        if bdev is None:
            raise OSError(errno.EINVAL, wanted["bdev_name"])
        controller.add_target(number, bdev, self._target.free_identity())
        return number

    async def _remove_target(self, given: Any) -> bool:
        fields = _CONTROLLER | {"scsi_target_num": unsigned(32)}
        wanted = _decode(given, fields, *fields)
        await self._target.get_scsi(wanted["ctrlr"]).remove_target(wanted["scsi_target_num"])
        return True

    async def _delete(self, given: Any) -> bool:
        await self._target.delete(_decode(given, _CONTROLLER, "ctrlr")["ctrlr"])
        return True

    async def _list(self, given: Any) -> list[dict[str, Any]]:
        name = _decode(given, {"name": string}).get("name")
        shown = self._target if name is None else [self._target.get(name)]
        return [controller.describe() for controller in shown]

    async def _set_coalescing(self, given: Any) -> bool:
        wanted = _decode(given, _COALESCING, *_COALESCING)
        controller = self._target.get(wanted["ctrlr"])
        controller.set_coalescing(wanted["delay_base_us"], wanted["iops_threshold"])
        return True

    async def _list_transports(self, given: Any) -> list[dict[str, Any]]:
        name = decode(given, {"name": string}, set()).get("name", TRANSPORT)
        if name.lower() != TRANSPORT:
            raise system_error(errno.ENODEV)
        return [{"name": TRANSPORT}]

    async def _create_transport(self, given: Any) -> bool:
        name = given.get("name") if isinstance(given, dict) else None
        if not isinstance(name, str):
            raise system_error(errno.EINVAL)
        raise system_error(errno.EEXIST if name.lower() == TRANSPORT else errno.ENOENT)

    async def _list_scsi_devices(self, given: Any) -> list[dict[str, Any]]:
        if given is not None:
            raise invalid_parameters("scsi_get_devices requires no parameters")
        devices = self._target.scsi_devices()
        return [{"id": identity, "device_name": name} for identity, name in devices]


def _told(handler: Callable[[Any], Awaitable[Any]], code: int = INVALID_PARAMETERS) -> Handler:
    """The handler, with errors of the system told under one code, as these methods do."""

    async def told(given: Any) -> Any:
        try:
            return await handler(given)
        except OSError as error:
            raise RpcError(code, os.strerror(error.errno or errno.EIO)) from error

    return told


def _decode(given: Any, fields: dict[str, Check], *required: str) -> dict[str, Any]:
    """The parameters. Raises OSError, EINVAL, whatever is wrong with them."""
    try:
        return decode(given, fields, set(required))
    except RpcError as error:
        raise OSError(errno.EINVAL, error.message) from error


def _cpumask(wanted: dict[str, Any]) -> int:
    """The processors of a mask in hexadecimal digits or a list in brackets; 1 is the first.

    Raises OSError, EINVAL: it is neither, or empty. Which ones they are has no effect.
    """
    text: str = wanted.get("cpumask", "0x1").strip()
    try:
        mask = _listed(text[1:-1]) if text[:1] + text[-1:] == "[]" else int(text, 16)
    except ValueError:
        mask = 0
    if not 0 < mask < 1 << 1024:
        raise OSError(errno.EINVAL, text)
    return mask


def _listed(text: str) -> int:
    """The mask of a list as in "0,2-3". Raises ValueError."""
    mask = 0
    for part in text.split(","):
        first, _, last = part.partition("-")
        for number in range(int(first), min(int(last or first), 1023) + 1):
            mask |= 1 << number
    return mask
