"""What chains of volume, subsystem, namespace and controller should be after a sequence of calls.

Each caller has a subsystem of its own, with two volumes, two namespaces and two controllers that
may or may not be there. The model shares no code with the server.
"""

from __future__ import annotations

import random
import threading
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import grpc

from tests.storage_dpu import call_over, code_over, free_port

NO_ANSWER = {"UNAVAILABLE", "UNKNOWN", "CANCELLED"}
SIZE = {"block_size": 512, "blocks_count": 64}
TWO = (0, 1)


@dataclass
class Chain:
    """One caller's resources. Methods say what the DPU must answer, and do it."""

    volumes: set[int] = field(default_factory=set)
    subsystem: bool = False
    namespaces: dict[int, int] = field(default_factory=dict)
    """Volumes by number of the namespace."""
    controllers: dict[int, int] = field(default_factory=dict)
    """Which of two ports, by number of the controller."""
    asked: dict[tuple[str, int], int] = field(default_factory=dict, compare=False)
    """What namespaces and controllers were created with: the same request again is no conflict."""

    def create_volume(self, volume: int) -> str:
        self.volumes.add(volume)
        return "OK"

    def delete_volume(self, volume: int) -> str:
        if volume not in self.volumes:
            return "NOT_FOUND"
        if volume in self.namespaces.values():
            return "FAILED_PRECONDITION"
        self.volumes.remove(volume)
        return "OK"

    def create_subsystem(self) -> str:
        self.subsystem = True
        return "OK"

    def delete_subsystem(self) -> str:
        if not self.subsystem:
            return "NOT_FOUND"
        if self.namespaces or self.controllers:
            return "FAILED_PRECONDITION"
        self.subsystem = False
        return "OK"

    def create_namespace(self, number: int, volume: int) -> str:
        if number in self.namespaces:
            same = volume in (self.namespaces[number], self.asked["namespace", number])
            return "OK" if same else "ALREADY_EXISTS"
        if not self.subsystem:
            return "NOT_FOUND"
        if volume not in self.volumes or volume in self.namespaces.values():
            return "FAILED_PRECONDITION"
        self.namespaces[number] = self.asked["namespace", number] = volume
        return "OK"

    def update_namespace(self, number: int, volume: int) -> str:
        if number not in self.namespaces:
            return "NOT_FOUND"
        if self.namespaces[number] == volume:
            return "OK"
        if volume not in self.volumes or volume in self.namespaces.values():
            return "FAILED_PRECONDITION"
        self.namespaces[number] = volume
        return "OK"

    def delete_namespace(self, number: int) -> str:
        return "NOT_FOUND" if self.namespaces.pop(number, None) is None else "OK"

    def create_controller(self, number: int, port: int) -> str:
        if number in self.controllers:
            same = port in (self.controllers[number], self.asked["controller", number])
            return "OK" if same else "ALREADY_EXISTS"
        if not self.subsystem:
            return "NOT_FOUND"
        if port in self.controllers.values():
            return "FAILED_PRECONDITION"
        self.controllers[number] = self.asked["controller", number] = port
        return "OK"

    def update_controller(self, number: int, port: int) -> str:
        if number not in self.controllers:
            return "NOT_FOUND"
        if self.controllers[number] == port:
            return "OK"
        if port in self.controllers.values():
            return "FAILED_PRECONDITION"
        self.controllers[number] = port
        return "OK"

    def delete_controller(self, number: int) -> str:
        return "NOT_FOUND" if self.controllers.pop(number, None) is None else "OK"


CHOICES: dict[str, tuple[int, int]] = {
    "create_volume": (6, 1),
    "delete_volume": (2, 1),
    "create_subsystem": (5, 0),
    "delete_subsystem": (1, 0),
    "create_namespace": (8, 2),
    "update_namespace": (4, 2),
    "delete_namespace": (2, 1),
    "create_controller": (8, 2),
    "update_controller": (4, 2),
    "delete_controller": (2, 1),
}
"""How often a call comes, and how many numbers it takes."""


