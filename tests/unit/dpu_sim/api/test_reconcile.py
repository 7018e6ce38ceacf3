"""Restoring the device: order, patience, and what one broken resource does to the others."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from dpu_sim.api.errors import ApiError
from dpu_sim.api.store import Intend, Put, Store
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import NvmeSubsystem, NvmeSubsystemSpec
from tests.unit.dpu_sim.api.device import DEADLINE, Device, Dpu, dpu, refused, subsystem

NVME = "opi_api.storage.v1.FrontendNvmeService"
VOLUMES = "opi_api.storage.v1.NullVolumeService"
TCP = {"spec": {"trtype": "NVME_TRANSPORT_TYPE_TCP"}}


async def fill(one: Dpu) -> None:
    """A namespace that is older than the volume that it refers to after an update."""
    volume = {"block_size": 512, "blocks_count": 8}
    await one("CreateNullVolume", null_volume_id="vol-0", null_volume=volume)
    await one("CreateNvmeSubsystem", **subsystem())
    parent = "nvmeSubsystems/sub-0"
    namespace = {"spec": {"volume_name_ref": "volumes/vol-0"}}
    made = await one(
        "CreateNvmeNamespace",
        parent=parent,
        nvme_namespace=namespace,
        nvme_namespace_id="space-0",
    )
    await one("CreateNullVolume", null_volume_id="vol-1", null_volume=volume)
    made.spec.volume_name_ref = "volumes/vol-1"
    await one("UpdateNvmeNamespace", nvme_namespace=made)


def restart(folder: Path, work: Any, prepare: Any = fill, device: Device | None = None) -> None:
    """Prepare a DPU, start it again with a device that has forgotten everything, do `work`."""

    async def main() -> None:
        async with dpu(folder) as one:
            await prepare(one)
        async with dpu(folder, device or Device()) as again:
            again.reconciliation.begin(again.services)
            await work(again)

    asyncio.run(main())


def test_all_comes_back_parents_and_what_is_referred_to_first(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        assert not one.reconciliation.is_restored(NVME)
        assert await one.reconciliation.attempt()
        assert one.reconciliation.is_restored(NVME)
        order = [name for verb, name in one.device.done if verb == "reconcile"]
        space = order.index("nvmeSubsystems/sub-0/nvmeNamespaces/space-0")
        assert space > order.index("nvmeSubsystems/sub-0")
        assert space > order.index("volumes/vol-1")
        assert len(order) == len(set(order)) == 4

    restart(tmp_path, work)


def test_what_an_older_resource_has_come_to_refer_to_is_there_before_it(tmp_path: Path) -> None:
    async def prepare(one: Dpu) -> None:
        spec = {"mac_address": b"\2\0\0\0\0\1", "ptype": "BRIDGE_PORT_TYPE_ACCESS"}
        port = await one("CreateBridgePort", bridge_port_id="port-0", bridge_port={"spec": spec})
        bridge = {"spec": {"vlan_id": 10}}
        await one("CreateLogicalBridge", logical_bridge_id="br-10", logical_bridge=bridge)
        port.spec.logical_bridges.append("logicalBridges/br-10")
        await one("UpdateBridgePort", bridge_port=port)

    async def work(one: Dpu) -> None:
        assert await one.reconciliation.attempt()
        names = [name for _, name in one.device.done]
        assert names == ["logicalBridges/br-10", "bridgePorts/port-0"]

    restart(tmp_path, work, prepare)


def test_what_the_device_finds_behind_a_path_is_there_before_what_lies_on_it(
    tmp_path: Path,
) -> None:
    remote = "nvmeRemoteControllers/rem0"

    async def prepare(one: Dpu) -> None:
        controller = {"multipath": "NVME_MULTIPATH_FAILOVER"}
        await one(
            "CreateNvmeRemoteController",
            nvme_remote_controller_id="rem0",
            nvme_remote_controller=controller,
        )
        volume = {
            "volume_name_ref": f"{remote}/nvmeRemoteNamespaces/1",
            "key": b"k" * 32,
            "cipher": "ENCRYPTION_TYPE_AES_XTS_128",
        }
        await one("CreateEncryptedVolume", encrypted_volume_id="enc0", encrypted_volume=volume)
        path = {"trtype": "NVME_TRANSPORT_TYPE_PCIE", "traddr": "0000:01:00.0"}
        await one("CreateNvmePath", parent=remote, nvme_path_id="path-0", nvme_path=path)
        with pytest.raises(ApiError, match="volumes/enc0"):
            await one("DeleteNvmeRemoteController", name=remote)

    async def work(one: Dpu) -> None:
        assert await one.reconciliation.attempt()
        names = [name for _, name in one.device.done]
        assert names == [remote, f"{remote}/nvmePaths/path-0", "volumes/enc0"]

    restart(tmp_path, work, prepare)


def test_a_lun_that_shares_the_name_of_its_controller_does_not_mix_up_the_others(
    tmp_path: Path,
) -> None:
    async def prepare(one: Dpu) -> None:
        functions = ("physical_function", "virtual_function", "port_id")
        await one(
            "CreateVirtioScsiController",
            virtio_scsi_controller_id="opi0",
            virtio_scsi_controller={"pcie_id": {name: {"value": 1} for name in functions}},
        )
        lun = {"target_name_ref": "volumes/opi0", "volume_name_ref": "Malloc0"}
        await one("CreateVirtioScsiLun", virtio_scsi_lun_id="opi0", virtio_scsi_lun=lun)
        await fill(one)

    async def work(one: Dpu) -> None:
        assert await one.reconciliation.attempt()
        order = [name for _, name in one.device.done]
        space = order.index("nvmeSubsystems/sub-0/nvmeNamespaces/space-0")
        assert order.index("volumes/vol-1") < space
        assert order.count("volumes/opi0") == 2

    restart(tmp_path, work, prepare)


def test_until_the_device_has_answered_its_services_are_unavailable_and_others_are_not(
    tmp_path: Path,
) -> None:
    async def work(one: Dpu) -> None:
        one.device.down = True
        assert not await one.reconciliation.attempt()
        async with refused("UNAVAILABLE") as refusal:
            await one("GetNvmeSubsystem", name="nvmeSubsystems/sub-0")
        assert "being restored" in refusal.error.message
        assert await one.names("ListLogicalBridges") == []  # nothing of it is stored
        one.device.down = False
        assert await one.reconciliation.attempt()
        await one("GetNvmeSubsystem", name="nvmeSubsystems/sub-0")

    restart(tmp_path, work)


def test_a_device_that_is_away_is_asked_once_for_each_service_and_attempt(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        one.device.down = True
        assert not await one.reconciliation.attempt()
        asked = [name for _, name in one.device.done]
        assert asked == ["volumes/vol-0", "nvmeSubsystems/sub-0"]

    restart(tmp_path, work)


def test_calls_wait_for_the_whole_of_a_later_attempt(tmp_path: Path) -> None:
    """Else somebody could take what a resource that is not back yet has had."""

    async def work(one: Dpu) -> None:
        one.device.down = True
        await one.reconciliation.attempt()
        one.device.down = False
        one.device.held.add("reconcile")
        attempt = asyncio.ensure_future(one.reconciliation.attempt())
        await one.device.asked("reconcile", 3)
        async with refused("UNAVAILABLE"):
            await one("CreateNvmeSubsystem", **subsystem(1))
        one.device.release()
        assert await attempt
        await one("CreateNvmeSubsystem", **subsystem(1))

    restart(tmp_path, work)


def test_what_the_device_refuses_keeps_only_health_down_and_can_be_deleted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    name = "nvmeSubsystems/sub-0/nvmeNamespaces/space-0"

    async def work(one: Dpu) -> None:
        one.device.refuses = {name}
        for _ in range(3):
            assert not await one.reconciliation.attempt()
        assert not one.reconciliation.is_restored(NVME)
        assert one.reconciliation.is_restored(VOLUMES)
        (complaint,) = [r for r in caplog.records if "not on the device" in r.message]
        data: dict[str, str] = complaint.__dict__["data"]
        assert data["resource"] == name
        assert await one.names("ListNvmeSubsystems") == ["nvmeSubsystems/sub-0"]
        await one("DeleteNvmeNamespace", name=name)
        assert await one.reconciliation.attempt()
        assert one.reconciliation.is_restored(NVME)

    restart(tmp_path, work)


def test_a_defect_in_one_back_end_does_not_keep_the_others_down(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(one: Dpu) -> None:
        async def fail(_: Any) -> Any:
            raise ZeroDivisionError

        (service,) = [one for one in one.services if one.kind.kind == "NvmeSubsystem"]
        with monkeypatch.context() as patch:
            patch.setattr(service.backend, "reconcile", fail)
            assert not await one.reconciliation.attempt()
        assert one.reconciliation.is_restored(VOLUMES)
        assert "ZeroDivisionError" in caplog.text
        assert await one.reconciliation.attempt()

    restart(tmp_path, work)


def test_a_stored_kind_that_nothing_serves_is_told_and_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with Store(tmp_path) as store:
            await store.commit(Put("Teapot", "teapots/a", "", b"", b""))
            await store.commit(Intend("Teapot", "teapots/b", b""))
        async with dpu(tmp_path) as one:
            assert await one.restore()
            assert one.store.get("Teapot", "teapots/a")

    asyncio.run(main())
    assert [r.__dict__["data"] for r in caplog.records] == [{"kind": "Teapot"}]


def test_services_are_reported_when_they_are_back_and_when_the_device_goes_away(
    tmp_path: Path,
) -> None:
    async def work(one: Dpu) -> None:
        reports: asyncio.Queue[tuple[str, bool]] = asyncio.Queue()

        async def report(service: str, restored: bool) -> None:
            reports.put_nowait((service, restored))

        async def until(*wanted: tuple[str, bool]) -> None:
            left = set(wanted)
            async with asyncio.timeout(DEADLINE):
                while left:
                    left.discard(await reports.get())

        one.device.down = True
        await one.reconciliation.attempt()
        running = asyncio.ensure_future(one.reconciliation.run(report))
        await until((NVME, False), (VOLUMES, False))
        one.device.down = False
        await until((NVME, True), (VOLUMES, True))
        one.device.has.clear()
        one.reconciliation.device_lost()
        async with refused("UNAVAILABLE"):
            await one("GetNvmeSubsystem", name="nvmeSubsystems/sub-0")
        await until((NVME, False), (VOLUMES, False))
        await until((NVME, True), (VOLUMES, True))
        assert len(one.device.has) == 4
        running.cancel()

    restart(tmp_path, work)


def test_a_device_that_goes_away_within_an_attempt_is_restored_from_the_beginning(
    tmp_path: Path,
) -> None:
    async def work(one: Dpu) -> None:
        one.device.held.add("reconcile")
        attempt = asyncio.ensure_future(one.reconciliation.attempt())
        await one.device.asked("reconcile")
        one.reconciliation.device_lost()
        one.device.release()
        assert not await attempt
        one.device.has.clear()
        assert await one.reconciliation.attempt()
        assert len(one.device.has) == 4

    restart(tmp_path, work)


# -- changes that were interrupted


def test_what_was_on_the_device_but_not_in_the_store_goes_away_on_start(tmp_path: Path) -> None:
    async def main() -> None:
        resource = NvmeSubsystem(
            name="nvmeSubsystems/sub-1", spec=NvmeSubsystemSpec(nqn="nqn.2022-09.io.spdk:opi1")
        )
        device = Device()
        async with dpu(tmp_path, device) as one:
            await one("CreateNvmeSubsystem", **subsystem())
            # What a process leaves that ends between the device and the store.
            intent = Intend("NvmeSubsystem", resource.name, resource.SerializeToString())
            await one.store.commit(intent)
            device.has["NvmeSubsystem", resource.name] = resource
        async with dpu(tmp_path, device) as one:
            assert await one.restore()
            assert device.names() == ["nvmeSubsystems/sub-0"]
            assert one.store.intents() == []

    asyncio.run(main())


def test_an_interrupted_update_comes_back_as_it_was(tmp_path: Path) -> None:
    async def main() -> None:
        device = Device()
        async with dpu(tmp_path, device) as one:
            made = await one("CreateNvmeSubsystem", **subsystem(serial_number="A"))
            new = NvmeSubsystem()
            new.CopyFrom(made)
            new.spec.serial_number = "B"
            await one.store.commit(Intend("NvmeSubsystem", made.name, new.SerializeToString()))
            device.has["NvmeSubsystem", made.name] = new
        async with dpu(tmp_path, device) as one:
            assert await one.restore()
            assert device.has["NvmeSubsystem", made.name] == made
            assert await one("GetNvmeSubsystem", name=made.name) == made

    asyncio.run(main())


def test_a_creation_that_outlives_the_device_is_brought_to_the_one_that_comes_back(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with dpu(tmp_path) as one:
            one.reconciliation.begin(one.services)
            one.device.held.add("create")
            calling = asyncio.ensure_future(one("CreateNvmeSubsystem", **subsystem()))
            await one.device.asked("create")
            one.reconciliation.device_lost()
            one.device.release()
            await calling
            one.device.has.clear()
            assert await one.reconciliation.attempt()
            assert one.device.names() == ["nvmeSubsystems/sub-0"]

    asyncio.run(main())


@pytest.mark.parametrize(("down", "intents"), [(False, 0), (True, 1)])
def test_an_intent_stays_only_when_nobody_knows_what_the_device_has_done(
    tmp_path: Path, down: bool, intents: int
) -> None:
    async def main() -> None:
        async with dpu(tmp_path) as one:
            one.device.down = down
            one.device.refuses = {"nvmeSubsystems/sub-0"}
            async with refused("UNAVAILABLE" if down else "FAILED_PRECONDITION"):
                await one("CreateNvmeSubsystem", **subsystem())
            assert len(one.store.intents()) == intents
            one.device.down, one.device.refuses = False, set()
            await one("CreateNvmeSubsystem", **subsystem())
            assert one.store.intents() == []

    asyncio.run(main())


def test_the_intent_is_there_before_the_device_hears_of_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with dpu(tmp_path) as one:
            one.device.held.add("create")
            calling = asyncio.ensure_future(one("CreateNvmeSubsystem", **subsystem()))
            await one.device.asked("create")
            intents = one.store.intents()
            one.device.release()
            await calling
            assert intents == [("NvmeSubsystem", "nvmeSubsystems/sub-0")]

    asyncio.run(main())
