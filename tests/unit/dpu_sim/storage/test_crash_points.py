"""Death at every single point of a change of a subsystem: before and after each step it takes.

The random deaths of tests/integration/test_opid_crash.py hit some of these points; here are all of
them, with the real store and a live target.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from dpu_sim.api.errors import ApiError
from dpu_sim.api.reconcile import Reconciliation
from dpu_sim.api.service import ResourceService
from dpu_sim.api.store import Change, Store
from dpu_sim.storage.spdk import SpdkClient
from dpu_sim.storage.subsystems import SubsystemBackend
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import NvmeSubsystem
from opi.resources import resources
from tests.spdk_target import ask, spdk_target, subsystems
from tests.subsystem_model import Spec, on_target
from tests.unit.dpu_sim.api.device import METHODS, make_call

NAME = "nvmeSubsystems/sub-0"
NQN, OTHER = "nqn.2022-09.io.spdk:opi0", "nqn.2022-09.io.spdk:opi1"
HOST = "nqn.2014-08.org.nvmexpress:uuid:11111111-d51f-40c8-b348-2753f3571d3c"
OTHER_HOST = HOST.replace("1", "2", 8)
BEFORE: Spec = {"nqn": NQN, "serial_number": "SN1", "hostnqn": HOST}

CHANGES: dict[str, tuple[Spec | None, Spec | None]] = {
    "creation": (None, BEFORE),
    "of its host": (BEFORE, BEFORE | {"hostnqn": OTHER_HOST}),
    "of its serial number": (BEFORE, BEFORE | {"serial_number": "SN2"}),
    "of its NQN": (BEFORE, BEFORE | {"nqn": OTHER}),
    "of everything": (BEFORE, {"nqn": OTHER, "model_number": "M", "hostnqn": OTHER_HOST}),
    "opening to all": (BEFORE, {"nqn": NQN, "serial_number": "SN1"}),
    "deletion": (BEFORE, None),
}


class DeathError(BaseException):
    """The process has ended."""


class Fate:
    """Lets so many steps be made."""

    def __init__(self, steps: float) -> None:
        self.left = steps

    def step(self) -> None:
        """Raises DeathError."""
        if self.left <= 0:
            raise DeathError
        self.left -= 1


class MortalClient(SpdkClient):
    """A client of the target that may die before and after each call."""

    def __init__(self, path: Path, fate: Fate) -> None:
        super().__init__(path)
        self._fate = fate

    def parallel(self) -> SpdkClient:
        return self

    async def call(self, method: str, parameters: Mapping[str, Any] | None = None) -> Any:
        self._fate.step()
        result = await super().call(method, parameters)
        self._fate.step()
        return result


class MortalStore(Store):
    """A store that may die before and after each commit."""

    def __init__(self, folder: Path, fate: Fate) -> None:
        super().__init__(folder)
        self._fate = fate

    async def commit(self, *changes: Change) -> None:
        self._fate.step()
        await super().commit(*changes)
        self._fate.step()


async def life(
    folder: Path,
    socket: Path,
    fate: Fate,
    work: Callable[[ResourceService[NvmeSubsystem]], Awaitable[Any]] | None = None,
) -> dict[str, Spec]:
    """Start, restore, do `work`; what the store has in the end. Raises DeathError: by fate."""
    client = MortalClient(socket, Fate(float("inf")))
    try:
        async with MortalStore(folder, Fate(float("inf"))) as store:
            service = ResourceService(
                resources().kind("NvmeSubsystem"), store, SubsystemBackend(client)
            )
            reconciliation = Reconciliation(store)
            reconciliation.begin([service])
            assert await reconciliation.attempt()
            store._fate = client._fate = fate
            if work is not None:
                await work(service)
            return {
                one.name: {
                    field.name: value
                    for field, value in NvmeSubsystem.FromString(one.message).spec.ListFields()
                }
                for one in store.everything()
            }
    finally:
        client.close()


def change(to: Spec | None) -> Callable[[ResourceService[NvmeSubsystem]], Awaitable[Any]]:
    """The call that brings the subsystem there."""

    async def work(service: ResourceService[NvmeSubsystem]) -> None:
        if to is None:
            delete = METHODS["DeleteNvmeSubsystem"]
            request: Any = delete.request
            await service.delete(request(name=NAME, allow_missing=True), make_call(delete))
            return
        update = METHODS["UpdateNvmeSubsystem"]
        request = update.request
        resource = {"name": NAME, "spec": to}
        asked = request(nvme_subsystem=resource, update_mask={"paths": ["*"]}, allow_missing=True)
        await service.update(asked, make_call(update))

    return work


@pytest.fixture(scope="module")
def socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("target") / "spdk.sock"
    with spdk_target(path):
        yield path


def clear(socket: Path) -> None:
    for nqn in subsystems(socket):
        ask(socket, "nvmf_delete_subsystem", nqn=nqn)


def seen(socket: Path, stored: dict[str, Spec]) -> dict[str, Any]:
    """What the target has, as far as the model tells of it."""
    wanted = on_target(stored)
    return {
        nqn: {key: one[key] for key in wanted.get(nqn, one)}
        for nqn, one in subsystems(socket).items()
    }


@pytest.mark.parametrize("name", CHANGES)
def test_wherever_it_dies_all_of_it_or_nothing_is_there_after_the_restart(
    name: str, socket: Path, tmp_path: Path
) -> None:
    before, after = CHANGES[name]
    born = tmp_path / "born"
    clear(socket)
    asyncio.run(life(born, socket, Fate(float("inf")), change(before)))
    outcomes = []
    for steps in count():
        clear(socket)
        folder = tmp_path / str(steps)
        shutil.copytree(born, folder)
        died = False
        try:
            asyncio.run(life(folder, socket, Fate(steps), change(after)))
        except DeathError:
            died = True
        except ApiError as error:
            pytest.fail(f"{steps}: {error}")
        stored = asyncio.run(life(folder, socket, Fate(0)))
        assert stored in [{NAME: spec} if spec else {} for spec in (before, after)], steps
        assert seen(socket, stored) == on_target(stored), steps
        outcomes.append(stored == ({NAME: after} if after else {}))
        if not died:
            break
    assert outcomes[-1]
    assert not outcomes[0]
    assert len(outcomes) > 4
    assert outcomes == sorted(outcomes)  # what is done once is not undone by a later death
