"""Messages from YAML or JSON trees and back, with the line and field of every mistake.

Fields have the names of the interface definitions or their lowerCamel JSON names. Values are in
the text forms of `opi.forms`, or as protobuf's JSON has them: base64 for bytes, objects for
messages.
"""

from __future__ import annotations

import base64
import binascii
import difflib
from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from opi.behavior import is_secret
from opi.forms import Form, FormError, form_of, message_form
from opi.wellknown import WRAPPERS
from opi.yamltree import Tree


class BodyError(Exception):
    """A value that does not fit; `field` is its dotted path, `line` counts from 1."""

    def __init__(self, message: str, field: str, line: int) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.message = message
        self.field = field
        self.line = line


def fill(
    message: Message, tree: Tree, path: str = "", skip: frozenset[str] = frozenset()
) -> list[str]:
    """Put a map into a message; return the paths of the fields that it names, outermost first.

    Lists, maps and values in a text form count as a whole. `skip` are keys that are not fields.
    Raises BodyError.
    """
    if not isinstance(tree.content, dict):
        raise BodyError(f"{_described(tree)} where a map of fields is expected", path, tree.line)
    named: list[str] = []
    for key, value in tree.entries.items():
        if key not in skip:
            field = _field(message, key, path, value.line)
            _only_one(message, field, path, value.line)
            named += _set(message, field, value, _join(path, field.name))
    return named


def parse_value(field: FieldDescriptor, tree: Tree, path: str) -> Any:
    """One value of a field: a scalar or a message. Raises BodyError."""
    form = form_of(field)
    if isinstance(tree.content, str) and form:
        try:
            return _parse(field, form, tree.content)
        except FormError as error:
            raise BodyError(str(error), path, tree.line) from None
    if field.message_type is None:
        raise BodyError(f"{_described(tree)} where one value is expected", path, tree.line)
    if form and field.message_type.full_name.startswith("google.protobuf."):
        raise BodyError(f"write it as {form.metavar}", path, tree.line)
    message = _new(field)
    fill(message, tree, path)
    return message


def to_data(message: Message, skip: Callable[[FieldDescriptor], bool]) -> dict[str, Any]:
    """The set fields as plain data in text forms, without those that `skip` takes out."""
    return {
        str(field.name): _field_data(field, value, skip)
        for field, value in message.ListFields()
        if not skip(field)
    }


def value_at(message: Message, path: str) -> Any:
    """The value at a dotted path of proto names; None when it, or what holds it, is not set."""
    here: Any = message
    for name in path.split("."):
        field = here.DESCRIPTOR.fields_by_name[name]
        if field.has_presence and not here.HasField(name):
            return None
        here = getattr(here, name)
    return list(here) if _is_list(field) else here


def _field(message: Message, key: str, path: str, line: int) -> FieldDescriptor:
    descriptor: Any = message.DESCRIPTOR
    by_name: dict[str, FieldDescriptor] = descriptor.fields_by_name
    found = by_name.get(key) or descriptor.fields_by_camelcase_name.get(key)
    if found is not None:
        return found
    close = difflib.get_close_matches(key, list(by_name), 1)
    known = f"did you mean {close[0]}?" if close else f"there are: {', '.join(by_name) or 'none'}"
    raise BodyError(f"{descriptor.name} has no such field; {known}", _join(path, key), line)


def _only_one(message: Message, field: FieldDescriptor, path: str, line: int) -> None:
    oneof = field.containing_oneof
    taken = message.WhichOneof(oneof.name) if oneof else None
    if taken:
        raise BodyError(
            f"{taken} is given as well: only one of them", _join(path, field.name), line
        )


def _set(message: Message, field: FieldDescriptor, tree: Tree, path: str) -> list[str]:
    if tree.content is None:
        return [path]
    if _is_map(field):
        _set_map(getattr(message, field.name), field, tree, path)
    elif field.is_repeated:
        _set_list(getattr(message, field.name), field, tree, path)
    elif field.message_type and isinstance(tree.content, dict) and not _has_form(field):
        inner = getattr(message, field.name)
        inner.SetInParent()
        return fill(inner, tree, path) or [path]
    else:
        assign(message, field, parse_value(field, tree, path))
    return [path]


