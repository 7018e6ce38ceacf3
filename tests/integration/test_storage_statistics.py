"""Statistics of every object are what hosts did with it, and nothing that others did."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest

from host_sim.options import Address, ConnectOptions, Identity
from host_sim.sync import SyncHost
from nbd_server.client import Connection
from nbd_server.wire import Command
from tests.spdk_target import ask
from tests.storage_dpu import Dpu, free_port, refused

pytestmark = pytest.mark.integration

BLOCK = 512
SUB, OTHER = "nvmeSubsystems/sub-0", "nvmeSubsystems/sub-1"
NQN = {SUB: "nqn.2022-09.io.spdk:sub0", OTHER: "nqn.2022-09.io.spdk:sub1"}
VOLUMES = ("vol-0", "vol-1", "vol-2")
WAYS = ("first", "second", "third")
SPACES = ((SUB, "ns-1"), (SUB, "ns-2"), (OTHER, "ns-3"))
CONTROLLERS = ((SUB, "first"), (SUB, "second"), (SUB, "function"), (OTHER, "third"))


@pytest.fixture(scope="module")
def dpu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dpu]:
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("dpu")
        yield Dpu(folder, stack, "--pcie-dir", str(folder / "functions"))


@pytest.fixture(scope="module")
def ports(dpu: Dpu) -> dict[str, int]:
    """Two subsystems: one has an encrypted and a limited namespace and three ways in."""
    size = {"block_size": BLOCK, "blocks_count": 2048}
    for name in VOLUMES:
        dpu.call("CreateMallocVolume", malloc_volume=size, malloc_volume_id=name)
    key: dict[str, Any] = {"key": bytes(range(32)), "cipher": "ENCRYPTION_TYPE_AES_XTS_128"}
    layer = {"volume_name_ref": "volumes/vol-0"} | key
    dpu.call("CreateEncryptedVolume", encrypted_volume=layer, encrypted_volume_id="enc-0")
    most = {"volume_name_ref": "volumes/vol-1", "limits": {"max": {"rw_bandwidth_mbs": 1000}}}
    dpu.call("CreateQosVolume", qos_volume=most, qos_volume_id="qos-1")
    for name, nqn in NQN.items():
        identity = name.rsplit("/", 1)[1]
        dpu.call(
            "CreateNvmeSubsystem", nvme_subsystem={"spec": {"nqn": nqn}}, nvme_subsystem_id=identity
        )
    for parent, identity, volume in (
        (SUB, "ns-1", "volumes/enc-0"), (SUB, "ns-2", "vol-1"), (OTHER, "ns-3", "vol-2"),
    ):  # fmt: skip
        spec = {"volume_name_ref": volume, "host_nsid": int(identity[-1])}
        dpu.call(
            "CreateNvmeNamespace",
            parent=parent,
            nvme_namespace={"spec": spec},
            nvme_namespace_id=identity,
        )
    found = {name: free_port() for name in WAYS}
    for parent, name in ((SUB, "first"), (SUB, "second"), (OTHER, "third")):
        where = {"traddr": "127.0.0.1", "trsvcid": str(found[name]), "adrfam": 1}
        way(dpu, parent, name, trtype=4, fabrics_id=where)
    way(dpu, SUB, "function", trtype=2, pcie_id=function())
    return found


def function() -> dict[str, Any]:
    numbers = ("port_id", "physical_function", "virtual_function")
    return {one: {"value": 0} for one in numbers}


def way(dpu: Dpu, parent: str, identity: str, **spec: Any) -> None:
    asked = {"nvme_controller": {"spec": spec}, "nvme_controller_id": identity}
    dpu.call("CreateNvmeController", parent=parent, **asked)


def counters(dpu: Dpu) -> dict[str, tuple[int, int, int, int]]:
    """Blocks and operations that were written and read, by the last part of the name."""
    names = {
        "MallocVolume": [f"volumes/{one}" for one in VOLUMES],
        "EncryptedVolume": ["volumes/enc-0"],
        "QosVolume": ["volumes/qos-1"],
        "NvmeSubsystem": [SUB, OTHER],
        "NvmeNamespace": [f"{parent}/nvmeNamespaces/{one}" for parent, one in SPACES],
        "NvmeController": [f"{parent}/nvmeControllers/{one}" for parent, one in CONTROLLERS],
    }
    return {
        name.rsplit("/", 1)[1]: _numbers(dpu.call(f"Stats{kind}", name=name).stats)
        for kind, some in names.items()
        for name in some
    }


def _numbers(stats: Any) -> tuple[int, int, int, int]:
    written, read = stats.write_bytes_count // BLOCK, stats.read_bytes_count // BLOCK
    return written, stats.write_ops_count, read, stats.read_ops_count


def host(number: int) -> Identity:
    return Identity.of(f"nqn.2014-08.org.nvmexpress:uuid:{number:08}-d51f-40c8-b348-2753f3571d3c")


def test_every_object_counts_what_hosts_did_with_it(dpu: Dpu, ports: dict[str, int]) -> None:
    with ExitStack() as stack:
        disks: dict[str, Any] = {}
        for number, (name, nqn) in enumerate(
            zip(WAYS, (NQN[SUB], NQN[SUB], NQN[OTHER]), strict=True)
        ):
            one = stack.enter_context(SyncHost())
            where = Address("127.0.0.1", ports[name])
            one.connect(ConnectOptions(where, nqn, identity=host(number + 1)))
            disks[name] = {disk.asynchronous.nsid: disk for disk in map(one.namespace, one.names())}
        before = counters(dpu)
        disks["first"][1].write(0, bytes(8 * BLOCK))
        disks["first"][1].write(8, bytes(8 * BLOCK))
        disks["first"][2].write(0, bytes(4 * BLOCK))
        disks["second"][1].read(0, 32)
        disks["second"][2].write(0, bytes(BLOCK))
        disks["third"][3].write(0, bytes(64 * BLOCK))
        asyncio.run(use_function(dpu.state.parent / "functions" / "pf0.sock"))
        after = counters(dpu)
    change = {
        name: tuple(now - then for now, then in zip(after[name], before[name], strict=True))
        for name in after
    }
    assert change == {
        "vol-0": (19, 3, 32, 1), "enc-0": (19, 3, 32, 1),
        "vol-1": (5, 2, 7, 1), "qos-1": (5, 2, 7, 1), "vol-2": (64, 1, 0, 0),
        "sub-0": (24, 5, 39, 2), "sub-1": (64, 1, 0, 0),
        "ns-1": (19, 3, 32, 1), "ns-2": (5, 2, 7, 1), "ns-3": (64, 1, 0, 0),
        "first": (20, 3, 0, 0), "second": (1, 1, 32, 1), "function": (3, 1, 7, 1),
        "third": (64, 1, 0, 0),
    }  # fmt: skip
    told = dpu.call("StatsNvmeController", name=f"{SUB}/nvmeControllers/first").stats
    assert told.write_latency_ticks > 0


async def use_function(socket: Path) -> None:
    """The host of a function writes 3 blocks to namespace 1 and reads 7 of namespace 2."""
    first, second = [await Connection.open(socket, name) for name in ("1", "2")]
    await first.request(Command.WRITE, 0, 3 * BLOCK, data=bytes(3 * BLOCK))
    await second.request(Command.READ, 0, 7 * BLOCK)
    for one in (first, second):
        await one.close()


def test_a_way_in_that_is_made_anew_begins_at_zero_and_the_others_go_on(
    dpu: Dpu, ports: dict[str, int]
) -> None:
    with SyncHost() as one:
        where = Address("127.0.0.1", ports["third"])
        one.connect(ConnectOptions(where, NQN[OTHER], identity=host(3)))
        one.namespace(one.names()[0]).write(0, bytes(2 * BLOCK))
    before = counters(dpu)
    name = f"{OTHER}/nvmeControllers/third"
    dpu.call("DeleteNvmeController", name=name)
    where_again = {"traddr": "127.0.0.1", "trsvcid": str(ports["third"]), "adrfam": 1}
    way(dpu, OTHER, "third", trtype=4, fabrics_id=where_again)
    after = counters(dpu)
    assert before["third"][0] >= 2
    assert after["third"] == (0, 0, 0, 0)
    assert {**after, "third": ()} == {**before, "third": ()}


def test_statistics_of_what_is_not_there_are_refused_and_not_zero(
    dpu: Dpu, ports: dict[str, int]
) -> None:
    address = {"trtype": "TCP", "traddr": "127.0.0.1", "trsvcid": str(ports["second"])}
    ask(dpu.socket, "nvmf_subsystem_remove_listener", nqn=NQN[SUB], listen_address=address)
    name = f"{SUB}/nvmeControllers/second"
    text = refused(dpu, grpc.StatusCode.FAILED_PRECONDITION, "StatsNvmeController", name=name)
    assert name in text
