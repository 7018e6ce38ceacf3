"""A lab that runs: what scenarios, `dpulab exec` and faults act on (lab.node.RunningLab)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from lab.engine.cancellation import Cancellation
from lab.engine.nodes import await_carrier, await_ready, container_node, run_exec, start_container
from lab.engine.readiness import GRPC_PORT
from lab.engine.up import DEFAULT_TIMEOUT
from lab.errors import LabError
from lab.links.agent import connect
from lab.links.netops import NetOps
from lab.links.pins import OWN_NAMESPACE
from lab.node import Node
from lab.ownership import RUN, pin_path, state_path
from lab.runtime.container import Container
from lab.runtime.container_node import BridgeNode
from lab.runtime.docker_engine import Docker
from lab.topology.model import Impairment, Kind, Role, Topology, from_json


class LabSession:
    """A running lab in containers."""

    def __init__(self, topology: Topology, docker: Docker, net: NetOps) -> None:
        self._topology = topology
        self._docker = docker
        self._net = net

    @property
    def topology(self) -> Topology:
        """What was asked for."""
        return self._topology

    @property
    def net(self) -> NetOps:
        """Namespace work on this lab."""
        return self._net

    @property
    def docker(self) -> Docker:
        """The container engine of this lab."""
        return self._docker

    def node(self, name: str) -> Node:
        """A node by name. Raises LabError with the known names."""
        node = self._known(name)
        if self._topology.nodes[name].kind is Kind.BRIDGE:
            machine = self._topology.nodes[name].machine_bridge
            netns = OWN_NAMESPACE if machine else pin_path(self._topology.name, name)
            return BridgeNode(name, netns)
        return container_node(self._docker, self._topology, node)

    def _known(self, name: str) -> str:
        if name not in self._topology.nodes:
            raise LabError(
                f"lab {self._topology.name} has no node {name}",
                f"nodes: {', '.join(self._topology.nodes)}",
            )
        return name

    def container(self, node: str) -> Container | None:
        """What the container engine says about a node."""
        return self._docker.inspect(self._topology.container_name(self._known(node)))

    def grpc_target(self, node: str) -> str:
        """host:port where a DPU serves gRPC."""
        if self._topology.nodes[self._known(node)].role is not Role.DPU:
            dpus = [one.name for one in self._topology.nodes.values() if one.role is Role.DPU]
            raise LabError(f"{node} is not a DPU", f"DPUs of this lab: {', '.join(dpus) or 'none'}")
        address = self.mgmt_address(node)
        if not address:
            raise LabError(f"{node} has no management address", "is it running? `dpulab status`")
        return f"{address}:{GRPC_PORT}"

    def mgmt_address(self, node: str) -> str:
        """Management IPv4 address of a node, '' where it has none."""
        found = self.container(node)
        return found.ipv4 if found else ""

    def set_link(self, node: str, interface: str, *, up: bool) -> None:
        """Cut (both directions) or heal the link that ends here."""
        self._net.set_link(self._topology, self._known(node), interface, up)
        found = self._topology.endpoint(node, interface)
        if up and found is not None:
            ends = list(found[0].endpoints)
            await_carrier(self._net, self._topology, ends, Cancellation())

    def impair(self, node: str, interface: str, impairment: Impairment) -> None:
        """Replace the impairment of one link end."""
        self._net.impair(self._topology, self._known(node), interface, impairment)

    def stop_node(self, node: str, *, kill: bool = False) -> None:
        """Stop a node cleanly, or with SIGKILL; its links keep their other ends."""
        self._container_only(node)
        self._docker.stop(self._topology.container_name(node), kill=kill)
        self._net.power_off(self._topology, node)

    def start_node(self, node: str, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Start a stopped node, give it back its links and wait until it is ready."""
        self._container_only(node)
        wanted = self._topology.nodes[node]
        found = self.container(node)
        if found is None:
            raise LabError(f"node {node} does not exist", "`dpulab up` brings it back")
        if not found.running:
            start_container(self._docker, self._net, self._topology, wanted)
            self._repair_links(node)
            run_exec(container_node(self._docker, self._topology, node), wanted, Cancellation())
        await_ready(self._docker, self._topology, wanted, timeout, Cancellation())

    def _repair_links(self, node: str) -> None:
        """Links whose namespace was lost with the node (its pin was removed) are made anew."""
        for link, _ in self._topology.links_of(node):
            if not self._net.link_is_whole(self._topology, link):
                self._net.ensure_link(self._topology, link)

    def _container_only(self, node: str) -> None:
        if self._topology.nodes[self._known(node)].kind is Kind.BRIDGE:
            raise LabError(f"{node} is a bridge: it cannot be stopped or started")

    @contextmanager
    def locked(self, purpose: str) -> Iterator[Self]:
        """Hold the lab's lock."""
        self._net.lock(self._topology.name, purpose)
        try:
            yield self
        finally:
            self._net.unlock(self._topology.name)


def running_labs() -> list[str]:
    """Names of the labs that were brought up on this machine."""
    return sorted(path.parent.name for path in RUN.glob("*/topology.json"))


def open_lab(name: str, docker: Docker | None = None) -> LabSession:
    """A lab that is up. Raises LabError with the names of those that are."""
    try:
        topology = from_json(state_path(name).read_bytes())
    except FileNotFoundError:
        known = ", ".join(running_labs())
        raise LabError(
            f"no lab named {name} is up",
            f"labs: {known}" if known else "`dpulab up FILE` starts one",
        ) from None
    return LabSession(topology, docker or Docker(), connect())
