"""Requests from JSON values.

protobuf's own parser converts the values. What it is lax about is checked here (objects where a
message belongs, lists where a list does), and what it says of mistakes is said in terms of the
interface definition instead of Python.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from dpu_sim.api.errors import ApiError, invalid_argument
from dpu_sim.gateway.codec import WELL_KNOWN, Json, message_of
from opi.behavior import is_secret
from opi.masks import is_map

FIELD_MASK = "google.protobuf.FieldMask"

_SNAKE = re.compile(r"_([a-z])")
_SHOWN = 60
_REFUSALS = (ParseError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError)
"""What protobuf's parser raises, depending on how a value is wrong."""

_WELL_KNOWN_FORMS = {
    "google.protobuf.Duration": 'a number of seconds such as "1.5s"',
    "google.protobuf.Timestamp": 'a time such as "2026-01-31T12:00:00Z"',
    FIELD_MASK: 'field paths separated by commas, such as "spec.nqn,spec.serialNumber"',
}


def read_into(message: Message, value: Json, field: str = "") -> list[str]:
    """Set a message from JSON values.

    Args:
        message: what to set; what the values do not mention stays.
        value: an object for the message, or what `field` is to hold.
        field: name of the field to set instead of the whole message.

    Returns:
        The paths of keys that the message does not know, which are left out as grpc-gateway does.

    Raises:
        ApiError: INVALID_ARGUMENT that names the field with its path, as the client spelled it.
    """
    unknown: list[str] = []
    descriptor: Any = message.DESCRIPTOR
    known = _known({field: value} if field else value, descriptor, "", unknown)
    try:
        ParseDict(known, message)
    except _REFUSALS as error:
        raise _diagnosis(known, descriptor, error) from error
    return unknown


def field_of(descriptor: Descriptor, key: str) -> FieldDescriptor | None:
    """The field with this name, spelled as in the .proto file or in lowerCamelCase."""
    return _keys(descriptor).get(key)


def expected(field: FieldDescriptor) -> str:
    """What a value of the field has to be, in words."""
    if field.message_type is not None:
        inner = field.message_type
        if "value" in inner.fields_by_name:  # a wrapper
            return expected(inner.fields_by_name["value"])
        return _WELL_KNOWN_FORMS.get(inner.full_name, "an object")
    if field.enum_type is not None:
        return f"one of {', '.join(one.name for one in field.enum_type.values)}"
    return _SCALARS.get(field.type, "a whole number") + _range(field)


@cache
def _keys(descriptor: Descriptor) -> dict[str, FieldDescriptor]:
    return {key: one for one in descriptor.fields for key in (one.name, one.json_name)}


def _known(value: Json, descriptor: Descriptor, path: str, unknown: list[str]) -> Json:
    """The object without keys that the message does not know; those are added to `unknown`."""
    if not isinstance(value, dict):
        raise invalid_argument(path or "body", f"has to be an object, not {_shown(value)}")
    result = {}
    given: set[FieldDescriptor] = set()
    for key, inner in value.items():
        here = f"{path}.{key}" if path else key
        field = field_of(descriptor, key)
        if field is None:
            unknown.append(here)
            continue
        if field in given:
            raise invalid_argument(here, "is there in both of its spellings")
        given.add(field)
        result[key] = _known_value(inner, field, here, unknown)
    return result


def _known_value(value: Json, field: FieldDescriptor, path: str, unknown: list[str]) -> Json:
    inner = message_of(field)
    if value is None or inner is None:
        return value
    if inner.file.package == WELL_KNOWN:
        return _camel_mask(value) if inner.full_name == FIELD_MASK else value
    if is_map(field):
        if not isinstance(value, dict):
            raise invalid_argument(path, f"has to be an object, not {_shown(value)}")
        return {k: _known(one, inner, f"{path}[{k}]", unknown) for k, one in value.items()}
    if not field.is_repeated:
        return _known(value, inner, path, unknown)
    if not isinstance(value, list):
        raise invalid_argument(path, f"has to be an array, not {_shown(value)}")
    return [_known(one, inner, f"{path}[{i}]", unknown) for i, one in enumerate(value)]


def _camel_mask(value: Json) -> Json:
    """A mask in the spelling that protobuf's JSON mapping asks for."""
    return _SNAKE.sub(lambda m: m[1].upper(), value) if isinstance(value, str) else value


def _diagnosis(value: Json, descriptor: Descriptor, error: Exception) -> ApiError:
    """Which field the parser refuses, and why."""
    for path, field, example in _leaves(value, descriptor, ""):
        owner: Any = field.containing_type
        try:
            ParseDict(example, GetMessageClass(owner)())
        except _REFUSALS:
            return invalid_argument(
                path, f"has to be {_wanted(field)}, not {_found(example, field)}"
            )
    return invalid_argument("body", str(error).splitlines()[0])


def _leaves(
    value: Json, descriptor: Descriptor, path: str
) -> Iterator[tuple[str, FieldDescriptor, Json]]:
    """Every value that is not a message: path, field, and the JSON object with nothing else."""
    for key, inner in value.items():
        field = _keys(descriptor)[key]
        here = f"{path}.{key}" if path else key
        message = message_of(field)
        if inner is None:
            continue
        if message is None or message.file.package == WELL_KNOWN:
            yield from _elements(key, inner, field, here)
        elif is_map(field):
            for name, one in inner.items():
                yield from _leaves(one, message, f"{here}[{name}]")
        else:
            several = inner if isinstance(inner, list) else [inner]
            for index, one in enumerate(several):
                yield from _leaves(one, message, f"{here}[{index}]" if field.is_repeated else here)


def _elements(
    key: str, value: Json, field: FieldDescriptor, path: str
) -> Iterator[tuple[str, FieldDescriptor, Json]]:
    if field.is_repeated and isinstance(value, list):
        yield from ((f"{path}[{i}]", field, {key: [one]}) for i, one in enumerate(value))
    elif is_map(field) and isinstance(value, dict):
        yield from ((f"{path}[{k}]", field, {key: {k: one}}) for k, one in value.items())
    else:
        yield path, field, {key: value}


def _wanted(field: FieldDescriptor) -> str:
    if is_map(field):
        entry: Any = field.message_type
        return f"an object whose values are {expected(entry.fields_by_name['value'])}"
    return f"{expected(field)} (in an array)" if field.is_repeated else expected(field)


def _found(example: Json, field: FieldDescriptor) -> str:
    if is_secret(field):
        return "what was sent"
    (value,) = example.values()
    return _shown(value[0] if field.is_repeated and isinstance(value, list) else value)


def _shown(value: Any) -> str:
    """A value in an error message: JSON, shortened."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    text = json.dumps(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


_SCALARS = {
    FieldDescriptor.TYPE_STRING: "a string of Unicode text",
    FieldDescriptor.TYPE_BYTES: "a base64 string",
    FieldDescriptor.TYPE_BOOL: "true or false",
    FieldDescriptor.TYPE_DOUBLE: "a number",
    FieldDescriptor.TYPE_FLOAT: "a number",
}

_BITS = {
    FieldDescriptor.CPPTYPE_INT32: (-(1 << 31), (1 << 31) - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, (1 << 32) - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(1 << 63), (1 << 63) - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, (1 << 64) - 1),
}


def _range(field: FieldDescriptor) -> str:
    limits = _BITS.get(field.cpp_type)
    return f" from {limits[0]} to {limits[1]}" if limits else ""
