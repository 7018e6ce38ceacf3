"""One HTML page that shows a topology and needs nothing else: no script, no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from string import Template

from lab.graph.diagram import Line, Style
from lab.graph.layout import layout
from lab.graph.svg import svg
from lab.graph.wording import addresses_of, far_end, impairments, printable, role_of
from lab.topology.model import Endpoint, Kind, Link, Node, Topology

_GONE = "absent"
_QUIET_STATES = {_GONE, "created", "unknown", ""}
_NODE_HEADINGS = ("Node", "Role", "Management address", "Image", "Links")
_LINK_HEADINGS = ("Type", "From", "Addresses", "Impairment", "To", "Addresses", "Impairment", "MTU")


def html(
    topology: Topology,
    states: Mapping[str, str] | None = None,
    addresses: Mapping[str, str] | None = None,
) -> str:
    """A page with the diagram, a table of nodes and a table of links.

    `states` are container states by node ("running", "exited", ...); None draws no states.
    `addresses` are management addresses by node; without one, the address the file asks for shows.
    """
    shown = _States(topology, states)
    reached = {name: _address(node, addresses or {}) for name, node in topology.nodes.items()}
    texts = {
        name: _box_lines(node, reached[name], shown.text(name))
        for name, node in topology.nodes.items()
    }
    template = Template(files("lab.graph").joinpath("page.html").read_text(encoding="utf-8"))
    title = printable(topology.name)
    return template.substitute(
        title=escape(title),
        summary=escape(_summary(topology, shown)),
        legend=_legend(topology),
        diagram=svg(layout(topology, texts), f"Diagram of {title}", _told(topology), shown.classes),
        nodes=_node_table(topology, reached, shown),
        links=_link_table(topology.links),
    )


class _States:
    """Container states as the page shows them; empty everywhere when none are known."""

    def __init__(self, topology: Topology, states: Mapping[str, str] | None) -> None:
        self.known = states is not None
        self._states = {} if states is None else _states_of(topology, states)
        self.classes = {name: f"state-{_tone(state)}" for name, state in self._states.items()}

    def text(self, name: str) -> str:
        """State of a node, or ''."""
        return self._states.get(name, "")

    def counts(self) -> list[str]:
        """How many nodes are in each state: "6 running"."""
        found = list(self._states.values())
        return [f"{found.count(state)} {state}" for state in dict.fromkeys(found)]


def _states_of(topology: Topology, states: Mapping[str, str]) -> dict[str, str]:
    """State per node. A bridge is no container, so it may have none; other nodes are absent."""
    return {
        name: printable(states.get(name, _GONE))
        for name, node in topology.nodes.items()
        if name in states or node.kind is Kind.LINUX
    }


def _tone(state: str) -> str:
    if state == "running":
        return "good"
    return "quiet" if state in _QUIET_STATES else "bad"


def _address(node: Node, addresses: Mapping[str, str]) -> str:
    return printable(addresses.get(node.name, "") or node.mgmt_ipv4 or node.mgmt_ipv6)


def _box_lines(node: Node, address: str, state: str) -> tuple[Line, ...]:
    lines = [Line(printable(node.name), Style.NAME), Line(role_of(node), Style.ROLE)]
    lines += [Line(address, Style.ADDRESS)] if address else []
    lines += [Line(state, Style.STATE)] if state else []
    return tuple(lines)


def _summary(topology: Topology, shown: _States) -> str:
    states = f" ({', '.join(shown.counts())})" if shown.counts() else ""
    nodes, links = len(topology.nodes), len(topology.links)
    return f"{_counted(nodes, 'node')}{states}, {_counted(links, 'link')}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _told(topology: Topology) -> str:
    """The diagram in words, for those who cannot see it."""
    links = "; ".join(f"{link.a} to {link.b or far_end(link)}" for link in topology.links)
    return f"{_counted(len(topology.nodes), 'node')}. Links: {links or 'none'}."


def _legend(topology: Topology) -> str:
    roles = dict.fromkeys(role_of(node) for node in topology.nodes.values())
    items = [f'<li><span class="swatch role-{role}"></span>{role}</li>' for role in roles]
    if any(not end.impairment.is_none for link in topology.links for end in link.endpoints):
        items.append('<li><span class="swatch badge"></span>impairs frames leaving that end</li>')
    return "\n".join(items)


def _node_table(topology: Topology, reached: Mapping[str, str], shown: _States) -> str:
    headings = (*_NODE_HEADINGS, "State") if shown.known else _NODE_HEADINGS
    rows = []
    for name, node in topology.nodes.items():
        links = str(len(topology.links_of(name)))
        cells = [name, role_of(node), reached[name], node.image, links]
        rows.append(_row(cells) + (_state_cell(shown, name) if shown.known else ""))
    return _table("Nodes", headings, rows)


def _state_cell(shown: _States, name: str) -> str:
    text = shown.text(name)
    dot = f'<span class="dot {shown.classes[name]}">●</span> ' if text else ""
    return f"<td>{dot}{escape(text)}</td>"


def _link_table(links: Iterable[Link]) -> str:
    return _table("Links", _LINK_HEADINGS, [_row(_link_cells(link)) for link in links])


def _link_cells(link: Link) -> list[str]:
    other = _end_cells(link.b) if link.b else [far_end(link), "", ""]
    return [link.type.value, *_end_cells(link.a), *other, str(link.mtu)]


def _end_cells(end: Endpoint) -> list[str]:
    return [str(end), "\n".join(addresses_of(end)), "\n".join(impairments(end.impairment))]


def _row(cells: list[str]) -> str:
    return "".join(f"<td>{_breaking(cell)}</td>" for cell in cells)


def _breaking(text: str) -> str:
    return "<br/>".join(escape(printable(line)) for line in text.split("\n"))


def _table(caption: str, headings: Iterable[str], rows: Iterable[str]) -> str:
    head = "".join(f'<th scope="col">{heading}</th>' for heading in headings)
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody></table>"
    )
