"""The NVMe over Fabrics side of an SPDK target: its subsystems as they are, and its transports."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from typing import Any

from dpu_sim.api.errors import ApiError, failed_precondition
from dpu_sim.storage.spdk import SpdkClient, SpdkError

_UNKNOWN_METHOD = -32601

Found = Mapping[str, Any]
"""A subsystem as nvmf_get_subsystems describes it."""


class Nvmf:
    """Subsystems and transports of one target."""

    def __init__(self, spdk: SpdkClient) -> None:
        self._spdk = spdk

    async def call(self, method: str, **parameters: Any) -> Any:
        """A call of the target. Raises ApiError: FAILED_PRECONDITION, it refuses."""
        try:
            return await self._spdk.call(method, parameters)
        except SpdkError as error:
            raise refused(error) from error

    async def find(self, nqn: str) -> Found | None:
        """The subsystem with that NQN."""
        try:
            listed = await self._spdk.call("nvmf_get_subsystems", {"nqn": nqn})
        except SpdkError as error:
            if error.code == -errno.ENODEV:
                return None
            raise refused(error) from error
        return next((one for one in listed if one["nqn"] == nqn), None)

    async def require(self, nqn: str, name: str) -> Found:
        """The subsystem that a resource is in. Raises ApiError: FAILED_PRECONDITION, none."""
        found = await self.find(nqn)
        if found is None:
            text = f"{name}: {nqn} is not on the SPDK target"
            raise failed_precondition(text, [name], "PARENT", "is not on the target")
        return found

    async def some(self, nqns: set[str]) -> dict[str, Found]:
        """Those of these subsystems that there are, by NQN, with one call."""
        if len(nqns) == 1:
            found = {nqn: await self.find(nqn) for nqn in nqns}
            return {nqn: one for nqn, one in found.items() if one is not None}
        listed = await self.call("nvmf_get_subsystems")
        return {one["nqn"]: one for one in listed if one["nqn"] in nqns}

    async def listener_statistics(
        self, nqn: str, address: Mapping[str, str]
    ) -> Sequence[Mapping[str, Any]] | None:
        """Counters by namespace of what came in at a listener; None: the target has none."""
        parameters = {"nqn": nqn, "listen_address": address}
        try:
            told = await self._spdk.call("nvmf_subsystem_get_listener_iostat", parameters)
        except SpdkError as error:
            if error.code == _UNKNOWN_METHOD:
                return None
            raise refused(error) from error
        return list(told["namespaces"])

    async def version(self) -> str:
        """The version of SPDK that the target is."""
        try:
            return await self._spdk.version()
        except SpdkError as error:
            raise refused(error) from error

    async def ensure_transport(self, trtype: str) -> None:
        """See to it that the target has a transport ("TCP"). Raises ApiError: it cannot have it."""
        if await self._has_transport(trtype):
            return
        try:
            await self.call("nvmf_create_transport", trtype=trtype)
        except ApiError:
            if not await self._has_transport(trtype):  # else somebody was quicker
                raise

    async def _has_transport(self, trtype: str) -> bool:
        try:
            return bool(await self._spdk.call("nvmf_get_transports", {"trtype": trtype}))
        except SpdkError:
            return False


def refused(error: SpdkError) -> ApiError:
    """What becomes of a refusal of the target."""
    return failed_precondition(f"the SPDK target refuses: {error}")
