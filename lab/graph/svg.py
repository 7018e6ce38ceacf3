"""A diagram as an SVG 1.1 element; its colours come from the style sheet of the page around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from itertools import pairwise

from lab.graph.diagram import (
    BADGE_PADDING,
    FONT_PX,
    Box,
    Diagram,
    EndLabel,
    Line,
    Rectangle,
    Run,
    Style,
    Text,
    Wire,
)
from lab.graph.wording import link_summary, printable, role_of

_BASELINE_EM = 0.35
"""From the middle of a line down to its baseline."""
_BOX_RADIUS = 8
_STRIPE = 5.0


def svg(diagram: Diagram, title: str, description: str, states: Mapping[str, str]) -> str:
    """Draw a diagram. `states` are CSS classes of the nodes' states, by node name."""
    width, height = f"{diagram.width:.0f}", f"{diagram.height:.0f}"
    attributes = {
        "xmlns": "http://www.w3.org/2000/svg",
        "width": width,
        "height": height,
        "viewBox": f"0 0 {width} {height}",
        "role": "img",
        "aria-labelledby": "diagram-title diagram-text",
    }
    parts = [
        "<svg " + " ".join(f'{key}="{value}"' for key, value in attributes.items()) + ">",
        f'<title id="diagram-title">{escape(printable(title))}</title>',
        f'<desc id="diagram-text">{escape(printable(description))}</desc>',
        *(part for box in diagram.boxes for part in _box(box, states)),
        *(part for wire in diagram.wires for part in _wire(wire)),
        "</svg>",
    ]
    return "\n".join(parts)


def _box(box: Box, states: Mapping[str, str]) -> Iterator[str]:
    state = states.get(box.node.name, "")
    yield f'<g class="node role-{role_of(box.node)} {state}">'
    yield f"<title>{escape(', '.join(line.text for line in box.lines))}</title>"
    yield f'<rect class="box" {_placed(box.area)} rx="{_BOX_RADIUS}"/>'
    yield f'<path class="stripe" d="{_stripe(box.area)}"/>'
    text_height = sum(line.height for line in box.lines)
    top = box.area.y + (box.area.height + _STRIPE - text_height) / 2
    middle = box.area.x + box.area.width / 2
    for line in box.lines:
        dot = '<tspan class="dot">● </tspan>' if line.style is Style.STATE else ""
        yield _line(line, middle, top, anchor="middle", before=dot)
        top += line.height
    yield "</g>"


def _stripe(area: Rectangle) -> str:
    """The coloured upper rim of a box, with its rounded corners."""
    radius = _BOX_RADIUS
    return (
        f"M {area.x:.1f} {area.y + radius:.1f} q 0 {-radius} {radius} {-radius} "
        f"h {area.width - 2 * radius:.1f} q {radius} 0 {radius} {radius} "
        f"q {_STRIPE - radius:.1f} {_STRIPE - radius:.1f} {-radius} {_STRIPE - radius:.1f} "
        f"h {2 * radius - area.width:.1f} q {-radius} 0 {-radius} {radius - _STRIPE:.1f} z"
    )


def _wire(wire: Wire) -> Iterator[str]:
    impaired = any(not end.impairment.is_none for end in wire.link.endpoints)
    yield f'<g class="link{" impaired" if impaired else ""}">'
    yield f"<title>{escape(link_summary(wire.link))}</title>"
    yield f'<path class="wire" d="{_path(wire)}"/>'
    for point in _ends(wire):
        yield f'<circle class="pin" cx="{point[0]:.1f}" cy="{point[1]:.1f}" r="3.5"/>'
    if wire.stub:
        yield from _pill(wire.stub)
    for label in wire.labels:
        yield from _label(label)
    yield "</g>"


def _ends(wire: Wire) -> list[tuple[float, float]]:
    first, last = wire.runs[0], wire.runs[-1]
    start = (first.x, first.start)
    return [start] if wire.stub else [start, (last.x, last.stop)]


def _path(wire: Wire) -> str:
    first = wire.runs[0]
    parts = [f"M {first.x:.1f} {first.start:.1f} V {first.stop:.1f}"]
    for before, after in pairwise(wire.runs):
        parts.append(f"{_curve(before, after, wire.sag)} V {after.stop:.1f}")
    return " ".join(parts)


def _curve(before: Run, after: Run, sag: float) -> str:
    """A Bézier curve that leaves and arrives vertically."""
    # A cubic with both handles at the same depth reaches three quarters of it.
    depth = before.stop + sag * 4 / 3 if sag else (before.stop + after.start) / 2
    return f"C {before.x:.1f} {depth:.1f} {after.x:.1f} {depth:.1f} {after.x:.1f} {after.start:.1f}"


def _pill(stub: Text) -> Iterator[str]:
    yield f'<rect class="stub" {_placed(stub.area)} rx="{stub.area.height / 2:.0f}"/>'
    line = stub.lines[0]
    top = stub.area.y + (stub.area.height - line.height) / 2
    yield _line(line, stub.area.x + stub.area.width / 2, top, anchor="middle")


def _label(label: EndLabel) -> Iterator[str]:
    area = label.text.area
    top = area.y
    for line in label.text.lines:
        indent = 0.0
        if line.style is Style.IMPAIRMENT:
            badge = Rectangle(area.x, top + 1, line.width, line.height - 2)
            yield f'<rect class="badge" {_placed(badge)} rx="{badge.height / 2:.1f}"/>'
            indent = BADGE_PADDING
        yield _line(line, area.x + indent, top)
        top += line.height


def _line(line: Line, x: float, top: float, anchor: str = "start", before: str = "") -> str:
    baseline = top + line.height / 2 + FONT_PX[line.style] * _BASELINE_EM
    return (
        f'<text class="{line.style}" text-anchor="{anchor}" x="{x:.1f}" y="{baseline:.1f}">'
        f"{before}{escape(line.text)}</text>"
    )


def _placed(area: Rectangle) -> str:
    return f'x="{area.x:.1f}" y="{area.y:.1f}" width="{area.width:.1f}" height="{area.height:.1f}"'
