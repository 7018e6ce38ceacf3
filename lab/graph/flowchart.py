"""Mermaid flowchart of a topology."""

from __future__ import annotations

from collections.abc import Mapping

from lab.graph.layers import depths, top_down
from lab.graph.palette import ROLES, TEXT
from lab.graph.wording import addresses_of, far_end, impairments, printable, role_of
from lab.topology.model import Endpoint, Link, Node, Topology

# Entity codes of Mermaid's text: "#" opens one, so it is a special character itself; "%%{" would
# open a directive even inside a text.
_ENTITIES = {char: f"#{ord(char)};" for char in '#"<>&`\\|[](){}%'}


def mermaid(topology: Topology) -> str:
    """A Mermaid flowchart: nodes by role from top to bottom, links with both their ends."""
    depth = depths(topology)
    lines = [f"%% {_text(topology.name)}", "flowchart TB"]
    lines += [_node(topology.nodes[name]) for name in depth]
    for number, link in enumerate(topology.links):
        lines += _link(number, link, depth)
    lines += _class_definitions({role_of(node) for node in topology.nodes.values()})
    return "\n".join(lines) + "\n"


def _node(node: Node) -> str:
    role = role_of(node)
    return f'    {_identifier(node.name)}["{_text(node.name)}<br/>{role}"]:::{role}'


def _link(number: int, link: Link, depth: Mapping[str, int]) -> list[str]:
    if link.b is None:
        stub = f"stub_{number}"
        label = f"{_end(link.a)}<br/>mtu {link.mtu}"
        return [
            f'    {stub}(["{_text(far_end(link))}"])',
            f'    {_identifier(link.a.node)} -.-|"{label}"| {stub}',
        ]
    upper, lower = top_down(link.a, link.b, depth)
    label = f"{_end(upper)}<br/>mtu {link.mtu}<br/>{_end(lower)}"
    return [f'    {_identifier(upper.node)} ---|"{label}"| {_identifier(lower.node)}']


def _end(end: Endpoint) -> str:
    lines = [str(end), *addresses_of(end), *impairments(end.impairment)]
    return "<br/>".join(_text(line) for line in lines)


def _class_definitions(roles: set[str]) -> list[str]:
    return [
        f"    classDef {role} fill:{colours.fill},stroke:{colours.stroke},color:{TEXT}"
        for role, colours in ROLES.items()
        if role in roles
    ]


def _identifier(name: str) -> str:
    """An id of letters, digits and _ that is unique per name and no keyword ("end", "o", "x")."""
    return "n_" + "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in name)


def _text(text: str) -> str:
    return "".join(_ENTITIES.get(char, char) for char in printable(text))
