"""Drawings of a topology: Mermaid, Graphviz and a self-contained HTML page. Pure functions."""

from lab.graph.flowchart import mermaid
from lab.graph.graphviz import dot
from lab.graph.page import html

__all__ = ["dot", "html", "mermaid"]
