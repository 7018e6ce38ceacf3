"""SPDK's bdev_nvme_* methods: remote controllers, their paths, and how I/O chooses among them."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from dpu_sim.spdk_sim.bdev.bdev import Bdev
from dpu_sim.spdk_sim.bdev.nvme import NvmeDevice, transport_address, transport_id
from dpu_sim.spdk_sim.bdev.nvme_group import NvmeGroup
from dpu_sim.spdk_sim.bdev.registry import Registry
from dpu_sim.spdk_sim.bdev.statistics import TICKS_PER_SECOND, now
from dpu_sim.spdk_sim.envelope import Handler
from dpu_sim.spdk_sim.errors import RpcError, system_error, undecoded
from dpu_sim.spdk_sim.nvme_options import (
    ATTACH,
    OPTIONS,
    POLICIES,
    SELECTORS,
    TRANSPORT,
    connect_options,
    new_hostnqn,
    option_checks,
    policy_of,
)
from dpu_sim.spdk_sim.parameters import boolean, decode, one_of, string, unsigned
from dpu_sim.spdk_sim.rpc_keyring import Keyring
from host_sim.client import ConnectOptions, Controller, HostError, Path, State
from nvmetcp.logpages import AnaState, LogPage, Smart

_log = logging.getLogger("dpu_sim.spdk_sim")

_ALL_NAMESPACES = 0xFFFFFFFF
_STATES = {
    State.NEW: "disabled",
    State.LIVE: "enabled",
    State.CONNECTING: "reconnect_is_delayed",
    State.DELETING: "deleting",
    State.DEAD: "deleted",
}


class NvmeMethods:
    """Handlers on the remote controllers of one application."""

    def __init__(self, registry: Registry, keyring: Keyring) -> None:
        self._registry = registry
        self._keyring = keyring
        self._options: dict[str, Any] = dict(OPTIONS)
        self._hotplug = {"period_us": 100000, "enable": False}
        self._groups: dict[str, NvmeGroup] = {}
        self._hostnqn = new_hostnqn()

    def methods(self) -> dict[str, Handler]:
        """The JSON-RPC methods."""
        return {
            "bdev_nvme_set_options": self._set_options,
            "bdev_nvme_set_hotplug": self._set_hotplug,
            "bdev_nvme_attach_controller": self._attach,
            "bdev_nvme_detach_controller": self._detach,
            "bdev_nvme_get_controllers": self._list,
            "bdev_nvme_reset_controller": self._reset,
            "bdev_nvme_get_controller_health_info": self._health,
            "bdev_nvme_get_io_paths": self._io_paths,
            "bdev_nvme_set_preferred_path": self._prefer,
            "bdev_nvme_set_multipath_policy": self._set_policy,
            "bdev_nvme_get_path_iostat": self._path_statistics,
        }

    def commands(self) -> list[dict[str, Any]]:
        """Requests that make the same options and controllers."""
        options = {"method": "bdev_nvme_set_options", "params": dict(self._options)}
        hotplug = {"method": "bdev_nvme_set_hotplug", "params": dict(self._hotplug)}
        paths = [
            {"method": "bdev_nvme_attach_controller", "params": request}
            for group in self._groups.values()
            for request in group.requests.values()
        ]
        return [options, *paths, hotplug]

    async def close(self) -> None:
        """Disconnect every controller."""
        for group in list(self._groups.values()):
            await group.close()
        self._groups.clear()

    # -- options

    async def _set_options(self, given: Any) -> bool:
        wanted = decode(given, option_checks(), set(), undecoded)
        if self._alive():
            raise system_error(errno.EPERM)
        self._options |= wanted
        return True

    async def _set_hotplug(self, given: Any) -> bool:
        fields = {"enable": boolean, "period_us": unsigned(64)}
        self._hotplug |= decode(given, fields, {"enable"}, undecoded)
        return True

    # -- controllers

    def _alive(self) -> list[NvmeGroup]:
        """The groups that have paths; those that lost their last one for good are forgotten."""
        for name, group in list(self._groups.items()):
            if not group.controllers and not group.connecting:
                del self._groups[name]
        return list(self._groups.values())

    def _find(self, name: str) -> NvmeGroup:
        self._alive()
        if (group := self._groups.get(name)) is None:
            raise system_error(errno.ENODEV)
        return group

    def options_for(self, wanted: Mapping[str, Any]) -> ConnectOptions:
        """What parameters like those of an attach ask for. Raises as `connect_options`."""
        return connect_options(wanted, self._options, self._keyring, self._hostnqn)

    async def _attach(self, given: Any) -> list[str]:
        wanted = decode(given, ATTACH, {"name", "trtype", "traddr"}, undecoded)
        options = self.options_for(wanted)
        if not options.subnqn:
            raise system_error(errno.EINVAL)
        group = self._group_for(wanted, options)
        request = wanted | {"hostnqn": options.identity.hostnqn}
        try:
            await self._join(group, options, request)
        except HostError as error:
            _log.warning("%s: %s", group.name, error)
            raise system_error(errno.EIO) from error
        most = wanted.get("max_bdevs", 128)
        return [one.name for one in group.bdevs()][:most]

    async def _join(
        self, group: NvmeGroup, options: ConnectOptions, request: dict[str, Any] | None
    ) -> Controller:
        """Add a path; it is saved in configurations if there is a request. Raises HostError."""
        self._groups[group.name] = group
        try:
            return await group.attach(self._registry, options, request)
        finally:
            self._alive()

    async def attach_path(self, wanted: Mapping[str, Any]) -> Controller:
        """Attach what a discovery service lists; it is not saved in configurations.

        Raises:
            HostError, OSError, RpcError: it cannot be reached, or may not join those there are.
        """
        options = self.options_for(wanted)
        return await self._join(self._group_for(wanted, options), options, None)

    async def detach_path(self, name: str, controller: Controller) -> None:
        """Take a path away, if it is there."""
        group = self._groups.get(name)
        if group is not None and controller in group.controllers:
            await self._remove(group, [controller])

    def _group_for(self, wanted: Mapping[str, Any], options: ConnectOptions) -> NvmeGroup:
        """The group that a new path belongs to. Raises RpcError when it may not join."""
        name, mode = wanted["name"], wanted.get("multipath", "multipath")
        self._alive()
        group = self._groups.get(name)
        if group is None:
            multipath = wanted.get("multipath_opts", self._options["multipath_opts"])
            return NvmeGroup(name, options.subnqn, mode, policy_of(multipath))
        same = group.path_to(options)
        if mode == "disable":
            message = f"A controller named {name} already exists and multipath is disabled"
            raise RpcError(-errno.EALREADY, message)
        if same is not None and mode == "failover" and same is not group.controllers[0]:
            raise system_error(errno.EEXIST)
        if same is not None:
            message = f"A controller named {name} already exists with the specified network path"
            raise RpcError(-errno.EALREADY, message)
        if group.subsystem.subnqn != options.subnqn or mode != group.multipath:
            raise system_error(errno.EINVAL)
        return group

    async def _detach(self, given: Any) -> bool:
        fields = {"name": string, **TRANSPORT}
        wanted = decode(given, fields, {"name"}, undecoded)
        group = self._find(wanted["name"])
        chosen = [one for one in group.controllers if _matches(one.options, wanted)]
        if not chosen:
            raise system_error(errno.ENXIO)
        await self._remove(group, chosen)
        return True

    async def _remove(self, group: NvmeGroup, chosen: list[Controller]) -> None:
        """Take paths away; with the last of a group the group itself."""
        if len(chosen) == len(group.controllers):
            self._groups.pop(group.name, None)
            await group.close()
            return
        for one in chosen:
            await group.detach(one)

    async def _list(self, given: Any) -> list[dict[str, Any]]:
        wanted = decode(given, {"name": string}, set(), undecoded)
        groups = self._alive()
        if "name" in wanted:
            groups = [one for one in groups if one.name == wanted["name"]]
            if not groups:
                message = f"Controller {wanted['name']} does not exist"
                raise RpcError(-errno.EINVAL, message)
        return [
            {"name": one.name, "ctrlrs": [_describe(path) for path in one.controllers]}
            for one in groups
            if one.controllers
        ]

    def _chosen(self, wanted: dict[str, Any]) -> list[Controller]:
        """Controllers by the name of their group and, if given, their identifier."""
        group = self._find(wanted["name"])
        chosen = [
            one for one in group.controllers if wanted.get("cntlid", one.cntlid) == one.cntlid
        ]
        if not chosen:
            raise system_error(errno.ENODEV)
        return chosen

    async def _reset(self, given: Any) -> bool:
        fields = {"name": string, "cntlid": unsigned(16)}
        for one in self._chosen(decode(given, fields, {"name"}, undecoded)):
            try:
                await one.reset()
            except HostError as error:
                raise system_error(errno.EIO) from error
        return True

    async def _health(self, given: Any) -> dict[str, Any]:
        controller = self._chosen(decode(given, {"name": string}, {"name"}, undecoded))[0]
        try:
            page = await controller.association.log_page(LogPage.SMART, Smart.SIZE, _ALL_NAMESPACES)
        except HostError as error:
            raise system_error(errno.EIO) from error
        return _describe_health(controller, Smart.parse(page))

    # -- paths

    def _namespaces(self, name: str | None) -> Iterator[Bdev]:
        for group in self._alive():
            yield from (one for one in group.bdevs() if name in (None, one.name))

    def _device(self, name: str) -> NvmeDevice:
        device = self._registry.get(name).device
        if not isinstance(device, NvmeDevice):
            raise system_error(errno.ENODEV)
        return device

    async def _io_paths(self, given: Any) -> dict[str, Any]:
        name = decode(given, {"name": string}, set(), undecoded).get("name")
        paths = [
            _describe_path(bdev.name, path, bdev.device.namespace.current)
            for bdev in self._namespaces(name)
            if bdev.is_open and isinstance(bdev.device, NvmeDevice)
            for path in bdev.device.namespace.paths
        ]
        # One event loop is the one thread there is; a device that nobody uses has no paths.
        groups = [{"thread": "app_thread", "io_paths": paths}] if paths else []
        return {"poll_groups": groups}

    async def _prefer(self, given: Any) -> bool:
        fields = {"name": string, "cntlid": unsigned(16)}
        wanted = decode(given, fields, set(fields), undecoded)
        namespace = self._device(wanted["name"]).namespace
        for path in namespace.paths:
            if path.controller.cntlid == wanted["cntlid"]:
                namespace.preferred = path.controller
                namespace.refresh()
                return True
        raise system_error(errno.ENODEV)

    async def _set_policy(self, given: Any) -> bool:
        fields = {
            "name": string, "policy": one_of(*POLICIES), "selector": one_of(*SELECTORS),
            "rr_min_io": unsigned(32),
        }  # fmt: skip
        wanted = decode(given, fields, {"name", "policy"}, undecoded)
        self._device(wanted["name"]).namespace.policy = policy_of(wanted)
        return True

    async def _path_statistics(self, given: Any) -> dict[str, Any]:
        name = decode(given, {"name": string}, {"name"}, undecoded)["name"]
        namespace = self._device(name).namespace
        if not self._options["io_path_stat"]:
            raise system_error(errno.EPERM)
        stats = [
            {"trid": transport_id(one.controller.options), "stat": _describe_statistics(one)}
            for one in namespace.paths
        ]
        clock = {"tick_rate": TICKS_PER_SECOND, "ticks": now()}
        return {"name": name, **clock, "stats": stats}


def _matches(options: ConnectOptions, wanted: dict[str, Any]) -> bool:
    have = transport_id(options) | {"hostaddr": options.host_traddr or ""}
    return all(
        have[name].lower() == wanted[name].lower()
        for name in TRANSPORT
        if name in have and wanted.get(name)
    )


def _describe(controller: Controller) -> dict[str, Any]:
    options = controller.options
    state = _STATES[controller.state]
    if controller.state is State.CONNECTING and not controller.may_return:
        state = "failed"
    return {
        "state": state,
        "trid": transport_id(options),
        "cntlid": controller.cntlid,
        "host": {
            "nqn": options.identity.hostnqn,
            "addr": options.host_traddr or "",
            "svcid": "",
            "no_shn_notification": False,
        },
    }


def _describe_path(name: str, path: Path, current: Path | None) -> dict[str, Any]:
    controller = path.controller
    good = path.ana_state in (AnaState.OPTIMIZED, AnaState.NON_OPTIMIZED)
    return {
        "bdev_name": name,
        "cntlid": controller.cntlid,
        "current": path is current,
        "connected": controller.live,
        "accessible": controller.live and good,
        "transport": transport_address(controller.options.address),
    }


def _describe_statistics(path: Path) -> dict[str, int]:
    counted = path.statistics
    return {
        "bytes_read": counted.bytes_read,
        "num_read_ops": counted.reads,
        "bytes_written": counted.bytes_written,
        "num_write_ops": counted.writes,
    }


def _describe_health(controller: Controller, smart: Smart) -> dict[str, Any]:
    found = controller.identify
    return {
        "model_number": found.mn,
        "serial_number": found.sn,
        "firmware_revision": found.fr,
        "traddr": controller.options.address.traddr,
        "critical_warning": smart.critical_warning,
        # SPDK's arithmetic is unsigned; a controller that tells no temperature tells 0 kelvin.
        "temperature_celsius": (smart.temperature - 273) % (1 << 64),
        "available_spare_percentage": smart.available_spare,
        "available_spare_threshold_percentage": smart.spare_threshold,
        "percentage_used": smart.percentage_used,
        "data_units_read": smart.data_units_read,
        "data_units_written": smart.data_units_written,
        "host_read_commands": smart.read_commands,
        "host_write_commands": smart.write_commands,
        "controller_busy_time": smart.busy_minutes,
        "power_cycles": smart.power_cycles,
        "power_on_hours": smart.power_on_hours,
        "unsafe_shutdowns": smart.unsafe_shutdowns,
        "media_errors": smart.media_errors,
        "num_err_log_entries": smart.error_entries,
        "warning_temperature_time_minutes": 0,
        "critical_composite_temperature_time_minutes": 0,
    }
