"""SPDK's methods to follow discovery services of remote targets."""

from __future__ import annotations

import asyncio
import errno
from typing import Any

from dpu_sim.spdk_sim.envelope import Handler
from dpu_sim.spdk_sim.errors import system_error, undecoded
from dpu_sim.spdk_sim.nvme_discovery import DiscoveryService
from dpu_sim.spdk_sim.nvme_options import ATTACH, RELIABILITY
from dpu_sim.spdk_sim.parameters import Check, boolean, decode, none, string, unsigned
from dpu_sim.spdk_sim.rpc_nvme import NvmeMethods
from nvmetcp.fabrics import DISCOVERY_NQN

_KEPT = ("trtype", "traddr", "adrfam", "trsvcid", "hostnqn", *RELIABILITY)
"""Parameters that the controllers get, too."""
_START: dict[str, Check] = {
    **{name: ATTACH[name] for name in ("name", *_KEPT)},
    "wait_for_attach": boolean,
    "attach_timeout_ms": unsigned(64),
}
_LONGEST_WAIT = 24 * 3600.0


class DiscoveryMethods:
    """Handlers on the discovery services that one application follows."""

    def __init__(self, nvme: NvmeMethods) -> None:
        self._nvme = nvme
        self._services: dict[str, DiscoveryService] = {}

    def methods(self) -> dict[str, Handler]:
        """The JSON-RPC methods."""
        return {
            "bdev_nvme_start_discovery": self._start,
            "bdev_nvme_stop_discovery": self._stop,
            "bdev_nvme_get_discovery_info": self._list,
        }

    def commands(self) -> list[dict[str, Any]]:
        """Requests that follow the same services."""
        return [
            {"method": "bdev_nvme_start_discovery", "params": {"name": one.name, **one.request}}
            for one in self._services.values()
        ]

    async def close(self) -> None:
        """Follow none any longer."""
        for name in list(self._services):
            await self._services.pop(name).stop()

    async def _start(self, given: Any) -> bool:
        wanted = decode(given, _START, {"name", "trtype", "traddr"}, undecoded)
        options = self._nvme.options_for(wanted | {"subnqn": DISCOVERY_NQN})
        addresses = [one.options.address for one in self._services.values()]
        if wanted["name"] in self._services or options.address in addresses:
            raise system_error(errno.EEXIST)
        milliseconds = wanted.get("attach_timeout_ms", 0)
        waits = wanted.get("wait_for_attach", False) or milliseconds > 0
        kept = {name: wanted[name] for name in _KEPT if name in wanted}
        kept |= {"hostnqn": options.identity.hostnqn, "wait_for_attach": waits}
        service = DiscoveryService(wanted["name"], options, kept, self._nvme)
        self._services[service.name] = service
        service.start()
        if waits:
            await self._wait_for(service, milliseconds)
        return True

    async def _wait_for(self, service: DiscoveryService, milliseconds: int) -> None:
        """Wait until what is listed is attached; without a limit as long as it takes."""
        seconds = min(milliseconds / 1000, _LONGEST_WAIT) if milliseconds else None
        try:
            async with asyncio.timeout(seconds):
                await service.followed.wait()
        except TimeoutError as error:
            self._services.pop(service.name, None)
            await service.stop()
            raise system_error(errno.ETIMEDOUT) from error

    async def _stop(self, given: Any) -> bool:
        name = decode(given, {"name": string}, {"name"}, undecoded)["name"]
        if (service := self._services.pop(name, None)) is None:
            raise system_error(errno.ENOENT)
        await service.stop()
        return True

    async def _list(self, given: Any) -> list[dict[str, Any]]:
        none("bdev_nvme_get_discovery_info", given)
        return [one.describe() for one in self._services.values()]
