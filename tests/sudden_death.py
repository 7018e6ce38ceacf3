"""opid, the SPDK stand-in, or both, killed in the middle of random calls; then what is left.

Calls come from several callers, each with ids and NQNs of its own. What was acknowledged must be
there after the restart; of each caller's last call, which got no answer, everything or nothing.
What the store has is what the target has, no more and no less.
"""

from __future__ import annotations

import random
import threading
import time
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests import chain_model
from tests.opid_forks import Forks, Life
from tests.spdk_target import ask, subsystems
from tests.subsystem_model import Answer, Model, OverGrpc, Spec, on_target

DEADLINE = 20.0
LIVES = 2
LONGEST = 0.06
"""Seconds that a life lasts at most from its first call on: some ten to thirty calls."""

NVME = "opi_api.storage.v1.FrontendNvmeService"
NO_ANSWER = {"UNAVAILABLE", "UNKNOWN", "CANCELLED"}
HOST = "nqn.2014-08.org.nvmexpress:uuid:11111111-d51f-40c8-b348-2753f3571d3c"


@dataclass
class Caller:
    """One caller: its random choices, and what should be there; two answers while in doubt."""

    number: int
    choice: random.Random
    possible: list[Model] = field(default_factory=lambda: [Model()])
    acknowledged: int = 0
    problem: str = ""

    def calls(self, channel: grpc.Channel) -> OverGrpc:
        return OverGrpc(channel)

    def run(self, transport: OverGrpc) -> None:
        """Call until there is no answer."""
        (model,) = self.possible
        while True:
            after = deepcopy(model)
            call, expected = self._next(after)
            answer = call(transport)
            if answer.code in NO_ANSWER:
                self.possible = [model, after]
                return
            if answer != expected:
                self.problem = f"{answer} instead of {expected}"
                return
            model = after
            self.possible = [model]
            self.acknowledged += 1

    def _next(self, model: Model) -> tuple[Any, Answer]:
        identity = f"sub-{self.number}-{self.choice.randrange(3)}"
        kind = self.choice.choices(["create", "update", "delete"], [4, 3, 2])[0]
        if kind == "delete":
            missing = self.choice.random() < 0.5
            return lambda to: to.delete(identity, missing), model.delete(identity, missing)
        spec = self._spec()
        if kind == "create":
            return lambda to: to.create(identity, spec), model.create(identity, spec)
        mask = self.choice.choice([(), ("*",), ("spec.hostnqn",), ("spec.nqn",)])
        missing = self.choice.random() < 0.3
        expected = model.update(identity, spec, mask, missing)
        return lambda to: to.update(identity, spec, mask, missing), expected

    def _spec(self) -> Spec:
        spec: Spec = {"nqn": f"nqn.2022-09.io.spdk:c{self.number}-{self.choice.randrange(3)}"}
        if self.choice.random() < 0.5:
            spec["serial_number"] = f"SN{self.choice.randrange(3)}"
        if self.choice.random() < 0.4:
            spec["hostnqn"] = HOST
        return spec

    def settle(self, specs: dict[str, Spec]) -> None:
        """Take over which of the possible states it is. Raises AssertionError."""
        own = {k: v for k, v in specs.items() if k.startswith(f"sub-{self.number}-")}
        found = [model for model in self.possible if model.specs() == own]
        assert found, f"{own} is none of {[one.specs() for one in self.possible]}"
        self.possible = found[:1]


class Scene:
    """A target, an opid, and their ends."""

    def __init__(self, forks: Forks, folder: Path) -> None:
        self._forks = forks
        self._folder = folder
        self._logs = 0
        self.socket = folder / "spdk.sock"
        self.spdk = self.start_spdk()
        self.opid = self.start_opid()

    def start_spdk(self) -> Life:
        self.spdk = self._forks.spdk(self._log("spdk"), self.socket)
        return self.spdk

    def start_opid(self) -> Life:
        flags = ["--state-dir", str(self._folder / "state"), "--spdk-socket", str(self.socket)]
        self.opid = self._forks.opid(self._log("opid"), *flags)
        return self.opid

    def end(self) -> None:
        for life in (self.opid, self.spdk):
            with suppress(ProcessLookupError):  # one that was not started again
                life.kill()

    def check_logs(self) -> None:
        """No defect has come to light."""
        for log in self._folder.glob("opid*.log"):
            assert "traceback" not in log.read_text(), log.read_text()

    def _log(self, name: str) -> Path:
        self._logs += 1
        return self._folder / f"{name}-{self._logs}.log"


def survive(seed: int, forks: Forks, folder: Path) -> int:
    """One run; how many calls were acknowledged. Raises AssertionError: something was lost."""
    return _survive(seed, forks, folder, Caller, LONGEST, _settled)


def survive_chains(seed: int, forks: Forks, folder: Path) -> int:
    """The same with chains of volumes, namespaces and controllers (tests/chain_model.py)."""
    return _survive(seed, forks, folder, chain_model.Caller, 2 * LONGEST, _chains_settled)


