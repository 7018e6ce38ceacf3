"""Order of the vertices within each layer: few crossings, by the barycentre heuristic."""

from __future__ import annotations

from lab.graph.network import Network, Vertex

_SWEEPS = 12


def order(built: Network) -> None:
    """Reorder each layer in place to the best order that the sweeps met."""
    best, fewest = _copy(built), _crossings(built)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        downward = sweep % 2 == 0
        rows = range(1, len(built.layers)) if downward else range(len(built.layers) - 2, -1, -1)
        for row in rows:
            _sort_layer(built, row, fixed=row - 1 if downward else row + 1)
        crossings = _crossings(built)
        if crossings < fewest:
            best, fewest = _copy(built), crossings
    built.layers = best


def _copy(built: Network) -> list[list[Vertex]]:
    return [list(row) for row in built.layers]


def _places(row: list[Vertex]) -> dict[Vertex, int]:
    return {vertex: place for place, vertex in enumerate(row)}


def _sort_layer(built: Network, row: int, fixed: int) -> None:
    """Sort a layer by the mean place of each vertex' neighbours in the fixed layer."""
    anchors = _places(built.layers[fixed])
    own = _places(built.layers[row])
    scale = len(anchors) / max(1, len(own))

    def barycentre(vertex: Vertex) -> float:
        peers = [pin.peer.vertex for pin in vertex.pins if pin.peer]
        places = [anchors[peer] for peer in peers if peer in anchors]
        return sum(places) / len(places) if places else own[vertex] * scale

    built.layers[row].sort(key=barycentre)


def _crossings(built: Network) -> int:
    places = {vertex: place for row in built.layers for place, vertex in enumerate(row)}
    total = 0
    for row in built.layers:
        spans = [
            (places[pin.vertex], places[pin.peer.vertex])
            for vertex in row
            for pin in vertex.pins
            if pin.below and pin.peer and pin.peer.vertex.layer != vertex.layer
        ]
        total += sum(
            (one[0] - other[0]) * (one[1] - other[1]) < 0
            for index, one in enumerate(spans)
            for other in spans[:index]
        )
    return total
