"""Every call of the target fails once in every change: the change is done whole, or not at all.

A target that refuses leaves everything as it was. One that the line to breaks has, once it has
been restored, what the store says. In either case the same change goes through afterwards.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from dpu_sim.api.errors import ApiError
from dpu_sim.api.reconcile import Reconciliation
from dpu_sim.api.service import ResourceService
from dpu_sim.api.store import Store
from dpu_sim.services import build_services
from dpu_sim.settings import parse_settings
from tests.failing_relay import FailingRelay, Failure, failing_relay
from tests.spdk_target import ask, spdk_target, subsystems
from tests.storage_dpu import free_port
from tests.unit.dpu_sim.api.device import METHODS, make_call

Fields = dict[str, Any]
Step = tuple[str, str, Fields | None]
"""Kind, name, and the fields that it gets; None: it is deleted."""

NQN, OTHER = "nqn.2022-09.io.spdk:opi0", "nqn.2022-09.io.spdk:opi1"
HOST = "nqn.2014-08.org.nvmexpress:uuid:11111111-d51f-40c8-b348-2753f3571d3c"
OTHER_HOST = HOST.replace("1", "2", 8)
PSK = b"NVMeTLSkey-1:01:MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmZwJEiQ:"
OTHER_PSK = b"NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:"
NODE_NQN = "nqn.2016-06.io.spdk:cnode1"
KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
UUID = "1b4e28ba-2fa1-11d2-883f-b9a761bde3fb"
SIZE: Fields = {"block_size": 512, "blocks_count": 2048}
SUB, SPACE = "nvmeSubsystems/sub-0", "nvmeSubsystems/sub-0/nvmeNamespaces/ns-0"
WAY, REMOTE = "nvmeSubsystems/sub-0/nvmeControllers/ctl-0", "nvmeRemoteControllers/rem0"
PATH = f"{REMOTE}/nvmePaths/path-0"
FORGETS_KEY = "keyring_file_remove_key"
"""A target that will not forget a key holds nothing up: nobody uses it, and its file is gone."""

PORTS = tuple(free_port() for _ in range(2))


@dataclass(frozen=True)
class Place:
    """What stands for addresses and files that are known only once the test runs."""

    number: int


def subsystem(**spec: Any) -> Step:
    return "NvmeSubsystem", SUB, {"spec": {"nqn": NQN} | spec}


def way(number: int) -> Step:
    where = {"traddr": "127.0.0.1", "trsvcid": str(PORTS[number]), "adrfam": 1}
    return "NvmeController", WAY, {"spec": {"trtype": 4, "fabrics_id": where}}


def function(number: int) -> Step:
    numbers = {"port_id": 0, "physical_function": 0, "virtual_function": number}
    where = {name: {"value": value} for name, value in numbers.items()}
    return "NvmeController", WAY, {"spec": {"trtype": 2, "pcie_id": where}}


def space(volume: str, **spec: Any) -> Step:
    return "NvmeNamespace", SPACE, {"spec": {"volume_name_ref": volume} | spec}


def encrypted(key: bytes, base: str = "volumes/vol-0") -> Step:
    fields = {"volume_name_ref": base, "key": key, "cipher": "ENCRYPTION_TYPE_AES_XTS_128"}
    return "EncryptedVolume", "volumes/enc-0", fields


def limited(base: str = "vol-0", **most: int) -> Step:
    fields: Fields = {"volume_name_ref": f"volumes/{base}", "limits": {"max": most}}
    return "QosVolume", "volumes/qos-0", fields


def path(number: int) -> Step:
    where = {"trsvcid": Place(number), "subnqn": NODE_NQN, "adrfam": 1}
    return "NvmePath", PATH, {"trtype": 4, "traddr": "127.0.0.1", "fabrics": where}


def disk(virtual: int, volume: str = "vol-0", **most: int) -> Step:
    numbers = {"port_id": 0, "physical_function": 0, "virtual_function": virtual}
    where = {name: {"value": value} for name, value in numbers.items()}
    fields: Fields = {"pcie_id": where, "volume_name_ref": volume}
    return "VirtioBlk", "volumes/disk-0", fields | ({"max_limit": most} if most else {})


def unit(volume: str = "vol-0", controller: str = "scsi-0") -> Step:
    fields = {"target_name_ref": controller, "volume_name_ref": f"volumes/{volume}"}
    return "VirtioScsiLun", "volumes/unit-0", fields


def scsi(number: int = 0) -> Step:
    numbers = {"port_id": 0, "physical_function": 1, "virtual_function": number}
    where = {name: {"value": value} for name, value in numbers.items()}
    return "VirtioScsiController", f"volumes/scsi-{number}", {"pcie_id": where}


def gone(step: Step) -> Step:
    return step[0], step[1], None


def volume(kind: str, name: str = "vol-0", **fields: Any) -> Step:
    return kind, f"volumes/{name}", fields or SIZE


VOL, VOL_1 = volume("MallocVolume"), volume("MallocVolume", "vol-1")
NULL, AIO = volume("NullVolume"), volume("AioVolume", filename=Place(0), block_size=512)
FAILOVER: Step = ("NvmeRemoteController", REMOTE, {"multipath": 2})
DISABLE: Step = ("NvmeRemoteController", REMOTE, {"multipath": 1})

CHANGES: dict[str, tuple[list[Step], Step]] = {
    "create malloc": ([], VOL),
    "create null": ([], NULL),
    "create aio": ([], AIO),
    "delete malloc": ([VOL], gone(VOL)),
    "delete aio": ([AIO], gone(AIO)),
    "resize null": ([NULL], volume("NullVolume", block_size=512, blocks_count=4096)),
    "other blocks null": ([NULL], volume("NullVolume", block_size=4096, blocks_count=64)),
    "other uuid limited null": (
        [NULL, limited(rw_bandwidth_mbs=5)],
        volume("NullVolume", uuid=UUID, **SIZE),
    ),
    "other file aio": ([AIO], volume("AioVolume", filename=Place(1), block_size=512)),
    "create encrypted": ([VOL], encrypted(KEY)),
    "other key": ([VOL, encrypted(KEY)], encrypted(OTHER_KEY)),
    "other key limited": (
        [VOL, encrypted(KEY), limited("enc-0", rw_bandwidth_mbs=5)],
        encrypted(OTHER_KEY),
    ),
    "other base": ([VOL, VOL_1, encrypted(KEY)], encrypted(KEY, "volumes/vol-1")),
    "delete encrypted": ([VOL, encrypted(KEY)], gone(encrypted(KEY))),
    "create qos": ([VOL], limited(rw_bandwidth_mbs=5)),
    "other limits": ([VOL, limited(rw_bandwidth_mbs=5)], limited(rd_bandwidth_mbs=7)),
    "delete qos": ([VOL, limited(rw_bandwidth_mbs=5)], gone(limited())),
    "create subsystem": ([], subsystem(hostnqn=HOST, psk=PSK)),
    "other host": ([subsystem(hostnqn=HOST)], subsystem(hostnqn=OTHER_HOST)),
    "open to all": ([subsystem(hostnqn=HOST)], subsystem()),
    "other psk": ([subsystem(hostnqn=HOST, psk=PSK)], subsystem(hostnqn=HOST, psk=OTHER_PSK)),
    "other serial": ([subsystem(hostnqn=HOST)], subsystem(hostnqn=HOST, serial_number="SN2")),
    "other nqn": ([subsystem(hostnqn=HOST, psk=PSK)], subsystem(nqn=OTHER, hostnqn=HOST, psk=PSK)),
    "delete subsystem": ([subsystem(hostnqn=HOST, psk=PSK)], gone(subsystem())),
    "create namespace": ([VOL, subsystem()], space("vol-0", uuid=UUID)),
    "other volume": ([VOL, VOL_1, subsystem(), space("vol-0")], space("vol-1")),
    "other number": ([VOL, subsystem(), space("vol-0")], space("vol-0", host_nsid=4)),
    "delete namespace": ([VOL, subsystem(), space("vol-0")], gone(space(""))),
    "create controller": ([subsystem()], way(0)),
    "other address": ([subsystem(), way(0)], way(1)),
    "delete controller": ([subsystem(), way(0)], gone(way(0))),
    "create function": ([subsystem()], function(1)),
    "other function": ([subsystem(), function(1)], function(2)),
    "from tcp to function": ([subsystem(), way(0)], function(1)),
    "delete function": ([subsystem(), function(1)], gone(function(1))),
    "create disk": ([VOL], disk(1, rw_bandwidth_mbs=5)),
    "limit disk": ([VOL, disk(1)], disk(1, rw_bandwidth_mbs=5)),
    "limit disk no more": ([VOL, disk(1, rw_bandwidth_mbs=5)], disk(1)),
    "other disk volume": (
        [VOL, VOL_1, disk(1, rw_bandwidth_mbs=5)],
        disk(1, "vol-1", wr_bandwidth_mbs=7),
    ),
    "delete disk": ([VOL, disk(1, rw_bandwidth_mbs=5)], gone(disk(1))),
    "create scsi": ([], scsi()),
    "delete scsi": ([scsi()], gone(scsi())),
    "create scsi unit": ([VOL, scsi()], unit()),
    "other scsi volume": ([VOL, VOL_1, scsi(), unit()], unit("vol-1")),
    "other scsi controller": ([VOL, scsi(), scsi(1), unit()], unit(controller="scsi-1")),
    "delete scsi unit": ([VOL, scsi(), unit()], gone(unit())),
    "create remote": ([], FAILOVER),
    "delete remote": ([FAILOVER], gone(FAILOVER)),
    "create path": ([FAILOVER], path(0)),
    "other path": ([FAILOVER, path(0)], path(1)),
    "other only path": ([DISABLE, path(0)], path(1)),
    "delete path": ([FAILOVER, path(0)], gone(path(0))),
}


class Life:
    """opid's services in this process, whose calls go through a relay."""

    def __init__(self, folder: Path, socket: Path, store: Store) -> None:
        flags = ["--insecure", "--state-dir", str(folder), "--spdk-socket", str(socket)]
        flags += ["--pcie-dir", str(folder / "functions")]
        self._built = build_services(parse_settings(flags, {}), store)
        self._services: dict[str, ResourceService[Any]] = {
            one.kind.kind: one for one in self._built.resources
        }
        self._reconciliation = Reconciliation(store)
        self.close = self._built.close

    async def take(self, step: Step) -> None:
        """Make a change. Raises ApiError."""
        kind, name, fields = step
        if fields is None:
            method = METHODS[f"Delete{kind}"]
            request: Any = method.request
            await self._services[kind].delete(
                request(name=name, allow_missing=True), make_call(method)
            )
            return
        method = METHODS[f"Update{kind}"]
        request = method.request
        asked = {self._services[kind].kind.field("Update"): {"name": name} | fields}
        mask = {"update_mask": {"paths": ["*"]}, "allow_missing": True}
        await self._services[kind].update(request(**asked, **mask), make_call(method))

    async def restore(self) -> None:
        """What follows when a target has gone away and come back."""
        self._reconciliation.begin(self._services.values(), self._built.looking)
        for _ in range(20):
            if await self._reconciliation.attempt():
                return
            await asyncio.sleep(0.05)
        pytest.fail("the target does not get what the store says")


