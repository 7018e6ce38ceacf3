"""Field masks (google.aip.dev/134, google.aip.dev/161, google.protobuf.FieldMask).

A mask is a list of paths, such as "spec.nqn". It names what an update takes from the message that
the client sends; a field that the mask names and the message leaves empty is cleared. Three masks
are special: none at all stands for all fields that the message has, "*" for the whole message, and
a path that names a message for everything in it.

Whatever the mask says, an update leaves OUTPUT_ONLY and IDENTIFIER fields alone. A secret that is
empty in the client's message stays as it is, because servers do not show secrets and clients send
back what they have read; it is cleared by a path of its own, or by "*".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from opi.behavior import is_identifier, is_output_only, is_secret

M = TypeVar("M", bound=Message)

EVERYTHING = "*"


def problem(path: str, descriptor: Descriptor) -> str | None:
    """What is wrong with one path of a mask for messages of this type; None when nothing is."""
    here: Descriptor | None = descriptor
    walked: list[str] = []
    for part in path.split("."):
        if here is None:
            return f"{'.'.join(walked)} has no fields"
        field = here.fields_by_name.get(part)
        if field is None:
            return _unknown(part, here)
        walked.append(part)
        here = field.message_type if not field.is_repeated else None
        if field.is_repeated and len(walked) <= path.count("."):
            kind = "map" if is_map(field) else "list"
            return f"{'.'.join(walked)} is a {kind}: it can only be replaced as a whole"
    return None


def problems(paths: Sequence[str], descriptor: Descriptor) -> dict[str, str]:
    """What is wrong with a mask for messages of this type, by path; {} when nothing is."""
    if EVERYTHING in paths:
        alone = len(paths) == 1
        return {} if alone else {EVERYTHING: "must not be used together with other paths"}
    found = {path: problem(path, descriptor) for path in paths}
    return {path: text for path, text in found.items() if text}


def update(old: M, new: M, paths: Sequence[str]) -> M:
    """`old` with what the mask takes from `new`; neither is changed.

    Args:
        old: the resource as it is.
        new: the resource as the client sent it.
        paths: a mask without `problems`. Empty: take all fields that `new` has, go into messages,
            replace lists and maps.
    """
    result = type(old)()
    result.CopyFrom(old)
    if not paths:
        _merge(result, new)
    elif EVERYTHING in paths:
        _replace(result, new, keep_secrets=False)
    else:
        for path in paths:
            _take(result, new, path.split("."))
    return result


def from_json(body: Mapping[str, Any], descriptor: Descriptor) -> list[str]:
    """The mask of a JSON body: what it names, as PATCH requests mean it.

    Keys may be in either spelling of protobuf's JSON mapping; those of no field are left out.
    Objects give the paths of what is in them, except where they are maps or well-known types; an
    empty object, a list and a null stand for the whole field.
    """
    return list(_json_paths(body, descriptor))


def difference(old: M, new: M) -> list[str]:
    """The shortest mask with which an update turns `old` into `new`.

    OUTPUT_ONLY and IDENTIFIER fields are not compared. Empty when nothing else differs: there is
    no update to make then, for a mask without paths says something else.
    """
    return list(_differences(old, new))


def says_the_same(new: Message, old: Message) -> bool:
    """Whether `new` differs from `old` in nothing but secrets that it leaves empty.

    Servers do not show secrets, so this is what a client that has read `old` sends back.
    OUTPUT_ONLY and IDENTIFIER fields are not compared.
    """
    return next(_differences(old, new, keep_secrets=True), None) is None


def is_map(field: FieldDescriptor) -> bool:
    """Whether the field is a map."""
    return bool(field.message_type and field.message_type.GetOptions().map_entry)


def is_nested(field: FieldDescriptor) -> bool:
    """Whether the field is one message with fields to speak of: no list, map or well-known type."""
    if field.message_type is None or field.is_repeated:
        return False
    return not field.message_type.full_name.startswith("google.protobuf.")


def is_protected(field: FieldDescriptor) -> bool:
    """Whether updates leave the field alone."""
    return is_output_only(field) or is_identifier(field)


def _unknown(part: str, descriptor: Descriptor) -> str:
    if part in descriptor.oneofs_by_name:
        fields = ", ".join(one.name for one in descriptor.oneofs_by_name[part].fields)
        return f"{part} is a choice: name the field, one of {fields}"
    return f"{descriptor.name} has no field {part or repr(part)}"


def _merge(target: Message, source: Message) -> None:
    """Take over all fields that `source` has."""
    for field in _present(source):
        if is_protected(field):
            continue
        if is_nested(field):
            inner = getattr(target, field.name)
            inner.SetInParent()
            _merge(inner, getattr(source, field.name))
        else:
            _copy(target, source, field)


def _replace(target: Message, source: Message, keep_secrets: bool = True) -> None:
    """Make `target` what `source` is."""
    for field in _present(target, source):
        _replace_field(target, source, field, keep_secrets)


def _replace_field(
    target: Message, source: Message, field: FieldDescriptor, keep_secrets: bool = True
) -> None:
    if is_protected(field) or (keep_secrets and is_secret(field) and not _has(source, field)):
        return
    if not is_nested(field):
        _copy(target, source, field)
    elif source.HasField(field.name):
        inner = getattr(target, field.name)
        inner.SetInParent()
        _replace(inner, getattr(source, field.name), keep_secrets)
    elif target.HasField(field.name):
        _clear(target, field)


def _clear(target: Message, field: FieldDescriptor) -> None:
    """Clear a message except for protected fields in it."""
    inner = getattr(target, field.name)
    _replace(inner, type(inner)(), keep_secrets=False)
    if not inner.ListFields():
        target.ClearField(field.name)


def _can_be_cleared(inner: Message) -> bool:
    """Whether clearing a message changes anything: protected fields in it stay."""
    kept = type(inner)()
    kept.CopyFrom(inner)
    _replace(kept, type(inner)(), keep_secrets=False)
    return kept != inner or not inner.ListFields()


def _copy(target: Message, source: Message, field: FieldDescriptor) -> None:
    """Make one field of `target` what it is in `source`, with presence and all."""
    target.ClearField(field.name)
    if not _has(source, field):
        return
    value = getattr(source, field.name)
    if field.is_repeated:
        getattr(target, field.name).MergeFrom(value)
    elif field.message_type:
        getattr(target, field.name).CopyFrom(value)
    else:
        setattr(target, field.name, value)


def _take(target: Message, source: Message, path: list[str]) -> None:
    """Take over the field at the end of a path."""
    descriptor: Any = target.DESCRIPTOR
    field: FieldDescriptor = descriptor.fields_by_name[path[0]]
    if is_protected(field):
        return
    if len(path) > 1:
        if target.HasField(field.name) or source.HasField(field.name):
            inner = getattr(target, field.name)
            inner.SetInParent()
            _take(inner, getattr(source, field.name), path[1:])
    elif is_secret(field):
        _copy(target, source, field)
    else:
        _replace_field(target, source, field)


def _present(*messages: Any) -> Iterable[FieldDescriptor]:
    """The fields that any of the messages has."""
    return dict.fromkeys(field for one in messages for field, _ in one.ListFields())


def _has(message: Message, field: FieldDescriptor) -> bool:
    """Whether the field is set; to something else than zero where that cannot be told apart."""
    if field.is_repeated:
        return len(getattr(message, field.name)) > 0
    if field.has_presence:
        return bool(message.HasField(field.name))
    return bool(getattr(message, field.name) != field.default_value)


def _json_paths(body: Mapping[str, Any], descriptor: Any) -> Iterator[str]:
    camel = descriptor.fields_by_camelcase_name
    for key, value in body.items():
        field = descriptor.fields_by_name.get(key) or camel.get(key)
        if field is None:
            continue
        if is_nested(field) and isinstance(value, Mapping) and value:
            inner = _json_paths(value, field.message_type)
            yield from (f"{field.name}.{path}" for path in inner)
        else:
            yield str(field.name)


def _differences(old: Message, new: Message, keep_secrets: bool = False) -> Iterator[str]:
    for field in _present(old, new):
        if is_protected(field) or (keep_secrets and is_secret(field) and not _has(new, field)):
            continue
        if is_nested(field) and old.HasField(field.name) and new.HasField(field.name):
            inner = _differences(getattr(old, field.name), getattr(new, field.name), keep_secrets)
            yield from (f"{field.name}.{path}" for path in inner)
        elif is_nested(field) and old.HasField(field.name):
            if _can_be_cleared(getattr(old, field.name)):
                yield str(field.name)
        elif not _same(old, new, field):
            yield str(field.name)


def _same(old: Message, new: Message, field: FieldDescriptor) -> bool:
    if _has(old, field) != _has(new, field):
        return False
    return bool(getattr(old, field.name) == getattr(new, field.name))
