"""Callers that want the same at the same time, and callers that do not wait for the answer."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from opi.proto.opi_api.storage.v1 import frontend_nvme_pb2 as nvme
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2_grpc import FrontendNvmeServiceStub
from tests.opid_process import DEADLINE, channel, starting_opid
from tests.spdk_target import spdk_target, subsystems
from tests.subsystem_model import OverGrpc, on_target

pytestmark = pytest.mark.integration

CALLERS = 16
ROUNDS = 10


class Dpu:
    """An opid with its target, called by many at a time."""

    def __init__(self, opened: grpc.Channel, socket: Path) -> None:
        self.stub: Any = FrontendNvmeServiceStub(opened)
        self.one_by_one = OverGrpc(opened)
        self.socket = socket

    def at_once(self, calls: list[tuple[str, Any]], timeout: float = DEADLINE) -> Counter[str]:
        """Start all of these (method, request) together; how often each code was answered."""
        futures = [getattr(self.stub, name).future(one, timeout=timeout) for name, one in calls]
        return Counter(future.code().name for future in futures)

    def consistent(self) -> bool:
        """Whether the target has what the store has."""
        return subsystems(self.socket).keys() == on_target(self.one_by_one.specs(250)).keys()

    def clear(self) -> None:
        for identity in self.one_by_one.specs(250):
            assert self.one_by_one.delete(identity, False).code == "OK"


@pytest.fixture(scope="module")
def dpu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dpu]:
    folder = tmp_path_factory.mktemp("dpu")
    socket = folder / "spdk.sock"
    with spdk_target(socket), starting_opid(folder) as start:
        server = start("--spdk-socket", str(socket))
        with channel(server) as opened:
            yield Dpu(opened, socket)


def create(identity: str, **spec: Any) -> tuple[str, Any]:
    resource = nvme.NvmeSubsystem(spec=nvme.NvmeSubsystemSpec(**spec))
    request = nvme.CreateNvmeSubsystemRequest(nvme_subsystem=resource, nvme_subsystem_id=identity)
    return "CreateNvmeSubsystem", request


def update(identity: str, **spec: Any) -> tuple[str, Any]:
    name = f"nvmeSubsystems/{identity}"
    resource = nvme.NvmeSubsystem(name=name, spec=nvme.NvmeSubsystemSpec(**spec))
    return "UpdateNvmeSubsystem", nvme.UpdateNvmeSubsystemRequest(nvme_subsystem=resource)


def delete(identity: str) -> tuple[str, Any]:
    name = f"nvmeSubsystems/{identity}"
    return "DeleteNvmeSubsystem", nvme.DeleteNvmeSubsystemRequest(name=name)


def test_of_many_that_want_one_nqn_one_gets_it(dpu: Dpu) -> None:
    for _ in range(ROUNDS):
        dpu.clear()
        calls = [create(f"sub-{n}", nqn="nqn.2022-09.io.spdk:opi") for n in range(CALLERS)]
        assert dpu.at_once(calls) == {"OK": 1, "ALREADY_EXISTS": CALLERS - 1}
        assert len(subsystems(dpu.socket)) == 1
        assert dpu.consistent()


def test_of_many_that_want_one_name_one_gets_it_and_the_same_wish_is_granted(dpu: Dpu) -> None:
    for _ in range(ROUNDS):
        dpu.clear()
        calls = [
            create("sub-x", nqn="nqn.2022-09.io.spdk:opi", serial_number=f"SN{n % 2}")
            for n in range(CALLERS)
        ]
        assert dpu.at_once(calls) == {"OK": CALLERS // 2, "ALREADY_EXISTS": CALLERS // 2}
        assert dpu.consistent()


def test_an_nqn_that_one_gives_up_goes_to_one_of_those_who_want_it(dpu: Dpu) -> None:
    for _ in range(ROUNDS):
        dpu.clear()
        for number in range(CALLERS):
            nqn = f"nqn.2022-09.io.spdk:opi{number}"
            assert dpu.one_by_one.create(f"sub-{number}", {"nqn": nqn}).code == "OK"
        wanted = "nqn.2022-09.io.spdk:opi0"
        calls = [update(f"sub-{n}", nqn=wanted) for n in range(1, CALLERS)]
        calls.insert(CALLERS // 2, update("sub-0", nqn="nqn.2022-09.io.spdk:free"))
        codes = dpu.at_once(calls)
        assert codes["OK"] + codes["ALREADY_EXISTS"] == CALLERS
        assert codes["OK"] in {1, 2}
        nqns = Counter(spec["nqn"] for spec in dpu.one_by_one.specs(250).values())
        assert set(nqns.values()) == {1}
        assert dpu.consistent()


def test_callers_who_hang_up_at_any_moment_leave_nothing_half_made(dpu: Dpu) -> None:
    dpu.clear()
    choice = random.Random(5)
    for _ in range(40):
        calls = []
        for number in range(8):
            identity = f"sub-{number}"
            nqn = f"nqn.2022-09.io.spdk:opi{number}"
            calls += choice.choices(
                [
                    create(identity, nqn=nqn),
                    update(identity, nqn=nqn + "b"),
                    update(identity, serial_number=f"SN{choice.randrange(9)}"),
                    delete(identity),
                ],
                k=2,
            )
        dpu.at_once(calls, timeout=choice.uniform(0.0005, 0.02))
    deadline = time.monotonic() + DEADLINE
    looks = 0  # what had begun goes on to its end: between two steps of it, one look tells nothing
    while looks < 20:
        assert time.monotonic() < deadline, (dpu.one_by_one.specs(), subsystems(dpu.socket))
        looks = looks + 1 if dpu.consistent() else 0
        time.sleep(0.01)
    dpu.clear()
    while left := subsystems(dpu.socket):  # one that came late is cleared too, an orphan stays
        assert time.monotonic() < deadline, left
        dpu.clear()
