"""SPDK's methods on the namespaces of a subsystem."""

from __future__ import annotations

import uuid
from typing import Any

from dpu_sim.nqn import nqn_problem
from dpu_sim.spdk_sim.envelope import Handler
from dpu_sim.spdk_sim.errors import invalid_parameters
from dpu_sim.spdk_sim.nvmf.namespace import EUI64_BYTES, NGUID_BYTES, NamespaceOptions
from dpu_sim.spdk_sim.nvmf.rpc_parameters import (
    Parameters,
    decode_for_subsystem,
    hexadecimal,
    namespace_of,
    record,
)
from dpu_sim.spdk_sim.nvmf.target import Target
from dpu_sim.spdk_sim.parameters import Check, boolean, identifier, string, unsigned

_NSID = {"nsid": unsigned(32)}
_NAMESPACE: dict[str, Check] = {
    "nsid": unsigned(32),
    "bdev_name": string,
    "nguid": hexadecimal(2 * NGUID_BYTES),
    "eui64": hexadecimal(2 * EUI64_BYTES),
    "uuid": identifier,
    "ptpl_file": string,
    "anagrpid": unsigned(32),
    "no_auto_visible": boolean,
    "hide_metadata": boolean,
}


class NamespaceMethods:
    """Handlers on the namespaces of one target."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def methods(self) -> dict[str, Handler]:
        """The JSON-RPC methods."""
        return {
            "nvmf_subsystem_add_ns": self._add,
            "nvmf_subsystem_remove_ns": self._remove,
            "nvmf_subsystem_set_ns_ana_group": self._set_group,
            "nvmf_ns_add_host": self._add_host,
            "nvmf_ns_remove_host": self._remove_host,
        }

    async def _add(self, given: Any) -> int:
        fields = {"namespace": record(_NAMESPACE, ("bdev_name",))}
        subsystem, wanted = decode_for_subsystem(self._target, given, fields, fields)
        options = wanted["namespace"]
        try:
            bdev = self._target.registry.get(options["bdev_name"])
            return subsystem.add_namespace(bdev, _options(options)).nsid
        except OSError as error:
            raise invalid_parameters() from error

    async def _remove(self, given: Any) -> bool:
        subsystem, wanted = decode_for_subsystem(self._target, given, _NSID, _NSID)
        namespace = namespace_of(subsystem, wanted["nsid"])
        subsystem.remove_namespace(namespace.nsid)
        return True

    async def _set_group(self, given: Any) -> bool:
        fields = _NSID | {"anagrpid": unsigned(32)}
        subsystem, wanted = decode_for_subsystem(self._target, given, fields, fields)
        namespace = namespace_of(subsystem, wanted["nsid"])
        if not 1 <= wanted["anagrpid"] <= subsystem.max_namespaces:
            raise invalid_parameters()
        subsystem.set_ana_group(namespace, wanted["anagrpid"])
        return True

    async def _add_host(self, given: Any) -> bool:
        return self._set_visible(given, True)

    async def _remove_host(self, given: Any) -> bool:
        return self._set_visible(given, False)

    def _set_visible(self, given: Any, visible: bool) -> bool:
        fields = _NSID | {"host": string}
        subsystem, wanted = decode_for_subsystem(self._target, given, fields, fields)
        namespace = namespace_of(subsystem, wanted["nsid"])
        if namespace.auto_visible or nqn_problem(wanted["host"]):
            raise invalid_parameters()
        subsystem.set_visible(namespace, wanted["host"], visible)
        return True


def _options(wanted: Parameters) -> NamespaceOptions:
    return NamespaceOptions(
        nsid=wanted.get("nsid", 0),
        nguid=bytes.fromhex(wanted["nguid"]) if "nguid" in wanted else None,
        eui64=bytes.fromhex(wanted["eui64"]) if "eui64" in wanted else None,
        uuid=uuid.UUID(wanted["uuid"]) if "uuid" in wanted else None,
        anagrpid=wanted.get("anagrpid", 0),
        ptpl_file=wanted.get("ptpl_file"),
        auto_visible=not wanted.get("no_auto_visible", False),
        hide_metadata=wanted.get("hide_metadata", False),
    )
