"""SPDK's methods on subsystems, the hosts that may use them, and those that do."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import fields as fields_of
from typing import Any

from dpu_sim.spdk_sim.envelope import Handler
from dpu_sim.spdk_sim.errors import invalid_parameters, no_such_device
from dpu_sim.spdk_sim.nvmf.rpc_parameters import (
    TARGET,
    Parameters,
    decode_for_subsystem,
    internal_error,
)
from dpu_sim.spdk_sim.nvmf.subsystem import (
    DEFAULT_NAMESPACES,
    FIRST_CNTLID,
    LAST_CNTLID,
    Host,
    Identity,
)
from dpu_sim.spdk_sim.nvmf.target import Target
from dpu_sim.spdk_sim.nvmf.transport import LiveController, LiveQueue
from dpu_sim.spdk_sim.parameters import Check, boolean, decode, off, string, unsigned
from nvmetcp.auth import Secret
from nvmetcp.errors import LocalProtocolError
from nvmetcp.psk import ConfiguredPsk

POLL_GROUP = "nvmf_tgt_poll_group_000"
"""The name of the only thread that serves queues."""

_TEXTS = {"serial_number": 20, "model_number": 40}
"""Bytes of SN and MN in the Identify Controller data structure (NVMe Base 2.1, figure 313)."""

_CREATE: dict[str, Check] = {
    "nqn": string,
    "serial_number": string,
    "model_number": string,
    "max_namespaces": unsigned(32),
    "allow_any_host": boolean,
    "ana_reporting": boolean,
    "min_cntlid": unsigned(16),
    "max_cntlid": unsigned(16),
    "dmrsl": unsigned(32),
    "wzsl": unsigned(8),
    "admin_label": string,
    "max_discard_size_kib": unsigned(64),
    "max_write_zeroes_size_kib": unsigned(64),
    "passthrough": off,
    "enable_nssr": off,
    **TARGET,
}
_IDENTITY = {one.name for one in fields_of(Identity)}
_KEYS: dict[str, Callable[[str], object]] = {
    "psk": ConfiguredPsk.parse,
    "dhchap_key": Secret.parse,
    "dhchap_ctrlr_key": Secret.parse,
}
"""Keys of a host, with what reads them."""
_MOST_NAMESPACES = 1 << 16
"""More would take more memory for their states than a target should."""


class SubsystemMethods:
    """Handlers on the subsystems of one target."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def methods(self) -> dict[str, Handler]:
        """The JSON-RPC methods."""
        return {
            "nvmf_create_subsystem": self._create,
            "nvmf_delete_subsystem": self._delete,
            "nvmf_get_subsystems": self._list,
            "nvmf_subsystem_add_host": self._add_host,
            "nvmf_subsystem_remove_host": self._remove_host,
            "nvmf_subsystem_set_keys": self._set_keys,
            "nvmf_subsystem_allow_any_host": self._allow_any_host,
            "nvmf_subsystem_get_controllers": self._controllers,
            "nvmf_subsystem_get_qpairs": self._queues,
        }

    # -- subsystems

    async def _create(self, given: Any) -> bool:
        wanted = decode(given, _CREATE, {"nqn"})
        identity = {name: wanted[name] for name in wanted.keys() & _IDENTITY}
        if not _fits(identity):
            raise invalid_parameters()
        identity["max_namespaces"] = identity.get("max_namespaces") or DEFAULT_NAMESPACES
        any_host = wanted.get("allow_any_host", False)
        try:
            self._target.create(Identity(**identity), allow_any_host=any_host)
        except (ValueError, OSError) as error:
            raise internal_error(f"Unable to create subsystem {wanted['nqn']}") from error
        self._target.rediscover()
        return True

    async def _delete(self, given: Any) -> bool:
        subsystem, _ = decode_for_subsystem(self._target, given, {})
        await self._target.delete(subsystem.nqn)
        return True

    async def _list(self, given: Any) -> list[dict[str, Any]]:
        nqn = decode(given, {"nqn": string, **TARGET}, set()).get("nqn")
        if nqn is None:
            return [subsystem.describe() for subsystem in self._target]
        subsystem = self._target.subsystem(nqn)
        if subsystem is None:
            raise no_such_device()
        return [subsystem.describe()]

    # -- hosts

    async def _add_host(self, given: Any) -> bool:
        fields = dict.fromkeys(("host", *_KEYS), string)
        subsystem, wanted = decode_for_subsystem(self._target, given, fields, {"host"})
        keys = self._keys(wanted)
        try:
            subsystem.add_host(Host(wanted["host"], **keys))
        except (ValueError, OSError) as error:
            raise internal_error() from error
        self._target.rediscover()
        return True

    async def _remove_host(self, given: Any) -> bool:
        fields = {"host": string, "timeout_ms": unsigned(64)}
        subsystem, wanted = decode_for_subsystem(self._target, given, fields, {"host"})
        try:
            subsystem.remove_host(wanted["host"])
        except OSError as error:
            raise internal_error() from error
        self._target.rediscover()
        return True

    async def _set_keys(self, given: Any) -> bool:
        fields = dict.fromkeys(("host", "dhchap_key", "dhchap_ctrlr_key"), string)
        subsystem, wanted = decode_for_subsystem(self._target, given, fields, {"host"})
        keys = self._keys(wanted)
        if wanted["host"] not in subsystem.hosts:
            raise invalid_parameters()
        subsystem.set_keys(wanted["host"], keys.get("dhchap_key"), keys.get("dhchap_ctrlr_key"))
        return True

    def _keys(self, wanted: Parameters) -> dict[str, str]:
        """The keys that are named, each of which there is and of its form. Raises RpcError.

        A controller's key alone is refused: it is used only after the host's.
        """
        keys = {name: wanted[name] for name in _KEYS if name in wanted}
        try:
            for name, key in keys.items():
                _KEYS[name](self._target.secret(key))
        except (OSError, ValueError, LocalProtocolError) as error:
            raise internal_error() from error
        if "dhchap_ctrlr_key" in keys and "dhchap_key" not in keys:
            raise internal_error()
        return keys

    async def _allow_any_host(self, given: Any) -> bool:
        fields = {"allow_any_host": boolean}
        subsystem, wanted = decode_for_subsystem(self._target, given, fields, fields)
        subsystem.allow_any_host = wanted["allow_any_host"]
        self._target.rediscover()
        return True

    # -- who is connected

    async def _controllers(self, given: Any) -> list[dict[str, Any]]:
        subsystem, _ = decode_for_subsystem(self._target, given, {})
        return [_describe_controller(one) for one in self._target.controllers(subsystem.nqn)]

    async def _queues(self, given: Any) -> list[dict[str, Any]]:
        subsystem, _ = decode_for_subsystem(self._target, given, {})
        return [
            _describe_queue(controller, queue)
            for controller in self._target.controllers(subsystem.nqn)
            for queue in controller.queues
        ]


