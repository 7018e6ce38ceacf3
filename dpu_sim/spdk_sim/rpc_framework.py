"""SPDK's methods that concern the application: state, configuration, log, threads."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from dpu_sim.spdk_sim.bdev.registry import REGISTER, RESIZE, UNREGISTER, Registry
from dpu_sim.spdk_sim.bdev.statistics import TICKS_PER_SECOND
from dpu_sim.spdk_sim.envelope import Handler
from dpu_sim.spdk_sim.errors import RpcError, invalid_parameters, undecoded
from dpu_sim.spdk_sim.parameters import boolean, decode, none, one_of, string, unsigned

VERSION = "26.09"
"""The generation of SPDK's interface that is spoken."""

Commands = list[dict[str, Any]]
"""Requests (method, params) that bring a configuration about."""

Subsystems = Mapping[str, tuple[tuple[str, ...], Callable[[], Commands]]]
"""By name: the subsystems that one depends on, and what makes its configuration."""

_LEVELS = {
    "ERROR": logging.ERROR,
    "WARNING": logging.WARNING,
    "NOTICE": logging.INFO,
    "INFO": logging.INFO,
    "DEBUG": logging.DEBUG,
}
_SIGNALS = {
    name: getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP", "SIGKILL", "SIGUSR1")
}
_TOO_LATE = (
    "Method may only be called before framework is initialized. Use --wait-for-rpc command line "
    "parameter and then issue this RPC before the framework_start_init RPC."
)
_TOO_EARLY = (
    "Method may only be called after framework is initialized. Use framework_start_init RPC to "
    "issue this RPC."
)
_NOT_PERMITTED = -1


