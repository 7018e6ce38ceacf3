"""What volumes, and what lies between them, should be after a sequence of calls.

Each caller has a malloc and an aio volume, two encrypted volumes, a QoS volume, and a remote
controller with two paths, each of which may or may not be there. The model shares no code with
the server.
"""

from __future__ import annotations

import random
import threading
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from tests.spdk_target import ask
from tests.storage_dpu import call_over, code_over

NO_ANSWER = {"UNAVAILABLE", "UNKNOWN", "CANCELLED"}
BLOCKS = 64
PRECONDITION = "FAILED_PRECONDITION"
KEYS = [bytes([number]) * 16 + bytes(range(16)) for number in (1, 2)]
LIMITS = (5, 7)
"""MiB a second, of reads and writes together."""

BASES = ("mal", "aio", "far")
LIMITED = ("mal", "aio", "enc0", "enc1")

Has = dict[str, tuple[Any, ...]]
"""What there is, by short names: enc0 and enc1 with base and number of the key, qos with what it
limits and how, the others (mal, aio, rem, path0, path1) without anything."""


@dataclass
class Volumes:
    """One caller's resources. `create`, `update` and `delete` say what the DPU must answer."""

    has: Has = field(default_factory=dict)
    asked: Has = field(default_factory=dict, compare=False)
    """What they were created with: the same request again is no conflict."""

    def create(self, what: str, *wanted: Any) -> str:
        if what in self.has:
            same = wanted in (self.has[what], self.asked[what])
            return "OK" if same else "ALREADY_EXISTS"
        if what.startswith("path") and "rem" not in self.has:
            return "NOT_FOUND"
        if not self._fits(what, wanted):
            return PRECONDITION
        self.has[what] = self.asked[what] = wanted
        return "OK"

    def update(self, what: str, *wanted: Any) -> str:
        if what not in self.has:
            return "NOT_FOUND"
        if what == "qos" and wanted[0] != self.has[what][0]:
            return "INVALID_ARGUMENT"
        if not self._fits(what, wanted):
            return PRECONDITION
        self.has[what] = wanted
        return "OK"

    def delete(self, what: str) -> str:
        if what not in self.has:
            return "NOT_FOUND"
        if self._users(what):
            return PRECONDITION
        del self.has[what]
        return "OK"

    def _fits(self, what: str, wanted: tuple[Any, ...]) -> bool:
        if what == "qos":
            return wanted[0] in self.has
        if what.startswith("enc"):
            base = wanted[0]
            return self._is_there(base) and not self._above(base) - {what}
        return True

    def _is_there(self, base: str) -> bool:
        return bool(self._paths()) if base == "far" else base in self.has

    def _paths(self) -> set[str]:
        return {one for one in self.has if one.startswith("path")}

    def _above(self, base: str) -> set[str]:
        """Encrypted volumes on a base."""
        return {one for one, how in self.has.items() if one.startswith("enc") and how[0] == base}

    def _users(self, what: str) -> bool:
        if what == "rem":
            return bool(self._paths())
        if what.startswith("path"):
            return self._paths() == {what} and bool(self._above("far"))
        limited = self.has.get("qos", ("",))[0] == what
        return limited or bool(self._above(what))


