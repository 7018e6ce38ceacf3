"""Horizontal places of the vertices: as close under their neighbours as the room allows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

from lab.graph.network import Network, Vertex

_SWEEPS = 60
_SORTING_SWEEPS = 20
_GAP = 22.0
_LOOSE = 0.01
"""Weight of a vertex that no wire pulls, against one wire: it gives way."""


def place(built: Network) -> None:
    """Set every vertex' x and every pin's offset; the leftmost thing starts at 0."""
    for row in built.layers:
        _line_up(row)
    for sweep in range(_SWEEPS):
        # Late sweeps keep the pins' order, so that the places settle.
        for vertex in built.vertices if sweep < _SORTING_SWEEPS else ():
            vertex.sort_pins()
        rows = built.layers if sweep % 2 else built.layers[::-1]
        for row in rows:
            _settle(row)
    start = min((vertex.x - vertex.left for vertex in built.vertices), default=0.0)
    for vertex in built.vertices:
        vertex.x -= start


def _line_up(row: list[Vertex]) -> None:
    """A first place for each vertex of a layer: side by side, about the middle."""
    width = sum(vertex.left + vertex.right + _GAP for vertex in row)
    start = -width / 2
    for vertex in row:
        vertex.x = start + vertex.left
        start += vertex.left + vertex.right + _GAP


def _pulls(vertex: Vertex) -> list[float]:
    """Where each wire to another layer would like the vertex' middle, to be straight itself."""
    return [
        pin.peer.x - pin.offset
        for pin in vertex.pins
        if pin.peer and pin.peer.vertex.layer != vertex.layer
    ]


def _settle(row: list[Vertex]) -> None:
    """Move a layer's vertices to where their wires pull them, in order and without overlap.

    With each vertex' least distance from the first one taken off, "in order and apart" becomes
    "not decreasing", and isotonic regression finds the places with the least squared error. Each
    wire counts once, so that settling layer after layer descends on one sum and comes to rest.
    """
    distances = [0.0]
    for left, right in pairwise(row):
        distances.append(distances[-1] + left.right + _GAP + right.left)
    pulls = [_pulls(vertex) for vertex in row]
    wanted = [fmean(pull) if pull else vertex.x for pull, vertex in zip(pulls, row, strict=True)]
    fitted = isotonic(
        [want - distance for want, distance in zip(wanted, distances, strict=True)],
        [len(pull) or _LOOSE for pull in pulls],
    )
    for vertex, value, distance in zip(row, fitted, distances, strict=True):
        vertex.x = value + distance


def isotonic(targets: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The non-decreasing sequence closest to `targets` in weighted least squares.

    Pool adjacent violators (Ayer et al., 1955).
    """
    pools: list[tuple[float, float, int]] = []
    for target, weight in zip(targets, weights, strict=True):
        mean, total, count = target, weight, 1
        while pools and pools[-1][0] > mean:
            other, other_total, other_count = pools.pop()
            mean = (mean * total + other * other_total) / (total + other_total)
            total, count = total + other_total, count + other_count
        pools.append((mean, total, count))
    return [mean for mean, _, count in pools for _ in range(count)]
