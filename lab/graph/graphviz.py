"""Graphviz (DOT) drawing of a topology."""

from __future__ import annotations

from lab.graph.layers import layers
from lab.graph.palette import ROLES, TEXT
from lab.graph.wording import addresses_of, far_end, impairments, printable, role_of
from lab.topology.model import Endpoint, Link, Node, Topology


def dot(topology: Topology) -> str:
    """A Graphviz graph: one rank per layer, link ends as head and tail labels."""
    lines = [
        f"graph {_quoted(topology.name)} {{",
        "    graph [rankdir=TB, nodesep=1.2, ranksep=1.4];",
        '    node [shape=box, style="rounded,filled", fontname="sans-serif"];',
        '    edge [fontname="monospace", fontsize=9];',
    ]
    for layer in layers(topology):
        lines.append("    { rank=same;")
        lines += [f"        {_node(topology.nodes[name])}" for name in layer]
        lines.append("    }")
    for number, link in enumerate(topology.links):
        lines += _link(number, link)
    return "\n".join([*lines, "}"]) + "\n"


def _node(node: Node) -> str:
    role = role_of(node)
    label = _label([node.name, role])
    colours = f'fillcolor="{ROLES[role].fill}", color="{ROLES[role].stroke}", fontcolor="{TEXT}"'
    return f"{_quoted(node.name)} [label={label}, {colours}];"


def _link(number: int, link: Link) -> list[str]:
    near = f"label={_label([f'mtu {link.mtu}'])}, taillabel={_end(link.a)}"
    if link.b is not None:
        ends = f"{_quoted(link.a.node)} -- {_quoted(link.b.node)}"
        return [f"    {ends} [{near}, headlabel={_end(link.b)}];"]
    # No node is called like this: names hold no colon.
    stub = _quoted(f"stub:{number}")
    return [
        f"    {stub} [shape=plaintext, style=solid, label={_label([far_end(link)])}];",
        f"    {_quoted(link.a.node)} -- {stub} [{near}, style=dashed];",
    ]


def _end(end: Endpoint) -> str:
    return _label([end.interface, *addresses_of(end), *impairments(end.impairment)])


def _quoted(text: str) -> str:
    return '"' + printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _label(lines: list[str]) -> str:
    """A label of several lines. Graphviz reads HTML entities in it, so & is written as one."""
    return '"' + "\\n".join(_quoted(line)[1:-1].replace("&", "&amp;") for line in lines) + '"'
