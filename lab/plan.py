"""Topology -> ordered operations. Pure: no I/O, the same topology gives the same plan.

An operation names what it needs; the engine runs whatever has its needs met, in parallel.
containerlab's stages map onto operations: create -> StartNode, create-links -> JoinLinks,
configure -> ConfigureNode, healthy -> AwaitReady, exit -> AwaitExit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

from lab.topology.model import (
    Kind,
    Link,
    LinkType,
    Node,
    Readiness,
    Role,
    Stage,
    Topology,
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of bringing a lab up. `needs` are the ids of the steps that come first."""

    id: str
    needs: frozenset[str] = field(default=frozenset(), kw_only=True)

    def describe(self) -> str:
        """One line for a person."""
        raise TypeError(f"{type(self).__name__} is abstract")

    @property
    def only_orders(self) -> bool:
        """Whether it does nothing for this topology but keep others in order."""
        return False


@dataclass(frozen=True, slots=True)
class CreateNetwork(Operation):
    """Create the management network."""

    subnet: str

    def describe(self) -> str:
        """One line for a person."""
        return f"create the management network ({self.subnet or 'a free subnet'})"


@dataclass(frozen=True, slots=True)
class NodeOperation(Operation):
    """A step on one node."""

    node: Node


def _stage_commands(node: Node, stage: Stage) -> bool:
    return any(rule.stage is stage and rule.exec for rule in node.stages)


@dataclass(frozen=True, slots=True)
class StartNode(NodeOperation):
    """Create and start a node, and pin its network namespace."""

    def describe(self) -> str:
        """One line for a person."""
        if self.node.kind is Kind.BRIDGE:
            where = "on the machine" if self.node.machine_bridge else "in a namespace of its own"
            return f"create bridge {self.node.name} {where}"
        return f"start {self.node.role} {self.node.name} from {self.node.image}"


@dataclass(frozen=True, slots=True)
class CreateLink(Operation):
    """Create a link straight into the namespaces of its ends."""

    link: Link

    @property
    def far_end(self) -> str:
        """The other end, for a person: in a node, on the machine, or none."""
        return str(self.link.b) if self.link.b else (self.link.host_interface or "nothing")

    def describe(self) -> str:
        """One line for a person."""
        return f"link {self.link.a} <-> {self.far_end} ({self.link.type}, mtu {self.link.mtu})"


@dataclass(frozen=True, slots=True)
class JoinLinks(NodeOperation):
    """All links of a node exist."""

    def describe(self) -> str:
        """One line for a person."""
        return f"all links of {self.node.name} are there"

    @property
    def only_orders(self) -> bool:
        """Without commands of the stage, it is a point in time."""
        return not _stage_commands(self.node, Stage.CREATE_LINKS)


@dataclass(frozen=True, slots=True)
class ConfigureNode(NodeOperation):
    """Run the node's exec commands."""

    def describe(self) -> str:
        """One line for a person."""
        commands = len(self.node.exec)
        return f"configure {self.node.name} ({commands} command{'s' * (commands != 1)})"

    @property
    def only_orders(self) -> bool:
        """Without commands there is nothing to run."""
        return not (self.node.exec or _stage_commands(self.node, Stage.CONFIGURE))


@dataclass(frozen=True, slots=True)
class AwaitReady(NodeOperation):
    """Wait until a node is ready."""

    def describe(self) -> str:
        """One line for a person."""
        return f"wait until {self.node.name} is ready ({self.node.readiness})"

    @property
    def only_orders(self) -> bool:
        """A node that only has to run is ready once it was started."""
        waits = self.node.readiness is not Readiness.RUNNING or self.node.healthcheck
        return not (waits or _stage_commands(self.node, Stage.HEALTHY))


@dataclass(frozen=True, slots=True)
class AwaitExit(NodeOperation):
    """Wait until a node's main process ended."""

    def describe(self) -> str:
        """One line for a person."""
        return f"wait until {self.node.name} has exited"


@dataclass(frozen=True, slots=True)
class ApplyIntents(NodeOperation):
    """Apply a DPU's start-up intents over OPI gRPC."""

    def describe(self) -> str:
        """One line for a person."""
        return f"apply OPI start-up intents to {self.node.name}"


@dataclass(frozen=True, slots=True)
class VerifyForwarding(Operation):
    """Prove that host-to-host traffic crosses both DPUs. Each pair is (sender, receiver)."""

    pairs: tuple[tuple[str, str], ...]

    def describe(self) -> str:
        """One line for a person."""
        routes = ", ".join(f"{a} -> {b}" for a, b in self.pairs)
        return f"verify that traffic crosses the DPUs ({routes})"


@dataclass(frozen=True, slots=True)
class Plan:
    """Operations in an order that respects every need."""

    operations: tuple[Operation, ...]

    def describe(self) -> list[str]:
        """A line for every operation that does something, in order."""
        return [one.describe() for one in self.operations if not one.only_orders]


