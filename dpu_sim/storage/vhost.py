"""The vhost side of an SPDK target: its virtio devices, each behind a Unix domain socket.

A controller of the target is a virtio device. Its front end, such as a virtual machine, finds it
by the socket, which has the controller's name in the target's folder for such sockets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from dpu_sim.api.errors import ApiError, failed_precondition, unimplemented
from dpu_sim.storage.bdevs import is_unavailable
from dpu_sim.storage.spdk import SpdkClient, SpdkError

Found = Mapping[str, Any]
"""A controller as vhost_get_controllers describes it."""

LACKING = (
    "the SPDK target has no vhost, which it would serve virtio devices with: use one that has, or "
    "NVMe namespaces (FrontendNvmeService)"
)

_UNKNOWN_METHOD = -32601
_NO_SUCH_DEVICE = "No such device"
_BUSY = "Device or resource busy"
_NOT_PERMITTED = "Operation not permitted"
"""How methods on controllers tell of errors of the system: all of them under one code."""

_LOOK_SECONDS = 2.0
"""Between two looks whether a target has vhost: another one may be in the socket's place."""


class Vhost:
    """The controllers of one target."""

    def __init__(self, spdk: SpdkClient) -> None:
        self._spdk = spdk

    async def call(self, method: str, **parameters: Any) -> Any:
        """A call of the target.

        Raises:
            ApiError: UNIMPLEMENTED, it has no vhost; FAILED_PRECONDITION, it refuses.
        """
        try:
            return await self._spdk.call(method, parameters)
        except SpdkError as error:
            raise _refused(error) from error

    async def find(self, name: str) -> Found | None:
        """The controller of that name. Raises ApiError."""
        try:
            listed = await self._spdk.call("vhost_get_controllers", {"name": name})
        except SpdkError as error:
            if error.message == _NO_SUCH_DEVICE:
                return None
            raise _refused(error) from error
        return next((one for one in listed if one["ctrlr"] == name), None)

    async def require(self) -> None:
        """See to it that the target has vhost. Raises ApiError: UNIMPLEMENTED."""
        await self.find("")

    async def delete(self, name: str) -> None:
        """Remove a controller and its socket. Raises ApiError: a front end stays connected."""
        try:
            await self._spdk.call("vhost_delete_controller", {"ctrlr": name})
        except SpdkError as error:
            if error.message == _NO_SUCH_DEVICE:
                return
            if error.message != _BUSY:
                raise _refused(error) from error
            text = f"{name}: a host is connected to it, which the SPDK target does not cut off"
            raise failed_precondition(text, [name], "IN_USE", "a host is connected") from error

    async def watch(self, told: Callable[[bool], Awaitable[None]]) -> None:
        """Tell of every change of whether the target has vhost, for ever; first it has."""
        last = True
        while True:
            now = await self._has(last)
            if now != last:
                last = now
                await told(now)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _has(self, otherwise: bool) -> bool:
        """Whether the target has vhost; `otherwise` while it does not answer."""
        try:
            await self.require()
        except ApiError as error:
            return otherwise if is_unavailable(error) else error.message != LACKING
        return True


def _refused(error: SpdkError) -> ApiError:
    if error.code == _UNKNOWN_METHOD:
        return unimplemented(LACKING)
    if error.message == _NOT_PERMITTED:
        return failed_precondition("the SPDK target refuses: something else uses the volume")
    return failed_precondition(f"the SPDK target refuses: {error}")
