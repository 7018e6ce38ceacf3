"""describe: what the interface definitions say about a kind, a service, a method or a field."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from typing import Any

import click
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from opi.behavior import IMMUTABLE, behaviors, is_output_only, is_required, is_secret
from opi.catalog import Method, Service, catalog
from opi.comments import comment, summary
from opi.forms import form_of, short_name
from opi.resources import ResourceType, resources
from opictl.areas import area_catalog, area_nouns, command_of, find_kind, find_noun
from opictl.errors import CommandError, did_you_mean, printable
from opictl.groups import FlagCommand
from opictl.session import action, global_options
from opictl.vocabulary import AREAS

_WIDTH = 100
_MOST_LEVELS = 8


def command(_: str) -> click.Command:
    """The command."""
    return FlagCommand(
        "describe",
        callback=action(_run),
        params=[
            click.Argument(
                ["topic"], nargs=-1, required=True, metavar="TOPIC", shell_complete=_complete
            ),
            *global_options(hidden=True),
        ],
        help="Explain a kind, service, method, message, enum or field.\n\n\b\n"
        "Examples:\n"
        "  opictl describe NvmeSubsystem           a kind, with all its fields\n"
        "  opictl describe storage subsystem       the same, by its noun\n"
        "  opictl describe NvmeSubsystem.spec.nqn  one field\n"
        "  opictl describe FrontendNvmeService     a service, with its methods\n"
        "  opictl describe CreateNvmeSubsystem     a method, with its request and answer",
    )


def _run(ctx: click.Context) -> None:
    words = list(ctx.params["topic"])
    text = ".".join(words) if len(words) == 1 else " ".join(words)
    width = min(_columns() if sys.stdout.isatty() else _WIDTH, _WIDTH)
    page = click.HelpFormatter(max_width=width, width=width)
    _write(page, text)
    click.echo(printable(page.getvalue()).rstrip("\n"))


def _columns() -> int:
    return shutil.get_terminal_size().columns


def _write(page: click.HelpFormatter, text: str) -> None:
    """The page about a topic. Raises CommandError for one that nobody knows."""
    kind = _kind(text)
    if kind is not None:
        _write_kind(page, kind)
        return
    service = _service(text)
    if service is not None:
        _write_service(page, service)
        return
    method = _method(text) or _method_of_words(text.split())
    if method is not None:
        _write_method(page, method)
        return
    found = _message_or_enum(text)
    if isinstance(found, EnumDescriptor):
        _write_enum(page, found)
    elif found is not None:
        _write_message(page, found)
    elif (field := _field(text)) is not None:
        _write_field(page, *field)
    else:
        hint = did_you_mean(text, _topics(), "`opictl describe --help` shows what can be asked for")
        raise CommandError(f"nothing is called {text!r}", hint)


def _kind(text: str) -> ResourceType | None:
    area, _, word = text.partition(" ")
    if word and area in AREAS:
        noun = find_noun(AREAS[area], word.strip())
        if noun is not None:
            return area_nouns(AREAS[area])[noun].kind
        return None
    return find_kind(text)


def _service(text: str) -> Service | None:
    found = [
        one
        for name, one in catalog().services.items()
        if text.lower() in {name.lower(), name.rsplit(".", 1)[-1].lower()}
    ]
    return found[0] if found else None


def _method(text: str) -> Method | None:
    wanted = text.strip("/").replace("/", ".").lower()
    names = ((one, f".{one.path[1:].replace('/', '.').lower()}") for one in catalog().methods())
    return next((one for one, name in names if name.endswith(f".{wanted}")), None)


def _method_of_words(words: list[str]) -> Method | None:
    """The method that a command calls: ["offload", "session", "add"]."""
    area = AREAS.get(words[0]) if len(words) > 1 else None
    if area is None:
        return None
    found = area_catalog(area).methods()
    return next((one for one in found if command_of(area, one) == tuple(words)), None)


def _message_or_enum(text: str) -> Descriptor | EnumDescriptor | None:
    one: Descriptor | EnumDescriptor
    for one in _everything():
        if text.lower() in {one.full_name.lower(), one.name.lower()}:
            return one
    return None


def _everything() -> Iterator[Any]:
    """Messages and enums, those within messages included."""
    for file in catalog().files:
        yield from file.enum_types_by_name.values()
        for message in file.message_types_by_name.values():
            yield message
            yield from message.nested_types
            yield from message.enum_types


def _field(text: str) -> tuple[str, FieldDescriptor] | None:
    """A field: a kind's or message's name, and a path; the end of one where that is clear."""
    words = text.split(".")
    for split in range(len(words) - 1, 0, -1):
        owner_name, path = ".".join(words[:split]), words[split:]
        kind = _kind(owner_name)
        owner = kind.descriptor if kind else _message_or_enum(owner_name)
        if isinstance(owner, Descriptor):
            found = _at(owner, path) or _ending(owner, path)
            if found:
                return found
            raise CommandError(
                f"{owner.name} has no field {'.'.join(path)}",
                did_you_mean(path[-1], [one.rsplit(".", 1)[-1] for one, _ in _fields(owner)]),
            )
    return None


def _at(owner: Descriptor, path: list[str]) -> tuple[str, FieldDescriptor] | None:
    here: Any = owner
    field = None
    for name in path:
        field = here.fields_by_name.get(name) if here is not None else None
        if field is None:
            return None
        here = field.message_type
    return (f"{owner.name}.{'.'.join(path)}", field) if field is not None else None


def _ending(owner: Descriptor, path: list[str]) -> tuple[str, FieldDescriptor] | None:
    end = f".{'.'.join(path)}".replace("-", "_")
    found = [(one, field) for one, field in _fields(owner) if f".{one}".endswith(end)]
    return (f"{owner.name}.{found[0][0]}", found[0][1]) if len(found) == 1 else None


def _fields(owner: Any, path: str = "", level: int = 0) -> Iterator[tuple[str, FieldDescriptor]]:
    """The fields of a message and of those in it, each before what is in it."""
    for field in owner.fields:
        here = f"{path}{field.name}"
        yield here, field
        is_map = field.message_type and field.message_type.GetOptions().map_entry
        if field.message_type and form_of(field) is None and not is_map and level < _MOST_LEVELS:
            inner = f"{here}[]." if field.is_repeated else f"{here}."
            yield from _fields(field.message_type, inner, level + 1)


def _topics() -> list[str]:
    methods = [one.name for one in catalog().methods()]
    services = [name.rsplit(".", 1)[-1] for name in catalog().services]
    return [*(one.name for one in _everything()), *methods, *services]


def _write_kind(page: click.HelpFormatter, kind: ResourceType) -> None:
    _title(page, kind.kind, "a kind of resource", comment(kind.descriptor))
    area = next(a for a in AREAS.values() if kind.descriptor.file.package in a.packages)
    commands = [command_of(area, method) for method in kind.methods.values()]
    place = " ".join(commands[0][:-1])
    with page.section("Commands"):
        page.write_text(f"opictl {place} {'|'.join(words[-1] for words in commands)}")
    with page.section("Names"):
        page.write_text(str(kind.pattern))
    _write_fields(page, kind.descriptor, "Fields")


def _write_service(page: click.HelpFormatter, service: Service) -> None:
    _title(page, service.name, "a service", comment(service.descriptor))
    rows = [(name, summary(one.descriptor)) for name, one in service.methods.items()]
    _rows(page, "Methods", rows)


def _write_method(page: click.HelpFormatter, method: Method) -> None:
    _title(page, method.path[1:], "a method", comment(method.descriptor))
    package = method.service.rpartition(".")[0]
    area = next(one for one in AREAS.values() if package in one.packages)
    with page.section("Command"):
        page.write_text(f"opictl {' '.join(command_of(area, method))}")
    if method.bindings:
        with page.section("HTTP"):
            for one in method.bindings:
                page.write_text(f"{one.verb} {one.path}")
    _write_fields(page, method.request.DESCRIPTOR, _streamed("Request", method.client_streaming))
    _write_fields(page, method.response.DESCRIPTOR, _streamed("Answer", method.server_streaming))


def _streamed(word: str, is_stream: bool) -> str:
    return f"{word} (a stream)" if is_stream else word


def _write_message(page: click.HelpFormatter, message: Descriptor) -> None:
    _title(page, message.full_name, "a message", comment(message))
    _write_fields(page, message, "Fields")


def _write_enum(page: click.HelpFormatter, enum: EnumDescriptor) -> None:
    _title(page, enum.full_name, "an enum", comment(enum))
    _rows(page, "Values", _values(enum))


def _values(enum: EnumDescriptor) -> list[tuple[str, str]]:
    return [
        (f"{short_name(enum, value.number)} ({value.number})", _flowing(comment(value)))
        for value in enum.values
    ]


def _write_field(page: click.HelpFormatter, name: str, field: FieldDescriptor) -> None:
    _title(page, name, _kind_of_value(field), comment(field))
    if field.enum_type is not None:
        _rows(page, "Values", _values(field.enum_type))
    elif field.message_type is not None and form_of(field) is None:
        _write_fields(page, field.message_type, "Fields")


def _write_fields(page: click.HelpFormatter, message: Any, title: str) -> None:
    known = resources()
    rows = []
    for path, field in _fields(message):
        kinds = ", ".join(one.kind for one in known.referable(field)) if _is_text(field) else ""
        refers = f" Refers to: {kinds}." if kinds and "name_ref" in field.name else ""
        rows.append((f"{path}  {_kind_of_value(field)}", f"{summary(field)}{refers}".strip()))
    if rows:
        _rows(page, title, rows)
    else:
        with page.section(title):
            page.write_text("(no fields)")


def _is_text(field: FieldDescriptor) -> bool:
    return bool(field.type == FieldDescriptor.TYPE_STRING)


def _kind_of_value(field: Any) -> str:
    """The type of a field and what is special about it: "TEXT, required"."""
    form = form_of(field)
    name = form.metavar if form else str(field.message_type.name)
    if field.enum_type is not None and len(name) > 40:
        name = str(field.enum_type.name)
    marks = [f"{name}[]" if field.is_repeated else name]
    marks += ["required"] if is_required(field) else []
    marks += ["reported by the DPU"] if is_output_only(field) else []
    marks += ["fixed at creation"] if IMMUTABLE in behaviors(field) else []
    marks += ["secret"] if is_secret(field) else []
    return ", ".join(marks)


def _title(page: click.HelpFormatter, name: str, what: str, words: str) -> None:
    page.write(f"{name}: {what}\n")
    for paragraph in filter(None, re.split(r"\n\s*\n", words)):
        page.write_paragraph()
        with page.indentation():
            page.write_text(_flowing(paragraph))


def _rows(page: click.HelpFormatter, title: str, rows: list[tuple[str, str]]) -> None:
    with page.section(title):
        for first, words in rows:
            page.write(f"{'':>{page.current_indent}}{first}\n")
            if words:
                page.indent()
                page.indent()
                page.write_text(words)
                page.dedent()
                page.dedent()


def _flowing(text: str) -> str:
    return " ".join(text.split())


def _complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    return sorted({one for one in _topics() if one.startswith(incomplete)})
