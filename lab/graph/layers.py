"""Which nodes stand side by side: hosts, then DPUs, then the network, then what hangs on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lab.topology.model import Endpoint, Kind, Node, Role, Topology

_RANKS = {Role.HOST: 0, Role.DPU: 1, Role.ROUTER: 2}
_NETWORK, _LAST = 2, 3

Neighbours = Mapping[str, set[str]]


def layers(topology: Topology) -> list[list[str]]:
    """Node names by layer from top to bottom, each layer in the order of the file.

    Network nodes and the last group take several layers where they are chained: leaves that touch
    a DPU come first, the spine that joins them below.
    """
    neighbours = _neighbours(topology)
    groups: list[list[str]] = [[] for _ in range(_LAST + 1)]
    for name, node in topology.nodes.items():
        groups[_rank(node)].append(name)
    result = groups[:_NETWORK]
    placed = {name for group in result for name in group}
    for group in groups[_NETWORK:]:
        result += _by_distance(group, neighbours, placed)
        placed.update(group)
    return [layer for layer in result if layer]


def depths(topology: Topology) -> dict[str, int]:
    """Number of each node's layer, 0 at the top."""
    return {name: depth for depth, layer in enumerate(layers(topology)) for name in layer}


def top_down(one: Endpoint, other: Endpoint, depth: Mapping[str, int]) -> list[Endpoint]:
    """Two link ends, the upper first; drawing tools rank nodes by the direction of an edge."""
    return sorted((one, other), key=lambda end: depth[end.node])


def _rank(node: Node) -> int:
    return _NETWORK if node.kind is Kind.BRIDGE else _RANKS.get(node.role, _LAST)


def _neighbours(topology: Topology) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {name: set() for name in topology.nodes}
    for link in topology.links:
        if link.b is not None and link.a.node != link.b.node:
            found[link.a.node].add(link.b.node)
            found[link.b.node].add(link.a.node)
    return found


def _by_distance(group: list[str], neighbours: Neighbours, placed: set[str]) -> list[list[str]]:
    """Split a group by hops from what is placed above it."""
    depth = _hops([name for name in group if neighbours[name] & placed], group, neighbours)
    # What nothing above reaches hangs from its best connected node.
    for name in sorted(group, key=lambda one: -len(neighbours[one])):
        if name not in depth:
            depth |= _hops([name], group, neighbours)
    split: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in group:
        split[depth[name]].append(name)
    return split


def _hops(roots: Iterable[str], group: list[str], neighbours: Neighbours) -> dict[str, int]:
    """Hops from the nearest root, for those in the group that a root reaches inside it."""
    allowed = set(group)
    depth = dict.fromkeys(roots, 0)
    queue = list(depth)
    for name in queue:
        for other in sorted((neighbours[name] & allowed) - depth.keys()):
            depth[other] = depth[name] + 1
            queue.append(other)
    return depth
