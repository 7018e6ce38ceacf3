"""virtio devices over gRPC on a live target with vhost: made, changed, limited, restored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests import vhost_front_end as front_end
from tests.lacking_target import lacking
from tests.opid_process import NOT_SERVING, SERVING, health
from tests.spdk_target import ask
from tests.storage_dpu import Dpu, becomes, refused, wait_for_health
from tests.vhost_front_end import FrontEnd

pytestmark = pytest.mark.integration

PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
UNIMPLEMENTED = grpc.StatusCode.UNIMPLEMENTED
INVALID = grpc.StatusCode.INVALID_ARGUMENT
EXISTS = grpc.StatusCode.ALREADY_EXISTS
BLK = "opi_api.storage.v1.FrontendVirtioBlkService"
SCSI = "opi_api.storage.v1.FrontendVirtioScsiService"
OUT, OK = 1, b"\0"
"""virtio-blk's request to write, and its status."""
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
    for dead in ({"target"}, {"opid"}, {"target", "opid"}):
        mortal.restart(*dead)
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
            assert becomes(lambda: health(dpu.opid, SCSI) == NOT_SERVING)
            assert wait_for_health(dpu)
            body = {"pcie_id": function(1), "volume_name_ref": held}
            assert "no vhost" in refused(dpu, UNIMPLEMENTED, "CreateVirtioBlk", virtio_blk=body)
            assert "no vhost" in refused(
                dpu, UNIMPLEMENTED, "CreateVirtioScsiTarget", virtio_scsi_target={"max_luns": 1}
            )
            assert list(dpu.call("ListVirtioBlks").virtio_blks) == []
        dpu.start_target()
        assert becomes(lambda: health(dpu.opid, BLK) == SERVING)
        blk(dpu, "disk-0", held, 1)


# -- virtio-scsi


def scsi(dpu: Dpu, identity: str, virtual: int) -> Any:
    body = {"pcie_id": function(virtual, physical=1)}
    request = {"virtio_scsi_controller": body, "virtio_scsi_controller_id": identity}
    return dpu.call("CreateVirtioScsiController", **request)


def unit(dpu: Dpu, identity: str, target: str, reference: str) -> Any:
    body = {"target_name_ref": target, "volume_name_ref": reference}
    return dpu.call("CreateVirtioScsiLun", virtio_scsi_lun=body, virtio_scsi_lun_id=identity)


def units(dpu: Dpu, controller: str) -> dict[str, int]:
    """Numbers of a controller's SCSI targets by the device in each."""
    listed = controllers(dpu)[controller]["scsi"]
    return {one["luns"][0]["bdev_name"]: one["scsi_dev_num"] for one in listed}


def test_volumes_become_logical_units_of_a_virtio_scsi_controller(dpu: Dpu) -> None:
    volumes = [volume(dpu) for _ in range(3)]
    way = scsi(dpu, "scsi-0", 1)
    body = {"virtio_scsi_target": {"max_luns": 2}, "virtio_scsi_target_id": "scsi-0"}
    target = dpu.call("CreateVirtioScsiTarget", **body)
    assert (way.name, target.name) == ("volumes/scsi-0", "virtioScsiTargets/scsi-0")
    first = unit(dpu, "scsi-0", "scsi-0", f"volumes/{volumes[0]}")  # as godpu names it
    second = unit(dpu, "unit-1", target.name, volumes[1])
    assert (first.name, second.name) == ("volumes/scsi-0", "volumes/unit-1")
    assert units(dpu, "scsi-0").keys() == set(volumes[:2])
    full = {"target_name_ref": target.name, "volume_name_ref": volumes[2]}
    assert "2 logical units" in refused(
        dpu, PRECONDITION, "CreateVirtioScsiLun", virtio_scsi_lun=full
    )
    listed = dpu.call("ListVirtioScsiLuns", parent="todo").virtio_scsi_luns
    assert list(listed) == [first, second]
    assert list(dpu.call("ListVirtioScsiControllers", parent="x").virtio_scsi_controllers) == [way]
    assert list(dpu.call("ListVirtioScsiTargets", parent="x").virtio_scsi_targets) == [target]

    body = {"name": second.name, "volume_name_ref": volumes[2]}
    before = units(dpu, "scsi-0")[volumes[1]]
    dpu.call("UpdateVirtioScsiLun", virtio_scsi_lun=body)
    assert units(dpu, "scsi-0").keys() == {volumes[0], volumes[2]}
    assert units(dpu, "scsi-0")[volumes[2]] == before
    held = refused(dpu, PRECONDITION, "DeleteVirtioScsiController", name=way.name)
    assert first.name in held
    small = {"name": target.name, "max_luns": 1}
    assert "2 logical" in refused(
        dpu, PRECONDITION, "UpdateVirtioScsiTarget", virtio_scsi_target=small
    )
    for name in (first.name, second.name):
        dpu.call("DeleteVirtioScsiLun", name=name)
    assert units(dpu, "scsi-0") == {}
    dpu.call("DeleteVirtioScsiTarget", name=target.name)
    dpu.call("DeleteVirtioScsiController", name=way.name)
    assert "scsi-0" not in controllers(dpu)


