"""Remote controllers as block devices: as recorded from spdk_tgt, and under loss of paths."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from spdk.rpc.client import JSONRPCException

from host_sim.client import Address, ConnectOptions, Identity
from host_sim.sync import SyncHost
from nvmetcp.auth import Secret
from tests.nvme_target import BLOCK, HOST, NQN, NvmeTarget, free_port, remote_and_local

HERE = Path(__file__).parent
DEADLINE = 30.0
RECORDED = "nqn.2022-09.io.spdk:opitest1"
EXPORTED = "nqn.2024-01.io.dpulab:exported"

VOLATILE = {"uuid", "aliases", "cntlid", "firmware_revision", "optimal_write_size"}
ABSENT = {
    "memory_domains": "there is no DMA",
    "nvme_admin": "commands are not passed through",
    "nvme_io": "commands are not passed through",
}
HEALTH = {
    "temperature_celsius", "available_spare_percentage", "available_spare_threshold_percentage",
    "data_units_read", "data_units_written", "host_read_commands", "host_write_commands",
    "controller_busy_time", "power_cycles", "power_on_hours",
}  # fmt: skip
"""Of the health log: what our target measures, or tells better."""


def stable(value: Any) -> Any:
    """The value without what differs from run to run, and what is known not to be here."""
    if isinstance(value, dict):
        left_out = VOLATILE | set(ABSENT) | HEALTH
        return {key: stable(one) for key, one in value.items() if key not in left_out}
    if not isinstance(value, list):
        return value
    # Paths to a new namespace come in the order in which the controllers told of it.
    return sorted(map(stable, value), key=lambda one: "trid" in one and json.dumps(one["trid"]))


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[NvmeTarget, NvmeTarget]]:
    """A remote target with two ports, and the one that attaches to it."""
    with remote_and_local(tmp_path) as pair:
        yield pair


def answer(process: NvmeTarget, method: str, params: dict[str, Any] | None) -> dict[str, Any]:
    try:
        return {"result": process.ask(method, **(params or {}))}
    except JSONRPCException as error:
        found = json.loads(error.message.partition("response:\n")[2])
        return {"error": {name: found[name] for name in ("code", "message")}}


def test_answers_are_the_recorded_ones(pair: tuple[NvmeTarget, NvmeTarget]) -> None:
    remote, local = pair
    remote.malloc("volA", 8192)
    remote.ask("bdev_malloc_create", name="volB", num_blocks=8192, block_size=4096)
    remote.ask("nvmf_create_subsystem", nqn=RECORDED, serial_number="s", model_number="m",
               allow_any_host=True)  # fmt: skip
    for port in remote.ports:
        remote.listen(port, RECORDED)
    remote.add("volA", RECORDED)
    key = remote.folder / "dh.txt"
    key.touch(0o600)
    key.write_text(Secret(bytes(range(32)), 1).text())
    places = {"4499": remote.ports[0], "4498": remote.ports[1], "4400": free_port()}

    def here(value: Any) -> Any:
        text = json.dumps(value).replace("/tmp/lab/dh.txt", str(key))
        for recorded, port in places.items():
            text = text.replace(f'"{recorded}"', f'"{port}"')
        return json.loads(text)

    for line in (HERE / "recorded_nvme.jsonl").read_text().splitlines():
        one = json.loads(line)
        process = remote if one["process"] == "target" else local
        wanted = here({name: one[name] for name in ("result", "error") if name in one})
        found = settled(process, one["method"], here(one["params"]), stable(wanted))
        assert found == stable(wanted), one["n"]


def settled(process: NvmeTarget, method: str, params: Any, wanted: Any) -> Any:
    """The answer; of a device, once the events of every path that tell of it have been followed."""
    end = time.monotonic() + (DEADLINE if method == "bdev_get_bdevs" else 0)
    while (found := stable(answer(process, method, params))) != wanted:
        if time.monotonic() >= end:
            break
        time.sleep(0.02)
    return found


# -- data


def attach(remote: NvmeTarget, local: NvmeTarget, port: int = 0, **more: Any) -> list[str]:
    given = {
        "name": "Nvme0", "trtype": "TCP", "traddr": HOST, "adrfam": "IPv4",
        "trsvcid": str(remote.ports[port]), "subnqn": NQN, "ctrlr_loss_timeout_sec": -1,
        "reconnect_delay_sec": 1,
    }  # fmt: skip
    found = local.ask("bdev_nvme_attach_controller", **(given | more))
    assert isinstance(found, list)
    return found


def serve_file(remote: NvmeTarget) -> None:
    remote.file()
    remote.ask("nvmf_create_subsystem", nqn=NQN, allow_any_host=True, ana_reporting=True)
    remote.add("File0", uuid="6b4a1d6e-2f1f-4c1e-9a55-0d8a5c1d2e3f")
    for port in remote.ports:
        remote.listen(port)


def test_a_host_reads_and_writes_a_remote_device_through_the_dpu(
    pair: tuple[NvmeTarget, NvmeTarget],
) -> None:
    """Host -> local target -> bdev_nvme over two paths -> remote target, which is killed."""
    remote, local = pair
    serve_file(remote)
    assert attach(remote, local) == ["Nvme0n1"]
    assert attach(remote, local, 1) == ["Nvme0n1"]
    local.subsystem(EXPORTED)
    local.add("Nvme0n1", EXPORTED)
    options = ConnectOptions(
        Address(HOST, local.ports[0]), EXPORTED, Identity.of("nqn.2024-01.io.dpulab:h")
    )
    with SyncHost() as host:
        host.connect(options)
        namespace = host.namespace("nvme0n1")
        for number in range(20):
            namespace.write(number, bytes([number + 1]) * BLOCK)
        namespace.compare_and_write(19, bytes([20]) * BLOCK, bytes([99]) * BLOCK)
        remote.ask("nvmf_subsystem_remove_listener", nqn=NQN, listen_address={
            "trtype": "TCP", "adrfam": "IPv4", "traddr": HOST, "trsvcid": str(remote.ports[0]),
        })  # fmt: skip
        namespace.write(20, b"\xaa" * BLOCK)
        assert namespace.read(0, 21)[18 * BLOCK :] == (
            bytes([19]) * BLOCK + bytes([99]) * BLOCK + b"\xaa" * BLOCK
        )
        remote.kill()
        until(lambda: "enabled" not in states(local))
        remote.start()
        serve_file(remote)
        assert namespace.read(18, 3)[: 2 * BLOCK] == bytes([19]) * BLOCK + bytes([99]) * BLOCK
        until(lambda: states(local) == ["enabled", "enabled"])
        statistics = local.ask("bdev_get_iostat", name="Nvme0n1")["bdevs"][0]
        assert statistics["num_write_ops"] >= 21


def states(local: NvmeTarget) -> list[str]:
    (found,) = local.ask("bdev_nvme_get_controllers", name="Nvme0")
    return [one["state"] for one in found["ctrlrs"]]


def test_paths_are_shown_preferred_and_shared(pair: tuple[NvmeTarget, NvmeTarget]) -> None:
    remote, local = pair
    serve_file(remote)
    local.ask("bdev_nvme_set_options", io_path_stat=True)
    attach(remote, local)
    attach(remote, local, 1)
    local.ask("bdev_passthru_create", base_bdev_name="Nvme0n1", name="P0")

    def shown() -> list[tuple[str, bool, bool]]:
        (group,) = local.ask("bdev_nvme_get_io_paths", name="Nvme0n1")["poll_groups"]
        return [
            (one["transport"]["trsvcid"], one["current"], one["accessible"])
            for one in group["io_paths"]
        ]

    first, second = (str(one) for one in remote.ports)
    assert shown() == [(first, True, True), (second, False, True)]
    (group,) = local.ask("bdev_nvme_get_controllers")
    cntlid = group["ctrlrs"][1]["cntlid"]
    local.ask("bdev_nvme_set_preferred_path", name="Nvme0n1", cntlid=cntlid)
    assert shown() == [(first, False, True), (second, True, True)]
    remote.set_ana(remote.ports[1], "inaccessible")
    until(lambda: shown() == [(first, True, True), (second, False, False)])
    remote.set_ana(remote.ports[1], "optimized")
    until(lambda: shown()[1] == (second, True, True))

    local.ask("bdev_nvme_set_multipath_policy", name="Nvme0n1", policy="active_active")
    (device,) = local.ask("bdev_get_bdevs", name="Nvme0n1")
    assert device["driver_specific"]["mp_policy"] == "active_active"
    local.subsystem(EXPORTED)
    local.add("P0", EXPORTED)
    with SyncHost() as host:
        host.connect(ConnectOptions(Address(HOST, local.ports[0]), EXPORTED))
        for number in range(10):
            host.namespace("nvme0n1").write(number, bytes(BLOCK))
    stats = local.ask("bdev_nvme_get_path_iostat", name="Nvme0n1")["stats"]
    assert [one["stat"]["num_write_ops"] for one in stats] == [5, 5]
    assert [one["trid"]["trsvcid"] for one in stats] == [first, second]


def test_io_fails_where_no_time_outs_are_set_and_works_when_the_target_is_back(
    pair: tuple[NvmeTarget, NvmeTarget],
) -> None:
    remote, local = pair
    serve_file(remote)
    attach(remote, local, ctrlr_loss_timeout_sec=0, reconnect_delay_sec=0)
    local.subsystem(EXPORTED)
    local.add("Nvme0n1", EXPORTED)
    with SyncHost() as host:
        host.connect(ConnectOptions(Address(HOST, local.ports[0]), EXPORTED))
        namespace = host.namespace("nvme0n1")
        namespace.write(0, b"\1" * BLOCK)
        remote.kill()
        until(lambda: states(local) == ["failed"])
        with pytest.raises(Exception, match="INTERNAL_ERROR"):
            namespace.read(0, 1)
        remote.start()
        serve_file(remote)
        until(lambda: states(local) == ["enabled"])
        assert namespace.read(0, 1) == b"\1" * BLOCK


def test_a_controller_that_is_lost_for_good_takes_its_devices_along(
    pair: tuple[NvmeTarget, NvmeTarget],
) -> None:
    remote, local = pair
    serve_file(remote)
    attach(remote, local, ctrlr_loss_timeout_sec=1)
    remote.kill()
    until(lambda: local.ask("bdev_get_bdevs") == [])
    assert local.ask("bdev_nvme_get_controllers") == []


@pytest.mark.parametrize(
    "times",
    [(-2, 1, 0), (-1, 0, 0), (5, 0, 0), (5, 6, 0), (5, 2, 1), (5, 2, 6), (0, 1, 0), (0, 0, 1)],
)
def test_time_outs_that_contradict_each_other_are_refused(
    lonely: NvmeTarget, times: tuple[int, int, int]
) -> None:
    names = ("ctrlr_loss_timeout_sec", "reconnect_delay_sec", "fast_io_fail_timeout_sec")
    given = dict(zip(names, times, strict=True))
    found = answer(lonely, "bdev_nvme_attach_controller", {
        "name": "N", "trtype": "TCP", "traddr": HOST, "trsvcid": "1", "subnqn": NQN, **given,
    })  # fmt: skip
    assert found == {"error": {"code": -22, "message": "Invalid argument"}}


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NvmeTarget]:
    target = NvmeTarget(tmp_path_factory.mktemp("lonely"))
    target.start()
    yield target
    target.kill()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"trtype": "RDMA"}, -19),
        ({"trsvcid": "many"}, -22),
        ({"trsvcid": None}, -32603),
        ({"psk": "no such key"}, -126),
        ({"dhchap_key": "/no/such/file"}, -2),
        ({"multipath": "sometimes"}, -32603),
        ({"hdgst": 1}, -32603),
        ({"unknown": 1}, -32603),
    ],
)
def test_what_cannot_be_attached_is_refused(
    lonely: NvmeTarget, change: dict[str, Any], code: int
) -> None:
    given = {"name": "N", "trtype": "TCP", "traddr": HOST, "trsvcid": "1", "subnqn": NQN} | change
    assert answer(lonely, "bdev_nvme_attach_controller", given)["error"]["code"] == code
    assert lonely.ask("bdev_nvme_get_controllers") == []


def test_a_saved_configuration_attaches_again(pair: tuple[NvmeTarget, NvmeTarget]) -> None:
    remote, local = pair
    serve_file(remote)
    local.ask("bdev_nvme_set_options", ctrlr_loss_timeout_sec=7, reconnect_delay_sec=2)
    attach(remote, local, hdgst=True)
    saved = local.ask("framework_get_config", name="bdev")
    assert answer(local, "bdev_nvme_set_options", {"timeout_us": 1})["error"]["code"] == -1
    before = local.ask("bdev_nvme_get_controllers")
    local.kill()
    local.start()
    for one in saved:
        local.ask(one["method"], **one.get("params", {}))
    assert stable(local.ask("bdev_nvme_get_controllers")) == stable(before)
    assert [one["name"] for one in local.ask("bdev_get_bdevs")] == ["Nvme0n1"]
    again = local.ask("framework_get_config", name="bdev")
    assert again == saved


def test_detach_does_not_wait_for_a_target_that_is_silent(
    pair: tuple[NvmeTarget, NvmeTarget],
) -> None:
    remote, local = pair
    serve_file(remote)
    attach(remote, local)
    local.subsystem(EXPORTED)
    local.add("Nvme0n1", EXPORTED)
    with SyncHost() as host:
        host.connect(ConnectOptions(Address(HOST, local.ports[0]), EXPORTED))
        remote.kill()
        until(lambda: states(local) != ["enabled"])
        began = time.monotonic()
        local.ask("bdev_nvme_detach_controller", name="Nvme0")
        assert time.monotonic() - began < DEADLINE / 3
        assert local.ask("bdev_get_bdevs") == []
        until(lambda: host.names() == [])


def test_how_paths_are_chosen_is_said_with_the_first(pair: tuple[NvmeTarget, NvmeTarget]) -> None:
    remote, local = pair
    remote.malloc()
    remote.subsystem()
    remote.add("Malloc0")
    passive = {"policy": "active_passive", "selector": "queue_depth"}
    with pytest.raises(JSONRPCException, match="-22"):
        attach(remote, local, multipath_opts=passive)
    with pytest.raises(JSONRPCException, match="-32603"):
        attach(remote, local, multipath_opts={"selector": "queue_depth"})
    active = {"policy": "active_active", "selector": "queue_depth"}
    attach(remote, local, multipath_opts=active, disable_sq_flow_control=False)
    attach(remote, local, port=1)
    local.subsystem(EXPORTED)
    local.add("Nvme0n1", EXPORTED)
    [group] = local.ask("bdev_nvme_get_io_paths")["poll_groups"]
    assert len(group["io_paths"]) == 2
    [saved, _] = [
        one["params"] for one in local.ask("framework_get_config", name="bdev")
        if one["method"] == "bdev_nvme_attach_controller"
    ]  # fmt: skip
    assert saved["multipath_opts"] == active
