"""Several resources that make one thing: all of them are there in the end, or none is new.

What is there already and is as it should be stays, so that doing it again changes nothing. What is
there and differs is refused before anything is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from opi import apply as plans
from opi import standard
from opi.apply import Change
from opi.client import Client
from opi.forms import form_of
from opi.manifest import Item
from opi.resources import ResourceType
from opi.status import CallError
from opictl.errors import EXIT_REFUSED, show_note, show_words
from opictl.problems import call_words, exit_code
from opictl.storage import kinds

_UNKNOWN_END = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "UNKNOWN"})
"""Codes after which nobody knows whether the server has carried out the call."""


@dataclass(frozen=True)
class Wanted:
    """A resource that shall be there.

    Attributes:
        name: as servers return it.
        message: with the fields that count; others may be anything.
        free: those that are for creation only: what is there may have others.
    """

    kind: ResourceType
    name: str
    message: Message
    free: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind.kind} {self.name}"


def wanted(
    kind_name: str,
    resource_id: str,
    message: Message,
    parent: str = "",
    free: tuple[str, ...] = (),
) -> Wanted:
    """A resource by kind, id and parent."""
    found = kinds.kind(kind_name)
    return Wanted(found, found.name(resource_id, parent), message, free)


@dataclass(frozen=True)
class Outcome:
    """What became of a resource: "created", "unchanged" or "deleted"."""

    kind: ResourceType
    name: str
    action: str
    message: Any = None

    def __str__(self) -> str:
        return f"{self.kind.kind} {self.name}: {self.action}"

    def data(self) -> dict[str, str]:
        """The same as JSON has it."""
        return {"kind": self.kind.kind, "name": self.name, "action": self.action}


class DifferentError(Exception):
    """A resource is there, but is not what is wanted."""

    def __init__(self, what: Wanted, changes: Sequence[Change]) -> None:
        differences = "; ".join(f"{one.path} is {one.old}, not {one.new}" for one in changes)
        super().__init__(f"{what} is there already, but differs: {differences}")
        self.hint = "choose another name, or delete what is there"


class ChainError(Exception):
    """A step that failed, after which what had been done was undone.

    Attributes:
        step: what could not be done: "create MallocVolume volumes/vol0".
        cause: why.
        undone: what was there for a moment.
        left: what could not be undone, and why.
    """

    def __init__(self, step: str, cause: CallError) -> None:
        super().__init__(f"cannot {step}: {cause}")
        self.step = step
        self.cause = cause
        self.undone: list[Wanted] = []
        self.left: list[tuple[Wanted, CallError]] = []


def ensure(client: Client, chain: Sequence[Wanted]) -> list[Outcome]:
    """See to it that all are there, in this order.

    Raises:
        DifferentError: one is there and differs; nothing was done.
        CallError: the server cannot be asked; nothing was done.
        ChainError: one cannot be created; those that this call had created are gone again.
    """
    there = [stored(client, one.kind, one.name) for one in chain]
    for one, found in zip(chain, there, strict=True):
        if found is not None:
            _refuse_different(one, found)
    made: list[Wanted] = []
    outcomes = []
    try:
        for one, found in zip(chain, there, strict=True):
            if found is None:
                made.append(one)
                outcomes.append(Outcome(one.kind, one.name, "created", _create(client, one)))
            else:
                outcomes.append(Outcome(one.kind, one.name, "unchanged", found))
    except ChainError as error:
        if error.cause.status.code not in _UNKNOWN_END:
            made.pop()
        error.undone, error.left = _undo(client, made)
        raise
    except BaseException:  # Ctrl-C: what was begun is not left behind
        _undo(client, made)
        raise
    return outcomes


def remove(client: Client, chain: Sequence[tuple[ResourceType, str]]) -> Iterator[Outcome]:
    """Delete resources in this order; what is gone already is as it should be.

    Raises:
        ChainError: one cannot be deleted; those before it are gone, which the outcomes have told.
    """
    for one, name in chain:
        try:
            standard.delete(client, one, name, allow_missing=True)
        except CallError as error:
            if error.status.code != "NOT_FOUND":
                raise ChainError(f"delete {one.kind} {name}", error) from error
        yield Outcome(one, name, "deleted")


def explain(error: DifferentError | ChainError) -> int:
    """Print what went wrong and what became of the rest; return the exit code."""
    if isinstance(error, DifferentError):
        show_words(str(error), error.hint)
        return EXIT_REFUSED
    message, hint = call_words(error.cause)
    show_words(f"cannot {error.step}: {message}", hint)
    for one, cause in error.left:
        show_words(f"{one} could not be undone: {call_words(cause)[0]}", "delete it by hand")
    if error.undone:
        show_note(f"undone: {', '.join(map(str, error.undone))}")
    return exit_code(error.cause.status)


def stored(client: Client, kind: ResourceType, name: str) -> Any:
    """The resource of that name; None when there is none. Raises CallError."""
    try:
        return standard.get(client, kind, name)
    except CallError as error:
        if error.status.code != "NOT_FOUND":
            raise
        return None


def _refuse_different(one: Wanted, found: Any) -> None:
    paths = tuple(path for path in _paths(one.message) if path not in one.free)
    item = Item(one.kind, one.name, one.message, paths)
    changes = list(plans.changes(item, found))
    if changes:
        raise DifferentError(one, changes)


def _paths(message: Message, above: str = "") -> Iterator[str]:
    """Paths of the fields that are set and have a value in one piece."""
    for field, value in message.ListFields():
        here = f"{above}{field.name}"
        if field.message_type and not field.is_repeated and form_of(field) is None:
            yield from _paths(value, f"{here}.")
        else:
            yield here


def _create(client: Client, one: Wanted) -> Any:
    ids = one.name.rsplit("/", 2)
    parent = ids[0] if one.kind.is_child else ""
    try:
        return standard.create(client, one.kind, one.message, ids[-1], parent)
    except CallError as error:
        raise ChainError(f"create {one}", error) from error


def _undo(
    client: Client, made: Sequence[Wanted]
) -> tuple[list[Wanted], list[tuple[Wanted, CallError]]]:
    """Delete what was created, the last first; what was undone, and what could not be."""
    undone, left = [], []
    for one in reversed(made):
        try:
            standard.delete(client, one.kind, one.name, allow_missing=True)
        except CallError as error:
            if error.status.code != "NOT_FOUND":
                left.append((one, error))
                continue
        undone.append(one)
    return undone, left
