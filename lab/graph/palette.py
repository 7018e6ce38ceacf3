"""Colours per role for Mermaid and Graphviz: a pale fill that dark text stays readable on."""

from __future__ import annotations

from typing import NamedTuple

TEXT = "#111827"


class Colours(NamedTuple):
    """Fill and outline of a node."""

    fill: str
    stroke: str


ROLES = {
    "host": Colours("#dbeafe", "#1d4ed8"),
    "dpu": Colours("#ede9fe", "#6d28d9"),
    "router": Colours("#d1fae5", "#047857"),
    "bridge": Colours("#d1fae5", "#047857"),
    "tgen": Colours("#ffedd5", "#c2410c"),
    "storage": Colours("#fce7f3", "#be185d"),
    "generic": Colours("#f3f4f6", "#4b5563"),
}
