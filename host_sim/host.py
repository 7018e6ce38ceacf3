"""A host: the subsystems it is connected to, under the device names that Linux would give them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator

from host_sim.controller import Controller
from host_sim.errors import HostError
from host_sim.multipath import MultipathNamespace, Policy, Subsystem
from host_sim.options import FOREVER, ConnectOptions

_DEVICES = "/dev/"


class Host:
    """Controllers are nvme0, nvme1, ...; a namespace is nvmeXnY, X being its subsystem's number."""

    def __init__(self) -> None:
        self._subsystems: dict[tuple[str, str], Subsystem] = {}
        self._numbers: dict[Subsystem, int] = {}
        self._names: dict[Controller, str] = {}
        self._joining = asyncio.Lock()

    # -- connecting

    async def connect(
        self, options: ConnectOptions, *, duplicate: bool = False, policy: Policy = Policy.NUMA,
        no_path_timeout: float = FOREVER,
    ) -> str:  # fmt: skip
        """Connect to a controller and return its name.

        `policy` and `no_path_timeout` are of the subsystem: its first controller decides.

        Raises:
            HostError: it did not work, or there is such a path and no `duplicate` is wanted.
        """
        key = options.subnqn, options.identity.hostnqn
        async with self._joining:
            subsystem = self._subsystems.get(key)
            if subsystem is None or not subsystem.controllers:
                subsystem = Subsystem(options.subnqn, policy, no_path_timeout)
            elif not duplicate and self._connected(subsystem, options):
                raise HostError(f"already connected to {options.subnqn} at {options.address}")
            controller = await subsystem.connect(options)
            self._tidy()
            self._names[controller] = name = self._free_name()
            self._subsystems[key] = subsystem
            self._numbers.setdefault(subsystem, int(name.removeprefix("nvme")))
        return name

    @staticmethod
    def _connected(subsystem: Subsystem, options: ConnectOptions) -> bool:
        wanted = options.address, options.host_traddr
        return any(
            (one.options.address, one.options.host_traddr) == wanted
            for one in subsystem.controllers
        )

    def _tidy(self) -> None:
        """Forget what was lost for good."""
        alive = {one for subsystem in self._subsystems.values() for one in subsystem.controllers}
        for one in set(self._names) - alive:
            del self._names[one]
        for key, subsystem in list(self._subsystems.items()):
            if not subsystem.controllers:
                del self._subsystems[key]
                self._numbers.pop(subsystem, None)

    def _free_name(self) -> str:
        taken = {*self._names.values(), *(f"nvme{one}" for one in self._numbers.values())}
        return next(name for n in itertools.count() if (name := f"nvme{n}") not in taken)

    async def disconnect(self, nqn: str | None = None, device: str | None = None) -> list[str]:
        """End the controllers of a subsystem, or one by its name; without either, all.

        Returns:
            The names that were disconnected, none if there are none.
        """
        wanted = device and device.removeprefix(_DEVICES)
        gone: list[str] = []
        for subsystem in self:
            for controller in list(subsystem.controllers):
                name = self._names[controller]
                if nqn in (None, subsystem.subnqn) and wanted in (None, name):
                    await subsystem.disconnect(controller)
                    gone.append(name)
        self._tidy()
        return gone

    async def close(self) -> None:
        """Disconnect from everything."""
        await self.disconnect()

    # -- finding

    def __iter__(self) -> Iterator[Subsystem]:
        self._tidy()
        return iter(list(self._subsystems.values()))

    @property
    def idle(self) -> bool:
        """Whether there is no controller, nor one on its way."""
        return not list(self) and not self._joining.locked()

    def number_of(self, subsystem: Subsystem) -> int:
        """The X of its namespaces' names."""
        return self._numbers[subsystem]

    def name_of(self, controller: Controller) -> str:
        """The name of a controller."""
        return self._names[controller]

    def namespaces(self) -> Iterator[tuple[str, MultipathNamespace]]:
        """All of them by name."""
        for subsystem in self:
            for nsid, namespace in sorted(subsystem.namespaces.items()):
                yield f"nvme{self._numbers[subsystem]}n{nsid}", namespace

    def namespace(self, name: str) -> MultipathNamespace:
        """The namespace of that name. Raises HostError."""
        bare = name.removeprefix(_DEVICES)
        for found, namespace in self.namespaces():
            if found == bare:
                return namespace
        raise HostError(f"{name}: no such namespace")

    def controller(self, name: str) -> Controller:
        """The controller of that name, or one that reaches the namespace of that name.

        Raises HostError.
        """
        bare = name.removeprefix(_DEVICES)
        self._tidy()
        for controller, found in self._names.items():
            if found == bare:
                return controller
        current = self.namespace(name).current
        if current is None:
            raise HostError(f"{name}: no controller reaches it now")
        return current.controller
