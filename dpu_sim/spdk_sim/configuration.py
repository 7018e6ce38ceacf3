"""What framework_get_config says, and configuration files in the format that SPDK's tools save.

A file is {"subsystems": [{"subsystem": NAME, "config": [{"method": ..., "params": ...}]}]}.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dpu_sim.spdk_sim.bdev.nvme import NvmeDevice
from dpu_sim.spdk_sim.bdev.registry import Registry
from dpu_sim.spdk_sim.envelope import Handler
from dpu_sim.spdk_sim.errors import RpcError
from dpu_sim.spdk_sim.lvol.device import LvolDevice
from dpu_sim.spdk_sim.rpc_bdev import BdevMethods
from dpu_sim.spdk_sim.rpc_discovery import DiscoveryMethods
from dpu_sim.spdk_sim.rpc_framework import Commands
from dpu_sim.spdk_sim.rpc_layers import Keys, describe_key
from dpu_sim.spdk_sim.rpc_nvme import NvmeMethods


class ConfigurationError(Exception):
    """A configuration file that is none, or that cannot be carried out."""


def accel_commands(keys: Keys) -> Commands:
    """The keys."""
    return [{"method": "accel_crypto_key_create", "params": describe_key(one)} for one in keys]


def bdev_commands(
    registry: Registry, methods: BdevMethods, nvme: NvmeMethods, discovery: DiscoveryMethods
) -> Commands:
    """The devices, those below before those above, then what is set on them."""
    commands: Commands = [{"method": "bdev_set_options", "params": dict(methods.options)}]
    commands += nvme.commands() + discovery.commands()
    stores: dict[str, None] = {}
    for bdev in registry:
        if isinstance(bdev.device, LvolDevice):
            stores[bdev.device.store.base.bdev.name] = None
        if isinstance(bdev.device, NvmeDevice | LvolDevice):
            continue  # comes with its controller, or is found on its base
        method, parameters = bdev.device.recipe(bdev.name)
        commands.append({"method": method, "params": parameters})
    if not registry.examines:
        commands += [{"method": "bdev_examine", "params": {"name": one}} for one in stores]
    if stores:  # what follows may concern their volumes
        commands.append({"method": "bdev_wait_for_examine"})
    for bdev in registry:
        limits = {name: value for name, value in bdev.limits.describe().items() if value}
        if limits:
            parameters = {"name": bdev.name, **limits}
            commands.append({"method": "bdev_set_qos_limit", "params": parameters})
    for bdev in registry:
        if bdev.histogram is not None:
            parameters = {"name": bdev.name, "enable": True}
            commands.append({"method": "bdev_enable_histogram", "params": parameters})
    return [*commands, {"method": "bdev_wait_for_examine"}]


async def carry_out(path: Path, methods: Mapping[str, Handler]) -> None:
    """Call what a configuration file lists, in its order.

    Raises:
        ConfigurationError: naming the method and what is wrong with it.
    """
    for method, parameters in _commands(path):
        handler = methods.get(method)
        if handler is None:
            raise ConfigurationError(f"{path}: no method {method}")
        try:
            await handler(parameters)
        except (RpcError, OSError) as error:
            raise ConfigurationError(f"{path}: {method}: {error}") from error


def _commands(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        read = json.loads(path.read_text())
        for subsystem in read["subsystems"]:
            for one in subsystem["config"] or ():
                for command in one if isinstance(one, list) else [one]:
                    yield command["method"], command.get("params")
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ConfigurationError(f"{path}: no configuration: {error!r}") from error