def _fits(wanted: Parameters) -> bool:
    """Whether texts fit the Identify data structure and the range of controller ids is one."""
    texts = {name: wanted.get(name, "") for name in _TEXTS}
    short = all(len(texts[name]) <= size for name, size in _TEXTS.items())
    printable = all(text.isascii() and text.isprintable() for text in texts.values())
    first, last = wanted.get("min_cntlid", FIRST_CNTLID), wanted.get("max_cntlid", LAST_CNTLID)
    return (
        short
        and printable
        and FIRST_CNTLID <= first <= last <= LAST_CNTLID
        and wanted.get("max_namespaces", 0) <= _MOST_NAMESPACES
    )


def _describe_controller(controller: LiveController) -> dict[str, Any]:
    return {
        "cntlid": controller.cntlid,
        "cntrltype": "discovery" if controller.discovery else "io",
        "hostnqn": controller.host,
        "hostid": str(uuid.UUID(bytes=controller.hostid)),
        "num_io_qpairs": sum(1 for queue in controller.queues if queue.qid),
    }


def _describe_queue(controller: LiveController, queue: LiveQueue) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "cntlid": controller.cntlid,
        "qid": queue.qid,
        "state": "enabled" if queue.enabled else "disabled",
        "thread": POLL_GROUP,
        "hostnqn": controller.host,
        "listen_address": queue.local.describe(),
        "peer_address": queue.peer.describe(),
    }
    if queue.authentication is not None:
        digest, group = queue.authentication
        shown["auth"] = {"state": "completed", "digest": digest, "dhgroup": group}
    return shown