def assign(message: Message, field: FieldDescriptor, value: Any) -> None:
    """Set a singular field, to a scalar or a message."""
    if field.message_type is None:
        setattr(message, field.name, value)
    else:
        getattr(message, field.name).CopyFrom(value)


def _set_list(target: Any, field: FieldDescriptor, tree: Tree, path: str) -> None:
    if not isinstance(tree.content, list):
        raise BodyError(f"{_described(tree)} where a list is expected", path, tree.line)
    for number, item in enumerate(tree.content):
        target.append(parse_value(field, item, f"{path}[{number}]"))


def _set_map(target: Any, field: FieldDescriptor, tree: Tree, path: str) -> None:
    if not isinstance(tree.content, dict):
        raise BodyError(f"{_described(tree)} where a map is expected", path, tree.line)
    entry: Any = field.message_type
    of_values, of_keys = entry.fields_by_name["value"], entry.fields_by_name["key"]
    for key, value in tree.content.items():
        here = f"{path}[{key}]"
        parsed = parse_value(of_values, value, here)
        parsed_key = parse_value(of_keys, Tree(value.line, key), here)
        if of_values.message_type:
            target[parsed_key].CopyFrom(parsed)
        else:
            target[parsed_key] = parsed


def _parse(field: FieldDescriptor, form: Form, text: str) -> Any:
    if field.type == FieldDescriptor.TYPE_STRING:
        return text  # "@FILE" is for the command line: a manifest holds what it says
    if field.type == FieldDescriptor.TYPE_BYTES and ":" not in text:
        return _base64(text)
    return form.parse(text)


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (ValueError, binascii.Error):
        raise FormError("not base64; write hex:00ff or text:abc otherwise") from None


def _field_data(field: FieldDescriptor, value: Any, skip: Callable[[FieldDescriptor], bool]) -> Any:
    if _is_map(field):
        entry: Any = field.message_type
        of_values = entry.fields_by_name["value"]
        return {str(key): _data(of_values, item, skip) for key, item in sorted(value.items())}
    if field.is_repeated:
        return [_data(field, item, skip) for item in value]
    return _data(field, value, skip)


def _data(field: FieldDescriptor, value: Any, skip: Callable[[FieldDescriptor], bool]) -> Any:
    form = form_of(field)
    if form is None or not _is_faithful(field, form, value):
        return to_data(value, skip)
    if field.message_type is not None and field.message_type.full_name in WRAPPERS:
        return value.value
    if field.message_type is None and isinstance(value, bool | int | float | str):
        if field.enum_type is None and form.metavar in {"INT", "SIZE", "BOOL", "NUMBER"}:
            return value
        if field.type == FieldDescriptor.TYPE_STRING:
            return value
    return form.show(value)


def _is_faithful(field: FieldDescriptor, form: Form, value: Any) -> bool:
    """Whether the text form says all of a message: that of an address lacks its family, say."""
    if field.message_type is None or field.message_type.full_name.startswith("google.protobuf."):
        return True
    try:
        return bool(form.parse(form.show(value)) == value)
    except FormError:
        return False


def secrets(message: Message) -> Iterator[str]:
    """Paths of the secret fields that are set."""
    for field, value in message.ListFields():
        if is_secret(field):
            yield str(field.name)
        elif field.message_type and not field.is_repeated:
            yield from (f"{field.name}.{path}" for path in secrets(value))


def _described(tree: Tree) -> str:
    if isinstance(tree.content, dict):
        return "a map"
    if isinstance(tree.content, list):
        return "a list"
    return "nothing" if tree.content is None else repr(tree.content)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _new(field: FieldDescriptor) -> Message:
    descriptor: Any = field.message_type
    return GetMessageClass(descriptor)()


def _has_form(field: FieldDescriptor) -> bool:
    return message_form(field.message_type) is not None


def _is_list(field: FieldDescriptor) -> bool:
    return bool(field.is_repeated) and not _is_map(field)


def _is_map(field: FieldDescriptor) -> bool:
    return bool(field.message_type and field.message_type.GetOptions().map_entry)
