"""Every nvmf_* method of one target."""

from __future__ import annotations

from dpu_sim.spdk_sim.envelope import Handler
from dpu_sim.spdk_sim.nvmf.rpc_listeners import ListenerMethods
from dpu_sim.spdk_sim.nvmf.rpc_namespaces import NamespaceMethods
from dpu_sim.spdk_sim.nvmf.rpc_subsystems import SubsystemMethods
from dpu_sim.spdk_sim.nvmf.rpc_transports import TransportMethods
from dpu_sim.spdk_sim.nvmf.target import Target


def nvmf_methods(target: Target) -> dict[str, Handler]:
    """The JSON-RPC methods by name."""
    return {
        **TransportMethods(target).methods(),
        **SubsystemMethods(target).methods(),
        **ListenerMethods(target).methods(),
        **NamespaceMethods(target).methods(),
    }
