"""The nvmf_* methods on a real process, through SPDK's own client."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from spdk.rpc.client import JSONRPCClient, JSONRPCException
from spdk.rpc.config import load_config, save_config

from dpu_sim.nqn import DISCOVERY
from host_sim.options import Address, ConnectOptions, Credentials, Identity
from host_sim.sync import SyncHost
from nvmetcp.auth import Secret
from nvmetcp.psk import ConfiguredPsk
from tests.loopback import private_address
from tests.spdk_process import running_spdk_sim

NQN = "nqn.2022-09.io.spdk:cnode1"
HOST, STRANGER = (
    f"nqn.2014-08.org.nvmexpress:uuid:{one}1111111-d51f-40c8-b348-2753f3571d3c" for one in "12"
)
PORT = 4420
PLACE = {"trtype": "TCP", "traddr": private_address(), "trsvcid": str(PORT)}
SHOWN_PLACE = {"trtype": "TCP", "adrfam": "IPv4", "traddr": private_address(), "trsvcid": "4420"}
SECRET = Secret(bytes(range(32)), 1).text()


@contextmanager
def target(path: Path, *arguments: str) -> Iterator[Any]:
    """SPDK's client of a new target."""
    with running_spdk_sim(path, *arguments), JSONRPCClient(str(path), timeout=10) as client:
        yield client


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Any]:
    with target(tmp_path / "spdk.sock") as client:
        yield client


def saved(client: Any) -> dict[str, Any]:
    """What SPDK's own save_config makes of the target."""
    text = io.StringIO()
    save_config(client, text)
    configuration: dict[str, Any] = json.loads(text.getvalue())
    return configuration


def refused(words: str) -> Any:
    return pytest.raises(JSONRPCException, match=words)


def prepare(client: Any, **subsystem: Any) -> None:
    """A transport, a disk, and a subsystem with it."""
    client.nvmf_create_transport(trtype="tcp")
    client.bdev_malloc_create(name="disk", num_blocks=2048, block_size=512)
    client.nvmf_create_subsystem(nqn=NQN, **subsystem)
    assert client.nvmf_subsystem_add_ns(nqn=NQN, namespace={"bdev_name": "disk"}) == 1


def options(hostnqn: str = HOST, credentials: Credentials | None = None) -> ConnectOptions:
    return ConnectOptions(
        Address(private_address(), PORT), NQN, Identity.of(hostnqn), queues=2,
        credentials=credentials or Credentials(),
    )  # fmt: skip


def test_a_target_is_set_up_used_shown_and_taken_down(client: Any) -> None:
    prepare(client, serial_number="S1", allow_any_host=True)
    client.nvmf_subsystem_add_listener(nqn=NQN, listen_address=PLACE)
    with SyncHost() as host:
        host.connect(options())
        [name] = host.names()
        host.namespace(name).write(0, b"\x5a" * 512)
        assert host.namespace(name).read(0, 1) == b"\x5a" * 512
        [controller] = client.nvmf_subsystem_get_controllers(nqn=NQN)
        queues = client.nvmf_subsystem_get_qpairs(nqn=NQN)
        [group] = client.nvmf_get_stats()["poll_groups"]
        [shown] = client.nvmf_get_subsystems(nqn=NQN)
        with refused("Invalid parameters"):
            client.nvmf_subsystem_remove_ns(nqn=NQN, nsid=2)
    assert controller == {
        "cntlid": controller["cntlid"], "cntrltype": "io", "hostnqn": HOST,
        "hostid": "11111111-d51f-40c8-b348-2753f3571d3c", "num_io_qpairs": 2,
    }  # fmt: skip
    assert [one["qid"] for one in queues] == [0, 1, 2]
    assert all(one["listen_address"] == SHOWN_PLACE for one in queues)
    assert len({one["peer_address"]["trsvcid"] for one in queues}) == 3
    assert (group["admin_qpairs"], group["io_qpairs"]) == (1, 2)
    assert (group["current_admin_qpairs"], group["current_io_qpairs"]) == (1, 2)
    assert group["completed_nvme_io"] >= 2
    assert (shown["serial_number"], shown["listen_addresses"]) == ("S1", [SHOWN_PLACE])
    assert [one["bdev_name"] for one in shown["namespaces"]] == ["disk"]
    client.nvmf_delete_subsystem(nqn=NQN)
    assert [one["nqn"] for one in client.nvmf_get_subsystems()] == [DISCOVERY]
    assert client.bdev_get_bdevs(name="disk")[0]["claimed"] is False
    with socket.socket() as probe:
        assert probe.connect_ex((private_address(), PORT)) != 0


