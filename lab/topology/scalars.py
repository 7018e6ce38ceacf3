"""Building blocks of the file's models: how a scalar's text becomes a value.

The reader keeps scalars as written (lab/topology/source.py). Text fields take that text, so
`1.10` stays `1.10`; number and flag fields read it by the YAML 1.2 core schema and refuse quoted
text, as containerlab does. In the JSON Schema they are plain string, integer, number and boolean.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError

from lab.topology.source import Plain

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}|0x[0-9a-fA-F]{1,15}|0o[0-7]{1,20}", re.ASCII)
_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})", re.ASCII)
_FLAGS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}

T = TypeVar("T")


def _expected(what: str, value: object) -> PydanticCustomError:
    return PydanticCustomError("scalar", "{text}", {"text": f"expected {what}, got {kind(value)}"})


def kind(value: object) -> str:
    """Name a value of the tree for people."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    shown = text if len(text) <= 40 else text[:37] + "..."
    return f"'{shown}'" if isinstance(value, Plain) else f"the text '{shown}'"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _expected("text", value)
    return str(value)


def _nonempty(value: str) -> str:
    if not value:
        raise PydanticCustomError("scalar", "must not be empty")
    return value


def _integer(value: object) -> int:
    if isinstance(value, Plain) and _INTEGER.fullmatch(value):
        base = {"0x": 16, "0o": 8}.get(value[:2], 10)
        return int(value[2:] if base != 10 else value, base)
    raise _expected("a whole number", value)


def _number(value: object) -> float:
    if isinstance(value, Plain) and _NUMBER.fullmatch(value):
        return float(value)
    raise _expected("a number", value)


def _flag(value: object) -> bool:
    if isinstance(value, Plain) and value in _FLAGS:
        return _FLAGS[value]
    raise _expected("true or false", value)


def unique(values: list[T]) -> list[T]:
    """Refuse a list that names something twice."""
    seen: set[T] = set()
    for value in values:
        if value in seen:
            raise PydanticCustomError("scalar", "'{text}' is listed twice", {"text": str(value)})
        seen.add(value)
    return values


def read_by(reader: Callable[[str], object]) -> AfterValidator:
    """Check a text field with a reader that raises ValueError; the text is kept."""

    def check(value: str) -> str:
        try:
            reader(value)
        except ValueError as error:
            raise PydanticCustomError("scalar", "{text}", {"text": str(error)}) from error
        return value

    return AfterValidator(check)


def json_schema(**schema: Any) -> WithJsonSchema:
    """JSON Schema of a field whose Python type says too little."""
    return WithJsonSchema(schema)


Text = Annotated[str, BeforeValidator(_text)]
Name = Annotated[Text, AfterValidator(_nonempty), json_schema(type="string", minLength=1)]
Loose = Annotated[Text, json_schema(type=["string", "number", "boolean"])]
"""Text where editors should also accept a bare number or boolean."""
WHOLE = BeforeValidator(_integer)
"""Reads a whole number; goes last, so that bounds apply to the number."""
NUMBER = BeforeValidator(_number)
"""Reads a number; goes last, so that bounds apply to the number."""
Flag = Annotated[bool, BeforeValidator(_flag)]
Texts = Annotated[
    list[Text], AfterValidator(unique), Field(json_schema_extra={"uniqueItems": True})
]


def kebab(name: str) -> str:
    """Key in the file for a field: cap_add is cap-add."""
    return name.replace("_", "-")


class Spec(BaseModel):
    """A map of the file with a closed set of keys."""

    model_config = ConfigDict(extra="forbid", alias_generator=kebab, frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_null(cls, value: object) -> object:
        """A key with nothing after it is a forgotten value, never "the default"."""
        if value is None:
            raise _expected("a value", value)
        return value


def plural(count: int, one: str, many: str) -> str:
    """Write a count: 1 entry, 2 entries."""
    return f"{count} {one if count == 1 else many}"
