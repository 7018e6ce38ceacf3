"""SPDK's bdev_* methods that concern every block device: list, statistics, limits, histogram."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import Any

from dpu_sim.spdk_sim.bdev.bdev import Bdev
from dpu_sim.spdk_sim.bdev.device import IoType
from dpu_sim.spdk_sim.bdev.histogram import GRANULARITY, LONGEST, SHORTEST, Histogram
from dpu_sim.spdk_sim.bdev.qos import RateLimits
from dpu_sim.spdk_sim.bdev.registry import Registry
from dpu_sim.spdk_sim.bdev.statistics import TICKS_PER_SECOND, IoStatistics, Reset, now
from dpu_sim.spdk_sim.envelope import Handler
from dpu_sim.spdk_sim.errors import system_error, undecoded
from dpu_sim.spdk_sim.parameters import (
    boolean,
    decode,
    none,
    one_of,
    string,
    strings,
    unsigned,
)

OPTIONS = {
    "bdev_io_pool_size": 65535,
    "bdev_io_cache_size": 256,
    "bdev_auto_examine": True,
    "iobuf_small_cache_size": 128,
    "iobuf_large_cache_size": 16,
}
"""Options of the bdev subsystem with SPDK's defaults; they size pools that do not exist here."""

_HINTS = (
    "preferred_write_alignment",
    "preferred_write_granularity",
    "optimal_write_size",
    "preferred_unmap_alignment",
    "preferred_unmap_granularity",
)
_LIMITS = tuple(RateLimits().describe())
_RESETS = one_of(*Reset)
_LONGEST_WAIT = 24 * 3600.0


class BdevMethods:
    """Handlers on the devices of one registry."""

    def __init__(self, registry: Registry, examine: bool = True) -> None:
        self._registry = registry
        self.options: dict[str, int | bool] = {**OPTIONS, "bdev_auto_examine": examine}
        registry.examines = examine

    def methods(self) -> dict[str, Handler]:
        """The JSON-RPC methods."""
        return {
            "bdev_get_bdevs": self._list,
            "bdev_get_iostat": self._statistics,
            "bdev_reset_iostat": self._reset_statistics,
            "bdev_set_qos_limit": self._limit,
            "bdev_enable_histogram": self._enable_histogram,
            "bdev_get_histogram": self._histogram,
            "bdev_set_options": self._set_options,
            "bdev_examine": self._examine,
            "bdev_wait_for_examine": self._wait_for_examine,
        }

    async def _list(self, given: Any) -> list[dict[str, Any]]:
        fields = {"name": string, "timeout": unsigned(64)}
        wanted = decode(given, fields, set(), undecoded)
        if "name" not in wanted:
            return [describe(one) for one in self._registry]
        if not wanted.get("timeout"):
            return [describe(self._registry.get(wanted["name"]))]
        seconds = min(wanted["timeout"] / 1000, _LONGEST_WAIT)
        try:
            return [describe(await self._registry.wait_for(wanted["name"], seconds))]
        except TimeoutError as error:
            raise system_error(errno.ETIMEDOUT) from error

    async def _statistics(self, given: Any) -> dict[str, Any]:
        # `name` is the spelling up to 26.01, `names` that of today.
        fields = {"name": string, "names": strings, "per_channel": boolean, "reset_mode": _RESETS}
        wanted = decode(given, fields, set(), undecoded)
        names = wanted.get("names", [wanted["name"]] if "name" in wanted else [])
        bdevs = [self._registry.get(name) for name in names] if names else list(self._registry)
        clock = {"tick_rate": TICKS_PER_SECOND, "ticks": now()}
        if wanted.get("per_channel"):
            if len(names) != 1:
                raise system_error(errno.EINVAL)
            result = clock | {"name": bdevs[0].name, "channels": _channels(bdevs[0])}
        else:
            shown = [{"name": one.name, **one.statistics().describe()} for one in bdevs]
            result = clock | {"bdevs": shown}
        for one in bdevs:
            one.reset_statistics(Reset(wanted.get("reset_mode", Reset.NONE)))
        return result

    async def _reset_statistics(self, given: Any) -> bool:
        wanted = decode(given, {"name": string, "mode": _RESETS}, set(), undecoded)
        name = wanted.get("name")
        for one in self._registry if name is None else [self._registry.get(name)]:
            one.reset_statistics(Reset(wanted.get("mode", Reset.ALL)))
        return True

    async def _limit(self, given: Any) -> bool:
        fields = {"name": string, **dict.fromkeys(_LIMITS, unsigned(64))}
        wanted = dict(decode(given, fields, {"name"}, undecoded))
        bdev = self._registry.get(wanted.pop("name"))
        if not wanted:
            raise system_error(errno.EINVAL)
        bdev.limit(replace(bdev.limits, **wanted))
        return True

    async def _enable_histogram(self, given: Any) -> bool:
        fields = {
            "name": string,
            "enable": boolean,
            "opc": one_of(*IoType),
            "granularity": unsigned(8),
            "min_nsec": unsigned(64),
            "max_nsec": unsigned(64),
        }
        wanted = decode(given, fields, {"name", "enable"}, undecoded)
        bdev = self._registry.get(wanted["name"])
        bdev.keep_histogram(_new_histogram(wanted) if wanted["enable"] else None)
        return True

    async def _histogram(self, given: Any) -> dict[str, object]:
        bdev = self._registry.get(decode(given, {"name": string}, {"name"}, undecoded)["name"])
        if bdev.histogram is None:
            raise system_error(errno.ENOMEM)  # what spdk_tgt says of one that is not enabled
        return bdev.histogram.describe()

    async def _set_options(self, given: Any) -> bool:
        fields = {
            name: boolean if isinstance(value, bool) else unsigned(32)
            for name, value in OPTIONS.items()
        }
        self.options |= decode(given, fields, set(), undecoded)
        self._registry.examines = bool(self.options["bdev_auto_examine"])
        return True

    async def _examine(self, given: Any) -> bool:
        name = decode(given, {"name": string}, {"name"}, undecoded)["name"]
        if self._registry.examines:
            raise system_error(errno.EINVAL)  # every device is examined as it arrives
        self._registry.examine(self._registry.get(name))
        return True

    async def _wait_for_examine(self, given: Any) -> bool:
        none("bdev_wait_for_examine", given)
        await self._registry.examined()
        return True


