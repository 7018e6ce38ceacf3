"""NVMe subsystems, controllers and namespaces over gRPC on a live target, come what may."""

from __future__ import annotations

import asyncio
import ssl
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path
from typing import Any

import grpc
import pytest

from nbd_server.client import list_exports
from tests.spdk_target import ask, subsystems
from tests.storage_dpu import Dpu, becomes, free_port, refused, wait_for_health

pytestmark = pytest.mark.integration

HOST = "nqn.2014-08.org.nvmexpress:uuid:feb98abe-d51f-40c8-b348-2753f3571d3c"
UUID = "1b4e28ba-2fa1-11d2-883f-b9a761bde3fb"
EUI64 = 1967554867335598546
PSK = b"NVMeTLSkey-1:01:MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmZwJEiQ:"
OTHER_PSK = b"NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:"
SMALL = {"block_size": 512, "blocks_count": 2048}
TCP, RDMA, PCIE = 4, 3, 2
IPV4, IPV6 = 1, 2
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
INVALID = grpc.StatusCode.INVALID_ARGUMENT
UNIMPLEMENTED = grpc.StatusCode.UNIMPLEMENTED

_numbers = count()


class Chain:
    """A subsystem of its own on a DPU, and the calls for what belongs to it."""

    def __init__(self, dpu: Dpu, **spec: Any) -> None:
        self.dpu = dpu
        self.id = f"sub-{next(_numbers)}"
        self.name = f"nvmeSubsystems/{self.id}"
        self.nqn = f"nqn.2022-09.io.spdk:{self.id}"
        asked = {"spec": {"nqn": self.nqn} | spec}
        dpu.call("CreateNvmeSubsystem", nvme_subsystem=asked, nvme_subsystem_id=self.id)

    def volume(self) -> str:
        """A volume; its id."""
        made = f"vol-{next(_numbers)}"
        self.dpu.call("CreateMallocVolume", malloc_volume=SMALL, malloc_volume_id=made)
        return made

    def add(self, volume: str, identity: str = "ns-0", **spec: Any) -> Any:
        asked = {"spec": {"volume_name_ref": volume} | spec}
        request = {"nvme_namespace": asked, "nvme_namespace_id": identity}
        return self.dpu.call("CreateNvmeNamespace", parent=self.name, **request)

    def listen(self, port: int, identity: str = "ctl-0", **spec: Any) -> Any:
        asked = {"spec": {"trtype": TCP, "fabrics_id": at(port)} | spec}
        request = {"nvme_controller": asked, "nvme_controller_id": identity}
        return self.dpu.call("CreateNvmeController", parent=self.name, **request)

    def refuses(self, code: grpc.StatusCode, kind: str, **spec: Any) -> str:
        """The words with which a creation is refused."""
        field = {"NvmeNamespace": "nvme_namespace", "NvmeController": "nvme_controller"}[kind]
        return refused(self.dpu, code, f"Create{kind}", parent=self.name, **{field: {"spec": spec}})

    @property
    def seen(self) -> dict[str, Any]:
        """The subsystem on the target."""
        return subsystems(self.dpu.socket)[self.nqn]

    def namespaces(self) -> dict[int, str]:
        """The target's namespaces: devices by number."""
        return {one["nsid"]: one["bdev_name"] for one in self.seen["namespaces"]}

    def ports(self) -> list[str]:
        """Where the target listens, sorted."""
        return sorted(f"{one['traddr']}:{one['trsvcid']}" for one in self.seen["listen_addresses"])


def at(port: int, address: str = "127.0.0.1", family: int = IPV4) -> dict[str, Any]:
    return {"traddr": address, "trsvcid": str(port), "adrfam": family}


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


