"""A finished diagram: where every box, label and wire is, in CSS pixels from the top left."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum

from lab.topology.model import Endpoint, Link, Node

# Monospace advance widths lie between 0.55 and 0.61 em (Consolas, Courier, DejaVu, Menlo).
_ADVANCE_EM = 0.61


class Style(StrEnum):
    """What a line of text is; also its CSS class."""

    NAME = "name"
    ROLE = "role"
    ADDRESS = "address"
    STATE = "state"
    INTERFACE = "interface"
    MTU = "mtu"
    IMPAIRMENT = "impairment"


FONT_PX = {
    Style.NAME: 14.0,
    Style.ROLE: 11.0,
    Style.ADDRESS: 11.0,
    Style.STATE: 11.0,
    Style.INTERFACE: 11.0,
    Style.MTU: 10.0,
    Style.IMPAIRMENT: 10.0,
}
LINE_PX = {
    Style.NAME: 20.0,
    Style.ROLE: 15.0,
    Style.ADDRESS: 14.0,
    Style.STATE: 15.0,
    Style.INTERFACE: 14.0,
    Style.MTU: 13.0,
    Style.IMPAIRMENT: 17.0,
}
BADGE_PADDING = 6.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text."""

    text: str
    style: Style

    @property
    def width(self) -> float:
        """Width that is enough in every usual monospace font, in pixels."""
        cells = sum(_cells(char) for char in self.text)
        padding = 2 * BADGE_PADDING if self.style is Style.IMPAIRMENT else 0.0
        return cells * FONT_PX[self.style] * _ADVANCE_EM + padding

    @property
    def height(self) -> float:
        """Height with leading, in pixels."""
        return LINE_PX[self.style]


def width_of(lines: tuple[Line, ...]) -> float:
    """Width of lines set below each other."""
    return max((line.width for line in lines), default=0.0)


def height_of(lines: tuple[Line, ...]) -> float:
    """Height of lines set below each other."""
    return sum(line.height for line in lines)


def _cells(char: str) -> int:
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle; `x`, `y` is its top left corner."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Rectangle) -> bool:
        """Whether the insides have a point in common."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


@dataclass(frozen=True, slots=True)
class Text:
    """Lines set in an area, from its top."""

    area: Rectangle
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A node."""

    area: Rectangle
    node: Node
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class EndLabel:
    """What stands beside the wire at a link end."""

    text: Text
    end: Endpoint


@dataclass(frozen=True, slots=True)
class Run:
    """A vertical piece of wire."""

    x: float
    start: float
    stop: float


@dataclass(frozen=True, slots=True)
class Wire:
    """A link: vertical runs, joined by curves."""

    link: Link
    runs: tuple[Run, ...]
    labels: tuple[EndLabel, ...]
    stub: Text | None = None
    """Where a link with one end leads to."""
    sag: float = 0.0
    """How deep the curve between two ends at the same height hangs; 0 where they are not."""


@dataclass(frozen=True, slots=True)
class Diagram:
    """Everything that is drawn."""

    width: float
    height: float
    boxes: tuple[Box, ...] = field(default=())
    wires: tuple[Wire, ...] = field(default=())