def test_a_hosts_proof_is_shown_with_its_queues(client: Any, tmp_path: Path) -> None:
    key = private_file(tmp_path / "key", SECRET)
    client.nvmf_set_config(dhchap_digests=["sha384"], dhchap_dhgroups=["null", "ffdhe2048"])
    prepare(client)
    client.nvmf_subsystem_add_host(nqn=NQN, host=HOST, dhchap_key=str(key))
    client.nvmf_subsystem_add_listener(nqn=NQN, listen_address=PLACE)
    with SyncHost() as host:
        host.connect(options(credentials=Credentials(SECRET)))
        queues = client.nvmf_subsystem_get_qpairs(nqn=NQN)
    proved = {"state": "completed", "digest": "sha384", "dhgroup": "ffdhe2048"}
    assert [one["auth"] for one in queues] == [proved] * len(queues)


def private_file(path: Path, content: str) -> Path:
    path.touch(0o600)
    path.write_text(content)
    return path


# -- saving and loading


def settled(client: Any) -> dict[str, Any]:
    """What can be seen of the target's configuration."""
    return {
        "subsystems": client.nvmf_get_subsystems(),
        "listeners": client.nvmf_subsystem_get_listeners(nqn=NQN),
        "referrals": client.nvmf_discovery_get_referrals(),
        "transports": client.nvmf_get_transports(),
        "keys": client.keyring_get_keys(),
    }


def set_everything(client: Any, folder: Path) -> None:
    client.keyring_file_add_key(name="dh", path=str(private_file(folder / "dh", SECRET)))
    client.nvmf_set_config(dhchap_digests=["sha512"], discovery_filters=["address"])
    prepare(client, ana_reporting=True, max_namespaces=4, min_cntlid=5)
    client.bdev_null_create(name="hidden", num_blocks=8, block_size=512)
    hidden = {"bdev_name": "hidden", "nsid": 3, "no_auto_visible": True}
    client.nvmf_subsystem_add_ns(nqn=NQN, namespace=hidden)
    client.nvmf_ns_add_host(nqn=NQN, nsid=3, host=HOST)
    client.nvmf_subsystem_add_host(nqn=NQN, host=HOST, dhchap_key="dh", dhchap_ctrlr_key="dh")
    client.nvmf_subsystem_add_host(nqn=NQN, host=STRANGER)
    client.nvmf_subsystem_add_listener(nqn=NQN, listen_address=PLACE)
    client.nvmf_subsystem_add_listener(nqn=NQN, listen_address=PLACE | {"trsvcid": "4421"})
    client.nvmf_subsystem_add_listener(nqn=DISCOVERY, listen_address=PLACE | {"trsvcid": "8009"})
    client.nvmf_subsystem_listener_set_ana_state(
        nqn=NQN, listen_address=PLACE, ana_state="inaccessible", anagrpid=3
    )
    client.nvmf_discovery_add_referral(address=PLACE | {"traddr": "192.0.2.1"})


@pytest.mark.parametrize("waiting", [False, True])
def test_spdks_own_tools_save_a_target_and_load_it_into_another(
    tmp_path: Path, waiting: bool
) -> None:
    first, second = tmp_path / "first.sock", tmp_path / "second.sock"
    with target(first) as client:
        set_everything(client, tmp_path)
        expected, configuration = settled(client), saved(client)
    wait = ("--wait-for-rpc",) if waiting else ()
    with target(second, *wait) as client:
        load_config(client, io.StringIO(json.dumps(configuration)))
        assert settled(client) == expected
        assert saved(client) == configuration


def test_a_target_starts_with_what_was_saved(tmp_path: Path) -> None:
    first, second = tmp_path / "first.sock", tmp_path / "second.sock"
    file = tmp_path / "saved.json"
    with target(first) as client:
        set_everything(client, tmp_path)
        expected = settled(client)
        file.write_text(json.dumps(saved(client)))
    with target(second, "-c", str(file)) as client:
        assert settled(client) == expected


# -- what is refused, and in which words


