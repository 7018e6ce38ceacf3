"""Options and parameters of SPDK's bdev_nvme_* methods, and what they mean to our initiator."""

from __future__ import annotations

import errno
import math
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dpu_sim.spdk_sim.errors import system_error
from dpu_sim.spdk_sim.parameters import Check, boolean, one_of, signed, string, strings, unsigned
from dpu_sim.spdk_sim.rpc_keyring import Keyring, read_secret
from host_sim.client import FOREVER, Address, ConnectOptions, Credentials, Identity, Policy

OPTIONS: Mapping[str, Any] = {
    "action_on_timeout": "none",
    "timeout_us": 0,
    "timeout_admin_us": 0,
    "keep_alive_timeout_ms": 10000,
    "arbitration_burst": 0,
    "low_priority_weight": 0,
    "medium_priority_weight": 0,
    "high_priority_weight": 0,
    "nvme_adminq_poll_period_us": 10000,
    "nvme_ioq_poll_period_us": 0,
    "io_queue_requests": 512,
    "delay_cmd_submit": True,
    "transport_retry_count": 4,
    "bdev_retry_count": 3,
    "transport_ack_timeout": 0,
    "ctrlr_loss_timeout_sec": 0,
    "reconnect_delay_sec": 0,
    "fast_io_fail_timeout_sec": 0,
    "disable_auto_failback": False,
    "generate_uuids": False,
    "transport_tos": 0,
    "nvme_error_stat": False,
    "rdma_srq_size": 0,
    "io_path_stat": False,
    "allow_accel_sequence": False,
    "rdma_max_cq_size": 0,
    "rdma_cm_event_timeout_ms": 0,
    "dhchap_digests": ["sha256", "sha384", "sha512"],
    "dhchap_dhgroups": [
        "null", "ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192",
    ],
    "rdma_umr_per_io": False,
    "tcp_connect_timeout_ms": 0,
    "enable_flush": False,
    "multipath_opts": {"policy": "active_passive"},
}  # fmt: skip
"""SPDK's defaults; those about polling, pools and RDMA have no effect here."""

POLICIES = {"active_passive": Policy.NUMA, "active_active": Policy.ROUND_ROBIN}
SELECTORS = {"round_robin": Policy.ROUND_ROBIN, "queue_depth": Policy.QUEUE_DEPTH}


def _is_multipath(given: Any) -> bool:
    """Whether something is an object of policy, selector and rr_min_io, the first required."""
    if not isinstance(given, dict) or given.get("policy") not in POLICIES:
        return False
    checks = {"policy": string, "selector": one_of(*SELECTORS), "rr_min_io": unsigned(32)}
    return all(name in checks and checks[name](value) for name, value in given.items())


TRANSPORT: Mapping[str, Check] = {
    "trtype": string, "adrfam": string, "traddr": string, "trsvcid": string, "subnqn": string,
    "hostaddr": string, "hostsvcid": string,
}  # fmt: skip
RELIABILITY = ("ctrlr_loss_timeout_sec", "reconnect_delay_sec", "fast_io_fail_timeout_sec")
ATTACH: Mapping[str, Check] = {
    "name": string, **TRANSPORT, "priority": string, "hostnqn": string,
    "prchk_reftag": boolean, "prchk_guard": boolean, "hdgst": boolean, "ddgst": boolean,
    "fabrics_connect_timeout_us": unsigned(64),
    "multipath": one_of("disable", "failover", "multipath"), "num_io_queues": unsigned(32),
    "ctrlr_loss_timeout_sec": signed(32), "reconnect_delay_sec": unsigned(32),
    "fast_io_fail_timeout_sec": unsigned(32), "psk": string, "max_bdevs": unsigned(32),
    "dhchap_key": string, "dhchap_ctrlr_key": string, "allow_unrecognized_csi": boolean,
    "multipath_opts": _is_multipath, "disable_sq_flow_control": boolean,
}  # fmt: skip

_DEFAULT_CONNECT = 10.0
_SOON = 1.0
"""Seconds between attempts to reconnect where SPDK would make none."""


def option_checks() -> dict[str, Check]:
    """The type of every option of bdev_nvme_set_options."""
    checks = {name: _check_like(value) for name, value in OPTIONS.items()}
    return checks | {
        "action_on_timeout": one_of("none", "reset", "abort"),
        "ctrlr_loss_timeout_sec": signed(32),
        "bdev_retry_count": signed(32),
        "timeout_us": unsigned(64),
    }