@dataclass(frozen=True)
class World:
    """The processes that tests share."""

    target: Path
    folder: Path
    node: tuple[int, int]

    def filled(self, step: Step) -> Step:
        """A step with the ports of the storage node and the files of this test."""
        return step[0], step[1], self._fill(step[2], step[0]) if step[2] is not None else None

    def _fill(self, fields: Fields, kind: str) -> Fields:
        def value(one: Any) -> Any:
            if isinstance(one, Place):
                return (
                    str(self.folder / f"disk{one.number}")
                    if kind == "AioVolume"
                    else (self.node[one.number])
                )
            return self._fill(one, kind) if isinstance(one, dict) else one

        return {name: value(one) for name, one in fields.items()}

    def seen(self, state: Path) -> dict[str, Any]:
        """What the target has, what the folder of keys has, and that of functions."""
        controllers = ask(self.target, "bdev_nvme_get_controllers")
        return {
            "bdevs": {one["name"]: _shown(one) for one in ask(self.target, "bdev_get_bdevs")},
            "crypto": {one["name"]: one for one in ask(self.target, "accel_crypto_keys_get")},
            "subsystems": subsystems(self.target),
            "remote": [(one["name"], c["trid"]) for one in controllers for c in one["ctrlrs"]],
            "keyring": sorted(
                one["name"] for one in ask(self.target, "keyring_get_keys") if not one["removed"]
            ),
            "files": sorted(one.name for one in (state / "keys").glob("*")),
            "vhost": {
                one["ctrlr"]: one["backend_specific"]
                for one in ask(self.target, "vhost_get_controllers")
            },
            "functions": sorted(one.name for one in (state / "functions").glob("*")),
        }

    def clear(self) -> None:
        """Take everything away from the target."""
        for one in ask(self.target, "vhost_get_controllers"):
            ask(self.target, "vhost_delete_controller", ctrlr=one["ctrlr"])
        for nqn in subsystems(self.target):
            ask(self.target, "nvmf_delete_subsystem", nqn=nqn)
        for one in ask(self.target, "keyring_get_keys"):
            ask(self.target, "keyring_file_remove_key", name=one["name"])
        for one in ask(self.target, "bdev_nvme_get_controllers"):
            ask(self.target, "bdev_nvme_detach_controller", name=one["name"])
        for module in ("crypto", "malloc", "null", "aio"):
            for one in ask(self.target, "bdev_get_bdevs"):
                with suppress(Exception):
                    ask(self.target, f"bdev_{module}_delete", name=one["name"])
        for one in ask(self.target, "accel_crypto_keys_get"):
            ask(self.target, "accel_crypto_key_destroy", key_name=one["name"])
        assert ask(self.target, "bdev_get_bdevs") == []


