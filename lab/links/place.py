"""Where the ends of a lab's links are: the namespace of every node."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.links.pins import OWN_NAMESPACE
from lab.ownership import machine_interface, pin_path
from lab.topology.model import (
    Endpoint,
    Forwarding,
    Kind,
    Link,
    LinkType,
    Node,
    Role,
    Topology,
)

DPU_BRIDGE = "br0"
"""Joins the representors and uplinks of a DPU with `dpulab.forwarding: bridge`."""


@dataclass(frozen=True, slots=True)
class Place:
    """A link end as a device: its namespace and its name there."""

    netns: Path
    interface: str
    bridge: str = ""
    """The bridge that the device is a port of, '' for none."""


def place_of(topology: Topology, end: Endpoint) -> Place:
    """Where an end of a link is.

    Ports of a bridge in the machine's own namespace get a name of ours there, because two labs
    may both have a `br1:eth1`.
    """
    node = topology.nodes[end.node]
    if node.machine_bridge:
        name = machine_interface(topology.name, end.node, end.interface)
        return Place(OWN_NAMESPACE, name, machine_bridge_name(topology, end.node))
    return Place(pin_path(topology.name, end.node), end.interface, _bridge_of(node))


def _bridge_of(node: Node) -> str:
    """The bridge that a node's ends are ports of: in bridge nodes, and in DPUs that forward so."""
    if node.kind is Kind.BRIDGE:
        return node.name
    is_l2_dpu = node.role is Role.DPU and node.forwarding is Forwarding.BRIDGE
    return DPU_BRIDGE if is_l2_dpu else ""


def machine_bridge_name(topology: Topology, node: str) -> str:
    """Device name of a machine bridge: an existing bridge keeps its own, ours is derived."""
    existing = Path("/sys/class/net") / node / "bridge"
    return node if existing.exists() else machine_interface(topology.name, node)


def mgmt_bridge_name(topology: Topology) -> str:
    """Device name of the management bridge on the machine."""
    return topology.mgmt.bridge or machine_interface(topology.name, "mgmt")


def machine_places(topology: Topology, link: Link) -> list[Place]:
    """The far end of a link that is a device on the machine: host and mgmt-net links have one."""
    if link.type is LinkType.HOST:
        return [Place(OWN_NAMESPACE, link.host_interface)]
    if link.type is LinkType.MGMT_NET:
        return [Place(OWN_NAMESPACE, link.host_interface, mgmt_bridge_name(topology))]
    return []


@contextmanager
def open_namespace(netns: Path) -> Iterator[int]:
    """A file descriptor of a namespace, for netlink's net_ns_fd."""
    fd = os.open(netns, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)
