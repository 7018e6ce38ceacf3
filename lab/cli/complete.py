"""Completion of lab names, nodes and link ends, from what the running labs left on disk.

Asks neither Docker nor the kernel, and never raises: a shell shows nothing rather than an error.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import typer

from lab.engine.session import running_labs
from lab.ownership import state_path
from lab.topology.model import Kind, Topology, from_json

LAB_VARIABLE = "DPULAB_LAB"
"""The lab that all commands act on, where --lab is left out."""


def labs(incomplete: str) -> list[str]:
    """Names of the labs that are up."""
    return _starting(incomplete, _names())


def nodes(ctx: typer.Context, incomplete: str) -> list[str]:
    """Nodes that have a container, of the lab that the line chooses, else of all labs."""
    found = (
        node.name
        for topology in _topologies(ctx)
        for node in topology.nodes.values()
        if node.kind is not Kind.BRIDGE
    )
    return _starting(incomplete, found)


def ends(ctx: typer.Context, incomplete: str) -> list[str]:
    """Link ends, as NODE:INTERFACE."""
    links = (link for topology in _topologies(ctx) for link in topology.links)
    return _starting(incomplete, (str(end) for link in links for end in link.endpoints))


def _starting(incomplete: str, words: Iterable[str]) -> list[str]:
    return sorted({word for word in words if word.startswith(incomplete)})


def _names() -> list[str]:
    try:
        return running_labs()
    except OSError:
        return []


def _topologies(ctx: typer.Context) -> list[Topology]:
    chosen = ctx.params.get("lab") or os.environ.get(LAB_VARIABLE)
    try:
        names = [chosen] if chosen else _names()
        return [from_json(state_path(name).read_bytes()) for name in names]
    except (OSError, ValueError):  # a lab that is being taken down, or of another version
        return []
