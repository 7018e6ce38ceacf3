"""Random messages of any type of the interface definitions."""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

from opi.catalog import catalog
from opi.masks import is_map

EXAMPLES = 100

_MAX_TIME = 253402300799
"""9999-12-31T23:59:59Z, the last second that a Timestamp may hold."""


def _types() -> list[Descriptor]:
    """All message types that requests and answers are, or have in them."""
    found: dict[str, Descriptor] = {}
    waiting: list[Any] = []
    for method in catalog().methods():
        waiting += [method.descriptor.input_type, method.descriptor.output_type]
    while waiting:
        one = waiting.pop()
        if one.full_name not in found and not one.GetOptions().map_entry:
            found[one.full_name] = one
            waiting += [field.message_type for field in one.fields if field.message_type]
    return [found[name] for name in sorted(found)]


TYPES = _types()


@st.composite
def messages(draw: st.DrawFn, descriptor: Any = None) -> Message:
    """Messages of this type, or of any."""
    if descriptor is None:
        descriptor = draw(st.sampled_from(TYPES))
    message = GetMessageClass(descriptor)()
    _fill(draw, message, descriptor)
    return message


def _fill(draw: st.DrawFn, message: Any, descriptor: Any) -> None:
    special = _SPECIAL.get(descriptor.full_name)
    if special is not None:
        special(draw, message)
        return
    message.SetInParent()
    for field in descriptor.fields:
        if draw(st.integers(0, 3)):
            _set(draw, message, field)


def _set(draw: st.DrawFn, message: Any, field: FieldDescriptor) -> None:
    if is_map(field):
        entry: Any = field.message_type
        for key in draw(st.lists(_scalars(entry.fields_by_name["key"]), max_size=2)):
            value = entry.fields_by_name["value"]
            if value.message_type:
                _fill(draw, getattr(message, field.name)[key], value.message_type)
            else:
                getattr(message, field.name)[key] = draw(_scalars(value))
    elif field.message_type and field.is_repeated:
        for _ in range(draw(st.integers(0, 2))):
            _fill(draw, getattr(message, field.name).add(), field.message_type)
    elif field.message_type:
        _fill(draw, getattr(message, field.name), field.message_type)
    elif field.is_repeated:
        getattr(message, field.name).extend(draw(st.lists(_scalars(field), max_size=3)))
    else:
        setattr(message, field.name, draw(_scalars(field)))


def _scalars(field: Any) -> st.SearchStrategy[Any]:
    if field.type == FieldDescriptor.TYPE_ENUM:
        return st.sampled_from([one.number for one in field.enum_type.values])
    return _SCALARS[field.cpp_type] if field.type != FieldDescriptor.TYPE_BYTES else st.binary()


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
    FieldDescriptor.CPPTYPE_STRING: _TEXT,
    FieldDescriptor.CPPTYPE_INT32: st.integers(-(1 << 31), (1 << 31) - 1),
    FieldDescriptor.CPPTYPE_UINT32: st.integers(0, (1 << 32) - 1),
    FieldDescriptor.CPPTYPE_INT64: st.integers(-(1 << 63), (1 << 63) - 1),
    FieldDescriptor.CPPTYPE_UINT64: st.integers(0, (1 << 64) - 1),
    FieldDescriptor.CPPTYPE_DOUBLE: st.floats(allow_nan=False),
    FieldDescriptor.CPPTYPE_FLOAT: st.floats(allow_nan=False, width=32),
}


def _timestamp(draw: st.DrawFn, message: Any) -> None:
    message.seconds = draw(st.integers(-62135596800, _MAX_TIME))
    message.nanos = draw(st.integers(0, 999_999_999))


def _duration(draw: st.DrawFn, message: Any) -> None:
    message.FromNanoseconds(draw(st.integers(-(1 << 60), 1 << 60)))


def _mask(draw: st.DrawFn, message: Any) -> None:
    part = st.from_regex(r"[a-z]{1,4}(_[a-z]{1,4})?", fullmatch=True)
    paths = st.lists(part, min_size=1, max_size=3).map(".".join)
    message.paths.extend(draw(st.lists(paths, max_size=3)))


def _empty(_: st.DrawFn, message: Any) -> None:
    message.SetInParent()


_SPECIAL = {
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.Duration": _duration,
    "google.protobuf.FieldMask": _mask,
    "google.protobuf.Empty": _empty,
}
