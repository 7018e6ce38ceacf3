"""Request fields from the text of a URL: its query parameters, and what its path gives.

`?page_size=10&filter.states=A&filter.states=B`: names are field paths with dots, in either
spelling; a repeated field takes a parameter for each element. Names of no field are ignored, as
grpc-gateway does, since proxies and browsers add parameters of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from dpu_sim.api.errors import invalid_argument
from dpu_sim.gateway.codec import WELL_KNOWN, Json
from dpu_sim.gateway.reading import expected, field_of, read_into
from opi.masks import is_map

_MAX_PARAMETERS = 1000
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


def parse(query: str) -> dict[str, list[str]]:
    """The parameters of a query: name -> values in their order.

    Raises:
        ApiError: INVALID_ARGUMENT: it is not percent-encoded UTF-8, or has too many.
    """
    try:
        pairs = parse_qsl(
            query, keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS
        )
    except ValueError as error:
        raise invalid_argument("query", f"cannot be read: {error}") from error
    parameters: dict[str, list[str]] = {}
    for name, value in pairs:
        parameters.setdefault(name, []).append(value)
    return parameters


def fill(
    message: Message, parameters: Mapping[str, Sequence[str]], bound: Collection[str] = ()
) -> None:
    """Set fields of a request.

    Args:
        message: the request.
        parameters: texts by field path.
        bound: field paths that something else gives; parameters for them, and for what is in
            them, are ignored.

    Raises:
        ApiError: INVALID_ARGUMENT: names the field.
    """
    tree: dict[str, Json] = {}
    for name, texts in parameters.items():
        fields = _along(message.DESCRIPTOR, name)
        if fields is None or _is_bound([str(one.name) for one in fields], bound):
            continue
        here = tree
        for field in fields[:-1]:
            here = here.setdefault(str(field.name), {})
        _put(here, fields[-1], name, texts)
    if tree:
        read_into(message, tree)


def leaves(descriptor: Descriptor) -> Iterator[tuple[str, tuple[FieldDescriptor, ...]]]:
    """What parameters a request may have: (name in lowerCamelCase, fields from the outermost)."""
    return _leaves(descriptor, ())


def _leaves(
    descriptor: Descriptor, outer: tuple[FieldDescriptor, ...]
) -> Iterator[tuple[str, tuple[FieldDescriptor, ...]]]:
    for field in descriptor.fields:
        fields = (*outer, field)
        inner = field.message_type
        if _is_text(field):
            yield ".".join(one.json_name for one in fields), fields
        elif inner is not None and not field.is_repeated and field not in outer:
            yield from _leaves(inner, fields)


def _along(descriptor: Any, name: str) -> list[FieldDescriptor] | None:
    """The fields on a path, outermost first; None when it leads to nothing that a text can be."""
    fields: list[FieldDescriptor] = []
    for part in name.split("."):
        field = field_of(descriptor, part) if descriptor is not None else None
        if field is None or (fields and fields[-1].is_repeated):
            return None
        fields.append(field)
        descriptor = None if _is_text(field) else field.message_type
    return fields


def _is_text(field: FieldDescriptor) -> bool:
    """Whether a text can stand for a value of the field."""
    inner = field.message_type
    return inner is None or (inner.file.package == WELL_KNOWN and not is_map(field))


def _is_bound(path: Sequence[str], bound: Collection[str]) -> bool:
    return any(".".join(path[:length]) in bound for length in range(1, len(path) + 1))


def _put(target: dict[str, Json], field: FieldDescriptor, name: str, texts: Sequence[str]) -> None:
    if not _is_text(field):
        raise invalid_argument(name, "is an object: set the fields in it")
    if str(field.name) in target or (len(texts) > 1 and not field.is_repeated):
        raise invalid_argument(name, f"takes one value, not {max(len(texts), 2)}")
    values = [_value(field, name, text) for text in texts]
    target[str(field.name)] = values if field.is_repeated else values[0]


def _value(field: FieldDescriptor, name: str, text: str) -> Json:
    """The JSON value that a text stands for."""
    inner: Any = field.message_type
    scalar = inner.fields_by_name.get("value", field) if inner is not None else field
    if scalar.type == FieldDescriptor.TYPE_BOOL:
        if text not in _TRUE | _FALSE:
            raise invalid_argument(name, f"has to be {expected(field)}, not {text!r}")
        return text in _TRUE
    if scalar.type == FieldDescriptor.TYPE_ENUM and text.removeprefix("-").isascii():
        return int(text) if text.removeprefix("-").isdigit() else text
    return text
