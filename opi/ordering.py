"""The order in which the resources of a manifest are made; they are deleted the other way round.

Parents come before children, and what others refer to before those. A namespace of a remote
controller is made by nobody: servers find it once a path leads there, so that what lies on it
needs the controller and its paths. Beyond what servers demand, hosts never see a half of anything:
limits come before the namespaces of the volume that they limit, namespaces before the controllers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from opi.manifest import Item, ManifestError
from opi.resources import Reference, find_references, resources

_REMOTE_DEVICE = re.compile(r"(.+)n[1-9][0-9]*")
"""How SPDK names the device of a remote namespace: CONTROLLERnNSID."""

_BEFORE = {"NvmeController": "NvmeNamespace"}
"""Kinds, and those of their siblings that come first."""


def ordered(items: list[Item]) -> list[Item]:
    """The items with those first that others need, otherwise as they are.

    Raises ManifestError for a circle.
    """
    needs = _Needs(items)
    sorter = TopologicalSorter({number: needs.of(number) for number in range(len(items))})
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " -> ".join(str(items[number]) for number in error.args[1])
        place = items[error.args[1][0]].place
        raise ManifestError(
            f"{place}: resources refer to each other in a circle: {circle}"
        ) from None
    order: list[int] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return [items[number] for number in order]


class _Needs:
    """Which items must be there before others, by their numbers."""

    def __init__(self, items: list[Item]) -> None:
        self._items = items
        self._named: dict[str, list[int]] = {}
        self._children: dict[str, list[int]] = {}
        self._limits: dict[str, list[int]] = {}
        """QoS volumes by the names that the limited volume can have."""
        for number, item in enumerate(items):
            self._named.setdefault(item.name, []).append(number)
            if item.kind.is_child:
                self._children.setdefault(_parent(item.name), []).append(number)
            if item.kind.kind == "QosVolume":
                for name in self._targets(item):
                    self._limits.setdefault(name, []).append(number)

    def of(self, number: int) -> set[int]:
        """The items that one needs."""
        return set(self._all(self._items[number])) - {number}

    def _all(self, item: Item) -> Iterator[int]:
        if item.kind.is_child:
            yield from self._named.get(_parent(item.name), ())
        for one in find_references(item.message):
            yield from self._referred(one)
        for sibling in self._children.get(_parent(item.name), ()):
            if self._items[sibling].kind.kind == _BEFORE.get(item.kind.kind):
                yield sibling
        if item.kind.kind == "NvmeNamespace":
            for name in self._targets(item):
                yield from self._limits.get(name, ())

    def _referred(self, one: Reference) -> Iterator[int]:
        kinds = {kind.kind for kind in resources().referable(one.field)}
        for name in resources().targets(one.field, one.text):
            named = self._named.get(name, ())
            yield from (n for n in named if self._items[n].kind.kind in kinds)
        for controller in _remote(one):
            yield from self._named.get(controller, ())
            yield from self._children.get(controller, ())

    def _targets(self, item: Item) -> Iterator[str]:
        for one in find_references(item.message):
            yield from resources().targets(one.field, one.text)


def _remote(one: Reference) -> Iterator[str]:
    """The remote controllers behind whose paths the volume may be that a reference means."""
    if one.field.name != "volume_name_ref":
        return
    kind = resources().kind("NvmeRemoteNamespace")
    names = (kind.canonical(name) for name in resources().targets(one.field, one.text))
    yield from (_parent(name) for name in names if name)
    if device := _REMOTE_DEVICE.fullmatch(one.text):
        yield resources().kind("NvmeRemoteController").name(device[1])


def _parent(name: str) -> str:
    return name.rsplit("/", 2)[0]