class Calls:
    """The calls of one caller over gRPC; each returns the name of its status code."""

    def __init__(
        self, number: int, channel: grpc.Channel, file: Path, remote: tuple[str, tuple[int, ...]]
    ) -> None:
        """`remote`: NQN and ports of a subsystem whose namespace 1 is this caller's."""
        self._channel = channel
        self._file = file
        self._nqn, self._ports = remote
        self._number = number
        self.controller = f"nvmeRemoteControllers/rem-{number}"

    def device(self, what: str) -> str:
        """The name on the target."""
        return f"rem-{self._number}n1" if what == "far" else f"{what}-{self._number}"

    def create(self, what: str, *wanted: Any) -> str:
        kind, name, fields = self._resource(what, wanted)
        parent = {"parent": self.controller} if what.startswith("path") else {}
        made = {f"{kind[1]}_id": name.rsplit("/", 1)[-1]}
        return self._call(f"Create{kind[0]}", **{kind[1]: fields}, **made, **parent)

    def update(self, what: str, *wanted: Any) -> str:
        kind, name, fields = self._resource(what, wanted)
        asked = {kind[1]: {"name": name} | fields, "update_mask": {"paths": ["*"]}}
        return self._call(f"Update{kind[0]}", **asked)

    def delete(self, what: str) -> str:
        kind, name, _ = self._resource(what, ())
        return self._call(f"Delete{kind[0]}", name=name)

    def read(self, socket: Path) -> Has:
        """What the DPU lists, with the keys that the target has. Raises grpc.RpcError."""
        found: Has = {}
        mine = {f"volumes/{self.device(one)}": one for one in (*LIMITED, "qos")}
        for kind in ("MallocVolume", "AioVolume", "EncryptedVolume", "QosVolume"):
            ((_, listed),) = self._ask(f"List{kind}s", page_size=250).ListFields() or (("", []),)
            for one in listed:
                if one.name in mine:
                    found[mine[one.name]] = self._told(kind, one, socket)
        listed = self._ask("ListNvmeRemoteControllers", page_size=250).nvme_remote_controllers
        if self.controller in {one.name for one in listed}:
            found["rem"] = ()
            paths = self._ask("ListNvmePaths", parent=self.controller).nvme_paths
            found |= {one.name.rsplit("/", 1)[-1].replace("-", ""): () for one in paths}
        return found

    def _told(self, kind: str, one: Any, socket: Path) -> tuple[Any, ...]:
        if kind == "QosVolume":
            return self._short(one.volume_name_ref), one.limits.max.rw_bandwidth_mbs
        if kind == "EncryptedVolume":
            device = one.name.rsplit("/", 1)[-1]
            return self._short(one.volume_name_ref), key_on(socket, device)
        return ()

    def _short(self, reference: str) -> str:
        last = reference.rsplit("/", 1)[-1]
        return "far" if "nvmeRemote" in reference else last.rsplit("-", 1)[0]

    def on_target(self, has: Has) -> dict[str, Any]:
        """What the target must have of devices, each with its base and its limit."""
        devices: dict[str, Any] = {}
        for what, how in has.items():
            if what in LIMITED:
                base = self.device(how[0]) if how else None
                devices[self.device(what)] = [base, 0]
        if any(what.startswith("path") for what in has):
            devices[self.device("far")] = [None, 0]
        if "qos" in has:
            devices[self.device(has["qos"][0])][1] = has["qos"][1]
        return devices

    def paths_of(self, has: Has) -> set[tuple[str, int]]:
        """The controllers and ports that the target must be connected to."""
        name = self.controller.rsplit("/", 1)[-1]
        return {(name, self._ports[int(one[-1])]) for one in has if one.startswith("path")}

    def _resource(
        self, what: str, wanted: tuple[Any, ...]
    ) -> tuple[tuple[str, str], str, dict[str, Any]]:
        """Kind with the name of its field, name, and fields."""
        name = f"volumes/{self.device(what)}"
        if what == "mal":
            sizes = {"block_size": 512, "blocks_count": BLOCKS}
            return ("MallocVolume", "malloc_volume"), name, sizes
        if what == "aio":
            where = {"filename": str(self._file), "block_size": 512}
            return ("AioVolume", "aio_volume"), name, where
        if what == "qos":
            fields = {}
            if wanted:
                most = {"rw_bandwidth_mbs": wanted[1]}
                fields = {"volume_name_ref": self._reference(wanted[0]), "limits": {"max": most}}
            return ("QosVolume", "qos_volume"), name, fields
        if what == "rem":
            kind = ("NvmeRemoteController", "nvme_remote_controller")
            return kind, self.controller, {"multipath": 2}
        if what.startswith("path"):
            return ("NvmePath", "nvme_path"), *self._path(int(what[-1]))
        fields = {}
        if wanted:
            fields = {"volume_name_ref": self._reference(wanted[0]), "key": KEYS[wanted[1]]}
        return ("EncryptedVolume", "encrypted_volume"), name, fields | {"cipher": 4}

    def _path(self, number: int) -> tuple[str, dict[str, Any]]:
        where = {"trsvcid": self._ports[number], "subnqn": self._nqn, "adrfam": 1}
        fields = {"trtype": 4, "traddr": "127.0.0.1", "fabrics": where}
        return f"{self.controller}/nvmePaths/path-{number}", fields

    def _reference(self, what: str) -> str:
        if what == "far":
            return f"{self.controller}/nvmeRemoteNamespaces/1"
        return f"volumes/{self.device(what)}"

    def _ask(self, rpc: str, **fields: Any) -> Any:
        return call_over(self._channel, rpc, **fields)

    def _call(self, rpc: str, **fields: Any) -> str:
        return code_over(self._channel, rpc, **fields)