_STAGE_OPERATION: Mapping[Stage, str] = {
    Stage.CREATE: "start",
    Stage.CREATE_LINKS: "links",
    Stage.CONFIGURE: "configure",
    Stage.HEALTHY: "ready",
    Stage.EXIT: "exit",
}

NETWORK_ID = "network"


def build(topology: Topology) -> Plan:
    """Plan a lab. Raises graphlib.CycleError where wait-for rules go round in a circle."""
    operations = {op.id: op for op in _operations(topology)}
    order = TopologicalSorter({op.id: sorted(op.needs) for op in operations.values()})
    return Plan(tuple(operations[op_id] for op_id in order.static_order()))


def link_id(link: Link) -> str:
    """The id of the operation that creates a link."""
    return f"link:{link.a}"


def _operations(topology: Topology) -> Iterator[Operation]:
    if needs_network(topology):
        yield CreateNetwork(NETWORK_ID, topology.mgmt.ipv4_subnet)
    for link in topology.links:
        yield _create_link(topology, link)
    for node in topology.nodes.values():
        yield from _node_operations(topology, node)
    pairs = verification_pairs(topology)
    if pairs:
        everyone = frozenset(_last_id(node) for node in topology.nodes.values())
        yield VerifyForwarding("verify", pairs, needs=everyone)


def needs_network(topology: Topology) -> bool:
    """Whether anything of the lab sits on the management network."""
    on_mgmt = any(node.on_mgmt for node in topology.nodes.values())
    return on_mgmt or any(link.type is LinkType.MGMT_NET for link in topology.links)


def _waits(node: Node, stage: Stage) -> frozenset[str]:
    rules = (rule for rule in node.stages if rule.stage is stage)
    return frozenset(
        f"{_STAGE_OPERATION[awaited]}:{other}" for rule in rules for other, awaited in rule.wait_for
    )


def _create_link(topology: Topology, link: Link) -> CreateLink:
    needs = {f"start:{end.node}" for end in link.endpoints}
    for end in link.endpoints:
        needs |= _waits(topology.nodes[end.node], Stage.CREATE_LINKS)
    if link.type is LinkType.MGMT_NET:
        needs.add(NETWORK_ID)
    return CreateLink(link_id(link), link, needs=frozenset(needs))


def _node_operations(topology: Topology, node: Node) -> Iterator[Operation]:
    name = node.name
    start = set(_waits(node, Stage.CREATE))
    if node.on_mgmt:
        start.add(NETWORK_ID)
    if node.network_mode.startswith("container:"):
        start.add(f"start:{node.network_mode.removeprefix('container:')}")
    yield StartNode(f"start:{name}", node, needs=frozenset(start))
    links = {link_id(link) for link, _ in topology.links_of(name)}
    yield JoinLinks(f"links:{name}", node, needs=frozenset(links | {f"start:{name}"}))
    configure = _waits(node, Stage.CONFIGURE) | {f"links:{name}"}
    yield ConfigureNode(f"configure:{name}", node, needs=configure)
    ready = _waits(node, Stage.HEALTHY) | {f"configure:{name}"}
    yield AwaitReady(f"ready:{name}", node, needs=ready)
    if _exit_is_awaited(topology, name):
        exit_needs = _waits(node, Stage.EXIT) | {f"links:{name}"}
        yield AwaitExit(f"exit:{name}", node, needs=exit_needs)
    if node.role is Role.DPU and node.startup_config:
        yield ApplyIntents(f"intents:{name}", node, needs=frozenset({f"ready:{name}"}))


def _exit_is_awaited(topology: Topology, name: str) -> bool:
    rules = (rule for node in topology.nodes.values() for rule in node.stages)
    return any((name, Stage.EXIT) in rule.wait_for for rule in rules)


def _last_id(node: Node) -> str:
    if node.role is Role.DPU and node.startup_config:
        return f"intents:{node.name}"
    return f"ready:{node.name}"


def verification_pairs(topology: Topology) -> tuple[tuple[str, str], ...]:
    """Hosts behind DPUs, in a ring, so that each DPU forwards in both directions.

    Only pairs behind different DPUs count: their traffic has to cross both.
    """
    hosts = [
        (node.name, dpu)
        for node in topology.nodes.values()
        if node.verify and (dpu := dpu_of(topology, node)) is not None
    ]
    ring = zip(hosts, hosts[1:] + hosts[:1], strict=True)
    pairs = [(a, b) for (a, dpu_a), (b, dpu_b) in ring if dpu_a != dpu_b]
    return tuple(pairs[:1] if len(hosts) == 2 else pairs)


def dpu_of(topology: Topology, node: Node) -> str | None:
    """The DPU that a host sits behind, None where it has no addressed link to one."""
    if node.role is not Role.HOST:
        return None
    for link, end in topology.links_of(node.name):
        if link.b is None or not (end.ipv4 or end.ipv6):
            continue
        far = link.b if end is link.a else link.a
        if topology.nodes[far.node].role is Role.DPU:
            return far.node
    return None
