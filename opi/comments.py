"""What the interface definitions say about their elements: the comments of the .proto files.

Generated Python has no comments, so they ship as a table beside it (`python -m bootstrap.proto`).
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Protocol, cast

from google.protobuf.descriptor import EnumValueDescriptor

_SENTENCE_END = re.compile(r"(?<=[.])\s+(?=[A-Z`0-9])")


class _Named(Protocol):
    """A message, field, oneof, enum, service or method descriptor."""

    @property
    def full_name(self) -> str: ...


def comment(element: _Named | EnumValueDescriptor) -> str:
    """The comment on a descriptor: paragraphs parted by empty lines; '' when it has none."""
    if isinstance(element, EnumValueDescriptor):
        return _table().get(f"{element.type.full_name}.{element.name}", "")
    return _table().get(element.full_name, "")


def summary(element: _Named | EnumValueDescriptor) -> str:
    """The first paragraph of the comment on a descriptor, as one line."""
    return " ".join(comment(element).split("\n\n", maxsplit=1)[0].split())


def first_sentence(element: _Named | EnumValueDescriptor) -> str:
    """The first sentence of the comment on a descriptor, as one line."""
    return _SENTENCE_END.split(summary(element), maxsplit=1)[0]


@cache
def _table() -> dict[str, str]:
    text = files("opi.proto").joinpath("docs.json").read_text(encoding="utf-8")
    return cast("dict[str, str]", json.loads(text))