def key_on(socket: Path, device: str) -> int:
    """Which of our keys an encrypted volume has on the target; -1 for none of them."""
    for one in ask(socket, "accel_crypto_keys_get"):
        if one["name"] == device:
            both = bytes.fromhex(one["key"] + one["key2"])
            return KEYS.index(both) if both in KEYS else -1
    return -1


WHAT = {"mal": 3, "aio": 3, "enc0": 4, "enc1": 3, "qos": 3, "rem": 3, "path0": 3, "path1": 2}
"""How often it is whose turn."""


@dataclass
class Caller:
    """One caller: its random choices, and what should be there; two answers while in doubt."""

    number: int
    choice: random.Random
    file: Path
    remote: tuple[str, tuple[int, ...]]
    often: dict[str, int] = field(default_factory=WHAT.copy)
    possible: list[Volumes] = field(default_factory=lambda: [Volumes()])
    acknowledged: int = 0
    problem: str = ""

    def leave_out(self, *what: str) -> None:
        """These are never created."""
        self.often = {one: often for one, often in self.often.items() if one not in what}

    def calls(self, channel: grpc.Channel) -> Calls:
        return Calls(self.number, channel, self.file, self.remote)

    def run(
        self, calls: Calls, limit: int | None = None, stop: threading.Event | None = None
    ) -> None:
        """Call until there is no answer, so many times, or until `stop`."""
        (model,) = self.possible
        while limit is None or self.acknowledged < limit:
            if stop is not None and stop.is_set():
                return
            after = deepcopy(model)
            how, what, wanted = self._next()
            expected = getattr(after, how)(what, *wanted)
            answer = getattr(calls, how)(what, *wanted)
            if answer in NO_ANSWER:
                self.possible = [model, after]
                return
            if answer != expected:
                self.problem = (
                    f"{how} {what}{wanted}: {answer} instead of {expected} in {model.has}"
                )
                return
            model = after
            self.possible = [model]
            self.acknowledged += 1

    def _next(self) -> tuple[str, str, tuple[Any, ...]]:
        choice = self.choice
        what = choice.choices(list(self.often), list(self.often.values()))[0]
        wanted: tuple[Any, ...] = ()
        if what == "qos":
            wanted = choice.choice(LIMITED), choice.choice(LIMITS)
        elif what.startswith("enc"):
            wanted = choice.choice(BASES), choice.randrange(len(KEYS))
        often = [5, 2, 2] if wanted else [5, 0, 2]
        how = choice.choices(["create", "update", "delete"], often)[0]
        return how, what, () if how == "delete" else wanted

    def settle(self, found: Has) -> None:
        """Take over which of the possible states it is. Raises AssertionError."""
        same = [one for one in self.possible if one.has == found]
        assert same, f"{found} is none of {[one.has for one in self.possible]}"
        self.possible = same[:1]
