"""What a remote discovery service lists is attached and detached as its log changes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from spdk.rpc.client import JSONRPCException

from tests.nvme_target import HOST, NQN, NvmeTarget, free_port, remote_and_local

DEADLINE = 30.0
SECOND = "nqn.2024-01.io.dpulab:second"
DISCOVERY = "nqn.2014-08.org.nvmexpress.discovery"
HOSTNQN = "nqn.2024-01.io.dpulab:this-host"


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[NvmeTarget, NvmeTarget]]:
    """A remote target with two ports, and the one that follows it."""
    with remote_and_local(tmp_path) as pair:
        yield pair


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def follow(local: NvmeTarget, port: int, name: str = "disc", **more: Any) -> Any:
    where = {"trtype": "tcp", "traddr": HOST, "adrfam": "ipv4", "trsvcid": str(port)}
    return local.ask(
        "bdev_nvme_start_discovery", name=name, **where, hostnqn=HOSTNQN,
        ctrlr_loss_timeout_sec=-1, reconnect_delay_sec=1, **more,
    )  # fmt: skip


def attached(local: NvmeTarget) -> dict[str, list[str]]:
    """The ports of each controller's paths by its name."""
    found = local.ask("bdev_nvme_get_controllers")
    return {one["name"]: sorted(p["trid"]["trsvcid"] for p in one["ctrlrs"]) for one in found}


def names(local: NvmeTarget) -> list[str]:
    return sorted(one["name"] for one in local.ask("bdev_get_bdevs"))


def code(refused: pytest.ExceptionInfo[JSONRPCException]) -> int:
    found = json.loads(refused.value.message.partition("response:\n")[2])["code"]
    assert isinstance(found, int)
    return found


def test_what_is_listed_is_attached_and_followed_until_the_end(
    pair: tuple[NvmeTarget, NvmeTarget],
) -> None:
    remote, local = pair
    remote.malloc()
    remote.subsystem()
    remote.add("Malloc0")
    first, second = map(str, remote.ports)
    assert follow(local, remote.ports[0], wait_for_attach=True) is True
    assert attached(local) == {"disc0": sorted((first, second))}
    assert names(local) == ["disc0n1"]
    # A subsystem that is new.
    remote.malloc("Malloc1")
    remote.ask("nvmf_create_subsystem", nqn=SECOND, allow_any_host=True)
    remote.add("Malloc1", SECOND)
    remote.listen(remote.ports[1], SECOND)
    until(lambda: attached(local).get("disc1") == [second])
    until(lambda: names(local) == ["disc0n1", "disc1n1"])
    # A path that goes, then a subsystem; what is left stays.
    address = {"trtype": "TCP", "adrfam": "IPv4", "traddr": HOST, "trsvcid": second}
    remote.ask("nvmf_subsystem_remove_listener", nqn=NQN, listen_address=address)
    until(lambda: attached(local).get("disc0") == [first])
    remote.ask("nvmf_delete_subsystem", nqn=SECOND)
    until(lambda: attached(local) == {"disc0": [first]})
    until(lambda: names(local) == ["disc0n1"])
    assert local.ask("bdev_nvme_stop_discovery", name="disc") is True
    assert (attached(local), names(local)) == ({}, [])
    assert local.ask("bdev_nvme_get_discovery_info") == []
    assert remote.ask("nvmf_subsystem_get_controllers", nqn=NQN) == []


def test_a_host_that_is_let_in_later_gets_what_it_may_use(
    pair: tuple[NvmeTarget, NvmeTarget],
) -> None:
    remote, local = pair
    remote.malloc()
    remote.subsystem(allow_any_host=False)
    remote.add("Malloc0")
    follow(local, remote.ports[0], attach_timeout_ms=20000)
    assert attached(local) == {}
    remote.ask("nvmf_subsystem_add_host", nqn=NQN, host=HOSTNQN)
    until(lambda: names(local) == ["disc0n1"])
    remote.ask("nvmf_subsystem_remove_host", nqn=NQN, host=HOSTNQN)
    until(lambda: names(local) == [])


def test_a_service_that_comes_late_or_comes_back_is_followed(
    pair: tuple[NvmeTarget, NvmeTarget],
) -> None:
    remote, local = pair
    remote.kill()
    assert follow(local, remote.ports[0]) is True  # nobody is there
    assert attached(local) == {}
    remote.start()
    remote.malloc()
    remote.subsystem()
    remote.add("Malloc0")
    until(lambda: names(local) == ["disc0n1"])
    remote.kill()
    remote.start()
    remote.malloc("Malloc1")
    remote.subsystem(SECOND)
    remote.add("Malloc1", SECOND)
    until(lambda: "disc1n1" in names(local))
    until(lambda: names(local) == ["disc1n1"])


def test_nobody_who_does_not_answer_in_time_is_followed(
    pair: tuple[NvmeTarget, NvmeTarget],
) -> None:
    _, local = pair
    with pytest.raises(JSONRPCException) as refused:
        follow(local, free_port(), attach_timeout_ms=100)
    assert code(refused) == -110
    assert local.ask("bdev_nvme_get_discovery_info") == []


def test_what_is_asked_for_wrongly_is_refused(pair: tuple[NvmeTarget, NvmeTarget]) -> None:
    remote, local = pair
    remote.subsystem()
    follow(local, remote.ports[0], wait_for_attach=True)
    wrong: list[tuple[int, dict[str, Any]]] = [
        (-17, {"name": "disc", "port": free_port()}),
        (-17, {"name": "again", "port": remote.ports[0]}),
        (-22, {"name": "none", "port": 0}),
        (-32603, {"name": "x", "port": 4420, "subnqn": NQN}),
    ]
    for expected, parameters in wrong:
        with pytest.raises(JSONRPCException) as refused:
            follow(local, **parameters)
        assert code(refused) == expected, parameters
    with pytest.raises(JSONRPCException) as refused:
        local.ask("bdev_nvme_stop_discovery", name="nobody")
    assert code(refused) == -2


def test_a_saved_configuration_follows_again_and_names_no_controller(
    pair: tuple[NvmeTarget, NvmeTarget],
) -> None:
    remote, local = pair
    remote.malloc()
    remote.subsystem()
    remote.add("Malloc0")
    where = {"trtype": "TCP", "adrfam": "IPv4", "traddr": HOST}
    elsewhere = {**where, "trsvcid": "4430"}
    remote.ask("nvmf_discovery_add_referral", address=elsewhere)
    follow(local, remote.ports[0], wait_for_attach=True)
    saved = local.ask("framework_get_config", name="bdev")
    methods = [one["method"] for one in saved]
    assert "bdev_nvme_attach_controller" not in methods
    [start] = [one for one in saved if one["method"] == "bdev_nvme_start_discovery"]
    assert start["params"]["hostnqn"] == HOSTNQN
    local.kill()
    local.start()
    assert local.ask(start["method"], **start["params"]) is True
    assert names(local) == ["disc0n1"]  # it waits again
    [info] = local.ask("bdev_nvme_get_discovery_info")
    assert info == {
        "name": "disc",
        "trid": {**where, "trsvcid": str(remote.ports[0]), "subnqn": DISCOVERY},
        "referrals": [{"trid": {**elsewhere, "subnqn": DISCOVERY}}],
    }
