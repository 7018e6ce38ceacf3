"""Anything killed at any moment, under random calls and verified I/O; then what is left.

A storage node, a DPU (opid and its target) and a host, each a process of its own. The host writes
over two paths to four namespaces of the DPU: on a file, encrypted on a file, and on two disks of
the node, one of them encrypted, while others call opid. Some of the processes are killed, and
started again. Then the DPU has what was acknowledged (tests/chain_model.py, tests/volume_model.py),
the host's I/O goes on, and each block holds what was acknowledged (tests/acknowledged_writer.py).
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import grpc

from tests import chain_model, volume_model
from tests.acknowledged_writer import (
    BLOCKS,
    CHECKED,
    FAULTS,
    MARK,
    OPERATIONS,
    WORKERS,
    Journal,
    journal_path,
)
from tests.opid_forks import Forks, Life
from tests.spdk_target import ask, subsystems
from tests.storage_dpu import call_over, free_port
from tests.sudden_death import healthy

DEADLINE = 30.0
LIVES = 2
LONGEST = 0.25
"""Seconds that a life lasts at most from its first call on."""

BLOCK = 4096
NAMESPACES = (1, 2, 3, 4)
NQN = "nqn.2022-09.io.spdk:data"
NODE_NQN, FAR_NQN = "nqn.2022-09.io.spdk:node", "nqn.2022-09.io.spdk:far"
PARENT = "nvmeSubsystems/data"
REMOTE = "nvmeRemoteControllers/data"
VOLUMES = {1: "plain", 2: "secret", 3: "datan1", 4: "far-secret"}
"""Devices of the namespaces."""

BELOW = {"secret": "base", "far-secret": "datan2"}
DEVICES = {*VOLUMES.values(), *BELOW.values()}
KEY = bytes(range(32))

VICTIMS: dict[tuple[str, ...], int] = {
    ("opid",): 3,
    ("spdk",): 4,
    ("opid", "spdk"): 3,
    ("node",): 3,
    ("node", "spdk"): 1,
    ("host",): 2,
    ("host", "opid", "spdk"): 1,
    ("host", "node", "opid", "spdk"): 1,
}
"""Who is killed, and how often."""


class Scene:
    """The processes, and their ends."""

    def __init__(self, forks: Forks, folder: Path, choice: random.Random) -> None:
        self._forks = forks
        self._folder = folder
        self._seed = choice.randrange(1 << 30)
        self._lives: dict[str, Life] = {}
        self._starts = 0
        self.socket = folder / "spdk.sock"
        self.ports = (free_port(), free_port())
        self.node_ports = (free_port(), free_port())
        self.node_may_die = choice.random() < 0.5
        self._policy = choice.choice(["numa", "round-robin", "queue-depth"])
        for name in ("plain", "base", "near", "further", "file"):
            (folder / name).write_bytes(bytes(BLOCKS * BLOCK))
        (folder / "node.json").write_text(json.dumps(self._node()))

    @property
    def opid(self) -> Life:
        """The life of opid."""
        return self._lives["opid"]

    def start(self, who: str) -> None:
        """Start one of "node", "spdk", "opid" and "host"; it is ready when this returns."""
        self._lives[who] = {
            "node": self._start_node,
            "spdk": lambda: self._forks.spdk(self._log("spdk"), self.socket),
            "opid": self._start_opid,
            "host": self._start_host,
        }[who]()

    def kill(self, who: str) -> None:
        """SIGKILL."""
        self._lives.pop(who).kill()

    def is_alive(self, who: str) -> bool:
        """Whether it runs, as far as we know."""
        return who in self._lives

    def end(self) -> None:
        """Kill all that lives."""
        for life in self._lives.values():
            with suppress(ProcessLookupError):
                life.kill()

    def check_logs(self) -> None:
        """No defect has come to light."""
        for log in self._folder.glob("*.log"):
            text = log.read_text()
            assert "traceback" not in text.lower(), f"{log}: {text}"
            assert "FAULT" not in text, f"{log}: {text}"

    def channel(self) -> grpc.Channel:
        """To opid."""
        options = [("grpc.use_local_subchannel_pool", 1)]
        return grpc.insecure_channel(self.opid.endpoint, options)

    @contextmanager
    def journal(self, namespace: int) -> Iterator[Journal]:
        """What the host has noted of a namespace."""
        with Journal(journal_path(self._folder, namespace)) as journal:
            yield journal

    def counted(self, place: int) -> list[int]:
        """A counter of every namespace."""
        found = []
        for namespace in NAMESPACES:
            with self.journal(namespace) as journal:
                found.append(journal[place])
        return found

    def check_media(self) -> None:
        """What is written plainly is in the files as acknowledged, the rest is no plain text."""
        for namespace, file in ((1, "plain"), (3, "near")):
            data = (self._folder / file).read_bytes()
            with self.journal(namespace) as journal:
                size = 512 if namespace == 1 else BLOCK
                since = list(journal.acknowledged)
                assert journal.faults(namespace, 0, data[: BLOCKS * size], since) == []
                assert any(since)
        for file in ("base", "further"):
            assert MARK not in (self._folder / file).read_bytes()

    # -- the processes

    def _start_node(self) -> Life:
        flags = ("-c", str(self._folder / "node.json"))
        return self._forks.spdk(self._log("node"), self._folder / "node.sock", *flags)

    def _start_opid(self) -> Life:
        flags = ["--state-dir", str(self._folder / "state"), "--spdk-socket", str(self.socket)]
        return self._forks.opid(self._log("opid"), *flags)

    def _start_host(self) -> Life:
        self._seed += 1
        flags = ["--nqn", NQN, "--folder", str(self._folder), "--seed", str(self._seed)]
        flags += [text for port in self.ports for text in ("--port", str(port))]
        flags += [text for one in NAMESPACES for text in ("--nsid", str(one))]
        return self._forks.writer(self._log("host"), *flags, "--policy", self._policy)

    def _log(self, name: str) -> Path:
        self._starts += 1
        return self._folder / f"{name}-{self._starts}.log"

    def _node(self) -> dict[str, Any]:
        """The configuration of the storage node: what it exports, and then where."""
        disks: list[dict[str, Any]] = [self._file("near", 1), self._file("further", 2)]
        if not self.node_may_die:
            disks[1] = memory("further", 2)
        disks.append(memory("far", 3))
        exports = [(NODE_NQN, 1, "near"), (NODE_NQN, 2, "further"), (FAR_NQN, 1, "far")]
        calls: list[dict[str, Any]] = [method("nvmf_create_transport", trtype="TCP")]
        calls += [
            method("nvmf_create_subsystem", nqn=nqn, allow_any_host=True, serial_number="S")
            for nqn in (NODE_NQN, FAR_NQN)
        ]
        calls += [
            method("nvmf_subsystem_add_ns", nqn=nqn, namespace={"nsid": number, "bdev_name": disk})
            for nqn, number, disk in exports
        ]
        for port in self.node_ports:
            where = {"trtype": "TCP", "adrfam": "IPv4", "traddr": "127.0.0.1"}
            calls += [
                method(
                    "nvmf_subsystem_add_listener",
                    nqn=nqn, listen_address=where | {"trsvcid": str(port)},
                )
                for nqn in (NODE_NQN, FAR_NQN)
            ]  # fmt: skip
        return {"subsystems": [{"subsystem": "all", "config": disks + calls}]}

    def _file(self, name: str, number: int) -> dict[str, Any]:
        path = str(self._folder / name)
        return method(
            "bdev_aio_create", name=name, filename=path, block_size=BLOCK, uuid=uuid(number)
        )


def method(name: str, /, **parameters: Any) -> dict[str, Any]:
    """An entry of a configuration."""
    return {"method": name, "params": parameters}


def memory(name: str, number: int) -> dict[str, Any]:
    """A disk that its process takes along."""
    sizes = {"block_size": BLOCK, "num_blocks": BLOCKS}
    return method("bdev_malloc_create", name=name, uuid=uuid(number), **sizes)


def uuid(number: int) -> str:
    """Of a disk of the node."""
    return f"1b4e28ba-2fa1-11d2-883f-b9a761bde3f{number}"


def provision(scene: Scene, choice: random.Random) -> None:
    """What the host needs: volumes, a remote controller over two paths, a subsystem."""
    with scene.channel() as opened:
        folder = scene.socket.parent
        for name, size in (("plain", 512), ("base", BLOCK)):
            volume = {"filename": str(folder / name), "block_size": size}
            call_over(opened, "CreateAioVolume", aio_volume=volume, aio_volume_id=name)
        remote = {"multipath": choice.choice([2, 3])}
        call_over(
            opened, "CreateNvmeRemoteController",
            nvme_remote_controller=remote, nvme_remote_controller_id="data",
        )  # fmt: skip
        for number, port in enumerate(scene.node_ports):
            fabrics = {"subnqn": NODE_NQN, "trsvcid": port, "adrfam": 1}
            path = {"trtype": 4, "traddr": "127.0.0.1", "fabrics": fabrics}
            call_over(
                opened, "CreateNvmePath",
                parent=REMOTE, nvme_path=path, nvme_path_id=f"path-{number}",
            )  # fmt: skip
        for name, base in BELOW.items():
            below = f"{REMOTE}/nvmeRemoteNamespaces/2" if base == "datan2" else f"volumes/{base}"
            volume = {"volume_name_ref": below, "key": KEY, "cipher": 4}
            call_over(
                opened, "CreateEncryptedVolume",
                encrypted_volume=volume, encrypted_volume_id=name,
            )  # fmt: skip
        expose(scene, opened)


def expose(scene: Scene, opened: grpc.Channel) -> None:
    """The subsystem with its namespaces and two controllers."""
    asked = {"spec": {"nqn": NQN}}
    call_over(opened, "CreateNvmeSubsystem", nvme_subsystem=asked, nvme_subsystem_id="data")
    for number, volume in VOLUMES.items():
        reference = f"{REMOTE}/nvmeRemoteNamespaces/1" if volume == "datan1" else volume
        space = {"spec": {"volume_name_ref": reference, "host_nsid": number}}
        call_over(
            opened, "CreateNvmeNamespace",
            parent=PARENT, nvme_namespace=space, nvme_namespace_id=f"ns-{number}",
        )  # fmt: skip
    for number, port in enumerate(scene.ports):
        where = {"traddr": "127.0.0.1", "trsvcid": str(port), "adrfam": 1}
        controller = {"spec": {"trtype": 4, "fabrics_id": where}}
        call_over(
            opened, "CreateNvmeController",
            parent=PARENT, nvme_controller=controller, nvme_controller_id=f"ctl-{number}",
        )  # fmt: skip


class Callers:
    """Those who call opid, and what they know to be there."""

    def __init__(self, scene: Scene, choice: random.Random) -> None:
        self._scene = scene
        chains = choice.choice([0, 1, 2])
        self.chains = [
            chain_model.Caller(number, random.Random(choice.random())) for number in range(chains)
        ]
        file = scene.socket.parent / "file"
        far = (FAR_NQN, scene.node_ports)
        self.volumes = volume_model.Caller(1, random.Random(choice.random()), file, far)
        if scene.node_may_die:  # what a call about its paths is answered then is a matter of luck
            self.volumes.leave_out("rem", "path0", "path1")

    @property
    def acknowledged(self) -> int:
        """Calls that were answered as they should be."""
        chains = sum(one.acknowledged for one in self.chains)
        return chains + self.volumes.acknowledged

    @contextmanager
    def calling(self) -> Iterator[None]:
        """All of them call until they get no answer. Raises AssertionError: a wrong one."""
        every: list[Any] = [*self.chains, self.volumes]
        stop = threading.Event()
        with self._scene.channel() as opened:
            grpc.channel_ready_future(opened).result(DEADLINE)
            threads = [
                threading.Thread(target=one.run, args=(one.calls(opened), None, stop))
                for one in every
            ]
            for thread in threads:
                thread.start()
            try:
                yield
            finally:
                stop.set()
                for thread in threads:
                    thread.join(DEADLINE)
                    assert not thread.is_alive()
        problems = [one.problem for one in every if one.problem]
        assert not problems, problems

    def settle(self) -> None:
        """Wait until all is well; then store, target and models must be one."""
        told: Any = "opid is not well"
        end = time.monotonic() + DEADLINE
        with self._scene.channel() as opened:
            while not (told := self._look(opened))[0]:
                assert time.monotonic() < end, told
                time.sleep(0.01)
        _, chains, volumes, *_ = told
        for caller, one in zip(self.chains, chains, strict=True):
            caller.settle(one)
        self.volumes.settle(volumes)

    def _look(self, opened: grpc.Channel) -> tuple[Any, ...]:
        """Whether the target has what is listed, no more and no less; what is listed."""
        if not healthy(opened, ""):
            return False, "opid is not well"
        calls = [one.calls(opened) for one in self.chains]
        mine = self.volumes.calls(opened)
        socket = self._scene.socket
        try:
            chains, volumes = [one.read() for one in calls], mine.read(socket)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            return False, "opid has just noticed"
        wanted_devices = {**mine.on_target(volumes), **dict.fromkeys(DEVICES)}
        wanted_subsystems: dict[str, Any] = {
            NQN: {"namespaces": dict(VOLUMES), "ports": set(self._scene.ports)}
        }
        for call, chain in zip(calls, chains, strict=True):
            wanted_devices |= {call.volume_id(one): None for one in chain.volumes}
            if (there := call.on_target(chain)) is not None:
                wanted_subsystems[call.nqn] = there
        paths = {("data", port) for port in self._scene.node_ports} | mine.paths_of(volumes)
        wanted = (wanted_subsystems, wanted_devices, paths)
        found = (exported(socket), devices(socket, mine.on_target(volumes)), connected(socket))
        return found == wanted, chains, volumes, found, wanted


def exported(socket: Path) -> dict[str, Any]:
    """What the target's subsystems have, by NQN."""
    return {
        nqn: {
            "namespaces": {space["nsid"]: space["bdev_name"] for space in one["namespaces"]},
            "ports": {int(address["trsvcid"]) for address in one["listen_addresses"]},
        }
        for nqn, one in subsystems(socket).items()
    }


