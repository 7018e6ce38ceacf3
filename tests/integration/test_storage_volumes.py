"""Volumes over gRPC on a live target: what the API says is what the target has, come what may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict

from tests.opid_process import SERVING, health
from tests.spdk_target import ask
from tests.storage_dpu import Dpu, becomes, refused, wait_for_health

pytestmark = pytest.mark.integration

KEY, OTHER_KEY = bytes(range(32)), bytes(range(32, 64))
XTS_128, XTS_256, CBC_128 = 4, 6, 1
UUID = "8c6a4d4e-5c4e-4f1b-9d2b-0a1b2c3d4e5f"
SERVICES = (
    "NullVolumeService",
    "MallocVolumeService",
    "AioVolumeService",
    "MiddleendEncryptionService",
    "MiddleendQosVolumeService",
)


class VolumeDpu(Dpu):
    """One with a call for each kind of volume."""

    def make_all(self) -> None:
        """One volume of every kind: qos on malloc, crypto on the file."""
        self.call("CreateNullVolume", null_volume=SMALL, null_volume_id="null0")
        self.call("CreateMallocVolume", malloc_volume=SMALL, malloc_volume_id="mal0")
        aio = {"filename": str(self.file), "block_size": 512}
        self.call("CreateAioVolume", aio_volume=aio, aio_volume_id="aio0")
        self.encrypt("volumes/aio0")
        self.limit("mal0", rw_iops_kiops=2, rd_bandwidth_mbs=3)

    def encrypt(self, base: str, key: bytes = KEY, cipher: int = XTS_128, **more: Any) -> Any:
        volume = {"volume_name_ref": base, "key": key, "cipher": cipher}
        chosen = {"encrypted_volume_id": "enc0"} | more
        return self.call("CreateEncryptedVolume", encrypted_volume=volume, **chosen)

    def limit(self, base: str, name: str = "qos0", **limits: int) -> Any:
        volume = {"volume_name_ref": base, "limits": {"max": limits}}
        return self.call("CreateQosVolume", qos_volume=volume, qos_volume_id=name)


SMALL = {"block_size": 512, "blocks_count": 2048}


@pytest.fixture
def dpu(tmp_path: Path) -> Iterator[VolumeDpu]:
    with ExitStack() as stack:
        yield VolumeDpu(tmp_path, stack)


def state(dpu: VolumeDpu) -> dict[str, Any]:
    """What the target has, without what changes from look to look."""
    return {
        name: (one["uuid"], one["block_size"], one["num_blocks"], one["assigned_rate_limits"],
               one["claimed"], one["driver_specific"])
        for name, one in dpu.bdevs().items()
    }  # fmt: skip


def test_every_kind_is_created_read_changed_listed_counted_and_deleted(dpu: VolumeDpu) -> None:
    dpu.make_all()
    bdevs = dpu.bdevs()
    assert set(bdevs) == {"null0", "mal0", "aio0", "enc0"}
    assert bdevs["mal0"]["assigned_rate_limits"] == {
        "rw_ios_per_sec": 2000, "rw_mbytes_per_sec": 0, "r_mbytes_per_sec": 3,
        "w_mbytes_per_sec": 0,
    }  # fmt: skip
    assert dpu.keys() == ["enc0"]
    for kind, name in KINDS.items():
        got = dpu.call(f"Get{kind}", name=f"volumes/{name}")
        assert got.name == f"volumes/{name}"
        parent = {"parent": "todo"} if kind in ("EncryptedVolume", "QosVolume") else {}
        (field, listed), = dpu.call(f"List{kind}s", **parent).ListFields()  # fmt: skip
        assert [one.name for one in listed] == [got.name], field.name
        stats = dpu.call(f"Stats{kind}", name=got.name).stats
        assert stats.write_ops_count == 0  # nothing has been written through the API's reach
    for service in SERVICES:
        assert health(dpu.opid, f"opi_api.storage.v1.{service}") == SERVING
    for kind, name in reversed(KINDS.items()):
        dpu.call(f"Delete{kind}", name=f"volumes/{name}")
        refused(dpu, grpc.StatusCode.NOT_FOUND, f"Get{kind}", name=f"volumes/{name}")
    assert dpu.bdevs() == {}
    assert dpu.keys() == []


KINDS = {
    "NullVolume": "null0",
    "MallocVolume": "mal0",
    "AioVolume": "aio0",
    "EncryptedVolume": "enc0",
    "QosVolume": "qos0",
}


def test_restarts_of_either_and_of_both_bring_everything_back(dpu: VolumeDpu) -> None:
    dpu.make_all()
    before, keys = state(dpu), dpu.keys()
    dpu.kill_opid()
    dpu.start_opid()
    assert wait_for_health(dpu)
    assert (state(dpu), dpu.keys()) == (before, keys)
    for dead in ({"target"}, {"opid", "target"}):
        dpu.restart(*dead)
        dpu.opid.wait_for("a malloc volume is empty again")
        assert becomes(lambda: (state(dpu), dpu.keys()) == (before, keys))
        assert wait_for_health(dpu)


def test_what_is_in_use_stays_and_those_that_use_it_are_named(dpu: VolumeDpu) -> None:
    dpu.make_all()
    precondition = grpc.StatusCode.FAILED_PRECONDITION
    assert "volumes/enc0" in refused(dpu, precondition, "DeleteAioVolume", name="volumes/aio0")
    assert "volumes/qos0" in refused(dpu, precondition, "DeleteMallocVolume", name="volumes/mal0")
    assert set(dpu.bdevs()) == {"null0", "mal0", "aio0", "enc0"}


def test_a_null_volume_is_resized_in_place_and_keeps_its_limits(dpu: VolumeDpu) -> None:
    dpu.call("CreateNullVolume", null_volume=SMALL, null_volume_id="null0")
    dpu.limit("volumes/null0", rw_bandwidth_mbs=7)
    limits = dpu.bdevs()["null0"]["assigned_rate_limits"]
    for blocks, size in ((4096, 512), (3, 512), (5, 4096)):  # resized; made anew, twice
        volume = {"name": "volumes/null0", "block_size": size, "blocks_count": blocks}
        dpu.call("UpdateNullVolume", null_volume=volume, update_mask={"paths": ["*"]})
        found = dpu.bdevs()["null0"]
        assert (found["num_blocks"], found["block_size"]) == (blocks, size)
        assert found["assigned_rate_limits"] == limits


def test_a_malloc_volume_is_not_emptied_by_an_update(dpu: VolumeDpu) -> None:
    dpu.call("CreateMallocVolume", malloc_volume=SMALL | {"uuid": UUID}, malloc_volume_id="mal0")
    before = state(dpu)
    assert before["mal0"][0] == UUID
    changed = {"name": "volumes/mal0", "blocks_count": 4096}
    text = refused(
        dpu, grpc.StatusCode.FAILED_PRECONDITION, "UpdateMallocVolume", malloc_volume=changed
    )
    assert "losing its data" in text
    assert state(dpu) == before


def test_a_file_gives_its_size_grows_and_has_one_volume(dpu: VolumeDpu) -> None:
    volume = {"filename": str(dpu.file), "block_size": 512, "blocks_count": 12}
    made = dpu.call("CreateAioVolume", aio_volume=volume, aio_volume_id="aio0")
    assert (made.block_size, made.blocks_count) == (512, 2048)
    precondition = grpc.StatusCode.FAILED_PRECONDITION
    again = {"aio_volume": volume, "aio_volume_id": "aio1"}
    assert "aio0" in refused(dpu, precondition, "CreateAioVolume", **again)
    larger = {"name": "volumes/aio0", "blocks_count": 4096}
    text = refused(dpu, precondition, "UpdateAioVolume", aio_volume=larger)
    assert "blocks_count" in text
    with dpu.file.open("ab") as stream:
        stream.truncate(2 << 20)
    assert dpu.call("UpdateAioVolume", aio_volume=larger).blocks_count == 4096
    assert dpu.bdevs()["aio0"]["num_blocks"] == 4096
    missing = {"filename": str(dpu.file) + "x", "block_size": 512}
    lost = {"aio_volume": missing, "aio_volume_id": "aio1"}
    assert "there is no file" in refused(dpu, precondition, "CreateAioVolume", **lost)
    assert set(dpu.bdevs()) == {"aio0"}


def test_a_key_is_changed_while_unused_and_never_told(dpu: VolumeDpu) -> None:
    dpu.make_all()
    update = {
        "encrypted_volume": {
            "name": "volumes/enc0", "volume_name_ref": "aio0", "key": OTHER_KEY, "cipher": XTS_128,
        },
        "update_mask": {"paths": ["*"]},
    }  # fmt: skip
    answers = [dpu.call("UpdateEncryptedVolume", **update)]
    (key,) = ask(dpu.socket, "accel_crypto_keys_get")
    assert key["key"] + key["key2"] == OTHER_KEY.hex()
    dpu.encrypt("enc0", encrypted_volume_id="enc1")  # now enc0 is in use
    update["encrypted_volume"]["key"] = KEY  # type: ignore[index]
    text = refused(dpu, grpc.StatusCode.FAILED_PRECONDITION, "UpdateEncryptedVolume", **update)
    assert "in use" in text
    answers.append(dpu.call("GetEncryptedVolume", name="volumes/enc0"))
    assert all(not one.key for one in answers)
    told = text + "".join(str(MessageToDict(one)) for one in answers) + str(dpu.opid.log)
    for secret in (KEY, OTHER_KEY):
        assert secret.hex() not in told
        assert secret[:16].hex() not in told


def test_a_chain_that_is_refused_leaves_nothing(dpu: VolumeDpu) -> None:
    dpu.call("CreateNullVolume", null_volume=SMALL, null_volume_id="null0")
    dpu.encrypt("null0")
    for base in ("volumes/none", "null0"):  # missing; claimed
        with pytest.raises(grpc.RpcError) as caught:
            dpu.encrypt(base, encrypted_volume_id="enc1")
        error: Any = caught.value
        assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert "volume_name_ref" in error.details()
    assert (dpu.keys(), set(dpu.bdevs())) == (["enc0"], {"null0", "enc0"})


def test_one_qos_volume_limits_a_volume_and_deletion_lifts_its_limits(dpu: VolumeDpu) -> None:
    ask(dpu.socket, "bdev_malloc_create", name="Malloc0", block_size=512, num_blocks=64)
    dpu.limit("Malloc0", rw_bandwidth_mbs=2)
    with pytest.raises(grpc.RpcError, match="volumes/qos0"):
        dpu.limit("Malloc0", "qos1", rw_iops_kiops=1)
    limits = {"max": {"rd_bandwidth_mbs": 2}}
    changed = {"name": "volumes/qos0", "volume_name_ref": "Malloc0", "limits": limits}
    mask = {"paths": ["*"]}
    dpu.call("UpdateQosVolume", qos_volume=changed, update_mask=mask)
    now = dpu.bdevs()["Malloc0"]["assigned_rate_limits"]
    assert {name: one for name, one in now.items() if one} == {"r_mbytes_per_sec": 2}
    moved = changed | {"volume_name_ref": "Malloc1"}
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    refused(dpu, invalid, "UpdateQosVolume", qos_volume=moved, update_mask=mask)
    dpu.call("DeleteQosVolume", name="volumes/qos0")
    assert not any(dpu.bdevs()["Malloc0"]["assigned_rate_limits"].values())


def test_a_strangers_device_is_neither_taken_over_nor_deleted(dpu: VolumeDpu) -> None:
    ask(dpu.socket, "bdev_null_create", name="null0", block_size=512, num_blocks=2048)
    exists = grpc.StatusCode.ALREADY_EXISTS
    refused(dpu, exists, "CreateNullVolume", null_volume=SMALL, null_volume_id="null0")
    dpu.call("DeleteNullVolume", name="volumes/null0", allow_missing=True)
    assert set(dpu.bdevs()) == {"null0"}
    dpu.call("CreateNullVolume", null_volume=SMALL, null_volume_id="null1")
    ask(dpu.socket, "bdev_null_delete", name="null1")
    ask(dpu.socket, "bdev_null_create", name="null1", block_size=4096, num_blocks=7)
    changed = {"name": "volumes/null1", "blocks_count": 4096}
    refused(dpu, exists, "UpdateNullVolume", null_volume=changed)
    dpu.call("DeleteNullVolume", name="volumes/null1")
    assert dpu.bdevs()["null1"]["num_blocks"] == 7


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("NullVolume", SMALL | {"block_size": 500}, "block_size"),
    ("NullVolume", SMALL | {"blocks_count": -1}, "blocks_count"),
    ("NullVolume", SMALL | {"blocks_count": 1 << 60}, "blocks_count"),
    ("NullVolume", SMALL | {"uuid": "nope"}, "uuid"),
    ("MallocVolume", SMALL | {"metadata_size": 9}, "metadata_size"),
    ("AioVolume", {"filename": "disk"}, "filename"),
    ("AioVolume", {"filename": "/a/../b"}, "filename"),
    ("AioVolume", {"filename": "/proc/self/mem"}, "filename"),
    ("AioVolume", {"filename": "/a", "block_size": 1000}, "block_size"),
    ("EncryptedVolume", {"volume_name_ref": "a", "key": KEY, "cipher": CBC_128}, "cipher"),
    ("EncryptedVolume", {"volume_name_ref": "a", "key": KEY, "cipher": XTS_256}, "key"),
    ("EncryptedVolume", {"volume_name_ref": "a", "key": b"k" * 31, "cipher": XTS_128}, "key"),
    ("QosVolume", {"volume_name_ref": "a", "limits": {"max": {"rd_iops_kiops": 1}}},
     "limits.max.rd_iops_kiops"),
    ("QosVolume", {"volume_name_ref": "a", "limits": {"min": {"rw_iops_kiops": 1}}},
     "limits.min.rw_iops_kiops"),
    ("QosVolume", {"volume_name_ref": "a", "limits": {"max": {"rw_iops_kiops": -1}}},
     "limits.max.rw_iops_kiops"),
    ("QosVolume", {"volume_name_ref": "a", "limits": {"max": {}}}, "limits.max"),
]  # fmt: skip


def test_what_cannot_be_is_refused_by_field(dpu: VolumeDpu) -> None:
    for kind, volume, field in WRONG:
        request = {f"{kind.removesuffix('Volume').lower()}_volume": volume}
        text = refused(dpu, grpc.StatusCode.INVALID_ARGUMENT, f"Create{kind}", **request)
        assert f"{field}: " in text, (kind, volume, text)
    assert dpu.bdevs() == {}
