"""JSON Schemas (draft 2020-12, as OpenAPI 3.1 has them) of messages in the gateway's JSON."""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from dpu_sim.gateway.codec import Json
from opi.behavior import IMMUTABLE, behaviors, is_output_only, is_required, is_secret
from opi.comments import comment
from opi.masks import is_map

PARTIAL = ".Changes"
"""Ends the names of schemas of resources in requests that change some of their fields: of those
nothing is required."""

_INT64 = r"^-?[0-9]+$"
_KINDS: dict[int, Json] = {
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "format": "byte", "contentEncoding": "base64"},
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.TYPE_FLOAT: {"type": "number", "format": "float"},
}
_NUMBERS: dict[int, Json] = {
    FieldDescriptor.CPPTYPE_INT32: {
        "type": "integer",
        "format": "int32",
        "minimum": -(1 << 31),
        "maximum": (1 << 31) - 1,
    },
    FieldDescriptor.CPPTYPE_UINT32: {"type": "integer", "minimum": 0, "maximum": (1 << 32) - 1},
    FieldDescriptor.CPPTYPE_INT64: {"type": "string", "format": "int64", "pattern": _INT64},
    FieldDescriptor.CPPTYPE_UINT64: {"type": "string", "format": "uint64", "pattern": r"^[0-9]+$"},
}
_WELL_KNOWN: dict[str, Json] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {
        "type": "string",
        "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$",
        "description": "Seconds, such as 1.5s.",
    },
    "google.protobuf.FieldMask": {
        "type": "string",
        "description": "Field paths separated by commas, such as spec.nqn,spec.serialNumber.",
    },
    "google.protobuf.Empty": {"type": "object"},
    "google.protobuf.Any": {
        "type": "object",
        "properties": {"@type": {"type": "string", "description": "What kind of detail it is."}},
        "required": ["@type"],
        "additionalProperties": True,
    },
}


class Schemas:
    """The schemas that an OpenAPI document refers to.

    Attributes:
        components: by name; grows with every message that is asked for.
    """

    def __init__(self) -> None:
        self.components: dict[str, Json] = {}

    def of(self, descriptor: Descriptor, partial: bool = False) -> Json:
        """A schema for messages of this type.

        Args:
            descriptor: the type.
            partial: whether it is sent to change a part of something.
        """
        if known := _WELL_KNOWN.get(descriptor.full_name):
            return known
        wrapped = descriptor.fields_by_name.get("value")
        if wrapped is not None and descriptor.file.package == "google.protobuf":
            return self.of_value(wrapped)
        name = descriptor.full_name + (PARTIAL if partial else "")
        if name not in self.components:
            self.components[name] = {}  # for messages that hold themselves
            self.components[name] = self._object(descriptor, partial)
        return _reference(name)

    def of_field(self, field: FieldDescriptor, partial: bool = False) -> Json:
        """A schema for what a field holds, with what it is for."""
        schema = self._of_content(field, partial)
        extra: dict[str, Json] = {}
        if text := describe(field):
            extra["description"] = text
        if is_output_only(field):
            extra["readOnly"] = True
        if is_secret(field):
            extra["format"] = "password"
        return {**schema, **extra}

    def of_value(self, field: FieldDescriptor, partial: bool = False) -> Json:
        """A schema for one value of a field."""
        if field.enum_type is not None:
            return self._enum(field.enum_type)
        if field.message_type is not None:
            return self.of(field.message_type, partial)
        return _KINDS.get(field.type) or _NUMBERS[field.cpp_type]

    def _of_content(self, field: FieldDescriptor, partial: bool) -> Json:
        if is_map(field):
            entry: Any = field.message_type
            values = self.of_value(entry.fields_by_name["value"], partial)
            return {"type": "object", "additionalProperties": values}
        one = self.of_value(field, partial)
        if field.is_repeated:
            return {"type": "array", "items": one}
        if field.message_type is not None:
            return {"anyOf": [one, {"type": "null"}]}
        return one

    def _object(self, descriptor: Descriptor, partial: bool) -> Json:
        properties = {one.json_name: self.of_field(one, partial) for one in descriptor.fields}
        schema: dict[str, Json] = {"type": "object", "properties": properties}
        if text := comment(descriptor):
            schema["description"] = text
        required = [] if partial else [one.json_name for one in descriptor.fields if _needed(one)]
        if required:
            schema["required"] = required
        return schema

    def _enum(self, descriptor: EnumDescriptor) -> Json:
        name = str(descriptor.full_name)
        if name not in self.components:
            lines = [f"- `{one.name}`: {comment(one)}" for one in descriptor.values if comment(one)]
            self.components[name] = {
                "type": "string",
                "enum": [one.name for one in descriptor.values],
                "description": "\n\n".join(filter(None, [comment(descriptor), "\n".join(lines)])),
            }
        return _reference(name)


def describe(field: FieldDescriptor) -> str:
    """What the interface definition says about a field, and what follows from its annotations."""
    notes = []
    if IMMUTABLE in behaviors(field):
        notes.append("Cannot be changed later.")
    if is_secret(field):
        notes.append("A secret: taken in, not shown.")
    return "\n\n".join(filter(None, [comment(field), " ".join(notes)]))


def _needed(field: FieldDescriptor) -> bool:
    """Whether requests have to have the field, and answers do."""
    return is_required(field) and field.containing_oneof is None and not is_output_only(field)


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