def test_a_volume_becomes_a_namespace_that_hosts_find_at_a_controller(dpu: Dpu) -> None:
    chain = Chain(dpu, hostnqn=HOST)
    volume, port = chain.volume(), free_port()
    identity: dict[str, Any] = {"uuid": UUID, "nguid": UUID.upper(), "eui64": EUI64}
    space = chain.add(f"volumes/{volume}", host_nsid=7, **identity)
    way = chain.listen(port, nvme_controller_id=17, sqes=7, cqes=8)
    assert (space.name, way.name) == (
        f"{chain.name}/nvmeNamespaces/ns-0", f"{chain.name}/nvmeControllers/ctl-0",
    )  # fmt: skip
    assert (space.status.state, space.status.oper_state) == (2, 1)  # ENABLED, ONLINE
    assert (way.status.active, way.spec.nvme_controller_id) == (True, -1)
    (there,) = chain.seen["namespaces"]
    assert (there["nsid"], there["bdev_name"]) == (7, volume)
    assert there["uuid"] == UUID
    assert there["nguid"] == UUID.replace("-", "").upper()
    assert there["eui64"] == f"{EUI64:016X}"
    assert chain.ports() == [f"127.0.0.1:{port}"]
    for kind, one in (("NvmeNamespace", space), ("NvmeController", way)):
        assert dpu.call(f"Get{kind}", name=one.name) == one
        (_, listed), = dpu.call(f"List{kind}s", parent=chain.name).ListFields()  # fmt: skip
        assert list(listed) == [one]
        assert dpu.call(f"Stats{kind}", name=one.name).stats.read_ops_count == 0
    assert dpu.call("StatsNvmeSubsystem", name=chain.name).stats.write_ops_count == 0
    taken = refused(dpu, PRECONDITION, "DeleteNvmeSubsystem", name=chain.name)
    assert space.name in taken
    assert way.name in taken
    in_use = refused(dpu, PRECONDITION, "DeleteMallocVolume", name=f"volumes/{volume}")
    assert space.name in in_use
    dpu.call("DeleteNvmeController", name=way.name)
    dpu.call("DeleteNvmeNamespace", name=space.name)
    assert (chain.seen["namespaces"], chain.ports()) == ([], [])
    dpu.call("DeleteNvmeSubsystem", name=chain.name)
    dpu.call("DeleteMallocVolume", name=f"volumes/{volume}")
    assert chain.nqn not in subsystems(dpu.socket)


def test_numbers_are_chosen_by_the_target_and_kept(dpu: Dpu) -> None:
    chain = Chain(dpu)
    volumes = [chain.volume() for _ in range(3)]
    made = [chain.add(volume, f"ns-{n}") for n, volume in enumerate(volumes)]
    assert [one.spec.host_nsid for one in made] == [1, 2, 3]
    again = chain.add(volumes[1], "ns-1")  # the same request gives what is there
    assert again == made[1]
    dpu.call("DeleteNvmeNamespace", name=made[0].name)
    assert dpu.call("GetNvmeNamespace", name=made[1].name).spec.host_nsid == 2
    assert chain.namespaces() == {2: volumes[1], 3: volumes[2]}


def test_an_update_gives_a_namespace_another_volume_number_or_identity(dpu: Dpu) -> None:
    chain = Chain(dpu)
    first, second = chain.volume(), chain.volume()
    name = chain.add(first).name

    def update(*paths: str, **spec: Any) -> Any:
        asked = {"name": name, "spec": spec}
        mask = {"paths": [f"spec.{path}" for path in paths] or ["*"]}
        return dpu.call("UpdateNvmeNamespace", nvme_namespace=asked, update_mask=mask)

    update("volume_name_ref", volume_name_ref=f"volumes/{second}")
    assert chain.namespaces() == {1: second}
    update("host_nsid", host_nsid=9)
    assert chain.namespaces() == {9: second}
    update("uuid", uuid=UUID)
    assert chain.seen["namespaces"][0]["uuid"] == UUID
    kept = update(volume_name_ref=first)  # a number that is left open stays
    assert kept.spec.host_nsid == 9
    assert chain.namespaces() == {9: first}
    assert chain.seen["namespaces"][0]["uuid"] != UUID
    dpu.call("DeleteMallocVolume", name=f"volumes/{second}")  # nobody's any more


def test_an_update_that_is_refused_leaves_the_namespace_as_it_was(dpu: Dpu) -> None:
    chain = Chain(dpu, max_namespaces=4)
    first, second = chain.volume(), chain.volume()
    name = chain.add(first, uuid=UUID).name
    chain.add(second, "ns-1")
    before = chain.seen["namespaces"]
    for spec, words in (
        ({"volume_name_ref": second}, "/nvmeNamespaces/ns-1's"),
        ({"volume_name_ref": "nothing"}, "no volume"),
        ({"volume_name_ref": first, "host_nsid": 2}, "host_nsid: 2 is taken"),
    ):
        asked = {"nvme_namespace": {"name": name, "spec": spec}}
        assert words in refused(dpu, PRECONDITION, "UpdateNvmeNamespace", **asked)
    assert chain.seen["namespaces"] == before


