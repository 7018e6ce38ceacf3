"""SPDK's methods on listeners, the states of ANA groups there, and referrals to other services."""

from __future__ import annotations

from typing import Any

from dpu_sim.nqn import DISCOVERY, nqn_problem
from dpu_sim.spdk_sim.bdev.statistics import TICKS_PER_SECOND, now
from dpu_sim.spdk_sim.envelope import Handler
from dpu_sim.spdk_sim.errors import invalid_parameters
from dpu_sim.spdk_sim.nvmf.listener import ANA_STATES
from dpu_sim.spdk_sim.nvmf.rpc_parameters import (
    TARGET,
    address_of,
    address_record,
    decode_for_subsystem,
    internal_error,
    listener_at,
)
from dpu_sim.spdk_sim.nvmf.target import Referral, Target
from dpu_sim.spdk_sim.parameters import Check, boolean, decode, one_of, signed, string, unsigned

_ADDRESS: dict[str, Check] = {"listen_address": address_record}
_ANA: dict[str, Check] = {"ana_state": one_of(*ANA_STATES)}
_KEPT = ("sock_impl", "numa_id")


class ListenerMethods:
    """Handlers on the listeners and referrals of one target."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def methods(self) -> dict[str, Handler]:
        """The JSON-RPC methods."""
        return {
            "nvmf_subsystem_add_listener": self._add,
            "nvmf_subsystem_remove_listener": self._remove,
            "nvmf_subsystem_get_listeners": self._list,
            "nvmf_subsystem_get_listener_iostat": self._statistics,
            "nvmf_subsystem_listener_set_ana_state": self._set_ana_state,
            "nvmf_discovery_add_referral": self._add_referral,
            "nvmf_discovery_remove_referral": self._remove_referral,
            "nvmf_discovery_get_referrals": self._list_referrals,
        }

    async def _add(self, given: Any) -> bool:
        fields = _ADDRESS | _ANA | {
            "secure_channel": boolean,
            "sock_impl": string,
            "numa_id": signed(32),
        }  # fmt: skip
        subsystem, wanted = decode_for_subsystem(self._target, given, fields, _ADDRESS)
        address, secure = address_of(wanted["listen_address"]), wanted.get("secure_channel", False)
        if secure and subsystem.allow_any_host:
            raise internal_error("Cannot establish secure channel, when 'allow_any_host' is set")
        if "ana_state" in wanted and not subsystem.ana_reporting:
            raise invalid_parameters()
        state = ANA_STATES[wanted.get("ana_state", "optimized")]
        options = {name: wanted[name] for name in _KEPT if name in wanted}
        try:
            await self._target.add_listener(
                subsystem, address, secure_channel=secure, ana_state=state, options=options
            )
        except OSError as error:
            raise invalid_parameters() from error
        return True

    async def _remove(self, given: Any) -> bool:
        # Clients of earlier versions say secure_channel here too; it changes nothing.
        fields = _ADDRESS | {"secure_channel": boolean}
        subsystem, wanted = decode_for_subsystem(self._target, given, fields, _ADDRESS)
        try:
            await self._target.remove_listener(subsystem, address_of(wanted["listen_address"]))
        except OSError as error:
            raise invalid_parameters() from error
        return True

    async def _list(self, given: Any) -> list[dict[str, Any]]:
        subsystem, _ = decode_for_subsystem(self._target, given, {})
        return [listener.describe() for listener in subsystem.listeners.values()]

    async def _statistics(self, given: Any) -> dict[str, Any]:
        """What hosts did that came in at a listener, by namespace. spdk_tgt has no such method."""
        subsystem, wanted = decode_for_subsystem(self._target, given, _ADDRESS, _ADDRESS)
        listener = listener_at(subsystem, wanted["listen_address"])
        namespaces = [
            {"nsid": nsid, "bdev_name": one.bdev.name} | one.channel(listener).statistics.describe()
            for nsid, one in sorted(subsystem.namespaces.items(), key=lambda pair: pair[0])
        ]
        return {"tick_rate": TICKS_PER_SECOND, "ticks": now(), "namespaces": namespaces}

    async def _set_ana_state(self, given: Any) -> bool:
        fields = _ADDRESS | _ANA | {"anagrpid": unsigned(32)}
        required = _ADDRESS | _ANA
        subsystem, wanted = decode_for_subsystem(self._target, given, fields, required)
        listener = listener_at(subsystem, wanted["listen_address"])
        group = wanted.get("anagrpid") or None
        if not subsystem.ana_reporting or (group or 0) > subsystem.max_namespaces:
            raise invalid_parameters()
        subsystem.set_ana_state(listener, ANA_STATES[wanted["ana_state"]], group)
        return True

    # -- referrals

    async def _add_referral(self, given: Any) -> bool:
        fields = {"address": address_record, "secure_channel": boolean, "subnqn": string, **TARGET}
        wanted = decode(given, fields, {"address"})
        subnqn = wanted.get("subnqn", DISCOVERY)
        if nqn_problem(subnqn):
            raise invalid_parameters()
        address = address_of(wanted["address"])
        self._target.add_referral(Referral(address, subnqn, wanted.get("secure_channel", False)))
        return True

    async def _remove_referral(self, given: Any) -> bool:
        fields = {"address": address_record, "subnqn": string, **TARGET}
        wanted = decode(given, fields, {"address"})
        address = address_of(wanted["address"])
        if not self._target.remove_referral(address, wanted.get("subnqn", DISCOVERY)):
            raise invalid_parameters()
        return True

    async def _list_referrals(self, given: Any) -> list[dict[str, Any]]:
        decode(given, TARGET, set())
        return [referral.describe() for referral in self._target.referrals]
