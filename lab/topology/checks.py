"""What must hold between the parts of a topology, checked before anything is created."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lab import card
from lab.topology import addresses, ports, stages
from lab.topology.model import Endpoint, Kind, LinkType, Mgmt, Node, PortBinding, Role, Topology
from lab.topology.problems import KeyPath, Report, suggest
from lab.topology.resolve_links import SPECIAL_NODES, PlacedLink, Side

MGMT_INTERFACE = "eth0"
"""Interface of a node on the management network."""
_NODES: KeyPath = ("topology", "nodes")


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks one topology; `links` are the topology's with their places in the file."""

    topology: Topology
    links: Sequence[PlacedLink]
    report: Report = field(default_factory=Report)

    def run(self) -> None:
        """Run all checks."""
        self._dangling()
        self._interfaces()
        self._machine_interfaces()
        self._cards()
        self._network_modes()
        self._wait_for()
        self._ports()
        self._subnets()
        self._unique_addresses()
        self._unique_macs()
        self._bridge_ends()

    def _ends(self) -> Iterator[tuple[PlacedLink, Side, Endpoint]]:
        for placed in self.links:
            for side, end in zip(placed.sides, placed.link.endpoints, strict=True):
                yield placed, side, end

    def _ends_in(self, node: str) -> Iterator[tuple[Side, Endpoint]]:
        return ((side, end) for _, side, end in self._ends() if end.node == node)

    def _dangling(self) -> None:
        for _, side, end in self._ends():
            if end.node not in self.topology.nodes:
                hint = suggest(end.node, self.topology.nodes, "nodes")
                if end.node in SPECIAL_NODES:
                    hint = f"the machine's side has its own form: type: {end.node}"
                self.report.add(side.node_path, f"link ends at unknown node '{end.node}'", hint)

    def _interfaces(self) -> None:
        seen: dict[tuple[str, str], Side] = {}
        for _, side, end in self._ends():
            key = (end.node, end.interface)
            if key in seen:
                what = f"interface {end} is used by two links"
                self.report.add(side.interface_path, what, f"first in {_link_of(seen[key])}")
            seen.setdefault(key, side)
            node = self.topology.nodes.get(end.node)
            reserved = node and node.on_mgmt and node.role is not Role.DPU
            if reserved and end.interface == MGMT_INTERFACE:
                hint = "use eth1 and up, or `network-mode: none`"
                what = f"eth0 of '{end.node}' is its management interface"
                self.report.add(side.interface_path, what, hint)

    def _machine_interfaces(self) -> None:
        """Names in the machine's own namespace: one space for all links and machine bridges."""
        seen: dict[str, str] = {
            name: f"bridge node '{name}'"
            for name, node in self.topology.nodes.items()
            if node.machine_bridge
        }
        for placed in self.links:
            link = placed.link
            names = [
                (end.interface, side.path)
                for side, end in zip(placed.sides, link.endpoints, strict=True)
                if (node := self.topology.nodes.get(end.node)) and node.machine_bridge
            ]
            if link.type in {LinkType.HOST, LinkType.MGMT_NET}:
                names.append((link.host_interface, placed.machine_path))
            for name, path in names:
                if name in seen:
                    what = f"interface '{name}' on the machine is used twice"
                    self.report.add(path, what, f"also by {seen[name]}")
                seen.setdefault(name, _dotted_link(placed.path))

    def _cards(self) -> None:
        """DPUs: interfaces are named after the card's functions."""
        for _, side, end in self._ends():
            node = self.topology.nodes.get(end.node)
            too_long = len(end.interface) > addresses.MAX_INTERFACE
            if not node or node.role is not Role.DPU or too_long:
                continue
            if card.parse_interface(end.interface) is None:
                what = f"'{end.interface}' is no interface of DPU '{end.node}'"
                self.report.add(side.interface_path, what, card.NAMES)

    def _network_modes(self) -> None:
        for node in self.topology.nodes.values():
            path = (*_NODES, node.name, "network-mode")
            if node.network_mode.startswith("container:"):
                if self._shares_well(node, path):
                    self._no_links(node, "link the node whose network it shares")
            elif node.network_mode not in {"", "none", "host"}:
                what = f"'{node.network_mode}' is no network mode"
                self.report.add(path, what, "none, host or container:NODE; without it: management")
                continue
            elif node.network_mode == "host":
                self._no_links(node, "use a host link of another node")
            self._off_mgmt(node)

    def _no_links(self, node: Node, hint: str) -> None:
        for side, end in self._ends_in(node.name):
            what = f"link to {end}, but '{node.name}' has network-mode {node.network_mode}"
            self.report.add(side.node_path, what, hint)

    def _shares_well(self, node: Node, path: KeyPath) -> bool:
        other_name = node.network_mode.removeprefix("container:")
        other = self.topology.nodes.get(other_name)
        if other is None:
            hint = suggest(other_name, set(self.topology.nodes) - {node.name}, "nodes")
            self.report.add(path, f"network-mode names unknown node '{other_name}'", hint)
            return False
        if other.kind is Kind.BRIDGE or other.network_mode.startswith("container:"):
            what = f"'{other_name}' has no network of its own to share"
            self.report.add(path, what, "name a container that has one")
            return False
        return True

    def _off_mgmt(self, node: Node) -> None:
        """What needs the management network, on a node that is not there."""
        if node.on_mgmt or node.kind is Kind.BRIDGE:
            return
        needs = {
            "ports": node.ports,
            "mgmt-ipv4": node.mgmt_ipv4,
            "mgmt-ipv6": node.mgmt_ipv6,
        }
        for key, value in needs.items():
            if value:
                what = f"'{key}' needs the management network"
                hint = f"'{node.name}' has network-mode {node.network_mode}"
                self.report.add((*_NODES, node.name, key), what, hint)

    def _wait_for(self) -> None:
        nodes = self.topology.nodes
        for name, node in nodes.items():
            for rule in node.stages:
                for other, _ in rule.wait_for:
                    if other not in nodes:
                        path = (*_NODES, name, "stages", rule.stage.value, "wait-for")
                        hint = suggest(other, nodes, "nodes")
                        self.report.add(path, f"wait-for names unknown node '{other}'", hint)
        circle = stages.cycle(nodes)
        if circle:
            first = min(circle)
            turn = circle.index(first)
            circle = circle[turn:] + circle[:turn] + [first]
            reasons = [stages.dependencies(nodes[a])[b] for a, b in itertools.pairwise(circle)]
            path = (*_NODES, first, "stages")
            what = f"nodes wait for each other: {' -> '.join(circle)}"
            self.report.add(path, what, "; ".join(reasons))

    def _ports(self) -> None:
        taken: dict[tuple[int, str], list[tuple[str, PortBinding]]] = {}
        for name, node in self.topology.nodes.items():
            for binding in node.ports:
                others = taken.setdefault((binding.host_port, binding.protocol), [])
                other = next((n for n, b in others if ports.collide(b, binding)), None)
                if other is not None:
                    port = f"{binding.host_ip}:{binding.host_port}/{binding.protocol}"
                    what = f"port {port} of the machine is published twice"
                    path = (*_NODES, name, "ports")
                    self.report.add(path, what, f"also by node '{other}'")
                    break
                if binding.host_port:
                    others.append((name, binding))

    def _subnets(self) -> None:
        """Both ends of a wire share a subnet, unless an end has a host route (/32, /128)."""
        for placed in self.links:
            link = placed.link
            if link.b is None:
                continue
            for family in ("ipv4", "ipv6"):
                ends = (getattr(link.a, family), getattr(link.b, family))
                if not all(ends) or not _differ(*ends):
                    continue
                what = f"{link.a} has {ends[0]} but {link.b} has {ends[1]}: different subnets"
                hint = "both ends of a link are in one subnet"
                self.report.add(placed.sides[1].place(family), what, hint)

    def _unique_addresses(self) -> None:
        seen: dict[str, str] = {}
        for what, path, text in self._addresses():
            ip = ipaddress.ip_interface(text).ip
            if ip.is_link_local:
                continue
            if str(ip) in seen:
                self.report.add(path, f"address {ip} is used twice", f"also by {seen[str(ip)]}")
            seen.setdefault(str(ip), what)

    def _addresses(self) -> Iterator[tuple[str, KeyPath, str]]:
        for name, node in self.topology.nodes.items():
            for key, text in (("mgmt-ipv4", node.mgmt_ipv4), ("mgmt-ipv6", node.mgmt_ipv6)):
                if text:
                    yield f"{key} of '{name}'", (*_NODES, name, key), text
        for _, side, end in self._ends():
            for family in ("ipv4", "ipv6"):
                if text := getattr(end, family):
                    yield str(end), side.place(family), text

    def _unique_macs(self) -> None:
        seen: dict[str, Endpoint] = {}
        for _, side, end in self._ends():
            if end.mac and end.mac in seen:
                what = f"MAC address {end.mac} is used twice"
                self.report.add(side.place("mac"), what, f"also by {seen[end.mac]}")
            seen.setdefault(end.mac, end)

    def _bridge_ends(self) -> None:
        for placed, side, end in self._ends():
            node = self.topology.nodes.get(end.node)
            if node is None or node.kind is not Kind.BRIDGE:
                continue
            if placed.link.type is not LinkType.VETH:
                what = f"a {placed.link.type} link cannot end in bridge '{end.node}'"
                self.report.add(side.node_path, what, "end it in a container")
            for family in ("ipv4", "ipv6"):
                if getattr(end, family):
                    what = f"{end} is a bridge port and gets no address"
                    self.report.add(side.place(family), what, "remove the address")


