"""virtio devices over gRPC on a live target with vhost: made, changed, limited, restored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.lacking_target import lacking
from tests.opid_process import NOT_SERVING, SERVING, health
from tests.spdk_target import ask
from tests.storage_dpu import Dpu, becomes, refused, wait_for_health

pytestmark = pytest.mark.integration

PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
UNIMPLEMENTED = grpc.StatusCode.UNIMPLEMENTED
INVALID = grpc.StatusCode.INVALID_ARGUMENT
EXISTS = grpc.StatusCode.ALREADY_EXISTS
BLK = "opi_api.storage.v1.FrontendVirtioBlkService"
SMALL = {"block_size": 512, "blocks_count": 2048}

_numbers = count()


def function(virtual: int, physical: int = 0, port: int = 0) -> dict[str, Any]:
    numbers = {"port_id": port, "physical_function": physical, "virtual_function": virtual}
    return {name: {"value": value} for name, value in numbers.items()}


def volume(dpu: Dpu) -> str:
    """A volume; its id."""
    made = f"vol-{next(_numbers)}"
    dpu.call("CreateMallocVolume", malloc_volume=SMALL, malloc_volume_id=made)
    return made


def blk(dpu: Dpu, identity: str, reference: str, virtual: int, **fields: Any) -> Any:
    body = {"pcie_id": function(virtual), "volume_name_ref": reference} | fields
    return dpu.call("CreateVirtioBlk", virtio_blk=body, virtio_blk_id=identity)


def update_blk(dpu: Dpu, identity: str, *paths: str, **fields: Any) -> Any:
    body = {"name": f"volumes/{identity}"} | fields
    return dpu.call("UpdateVirtioBlk", virtio_blk=body, update_mask={"paths": paths})


def controllers(dpu: Dpu) -> dict[str, Any]:
    """What is behind the target's vhost controllers, by name."""
    listed = ask(dpu.socket, "vhost_get_controllers")
    return {one["ctrlr"]: one["backend_specific"] for one in listed}


def limits(dpu: Dpu, device: str) -> dict[str, int]:
    """The limits that are in force on a device."""
    found = dpu.bdevs()[device]["assigned_rate_limits"]
    return {name: value for name, value in found.items() if value}