def devices(socket: Path, closely: Any) -> dict[str, Any]:
    """The target's devices, with base and limit where we look closely."""
    return {
        one["name"]: [
            one["driver_specific"].get("crypto", {}).get("base_bdev_name"),
            one["assigned_rate_limits"]["rw_mbytes_per_sec"],
        ]
        if one["name"] in closely
        else None
        for one in ask(socket, "bdev_get_bdevs")
    }


def connected(socket: Path) -> set[tuple[str, int]]:
    """The target's remote controllers and their ports."""
    return {
        (one["name"], int(path["trid"]["trsvcid"]))
        for one in ask(socket, "bdev_nvme_get_controllers")
        for path in one["ctrlrs"]
    }


def survive(seed: int, forks: Forks, folder: Path) -> int:
    """One run; how many calls and operations were acknowledged. Raises AssertionError."""
    choice = random.Random(seed)
    folder.mkdir()
    scene = Scene(forks, folder, choice)
    try:
        for who in ("node", "spdk", "opid"):
            scene.start(who)
        provision(scene, choice)
        callers = Callers(scene, choice)
        for _ in range(LIVES):
            live_and_die(scene, callers, choice)
            callers.settle()
            goes_on(scene)
        checked_by_another_host(scene)
        scene.check_media()
        scene.check_logs()
        return callers.acknowledged + sum(scene.counted(OPERATIONS))
    finally:
        scene.end()