def _check_like(value: Any) -> Check:
    if isinstance(value, bool):
        return boolean
    if isinstance(value, int):
        return unsigned(32)
    if isinstance(value, list):
        return strings
    return _is_multipath


def policy_of(multipath: Mapping[str, Any]) -> Policy:
    """How paths are chosen. Raises RpcError, EINVAL: a selector, and nothing to select."""
    selector = multipath.get("selector")
    if selector is None:
        return POLICIES[multipath["policy"]]
    if multipath["policy"] == "active_passive":
        raise system_error(errno.EINVAL)
    return SELECTORS[selector]


def check_reliability(loss: int, delay: int, fast: int) -> None:
    """Raise RpcError, EINVAL, for time-outs that contradict each other."""
    if loss < FOREVER:
        raise system_error(errno.EINVAL)
    if loss == FOREVER:
        sound = delay > 0 and (not fast or fast >= delay)
    elif loss:
        sound = 0 < delay <= loss and (not fast or delay <= fast <= loss)
    else:
        sound = not delay and not fast
    if not sound:
        raise system_error(errno.EINVAL)


def connect_options(
    wanted: Mapping[str, Any], defaults: Mapping[str, Any], keyring: Keyring, hostnqn: str
) -> ConnectOptions:
    """What to connect to, and how.

    Raises:
        RpcError: ENODEV, another transport; EINVAL, an address or time-outs that are none.
        OSError: ENOKEY, there is no such key; or why its file cannot be read.
        AuthenticationError: the key is malformed.
    """
    if wanted["trtype"].upper() != "TCP":
        raise system_error(errno.ENODEV)
    loss, delay, fast = (wanted.get(name, defaults[name]) for name in RELIABILITY)
    check_reliability(loss, delay, fast)
    timeout = wanted.get("fabrics_connect_timeout_us") or (
        defaults["tcp_connect_timeout_ms"] * 1000
    )
    watched = defaults["action_on_timeout"] != "none"
    ack = defaults["transport_ack_timeout"]
    return ConnectOptions(
        address_of(wanted),
        wanted.get("subnqn", ""),
        Identity.of(wanted.get("hostnqn") or hostnqn),
        wanted.get("hostaddr") or None,
        _credentials(wanted, keyring),
        header_digest=wanted.get("hdgst", False),
        data_digest=wanted.get("ddgst", False),
        queues=1,
        keep_alive=defaults["keep_alive_timeout_ms"] / 1000,
        ack_timeout=(1 << ack) / 1000 if ack else None,
        connect_timeout=timeout / 1e6 if timeout else _DEFAULT_CONNECT,
        io_timeout=_seconds(defaults["timeout_us"]) if watched else math.inf,
        admin_timeout=_seconds(defaults["timeout_admin_us"]) if watched else math.inf,
        reconnect_delay=delay or _SOON,
        ctrl_loss_timeout=loss or FOREVER,
        fast_io_fail_timeout=(fast or FOREVER) if loss else 0.0,
    )


def _seconds(microseconds: int) -> float:
    return microseconds / 1e6 if microseconds else math.inf


def address_of(wanted: Mapping[str, Any]) -> Address:
    """The transport address. Raises RpcError, EINVAL."""
    service = wanted.get("trsvcid", "")
    if not service.isdecimal() or not 0 < int(service) < 1 << 16:
        raise system_error(errno.EINVAL)
    return Address(wanted["traddr"], int(service))


def _credentials(wanted: Mapping[str, Any], keyring: Keyring) -> Credentials:
    def secret(name: str) -> str | None:
        given = wanted.get(name)
        return _secret(given, keyring) if given else None

    return Credentials(secret("dhchap_key"), secret("dhchap_ctrlr_key"), secret("psk"))


def _secret(given: str, keyring: Keyring) -> str:
    """A key by its name in the keyring, or, as until 24.09, by the path of its file."""
    try:
        return keyring.secret(given)
    except OSError as error:
        if error.errno != errno.ENOKEY or not Path(given).is_absolute():
            raise
    return read_secret(Path(given))


def new_hostnqn() -> str:
    """A name for a host that was given none."""
    return f"nqn.2014-08.org.nvmexpress:uuid:{uuid.uuid4()}"
