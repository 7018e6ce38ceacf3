"""JSON Schema of manifests, from the descriptors: for editors, and for checks without a DPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from opi.behavior import OUTPUT_ONLY, behaviors
from opi.comments import summary
from opi.forms import Form, enum_spellings, form_of
from opi.resources import Resources, ResourceType, resources

TITLE = "Resources of a DPU, as `opictl apply` takes them"

_LOW_64, _HIGH_64 = -(1 << 63), (1 << 64) - 1


def manifest_schema(source: Resources | None = None) -> dict[str, Any]:
    """The schema of one document of a manifest."""
    kinds = (source or resources()).types
    definitions: dict[str, Any] = {}
    for kind in kinds:
        definitions[kind.kind] = _resource(kind, definitions)
    one = {"oneOf": [{"$ref": f"#/$defs/{kind.kind}"} for kind in kinds]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": TITLE,
        "anyOf": [one, {"type": "array", "items": one}],
        "$defs": dict(sorted(definitions.items())),
    }


def _resource(kind: ResourceType, definitions: dict[str, Any]) -> dict[str, Any]:
    own = {
        "kind": {"const": kind.kind},
        "name": {"type": "string", "description": f"{kind.pattern}"},
        "id": {"type": "string", "description": "Instead of `name`: the last part of it."},
        "parent": {"type": "string", "description": "With `id`: the name of what it is part of."},
    }
    return {
        "type": "object",
        "description": summary(kind.descriptor),
        "properties": {**own, **_properties(kind.descriptor, definitions, without="name")},
        "required": ["kind"],
        "oneOf": [{"required": ["name"]}, {"required": ["id"]}],
        "additionalProperties": False,
    }


def _properties(
    descriptor: Descriptor, definitions: dict[str, Any], without: str = ""
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in descriptor.fields:
        if field.name == without:
            continue
        schema = _field(field, definitions)
        for name in _spellings(field):
            found[name] = schema
    return found


def _spellings(field: FieldDescriptor) -> Iterator[str]:
    yield from dict.fromkeys((str(field.name), str(field.camelcase_name)))


def _field(field: FieldDescriptor, definitions: dict[str, Any]) -> dict[str, Any]:
    value = _value(field, definitions)
    if field.message_type and field.message_type.GetOptions().map_entry:
        of_values = _value(field.message_type.fields_by_name["value"], definitions)
        value = {"type": "object", "additionalProperties": of_values}
    elif field.is_repeated:
        value = {"type": "array", "items": value}
    words = summary(field)
    if OUTPUT_ONLY in behaviors(field):
        words = f"{words} Reported by the DPU; left out when applied.".strip()
    return {**value, "description": words} if words else value


def _value(field: FieldDescriptor, definitions: dict[str, Any]) -> dict[str, Any]:
    form = form_of(field)
    if form is not None:
        return _scalar(field, form, definitions)
    descriptor: Any = field.message_type
    return _message(descriptor, definitions)


def _scalar(field: FieldDescriptor, form: Form, definitions: dict[str, Any]) -> dict[str, Any]:
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return {"type": "boolean"}
    if field.enum_type is not None:
        return {"enum": list(enum_spellings(field.enum_type))}
    if field.message_type is not None:
        return _formed_message(field.message_type, form, definitions)
    if field.type in {FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES}:
        return {"type": "string"}
    return {"type": ["integer", "string"], "minimum": _LOW_64, "maximum": _HIGH_64}


def _formed_message(
    descriptor: Descriptor, form: Form, definitions: dict[str, Any]
) -> dict[str, Any]:
    """A message that one word says; our own may be written field by field as well."""
    word = {"type": ["string", "integer", "boolean"], "description": form.metavar}
    if descriptor.full_name.startswith("google.protobuf."):
        return word
    return {"anyOf": [word, _message(descriptor, definitions)]}


def _message(descriptor: Descriptor, definitions: dict[str, Any]) -> dict[str, Any]:
    name = str(descriptor.full_name)
    if name not in definitions:
        definitions[name] = {}
        definitions[name] = {
            "type": "object",
            "description": summary(descriptor),
            "properties": _properties(descriptor, definitions),
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{name}"}
