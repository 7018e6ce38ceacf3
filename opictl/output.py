"""Printing answers: as a table, as documents that `apply` reads, as JSON, as names.

Data goes to stdout, everything else to stderr. Secrets are left out unless --reveal asks for them,
whatever the server has sent.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import click
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from ruamel.yaml import YAML

from opi.behavior import is_output_only, is_secret
from opi.bodies import to_data
from opi.forms import form_of
from opi.resources import ResourceType
from opictl.columns import columns_of
from opictl.errors import printable, show_note
from opictl.naming import short
from opictl.session import Session

_GAP = "  "
_INTEGERS = frozenset(
    {
        FieldDescriptor.CPPTYPE_INT32,
        FieldDescriptor.CPPTYPE_INT64,
        FieldDescriptor.CPPTYPE_UINT32,
        FieldDescriptor.CPPTYPE_UINT64,
    }
)


def print_list(session: Session, kind: ResourceType, found: Iterable[Any]) -> None:
    """Print resources of one kind."""
    form = session.output
    if form in {"table", "wide"}:
        _print_columns(kind, list(found), wide=form == "wide")
    elif form == "json":
        _print_json([_json(kind, one, session.reveal) for one in found])
    else:
        for number, one in enumerate(found):
            _print_separate(session, kind, one, number)


def print_resource(session: Session, kind: ResourceType, resource: Any) -> None:
    """Print one resource."""
    if session.output in {"table", "wide"}:
        print_fields(resource, session.reveal)
    elif session.output == "json":
        _print_json(_json(kind, resource, session.reveal))
    else:
        _print_separate(session, kind, resource, 0)


def print_done(session: Session, kind: ResourceType, resource: Any, done: str) -> None:
    """Print that something was done to a resource: in words, or the resource where asked for."""
    if session.chosen_output in {"", "table", "wide"}:
        say(f"{done} {kind.canonical(resource.name) or resource.name}")
    else:
        print_resource(session, kind, resource)


def print_message(session: Session, message: Message, *, compact: bool = False) -> None:
    """Print a message that is no resource; `compact` puts JSON on one line."""
    form = session.output
    if form == "json":
        _print_json(_visible(message, session.reveal), compact)
    elif form == "yaml":
        say(_yaml(to_data(message, _hidden(session.reveal))).rstrip("\n") or "{}")
    else:
        print_fields(message, session.reveal)


def print_rows(session: Session, found: Sequence[Message], most: int = 8) -> None:
    """Print messages of one type that are no resources: a row each, a column for what is set."""
    if session.output not in {"table", "wide"}:
        for one in found:
            print_message(session, one, compact=True)
        return
    lines = _rows_of(found, session.reveal, most if session.output == "table" else None)
    say("\n".join(lines) if lines else "(nothing)")


def print_json_message(session: Session, message: Message, *, compact: bool = False) -> None:
    """Print a message as protobuf's JSON, or as YAML where that is asked for."""
    if session.chosen_output == "yaml":
        print_message(session, message)
    else:
        _print_json(_visible(message, session.reveal), compact)


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under a header, with columns as wide as they need to be."""
    say("\n".join(table_lines([header, *rows])))


def table_lines(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines of text, columns two blanks apart."""
    cells = [[_cell(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = (
        _GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in cells
    )
    return [line.rstrip() for line in lines]


def print_fields(message: Message, reveal: bool = False) -> None:
    """Print the fields that are set, one a line, under the names that flags and masks know."""
    lists = [field for field, _ in message.ListFields() if _is_list_of_messages(field)]
    plain = type(message)()
    plain.CopyFrom(message)
    for field in lists:
        plain.ClearField(field.name)
    rows = list(flat(plain, reveal))
    blocks = [table_lines(rows)] if rows else []
    blocks += [[f"{f.name}:", *_rows_of(getattr(message, f.name), reveal)] for f in lists]
    say("\n\n".join("\n".join(block) for block in blocks) or "(empty)")


def _is_list_of_messages(field: FieldDescriptor) -> bool:
    is_map = field.message_type is not None and field.message_type.GetOptions().map_entry
    return bool(field.is_repeated and not is_map and form_of(field) is None)


def _rows_of(found: Iterable[Message], reveal: bool, most: int | None = None) -> list[str]:
    """Messages as a table: a row each, a column for every field that one of them has."""
    rows = [dict(flat(one, reveal)) for one in found]
    titles = list(dict.fromkeys(path for row in rows for path in row))[:most]
    if not titles:
        return [f"({len(rows)} without anything set)"] if rows else []
    header = [title.upper().replace("_", "-") for title in titles]
    return table_lines([header, *([row.get(one, "") for one in titles] for row in rows)])


def flat(message: Message, reveal: bool = False, path: str = "") -> Iterator[tuple[str, str]]:
    """The fields that are set, as (dotted path, text); a list of messages has an index.

    Counters are there at zero, too.
    """
    for field, value in _counters(message) or message.ListFields():
        here = f"{path}.{field.name}" if path else str(field.name)
        if is_secret(field) and not reveal:
            continue
        if field.message_type and field.message_type.GetOptions().map_entry:
            for key in sorted(value):
                yield from _flat_one(field, value[key], reveal, f"{here}[{key}]")
        elif field.is_repeated and form_of(field) is None:
            for number, one in enumerate(value):
                yield from _flat_one(field, one, reveal, f"{here}[{number}]")
        else:
            yield from _flat_one(field, value, reveal, here)


def _counters(message: Message) -> list[tuple[Any, Any]]:
    """All fields of a message that holds nothing but numbers of the server's; else none."""
    fields = message.DESCRIPTOR.fields
    whole = all(
        is_output_only(field) and field.cpp_type in _INTEGERS and not field.is_repeated
        for field in fields
    )
    return [(field, getattr(message, field.name)) for field in fields] if whole else []


def _flat_one(
    field: FieldDescriptor, value: Any, reveal: bool, path: str
) -> Iterator[tuple[str, str]]:
    if isinstance(value, Message) and form_of(field) is None:
        inner = list(flat(value, reveal, path))
        yield from inner or [(path, "{}")]
        return
    yield path, _text(field, value)


def _text(field: FieldDescriptor, value: Any) -> str:
    """The value of a field in text form; a list with commas."""
    form = form_of(field)
    assert form is not None
    return ",".join(map(form.show, value)) if field.is_repeated else form.show(value)


def say(text: str) -> None:
    """Print text on stdout, without what controls terminals."""
    click.echo(printable(text))


def _print_columns(kind: ResourceType, found: list[Any], *, wide: bool) -> None:
    if not found:
        show_note(f"there is no {kind.kind} here")
        return
    columns = columns_of(kind, wide=wide)
    rows = [[short(kind, one.name), *(column.text(one) for column in columns)] for one in found]
    print_table(["NAME", *(column.title for column in columns)], rows)


def _print_separate(session: Session, kind: ResourceType, one: Any, number: int) -> None:
    if session.output == "name":
        say(kind.canonical(one.name) or one.name)
        return
    data = to_data(one, _hidden(session.reveal))
    name = data.pop("name", "")
    document = {"kind": kind.kind, "name": kind.canonical(name) or name, **data}
    say(("---\n" if number else "") + _yaml(document).rstrip("\n"))


def print_documents(documents: Iterable[dict[str, Any]], as_json: bool) -> None:
    """Print documents of a manifest."""
    if as_json:
        _print_json(list(documents))
        return
    for number, document in enumerate(documents):
        say(("---\n" if number else "") + _yaml(document).rstrip("\n"))


def print_data(session: Session, data: Any, *, compact: bool = False) -> None:
    """Print plain data as JSON or YAML, whichever is asked for; `compact` JSON is one line."""
    if session.output == "yaml":
        say(_yaml(data).rstrip("\n"))
    else:
        _print_json(data, compact)


def _json(kind: ResourceType, resource: Any, reveal: bool) -> dict[str, Any]:
    return {"kind": kind.kind, **_visible(resource, reveal)}


def _visible(message: Message, reveal: bool) -> dict[str, Any]:
    shown = type(message)()
    shown.CopyFrom(message)
    if not reveal:
        _drop_secrets(shown)
    data: dict[str, Any] = json_format.MessageToDict(shown)
    return data


def _drop_secrets(message: Message) -> None:
    for field, value in message.ListFields():
        if is_secret(field):
            message.ClearField(field.name)
        elif field.message_type and not field.message_type.GetOptions().map_entry:
            for one in value if field.is_repeated else [value]:
                _drop_secrets(one)


def _hidden(reveal: bool) -> Any:
    return (lambda _: False) if reveal else is_secret


def _print_json(data: Any, compact: bool = False) -> None:
    # ASCII only: no character of a server's text can control the terminal.
    click.echo(json.dumps(data, indent=None if compact else 2))


def _yaml(data: Any) -> str:
    writer: Any = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False
    stream = io.StringIO()
    writer.dump(data, stream)
    return stream.getvalue()


def _cell(text: str) -> str:
    return printable(text).replace("\n", " ") or "-"
