"""Markdown of one element of the interface definitions: a method, a message, an enum.

Where something is described, and therefore what a link has to say, is asked of a `Linker`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    MethodDescriptor,
    OneofDescriptor,
)

from opi.behavior import (
    IMMUTABLE,
    OPTIONAL,
    REQUIRED,
    behaviors,
    is_identifier,
    is_output_only,
    is_secret,
)
from opi.catalog import Method
from opi.comments import comment
from opi.resources import ResourceType, is_reference, resources

SCALARS = {
    getattr(FieldDescriptor, name): name.removeprefix("TYPE_").lower()
    for name in vars(FieldDescriptor)
    if name.startswith("TYPE_")
}
ERRORS = {
    "Create": ("INVALID_ARGUMENT", "ALREADY_EXISTS", "NOT_FOUND", "FAILED_PRECONDITION"),
    "Get": ("INVALID_ARGUMENT", "NOT_FOUND"),
    "List": ("INVALID_ARGUMENT", "NOT_FOUND"),
    "Update": ("INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION"),
    "Delete": ("INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION"),
    "Stats": ("INVALID_ARGUMENT", "NOT_FOUND"),
    "Reset": ("INVALID_ARGUMENT", "NOT_FOUND"),
}
"""Codes that standard methods give for reasons of their own, by verb."""


class Linker(Protocol):
    """Knows where elements are described."""

    def link(self, element: Descriptor | EnumDescriptor | MethodDescriptor) -> str:
        """Markdown: the element's name, leading to its description if we have one."""

    def is_own(self, message: Descriptor) -> bool:
        """Whether a message is described with the one method that uses it."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table and the empty line after it; none if there are no rows."""
    if not rows:
        return []
    lines = ["| " + " | ".join(row) + " |" for row in (head, *rows)]
    return [lines[0], "|" + "---|" * len(head), *lines[1:], ""]


def field_table(message: Descriptor, to: Linker) -> list[str]:
    """A message's fields; without the column of marks where there are none."""
    rows = field_rows(message, to)
    if any(marks for _, _, marks, _ in rows):
        return table(("field", "type", "", "meaning"), rows)
    return table(("field", "type", "meaning"), [(name, kind, said) for name, kind, _, said in rows])


def plain(text: str) -> str:
    """A comment as Markdown: what would be an HTML tag outside of code is text."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else part.replace("<", "\\<") for part in parts)


def cell(text: str) -> str:
    """A comment as the content of a table's cell."""
    paragraphs = (" ".join(part.split()) for part in text.split("\n\n"))
    return plain("<br>".join(paragraphs)).replace("\\<br>", "<br>").replace("|", "\\|")


def paragraphs(text: str) -> list[str]:
    """A comment as paragraphs, each on one line with an empty one after it."""
    return [line for part in text.split("\n\n") for line in (plain(" ".join(part.split())), "")]


def inner_name(element: Descriptor | EnumDescriptor) -> str:
    """Name within the package, such as "Outer.Inner"."""
    return str(element.full_name.removeprefix(f"{element.file.package}."))


def method_lines(method: Method, to: Linker) -> list[str]:
    """The section of a method, without its heading."""
    descriptor = method.descriptor
    lines = paragraphs(comment(descriptor))
    for binding in method.bindings:
        body = {"": "", "*": ", the body is the request"}
        said = body.get(binding.body, f", the body is `{binding.body}`")
        lines.append(f"- HTTP: `{binding.verb} {binding.path}`{said}")
    lines.append(f"- gRPC: `{method.path}`")
    if codes := _errors(method):
        lines.append(f"- [errors](README.md#errors): {', '.join(codes)}, and those of every method")
    lines += ["", *_message_of(method, "Request", to), *_message_of(method, "Answer", to)]
    return lines


