"""Inheritance: what a node gets from defaults, its kind, its group and itself.

Precedence is containerlab's (types/topology.go): node over group over kind over defaults.

- Scalars, `ports`, `dns` and `healthcheck`: the most specific place that gives one wins whole.
- Maps (`env`, `labels`, `sysctls`) merge key by key.
- Lists (`exec`, `cap-add`, `devices`) concatenate, most general first; repeats are dropped.
- `binds` concatenate; a more specific one with the same destination replaces the other.
- `stages` concatenate stage by stage.

The node's group is its own, else its kind's, else the defaults'; its kind is its own, else its
group's, else the defaults'.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from lab.topology.problems import KeyPath
from lab.topology.scalars import kebab
from lab.topology.spec import NodeSpec, TopologySpec

KindName = Literal["linux", "bridge"]


@dataclass(frozen=True, slots=True)
class Layer:
    """One place that a node takes values from; `path` is where it is in the file."""

    path: KeyPath
    spec: NodeSpec

    @property
    def is_own(self) -> bool:
        """Whether it is the node itself."""
        return self.path[1] == "nodes"


@dataclass(frozen=True, slots=True)
class Found:
    """A value and its place in the file."""

    path: KeyPath
    value: Any


@dataclass(frozen=True, slots=True)
class Inherited:
    """All layers of a node, most general first."""

    name: str
    kind: KindName | None
    group: str
    layers: tuple[Layer, ...]

    @property
    def path(self) -> KeyPath:
        """Where the node itself is in the file."""
        return self.layers[-1].path

    def pick(self, field: str) -> Found | None:
        """The most specific value that is given."""
        for found in reversed(list(self.given(field))):
            return found
        return None

    def given(self, field: str) -> Iterator[Found]:
        """Every layer's value of a field, where it gives one; most general first."""
        for layer in self.layers:
            value = getattr(layer.spec, field)
            if value is not None and field in layer.spec.model_fields_set:
                yield Found((*layer.path, kebab(field)), value)

    def entries(self, field: str) -> list[Found]:
        """A list field, concatenated without repeats; each entry with its place."""
        found: dict[str, Found] = {}
        for part in self.given(field):
            for position, value in enumerate(part.value):
                found.setdefault(value, Found((*part.path, position), value))
        return list(found.values())

    def mapping(self, field: str) -> dict[str, str]:
        """A map field, merged."""
        merged: dict[str, str] = {}
        for part in self.given(field):
            merged |= part.value
        return merged


def inherited(spec: TopologySpec, name: str) -> Inherited:
    """Where a node's values come from."""
    own = spec.nodes[name] or NodeSpec()
    kind = _kind(spec, own)
    by_kind: NodeSpec | None = getattr(spec.kinds, kind) if kind else None
    group = own.group or (by_kind.group if by_kind else None) or spec.defaults.group or ""
    found = [Layer(("topology", "defaults"), spec.defaults)]
    if kind and by_kind is not None:
        found.append(Layer(("topology", "kinds", kind), by_kind))
    if group in spec.groups:
        found.append(Layer(("topology", "groups", group), spec.groups[group]))
    found.append(Layer(("topology", "nodes", name), own))
    return Inherited(name, kind, group, tuple(found))


def _kind(spec: TopologySpec, own: NodeSpec) -> KindName | None:
    if own.kind:
        return own.kind
    for group in (own.group, spec.defaults.group):
        if group in spec.groups and (kind := spec.groups[group].kind):
            return kind
    return spec.defaults.kind