def live_and_die(scene: Scene, callers: Callers, choice: random.Random) -> None:
    """Some of the processes are killed under calls and I/O, and started again."""
    if not scene.is_alive("host"):
        scene.start("host")
    may = {who: often for who, often in VICTIMS.items() if scene.node_may_die or "node" not in who}
    (victims,) = choice.choices(list(may), list(may.values()))
    order = choice.sample(victims, len(victims))
    moment, between = choice.uniform(0, LONGEST), choice.choice([0.0, 0.0, 0.05])
    with callers.calling():
        time.sleep(moment)
        for who in order:
            scene.kill(who)
            time.sleep(choice.uniform(0, between))
        if victims == ("opid",):
            goes_on(scene)  # whoever has a disk does not need opid
    again = [who for who in choice.sample(victims, len(victims)) if who != "host"]
    for who in again:
        scene.start(who)
    if again and choice.random() < 0.3:  # while it is being restored
        time.sleep(choice.uniform(0, LONGEST))
        scene.kill(again[-1])
        scene.start(again[-1])


def goes_on(scene: Scene) -> None:
    """I/O of every namespace goes on: more operations than those that were under way."""
    if not scene.is_alive("host"):
        return
    before = scene.counted(OPERATIONS)
    end = time.monotonic() + DEADLINE
    while any(
        now <= then + WORKERS for now, then in zip(scene.counted(OPERATIONS), before, strict=True)
    ):
        assert scene.counted(FAULTS) == [0] * len(NAMESPACES), "see the log of the host"
        assert time.monotonic() < end, f"no I/O: {before}, {scene.counted(OPERATIONS)}"
        time.sleep(0.01)


def checked_by_another_host(scene: Scene) -> None:
    """A host that comes anew finds in every block what was acknowledged."""
    if scene.is_alive("host"):
        scene.kill("host")
    before = scene.counted(CHECKED)
    scene.start("host")
    end = time.monotonic() + DEADLINE
    while any(now == then for now, then in zip(scene.counted(CHECKED), before, strict=True)):
        assert time.monotonic() < end, "the blocks cannot be read"
        time.sleep(0.01)
    goes_on(scene)
    scene.kill("host")
    assert scene.counted(FAULTS) == [0] * len(NAMESPACES), "see the log of the host"