@pytest.fixture(scope="module")
def dpu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dpu]:
    """One for tests that leave it running."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("dpu")
        yield Dpu(folder, stack, "--pcie-dir", str(folder / "functions"))


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Dpu]:
    """One for a test that kills it."""
    with ExitStack() as stack:
        yield Dpu(tmp_path, stack)


# -- virtio-blk


def test_a_volume_becomes_a_virtio_disk_with_a_socket_of_its_own(dpu: Dpu) -> None:
    held = volume(dpu)
    made = blk(dpu, "disk-0", f"volumes/{held}", 1, max_io_qps=4)
    assert (made.name, made.max_io_qps) == ("volumes/disk-0", 4)
    assert controllers(dpu)["disk-0"]["block"]["bdev"] == held
    assert (dpu.socket.parent / "disk-0").is_socket()
    assert blk(dpu, "disk-0", f"volumes/{held}", 1, max_io_qps=4) == made
    for name in ("volumes/disk-0", "virtioBlks/disk-0"):
        assert dpu.call("GetVirtioBlk", name=name) == made
    assert dpu.call("StatsVirtioBlk", name=made.name).stats.read_ops_count >= 0
    assert list(dpu.call("ListVirtioBlks").virtio_blks) == [made]
    dpu.call("DeleteVirtioBlk", name=made.name)
    assert "disk-0" not in controllers(dpu)
    assert not (dpu.socket.parent / "disk-0").exists()
    assert health(dpu.opid, BLK) == SERVING


def test_virtio_disks_are_listed_page_by_page(dpu: Dpu) -> None:
    made = [blk(dpu, f"page-{n}", volume(dpu), n + 1).name for n in range(3)]
    first = dpu.call("ListVirtioBlks", page_size=2)
    rest = dpu.call("ListVirtioBlks", page_size=2, page_token=first.next_page_token)
    assert [one.name for one in (*first.virtio_blks, *rest.virtio_blks)] == made
    assert rest.next_page_token == ""
    for name in made:
        dpu.call("DeleteVirtioBlk", name=name)


def test_a_virtio_disk_moves_to_another_volume_function_and_limit(dpu: Dpu) -> None:
    first, second = volume(dpu), volume(dpu)
    made = blk(dpu, "moves", first, 1, max_limit={"rw_iops_kiops": 3})
    assert limits(dpu, first) == {"rw_ios_per_sec": 3000}
    update_blk(dpu, "moves", "max_limit", max_limit={"rd_bandwidth_mbs": 5})
    assert limits(dpu, first) == {"r_mbytes_per_sec": 5}
    moved = update_blk(dpu, "moves", "volume_name_ref", volume_name_ref=second)
    assert (moved.pcie_id, moved.volume_name_ref) == (made.pcie_id, second)
    assert controllers(dpu)["moves"]["block"]["bdev"] == second
    assert (limits(dpu, first), limits(dpu, second)) == ({}, {"r_mbytes_per_sec": 5})
    update_blk(dpu, "moves", "pcie_id", pcie_id=function(2))
    other = blk(dpu, "other", first, 1)  # function and volume are free again
    update_blk(dpu, "moves", "max_limit")
    assert limits(dpu, second) == {}
    for name in ("volumes/moves", other.name):
        dpu.call("DeleteVirtioBlk", name=name)


def test_virtio_disks_that_cannot_be_are_refused_with_the_reason(dpu: Dpu) -> None:
    held = volume(dpu)

    def refuse(code: grpc.StatusCode, **fields: Any) -> str:
        body = {"pcie_id": function(1), "volume_name_ref": held} | fields
        return refused(dpu, code, "CreateVirtioBlk", virtio_blk=body, virtio_blk_id="never")

    assert "virtio_blk.max_io_qps" in refuse(INVALID, max_io_qps=-1)
    assert "virtio_blk.min_limit.rw_iops_kiops" in refuse(INVALID, min_limit={"rw_iops_kiops": 1})
    assert "virtio_blk.max_limit.rd_iops_kiops" in refuse(INVALID, max_limit={"rd_iops_kiops": 1})
    assert "virtio_blk.pcie_id.port_id" in refuse(INVALID, pcie_id=function(1, port=1))
    assert "virtio_blk.pcie_id" in refuse(INVALID, pcie_id={})
    assert "volumes/none" in refuse(PRECONDITION, volume_name_ref="volumes/none")
    assert "never" not in controllers(dpu)


def test_what_a_virtio_disk_has_nothing_else_gets(dpu: Dpu) -> None:
    held, spare = volume(dpu), volume(dpu)
    made = blk(dpu, "owner", held, 1, max_limit={"rw_bandwidth_mbs": 1})
    body = {"pcie_id": function(2), "volume_name_ref": held}
    assert made.name in refused(dpu, PRECONDITION, "CreateVirtioBlk", virtio_blk=body)
    body = {"pcie_id": function(1), "volume_name_ref": spare}
    assert made.name in refused(dpu, PRECONDITION, "CreateVirtioBlk", virtio_blk=body)

    sub = {"spec": {"nqn": "nqn.2022-09.io.spdk:rival"}}
    dpu.call("CreateNvmeSubsystem", nvme_subsystem=sub, nvme_subsystem_id="rival")
    parent = "nvmeSubsystems/rival"
    space = {"spec": {"volume_name_ref": held}}
    text = refused(dpu, PRECONDITION, "CreateNvmeNamespace", parent=parent, nvme_namespace=space)
    assert "in use" in text
    way = {"spec": {"trtype": 2, "pcie_id": function(1)}}
    text = refused(dpu, PRECONDITION, "CreateNvmeController", parent=parent, nvme_controller=way)
    assert made.name in text
    qos = {"volume_name_ref": held, "limits": {"max": {"rw_iops_kiops": 1}}}
    assert made.name in refused(dpu, PRECONDITION, "CreateQosVolume", qos_volume=qos)
    key = {
        "volume_name_ref": held,
        "key": bytes(range(32)),
        "cipher": "ENCRYPTION_TYPE_AES_XTS_128",
    }
    assert "in use" in refused(dpu, PRECONDITION, "CreateEncryptedVolume", encrypted_volume=key)
    assert made.name in refused(dpu, PRECONDITION, "DeleteMallocVolume", name=f"volumes/{held}")

    dpu.call("DeleteVirtioBlk", name=made.name)
    assert limits(dpu, held) == {}
    space = dpu.call("CreateNvmeNamespace", parent=parent, nvme_namespace=space)
    way = dpu.call("CreateNvmeController", parent=parent, nvme_controller=way)
    body = {"pcie_id": function(2), "volume_name_ref": held}
    assert "in use" in refused(dpu, PRECONDITION, "CreateVirtioBlk", virtio_blk=body)
    body = {"pcie_id": function(1), "volume_name_ref": spare}
    assert way.name in refused(dpu, PRECONDITION, "CreateVirtioBlk", virtio_blk=body)
    dpu.call("DeleteNvmeController", name=way.name)
    dpu.call("DeleteNvmeNamespace", name=space.name)
    dpu.call("DeleteNvmeSubsystem", name=parent)


def test_a_controller_of_somebody_else_stays_as_it_is(dpu: Dpu) -> None:
    ask(dpu.socket, "bdev_malloc_create", name="strange", block_size=512, num_blocks=64)
    ask(dpu.socket, "vhost_create_blk_controller", ctrlr="foreign", dev_name="strange")
    body = {"pcie_id": function(3), "volume_name_ref": volume(dpu)}
    given = {"virtio_blk": body, "virtio_blk_id": "foreign"}
    assert "foreign" in refused(dpu, EXISTS, "CreateVirtioBlk", **given)
    assert controllers(dpu)["foreign"]["block"]["bdev"] == "strange"
    ask(dpu.socket, "vhost_delete_controller", ctrlr="foreign")


def test_restarts_of_either_and_of_both_bring_virtio_disks_back(mortal: Dpu) -> None:
    held = volume(mortal)
    made = blk(mortal, "lasting", held, 1, max_limit={"wr_bandwidth_mbs": 7})
    for ended in ({"target"}, {"opid"}, {"target", "opid"}):
        if "opid" in ended:
            mortal.kill_opid()
        if "target" in ended:
            mortal.kill_target()
            mortal.start_target()
        if "opid" in ended:
            mortal.start_opid()
        assert wait_for_health(mortal)
        assert mortal.call("GetVirtioBlk", name=made.name) == made
        assert controllers(mortal)["lasting"]["block"]["bdev"] == held
        assert limits(mortal, held) == {"w_mbytes_per_sec": 7}
        body = {"pcie_id": function(2), "volume_name_ref": held}
        assert made.name in refused(mortal, PRECONDITION, "CreateVirtioBlk", virtio_blk=body)
    mortal.call("DeleteVirtioBlk", name=made.name)
    assert controllers(mortal) == {}


# -- a target without vhost


def test_without_vhost_virtio_is_refused_and_its_health_tells(tmp_path: Path) -> None:
    """Another target takes the socket's place, with everything but vhost, and then one with it."""
    with ExitStack() as stack:
        dpu = Dpu(tmp_path, stack, "--pcie-dir", str(tmp_path / "functions"))
        held = volume(dpu)
        dpu.kill_target()
        with lacking(dpu.socket, tmp_path / "behind.sock", "vhost_"):
            assert becomes(lambda: health(dpu.opid, BLK) == NOT_SERVING)
            assert wait_for_health(dpu)
            body = {"pcie_id": function(1), "volume_name_ref": held}
            assert "no vhost" in refused(dpu, UNIMPLEMENTED, "CreateVirtioBlk", virtio_blk=body)
            assert list(dpu.call("ListVirtioBlks").virtio_blks) == []
        dpu.start_target()
        assert becomes(lambda: health(dpu.opid, BLK) == SERVING)
        blk(dpu, "disk-0", held, 1)