def _shown(bdev: dict[str, Any]) -> dict[str, Any]:
    wanted = ("uuid", "block_size", "num_blocks", "claimed", "assigned_rate_limits")
    specific = bdev["driver_specific"]
    return {name: bdev[name] for name in wanted} | {
        "file": specific.get("aio", {}).get("filename"),
        "base": specific.get("crypto", {}).get("base_bdev_name"),
    }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    (folder / "node").mkdir()
    node, ports = folder / "node" / "spdk.sock", (free_port(), free_port())
    for number in range(2):
        (folder / f"disk{number}").write_bytes(bytes(1 << 20))
    with spdk_target(folder / "spdk.sock", "-S", str(folder)), spdk_target(node):
        ask(node, "bdev_malloc_create", name="disk", block_size=512, num_blocks=64)
        ask(node, "nvmf_create_transport", trtype="TCP")
        ask(node, "nvmf_create_subsystem", nqn=NODE_NQN, allow_any_host=True)
        ask(node, "nvmf_subsystem_add_ns", nqn=NODE_NQN, namespace={"bdev_name": "disk"})
        for port in ports:
            where = {"trtype": "TCP", "traddr": "127.0.0.1", "trsvcid": str(port)}
            ask(node, "nvmf_subsystem_add_listener", nqn=NODE_NQN, listen_address=where)
        yield World(folder / "spdk.sock", folder, ports)


