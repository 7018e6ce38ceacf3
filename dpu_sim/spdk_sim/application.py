"""The SPDK stand-in put together: its parts, and the one table of its JSON-RPC methods."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dpu_sim.spdk_sim.bdev.memory import Memory
from dpu_sim.spdk_sim.bdev.registry import Registry
from dpu_sim.spdk_sim.configuration import accel_commands, bdev_commands, carry_out
from dpu_sim.spdk_sim.envelope import Handler
from dpu_sim.spdk_sim.errors import undecoded
from dpu_sim.spdk_sim.nvmf.configuration import nvmf_commands
from dpu_sim.spdk_sim.nvmf.functions import FunctionTransport
from dpu_sim.spdk_sim.nvmf.rpc import nvmf_methods
from dpu_sim.spdk_sim.nvmf.target import Target
from dpu_sim.spdk_sim.nvmf.tcp import TcpTransport
from dpu_sim.spdk_sim.parameters import boolean, decode
from dpu_sim.spdk_sim.rpc_bdev import BdevMethods
from dpu_sim.spdk_sim.rpc_devices import DeviceMethods
from dpu_sim.spdk_sim.rpc_discovery import DiscoveryMethods
from dpu_sim.spdk_sim.rpc_framework import Framework, Subsystems
from dpu_sim.spdk_sim.rpc_keyring import Keyring
from dpu_sim.spdk_sim.rpc_layers import Keys, LayerMethods
from dpu_sim.spdk_sim.rpc_lvol import LvolMethods
from dpu_sim.spdk_sim.rpc_nvme import NvmeMethods
from dpu_sim.spdk_sim.rpc_vhost import VhostMethods
from dpu_sim.spdk_sim.vhost.target import VhostTarget


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line decides."""

    memory: int | None = None
    """Bytes that all malloc devices together may take; None is no limit but the machine's."""
    configuration: Path | None = None
    """A file with methods to call before anybody else may."""
    wait_for_rpc: bool = False
    """Whether framework_start_init has to be called before most methods."""
    vhost_directory: Path | None = None
    """Where the sockets of vhost controllers are; None is the working directory."""
    examine: bool = True
    """Whether stores of logical volumes are looked for on devices that arrive. Whoever may write
    to a device could have written one there, with the names of others' volumes."""


class Application:
    """One SPDK application: devices, target and the methods on them."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.registry = Registry()
        self.keys = Keys()
        self.keyring = Keyring()
        self.target = Target(self.registry, self.keyring.secret)
        self.target.offer(TcpTransport(self.target))
        self.target.offer(FunctionTransport(self.target))
        self.vhost = VhostTarget(self.registry, self.settings.vhost_directory or Path.cwd())
        self.nvme = NvmeMethods(self.registry, self.keyring)
        self.discovery = DiscoveryMethods(self.nvme)
        bdevs = BdevMethods(self.registry, self.settings.examine)
        subsystems: Subsystems = {
            "keyring": ((), self.keyring.commands),
            "iobuf": ((), list),
            "sock": ((), list),
            "accel": (("iobuf",), lambda: accel_commands(self.keys)),
            "bdev": (
                ("accel", "keyring", "sock", "iobuf"),
                lambda: bdev_commands(self.registry, bdevs, self.nvme, self.discovery),
            ),
            "scsi": (("bdev",), list),
            "vhost_scsi": (("scsi",), lambda: self.vhost.commands("scsi")),
            "vhost_blk": (("bdev",), lambda: self.vhost.commands("block")),
            "nvmf": (
                ("bdev", "keyring", "sock", "accel", "iobuf"),
                lambda: nvmf_commands(self.target),
            ),
        }
        self.framework = Framework(self.registry, subsystems)
        self._methods: dict[str, Handler] = {
            **nvmf_methods(self.target),
            **bdevs.methods(),
            **DeviceMethods(self.registry, Memory(self.settings.memory)).methods(),
            **LvolMethods(self.registry).methods(),
            **self.keys.methods(),
            **self.keyring.methods(),
            **LayerMethods(self.registry, self.keys).methods(),
            **self.nvme.methods(),
            **self.discovery.methods(),
            **VhostMethods(self.vhost).methods(),
            **self.framework.methods(),
            "rpc_get_methods": self._list_methods,
        }
        if not self.settings.wait_for_rpc:
            self.framework.start()

    def methods(self) -> dict[str, Handler]:
        """Every JSON-RPC method, as it may be called from outside."""
        guard = self.framework.guard
        return {name: guard(name, handler) for name, handler in self._methods.items()}

    async def _list_methods(self, given: Any) -> list[str]:
        fields = {"current": boolean, "include_aliases": boolean}
        wanted = decode(given, fields, set(), undecoded)
        names = sorted(self._methods)
        return self.framework.callable_now(names) if wanted.get("current") else names

    async def start(self) -> None:
        """Carry out the configuration file, if there is one. Raises ConfigurationError."""
        if self.settings.configuration is not None:
            await carry_out(self.settings.configuration, self._methods)

    async def close(self) -> None:
        """Cut every host off and remove every device; what was flushed stays."""
        await self.target.close()
        await self.vhost.close()
        await self.discovery.close()
        await self.nvme.close()
        await self.registry.close()