def test_namespaces_that_cannot_be_are_refused_with_the_reason(dpu: Dpu) -> None:
    chain, other = Chain(dpu, max_namespaces=2), Chain(dpu)
    volume = chain.volume()
    chain.add(volume)
    taken = [
        chain.refuses(PRECONDITION, "NvmeNamespace", volume_name_ref=volume),
        other.refuses(PRECONDITION, "NvmeNamespace", volume_name_ref=volume),
    ]
    assert f"{chain.name}/nvmeNamespaces/ns-0" in taken[0]
    assert f"{chain.name}/nvmeNamespaces/ns-0's" in taken[1]
    ask(dpu.socket, "bdev_malloc_create", name="MallocX", block_size=512, num_blocks=64)
    ask(dpu.socket, "bdev_passthru_create", name="Above", base_bdev_name="MallocX")
    below = other.refuses(PRECONDITION, "NvmeNamespace", volume_name_ref="MallocX")
    assert "volume_name_ref: MallocX is in use" in below
    free = chain.volume()
    for spec, words in (
        ({"host_nsid": 3}, "at most 2"),
        ({"host_nsid": -1}, "host_nsid"),
        ({"uuid": "1b4e28ba"}, "uuid"),
        ({"nguid": "1b4e28ba-2fa1"}, "nguid"),
        ({"nguid": "0" * 32}, "nguid"),
    ):
        asked: dict[str, Any] = {"volume_name_ref": free} | spec
        assert words in chain.refuses(INVALID, "NvmeNamespace", **asked)
    assert chain.namespaces() == {1: volume}
    missing = {"nvme_namespace": {"spec": {"volume_name_ref": free}}}
    nowhere = {"parent": "nvmeSubsystems/nowhere"} | missing
    refused(dpu, grpc.StatusCode.NOT_FOUND, "CreateNvmeNamespace", **nowhere)


def test_a_controller_moves_and_shares_its_address_with_other_subsystems(dpu: Dpu) -> None:
    chain, other = Chain(dpu), Chain(dpu)
    before, after = free_port(), free_port()
    name = chain.listen(before).name
    other.listen(before)
    update = {"nvme_controller": {"name": name, "spec": {"fabrics_id": at(after)}}}
    dpu.call("UpdateNvmeController", **update)
    assert (chain.ports(), other.ports()) == ([f"127.0.0.1:{after}"], [f"127.0.0.1:{before}"])
    assert name in chain.refuses(PRECONDITION, "NvmeController", trtype=TCP, fabrics_id=at(after))
    chain.listen(before, "ctl-1")
    listed = dpu.call("ListNvmeControllers", parent=chain.name)
    assert [one.status.active for one in listed.nvme_controllers] == [True, True]
    assert listed.next_page_token == ""


def test_controllers_that_cannot_be_are_refused_with_the_reason(dpu: Dpu) -> None:
    chain = Chain(dpu)
    port = free_port()
    function = {name: {"value": 0} for name in ("port_id", "physical_function")}
    beyond = function | {"virtual_function": {"value": 10000}}
    for code, spec, words in (
        (INVALID, {"trtype": TCP}, "fabrics_id"),
        (INVALID, {"trtype": PCIE, "fabrics_id": at(port)}, "pcie_id"),
        (INVALID, {"trtype": 5, "fabrics_id": at(port)}, "TCP or PCIE"),
        (INVALID, {"trtype": TCP, "fabrics_id": at(port, "::1")}, "IPv4"),
        (INVALID, {"trtype": TCP, "fabrics_id": at(port, "dpu0")}, "traddr"),
        (INVALID, {"trtype": TCP, "fabrics_id": at(70000)}, "trsvcid"),
        (INVALID, {"trtype": TCP, "fabrics_id": at(port, family=4)}, "adrfam"),
        (INVALID, {"trtype": PCIE, "pcie_id": beyond}, "virtual_function"),
        (UNIMPLEMENTED, {"trtype": RDMA, "fabrics_id": at(port)}, "RDMA"),
        (UNIMPLEMENTED, {"trtype": TCP, "fabrics_id": at(port),
                         "max_limit": {"rw_iops_kiops": 1}}, "QosVolume"),
        (PRECONDITION, {"trtype": TCP, "fabrics_id": at(port, "192.0.2.1")}, "192.0.2.1"),
    ):  # fmt: skip
        asked: dict[str, Any] = spec
        assert words in chain.refuses(code, "NvmeController", **asked)
    assert chain.ports() == []
    assert not (dpu.state.parent / "functions").exists()


