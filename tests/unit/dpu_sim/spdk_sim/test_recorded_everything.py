"""Every recorded answer of a real spdk_tgt is compared, or it is said why not."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dpu_sim.spdk_sim.framing import Splitter
from tests.spdk_process import running_spdk_sim
from tests.unit.dpu_sim.spdk_sim.replay import HERE, conversation, stable

RECORDINGS = 382
_ITSELF = "it attached to itself, where the names of devices clash; asked of two in 1063 and on"
_NOT_HERE = "no method of those that the DPU's clients call"
_RAID = "there is no RAID"
_HALF_CLOSED = "[BUG] spdk_tgt drops the answer to a client that sends no more; ours arrives"
LEFT_OUT = {
    23: "the list of methods is compared with that of the reference below",
    33: _NOT_HERE,
    37: _NOT_HERE,
    38: _NOT_HERE,
    **dict.fromkeys((229, 230, 232, 233, 235, 236, 237, 239, 240, 241, 242, 244), _ITSELF),
    **dict.fromkeys((250, 251, 252, 254, 256, 259), _ITSELF),
    **dict.fromkeys((307, 308, 309), _RAID),
    314: "a histogram of ranges at another tick rate, compared in test_recorded_devices",
    324: "the configuration of devices, compared in test_recorded_devices and with 1123",
    **dict.fromkeys((1307, 1309, 1310), _HALF_CLOSED),
}
"""Recordings that are nowhere replayed."""
VERSION = {"version", "fields"}

METHODS = """
spdk_get_version bdev_get_bdevs bdev_get_iostat bdev_malloc_create bdev_malloc_delete
bdev_null_create bdev_null_delete bdev_aio_create bdev_aio_delete bdev_set_qos_limit
accel_crypto_key_create accel_crypto_key_destroy bdev_crypto_create bdev_crypto_delete
nvmf_create_subsystem nvmf_delete_subsystem nvmf_get_subsystems nvmf_get_stats
nvmf_subsystem_add_host nvmf_subsystem_add_listener nvmf_subsystem_remove_listener
nvmf_subsystem_add_ns nvmf_subsystem_remove_ns bdev_nvme_attach_controller
bdev_nvme_detach_controller bdev_nvme_get_controllers vhost_create_blk_controller
vhost_create_scsi_controller vhost_delete_controller vhost_get_controllers
vhost_scsi_controller_add_target vhost_scsi_controller_remove_target rpc_get_methods
nvmf_create_transport nvmf_get_transports nvmf_subsystem_allow_any_host
nvmf_subsystem_remove_host keyring_file_add_key keyring_file_remove_key keyring_get_keys
framework_wait_init framework_start_init framework_get_subsystems framework_get_config
framework_get_reactors log_get_level log_set_level spdk_kill_instance
nvmf_subsystem_get_listeners nvmf_subsystem_get_controllers nvmf_subsystem_get_qpairs
nvmf_subsystem_listener_set_ana_state nvmf_subsystem_set_ns_ana_group nvmf_subsystem_set_keys
nvmf_ns_add_host nvmf_ns_remove_host nvmf_discovery_add_referral nvmf_discovery_remove_referral
nvmf_discovery_get_referrals nvmf_set_max_subsystems nvmf_set_config bdev_null_resize
bdev_aio_rescan bdev_wait_for_examine bdev_reset_iostat bdev_enable_histogram bdev_get_histogram
bdev_nvme_reset_controller bdev_nvme_get_io_paths bdev_nvme_set_preferred_path
bdev_nvme_start_discovery bdev_nvme_stop_discovery bdev_nvme_get_discovery_info
bdev_nvme_set_options bdev_set_options accel_crypto_keys_get thread_get_stats notify_get_types
notify_get_notifications bdev_delay_create bdev_delay_delete bdev_delay_update_latency
bdev_error_create bdev_error_delete bdev_error_inject_error bdev_passthru_create
bdev_passthru_delete bdev_lvol_create_lvstore bdev_lvol_delete_lvstore bdev_lvol_get_lvstores
bdev_lvol_create bdev_lvol_delete bdev_lvol_snapshot bdev_lvol_clone bdev_lvol_resize
"""
"""What DPUs' bridges, tools that set targets up, and labs call; of virtual devices but RAID and
split."""


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with running_spdk_sim(tmp_path_factory.mktemp("envelopes") / "spdk.sock") as path:
        yield path


def replayed() -> dict[int, str]:
    """The numbers that some test replays, with their method, if it is one."""
    found: dict[int, str] = {}
    for path in HERE.glob("recorded_*.jsonl"):
        found |= {one["n"]: one.get("method", "") for one in conversation(path.name)}
    return found


def test_every_recording_is_replayed_or_left_out_for_a_reason() -> None:
    compared = set(replayed())
    assert not compared & set(LEFT_OUT)
    assert len(compared | set(LEFT_OUT)) == RECORDINGS
    assert all(LEFT_OUT.values())


def asked(path: Path, data: bytes) -> tuple[list[Any], bool]:
    """What the server answers within a moment, and whether it hung up."""
    splitter, closed = Splitter(), False
    found: list[Any] = []
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(10)
        link.connect(str(path))
        # One that is always answered comes last: what is not answered before it, is not at all.
        link.sendall(data + b'{"id":"end","method":"framework_wait_init"}')
        while not (found and isinstance(found[-1], dict) and found[-1].get("id") == "end"):
            received = link.recv(65536)
            if not received:
                closed = True
                break
            found += splitter.feed(received)
    return [one for one in found if not isinstance(one, dict) or one.get("id") != "end"], closed


@pytest.mark.parametrize(
    "recorded", conversation("recorded_envelopes.jsonl"), ids=lambda one: one["case"]
)
def test_an_envelope_is_answered_as_recorded(target: Path, recorded: dict[str, Any]) -> None:
    replies, closed = asked(target, recorded["request"].encode())
    expected = recorded["response"]
    assert closed == (expected == "<connection closed by server>")
    if isinstance(expected, str):
        assert replies == []
    elif recorded["n"] == 21:
        assert [one["id"] for one in replies] == expected
    else:
        assert stable(replies, VERSION) == stable([expected], VERSION)


def test_every_method_that_clients_call_is_served_and_listed(target: Path) -> None:
    [reply], _ = asked(target, b'{"id":1,"method":"rpc_get_methods"}')
    assert not set(METHODS.split()) - set(reply["result"])


@pytest.mark.parametrize("method", METHODS.split())
def test_parameters_that_no_method_has_are_refused_by_every_method(
    target: Path, method: str
) -> None:
    """As SPDK's decoders do; so every method looks at what it is given."""
    request = {"id": 1, "method": method, "params": {"no such parameter": 1}}
    [reply], _ = asked(target, json.dumps(request).encode())
    assert reply["error"]["code"] in {-32700, -32602, -32603}
    assert reply["error"]["message"]
