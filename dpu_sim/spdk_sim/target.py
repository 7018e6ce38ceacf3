"""The NVMe-oF target's subsystems and the hosts that may use them: SPDK's nvmf_* methods.

What exists so far is what can be had without a data path: subsystems, their identity and their
access lists. Methods for listeners, namespaces and transports answer "Method not found".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dpu_sim.nqn import DISCOVERY, nqn_problem
from dpu_sim.spdk_sim.envelope import Handler
from dpu_sim.spdk_sim.errors import (
    INTERNAL_ERROR,
    RpcError,
    invalid_parameters,
    no_such_device,
)
from dpu_sim.spdk_sim.parameters import Check, boolean, decode, off, string, unsigned

_SERIAL_BYTES = 20
_MODEL_BYTES = 40
"""Sizes of SN and MN in the Identify Controller data structure (NVMe Base 2.1, figure 312)."""

_DEFAULT_NAMESPACES = 32

_WITHOUT_EFFECT: dict[str, Check] = {"tgt_name": string, "passthrough": off, "enable_nssr": off}
"""Parameters of nvmf_create_subsystem that change nothing: there is one target."""

_DMRSL, _WZSL = 2 << 20, 12
"""Limits of Dataset Management (logical blocks) and Write Zeroes (power of two of 4 KiB)."""


@dataclass(slots=True)
class Subsystem:
    """One subsystem; defaults are SPDK's."""

    nqn: str
    serial_number: str = "0" * _SERIAL_BYTES
    model_number: str = "SPDK bdev Controller"
    max_namespaces: int = _DEFAULT_NAMESPACES
    allow_any_host: bool = False
    ana_reporting: bool = False
    min_cntlid: int = 1
    max_cntlid: int = 65519
    hosts: list[str] = field(default_factory=list)

    def describe(self) -> dict[str, Any]:
        """The subsystem as nvmf_get_subsystems shows it."""
        hosts = [{"nqn": host} for host in self.hosts]
        shown = {
            "nqn": self.nqn,
            "subtype": "Discovery" if self.nqn == DISCOVERY else "NVMe",
            "listen_addresses": [],
            "allow_any_host": self.allow_any_host,
            "hosts": hosts,
        }
        return shown if self.nqn == DISCOVERY else shown | self._nvme_part()

    def _nvme_part(self) -> dict[str, Any]:
        return {
            "serial_number": self.serial_number,
            "model_number": self.model_number,
            "max_namespaces": self.max_namespaces,
            "passthrough": False,
            "min_cntlid": self.min_cntlid,
            "max_cntlid": self.max_cntlid,
            "dmrsl": _DMRSL,
            "wzsl": _WZSL,
            "namespaces": [],
        }


class Target:
    """The subsystems of one target, the discovery subsystem among them."""

    def __init__(self) -> None:
        discovery = Subsystem(DISCOVERY, allow_any_host=True)
        self._subsystems = {DISCOVERY: discovery}

    def methods(self) -> dict[str, Handler]:
        """The JSON-RPC methods."""
        return {
            "nvmf_create_subsystem": self._create,
            "nvmf_delete_subsystem": self._delete,
            "nvmf_get_subsystems": self._list,
            "nvmf_subsystem_add_host": self._add_host,
            "nvmf_subsystem_allow_any_host": self._allow_any_host,
            "nvmf_subsystem_remove_host": self._remove_host,
        }

    async def _create(self, given: Any) -> bool:
        fields = {
            "nqn": string,
            "serial_number": string,
            "model_number": string,
            "max_namespaces": unsigned(32),
            "allow_any_host": boolean,
            "ana_reporting": boolean,
            "min_cntlid": unsigned(16),
            "max_cntlid": unsigned(16),
            **_WITHOUT_EFFECT,
        }
        given = decode(given, fields, {"nqn"})
        wanted = {name: given[name] for name in given.keys() - _WITHOUT_EFFECT.keys()}
        nqn = wanted["nqn"]
        if nqn_problem(nqn) or nqn in self._subsystems:
            raise RpcError(INTERNAL_ERROR, f"Unable to create subsystem {nqn}")
        if not _fits(wanted):
            raise invalid_parameters()
        wanted["max_namespaces"] = wanted.get("max_namespaces") or _DEFAULT_NAMESPACES
        self._subsystems[nqn] = Subsystem(**wanted)
        return True

    async def _delete(self, given: Any) -> bool:
        nqn = decode(given, {"nqn": string, "tgt_name": string}, {"nqn"})["nqn"]
        self._find(nqn)
        del self._subsystems[nqn]
        return True

    async def _list(self, given: Any) -> list[dict[str, Any]]:
        nqn = decode(given, {"nqn": string, "tgt_name": string}, set()).get("nqn")
        if nqn is None:
            return [self._subsystems[one].describe() for one in sorted(self._subsystems)]
        if nqn not in self._subsystems:
            raise no_such_device()
        return [self._subsystems[nqn].describe()]

    async def _add_host(self, given: Any) -> bool:
        subsystem, host = self._subsystem_and_host(given)
        if nqn_problem(host) or host in subsystem.hosts:
            raise RpcError(INTERNAL_ERROR, "Internal error")
        subsystem.hosts.append(host)
        return True

    async def _remove_host(self, given: Any) -> bool:
        subsystem, host = self._subsystem_and_host(given)
        if host not in subsystem.hosts:
            raise RpcError(INTERNAL_ERROR, "Internal error")
        subsystem.hosts.remove(host)
        return True

    async def _allow_any_host(self, given: Any) -> bool:
        fields = {"nqn": string, "tgt_name": string, "allow_any_host": boolean}
        wanted = decode(given, fields, {"nqn", "allow_any_host"})
        self._find(wanted["nqn"]).allow_any_host = wanted["allow_any_host"]
        return True

    def _subsystem_and_host(self, given: Any) -> tuple[Subsystem, str]:
        wanted = decode(given, dict.fromkeys(("nqn", "host", "tgt_name"), string), {"nqn", "host"})
        return self._find(wanted["nqn"]), wanted["host"]

    def _find(self, nqn: str) -> Subsystem:
        if nqn not in self._subsystems:
            raise invalid_parameters(f"Subsystem with NQN '{nqn}' not found")
        return self._subsystems[nqn]


def _fits(wanted: dict[str, Any]) -> bool:
    """Whether texts fit the Identify data structure and the range of controller ids is one."""
    texts = {"serial_number": _SERIAL_BYTES, "model_number": _MODEL_BYTES}
    short = all(len(wanted.get(name, "").encode()) <= size for name, size in texts.items())
    printable = all(wanted.get(name, "").isascii() for name in texts)
    first, last = wanted.get("min_cntlid", 1), wanted.get("max_cntlid", 65519)
    return short and printable and 1 <= first <= last <= 65519
