"""What two sets of protobuf descriptors disagree on: everything that travels or that code sees.

Both sets are taken apart into facts, one table of facts for each named element. Left out are
comments, the order of declarations, and where files lie: only their last name is looked at.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.api import annotations_pb2, client_pb2, field_behavior_pb2, resource_pb2
from google.protobuf import text_format
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
)
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

EXTENSIONS = (annotations_pb2, client_pb2, field_behavior_pb2, resource_pb2)
"""Modules that options of these kinds need in order to be understood."""

Facts = dict[str, str]
"""What is said about one element: fact -> value, all as text."""


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One disagreement; `ours` or `theirs` is empty where one side says nothing."""

    element: str
    """Full name; that of a file is "PACKAGE/NAME"."""
    fact: str
    """Which fact, such as "number" or "option google.api.http"; "kind" if the element is missing
    on one side."""
    ours: str
    theirs: str

    def __str__(self) -> str:
        if self.fact == "kind" and not self.theirs:
            return f"only ours: {self.ours} {self.element}"
        if self.fact == "kind" and not self.ours:
            return f"missing: {self.theirs} {self.element}"
        return f"{self.element}: {self.fact}: ours {self.ours or '-'}, theirs {self.theirs or '-'}"


def compare(
    ours: FileDescriptorSet,
    theirs: FileDescriptorSet,
    packages: Iterable[str],
    renamed: Mapping[str, str] | None = None,
) -> list[Difference]:
    """Compare everything in some packages.

    Args:
        ours: our descriptors; may hold more packages.
        theirs: independent ones; may hold more packages.
        packages: what to compare.
        renamed: full names of theirs and what these are called with us. Whatever is below them, or
            refers to them, is then compared under our name.

    Raises:
        ValueError: a package is not on both sides: comparing nothing must not look like success.
    """
    found: list[Difference] = []
    for package in packages:
        left, right = facts(ours, package), facts(theirs, package)
        if not left or not right:
            raise ValueError(f"{package}: nothing to compare")
        found += _differences(left, _rename(right, renamed or {}))
    return sorted(found)


def facts(descriptors: FileDescriptorSet, package: str) -> dict[str, Facts]:
    """Everything said about the elements of a package, by full name."""
    table: dict[str, Facts] = {}
    for file in descriptors.file:
        if file.package == package:
            for name, said in _file(file):
                assert name not in table, name
                table[name] = said
    return table


def _differences(left: dict[str, Facts], right: dict[str, Facts]) -> Iterator[Difference]:
    for name in left.keys() | right.keys():
        mine, other = left.get(name, {}), right.get(name, {})
        if not mine or not other:
            yield Difference(name, "kind", mine.get("kind", ""), other.get("kind", ""))
            continue
        for fact in mine.keys() | other.keys():
            if mine.get(fact, "") != other.get(fact, ""):
                yield Difference(name, fact, mine.get(fact, ""), other.get(fact, ""))


def _rename(table: dict[str, Facts], renamed: Mapping[str, str]) -> dict[str, Facts]:
    if not renamed:
        return table
    old = "|".join(re.escape(name) for name in sorted(renamed, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w.])({old})(?!\w)")

    def new(text: str) -> str:
        return pattern.sub(lambda match: renamed[match[1]], text)

    return {
        new(name): {fact: new(value) for fact, value in said.items()}
        for name, said in table.items()
    }


def _file(file: FileDescriptorProto) -> Iterator[tuple[str, Facts]]:
    name = file.name.rsplit("/", 1)[-1]
    syntax = {"syntax": file.syntax}
    yield f"{file.package}/{name}", {"kind": "file"} | syntax | _options(file.options)
    for message in file.message_type:
        yield from _message(f"{file.package}.{message.name}", message)
    for enum in file.enum_type:
        yield from _enum(f"{file.package}.{enum.name}", enum)
    for service in file.service:
        yield from _service(f"{file.package}.{service.name}", service)
    for extension in file.extension:
        yield f"{file.package}.{extension.name}", _field(extension, {}) | {"kind": "extension"}


