"""Checks of requests and resources that follow from the interface definitions alone.

Each check returns what is wrong by field path, `{"nvme_subsystem.spec.nqn": "is required"}`, so
that a client gets to know everything at once. Paths are those of google.rpc.BadRequest: names of
fields joined by dots, elements of lists as "rules[0]".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, NamedTuple

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from dpu_sim.api.errors import invalid_arguments
from opi import masks
from opi.behavior import (
    IMMUTABLE,
    behaviors,
    is_identifier,
    is_output_only,
    is_required,
    referenced_type,
)
from opi.names import without_service
from opi.resources import find_references, resources

Problems = dict[str, str]

_FOREIGN = re.compile(r"[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*")
"""What a reference may be that is no name of ours, such as the name of a bdev."""


def refuse_if(problems: Mapping[str, str]) -> None:
    """Raise INVALID_ARGUMENT with all of the problems, if there are any."""
    if problems:
        raise invalid_arguments(problems)


def missing(message: Message, path: str = "", ignored: Collection[str] = ()) -> Problems:
    """Required fields that are not set, here and in every message that is set.

    Not set is what cannot be told from it, too: an empty string or list, zero, enum value 0. Zero
    can be asked for where the field is a wrapper, such as google.protobuf.Int32Value. What is
    required within an optional message counts only when that message is set.

    Args:
        path: what to put in front of the paths, with its dot.
        ignored: names of fields to leave out.
    """
    problems: Problems = {}
    plan = _plan(message.DESCRIPTOR)
    present = {field.name for field, _ in message.ListFields()}
    for name in plan.required:
        if name not in present and name not in ignored:
            problems[path + name] = "is required"
    for field in plan.nested:
        if field.name in present:
            problems |= _missing_within(getattr(message, field.name), field, path + field.name)
    return problems


def immutable_changes(old: Message, new: Message, path: str = "") -> Problems:
    """IMMUTABLE fields that differ between a resource and what it should become."""
    problems: Problems = {}
    for name in masks.difference(old, new):
        fields = _along(old.DESCRIPTOR, name)
        if any(IMMUTABLE in behaviors(field) for field in fields):
            problems[path + name] = "cannot be changed once the resource exists"
    return problems


def reference_problems(message: Message, path: str = "") -> Problems:
    """References that are neither names of what they can refer to, nor anything else's.

    A field that is annotated with a type takes names of that type and bare ids. One that only is
    called `..._name_ref` also takes names of things that are no resources, such as bdevs.
    """
    problems: Problems = {}
    for one in find_references(message, path):
        if referenced_type(one.field) and not resources().targets(one.field, one.text):
            kinds = " or ".join(str(t.pattern) for t in resources().referable(one.field))
            problems[one.path] = f"{one.text!r} does not have the form {kinds}"
        elif not _FOREIGN.fullmatch(without_service(one.text)):
            problems[one.path] = f"{one.text!r} is not a name"
    return problems


def mask_problems(paths: Collection[str], descriptor: Descriptor) -> Problems:
    """What is wrong with an `update_mask` for resources of this type."""
    found = masks.problems(list(paths), descriptor)
    return (
        {"update_mask": "; ".join(f"{p!r}: {text}" for p, text in found.items())} if found else {}
    )


def strip_outputs(message: Message) -> None:
    """Clear what clients cannot set: OUTPUT_ONLY fields, and names that identify."""
    for field, value in message.ListFields():
        if is_output_only(field) or is_identifier(field):
            message.ClearField(field.name)
        elif field.message_type and not masks.is_map(field):
            for one in value if field.is_repeated else [value]:
                strip_outputs(one)


class _Plan(NamedTuple):
    """What `missing` has to look at in messages of one type."""

    required: tuple[str, ...]
    nested: tuple[FieldDescriptor, ...]


@cache
def _plan(descriptor: Descriptor) -> _Plan:
    fields = [field for field in descriptor.fields if not is_output_only(field)]
    return _Plan(
        tuple(field.name for field in fields if is_required(field)),
        tuple(field for field in fields if field.message_type and not masks.is_map(field)),
    )


def _missing_within(value: Any, field: FieldDescriptor, path: str) -> Problems:
    if not field.is_repeated:
        return missing(value, f"{path}.")
    problems: Problems = {}
    for index, one in enumerate(value):
        problems |= missing(one, f"{path}[{index}].")
    return problems


def _along(descriptor: Any, path: str) -> list[FieldDescriptor]:
    """The fields on a path, outermost first."""
    fields = []
    for part in path.split("."):
        fields.append(descriptor.fields_by_name[part])
        descriptor = fields[-1].message_type
    return fields
