"""The layered graph behind a diagram (Sugiyama's method): vertices, pins and wires.

A link that passes a layer without ending in it has a bend vertex there, which keeps a lane free
between the boxes. A pin is where a wire meets a vertex, above or below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from lab.graph.diagram import Line, Style, height_of, width_of
from lab.graph.layers import layers
from lab.graph.wording import addresses_of, far_end, impairments, printable
from lab.topology.model import Endpoint, Link, Node, Topology

_PIN_GAP = 18.0
LABEL_INDENT = 7.0
_LANE = 26.0
_BOX_MARGIN = 16.0
_BOX_MIN = 120.0


@dataclass(slots=True, eq=False)
class Pin:
    """Where a wire meets a vertex. `offset` is relative to the vertex' middle, in pixels."""

    vertex: Vertex
    below: bool
    lines: tuple[Line, ...] = ()
    stub: str = ""
    peer: Pin | None = None
    """The pin at the other end of this piece of wire; None for a stub."""
    offset: float = 0.0
    end: Endpoint | None = None

    @property
    def x(self) -> float:
        """Horizontal position."""
        return self.vertex.x + self.offset

    @property
    def width(self) -> float:
        """Room that the pin and what is written beside it need, to the right of the pin."""
        label = width_of(self.lines) + LABEL_INDENT
        return max(label, stub_width(self.stub) - STUB_OVERHANG) + _PIN_GAP

    @property
    def height(self) -> float:
        """Room that what is written beside the pin needs above or below the vertex."""
        return height_of(self.lines) + (STUB_HEIGHT if self.stub else 0.0)


STUB_OVERHANG = 8.0
STUB_HEIGHT = 30.0


def stub_width(text: str) -> float:
    """Width of the pill that says where a single-ended link leads to; 0 without a text."""
    return Line(text, Style.ADDRESS).width + 16.0 if text else 0.0


@dataclass(slots=True, eq=False)
class Vertex:
    """A node, or (`node` None) the bend of a wire that passes this layer."""

    layer: int
    node: Node | None = None
    lines: tuple[Line, ...] = ()
    pins: list[Pin] = field(default_factory=list)
    x: float = 0.0

    def side(self, *, below: bool) -> list[Pin]:
        """The pins above or below, from left to right."""
        return [pin for pin in self.pins if pin.below is below]

    @property
    def box_width(self) -> float:
        """Width of the node's box: its text and all its wires fit."""
        if self.node is None:
            return 0.0
        reach = max((abs(pin.offset) for pin in self.pins), default=0.0)
        return max(_BOX_MIN, width_of(self.lines) + 2 * _BOX_MARGIN, 2 * (reach + _BOX_MARGIN))

    @property
    def left(self) -> float:
        """Room needed left of the middle."""
        return self.box_width / 2 or _LANE / 2

    @property
    def right(self) -> float:
        """Room needed right of the middle: labels may reach further than the box."""
        if self.node is None:
            return _LANE / 2
        return max([self.box_width / 2, *(pin.offset + pin.width for pin in self.pins)])

    def spread_pins(self) -> None:
        """Set the pins of each side apart by what is written beside them, about the middle."""
        for below in (False, True):
            row = self.side(below=below)
            offset = -sum(pin.width for pin in row[:-1]) / 2
            for pin in row:
                pin.offset = offset
                offset += pin.width

    def sort_pins(self) -> None:
        """Put the pins in the order of where their wires go; stubs last."""
        self.pins.sort(key=lambda pin: pin.peer.x if pin.peer else float("inf"))
        self.spread_pins()


@dataclass(slots=True)
class Network:
    """Vertices by layer from left to right, and per link its pins from end to end."""

    layers: list[list[Vertex]]
    wires: list[list[Pin]]

    @property
    def vertices(self) -> Iterator[Vertex]:
        """All vertices, layer by layer."""
        return (vertex for layer in self.layers for vertex in layer)


def network(topology: Topology, texts: Mapping[str, tuple[Line, ...]]) -> Network:
    """Build the graph of a topology; `texts` are the lines inside each node's box."""
    rows = [
        [Vertex(number, topology.nodes[name], texts[name]) for name in layer]
        for number, layer in enumerate(layers(topology))
    ]
    vertices = {vertex.node.name: vertex for row in rows for vertex in row if vertex.node}
    wires = [_wire(link, vertices, rows) for link in topology.links]
    built = Network(rows, wires)
    for vertex in built.vertices:
        vertex.spread_pins()
    return built


def _wire(link: Link, vertices: Mapping[str, Vertex], rows: list[list[Vertex]]) -> list[Pin]:
    near = vertices[link.a.node]
    if link.b is None:
        # Nothing is above the first layer, so its stubs point up and leave the middle free.
        return [_pin(near, link.a, link, below=near.layer > 0, stub=far_end(link))]
    far = vertices[link.b.node]
    if near.layer == far.layer:
        ends = [_pin(near, link.a, link, below=True), _pin(far, link.b, None, below=True)]
        return _joined(ends)
    downward = near.layer < far.layer
    first = _pin(near, link.a, link if downward else None, below=downward)
    last = _pin(far, link.b, None if downward else link, below=not downward)
    between = range(near.layer + 1, far.layer) if downward else range(near.layer - 1, far.layer, -1)
    return _joined([first, *_bends(between, rows, downward=downward), last])


def _bends(between: range, rows: list[list[Vertex]], *, downward: bool) -> Iterator[Pin]:
    for layer in between:
        bend = Vertex(layer)
        rows[layer].append(bend)
        for below in (not downward, downward):
            pin = Pin(bend, below)
            bend.pins.append(pin)
            yield pin


def _joined(pins: list[Pin]) -> list[Pin]:
    """Make pins 0 and 1, 2 and 3, ... each other's peers: a bend's own two pins are no piece."""
    for one, other in list(pairwise(pins))[::2]:
        one.peer, other.peer = other, one
    return pins


def _pin(vertex: Vertex, end: Endpoint, link: Link | None, *, below: bool, stub: str = "") -> Pin:
    """A link end; the MTU is written at the upper one, which gets the link."""
    lines = [Line(printable(end.interface), Style.INTERFACE)]
    lines += [Line(address, Style.ADDRESS) for address in addresses_of(end)]
    lines += [Line(f"mtu {link.mtu}", Style.MTU)] if link else []
    lines += [Line(words, Style.IMPAIRMENT) for words in impairments(end.impairment)]
    pin = Pin(vertex, below, tuple(lines), stub, end=end)
    vertex.pins.append(pin)
    return pin
