"""Manifests: what a DPU's resources should be, in YAML or JSON.

A file has any number of documents. Each is one resource, or a list of them: its kind, its name, and
the fields of its message as the interface definitions (or lowerCamel JSON) spell them.

    kind: NvmeSubsystem
    name: nvmeSubsystems/sub0
    spec:
      nqn: nqn.2022-09.io.spdk:opi1
    ---
    kind: NvmeNamespace
    id: ns01                  # instead of `name`: an id, and for children a parent
    parent: nvmeSubsystems/sub0
    spec:
      volume_name_ref: volumes/vol0

What servers report about a resource (output-only fields) may be there and is left out.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from opi.behavior import OUTPUT_ONLY, behaviors, is_secret
from opi.bodies import BodyError, fill, to_data
from opi.resources import Resources, ResourceType, resources
from opi.standard import parent_type
from opi.yamltree import Tree, TreeError, documents

STDIN = "-"
_KEYS = frozenset({"kind", "name", "id", "parent"})


class ManifestError(Exception):
    """A manifest that cannot be used. The message names file, line, document and field."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Place:
    """Where something is in a manifest."""

    file: str
    line: int = 0
    document: int = 0

    def __str__(self) -> str:
        line = f":{self.line}" if self.line else ""
        document = f" (document {self.document})" if self.document else ""
        return f"{self.file}{line}{document}"


@dataclass(frozen=True, eq=False)
class Item:
    """One resource of a manifest.

    Attributes:
        name: full name, in the form that servers return.
        message: the resource with the fields that the manifest names.
        paths: those fields, as paths of a field mask.
    """

    kind: ResourceType
    name: str
    message: Message
    paths: tuple[str, ...] = ()
    place: Place = field(default_factory=lambda: Place(""))

    def __str__(self) -> str:
        return f"{self.kind.kind} {self.name}"


def read(paths: Iterable[str], source: Resources | None = None) -> list[Item]:
    """The resources of files, folders (their *.yml, *.yaml, *.json) and "-", standard input.

    Raises ManifestError.
    """
    known = source or resources()
    items = [item for path in _files(paths) for item in parse(_text(path), _shown(path), known)]
    _refuse_twins(items)
    return items


def parse(text: str, file: str = "manifest", source: Resources | None = None) -> list[Item]:
    """The resources of one text. Raises ManifestError."""
    known = source or resources()
    try:
        trees = documents(text)
    except TreeError as error:
        raise ManifestError(f"{Place(file, error.line)}: {error.message}") from error
    return [
        _item(tree, Place(file, tree.line, number), known)
        for number, document in enumerate(trees, 1)
        for tree in _flat(document)
    ]


def to_document(kind: ResourceType, resource: Any) -> dict[str, Any]:
    """A resource as a document of a manifest: without what servers report, and without secrets."""
    fields = to_data(resource, _is_not_configuration)
    fields.pop("name", None)
    name = kind.canonical(resource.name) or resource.name
    return {"kind": kind.kind, "name": name, **fields}


def _is_not_configuration(one: Any) -> bool:
    return OUTPUT_ONLY in behaviors(one) or is_secret(one) or one.name == "status"


def _flat(tree: Tree) -> Iterator[Tree]:
    """A document, or the items of one that is a list."""
    yield from tree.content if isinstance(tree.content, list) else [tree]


def _item(tree: Tree, place: Place, known: Resources) -> Item:
    if not isinstance(tree.content, dict):
        raise ManifestError(f"{place}: not a resource", "a resource is a map with `kind`, `name`")
    kind = _kind(tree, place, known)
    name = _name(tree, place, kind, known)
    message = kind.message()
    try:
        paths = fill(message, tree, skip=_KEYS)
    except BodyError as error:
        at = Place(place.file, error.line, place.document)
        where = f"{error.field}: " if error.field else ""
        raise ManifestError(f"{at}: {where}{error.message}", _describe(kind)) from error
    _drop_reported(message)
    kept = tuple(path for path in paths if not _is_reported(kind, path))
    return Item(kind, name, message, kept, place)


