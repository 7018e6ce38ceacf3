"""Names for the shell, from the DPU that the command line chooses.

Nothing here raises or waits for long: a shell shows nothing rather than an error.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import islice, takewhile

import click
from google.protobuf.descriptor import FieldDescriptor

from opi import standard
from opi.resources import Resources, ResourceType, is_reference
from opictl.naming import parent_name, short
from opictl.session import COMPLETION_SECONDS, Session

Completer = Callable[[click.Context, click.Parameter, str], list[str]]

_MOST_NAMES = 500


def resource_names(kind: ResourceType, known: Resources) -> Completer:
    """Completes the names of one kind; below the parent that the line names, if it does."""

    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
        above = ctx.params.get("parent_name")
        return _starting(incomplete, _names(ctx, kind, known, above or ""))

    return complete


def parents(kind: ResourceType, known: Resources) -> Completer:
    """Completes the names of what a kind is part of."""
    return references([standard.parent_type(kind, known)])


def reference_completer(field: FieldDescriptor, known: Resources) -> Completer | None:
    """Completes what a field may refer to; None for a field that is no reference."""
    kinds = known.referable(field) if is_reference(field) else ()
    return references(kinds) if kinds else None


def references(kinds: Sequence[ResourceType]) -> Completer:
    """Completes the names of several kinds, for a field that refers to one of them."""

    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
        names = [name for kind in kinds for name in _names(ctx, kind, None, "")]
        return _starting(incomplete, names)

    return complete


def _names(
    ctx: click.Context, kind: ResourceType, known: Resources | None, above: str
) -> list[str]:
    if "List" not in kind.methods:
        return []
    end = time.monotonic() + COMPLETION_SECONDS
    try:
        with Session(ctx).client(COMPLETION_SECONDS) as client:
            parent = parent_name(kind, above, known) if above and known else ""
            found = standard.list_all(client, kind, parent, source=known)
            in_time = takewhile(lambda _: time.monotonic() < end, islice(found, _MOST_NAMES))
            names = [short(kind, one.name) for one in in_time]
    except Exception:  # noqa: BLE001 - whatever is wrong, a shell shows nothing
        return []
    return [name.rsplit("/", 1)[-1] for name in names] if above else names


def _starting(incomplete: str, names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if name.startswith(incomplete)})
