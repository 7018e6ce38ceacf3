"""From a topology to a diagram: layers from top to bottom, boxes, labels and wires placed."""

from __future__ import annotations

from collections.abc import Mapping

from lab.graph.diagram import (
    Box,
    Diagram,
    EndLabel,
    Line,
    Rectangle,
    Run,
    Style,
    Text,
    Wire,
    height_of,
    width_of,
)
from lab.graph.network import (
    LABEL_INDENT,
    STUB_HEIGHT,
    STUB_OVERHANG,
    Network,
    Pin,
    Vertex,
    network,
    stub_width,
)
from lab.graph.ordering import order
from lab.graph.placing import place
from lab.topology.model import Link, Topology

_MARGIN = 20.0
_BOX_PADDING = 9.0
_LABEL_GAP = 5.0
_CHANNEL_MIN = 34.0
_CHANNEL_MAX = 150.0
_SLOPE = 0.12
"""Height of the channel between two layers per pixel that a wire crosses sideways."""
_PILL_HEIGHT = 20.0


class _Band:
    """Vertical extent of a layer: labels above, boxes, labels below, then a channel for curves."""

    def __init__(self, row: list[Vertex], top: float) -> None:
        self.top = top
        self.boxes = top + _zone(row, below=False)
        self.box_height = max(
            (height_of(one.lines) + 2 * _BOX_PADDING for one in row if one.node), default=0.0
        )
        self.boxes_end = self.boxes + self.box_height
        self.end = self.boxes_end + _zone(row, below=True)
        self.channel = _channel(row)


def layout(topology: Topology, texts: Mapping[str, tuple[Line, ...]]) -> Diagram:
    """Lay out a topology; `texts` are the lines inside each node's box."""
    built = network(topology, texts)
    order(built)
    place(built)
    bands = _bands(built)
    width = max((vertex.x + vertex.right for vertex in built.vertices), default=0.0)
    return Diagram(
        width=width + 2 * _MARGIN,
        height=(bands[-1].end + bands[-1].channel if bands else 0.0) + _MARGIN,
        boxes=tuple(_box(v, bands) for v in built.vertices if v.node),
        wires=tuple(
            _wire(link, pins, bands) for link, pins in zip(topology.links, built.wires, strict=True)
        ),
    )


def _bands(built: Network) -> list[_Band]:
    bands: list[_Band] = []
    top = _MARGIN
    for row in built.layers:
        bands.append(_Band(row, top))
        top = bands[-1].end + bands[-1].channel
    return bands


def _zone(row: list[Vertex], *, below: bool) -> float:
    """Height of what is written above or below the boxes of a layer."""
    heights = [pin.height for one in row for pin in one.side(below=below) if pin.lines]
    return max(heights) + 2 * _LABEL_GAP if heights else 0.0


def _channel(row: list[Vertex]) -> float:
    spans = [abs(pin.x - pin.peer.x) for one in row for pin in one.side(below=True) if pin.peer]
    return min(_CHANNEL_MAX, _CHANNEL_MIN + _SLOPE * max(spans)) if spans else 0.0


def _box(vertex: Vertex, bands: list[_Band]) -> Box:
    assert vertex.node is not None
    band = bands[vertex.layer]
    left = _MARGIN + vertex.x - vertex.box_width / 2
    area = Rectangle(left, band.boxes, vertex.box_width, band.box_height)
    return Box(area, vertex.node, vertex.lines)


def _wire(link: Link, pins: list[Pin], bands: list[_Band]) -> Wire:
    level = len(pins) == 2 and pins[0].below and pins[1].below
    return Wire(
        link=link,
        runs=tuple(_runs(pins, bands)),
        labels=tuple(_end_label(pin, bands[pin.vertex.layer]) for pin in pins if pin.end),
        stub=_pill(pins[0], bands[pins[0].vertex.layer]) if pins[0].stub else None,
        sag=min(bands[pins[0].vertex.layer].channel - 8, 14 + _SLOPE * _span(pins)) if level else 0,
    )


def _span(pins: list[Pin]) -> float:
    return abs(pins[0].x - pins[-1].x)


def _runs(pins: list[Pin], bands: list[_Band]) -> list[Run]:
    """Vertical pieces: out of the first box, through each passed layer, into the last box."""
    first, *bends, last = pins if len(pins) > 1 else [pins[0], pins[0]]
    runs = [_run(first, bands[first.vertex.layer])]
    for entry in bends[::2]:
        band = bands[entry.vertex.layer]
        ends = (band.end, band.top) if entry.below else (band.top, band.end)
        runs.append(Run(_MARGIN + entry.x, *ends))
    if last is not first:
        out = _run(last, bands[last.vertex.layer])
        runs.append(Run(out.x, out.stop, out.start))
    return runs


def _run(pin: Pin, band: _Band) -> Run:
    x = _MARGIN + pin.x
    start = band.boxes_end if pin.below else band.boxes
    if not pin.stub:
        return Run(x, start, band.end if pin.below else band.top)
    reach = _LABEL_GAP + pin.height - (STUB_HEIGHT - _LABEL_GAP)
    return Run(x, start, start + reach if pin.below else start - reach)


def _end_label(pin: Pin, band: _Band) -> EndLabel:
    assert pin.end is not None
    height = height_of(pin.lines)
    top = band.boxes_end + _LABEL_GAP if pin.below else band.boxes - _LABEL_GAP - height
    area = Rectangle(_MARGIN + pin.x + LABEL_INDENT, top, width_of(pin.lines), height)
    return EndLabel(Text(area, pin.lines), pin.end)


def _pill(pin: Pin, band: _Band) -> Text:
    run = _run(pin, band)
    top = run.stop if pin.below else run.stop - _PILL_HEIGHT
    area = Rectangle(run.x - STUB_OVERHANG, top, stub_width(pin.stub), _PILL_HEIGHT)
    return Text(area, (Line(pin.stub, Style.ADDRESS),))