def _new_histogram(wanted: dict[str, Any]) -> Histogram:
    try:
        return Histogram(
            wanted.get("granularity", GRANULARITY),
            wanted.get("min_nsec", SHORTEST),
            wanted.get("max_nsec", LONGEST),
            IoType(wanted["opc"]) if "opc" in wanted else None,
        )
    except ValueError as error:
        raise system_error(errno.EINVAL) from error


def _channels(bdev: Bdev) -> list[dict[str, Any]]:
    found: dict[int, IoStatistics] = bdev.channels()
    return [{"thread_id": number, **one.describe()} for number, one in found.items()]


def describe(bdev: Bdev) -> dict[str, Any]:
    """A device as bdev_get_bdevs shows it."""
    shape = bdev.geometry
    shown: dict[str, Any] = {
        "name": bdev.name,
        "aliases": bdev.aliases,
        "product_name": bdev.device.product,
        "block_size": shape.block_size,
        "num_blocks": shape.blocks,
        **{hint: shape.preferred.get(hint, 0) for hint in _HINTS},
        "uuid": str(shape.uuid),
    }
    if shape.numa_id is not None:
        shown["numa_id"] = shape.numa_id
    if shape.md_size:
        shown |= {"md_size": shape.md_size, "md_interleave": shape.md_interleave, "dif_type": 0}
    shown |= {
        "assigned_rate_limits": bdev.limits.describe(),
        "claimed": bdev.claimed_by is not None,
    }
    if bdev.claimed_by is not None:
        shown["claim_type"] = "exclusive_write"
    return shown | {
        "zoned": False,
        "supported_io_types": {kind.value: kind in bdev.device.io_types for kind in IoType},
        "driver_specific": bdev.device.describe(bdev.name),
    }