def _survive(seed: int, forks: Forks, folder: Path, kind: Any, longest: float, settled: Any) -> int:
    choice = random.Random(seed)
    folder.mkdir()
    scene = Scene(forks, folder)
    try:
        callers = [kind(n, random.Random(choice.random())) for n in range(choice.choice([1, 4]))]
        for _ in range(LIVES):
            _live_and_die(scene, callers, choice, longest)
            settled(scene, callers)
        scene.check_logs()
        return sum(one.acknowledged for one in callers)
    finally:
        scene.end()


def _live_and_die(scene: Scene, callers: list[Any], choice: random.Random, longest: float) -> None:
    victims = choice.choices(["opid", "spdk", "both"], [7, 2, 1])[0]
    moment = choice.uniform(0, longest)
    with _channel(scene) as channel:
        grpc.channel_ready_future(channel).result(DEADLINE)
        threads = [threading.Thread(target=one.run, args=(one.calls(channel),)) for one in callers]
        for thread in threads:
            thread.start()
        time.sleep(moment)
        if victims == "opid":
            scene.opid.kill()
        elif victims == "spdk":
            scene.spdk.kill()
        else:
            for life in choice.sample([scene.opid, scene.spdk], 2):
                life.kill()
        for thread in threads:
            thread.join(DEADLINE)
            assert not thread.is_alive()
    problems = [one.problem for one in callers if one.problem]
    assert not problems, problems
    starts = {"opid": [scene.start_opid], "spdk": [scene.start_spdk]}
    starts["both"] = choice.sample(starts["opid"] + starts["spdk"], 2)
    for start in starts[victims]:
        start()


def _settled(scene: Scene, callers: list[Caller]) -> None:
    """Wait until opid says that all is well; then store, target and models must be one."""
    deadline = time.monotonic() + DEADLINE
    with _channel(scene) as channel:
        transport = OverGrpc(channel)
        while not (healthy(channel) and _same(transport, scene.socket)):
            assert time.monotonic() < deadline, (transport.specs(), subsystems(scene.socket))
            time.sleep(0.005)
        specs = transport.specs()
    for caller in callers:
        caller.settle(specs)


def _chains_settled(scene: Scene, callers: list[chain_model.Caller]) -> None:
    """Wait until all is well; then store, target and models must be one."""
    deadline = time.monotonic() + DEADLINE
    with _channel(scene) as channel:
        while True:
            calls = [one.calls(channel) for one in callers]
            found = _read(channel, calls)
            if found is not None and _chains_same(scene.socket, calls, found):
                break
            assert time.monotonic() < deadline, (found, subsystems(scene.socket))
            time.sleep(0.005)
    for caller, one in zip(callers, found, strict=True):
        caller.settle(one)


def _read(channel: grpc.Channel, calls: list[chain_model.Calls]) -> list[chain_model.Chain] | None:
    """What the DPU has once it is well; None: it is not yet."""
    if not healthy(channel, ""):
        return None
    try:
        return [one.read() for one in calls]
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        return None  # it has just noticed


def _chains_same(
    socket: Path, calls: list[chain_model.Calls], chains: list[chain_model.Chain]
) -> bool:
    """Whether the target has what is listed, no more and no less."""
    wanted = {
        each.nqn: there
        for each, chain in zip(calls, chains, strict=True)
        if (there := each.on_target(chain)) is not None
    }
    seen = {
        nqn: {
            "namespaces": {space["nsid"]: space["bdev_name"] for space in one["namespaces"]},
            "ports": {int(address["trsvcid"]) for address in one["listen_addresses"]},
        }
        for nqn, one in subsystems(socket).items()
    }
    volumes = {
        each.volume_id(volume)
        for each, chain in zip(calls, chains, strict=True)
        for volume in chain.volumes
    }
    return (seen, {one["name"] for one in ask(socket, "bdev_get_bdevs")}) == (wanted, volumes)


def healthy(channel: grpc.Channel, service: str = NVME) -> bool:
    """Whether opid says that a service is well; "" for all of them."""
    stub: Any = health_pb2_grpc.HealthStub(channel)
    request = health_pb2.HealthCheckRequest(service=service)
    answer = stub.Check(request, timeout=DEADLINE, wait_for_ready=True)
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _same(transport: OverGrpc, socket: Path) -> bool:
    """Whether the target has what the store has."""
    try:
        wanted = on_target(transport.specs())
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        return False  # it has just noticed
    seen = subsystems(socket)
    picked = {nqn: {key: seen.get(nqn, {}).get(key) for key in one} for nqn, one in wanted.items()}
    return (picked, seen.keys()) == (wanted, wanted.keys())


def _channel(scene: Scene) -> grpc.Channel:
    return grpc.insecure_channel(scene.opid.endpoint, [("grpc.use_local_subchannel_pool", 1)])