def test_what_does_not_fit_is_refused(client: Any) -> None:
    prepare(client)
    client.nvmf_subsystem_add_listener(nqn=NQN, listen_address=PLACE)
    invalid: list[tuple[str, dict[str, Any]]] = [
        ("nvmf_create_subsystem", {"nqn": f"{NQN}x", "max_cntlid": 4, "min_cntlid": 5}),
        ("nvmf_create_subsystem", {"nqn": f"{NQN}x", "min_cntlid": 0}),
        ("nvmf_create_subsystem", {"nqn": f"{NQN}x", "max_cntlid": 0xFFF0}),
        ("nvmf_create_subsystem", {"nqn": f"{NQN}x", "model_number": "m" * 41}),
        ("nvmf_create_subsystem", {"nqn": f"{NQN}x", "passthrough": True}),
        ("nvmf_subsystem_add_ns", {"nqn": NQN, "namespace": {"nsid": 2}}),
        ("nvmf_subsystem_add_ns", {"nqn": NQN, "namespace": {"bdev_name": "none"}}),
        ("nvmf_subsystem_add_ns", {"nqn": NQN, "namespace": {"bdev_name": "disk", "nguid": "AB"}}),
        ("nvmf_subsystem_add_ns", {"nqn": NQN, "namespace": {"bdev_name": "disk", "x": 1}}),
        ("nvmf_subsystem_add_ns", {"nqn": NQN, "bdev_name": "disk"}),
        ("nvmf_subsystem_set_ns_ana_group", {"nqn": NQN, "nsid": 1, "anagrpid": 0}),
        ("nvmf_subsystem_set_ns_ana_group", {"nqn": NQN, "nsid": 1, "anagrpid": 33}),
        ("nvmf_subsystem_set_ns_ana_group", {"nqn": NQN, "nsid": 2, "anagrpid": 1}),
        ("nvmf_ns_add_host", {"nqn": NQN, "nsid": 1, "host": HOST}),  # it is visible to all
        ("nvmf_ns_remove_host", {"nqn": NQN, "nsid": 9, "host": HOST}),
        (
            "nvmf_subsystem_listener_set_ana_state",  # without ana_reporting
            {"nqn": NQN, "listen_address": PLACE, "ana_state": "optimized"},
        ),
        (
            "nvmf_subsystem_remove_listener",
            {"nqn": NQN, "listen_address": PLACE | {"trsvcid": "1"}},
        ),
        ("nvmf_subsystem_set_keys", {"nqn": NQN, "host": HOST}),
        ("nvmf_subsystem_allow_any_host", {"nqn": NQN}),
        ("nvmf_discovery_remove_referral", {"address": PLACE}),
        ("nvmf_discovery_add_referral", {"address": PLACE | {"trsvcid": "0"}}),
        ("nvmf_set_config", {"discovery_filter": "colour"}),
        ("nvmf_set_config", {"dhchap_digests": ["md5"]}),
        ("nvmf_set_crdt", {"crdt1": 1 << 16}),
        ("nvmf_set_max_subsystems", {"max_subsystems": 1}),
        ("nvmf_get_stats", {"name": "x"}),
    ]
    before = client.framework_get_config(name="nvmf")
    for method, parameters in invalid:
        with pytest.raises(JSONRPCException) as caught:
            client.call(method, dict(parameters))
        refusal = '"code": -32602,\n  "message": "Invalid parameters"'
        assert refusal in str(caught.value), (method, parameters)
    assert client.framework_get_config(name="nvmf") == before


