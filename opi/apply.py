"""Bring a DPU to what a manifest says, and back: plan, difference, apply, delete, export.

A plan compares the manifest with the server. What is missing is created, what differs is updated
(only the fields that the manifest names), the rest stays. Parents and whatever others refer to come
first, and what hosts get in by comes after what they find there; deletion goes the other way round.
The first error stops everything after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from opi import standard
from opi.behavior import is_secret
from opi.bodies import value_at
from opi.forms import form_of
from opi.manifest import Item, ManifestError
from opi.names import without_service
from opi.ordering import ordered
from opi.resources import Resources, ResourceType, is_reference, resources
from opi.status import CallError

if TYPE_CHECKING:
    from opi.client import Client


class Action(StrEnum):
    """What a plan does with one resource."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Change:
    """One field: what it is and what it should be, in text form."""

    path: str
    old: str
    new: str


@dataclass(frozen=True, eq=False)
class Step:
    """What is done with one item of a manifest, and why."""

    item: Item
    action: Action
    changes: tuple[Change, ...] = ()


class ApplyError(Exception):
    """A plan that stopped half-way.

    Attributes:
        step: what failed.
        done: what had been done before it.
        left: what was not tried.
        cause: why.
    """

    def __init__(
        self, step: Step, done: Sequence[Step], left: Sequence[Step], cause: CallError
    ) -> None:
        super().__init__(f"{step.item.place}: {step.action} {step.item}: {cause}")
        self.step = step
        self.done = done
        self.left = left
        self.cause = cause


def plan(client: Client, items: Iterable[Item], *, with_secrets: bool = False) -> list[Step]:
    """What applying the items would do, in order. Changes nothing.

    Secrets that the server does not show are not compared; `with_secrets` sends them always.
    Raises ManifestError for what cannot be done at all, CallError when the server cannot be asked.
    """
    return [_step(client, item, with_secrets) for item in ordered(list(items))]


def apply(
    client: Client, steps: Sequence[Step], tell: Callable[[Step], None] = lambda _: None
) -> list[Step]:
    """Carry out a plan; `tell` hears of each step that is done. Raises ApplyError."""
    return _run(client, steps, tell)


def plan_delete(items: Iterable[Item]) -> list[Step]:
    """Deleting the items, in reverse order. Raises ManifestError."""
    steps = [Step(item, Action.DELETE) for item in reversed(ordered(list(items)))]
    for step in steps:
        if "Delete" not in step.item.kind.methods:
            raise ManifestError(f"{step.item.place}: {step.item.kind.kind} cannot be deleted")
    return steps


def export(
    client: Client, skipped: Callable[[ResourceType], None], source: Resources | None = None
) -> Iterator[tuple[ResourceType, Any]]:
    """Every resource of the server that a manifest can hold, parents and references first.

    `skipped` hears of kinds that the server does not support. Raises CallError.
    """
    found: list[Item] = []
    for kind in (source or resources()).types:
        if "List" not in kind.methods or not kind.methods.keys() & {"Create", "Update"}:
            continue
        try:
            stored = list(standard.list_all(client, kind))
        except CallError as error:
            if error.status.code != "UNIMPLEMENTED":
                raise
            skipped(kind)
            continue
        found += [Item(kind, kind.canonical(one.name) or one.name, one) for one in stored]
    yield from ((item.kind, item.message) for item in ordered(found))


def same_reference(one: str, other: str) -> bool:
    """Whether two ways to refer to something may mean the same: aliases, bare ids.

    Collections have several spellings (`volumes/x`, `mallocVolumes/x`), and servers choose one; so
    what counts is the ids, outermost first.
    """
    first, second = _ids(one), _ids(other)
    if len(first) > 1 and len(second) > 1:
        return first == second
    return first[-1:] == second[-1:]


def _ids(name: str) -> list[str]:
    parts = without_service(name).split("/")
    return parts[1::2] if len(parts) > 1 else parts


def _step(client: Client, item: Item, with_secrets: bool) -> Step:
    stored = _stored(client, item)
    if stored is None:
        if "Create" not in item.kind.methods:
            raise ManifestError(f"{item.place}: there is no {item}, and none can be created")
        return Step(item, Action.CREATE)
    differences = tuple(changes(item, stored, with_secrets=with_secrets))
    if differences and "Update" not in item.kind.methods:
        raise ManifestError(f"{item.place}: {item} cannot be changed")
    return Step(item, Action.UPDATE if differences else Action.UNCHANGED, differences)


def _stored(client: Client, item: Item) -> Any:
    try:
        return standard.get(client, item.kind, item.name)
    except CallError as error:
        if error.status.code != "NOT_FOUND":
            raise
        return None


def changes(item: Item, stored: Any, *, with_secrets: bool = False) -> Iterator[Change]:
    """Where what the server has differs from an item, in the fields that the item names.

    A secret that the server does not show counts as the same, unless `with_secrets`.
    """
    for path in item.paths:
        new, old = value_at(item.message, path), value_at(stored, path)
        one = _field(item.kind.descriptor, path)
        if is_secret(one):
            if (with_secrets and new) or (old and old != new):
                yield Change(path, "(secret)", "(another secret)")
        elif not _same(one, old, new):
            yield Change(path, _shown(one, old), _shown(one, new))


def _same(one: Any, old: Any, new: Any) -> bool:
    if not is_reference(one) or not old or not new:
        return bool(old == new)
    pairs = zip(old, new, strict=False) if one.is_repeated else [(old, new)]
    same_length = not one.is_repeated or len(old) == len(new)
    return same_length and all(same_reference(a, b) for a, b in pairs)


def _shown(one: Any, value: Any) -> str:
    if value is None:
        return "(not set)"
    if isinstance(value, list):
        return f"[{', '.join(_shown(one, item) for item in value)}]"
    form = form_of(one)
    return form.show(value) if form else str(value).strip().replace("\n", ", ")


def _field(descriptor: Any, path: str) -> Any:
    one = None
    for name in path.split("."):
        one = descriptor.fields_by_name[name]
        descriptor = one.message_type
    return one


def _run(client: Client, steps: Sequence[Step], tell: Callable[[Step], None]) -> list[Step]:
    for number, step in enumerate(steps):
        try:
            _carry_out(client, step)
        except CallError as error:
            raise ApplyError(step, steps[:number], steps[number + 1 :], error) from error
        tell(step)
    return list(steps)


def _carry_out(client: Client, step: Step) -> None:
    item = step.item
    if step.action is Action.CREATE:
        parent, resource_id = item.name.rsplit("/", 2)[0], item.name.rsplit("/", 1)[1]
        above = parent if item.kind.is_child else ""
        standard.create(client, item.kind, item.message, resource_id, above)
    elif step.action is Action.UPDATE:
        paths = [change.path for change in step.changes]
        standard.update(client, item.kind, item.name, item.message, paths)
    elif step.action is Action.DELETE:
        _delete(client, item)


def _delete(client: Client, item: Item) -> None:
    """Delete; what is gone already is as it should be. Not every kind knows allow_missing."""
    try:
        standard.delete(client, item.kind, item.name, allow_missing=True)
    except CallError as error:
        if error.status.code != "NOT_FOUND":
            raise