Work = Callable[[Life, FailingRelay, Store], Coroutine[Any, Any, None]]


def living(world: World, state: Path, work: Work) -> None:
    """Do `work` with an empty store and an empty target."""

    async def main() -> None:
        world.clear()
        socket = world.folder / "relay.sock"
        async with failing_relay(socket, world.target) as relay, Store(state) as store:
            life = Life(state, socket, store)
            try:
                await work(life, relay, store)
            finally:
                await asyncio.to_thread(life.close)

    asyncio.run(main())


async def look(world: World, state: Path) -> dict[str, Any]:
    return await asyncio.to_thread(world.seen, state)


def stored(store: Store) -> dict[tuple[str, str], bytes]:
    return {(one.kind, one.name): one.message for one in store.everything()}


def once(world: World, state: Path, change: str, number: int, failure: Failure) -> bool:
    """Let one call fail; whether there was one to fail."""
    before, step = CHANGES[change]
    failed = True

    async def work(life: Life, relay: FailingRelay, store: Store) -> None:
        nonlocal failed
        for one in before:
            await life.take(world.filled(one))
        was, had = await look(world, state), stored(store)
        relay.arm(number, failure)
        refused = False
        try:
            await life.take(world.filled(step))
        except ApiError:
            refused = True
        relay.disarm()
        failed, where = bool(relay.failed), f"call {number}, {relay.failed} {failure}"
        if failure is not Failure.REFUSED and failed:
            await life.restore()
        if refused and (failure is Failure.REFUSED or stored(store) == had):
            assert await look(world, state) == was, where
            assert stored(store) == had, where
        keeps_key = relay.failed == FORGETS_KEY and failure is Failure.REFUSED
        assert store.intents() == [], where
        await life.take(world.filled(step))
        done, has = await look(world, state), stored(store)
        await life.restore()
        assert (await look(world, state), stored(store)) == (done, has), where
        plain = anonymous(done, state)
        assert keeps_key or plain == FINISHED.setdefault(change, plain), where
        assert ((step[0], step[1]) in has) == (step[2] is not None), where

    living(world, state, work)
    return failed


FINISHED: dict[str, str] = {}
"""How the target looks after each change that nothing has disturbed."""


def anonymous(seen: dict[str, Any], state: Path) -> str:
    """What the target has, without what differs from store to store."""
    text = json.dumps(seen, sort_keys=True).replace(str(state), "STATE")
    return re.sub(r"opi-[0-9a-f]{32}", "KEY", text)


QUICK = {
    "create malloc", "other uuid limited null", "create aio", "other key limited",
    "delete encrypted", "create qos", "create subsystem", "other psk", "other nqn",
    "delete subsystem", "other volume", "other address", "from tcp to function",
    "other disk volume", "other scsi volume", "other path",
}  # fmt: skip
"""Those that every run goes through; the rest comes with full ones."""


@pytest.mark.parametrize(
    "failure",
    [
        Failure.REFUSED,
        *(
            pytest.param(one, marks=pytest.mark.full)
            for one in Failure
            if one is not Failure.REFUSED
        ),
    ],
)
@pytest.mark.parametrize(
    "change",
    [pytest.param(one, marks=() if one in QUICK else pytest.mark.full) for one in CHANGES],
)
def test_a_change_is_done_whole_or_not_at_all(
    change: str, failure: Failure, world: World, tmp_path: Path
) -> None:
    assert not once(world, tmp_path / "whole", change, 1 << 20, failure)
    for number in count():
        if not once(world, tmp_path / str(number), change, number, failure):
            break
    assert number > 0 or change == "delete remote"
