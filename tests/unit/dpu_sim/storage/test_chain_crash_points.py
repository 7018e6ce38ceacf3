"""Death at every single point of a change of what hosts see: namespaces and controllers.

They stand at the end of a chain (volumes, subsystem), all of which the target must have again as
it is stored, whatever was going on.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from dpu_sim.api.backend import Backend
from dpu_sim.api.errors import ApiError
from dpu_sim.api.reconcile import Reconciliation
from dpu_sim.api.service import ResourceService
from dpu_sim.personality import load_personality
from dpu_sim.storage.controllers import ControllerBackend
from dpu_sim.storage.functions import Functions
from dpu_sim.storage.namespaces import NamespaceBackend
from dpu_sim.storage.records import Records
from dpu_sim.storage.subsystems import SubsystemBackend
from dpu_sim.storage.volumes import MallocBackend
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import NvmeController, NvmeNamespace
from opi.resources import resources
from tests.spdk_target import ask, spdk_target, subsystems
from tests.storage_dpu import free_port
from tests.unit.dpu_sim.api.device import METHODS, make_call
from tests.unit.dpu_sim.storage.test_crash_points import (
    DeathError,
    Fate,
    MortalClient,
    MortalStore,
)

NQN = "nqn.2022-09.io.spdk:opi0"
PARENT = "nvmeSubsystems/sub-0"
UUID = "1b4e28ba-2fa1-11d2-883f-b9a761bde3fb"
FOREVER = float("inf")
FIRST, SECOND = 0, 1
"""Stand for two free ports."""

Spec = dict[str, Any]
Life = dict[str, ResourceService[Any]]

NAMESPACES: dict[str, tuple[Spec | None, Spec | None]] = {
    "creation": (None, {"volume_name_ref": "vol-0"}),
    "creation with an identity": (None, {"volume_name_ref": "vol-0", "host_nsid": 3, "uuid": UUID}),
    "another volume": ({"volume_name_ref": "vol-0"}, {"volume_name_ref": "volumes/vol-1"}),
    "another number": ({"volume_name_ref": "vol-0"}, {"volume_name_ref": "vol-0", "host_nsid": 4}),
    "an identity": ({"volume_name_ref": "vol-0"}, {"volume_name_ref": "vol-0", "uuid": UUID}),
    "no identity": ({"volume_name_ref": "vol-0", "uuid": UUID}, {"volume_name_ref": "vol-0"}),
    "deletion": ({"volume_name_ref": "vol-0"}, None),
}
CONTROLLERS: dict[str, tuple[int | None, int | None]] = {
    "creation": (None, FIRST),
    "another address": (FIRST, SECOND),
    "deletion": (FIRST, None),
}


@pytest.fixture(scope="module")
def socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("target") / "spdk.sock"
    with spdk_target(path):
        yield path


async def life(
    folder: Path, socket: Path, fate: Fate, work: Callable[[Life], Awaitable[Any]] | None = None
) -> dict[str, bytes]:
    """Start, restore, do `work`; what is stored in the end. Raises DeathError: by fate."""
    client = MortalClient(socket, Fate(FOREVER))
    try:
        async with MortalStore(folder, Fate(FOREVER)) as store:
            records = Records(store)
            functions = Functions(load_personality("generic").pci, None, None)
            backends: dict[str, Backend[Any]] = {
                "MallocVolume": MallocBackend(client),
                "NvmeSubsystem": SubsystemBackend(client),
                "NvmeNamespace": NamespaceBackend(client, records),
                "NvmeController": ControllerBackend(client, records, functions),
            }
            services: Life = {
                kind: ResourceService(resources().kind(kind), store, one)
                for kind, one in backends.items()
            }
            reconciliation = Reconciliation(store)
            reconciliation.begin(services.values())
            assert await reconciliation.attempt()
            store._fate = client._fate = fate
            if work is not None:
                await work(services)
            return {one.name: one.message for one in store.everything()}
    finally:
        client.close()


async def update(services: Life, kind: str, field: str, name: str, **fields: Any) -> None:
    """Create or replace."""
    method = METHODS[f"Update{kind}"]
    request: Any = method.request
    asked = {field: {"name": name} | fields, "update_mask": {"paths": ["*"]}}
    await services[kind].update(request(**asked, allow_missing=True), make_call(method))


async def found(services: Life) -> None:
    """What every change begins with."""
    for number in (0, 1):
        size = {"block_size": 512, "blocks_count": 64}
        await update(services, "MallocVolume", "malloc_volume", f"volumes/vol-{number}", **size)
    await update(services, "NvmeSubsystem", "nvme_subsystem", PARENT, spec={"nqn": NQN})


def becoming(
    kind: str, field: str, name: str, spec: Spec | None
) -> Callable[[Life], Awaitable[None]]:
    """The call that gives a resource this spec, or deletes it."""

    async def work(services: Life) -> None:
        if spec is not None:
            await update(services, kind, field, name, spec=spec)
            return
        method = METHODS[f"Delete{kind}"]
        request: Any = method.request
        await services[kind].delete(request(name=name, allow_missing=True), make_call(method))

    return work


def clear(socket: Path) -> None:
    for nqn in subsystems(socket):
        ask(socket, "nvmf_delete_subsystem", nqn=nqn)
    for one in ask(socket, "bdev_get_bdevs"):
        ask(socket, "bdev_malloc_delete", name=one["name"])


def outcomes(
    socket: Path,
    folder: Path,
    before: Callable[[Life], Awaitable[None]],
    after: Callable[[Life], Awaitable[None]],
) -> Iterator[dict[str, bytes]]:
    """What is stored after a death at each point of `after`, and the restart; no death at last."""
    born = folder / "born"
    clear(socket)

    async def start(services: Life) -> None:
        await found(services)
        await before(services)

    asyncio.run(life(born, socket, Fate(FOREVER), start))
    for steps in count():
        clear(socket)
        one = folder / str(steps)
        shutil.copytree(born, one)
        died = False
        try:
            asyncio.run(life(one, socket, Fate(steps), after))
        except DeathError:
            died = True
        except ApiError as error:
            pytest.fail(f"{steps}: {error}")
        yield asyncio.run(life(one, socket, Fate(0)))
        if not died:
            return


@pytest.mark.parametrize("change", NAMESPACES)
def test_a_namespace_is_on_the_target_as_it_is_stored_wherever_it_died(
    change: str, socket: Path, tmp_path: Path
) -> None:
    before, after = NAMESPACES[change]
    name = f"{PARENT}/nvmeNamespaces/ns-0"
    calls = [becoming("NvmeNamespace", "nvme_namespace", name, one) for one in (before, after)]
    refs: list[Spec | None] = []
    for stored in outcomes(socket, tmp_path, *calls):
        there = subsystems(socket)[NQN]["namespaces"]
        if name not in stored:
            assert there == []
            refs.append(None)
            continue
        spec = NvmeNamespace.FromString(stored[name]).spec
        (one,) = there
        assert one["bdev_name"] == spec.volume_name_ref.removeprefix("volumes/")
        assert one["nsid"] == spec.host_nsid
        assert (one["uuid"] == UUID) == (spec.uuid == UUID)
        refs.append({f.name: value for f, value in spec.ListFields()})
    assert_once(refs, before, after)


@pytest.mark.parametrize("change", CONTROLLERS)
def test_a_controller_listens_as_it_is_stored_wherever_it_died(
    change: str, socket: Path, tmp_path: Path
) -> None:
    ports = (free_port(), free_port())
    specs = [
        None
        if one is None
        else {
            "trtype": 4,
            "fabrics_id": {"traddr": "127.0.0.1", "trsvcid": str(ports[one]), "adrfam": 1},
        }
        for one in CONTROLLERS[change]
    ]
    name = f"{PARENT}/nvmeControllers/ctl-0"
    calls = [becoming("NvmeController", "nvme_controller", name, one) for one in specs]
    seen = []
    for stored in outcomes(socket, tmp_path, *calls):
        there = [one["trsvcid"] for one in subsystems(socket)[NQN]["listen_addresses"]]
        wanted = []
        if name in stored:
            wanted = [NvmeController.FromString(stored[name]).spec.fabrics_id.trsvcid]
        assert there == wanted
        seen.append(wanted)
    before, after = ([] if one is None else [str(ports[one])] for one in CONTROLLERS[change])
    assert seen[0] == before
    assert seen[-1] == after
    assert seen == sorted(seen, key=lambda one: one == after)  # what is done once stays done
    assert len(seen) > 4


def assert_once(refs: list[Spec | None], before: Spec | None, after: Spec | None) -> None:
    """The first is what was before, the last what came after, and there was one turn."""
    done = [holds(one, after) for one in refs]
    assert holds(refs[0], before)
    assert not done[0]
    assert done[-1]
    assert done == sorted(done)
    assert len(refs) > 4


def holds(found: Spec | None, wanted: Spec | None) -> bool:
    """Whether a stored spec is what was asked for, which may leave the number open."""
    if found is None or wanted is None:
        return found is wanted
    return found == {"host_nsid": found["host_nsid"]} | wanted