def test_logical_units_that_cannot_be_are_refused_with_the_reason(dpu: Dpu) -> None:
    held, free = volume(dpu), volume(dpu)
    ways = [scsi(dpu, f"way-{number}", number) for number in (1, 2)]
    made = unit(dpu, "unit-0", "volumes/way-1", held)

    def refuse(target: str, reference: str) -> str:
        body = {"target_name_ref": target, "volume_name_ref": reference}
        return refused(dpu, PRECONDITION, "CreateVirtioScsiLun", virtio_scsi_lun=body)

    assert "no virtio-scsi controller" in refuse("way-9", free)
    assert "does not exist" in refuse("virtioScsiTargets/way-1", free)
    assert "is no volume" in refuse("way-1", "volumes/none")
    assert made.name in refuse("way-2", held)
    body = {"pcie_id": function(1, physical=1)}
    text = refused(dpu, PRECONDITION, "CreateVirtioScsiController", virtio_scsi_controller=body)
    assert ways[0].name in text
    body = {"pcie_id": function(3), "max_limit": {"rw_iops_kiops": 1}}
    text = refused(dpu, UNIMPLEMENTED, "CreateVirtioScsiController", virtio_scsi_controller=body)
    assert "max_limit" in text
    body = {"pcie_id": function(-1)}
    text = refused(dpu, INVALID, "CreateVirtioScsiController", virtio_scsi_controller=body)
    assert "virtual_function" in text
    dpu.call("DeleteVirtioScsiLun", name=made.name)
    for one in ways:
        dpu.call("DeleteVirtioScsiController", name=one.name)


def test_restarts_of_either_and_of_both_bring_logical_units_back(mortal: Dpu) -> None:
    volumes = [volume(mortal) for _ in range(4)]
    way = scsi(mortal, "scsi-0", 1)
    made = [unit(mortal, f"unit-{n}", "scsi-0", one) for n, one in enumerate(volumes)]
    numbers = units(mortal, "scsi-0")
    for dead in ({"target"}, {"opid"}, {"target", "opid"}):
        mortal.restart(*dead)
        assert wait_for_health(mortal)
        assert units(mortal, "scsi-0") == numbers
        assert list(mortal.call("ListVirtioScsiLuns", parent="x").virtio_scsi_luns) == made
    for one in made:
        mortal.call("DeleteVirtioScsiLun", name=one.name)
    mortal.call("DeleteVirtioScsiController", name=way.name)
    assert controllers(mortal) == {}


# -- counters


def test_statistics_are_those_of_the_front_ends_volumes(dpu: Dpu) -> None:
    """A volume that something was written to before counts that too, as its own statistics do."""
    disk = blk(dpu, "counted", volume(dpu), 4)
    way, other = scsi(dpu, "scsi-1", 1), scsi(dpu, "scsi-2", 2)
    one = unit(dpu, "unit-0", "scsi-1", volume(dpu))
    with FrontEnd(dpu.socket.parent / "counted") as host:
        host.negotiate(0)
        host.start()
        assert host.rings[0].request(front_end.blk(OUT, 0, bytes(4096))) == OK
        held = refused(dpu, PRECONDITION, "DeleteVirtioBlk", name=disk.name)
        assert "a host is connected" in held
    assert dpu.call("StatsVirtioBlk", name=disk.name).stats.write_bytes_count == 4096

    def lun(reference: str = "") -> Any:
        request = {"name": one.name, "controller_name_ref": reference}
        return dpu.call("StatsVirtioScsiLun", **request).stats

    total = dpu.call("StatsVirtioScsiController", name=way.name).stats
    assert lun() == lun(way.name) == total
    assert lun(other.name).read_ops_count == 0
    missing = {"name": one.name, "controller_name_ref": "volumes/none"}
    assert "none" in refused(dpu, grpc.StatusCode.NOT_FOUND, "StatsVirtioScsiLun", **missing)
    dpu.call("DeleteVirtioBlk", name=disk.name)
    dpu.call("DeleteVirtioScsiLun", name=one.name)
    for controller in (way, other):
        dpu.call("DeleteVirtioScsiController", name=controller.name)