def _message_of(method: Method, role: str, to: Linker) -> Iterator[str]:
    """The request or the answer: in full if it is this method's own, else where it is."""
    descriptor = method.descriptor
    asked = role == "Request"
    message = descriptor.input_type if asked else descriptor.output_type
    streaming = method.client_streaming if asked else method.server_streaming
    stream = "a stream of " if streaming else ""
    if message.full_name == "google.protobuf.Empty":
        yield from (f"**{role}:** nothing", "")
    elif not to.is_own(message):
        yield from (f"**{role}:** {stream}{to.link(message)}", "")
    else:
        first, *further = paragraphs(comment(message))
        yield f"**{role}:** {stream}`{inner_name(message)}`. {first}"
        yield from further
        yield from field_table(message, to)


def message_lines(message: Descriptor, to: Linker) -> list[str]:
    """The section of a message, without its heading."""
    lines = paragraphs(comment(message))
    kind = next((one for one in resources().types if one.descriptor is message), None)
    if kind:
        lines += _resource_lines(kind, to)
    for oneof in message.oneofs:
        if not _is_presence(oneof):
            members = ", ".join(f"`{field.name}`" for field in oneof.fields)
            lines += [f"At most one of {members}: {_lower(cell(comment(oneof)))}", ""]
    return lines + field_table(message, to)


def _resource_lines(kind: ResourceType, to: Linker) -> list[str]:
    first, *others = (f"`{pattern}`" for pattern in kind.patterns)
    also = f"; also taken: {', '.join(others)}" if others else ""
    methods = ", ".join(to.link(method.descriptor) for method in kind.methods.values())
    lines = [f"- names: {first}{also}", f"- type: `{kind.type_name}`"]
    return [*lines, *([f"- methods: {methods}"] if methods else []), ""]


def enum_lines(enum: EnumDescriptor) -> list[str]:
    """The section of an enum, without its heading."""
    rows = [(f"`{one.name}`", str(one.number), cell(comment(one))) for one in enum.values]
    return [*paragraphs(comment(enum)), *table(("value", "number", "meaning"), rows)]


def field_rows(message: Descriptor, to: Linker) -> list[tuple[str, str, str, str]]:
    """Rows of a table of fields: name and number, type, what goes for it, meaning."""
    return [
        (
            f"`{field.name}`&nbsp;{field.number}",
            field_type(field, to),
            "<br>".join(_marks(field, to)),
            cell(comment(field)),
        )
        for field in message.fields
    ]


def field_type(field: FieldDescriptor, to: Linker) -> str:
    """The type of a field, with "repeated" or "map"."""
    if field.message_type and field.message_type.GetOptions().map_entry:
        key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
        return f"map of {SCALARS[key.type]} to {field_type(value, to)}"
    inner: Any = field.message_type or field.enum_type
    name = to.link(inner) if inner else SCALARS[field.type]
    return f"repeated {name}" if field.is_repeated else name


def _marks(field: FieldDescriptor, to: Linker) -> Iterator[str]:
    """What goes for a field: google.aip.dev/203, and what it refers to."""
    set_of = behaviors(field)
    if is_identifier(field):
        yield "identifier"
    if REQUIRED in set_of:
        yield "required"
    if OPTIONAL in set_of:
        yield "optional"
    if is_output_only(field):
        yield "output only"
    if IMMUTABLE in set_of:
        yield "immutable"
    if is_secret(field):
        yield "secret"
    if is_reference(field):
        kinds = resources().referable(field)
        if kinds:
            yield "name of " + " or ".join(to.link(one.descriptor) for one in kinds)


def _errors(method: Method) -> list[str]:
    """Codes that a standard method gives; none are known of any other."""
    kind = resources().of(method)
    verbs = kind.methods.items() if kind else ()
    verb = next((verb for verb, one in verbs if one.path == method.path), "")
    return [
        code
        for code in ERRORS.get(verb, ())
        # neither of these looks up anything but the parent
        if code != "NOT_FOUND" or verb not in {"Create", "List"} or (kind and kind.is_child)
    ]


def _is_presence(oneof: OneofDescriptor) -> bool:
    """Whether protoc made it up for a field that is `optional`."""
    return len(oneof.fields) == 1 and oneof.name == f"_{oneof.fields[0].name}"


def _lower(text: str) -> str:
    """The text with a small first letter, unless its first word is an abbreviation."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text