def _kind(tree: Tree, place: Place, known: Resources) -> ResourceType:
    text = tree.get("kind")
    if not text:
        raise ManifestError(f"{place}: `kind` is missing", "such as kind: NvmeSubsystem")
    try:
        return known.kind(text)
    except KeyError:
        kinds = [one.kind for one in known.types]
        close = difflib.get_close_matches(text, kinds, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(sorted(kinds))}"
        line = tree.entries["kind"].line
        at = Place(place.file, line, place.document)
        raise ManifestError(f"{at}: kind: no resource is called {text!r}", hint) from None


def _name(tree: Tree, place: Place, kind: ResourceType, known: Resources) -> str:
    given = {key: tree.get(key) for key in ("name", "id", "parent") if tree.get(key)}
    form = f"names of {kind.kind} look like {kind.pattern}"
    if "name" in given and ("id" in given or "parent" in given):
        raise ManifestError(
            f"{place}: `name` and `{_other(given)}` are given: one of the two", form
        )
    if not given.keys() & {"name", "id"}:
        raise ManifestError(f"{place}: `name` is missing", form)
    if kind.is_child and "id" in given and "parent" not in given:
        raise ManifestError(f"{place}: `parent` is missing beside `id`", form)
    name = given.get("name") or ""
    found = kind.canonical(name) if name else _named_by_id(given, kind, known)
    if not found:
        key = "name" if name else "id"
        at = Place(place.file, tree.entries[key].line, place.document)
        raise ManifestError(f"{at}: {key}: {given[key]!r} is not a name of this kind", form)
    return found


def _other(given: dict[str, str]) -> str:
    return "id" if "id" in given else "parent"


def _named_by_id(given: dict[str, str], kind: ResourceType, known: Resources) -> str | None:
    parent = ""
    if kind.is_child:
        above = parent_type(kind, known)
        parent = (
            above.canonical(given["parent"])
            or above.canonical(above.pattern.format(given["parent"]))
            or ""
        )
        if not parent:
            return None
    return kind.canonical(kind.name(given["id"], parent))


def _is_reported(kind: ResourceType, path: str) -> bool:
    """Whether a path leads into what the server reports."""
    descriptor: Any = kind.descriptor
    for name in path.split("."):
        one = descriptor.fields_by_name[name]
        if OUTPUT_ONLY in behaviors(one) or name == "status":
            return True
        descriptor = one.message_type
    return False


def _drop_reported(message: Message) -> None:
    for one, value in message.ListFields():
        if OUTPUT_ONLY in behaviors(one) or one.name == "status":
            message.ClearField(one.name)
        elif one.message_type and not one.is_repeated:
            _drop_reported(value)


def _refuse_twins(items: list[Item]) -> None:
    seen: dict[tuple[str, str], Item] = {}
    for item in items:
        first = seen.setdefault((item.kind.kind, item.name), item)
        if first is not item:
            raise ManifestError(f"{item.place}: {item} is there already, at {first.place}")


def _files(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        folder = Path(path)
        if path == STDIN or not folder.is_dir():
            yield path
            continue
        found = sorted(
            str(one) for one in folder.iterdir() if one.suffix in {".yml", ".yaml", ".json"}
        )
        if not found:
            raise ManifestError(f"{path}: no *.yml, *.yaml or *.json in this folder")
        yield from found


def _text(path: str) -> str:
    try:
        return sys.stdin.read() if path == STDIN else Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ManifestError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise ManifestError(f"{path}: not a text in UTF-8") from error


def _shown(path: str) -> str:
    return "standard input" if path == STDIN else path


def _describe(kind: ResourceType) -> str:
    return f"`opictl describe {kind.kind}` lists its fields"