def test_a_controller_over_pcie_offers_its_namespaces_to_the_host_of_the_function(dpu: Dpu) -> None:
    socket = dpu.state.parent / "functions" / "pf0.sock"
    chain = Chain(dpu)
    chain.add(chain.volume(), host_nsid=3)
    numbers = ("port_id", "physical_function", "virtual_function")
    function = {number: {"value": 0} for number in numbers}
    way = chain.listen(0, trtype=PCIE, fabrics_id=None, pcie_id=function)
    exports = asyncio.run(list_exports(socket))
    assert {name: one.size for name, one in exports.items()} == {"3": 512 * 2048}
    again: dict[str, Any] = {"trtype": PCIE, "pcie_id": function}
    assert way.name in Chain(dpu).refuses(PRECONDITION, "NvmeController", **again)
    dpu.call("DeleteNvmeController", name=way.name)
    assert list(socket.parent.iterdir()) == []


def test_a_controller_over_pcie_is_restored_and_goes_also_without_its_folder(
    mortal: Dpu, tmp_path: Path
) -> None:
    mortal.kill_opid()
    mortal.flags = ("--pcie-dir", str(tmp_path / "functions"))
    mortal.start_opid()
    chain = Chain(mortal)
    numbers = {"port_id": 0, "physical_function": 0, "virtual_function": 2}
    function = {name: {"value": number} for name, number in numbers.items()}
    spec = {"trtype": PCIE, "pcie_id": function}
    asked = {"parent": chain.name, "nvme_controller": {"spec": spec}}
    way = mortal.call("CreateNvmeController", nvme_controller_id="ctl-0", **asked)
    before = chain.seen
    (served,) = before["listen_addresses"]
    assert (served["trtype"], served["traddr"]) == (
        "VFIOUSER", str(tmp_path / "functions" / "pf0vf1"),
    )  # fmt: skip
    mortal.kill_target()
    mortal.start_target()
    assert becomes(lambda: subsystems(mortal.socket).get(chain.nqn) == before)
    assert wait_for_health(mortal)
    mortal.kill_opid()
    mortal.flags = ()
    mortal.start_opid()
    assert not mortal.call("GetNvmeController", name=way.name).status.active
    mortal.call("DeleteNvmeController", name=way.name)
    mortal.call("DeleteNvmeSubsystem", name=chain.name)
    assert chain.nqn not in subsystems(mortal.socket)


def test_restarts_of_either_and_of_both_bring_the_chain_back(mortal: Dpu) -> None:
    chain = Chain(mortal, hostnqn=HOST, serial_number="SN1")
    chain.add(chain.volume())
    chain.add(chain.volume(), "ns-1", host_nsid=5, uuid=UUID)
    chain.listen(free_port())
    before = chain.seen
    mortal.kill_opid()
    mortal.start_opid()
    assert wait_for_health(mortal)
    assert chain.seen == before
    for dead in ({"target"}, {"opid", "target"}):
        mortal.restart(*dead)
        assert becomes(lambda: subsystems(mortal.socket).get(chain.nqn) == before)
        assert wait_for_health(mortal)


def test_what_strangers_did_to_it_shows_and_is_mended_by_a_restart(mortal: Dpu) -> None:
    chain = Chain(mortal)
    port = free_port()
    space, way = chain.add(chain.volume(), uuid=UUID), chain.listen(port)
    before = chain.seen
    ask(mortal.socket, "nvmf_subsystem_remove_ns", nqn=chain.nqn, nsid=1)
    (address,) = before["listen_addresses"]
    ask(mortal.socket, "nvmf_subsystem_remove_listener", nqn=chain.nqn, listen_address=address)
    assert mortal.call("GetNvmeNamespace", name=space.name).status.oper_state == 2  # OFFLINE
    assert not mortal.call("GetNvmeController", name=way.name).status.active
    other = {"bdev_name": before["namespaces"][0]["bdev_name"], "nsid": 3}
    ask(mortal.socket, "nvmf_subsystem_add_ns", nqn=chain.nqn, namespace=other)
    mortal.kill_opid()
    mortal.start_opid()
    assert wait_for_health(mortal)
    assert chain.seen == before