def _message(name: str, message: DescriptorProto) -> Iterator[tuple[str, Facts]]:
    yield name, {"kind": "message"} | _options(message.options) | _reserved(message)
    groups = {index: one.name for index, one in enumerate(message.oneof_decl)}
    for field in message.field:
        yield f"{name}.{field.name}", _field(field, groups)
    for nested in message.nested_type:
        yield from _message(f"{name}.{nested.name}", nested)
    for enum in message.enum_type:
        yield from _enum(f"{name}.{enum.name}", enum)


def _field(field: FieldDescriptorProto, groups: Mapping[int, str]) -> Facts:
    said = {
        "kind": "field",
        "number": str(field.number),
        "type": FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower(),
        "label": FieldDescriptorProto.Label.Name(field.label).removeprefix("LABEL_").lower(),
        "json name": field.json_name or _json_name(field.name),
    }
    if field.type_name:
        said["type"] += f" {field.type_name.removeprefix('.')}"
    if field.proto3_optional:
        said["presence"] = "explicit"
    elif field.HasField("oneof_index"):
        said["oneof"] = groups[field.oneof_index]
    if field.default_value:
        said["default"] = field.default_value
    return said | _options(field.options)


def _enum(name: str, enum: EnumDescriptorProto) -> Iterator[tuple[str, Facts]]:
    yield name, {"kind": "enum"} | _options(enum.options) | _reserved(enum)
    for value in enum.value:
        said = {"kind": "enum value", "number": str(value.number)}
        yield f"{name}.{value.name}", said | _options(value.options)


def _service(name: str, service: ServiceDescriptorProto) -> Iterator[tuple[str, Facts]]:
    yield name, {"kind": "service"} | _options(service.options)
    for method in service.method:
        said = {
            "kind": "method",
            "request": _streaming(method.client_streaming, method.input_type),
            "response": _streaming(method.server_streaming, method.output_type),
        }
        yield f"{name}.{method.name}", said | _options(method.options)


def _streaming(stream: bool, type_name: str) -> str:
    return ("stream " if stream else "") + type_name.removeprefix(".")


def _reserved(element: DescriptorProto | EnumDescriptorProto) -> Facts:
    ranges = sorted(f"{one.start}-{one.end}" for one in element.reserved_range)
    said = [*ranges, *sorted(element.reserved_name)]
    return {"reserved": " ".join(said)} if said else {}


def _options(options: Message) -> Facts:
    """Every option that is set; those that nobody here knows by their number."""
    said: Facts = {}
    for field, value in options.ListFields():
        name = field.full_name if field.is_extension else field.name
        said[f"option {name}"] = _value(field.is_repeated, value)
    unknown = UnknownFieldSet(options)
    for field in (unknown[index] for index in range(len(unknown))):
        said[f"option {field.field_number}"] = repr(field.data)
    return said


def _value(repeated: bool, value: Any) -> str:
    if repeated:
        return "[" + ", ".join(_value(False, one) for one in value) + "]"
    if isinstance(value, Message):
        return text_format.MessageToString(value, as_one_line=True)
    return str(value)


def _json_name(name: str) -> str:
    """The JSON name that protoc gives a field that has none of its own (proto3 language guide)."""
    return re.sub(r"_(.?)", lambda match: match[1].upper(), name)


@dataclass(frozen=True, slots=True)
class Known:
    """Differences that are as they should be."""

    pattern: str
    """Regular expression that the whole text of such a difference matches."""
    count: int
    """How many there are."""
    reason: str


def unexplained(differences: Iterable[Difference], known: Iterable[Known]) -> list[str]:
    """Say which differences are not known, and which known ones are not there (any more)."""
    rest = [str(difference) for difference in differences]
    found = []
    for one in known:
        matching = [text for text in rest if re.fullmatch(one.pattern, text)]
        rest = [text for text in rest if text not in matching]
        if len(matching) != one.count:
            found.append(f"expected {one.count}, found {len(matching)}: {one.pattern}")
    return rest + found


def fingerprint(descriptors: FileDescriptorSet, package: str) -> str:
    """A number that changes with any fact about the elements of a package."""
    said = sorted(
        (name, sorted(table.items())) for name, table in facts(descriptors, package).items()
    )
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]
