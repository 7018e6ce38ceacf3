"""Messages as JSON, the way grpc-gateway writes them (protobuf's JSON mapping, "ProtoJSON").

lowerCamelCase names, every field also when it is not set, enum values by name, 64-bit integers as
strings, bytes as base64.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from dpu_sim.api.errors import invalid_argument
from opi.masks import is_map

Json = Any

WELL_KNOWN = "google.protobuf"
"""Package whose messages have a JSON form of their own, such as "1.5s" for a Duration."""


def encode(message: Message) -> Json:
    """A message as JSON values."""
    return _complete(MessageToDict(message, always_print_fields_with_no_presence=True), message)


def dumps(value: Json) -> bytes:
    """JSON values as UTF-8 text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def loads(data: bytes, what: str = "the body") -> Json:
    """JSON values of UTF-8 text (RFC 8259).

    Args:
        data: the text.
        what: what error messages call it.

    Raises:
        ApiError: INVALID_ARGUMENT: it is not JSON, nested too deeply, or has a key twice.
    """
    with _telling(what):
        return _DECODER.decode(data.decode())


def loads_many(data: bytes, what: str = "the body") -> list[Json]:
    """JSON values that follow each other, with or without white space between them.

    Raises:
        ApiError: as `loads` does.
    """
    values = []
    with _telling(what):
        text = data.decode()
        position = _behind_space(text, 0)
        while position < len(text):
            value, position = _DECODER.raw_decode(text, position)
            values.append(value)
            position = _behind_space(text, position)
    return values


@contextmanager
def _telling(what: str) -> Iterator[None]:
    """What is wrong with JSON text, told to the client."""
    try:
        yield
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise invalid_argument("body", f"{what} is not JSON: {error.msg} at {where}") from error
    except UnicodeDecodeError as error:
        raise invalid_argument("body", f"{what} is not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise invalid_argument("body", f"{what} is nested too deeply") from error
    except ValueError as error:
        raise invalid_argument("body", f"{what}: {error}") from error


def _behind_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    assert match is not None  # it matches nothing, too
    return match.end()


class _Slot(NamedTuple):
    """A field of a JSON object.

    Attributes:
        key: its name.
        absent: whether it is null when not set; else it is left out.
        inner: type of the messages in it that have slots themselves.
        is_map: whether `inner` is that of a map's values.
    """

    key: str
    absent: bool
    inner: Descriptor | None
    is_map: bool


@cache
def _slots(descriptor: Descriptor) -> tuple[_Slot, ...]:
    return tuple(_slot(one) for one in descriptor.fields)


def _slot(field: FieldDescriptor) -> _Slot:
    inner = message_of(field)
    if inner is not None and inner.file.package == WELL_KNOWN:
        inner = None
    absent = field.message_type is not None and field.containing_oneof is None
    return _Slot(field.json_name, absent, inner, is_map(field))


def message_of(field: FieldDescriptor) -> Descriptor | None:
    """The message type of the field's values, also when it is a list or a map of them."""
    kind: Any = field.message_type
    value = kind.fields_by_name["value"] if is_map(field) else field
    inner: Descriptor | None = value.message_type
    return inner


def _complete(plain: Json, message: Message) -> Json:
    descriptor: Any = message.DESCRIPTOR
    return plain if descriptor.file.package == WELL_KNOWN else _completed(plain, descriptor)


def _completed(plain: Json, descriptor: Descriptor) -> Json:
    """The object with null for messages that are not set, and its keys in the order of the fields.

    protobuf's Python library leaves them out, unlike its Go library, which grpc-gateway uses.
    """
    result: dict[str, Json] = {}
    for key, absent, inner, mapped in _slots(descriptor):
        value = plain.get(key)
        if value is None:
            if absent:
                result[key] = None
        elif inner is None:
            result[key] = value
        elif mapped:
            result[key] = {name: _completed(one, inner) for name, one in value.items()}
        elif isinstance(value, list):
            result[key] = [_completed(one, inner) for one in value]
        else:
            result[key] = _completed(value, inner)
    return result


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(pairs)
    if len(result) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = next(key for key, count in counts.items() if count > 1)
        raise ValueError(f"the key {twice!r} is there twice")
    if any(map(_SURROGATE.search, result)):
        raise ValueError("a key has half of a surrogate pair, which is no Unicode text")
    return result


def _refuse_constant(text: str) -> Json:
    raise ValueError(f"{text} is not JSON; write it in quotes")


_SPACE = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