def test_a_key_of_tls_reaches_the_target_and_nobody_else(mortal: Dpu) -> None:
    chain = Chain(mortal, hostnqn=HOST, psk=PSK)
    (key,) = ask(mortal.socket, "keyring_get_keys")
    file = Path(key["path"])
    assert file.read_bytes() == PSK
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert not mortal.call("GetNvmeSubsystem", name=chain.name).spec.psk
    before = chain.seen
    mortal.kill_target()
    mortal.start_target()
    assert becomes(lambda: subsystems(mortal.socket).get(chain.nqn) == before)
    assert ask(mortal.socket, "keyring_get_keys") == [key]
    changed = {"name": chain.name, "spec": {"psk": OTHER_PSK}}
    mortal.call("UpdateNvmeSubsystem", nvme_subsystem=changed)
    (now,) = ask(mortal.socket, "keyring_get_keys")
    assert Path(now["path"]).read_bytes() == OTHER_PSK
    assert not file.exists()
    assert chain.seen == before
    mortal.call("DeleteNvmeSubsystem", name=chain.name)
    assert ask(mortal.socket, "keyring_get_keys") == []
    assert list(file.parent.iterdir()) == []
    told = str(mortal.opid.log)
    assert PSK.decode() not in told
    assert OTHER_PSK.decode() not in told


def test_whether_a_controller_takes_tls_is_settled_when_it_is_created(dpu: Dpu) -> None:
    chain = Chain(dpu, hostnqn=HOST, psk=PSK)
    if not hasattr(ssl.SSLContext, "set_psk_server_callback"):
        spec = {"trtype": TCP, "fabrics_id": at(free_port())}
        assert "does not listen" in chain.refuses(PRECONDITION, "NvmeController", **spec)
        assert chain.ports() == []
        pytest.skip("TLS with pre-shared keys needs Python 3.13")
    chain.listen(free_port())
    cleared = {"nvme_subsystem": {"name": chain.name}, "update_mask": {"paths": ["spec.psk"]}}
    assert "has controllers" in refused(dpu, PRECONDITION, "UpdateNvmeSubsystem", **cleared)
    open_to_all = Chain(dpu)
    open_to_all.listen(free_port())
    keyed = {"name": open_to_all.name, "spec": {"psk": PSK, "hostnqn": HOST}}
    assert "has controllers" in refused(
        dpu, PRECONDITION, "UpdateNvmeSubsystem", nvme_subsystem=keyed
    )


def test_a_key_that_is_none_or_nobodys_is_refused_untold(dpu: Dpu) -> None:
    for spec in ({"psk": PSK}, {"psk": b"secret", "hostnqn": HOST}):
        asked = {"nvme_subsystem": {"spec": {"nqn": "nqn.2022-09.io.spdk:tls"} | spec}}
        text = refused(dpu, INVALID, "CreateNvmeSubsystem", **asked)
        assert "nvme_subsystem.spec.psk" in text
        assert "secret" not in text
    assert "nqn.2022-09.io.spdk:tls" not in subsystems(dpu.socket)


def test_of_many_who_want_a_place_at_once_one_gets_it(dpu: Dpu) -> None:
    chain = Chain(dpu)
    volume, port = chain.volume(), free_port()

    def attempt(number: int) -> list[str]:
        done: list[str] = []
        with suppress(grpc.RpcError):
            done.append(chain.add(volume, f"ns-{number}").name)
        with suppress(grpc.RpcError):
            done.append(chain.listen(port, f"ctl-{number}").name)
        return done

    with ThreadPoolExecutor(8) as pool:
        made = [name for names in pool.map(attempt, range(8)) for name in names]
    assert len(made) == 2
    spaces = dpu.call("ListNvmeNamespaces", parent=chain.name).nvme_namespaces
    ways = dpu.call("ListNvmeControllers", parent=chain.name).nvme_controllers
    assert sorted(one.name for one in (*spaces, *ways)) == sorted(made)
    assert (chain.namespaces(), chain.ports()) == ({1: volume}, [f"127.0.0.1:{port}"])
    for name in made:
        kind = "NvmeNamespace" if "/nvmeNamespaces/" in name else "NvmeController"
        dpu.call(f"Delete{kind}", name=name)
    chain.add(volume, "ns-9")  # the place is free again
    chain.listen(port, "ctl-9")