class Calls:
    """The calls of one caller over gRPC; each returns the name of its status code."""

    def __init__(self, number: int, channel: grpc.Channel, ports: tuple[int, int]) -> None:
        self._channel = channel
        self._ports = ports
        self._number = number
        self.parent = f"nvmeSubsystems/sub-{number}"
        self.nqn = f"nqn.2022-09.io.spdk:chain{number}"

    def volume_id(self, volume: int) -> str:
        return f"vol-{self._number}-{volume}"

    def create_volume(self, volume: int) -> str:
        name = self.volume_id(volume)
        return self._call("CreateNullVolume", null_volume=SIZE, null_volume_id=name)

    def delete_volume(self, volume: int) -> str:
        return self._call("DeleteNullVolume", name=f"volumes/{self.volume_id(volume)}")

    def create_subsystem(self) -> str:
        asked = {"spec": {"nqn": self.nqn}}
        made = self.parent.removeprefix("nvmeSubsystems/")
        return self._call("CreateNvmeSubsystem", nvme_subsystem=asked, nvme_subsystem_id=made)

    def delete_subsystem(self) -> str:
        return self._call("DeleteNvmeSubsystem", name=self.parent)

    def create_namespace(self, number: int, volume: int) -> str:
        made = {"nvme_namespace": self._namespace(number, volume), "parent": self.parent}
        return self._call("CreateNvmeNamespace", nvme_namespace_id=f"ns-{number}", **made)

    def update_namespace(self, number: int, volume: int) -> str:
        asked = self._namespace(number, volume) | {"name": self._name("nvmeNamespaces/ns", number)}
        mask = {"paths": ["*"]}
        return self._call("UpdateNvmeNamespace", nvme_namespace=asked, update_mask=mask)

    def delete_namespace(self, number: int) -> str:
        return self._call("DeleteNvmeNamespace", name=self._name("nvmeNamespaces/ns", number))

    def create_controller(self, number: int, port: int) -> str:
        made = {"nvme_controller": self._controller(port), "parent": self.parent}
        return self._call("CreateNvmeController", nvme_controller_id=f"ctl-{number}", **made)

    def update_controller(self, number: int, port: int) -> str:
        asked = self._controller(port) | {"name": self._name("nvmeControllers/ctl", number)}
        mask = {"paths": ["spec.fabrics_id"]}
        return self._call("UpdateNvmeController", nvme_controller=asked, update_mask=mask)

    def delete_controller(self, number: int) -> str:
        return self._call("DeleteNvmeController", name=self._name("nvmeControllers/ctl", number))

    def read(self) -> Chain:
        """What the DPU lists. Raises grpc.RpcError."""
        found = Chain()
        volumes = self._ask("ListNullVolumes", page_size=250).null_volumes
        mine = {f"volumes/{self.volume_id(volume)}": volume for volume in TWO}
        found.volumes = {mine[one.name] for one in volumes if one.name in mine}
        subsystems = self._ask("ListNvmeSubsystems", page_size=250).nvme_subsystems
        found.subsystem = self.parent in {one.name for one in subsystems}
        if not found.subsystem:
            return found
        spaces = self._ask("ListNvmeNamespaces", parent=self.parent).nvme_namespaces
        found.namespaces = {int(one.name[-1]): int(one.spec.volume_name_ref[-1]) for one in spaces}
        ways = self._ask("ListNvmeControllers", parent=self.parent).nvme_controllers
        assert all(one.status.oper_state == 1 for one in spaces)
        assert all(one.status.active for one in ways)
        found.controllers = {
            int(one.name[-1]): self._ports.index(int(one.spec.fabrics_id.trsvcid)) for one in ways
        }
        return found

    def on_target(self, chain: Chain) -> dict[str, Any] | None:
        """What the target has of a chain's subsystem; None for no subsystem."""
        if not chain.subsystem:
            return None
        spaces = {number + 1: self.volume_id(one) for number, one in chain.namespaces.items()}
        return {"namespaces": spaces, "ports": {self._ports[p] for p in chain.controllers.values()}}

    def _namespace(self, number: int, volume: int) -> dict[str, Any]:
        reference = self.volume_id(volume)
        return {"spec": {"volume_name_ref": reference, "host_nsid": number + 1}}

    def _controller(self, port: int) -> dict[str, Any]:
        address = {"traddr": "127.0.0.1", "trsvcid": str(self._ports[port]), "adrfam": 1}
        # The id is the one that the server tells: without it a later request would not be the same.
        return {"spec": {"trtype": 4, "fabrics_id": address, "nvme_controller_id": -1}}

    def _name(self, below: str, number: int) -> str:
        return f"{self.parent}/{below}-{number}"

    def _ask(self, rpc: str, **fields: Any) -> Any:
        return call_over(self._channel, rpc, **fields)

    def _call(self, rpc: str, **fields: Any) -> str:
        return code_over(self._channel, rpc, **fields)


@dataclass
class Caller:
    """One caller: its random choices, and what should be there; two answers while in doubt."""

    number: int
    choice: random.Random
    ports: tuple[int, int] = field(default_factory=lambda: (free_port(), free_port()))
    possible: list[Chain] = field(default_factory=lambda: [Chain()])
    acknowledged: int = 0
    problem: str = ""

    def calls(self, channel: grpc.Channel) -> Calls:
        return Calls(self.number, channel, self.ports)

    def run(
        self, calls: Calls, limit: int | None = None, stop: threading.Event | None = None
    ) -> None:
        """Call until there is no answer, so many times, or until `stop`."""
        (model,) = self.possible
        while limit is None or self.acknowledged < limit:
            if stop is not None and stop.is_set():
                return
            after = deepcopy(model)
            names = list(CHOICES)
            what = self.choice.choices(names, [often for often, _ in CHOICES.values()])[0]
            numbers = [self.choice.choice(TWO) for _ in range(CHOICES[what][1])]
            expected = getattr(after, what)(*numbers)
            answer = getattr(calls, what)(*numbers)
            if answer in NO_ANSWER:
                self.possible = [model, after]
                return
            if answer != expected:
                self.problem = f"{what}{numbers}: {answer} instead of {expected} in {model}"
                return
            model = after
            self.possible = [model]
            self.acknowledged += 1

    def settle(self, found: Chain) -> None:
        """Take over which of the possible states it is. Raises AssertionError."""
        same = [one for one in self.possible if one == found]
        assert same, f"{found} is none of {self.possible}"
        self.possible = same[:1]
