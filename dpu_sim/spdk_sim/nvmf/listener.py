"""A place where one subsystem is served, and how good the paths from there are.

ANA: NVM Express Base Specification 2.1, section 8.1.1; states are kept for every group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nvmetcp.logpages import AnaState

if TYPE_CHECKING:
    from dpu_sim.spdk_sim.nvmf.address import Address
    from dpu_sim.spdk_sim.nvmf.subsystem import Subsystem

ANA_STATES = {
    "optimized": AnaState.OPTIMIZED,
    "non_optimized": AnaState.NON_OPTIMIZED,
    "inaccessible": AnaState.INACCESSIBLE,
}
"""The states that can be set, by SPDK's names."""

_NAMES = {state: name for name, state in ANA_STATES.items()}


class Listener:
    """One address of one subsystem."""

    def __init__(
        self,
        subsystem: Subsystem,
        address: Address,
        port_id: int,
        *,
        secure_channel: bool = False,
        ana_state: AnaState = AnaState.OPTIMIZED,
    ) -> None:
        """`port_id` is that of the address: the same for every subsystem served there."""
        self.subsystem = subsystem
        self.address = address
        self.port_id = port_id
        self.secure_channel = secure_channel
        self.options: dict[str, Any] = {}
        """Parameters that are shown in the configuration but change nothing (sock_impl)."""
        self.ana_changes = 0
        """How often a state was set (the change count of the ANA log page)."""
        self.default_state = ana_state
        self.group_states: dict[int, AnaState] = {}
        """Groups whose state is not the default one."""

    def ana_state(self, group: int) -> AnaState:
        """How well the namespaces of an ANA group are reached here."""
        return self.group_states.get(group, self.default_state)

    def set_ana_state(self, state: AnaState, group: int | None) -> list[int]:
        """Set the state of one group, or of all; return the groups that have another one now."""
        groups = range(1, self.subsystem.max_namespaces + 1) if group is None else (group,)
        changed = [one for one in groups if self.ana_state(one) != state]
        if group is None:
            self.default_state = state
            self.group_states.clear()
        elif state == self.default_state:
            self.group_states.pop(group, None)
        else:
            self.group_states[group] = state
        self.ana_changes += bool(changed)
        return changed

    def describe(self) -> dict[str, Any]:
        """The listener as nvmf_subsystem_get_listeners shows it."""
        shown: dict[str, Any] = {"address": self.address.describe()}
        if self.subsystem.ana_reporting:
            shown["ana_states"] = [
                {"ana_group": group, "ana_state": _NAMES[self.ana_state(group)]}
                for group in range(1, self.subsystem.max_namespaces + 1)
            ]
        return shown


def ana_name(state: AnaState) -> str:
    """SPDK's name of a state that can be set."""
    return _NAMES[state]