class Framework:
    """State of the application, and the methods on it.

    Until `framework_start_init`, which an application calls itself unless it was told to wait for
    it, only methods that set it up can be called.
    """

    STARTUP = frozenset(
        {
            "framework_start_init", "framework_wait_init", "rpc_get_methods", "spdk_get_version",
            "bdev_set_options", "log_set_level", "log_get_level", "log_set_print_level",
            "log_get_print_level", "log_get_flags", "log_set_flag", "log_clear_flag",
            "framework_get_subsystems", "framework_get_config", "framework_set_scheduler",
            "spdk_kill_instance", "keyring_file_add_key", "keyring_file_remove_key",
            "keyring_get_keys", "nvmf_set_config", "nvmf_set_max_subsystems", "nvmf_set_crdt",
        }
    )  # fmt: skip

    def __init__(self, registry: Registry, subsystems: Subsystems) -> None:
        self._registry = registry
        self._subsystems = subsystems
        self._started = False
        self._levels = {"log": "NOTICE", "print": "NOTICE"}
        self._flags: dict[str, bool] = dict.fromkeys(("bdev", "nvmf", "rpc"), False)
        self._began = time.monotonic_ns(), time.process_time_ns()

    def methods(self) -> dict[str, Handler]:
        """The JSON-RPC methods."""
        return {
            "spdk_get_version": self._version,
            "spdk_kill_instance": self._kill,
            "framework_wait_init": self._wait_init,
            "framework_start_init": self._start_init,
            "framework_get_subsystems": self._list_subsystems,
            "framework_get_config": self._config,
            "framework_get_reactors": self._reactors,
            "framework_set_scheduler": self._set_scheduler,
            "framework_get_pci_devices": self._pci_devices,
            "thread_get_stats": self._threads,
            "log_get_level": self._get_level("log_get_level", "log"),
            "log_set_level": self._set_level("log"),
            "log_get_print_level": self._get_level("log_get_print_level", "print"),
            "log_set_print_level": self._set_level("print"),
            "log_get_flags": self._list_flags,
            "log_set_flag": self._set_flag(True),
            "log_clear_flag": self._set_flag(False),
            "notify_get_types": self._notification_types,
            "notify_get_notifications": self._notifications,
        }

    # -- state

    def start(self) -> None:
        """Let every method be called."""
        self._started = True

    def guard(self, name: str, handler: Handler) -> Handler:
        """The handler, refusing when the method cannot be called in the present state."""

        async def guarded(given: Any) -> Any:
            if not self._started and name not in self.STARTUP:
                raise RpcError(_NOT_PERMITTED, _TOO_EARLY)
            return await handler(given)

        return guarded

    def callable_now(self, methods: list[str]) -> list[str]:
        """Those of the methods that can be called in the present state."""
        if self._started:
            return [one for one in methods if one != "framework_start_init"]
        return [one for one in methods if one in self.STARTUP]

    async def _wait_init(self, given: Any) -> bool:
        none("framework_wait_init", given)
        return True

    async def _start_init(self, given: Any) -> bool:
        none("framework_start_init", given)
        if self._started:
            raise RpcError(_NOT_PERMITTED, _TOO_LATE)
        self.start()
        return True

    async def _version(self, given: Any) -> dict[str, Any]:
        none("spdk_get_version", given)
        major, minor = map(int, VERSION.split("."))
        fields = {"major": major, "minor": minor, "patch": 0, "suffix": "-sim"}
        return {"version": f"SPDK v{VERSION}-sim", "fields": fields}

    async def _kill(self, given: Any) -> bool:
        name = decode(given, {"sig_name": one_of(*_SIGNALS)}, {"sig_name"}, undecoded)["sig_name"]
        os.kill(os.getpid(), _SIGNALS[name])
        return True

    # -- configuration

    async def _list_subsystems(self, given: Any) -> list[dict[str, Any]]:
        none("framework_get_subsystems", given)
        return [
            {"subsystem": name, "depends_on": list(needs)}
            for name, (needs, _) in self._subsystems.items()
        ]

    async def _config(self, given: Any) -> Commands:
        fields = {"name": string, "with_batches": boolean}
        name = decode(given, fields, {"name"}, undecoded)["name"]
        if name not in self._subsystems:
            raise invalid_parameters(f"Subsystem '{name}' not found")
        return self._subsystems[name][1]()

    # -- threads: there is one

    async def _reactors(self, given: Any) -> dict[str, Any]:
        none("framework_get_reactors", given)
        busy, idle = self._ticks()
        thread = {"name": "app_thread", "id": 1, "cpumask": "1", "elapsed": busy + idle}
        times = os.times()
        reactor = {
            "lcore": 0,
            "numa_id": 0,
            "tid": threading.get_native_id(),
            "busy": busy,
            "idle": idle,
            "in_interrupt": True,
            "irq": 0,
            "sys": int(times.system * 100),
            "usr": int(times.user * 100),
            "lw_threads": [thread],
        }
        return {"tick_rate": TICKS_PER_SECOND, "pid": os.getpid(), "reactors": [reactor]}

    async def _threads(self, given: Any) -> dict[str, Any]:
        none("thread_get_stats", given)
        busy, idle = self._ticks()
        pollers = dict.fromkeys(
            ("active_pollers_count", "timed_pollers_count", "paused_pollers_count"), 0
        )
        thread = {"name": "app_thread", "id": 1, "cpumask": "1", "busy": busy, "idle": idle}
        return {"tick_rate": TICKS_PER_SECOND, "threads": [thread | pollers]}

    def _ticks(self) -> tuple[int, int]:
        """Busy and idle time since the start."""
        began, worked = self._began
        elapsed = time.monotonic_ns() - began
        busy = min(time.process_time_ns() - worked, elapsed)
        return busy, elapsed - busy

    async def _set_scheduler(self, given: Any) -> bool:
        fields = {"name": one_of("static", "dynamic"), "period": unsigned(64)}
        decode(given, fields, {"name"}, undecoded)
        return True

    async def _pci_devices(self, given: Any) -> list[Any]:
        none("framework_get_pci_devices", given)
        return []

    # -- log and notifications

    def _get_level(self, method: str, which: str) -> Handler:
        async def get_level(given: Any) -> str:
            none(method, given)
            return self._levels[which]

        return get_level

    def _set_level(self, which: str) -> Handler:
        async def set_level(given: Any) -> bool:
            level = decode(given, {"level": one_of(*_LEVELS)}, {"level"}, undecoded)["level"]
            self._levels[which] = level
            logging.getLogger("dpu_sim.spdk_sim").setLevel(_LEVELS[level])
            return True

        return set_level

    async def _list_flags(self, given: Any) -> dict[str, bool]:
        none("log_get_flags", given)
        return self._flags

    def _set_flag(self, value: bool) -> Handler:
        async def set_flag(given: Any) -> bool:
            flag = decode(given, {"flag": string}, {"flag"}, undecoded)["flag"]
            if flag not in (*self._flags, "all"):
                raise invalid_parameters()
            self._flags |= dict.fromkeys(self._flags if flag == "all" else [flag], value)
            return True

        return set_flag

    async def _notification_types(self, given: Any) -> list[str]:
        none("notify_get_types", given)
        return [REGISTER, UNREGISTER, RESIZE]

    async def _notifications(self, given: Any) -> list[dict[str, Any]]:
        fields = {"id": unsigned(64), "max": unsigned(64)}
        wanted = decode(given, fields, set(), undecoded)
        return self._registry.notifications.since(wanted.get("id", 0), wanted.get("max", 1 << 63))
