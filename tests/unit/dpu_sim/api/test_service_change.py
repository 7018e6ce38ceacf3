"""Update, Delete and List (google.aip.dev/134, 135, 132), and what happens when things go wrong."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from dpu_sim.api.errors import resource_exhausted
from dpu_sim.api.store import Change, Put, Remove
from tests.unit.dpu_sim.api.device import (
    Dpu,
    dependants,
    on_dpu,
    refused,
    subsystem,
    violations,
)

NAME = "nvmeSubsystems/sub-0"
TCP = {"spec": {"trtype": "NVME_TRANSPORT_TYPE_TCP"}}


async def update(one: Dpu, *paths: str, name: str = NAME, **spec: Any) -> Any:
    """Update a subsystem with a mask of these paths."""
    resource = {"name": name, "spec": spec}
    mask = {"paths": paths}
    return await one("UpdateNvmeSubsystem", nvme_subsystem=resource, update_mask=mask)


# -- update


def test_a_mask_takes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        made = await one("CreateNvmeSubsystem", **subsystem(serial_number="A", model_number="M"))
        seen = await update(one, "spec.serial_number", serial_number="B", model_number="N")
        made.spec.serial_number = "B"
        assert seen == made
        assert await one("GetNvmeSubsystem", name=NAME) == made
        assert one.device.has["NvmeSubsystem", NAME] == made

    on_dpu(tmp_path, work)


def test_a_field_that_is_named_and_empty_is_cleared(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        await one("CreateNvmeSubsystem", **subsystem(serial_number="A", model_number="M"))
        seen = await update(one, "spec.serial_number")
        assert (seen.spec.serial_number, seen.spec.model_number) == ("", "M")

    on_dpu(tmp_path, work)


def test_no_mask_takes_what_is_set_and_a_star_takes_everything(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        made = await one("CreateNvmeSubsystem", **subsystem(serial_number="A", model_number="M"))
        seen = await update(one, model_number="N")
        assert (seen.spec.serial_number, seen.spec.model_number) == ("A", "N")
        seen = await update(one, "*", nqn=made.spec.nqn, model_number="O")
        assert (seen.spec.serial_number, seen.spec.model_number) == ("", "O")
        assert seen.status == made.status

    on_dpu(tmp_path, work)


def test_an_update_cannot_take_a_required_field_away(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        await one("CreateNvmeSubsystem", **subsystem())
        for paths in (("*",), ("spec.nqn",), ("spec",)):
            async with refused("INVALID_ARGUMENT") as refusal:
                await update(one, *paths, serial_number="A")
            assert violations(refusal.error) == {"nvme_subsystem.spec.nqn": "is required"}

    on_dpu(tmp_path, work)


@pytest.mark.parametrize("path", ["spec.none", "nqn", "spec.nqn.x", "", "spec..nqn", "spec."])
def test_a_mask_that_names_nothing_is_refused(tmp_path: Path, path: str) -> None:
    async def work(one: Dpu) -> None:
        await one("CreateNvmeSubsystem", **subsystem())
        async with refused("INVALID_ARGUMENT") as refusal:
            await update(one, path, serial_number="A")
        assert list(violations(refusal.error)) == ["update_mask"]
        assert ("update", NAME) not in one.device.done

    on_dpu(tmp_path, work)


def test_what_only_servers_set_stays(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        made = await one("CreateNvmeSubsystem", **subsystem())
        made.status.firmware_revision = "99"
        mask = {"paths": ["status", "name"]}
        seen = await one("UpdateNvmeSubsystem", nvme_subsystem=made, update_mask=mask)
        assert seen.status.firmware_revision == "1.0"

    on_dpu(tmp_path, work)


def test_an_update_without_a_difference_does_not_reach_the_device(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        made = await one("CreateNvmeSubsystem", **subsystem(serial_number="A"))
        assert await update(one, serial_number="A") == made
        assert one.device.done == [("create", NAME)]

    on_dpu(tmp_path, work)


def test_what_is_not_there_is_made_only_with_allow_missing(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        resource: dict[str, Any] = {"name": NAME, "spec": {"nqn": "nqn.2022-09.io.spdk:opi0"}}
        async with refused("NOT_FOUND"):
            await one("UpdateNvmeSubsystem", nvme_subsystem=resource)
        # The mask does not matter then (google.aip.dev/134).
        mask = {"paths": ["spec.model_number"]}
        made = await one(
            "UpdateNvmeSubsystem", nvme_subsystem=resource, update_mask=mask, allow_missing=True
        )
        assert made.spec.nqn == "nqn.2022-09.io.spdk:opi0"
        assert await one("GetNvmeSubsystem", name=NAME) == made
        resource["name"] = "nvmeSubsystems/X"
        async with refused("INVALID_ARGUMENT") as refusal:
            await one("UpdateNvmeSubsystem", nvme_subsystem=resource, allow_missing=True)
        assert list(violations(refusal.error)) == ["nvme_subsystem.name"]
        resource = {"name": "nvmeSubsystems/sub-1", "spec": {"serial_number": "A"}}
        async with refused("INVALID_ARGUMENT") as refusal:
            await one("UpdateNvmeSubsystem", nvme_subsystem=resource, allow_missing=True)
        assert list(violations(refusal.error)) == ["nvme_subsystem.spec.nqn"]

    on_dpu(tmp_path, work)


def test_a_missing_child_is_not_made_without_its_parent(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        controller = {"name": f"{NAME}/nvmeControllers/ctrl0", **TCP}
        async with refused("NOT_FOUND") as refusal:
            await one("UpdateNvmeController", nvme_controller=controller, allow_missing=True)
        assert refusal.error.message == f"{NAME} does not exist"

    on_dpu(tmp_path, work)


def test_what_the_device_refuses_changes_nothing(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        made = await one("CreateNvmeSubsystem", **subsystem())
        one.device.refuses = {NAME}
        async with refused("FAILED_PRECONDITION"):
            await update(one, serial_number="B")
        assert await one("GetNvmeSubsystem", name=NAME) == made

    on_dpu(tmp_path, work)


# -- delete


def test_what_is_deleted_is_gone_and_may_be_made_again(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        await one("CreateNvmeSubsystem", **subsystem(serial_number="A"))
        await one("DeleteNvmeSubsystem", name=NAME)
        assert one.device.has == {}
        async with refused("NOT_FOUND"):
            await one("DeleteNvmeSubsystem", name=NAME)
        await one("DeleteNvmeSubsystem", name=NAME, allow_missing=True)
        made = await one("CreateNvmeSubsystem", **subsystem(serial_number="B"))
        assert made.spec.serial_number == "B"

    on_dpu(tmp_path, work)


def test_what_others_depend_on_stays_and_they_are_named(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        await one("CreateNvmeSubsystem", **subsystem())
        volume = {"block_size": 512, "blocks_count": 8}
        await one("CreateNullVolume", null_volume_id="vol-0", null_volume=volume)
        await one(
            "CreateNvmeController", parent=NAME, nvme_controller=TCP, nvme_controller_id="ctrl0"
        )
        namespace = {"spec": {"volume_name_ref": "vol-0", "host_nsid": 1}}
        await one(
            "CreateNvmeNamespace",
            parent=NAME,
            nvme_namespace=namespace,
            nvme_namespace_id="name-0",
        )
        children = [f"{NAME}/nvmeControllers/ctrl0", f"{NAME}/nvmeNamespaces/name-0"]
        for allow in (False, True):
            async with refused("FAILED_PRECONDITION") as refusal:
                await one("DeleteNvmeSubsystem", name=NAME, allow_missing=allow)
            assert dependants(refusal.error) == [("IN_USE", child) for child in children]
        async with refused("FAILED_PRECONDITION") as refusal:
            await one("DeleteNullVolume", name="volumes/vol-0")
        assert dependants(refusal.error) == [("IN_USE", children[1])]
        assert not [verb for verb, _ in one.device.done if verb == "delete"]
        await one("DeleteNvmeNamespace", name=children[1])
        await one("DeleteNullVolume", name="volumes/vol-0")
        await one("DeleteNvmeController", name=children[0])
        await one("DeleteNvmeSubsystem", name=NAME)

    on_dpu(tmp_path, work)


def test_a_reference_that_an_update_takes_away_protects_no_more(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        for number in (10, 20):
            bridge = {"spec": {"vlan_id": number}}
            await one(
                "CreateLogicalBridge", logical_bridge_id=f"br-{number}", logical_bridge=bridge
            )
        spec = {
            "mac_address": b"\2\0\0\0\0\1",
            "ptype": "BRIDGE_PORT_TYPE_ACCESS",
            "logical_bridges": ["logicalBridges/br-10"],
        }
        port = await one("CreateBridgePort", bridge_port_id="port-0", bridge_port={"spec": spec})
        async with refused("FAILED_PRECONDITION"):
            await one("DeleteLogicalBridge", name="logicalBridges/br-10")
        port.spec.logical_bridges[:] = ["//network.opiproject.org/bridges/br-20"]
        mask = {"paths": ["spec.logical_bridges"]}
        await one("UpdateBridgePort", bridge_port=port, update_mask=mask)
        await one("DeleteLogicalBridge", name="logicalBridges/br-10")
        async with refused("FAILED_PRECONDITION") as refusal:
            await one("DeleteLogicalBridge", name="bridges/br-20")
        assert dependants(refusal.error) == [("IN_USE", "bridgePorts/port-0")]

    on_dpu(tmp_path, work)


def test_of_many_dependants_ten_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        await one("CreateNvmeSubsystem", **subsystem())
        for number in range(12):
            name = f"ctrl{number:02}"
            await one(
                "CreateNvmeController", parent=NAME, nvme_controller=TCP, nvme_controller_id=name
            )
        async with refused("FAILED_PRECONDITION") as refusal:
            await one("DeleteNvmeSubsystem", name=NAME)
        assert len(dependants(refusal.error)) == 10
        assert refusal.error.message.endswith("ctrl09 and 2 more")

    on_dpu(tmp_path, work)


# -- list


def test_lists_go_by_parent_and_a_dash_stands_for_every_one(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        for number in range(2):
            await one("CreateNvmeSubsystem", **subsystem(number))
            parent = f"nvmeSubsystems/sub-{number}"
            await one(
                "CreateNvmeController",
                parent=parent,
                nvme_controller=TCP,
                nvme_controller_id=f"ctrl{number}",
            )
        names = [f"nvmeSubsystems/sub-{n}/nvmeControllers/ctrl{n}" for n in range(2)]
        assert await one.names("ListNvmeControllers", parent=NAME) == names[:1]
        assert await one.names("ListNvmeControllers", parent="nvmeSubsystems/-") == names
        assert await one.names("ListNvmeNamespaces", parent=NAME) == []
        async with refused("NOT_FOUND"):
            await one("ListNvmeControllers", parent="nvmeSubsystems/none")
        for parent in ("", "volumes/x", "nvmeSubsystems"):
            async with refused("INVALID_ARGUMENT") as refusal:
                await one("ListNvmeControllers", parent=parent)
            assert list(violations(refusal.error)) == ["parent"]

    on_dpu(tmp_path, work)


def test_pages_hold_50_unless_asked_and_never_more_than_250(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        await asyncio.gather(*(one("CreateNvmeSubsystem", **subsystem(n)) for n in range(260)))
        for size, expected in ((0, 50), (7, 7), (250, 250), (1000, 250)):
            page = await one("ListNvmeSubsystems", page_size=size)
            assert len(page.nvme_subsystems) == expected
            assert page.next_page_token
        async with refused("INVALID_ARGUMENT") as refusal:
            await one("ListNvmeSubsystems", page_size=-1)
        assert list(violations(refusal.error)) == ["page_size"]

    on_dpu(tmp_path, work)


def test_a_token_of_another_list_is_refused(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        for number in range(2):
            await one("CreateNvmeSubsystem", **subsystem(number))
        for name in ("ctrl0", "ctrl1"):
            await one(
                "CreateNvmeController", parent=NAME, nvme_controller=TCP, nvme_controller_id=name
            )
        token = (await one("ListNvmeSubsystems", page_size=1)).next_page_token
        async with refused("INVALID_ARGUMENT") as refusal:
            await one("ListNvmeControllers", parent=NAME, page_token=token)
        assert list(violations(refusal.error)) == ["page_token"]
        token = (await one("ListNvmeControllers", parent=NAME, page_size=1)).next_page_token
        for parent in ("nvmeSubsystems/-", "nvmeSubsystems/sub-1"):
            async with refused("INVALID_ARGUMENT"):
                await one("ListNvmeControllers", parent=parent, page_token=token)
        page = await one("ListNvmeControllers", parent=NAME, page_token=token)
        assert [one.name for one in page.nvme_controllers] == [f"{NAME}/nvmeControllers/ctrl1"]
        assert page.next_page_token == ""

    on_dpu(tmp_path, work)


def test_what_stays_is_listed_once_whatever_comes_and_goes_between_the_pages(
    tmp_path: Path,
) -> None:
    async def work(one: Dpu) -> None:
        for number in range(10, 30, 2):
            await one("CreateNvmeSubsystem", **subsystem(number))
        seen: list[str] = []
        token = ""
        while True:
            page = await one("ListNvmeSubsystems", page_size=3, page_token=token)
            seen += [one.name for one in page.nvme_subsystems]
            if not (token := page.next_page_token):
                break
            last = int(seen[-1][-2:])
            await one("DeleteNvmeSubsystem", name=seen[-1])  # on which the token stands
            await one("CreateNvmeSubsystem", **subsystem(last - 1))
            await one("CreateNvmeSubsystem", **subsystem(last + 1))
        assert len(set(seen)) == len(seen)
        assert set(seen) >= {f"nvmeSubsystems/sub-{number}" for number in range(10, 30, 2)}

    on_dpu(tmp_path, work)


def test_the_last_page_has_no_token_even_when_it_is_full(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        for number in range(2):
            await one("CreateNvmeSubsystem", **subsystem(number))
        page = await one("ListNvmeSubsystems", page_size=2)
        assert len(page.nvme_subsystems) == 2
        assert page.next_page_token == ""

    on_dpu(tmp_path, work)


# -- when things go wrong


class FullStore:
    """Lets the store refuse to keep or forget resources; the disk is full."""

    def __init__(self, one: Dpu, monkeypatch: pytest.MonkeyPatch) -> None:
        commit = one.store.commit

        async def refuse(*changes: Change) -> None:
            if any(isinstance(change, Put | Remove) for change in changes):
                raise resource_exhausted("full")
            await commit(*changes)

        monkeypatch.setattr(one.store, "commit", refuse)


def test_what_the_store_cannot_keep_is_undone_on_the_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(one: Dpu) -> None:
        made = await one("CreateNvmeSubsystem", **subsystem())
        with monkeypatch.context() as patch:
            FullStore(one, patch)
            for change in (
                one("CreateNvmeSubsystem", **subsystem(1)),
                update(one, serial_number="B"),
                one("DeleteNvmeSubsystem", name=NAME),
            ):
                async with refused("RESOURCE_EXHAUSTED"):
                    await change
                assert one.device.has == {("NvmeSubsystem", NAME): made}
        assert one.store.intents() == []
        assert await one.names("ListNvmeSubsystems") == [NAME]

    on_dpu(tmp_path, work)


def test_what_cannot_be_undone_is_logged_and_left_for_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(one: Dpu) -> None:
        async def fail(_: Any) -> None:
            raise OSError("gone")

        with monkeypatch.context() as patch:
            FullStore(one, patch)
            (service,) = one.services
            patch.setattr(service.backend, "delete", fail)
            async with refused("RESOURCE_EXHAUSTED"):
                await one("CreateNvmeSubsystem", **subsystem())
        assert f"{NAME} differs from the store" in caplog.text
        assert one.device.names() == [NAME]
        assert await one.restore()
        assert one.device.names() == []

    on_dpu(tmp_path, work, kinds=["NvmeSubsystem"])


def test_a_caller_who_goes_away_stops_nothing_half_way(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        one.device.held.add("create")
        calling = asyncio.ensure_future(one("CreateNvmeSubsystem", **subsystem()))
        await one.device.asked("create")
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        one.device.release()
        await one.store.locks.drain()
        assert await one.names("ListNvmeSubsystems") == [NAME]
        assert one.device.names() == [NAME]
        assert len(one.store.locks) == 0

    on_dpu(tmp_path, work)


def test_a_defect_is_internal_and_tells_the_caller_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(one: Dpu) -> None:
        async def fail(_: Any) -> Any:
            raise ZeroDivisionError("the password is 1234")

        (service,) = one.services
        monkeypatch.setattr(service.backend, "create", fail)
        async with refused("INTERNAL") as refusal:
            await one("CreateNvmeSubsystem", **subsystem())
        assert "1234" not in str(refusal.error.status("r1"))
        assert await one.names("ListNvmeSubsystems") == []
        assert len(one.store.locks) == 0

    with caplog.at_level(logging.ERROR):
        on_dpu(tmp_path, work, kinds=["NvmeSubsystem"])
    assert "the password is 1234" in caplog.text


def test_a_child_and_the_deletion_of_its_parent_do_not_both_succeed(tmp_path: Path) -> None:
    async def work(one: Dpu) -> None:
        for number in range(20):
            name = f"nvmeSubsystems/sub-{number}"
            await one("CreateNvmeSubsystem", **subsystem(number))
            child = one(
                "CreateNvmeController", parent=name, nvme_controller=TCP, nvme_controller_id="ctrl0"
            )
            delete = one("DeleteNvmeSubsystem", name=name)
            calls = [child, delete] if number % 2 else [delete, child]
            results = await asyncio.gather(*calls, return_exceptions=True)
            failed = [str(one) for one in results if isinstance(one, Exception)]
            assert len(failed) == 1, results
            parents = await one.names("ListNvmeSubsystems")
            children = await one.names("ListNvmeControllers", parent="nvmeSubsystems/-")
            assert {child.rsplit("/", 2)[0] for child in children} <= set(parents)

    on_dpu(tmp_path, work)
