"""Create and Get (google.aip.dev/133, 131): ids, required fields, idempotence, references."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.unit.dpu_sim.api.device import (
    Dpu,
    TellingBackend,
    dependants,
    on_dpu,
    refused,
    resource_info,
    subsystem,
    violations,
)


def test_what_is_created_is_returned_stored_and_on_the_device(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        made = await one("CreateNvmeSubsystem", **subsystem(serial_number="SN1"))
        assert made.name == "nvmeSubsystems/sub-0"
        assert (made.spec.nqn, made.spec.serial_number) == ("nqn.2022-09.io.spdk:opi0", "SN1")
        assert made.status.firmware_revision == "1.0"
        assert await one("GetNvmeSubsystem", name=made.name) == made
        assert one.device.has["NvmeSubsystem", made.name] == made

    on_dpu(tmp_path, work)


def test_without_an_id_the_server_chooses_a_uuid(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        fields = subsystem() | {"nvme_subsystem_id": ""}
        made = await one("CreateNvmeSubsystem", **fields)
        text = made.name.removeprefix("nvmeSubsystems/")
        assert str(UUID(text)) == text
        assert UUID(text).version == 4

    on_dpu(tmp_path, work)


@pytest.mark.parametrize(
    "chosen", ["x", "Sub0", "0sub", "sub_0", "sub0-", "a" * 64, "Ünter", "sub/0", "sub0\n"]
)
def test_an_id_that_is_none_is_refused_before_the_device_hears_of_it(
    tmp_path: Path, chosen: str
) -> None:
    async def work(one: Dpu) -> None:
        async with refused("INVALID_ARGUMENT") as refusal:
            await one("CreateNvmeSubsystem", **(subsystem() | {"nvme_subsystem_id": chosen}))
        assert list(violations(refusal.error)) == ["nvme_subsystem_id"]
        assert one.device.done == []

    on_dpu(tmp_path, work)


def test_a_uuid_is_the_servers_to_choose(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        chosen = "b1f6a1ee-1e5a-4c3a-9a3f-0d4f3c1e8a11"
        async with refused("INVALID_ARGUMENT") as refusal:
            await one("CreateNvmeSubsystem", **(subsystem() | {"nvme_subsystem_id": chosen}))
        assert "UUID" in violations(refusal.error)["nvme_subsystem_id"]

    on_dpu(tmp_path, work)


def test_all_that_is_missing_is_told_at_once(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        async with refused("INVALID_ARGUMENT") as refusal:
            await one("CreateNvmeController", nvme_controller={"spec": {}}, nvme_controller_id="X")
        found = violations(refusal.error)
        assert found.keys() == {"parent", "nvme_controller.spec.trtype", "nvme_controller_id"}
        assert found["parent"] == "is required"
        async with refused("INVALID_ARGUMENT") as refusal:
            await one("CreateNvmeSubsystem")
        assert violations(refusal.error) == {"nvme_subsystem": "is required"}

    on_dpu(tmp_path, work)


def test_what_only_servers_set_is_ignored(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        fields = subsystem()
        fields["nvme_subsystem"] |= {
            "name": "nvmeSubsystems/another",
            "status": {"firmware_revision": "99"},
        }
        made = await one("CreateNvmeSubsystem", **fields)
        assert made.name == "nvmeSubsystems/sub-0"
        assert made.status.firmware_revision == "1.0"
        assert await one("CreateNvmeSubsystem", **fields) == made

    on_dpu(tmp_path, work)


def test_the_same_create_again_gives_what_is_there_without_asking_the_device(
    tmp_path: Path,
) -> None:
    async def work(one: Dpu) -> None:
        made = await one("CreateNvmeSubsystem", **subsystem(serial_number="SN1"))
        assert await one("CreateNvmeSubsystem", **subsystem(serial_number="SN1")) == made
        assert one.device.done == [("create", made.name)]

    on_dpu(tmp_path, work)


@pytest.mark.parametrize(
    "spec", [{"serial_number": "SN2"}, {}, {"serial_number": "SN1", "model_number": "M"}]
)
def test_another_body_under_the_same_name_exists_already(
    tmp_path: Path, spec: dict[str, Any]
) -> None:
    async def work(one: Dpu) -> None:
        made = await one("CreateNvmeSubsystem", **subsystem(serial_number="SN1"))
        async with refused("ALREADY_EXISTS") as refusal:
            await one("CreateNvmeSubsystem", **subsystem(**spec))
        expected = ("opi_api.storage.v1/NvmeSubsystem", "nvmeSubsystems/sub-0")
        assert resource_info(refusal.error) == expected
        assert await one("GetNvmeSubsystem", name=made.name) == made

    on_dpu(tmp_path, work)


def test_after_an_update_both_what_was_asked_first_and_what_is_there_are_the_same(
    tmp_path: Path,
) -> None:
    async def work(one: Dpu) -> None:
        made = await one("CreateNvmeSubsystem", **subsystem(serial_number="SN1"))
        made.spec.serial_number = "SN2"
        updated = await one("UpdateNvmeSubsystem", nvme_subsystem=made)
        for serial in ("SN1", "SN2"):
            assert await one("CreateNvmeSubsystem", **subsystem(serial_number=serial)) == updated
        async with refused("ALREADY_EXISTS"):
            await one("CreateNvmeSubsystem", **subsystem(serial_number="SN3"))

    on_dpu(tmp_path, work)


def test_a_body_that_leaves_the_secret_out_is_the_same_and_another_secret_is_not(
    tmp_path: Path,
) -> None:
    """Replies hide secrets, so this is what a client that repeats what it has read sends."""

    async def work(one: Dpu) -> None:
        await one("CreateNvmeSubsystem", **subsystem(psk=b"secret"))
        again = await one("CreateNvmeSubsystem", **subsystem())
        assert again.spec.psk == b"secret"  # no Redaction stage here
        async with refused("ALREADY_EXISTS"):
            await one("CreateNvmeSubsystem", **subsystem(psk=b"other"))

    on_dpu(tmp_path, work)


def test_what_the_device_refuses_is_not_stored(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        one.device.refuses = {"nvmeSubsystems/sub-0"}
        async with refused("FAILED_PRECONDITION"):
            await one("CreateNvmeSubsystem", **subsystem())
        assert await one.names("ListNvmeSubsystems") == []
        one.device.refuses = set()
        await one("CreateNvmeSubsystem", **subsystem())

    on_dpu(tmp_path, work)


# -- names


@pytest.mark.parametrize(
    "name", ["nvmeSubsystems/sub-0", "//storage.opiproject.org/nvmeSubsystems/sub-0"]
)
def test_every_form_of_a_name_is_accepted(tmp_path: Path, name: str) -> None:
    async def work(one: Dpu) -> None:
        made = await one("CreateNvmeSubsystem", **subsystem())
        assert await one("GetNvmeSubsystem", name=name) == made

    on_dpu(tmp_path, work)


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("GetNvmeSubsystem", ""),
        ("GetNvmeSubsystem", "sub-0"),
        ("GetNvmeSubsystem", "nvmeSubsystems/"),
        ("GetNvmeSubsystem", "nvmeSubsystems/a/nvmeControllers/b"),
        ("DeleteNvmeSubsystem", "volumes/a"),
        ("GetAioVolume", "nvmeSubsystems/sub-0"),
    ],
)
def test_a_name_of_another_form_is_refused(tmp_path: Path, method: str, name: str) -> None:
    async def work(one: Dpu) -> None:
        async with refused("INVALID_ARGUMENT") as refusal:
            await one(method, name=name)
        assert list(violations(refusal.error)) == ["name"]

    on_dpu(tmp_path, work)


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        for verb in ("Get", "Delete"):
            async with refused("NOT_FOUND") as refusal:
                await one(f"{verb}NvmeSubsystem", name="nvmeSubsystems/none")
            expected = ("opi_api.storage.v1/NvmeSubsystem", "nvmeSubsystems/none")
            assert resource_info(refusal.error) == expected
            assert refusal.error.message == "nvmeSubsystems/none does not exist"

    on_dpu(tmp_path, work)


def test_kinds_of_volumes_share_their_names_but_for_a_lun_and_its_controller(
    tmp_path: Path,
) -> None:
    async def work(one: Dpu) -> None:
        aio = {"block_size": 512, "blocks_count": 8, "filename": "/dev/null"}
        await one("CreateAioVolume", aio_volume_id="vol-0", aio_volume=aio)
        async with refused("ALREADY_EXISTS") as refusal:
            null = {"block_size": 512, "blocks_count": 8}
            await one("CreateNullVolume", null_volume_id="vol-0", null_volume=null)
        assert "AioVolume" in refusal.error.message
        async with refused("NOT_FOUND"):
            await one("GetNullVolume", name="volumes/vol-0")
        functions = ("physical_function", "virtual_function", "port_id")
        endpoint = {"pcie_id": {name: {"value": 1} for name in functions}}
        await one(
            "CreateVirtioScsiController",
            virtio_scsi_controller_id="opi0",
            virtio_scsi_controller=endpoint,
        )
        lun = {"target_name_ref": "volumes/opi0", "volume_name_ref": "volumes/vol-0"}
        made = await one("CreateVirtioScsiLun", virtio_scsi_lun_id="opi0", virtio_scsi_lun=lun)
        assert made.name == "volumes/opi0"
        assert await one.names("ListVirtioScsiLuns") == ["volumes/opi0"]
        assert await one.names("ListVirtioScsiControllers") == ["volumes/opi0"]

    on_dpu(tmp_path, work)


# -- parents and references


def test_a_child_needs_its_parent(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        controller = {"spec": {"trtype": "NVME_TRANSPORT_TYPE_TCP"}}
        fields = {"nvme_controller": controller, "nvme_controller_id": "ctrl0"}
        for parent, code in (
            ("nvmeSubsystems/none", "NOT_FOUND"),
            ("nvmeSubsystems/-", "NOT_FOUND"),
            ("volumes/a", "INVALID_ARGUMENT"),
        ):
            async with refused(code):
                await one("CreateNvmeController", parent=parent, **fields)
        await one("CreateNvmeSubsystem", **subsystem())
        made = await one("CreateNvmeController", parent="nvmeSubsystems/sub-0", **fields)
        assert made.name == "nvmeSubsystems/sub-0/nvmeControllers/ctrl0"

    on_dpu(tmp_path, work)


def test_an_annotated_reference_must_lead_somewhere(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        svi = {
            "spec": {
                "vrf": "vrfs/blue",
                "logical_bridge": "logicalBridges/br-10",
                "mac_address": b"\2\0\0\0\0\1",
                "gw_ip_prefix": [{"len": 24, "addr": {"af": "IP_AF_INET", "v4_addr": 1}}],
            }
        }
        async with refused("FAILED_PRECONDITION") as refusal:
            await one("CreateSvi", svi_id="svi-0", svi=svi)
        assert dependants(refusal.error) == [
            ("REFERENCE", "vrfs/blue"),
            ("REFERENCE", "logicalBridges/br-10"),
        ]
        assert one.device.done == []
        vrf = {"spec": {"vni": 5, "loopback_ip_prefix": {"len": 32}}}
        await one("CreateVrf", vrf_id="blue", vrf=vrf)
        bridge = {"spec": {"vlan_id": 10}}
        await one("CreateLogicalBridge", logical_bridge_id="br-10", logical_bridge=bridge)
        await one("CreateSvi", svi_id="svi-0", svi=svi)

    on_dpu(tmp_path, work)


def test_a_reference_of_another_form_is_told_by_its_field(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        svi = {"spec": {"vrf": "logicalBridges/x", "logical_bridge": "a b"}}
        async with refused("INVALID_ARGUMENT") as refusal:
            await one("CreateSvi", svi=svi)
        assert {"svi.spec.vrf", "svi.spec.logical_bridge"} <= violations(refusal.error).keys()

    on_dpu(tmp_path, work)


# -- what back ends can have besides


def test_status_of_now_and_counters_where_the_back_end_tells_them(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        made = await one("CreateNvmeSubsystem", **subsystem())
        assert made.status.firmware_revision == "1.0"
        seen = await one("GetNvmeSubsystem", name=made.name)
        assert seen.status.firmware_revision == "2.0"
        (listed,) = (await one("ListNvmeSubsystems")).nvme_subsystems
        assert listed == seen
        stats = await one("StatsNvmeSubsystem", name=made.name)
        assert stats.stats.read_ops_count == 7

    on_dpu(tmp_path, work, backend=TellingBackend, kinds=["NvmeSubsystem"])


def test_without_counters_stats_are_unimplemented(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        async with refused("UNIMPLEMENTED"):
            await one("StatsNvmeSubsystem", name="nvmeSubsystems/sub-0")

    on_dpu(tmp_path, work)


@pytest.mark.parametrize("method", ["GetNvmeSubsystem", "StatsNvmeSubsystem"])
def test_what_is_deleted_while_it_is_read_is_not_found(tmp_path: Path, method: str) -> None:
    async def work(one: Dpu) -> None:
        made = await one("CreateNvmeSubsystem", **subsystem())
        verb = method[:-13].lower().replace("get", "read")
        one.device.held.add(verb)
        reading = asyncio.ensure_future(one(method, name=made.name))
        await one.device.asked(verb)
        await one("DeleteNvmeSubsystem", name=made.name)
        one.device.release()
        async with refused("NOT_FOUND"):
            await reading

    on_dpu(tmp_path, work, backend=TellingBackend, kinds=["NvmeSubsystem"])


def test_what_is_deleted_while_it_is_listed_is_left_out(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        for number in range(3):
            await one("CreateNvmeSubsystem", **subsystem(number))
        one.device.held.add("read")
        listing = asyncio.ensure_future(one.names("ListNvmeSubsystems"))
        await one.device.asked("read")
        await one("DeleteNvmeSubsystem", name="nvmeSubsystems/sub-1")
        one.device.release()
        assert await listing == ["nvmeSubsystems/sub-0", "nvmeSubsystems/sub-2"]
        one.device.has.clear()
        async with refused("FAILED_PRECONDITION"):
            await one("ListNvmeSubsystems")

    on_dpu(tmp_path, work, backend=TellingBackend, kinds=["NvmeSubsystem"])


def test_what_the_device_lost_is_told_as_the_device_says(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        made = await one("CreateNvmeSubsystem", **subsystem())
        one.device.has.clear()
        async with refused("FAILED_PRECONDITION"):
            await one("GetNvmeSubsystem", name=made.name)

    on_dpu(tmp_path, work, backend=TellingBackend, kinds=["NvmeSubsystem"])


def test_the_same_create_twice_at_a_time_reaches_the_device_once(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        first, second = await asyncio.gather(
            *(one("CreateNvmeSubsystem", **subsystem()) for _ in range(2))
        )
        assert first == second
        assert one.device.done == [("create", first.name)]

    on_dpu(tmp_path, work)
