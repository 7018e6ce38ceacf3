"""A controller that is restored waits for the namespaces of its subsystem, but not for ever."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from dpu_sim.api.errors import ApiError
from dpu_sim.api.store import Put, Store
from dpu_sim.personality import load_personality
from dpu_sim.storage.controllers import ControllerBackend
from dpu_sim.storage.functions import Functions
from dpu_sim.storage.records import Records
from dpu_sim.storage.spdk import SpdkClient
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import (
    NvmeController,
    NvmeNamespace,
    NvmeSubsystem,
)
from tests.spdk_target import ask, spdk_target, subsystems
from tests.storage_dpu import free_port

NQN = "nqn.2022-09.io.spdk:opi0"
PARENT = "nvmeSubsystems/sub-0"
HOLD = 0.3
DEADLINE = 10.0


def stored(port: int) -> tuple[NvmeSubsystem, NvmeNamespace, NvmeController]:
    """What the store says: a namespace of a volume that the target may not have."""
    where = {"traddr": "127.0.0.1", "trsvcid": str(port), "adrfam": 1}
    return (
        NvmeSubsystem(name=PARENT, spec={"nqn": NQN}),
        NvmeNamespace(name=f"{PARENT}/nvmeNamespaces/ns-0", spec={"volume_name_ref": "vol-0"}),
        NvmeController(
            name=f"{PARENT}/nvmeControllers/ctl-0", spec={"trtype": 4, "fabrics_id": where}
        ),
    )


async def refusals(folder: Path, socket: Path, port: int) -> list[str]:
    """Restore the controller as often as it takes; the words of the refusals."""
    found: list[str] = []
    client = SpdkClient(socket)
    resources = stored(port)
    async with Store(folder) as store:
        for one in resources:
            kind, parent = one.DESCRIPTOR.name, one.name.rpartition("/nvme")[0]
            await store.commit(Put(kind, one.name, parent, one.SerializeToString(), b"", ()))
        functions = Functions(load_personality("generic").pci, None, None)
        backend = ControllerBackend(client, Records(store), functions, HOLD)
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            try:
                await backend.reconcile(NvmeController.FromString(resources[2].SerializeToString()))
                break
            except ApiError as error:
                found.append(error.message)
                await asyncio.sleep(0.02)
        else:
            pytest.fail(f"it never listens: {found[-1]}")
    client.close()
    return found


def test_a_way_in_opens_at_last_without_a_namespace_that_never_comes(tmp_path: Path) -> None:
    socket, port = tmp_path / "spdk.sock", free_port()
    with spdk_target(socket):
        ask(socket, "nvmf_create_subsystem", nqn=NQN, allow_any_host=True)
        began = time.monotonic()
        found = asyncio.run(refusals(tmp_path / "state", socket, port))
        assert time.monotonic() - began > HOLD
        assert found
        assert all("ns-0" in text for text in found)
        (listener,) = subsystems(socket)[NQN]["listen_addresses"]
        assert listener["trsvcid"] == str(port)


@pytest.mark.parametrize("lacking", ["namespace", "nothing"])
def test_a_way_in_that_is_open_stays_open(lacking: str, tmp_path: Path) -> None:
    socket, port = tmp_path / "spdk.sock", free_port()
    with spdk_target(socket):
        ask(socket, "nvmf_create_transport", trtype="TCP")
        ask(socket, "nvmf_create_subsystem", nqn=NQN, allow_any_host=True)
        if lacking == "nothing":
            ask(socket, "bdev_malloc_create", name="vol-0", block_size=512, num_blocks=64)
            ask(socket, "nvmf_subsystem_add_ns", nqn=NQN, namespace={"bdev_name": "vol-0"})
        else:
            where = {"trtype": "TCP", "traddr": "127.0.0.1", "trsvcid": str(port)}
            ask(socket, "nvmf_subsystem_add_listener", nqn=NQN, listen_address=where)
        assert asyncio.run(refusals(tmp_path / "state", socket, port)) == []
        assert len(subsystems(socket)[NQN]["listen_addresses"]) == 1
