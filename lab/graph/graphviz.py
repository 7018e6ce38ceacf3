"""Graphviz (DOT) drawing of a topology."""

from __future__ import annotations

from collections.abc import Mapping

from lab.graph.layers import depths, layers, top_down
from lab.graph.palette import ROLES, TEXT
from lab.graph.wording import addresses_of, far_end, impairments, printable, role_of
from lab.topology.model import Endpoint, Link, Node, Topology


def dot(topology: Topology) -> str:
    """A Graphviz graph: one rank per layer, links with both their ends."""
    lines = [
        f"graph {_quoted(topology.name)} {{",
        "    graph [rankdir=TB, nodesep=0.6, ranksep=0.5];",
        '    node [shape=box, style="rounded,filled", fontname="sans-serif"];',
        '    edge [fontname="monospace", fontsize=9];',
    ]
    for layer in layers(topology):
        lines.append("    { rank=same;")
        lines += [f"        {_node(topology.nodes[name])}" for name in layer]
        lines.append("    }")
    depth = depths(topology)
    for number, link in enumerate(topology.links):
        lines += _link(number, link, depth)
    return "\n".join([*lines, "}"]) + "\n"


def _node(node: Node) -> str:
    role = role_of(node)
    label = _label([node.name, role])
    colours = f'fillcolor="{ROLES[role].fill}", color="{ROLES[role].stroke}", fontcolor="{TEXT}"'
    return f"{_quoted(node.name)} [label={label}, {colours}];"


def _link(number: int, link: Link, depth: Mapping[str, int]) -> list[str]:
    mtu = f"mtu {link.mtu}"
    if link.b is not None:
        upper, lower = top_down(link.a, link.b, depth)
        # Both ends in the edge's own label: dot keeps room for that, not for head and tail labels.
        label = _label([*_end(upper), mtu, *_end(lower)])
        return [f"    {_quoted(upper.node)} -- {_quoted(lower.node)} [label={label}];"]
    # No node is called like this: names hold no colon.
    stub = _quoted(f"stub:{number}")
    label = _label([*_end(link.a), mtu])
    return [
        f"    {stub} [shape=plaintext, style=solid, label={_label([far_end(link)])}];",
        f"    {_quoted(link.a.node)} -- {stub} [label={label}, style=dashed];",
    ]


def _end(end: Endpoint) -> list[str]:
    return [str(end), *addresses_of(end), *impairments(end.impairment)]


def _quoted(text: str) -> str:
    return '"' + printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _label(lines: list[str]) -> str:
    """A label of several lines. Graphviz reads HTML entities in it, so & is written as one."""
    return '"' + "\\n".join(_quoted(line)[1:-1].replace("&", "&amp;") for line in lines) + '"'
