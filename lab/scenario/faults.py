"""What a scenario broke and has not mended yet, so that the lab can be left as it was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lab.node import RunningLab
from lab.topology.model import Impairment


class Faults:
    """Acts on a lab and remembers how to undo it."""

    def __init__(self, lab: RunningLab) -> None:
        self._lab = lab
        self._undo: dict[tuple[str, ...], Callable[[], None]] = {}

    def set_link(self, node: str, interface: str, *, up: bool) -> None:
        """Cut or heal a link. Both its ends name the same link."""
        key = ("link", *min(self._ends(node, interface)))
        # Remembered before acting: an interrupted cut is healed as well.
        if not up:
            self._undo[key] = lambda: self._lab.set_link(node, interface, up=True)
        self._lab.set_link(node, interface, up=up)
        if up:
            self._undo.pop(key, None)

    def impair(self, node: str, interface: str, impairment: Impairment) -> None:
        """Replace the impairment of a link end."""
        key = ("impairment", node, interface)
        self._undo[key] = lambda: self._lab.impair(node, interface, self.initial(node, interface))
        self._lab.impair(node, interface, impairment)
        if impairment == self.initial(node, interface):
            del self._undo[key]

    def stop_node(self, node: str, *, kill: bool) -> None:
        """Stop a node, or kill it."""
        self._undo["node", node] = lambda: self._lab.start_node(node)
        self._lab.stop_node(node, kill=kill)

    def start_node(self, node: str) -> None:
        """Start a stopped node."""
        self._lab.start_node(node)
        self._undo.pop(("node", node), None)

    def initial(self, node: str, interface: str) -> Impairment:
        """The impairment that the topology file gives a link end."""
        found = self._lab.topology.endpoint(node, interface)
        return found[1].impairment if found else Impairment()

    def pending(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Title and action of each undoing that is left: nodes first, their links need them."""
        order = {"node": 0, "link": 1, "impairment": 2}
        for key in sorted(self._undo, key=lambda key: (order[key[0]], key)):
            yield f"restore {key[0]} {':'.join(key[1:])}", self._undo.pop(key)

    def _ends(self, node: str, interface: str) -> list[tuple[str, str]]:
        found = self._lab.topology.endpoint(node, interface)
        if found is None:
            return [(node, interface)]
        return [(end.node, end.interface) for end in found[0].endpoints]
