"""The management network: a free subnet for every lab, closed to the outside."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_interface, ip_network
from typing import Any

from pyroute2 import IPRoute

from lab.errors import LabError
from lab.links.place import mgmt_bridge_name
from lab.ownership import LABEL_LAB, LABEL_SPEC
from lab.runtime.docker_engine import Docker
from lab.topology.model import LinkType, Topology

Network = IPv4Network | IPv6Network

POOL = IPv4Network("10.213.0.0/16")
"""Where automatic subnets come from, a /24 per lab."""

_ATTEMPTS = 16


def network_name(topology: Topology) -> str:
    """Name of a lab's management network."""
    return topology.mgmt.network or f"{topology.prefix}-{topology.name}"


def free_subnet(taken: Iterable[Network], pool: IPv4Network = POOL) -> IPv4Network:
    """The first /24 of the pool that overlaps nothing. Raises LabError when all are taken."""
    others = [network for network in taken if network.version == 4]
    for candidate in pool.subnets(new_prefix=24):
        if not any(candidate.overlaps(other) for other in others):
            return candidate
    raise LabError(
        f"no free management subnet in {pool}",
        "take labs down that you no longer need, or set mgmt.ipv4-subnet in the topology file",
    )


def ensure(docker: Docker, topology: Topology) -> bool:
    """Create the management network unless the lab has it. Returns whether it was made."""
    existing = docker.network(network_name(topology))
    if existing is not None:
        _must_be_ours(existing, topology)
        return False
    taken: dict[Network, str] = {}
    for network, owner in _taken(docker, topology):
        taken.setdefault(network, owner)  # a Docker network is a route too: its name says more
    if topology.mgmt.ipv4_subnet:
        _refuse_overlap(ip_network(topology.mgmt.ipv4_subnet, strict=False), taken)
        _create(docker, topology, topology.mgmt.ipv4_subnet)
    else:
        _create_automatic(docker, topology, list(taken))
    return True


def _must_be_ours(existing: dict[str, Any], topology: Topology) -> None:
    labels = existing.get("Labels") or {}
    owner = labels.get(LABEL_LAB)
    if owner != topology.name:
        whose = f"lab {owner}" if owner else "something else than dpulab"
        raise LabError(
            f"management network {existing['Name']} belongs to {whose}",
            "choose another mgmt.network in the topology file, or leave it out",
        )
    if labels.get(LABEL_SPEC) != _digest(topology):
        raise LabError(
            f"the management network of lab {topology.name} is not as its file has it now",
            f"a network cannot be changed: `dpulab down {topology.name}` first",
        )


def _digest(topology: Topology) -> str:
    """Stands for everything that a management network is made from."""
    text = f"{topology.mgmt} {network_name(topology)} {is_internal(topology)}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _refuse_overlap(wanted: Network, taken: dict[Network, str]) -> None:
    for network, owner in taken.items():
        if network.version == wanted.version and wanted.overlaps(network):
            raise LabError(
                f"management subnet {wanted} is taken: it overlaps {network} of {owner}",
                "choose another mgmt.ipv4-subnet, or leave it out to get a free one",
            )


def _create_automatic(docker: Docker, topology: Topology, taken: list[Network]) -> None:
    """Two labs that come up at once may choose the same subnet: the daemon lets one win."""
    for _ in range(_ATTEMPTS):
        subnet = free_subnet(taken)
        try:
            _create(docker, topology, str(subnet))
        except LabError as error:
            if "overlap" not in error.message:
                raise
            taken.append(subnet)
        else:
            return
    raise LabError("no management subnet could be had: other labs keep taking them", "try again")


def _create(docker: Docker, topology: Topology, subnet: str) -> None:
    mgmt = topology.mgmt
    subnets = [(subnet, mgmt.ipv4_gw)]
    if mgmt.ipv6_subnet:
        subnets.append((mgmt.ipv6_subnet, mgmt.ipv6_gw))
    docker.create_network(
        network_name(topology),
        {LABEL_LAB: topology.name, LABEL_SPEC: _digest(topology)},
        subnets=subnets,
        internal=is_internal(topology),
        ipv6=bool(mgmt.ipv6_subnet),
        options={
            "com.docker.network.bridge.name": mgmt_bridge_name(topology),
            "com.docker.network.bridge.enable_icc": "false",
            "com.docker.network.bridge.enable_ip_masquerade": str(mgmt.external_access).lower(),
            "com.docker.network.driver.mtu": str(mgmt.mtu),
        },
    )


def is_internal(topology: Topology) -> bool:
    """Whether Docker closes the network altogether; published ports need it open."""
    publishes = any(node.ports for node in topology.nodes.values())
    return not (topology.mgmt.external_access or publishes)


def keeps_default_route(topology: Topology) -> bool:
    """Whether nodes may answer beyond the management subnet."""
    ports = (port for node in topology.nodes.values() for port in node.ports)
    return topology.mgmt.external_access or any(port.host_ip != "127.0.0.1" for port in ports)


def _taken(docker: Docker, topology: Topology) -> Iterator[tuple[Network, str]]:
    """Subnets that a new one must not overlap, each with who has it."""
    for network in docker.networks():
        for pool in (network.get("IPAM") or {}).get("Config") or []:
            if pool.get("Subnet"):
                yield ip_network(pool["Subnet"], strict=False), f"Docker network {network['Name']}"
    yield from _routed()
    for link in topology.links:
        # the ends of mgmt-net links are meant to be in the management subnet
        for end in link.endpoints if link.type is not LinkType.MGMT_NET else ():
            for address in filter(None, (end.ipv4, end.ipv6)):
                yield ip_interface(address).network, f"link end {end}"


def _routed() -> Iterator[tuple[Network, str]]:
    """Destinations of the machine's own routes, the default route apart."""
    with IPRoute() as netlink:
        for route in netlink.get_routes(family=2):
            destination, length = route.get("dst"), route.get("dst_len")
            if destination and length:
                yield ip_network(f"{destination}/{length}", strict=False), "a route of this machine"