def check_mgmt(mgmt: Mgmt, topology: Topology, report: Report) -> None:
    """Addresses on the management network lie in its subnets."""
    for version in (4, 6):
        subnet_text = getattr(mgmt, f"ipv{version}_subnet")
        if not subnet_text:
            continue
        subnet = addresses.network(subnet_text, version)
        wanted: dict[KeyPath, str] = {
            ("mgmt", f"ipv{version}-gw"): getattr(mgmt, f"ipv{version}_gw")
        }
        wanted |= {
            (*_NODES, name, f"mgmt-ipv{version}"): getattr(node, f"mgmt_ipv{version}")
            for name, node in topology.nodes.items()
        }
        for path, text in wanted.items():
            if text and ipaddress.ip_address(text) not in subnet:
                what = f"{text} is outside the management subnet {subnet}"
                report.add(path, what, f"set mgmt.ipv{version}-subnet to a subnet that has it")


def _differ(a: str, b: str) -> bool:
    first, second = ipaddress.ip_interface(a), ipaddress.ip_interface(b)
    if first.is_link_local or second.is_link_local:
        return False
    if 1 in {first.network.num_addresses, second.network.num_addresses}:
        return False
    return first.network != second.network


def _link_of(side: Side) -> str:
    return _dotted_link(side.path)


def _dotted_link(path: KeyPath) -> str:
    return f"topology.links[{path[2]}]"
