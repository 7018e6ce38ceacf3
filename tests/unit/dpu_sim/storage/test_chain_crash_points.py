"""Death at every single point of a change of namespaces, controllers and paths.

They stand at the end of a chain (volumes, subsystem), all of which the target must have again as
it is stored, whatever was going on.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator, Mapping
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
from dpu_sim.storage.keys import Keys
from dpu_sim.storage.namespaces import NamespaceBackend
from dpu_sim.storage.paths import PathBackend
from dpu_sim.storage.records import Records
from dpu_sim.storage.remote import RemoteControllerBackend
from dpu_sim.storage.subsystems import SubsystemBackend
from dpu_sim.storage.volumes import MallocBackend
from opi.proto.opi_api.storage.v1.backend_nvme_pb2 import NvmePath
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import (
    NvmeController,
    NvmeNamespace,
    NvmeSubsystem,
)
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
REMOTE = "nvmeRemoteControllers/rem0"
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


KEY = b"NVMeTLSkey-1:01:MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmZwJEiQ:"
OTHER_KEY = b"NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:"
KEYS: dict[str, tuple[bytes, bytes]] = {
    "another key": (KEY, OTHER_KEY),
    "a key": (b"", KEY),
    "no key": (KEY, b""),
}


def shortened(changes: Mapping[str, Any], *some: str) -> list[Any]:
    """Changes to go through; all but some of them in full test runs only."""
    return [pytest.param(one, marks=() if one in some else pytest.mark.full) for one in changes]


@pytest.fixture(scope="module")
def socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("target") / "spdk.sock"
    with spdk_target(path):
        yield path


def backends(client: MortalClient, store: MortalStore, folder: Path) -> dict[str, Backend[Any]]:
    """Those of all that tests here change."""
    records = Records(store)
    functions = Functions(load_personality("generic").pci, None, None)
    keys = Keys(client, folder / "keys", store.secret)
    return {
        "MallocVolume": MallocBackend(client),
        "NvmeSubsystem": SubsystemBackend(client, keys),
        "NvmeNamespace": NamespaceBackend(client, records),
        "NvmeController": ControllerBackend(client, records, functions),
        "NvmeRemoteController": RemoteControllerBackend(client, client, records),
        "NvmePath": PathBackend(client, client, records, keys),
    }


async def life(
    folder: Path, socket: Path, fate: Fate, work: Callable[[Life], Awaitable[Any]] | None = None
) -> dict[str, bytes]:
    """Start, restore, do `work`; what is stored in the end. Raises DeathError: by fate."""
    client = MortalClient(socket, Fate(FOREVER))
    try:
        async with MortalStore(folder, Fate(FOREVER)) as store:
            services: Life = {
                kind: ResourceService(resources().kind(kind), store, one)
                for kind, one in backends(client, store, folder).items()
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
    remote: Spec = {"multipath": 3, "tcp": {"hdgst": True}}
    await update(services, "NvmeRemoteController", "nvme_remote_controller", REMOTE, **remote)


def becoming(
    kind: str, field: str, name: str, fields: Spec | None
) -> Callable[[Life], Awaitable[None]]:
    """The call that gives a resource these fields, or deletes it."""

    async def work(services: Life) -> None:
        if fields is not None:
            await update(services, kind, field, name, **fields)
            return
        method = METHODS[f"Delete{kind}"]
        request: Any = method.request
        await services[kind].delete(request(name=name, allow_missing=True), make_call(method))

    return work


def clear(socket: Path) -> None:
    for nqn in subsystems(socket):
        ask(socket, "nvmf_delete_subsystem", nqn=nqn)
    for one in ask(socket, "keyring_get_keys"):
        ask(socket, "keyring_file_remove_key", name=one["name"])
    for one in ask(socket, "bdev_nvme_get_controllers"):
        ask(socket, "bdev_nvme_detach_controller", name=one["name"])
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


@pytest.mark.parametrize("change", shortened(NAMESPACES, "creation", "another volume", "deletion"))
def test_a_namespace_is_on_the_target_as_it_is_stored_wherever_it_died(
    change: str, socket: Path, tmp_path: Path
) -> None:
    before, after = NAMESPACES[change]
    name = f"{PARENT}/nvmeNamespaces/ns-0"
    specs = [None if one is None else {"spec": one} for one in (before, after)]
    calls = [becoming("NvmeNamespace", "nvme_namespace", name, one) for one in specs]
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

    def listening(port: int) -> Spec:
        address = {"traddr": "127.0.0.1", "trsvcid": str(port), "adrfam": 1}
        return {"spec": {"trtype": 4, "fabrics_id": address}}

    specs = [None if one is None else listening(ports[one]) for one in CONTROLLERS[change]]
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
    assert_turned(seen, *([] if one is None else [str(ports[one])] for one in CONTROLLERS[change]))


@pytest.mark.parametrize("change", CONTROLLERS)
def test_a_path_is_connected_as_it_is_stored_wherever_it_died(
    change: str, socket: Path, node: tuple[int, int], tmp_path: Path
) -> None:
    def leading(port: int) -> Spec:
        where = {"trsvcid": port, "subnqn": NODE_NQN, "adrfam": 1}
        return {"trtype": 4, "traddr": "127.0.0.1", "fabrics": where}

    paths = [None if one is None else leading(node[one]) for one in CONTROLLERS[change]]
    name = f"{REMOTE}/nvmePaths/path-0"
    calls = [becoming("NvmePath", "nvme_path", name, one) for one in paths]
    seen = []
    for stored in outcomes(socket, tmp_path, *calls):
        listed = ask(socket, "bdev_nvme_get_controllers")
        there = [int(c["trid"]["trsvcid"]) for one in listed for c in one["ctrlrs"]]
        wanted = [NvmePath.FromString(stored[name]).fabrics.trsvcid] if name in stored else []
        assert there == wanted
        seen.append(wanted)
    assert_turned(seen, *([] if one is None else [node[one]] for one in CONTROLLERS[change]))


@pytest.mark.parametrize("change", shortened(KEYS, "another key"))
def test_the_target_knows_the_key_that_is_stored_and_no_other_wherever_it_died(
    change: str, socket: Path, tmp_path: Path
) -> None:
    keys = KEYS[change]
    specs = [{"spec": {"nqn": NQN, "hostnqn": HOST} | ({"psk": k} if k else {})} for k in keys]
    calls = [becoming("NvmeSubsystem", "nvme_subsystem", PARENT, one) for one in specs]
    seen = []
    for stored in outcomes(socket, tmp_path, *calls):
        assert [one["nqn"] for one in subsystems(socket)[NQN]["hosts"]] == [HOST]
        psk = NvmeSubsystem.FromString(stored[PARENT]).spec.psk
        listed = [Path(one["path"]) for one in ask(socket, "keyring_get_keys")]
        assert [path.read_bytes() for path in listed] == ([psk] if psk else [])
        if listed:
            assert list(listed[0].parent.iterdir()) == listed
        seen.append(psk)
    assert_turned(seen, *keys)


HOST = "nqn.2014-08.org.nvmexpress:uuid:11111111-d51f-40c8-b348-2753f3571d3c"
NODE_NQN = "nqn.2016-06.io.spdk:cnode1"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """A storage node; its two ports."""
    path, ports = tmp_path_factory.mktemp("node") / "spdk.sock", (free_port(), free_port())
    with spdk_target(path):
        ask(path, "bdev_malloc_create", name="disk", block_size=512, num_blocks=64)
        ask(path, "nvmf_create_transport", trtype="TCP")
        ask(path, "nvmf_create_subsystem", nqn=NODE_NQN, allow_any_host=True)
        ask(path, "nvmf_subsystem_add_ns", nqn=NODE_NQN, namespace={"bdev_name": "disk"})
        for port in ports:
            address = {"trtype": "TCP", "traddr": "127.0.0.1", "trsvcid": str(port)}
            ask(path, "nvmf_subsystem_add_listener", nqn=NODE_NQN, listen_address=address)
        yield ports


def assert_turned(seen: list[Any], before: Any, after: Any) -> None:
    """From one to the other, once: what is done is not undone by a later death."""
    assert seen[0] == before
    assert seen[-1] == after
    assert seen == sorted(seen, key=lambda one: one == after)
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
