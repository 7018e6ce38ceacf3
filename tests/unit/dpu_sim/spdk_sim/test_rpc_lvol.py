"""SPDK's bdev_lvol_* methods on a process that is killed and started again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from spdk.rpc.client import JSONRPCException

from host_sim.client import Address, ConnectOptions, Identity
from host_sim.sync import SyncHost
from tests.nvme_target import BLOCK, HOST, NQN, NvmeTarget
from tests.spdk_target import ask, spdk_target

MIB = 1 << 20


def start(target: NvmeTarget) -> None:
    target.start()
    target.file("disk", 64 * MIB // BLOCK)
    target.ask("bdev_wait_for_examine")


def refused(target: NvmeTarget, method: str, **parameters: Any) -> int:
    with pytest.raises(JSONRPCException) as caught:
        target.ask(method, **parameters)
    code = json.loads(caught.value.message.partition("response:\n")[2])["code"]
    assert isinstance(code, int)
    return code


def test_volumes_survive_a_kill_with_what_hosts_wrote(tmp_path: Path) -> None:
    """Written over NVMe/TCP, never flushed: the process is killed, not the machine."""
    target = NvmeTarget(tmp_path)
    try:
        start(target)
        made = target.ask("bdev_lvol_create_lvstore", bdev_name="disk", lvs_name="lvs0")
        volume = target.ask(
            "bdev_lvol_create", lvol_name="v", size_in_mib=20, thin_provision=True, uuid=made
        )
        target.subsystem()
        assert target.add("lvs0/v") == 1
        options = ConnectOptions(Address(HOST, target.ports[0]), NQN, Identity.of("nqn.2024-01.h"))
        with SyncHost() as host:
            host.connect(options)
            namespace = host.namespace("nvme0n1")
            namespace.write(15000, b"1" * 2 * MIB)
            snapshot = target.ask("bdev_lvol_snapshot", lvol_name="lvs0/v", snapshot_name="s")
            namespace.write(15000, b"2" * MIB)
            target.kill()
            host.disconnect()
        start(target)
        [store] = target.ask("bdev_lvol_get_lvstores")
        assert (store["uuid"], store["name"], store["base_bdev"]) == (made, "lvs0", "disk")
        assert store["free_clusters"] == store["total_data_clusters"] - 4
        listed = {one["name"]: one for one in target.ask("bdev_lvol_get_lvols", lvs_name="lvs0")}
        assert {name: one["uuid"] for name, one in listed.items()} == {"v": volume, "s": snapshot}
        assert (listed["v"]["is_clone"], listed["s"]["is_snapshot"]) == (True, True)
        target.subsystem()
        target.add("lvs0/v")
        target.add("lvs0/s")
        with SyncHost() as host:
            host.connect(options)
            assert (
                host.namespace("nvme0n1").read(15000, 2 * MIB // BLOCK) == b"2" * MIB + b"1" * MIB
            )
            assert host.namespace("nvme0n2").read(15000, 2 * MIB // BLOCK) == b"1" * 2 * MIB
    finally:
        target.kill()


def test_volumes_grow_shrink_are_renamed_inflated_and_deleted(tmp_path: Path) -> None:
    target = NvmeTarget(tmp_path)
    try:
        start(target)
        target.ask("bdev_lvol_create_lvstore", bdev_name="disk", lvs_name="a", cluster_sz=MIB)
        target.ask("bdev_lvol_create", lvol_name="thick", size=4 * MIB, lvs_name="a")
        target.ask("bdev_lvol_rename_lvstore", old_name="a", new_name="b")
        target.ask("bdev_lvol_rename", old_name="b/thick", new_name="v")
        target.ask("bdev_lvol_resize", name="b/v", size_in_mib=7)
        assert described(target, "b/v")["num_blocks"] == 7 * MIB // BLOCK
        target.ask("bdev_lvol_snapshot", lvol_name="b/v", snapshot_name="s")
        target.ask("bdev_lvol_clone", snapshot_name="b/s", clone_name="c")
        shown = described(target, "b/c")["driver_specific"]["lvol"]
        assert (shown["clone"], shown["base_snapshot"]) == (True, "s")
        assert described(target, "b/s")["driver_specific"]["lvol"]["clones"] == ["v", "c"]
        assert refused(target, "bdev_lvol_delete", name="b/s") == -1
        target.ask("bdev_lvol_inflate", name="b/c")
        target.ask("bdev_lvol_decouple_parent", name="b/v")
        target.ask("bdev_lvol_delete", name="b/s")
        assert {one["name"]: one["num_allocated_clusters"] for one in
                target.ask("bdev_lvol_get_lvols")} == {"v": 7, "c": 7}  # fmt: skip
        target.ask("bdev_lvol_resize", name="b/c", size_in_mib=2)
        [store] = target.ask("bdev_lvol_get_lvstores", lvs_name="b")
        assert store["free_clusters"] == store["total_data_clusters"] - 9
        target.ask("bdev_lvol_delete_lvstore", lvs_name="b")
        assert [one["name"] for one in target.ask("bdev_get_bdevs")] == ["disk"]
        target.kill()
        start(target)
        assert target.ask("bdev_lvol_get_lvstores") == []
    finally:
        target.kill()


def described(target: NvmeTarget, name: str) -> dict[str, Any]:
    [found] = target.ask("bdev_get_bdevs", name=name)
    assert isinstance(found, dict)
    return found


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    target = NvmeTarget(tmp_path)
    try:
        start(target)
        create = "bdev_lvol_create_lvstore"
        assert refused(target, create, bdev_name="none", lvs_name="a") == -19
        assert refused(target, create, bdev_name="disk", lvs_name="a", cluster_sz=5000) == -22
        assert refused(target, create, bdev_name="disk", lvs_name="a", cluster_sz=1 << 26) == -28
        target.ask(create, bdev_name="disk", lvs_name="a")
        assert refused(target, create, bdev_name="disk", lvs_name="b") == -1
        target.malloc("m", 64 * MIB // BLOCK)
        assert refused(target, create, bdev_name="m", lvs_name="a") == -17
        volume = {"lvol_name": "v", "lvs_name": "a"}
        assert refused(target, "bdev_lvol_create", **volume) == -32603
        assert refused(target, "bdev_lvol_create", **volume, size_in_mib=0) == -22
        assert refused(target, "bdev_lvol_create", **volume, size_in_mib=1000) == -28
        assert refused(target, "bdev_lvol_create", lvol_name="v", size_in_mib=4) == -22
        target.ask("bdev_lvol_create", **volume, size_in_mib=4)
        assert refused(target, "bdev_lvol_create", **volume, size_in_mib=4) == -17
        assert refused(target, "bdev_lvol_clone", snapshot_name="a/v", clone_name="c") == -22
        assert refused(target, "bdev_lvol_delete", name="disk") == -19
        assert refused(target, "bdev_lvol_get_lvstores", lvs_name="b") == -19
        # Somebody who opens the device itself would write past the store.
        target.subsystem()
        namespace = {"bdev_name": "disk"}
        assert refused(target, "nvmf_subsystem_add_ns", nqn=NQN, namespace=namespace) == -32602
    finally:
        target.kill()


@pytest.mark.parametrize("examine", [(), ("--no-examine",)], ids=["examined", "on request"])
def test_a_configuration_with_volumes_is_saved_and_loaded_by_spdks_own_tool(
    tmp_path: Path, examine: tuple[str, ...]
) -> None:
    """With limits and layers on volumes, which are there only when their store has been found."""
    disk, rpc = tmp_path / "disk", tmp_path / "spdk.sock"
    disk.touch()
    os.truncate(disk, 64 * MIB)
    saved = tmp_path / "config.json"
    tool = [str(Path(sys.executable).parent / "spdk-rpc"), "-s", str(rpc)]
    with spdk_target(rpc, *examine):
        ask(rpc, "bdev_aio_create", name="disk", filename=str(disk), block_size=BLOCK)
        ask(rpc, "bdev_lvol_create_lvstore", bdev_name="disk", lvs_name="s")
        volume = ask(rpc, "bdev_lvol_create", lvol_name="v", size_in_mib=8, lvs_name="s")
        ask(rpc, "bdev_set_qos_limit", name="s/v", rw_ios_per_sec=5000)
        ask(rpc, "bdev_passthru_create", name="p", base_bdev_name="s/v")
        with saved.open("w") as file:
            subprocess.run([*tool, "save_config"], check=True, stdout=file, timeout=60)
    with spdk_target(rpc, "-c", str(saved)):
        [found] = ask(rpc, "bdev_get_bdevs", name=volume)
        assert found["assigned_rate_limits"]["rw_ios_per_sec"] == 5000
        [layer] = ask(rpc, "bdev_get_bdevs", name="p")
        assert layer["driver_specific"]["passthru"]["base_bdev_name"] == volume


def test_a_store_that_a_host_wrote_to_its_disk_is_not_found_where_nobody_looks(
    tmp_path: Path,
) -> None:
    """It could name its volumes as those of others are named."""
    rpc, disk = tmp_path / "spdk.sock", tmp_path / "disk"
    disk.touch()
    os.truncate(disk, 64 * MIB)
    arrival = {"name": "disk", "filename": str(disk), "block_size": BLOCK}
    with spdk_target(rpc):
        ask(rpc, "bdev_aio_create", **arrival)
        ask(rpc, "bdev_lvol_create_lvstore", bdev_name="disk", lvs_name="s")
        volume = ask(rpc, "bdev_lvol_create", lvol_name="v", size_in_mib=8, lvs_name="s")
    with spdk_target(rpc, "--no-examine"):
        ask(rpc, "bdev_aio_create", **arrival)
        ask(rpc, "bdev_wait_for_examine")
        assert [one["claimed"] for one in ask(rpc, "bdev_get_bdevs")] == [False]
        ask(rpc, "bdev_null_create", name="other", block_size=512, num_blocks=8, uuid=volume)
        ask(rpc, "bdev_examine", name="disk")  # one that cannot have its name is left out
        ask(rpc, "bdev_wait_for_examine")
        assert [one["name"] for one in ask(rpc, "bdev_get_bdevs")] == ["disk", "other"]