@pytest.mark.parametrize(
    "address",
    [
        {"traddr": "localhost"}, {"traddr": "::1", "adrfam": "ipv4"}, {"trsvcid": "0"},
        {"trsvcid": "65536"}, {"trsvcid": "nvme"}, {"trsvcid": "-1"}, {"trtype": "RDMA"},
        {"adrfam": "ib"}, {"traddr": ""},
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_not_listened_on(
    shared_client: Any, address: dict[str, str]
) -> None:
    with refused("Invalid parameters"):
        shared_client.nvmf_subsystem_add_listener(nqn=NQN, listen_address=PLACE | address)
    assert shared_client.nvmf_subsystem_get_listeners(nqn=NQN) == []


@pytest.fixture(scope="module")
def shared_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with target(tmp_path_factory.mktemp("shared") / "spdk.sock") as client:
        prepare(client)
        yield client


def test_an_address_is_normalized(shared_client: Any) -> None:
    given = {"trtype": "Tcp", "adrfam": "IPV4", "traddr": private_address(), "trsvcid": "04423"}
    shared_client.nvmf_subsystem_add_listener(nqn=NQN, listen_address=given)
    with refused("Invalid parameters"):
        shared_client.nvmf_subsystem_add_listener(
            nqn=NQN, listen_address=PLACE | {"trsvcid": "4423"}
        )
    [listener] = shared_client.nvmf_subsystem_get_listeners(nqn=NQN)
    assert listener["address"] == SHOWN_PLACE | {"trsvcid": "4423"}
    shared_client.nvmf_subsystem_remove_listener(nqn=NQN, listen_address=listener["address"])


def test_transports_take_what_spdks_do(client: Any) -> None:
    for wrong in (
        {"max_io_size": 5000}, {"max_io_size": 2048}, {"max_queue_depth": 1},
        {"in_capsule_data_size": 262144}, {"max_io_qpairs_per_ctrlr": 0},
    ):  # fmt: skip
        with refused("Transport type 'TCP' create failed"):
            client.nvmf_create_transport(trtype="TCP", **wrong)
    with refused("Invalid transport type 'RDMA'"):
        client.nvmf_create_transport(trtype="RDMA")
    with refused("Invalid parameters"):
        client.nvmf_create_transport(trtype="TCP", colour="blue")
    client.nvmf_create_subsystem(nqn=NQN)
    with refused("Invalid parameters"):  # nothing serves TCP yet
        client.nvmf_subsystem_add_listener(nqn=NQN, listen_address=PLACE)
    client.nvmf_create_transport(
        trtype="TCP",
        max_qpairs_per_ctrlr=5,
        num_shared_buffers=511,
        buf_cache_size=32,
        no_srq=False,
    )
    [shown] = client.nvmf_get_transports()
    assert (shown["trtype"], shown["max_io_qpairs_per_ctrlr"]) == ("TCP", 4)
    assert client.nvmf_get_transports(trtype="tcp") == [shown]


def test_keys_have_names_or_files_and_are_there(client: Any, tmp_path: Path) -> None:
    prepare(client)
    open_file = tmp_path / "open"
    open_file.write_text(SECRET)
    open_file.chmod(0o644)
    psk = private_file(tmp_path / "psk", ConfiguredPsk(bytes(range(32))).text())
    dhchap = private_file(tmp_path / "dh", SECRET)
    for wrong in (
        {"psk": "nokey"}, {"psk": str(open_file)}, {"psk": str(tmp_path / "none")},
        {"dhchap_key": "nokey"}, {"dhchap_ctrlr_key": str(dhchap)},
        {"psk": str(dhchap)}, {"dhchap_key": str(psk)},
    ):  # fmt: skip
        with refused("Internal error"):
            client.nvmf_subsystem_add_host(nqn=NQN, host=HOST, **wrong)
    assert client.nvmf_get_subsystems(nqn=NQN)[0]["hosts"] == []
    client.nvmf_subsystem_add_host(nqn=NQN, host=HOST, psk=str(psk))
    client.keyring_file_add_key(name="dh", path=str(dhchap))
    client.nvmf_subsystem_set_keys(nqn=NQN, host=HOST, dhchap_key="dh")
    [host] = client.nvmf_get_subsystems(nqn=NQN)[0]["hosts"]
    assert host == {"nqn": HOST, "dhchap_key": "dh"}
    client.nvmf_subsystem_set_keys(nqn=NQN, host=HOST)
    assert client.nvmf_get_subsystems(nqn=NQN)[0]["hosts"] == [{"nqn": HOST}]


def test_a_target_has_as_many_subsystems_as_it_may(client: Any) -> None:
    client.nvmf_set_max_subsystems(max_subsystems=2)
    client.nvmf_create_subsystem(nqn=NQN)
    with refused("Unable to create subsystem"):
        client.nvmf_create_subsystem(nqn=f"{NQN}0")
    client.nvmf_delete_subsystem(nqn=NQN)
    client.nvmf_create_subsystem(nqn=f"{NQN}0")


def test_hosts_are_let_in_by_name_where_tls_is_used(client: Any) -> None:
    prepare(client, allow_any_host=True)
    with refused("Cannot establish secure channel, when 'allow_any_host' is set"):
        client.nvmf_subsystem_add_listener(nqn=NQN, listen_address=PLACE, secure_channel=True)
    client.nvmf_subsystem_add_listener(nqn=NQN, listen_address=PLACE, secure_channel=False)
    # As opi-spdk-bridge removes it.
    client.call(
        "nvmf_subsystem_remove_listener",
        {"nqn": NQN, "listen_address": PLACE, "secure_channel": True},
    )
