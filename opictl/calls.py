"""Methods that are no standard methods of a resource, as verbs of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import click
from google.protobuf.message import Message

from opi.bodies import BodyError, fill
from opi.catalog import Method
from opi.comments import summary
from opi.forms import form_of
from opi.resources import Resources
from opictl.areas import kebab
from opictl.bodytext import bodies, body_options
from opictl.complete import reference_completer
from opictl.defaults import fill_defaults
from opictl.errors import CommandError
from opictl.fields import Leaf, flag_names, given, leaves, options, put
from opictl.groups import FlagCommand
from opictl.output import print_message, print_rows, say
from opictl.session import GLOBAL_FLAGS, Session, action, global_options

_RESERVED = frozenset({"file", "json", "help"})


def method_command(method: Method, verb: str, known: Resources) -> click.Command:
    """The command that calls a method with flags for the fields of its request."""
    found = leaves(method.request.DESCRIPTOR)
    reserved = _RESERVED | _global_words(found)
    names = flag_names(found, reserved, method.request.DESCRIPTOR.name)
    flags = options(names, lambda leaf: reference_completer(leaf.field, known))
    own: list[click.Parameter] = [*_only_argument(found), *flags]
    if found:
        own += body_options("The requests" if method.client_streaming else "The request")
    taken = frozenset(name for one in own for name in one.opts)
    return FlagCommand(
        verb,
        callback=action(lambda ctx: _run(method, found, known, ctx)),
        params=[*own, *_globals(taken)],
        help=summary(method.descriptor) or f"Call {method.path[1:]}.",
        epilog=f"`opictl describe {method.name}` tells more about the fields; the global flags of "
        "`opictl --help` may stand here as well.",
    )


def _globals(taken: frozenset[str]) -> list[click.Option]:
    shown = [one for one in global_options(hidden=False) if "--output" in one.opts]
    without = taken | {"--output"}
    return [
        *(one for one in shown if not taken.intersection(one.opts)),
        *global_options(hidden=True, without=without),
    ]


def _global_words(found: list[Leaf]) -> frozenset[str]:
    """Words that are kept for global flags: all but those of fields of the request itself."""
    words = {name.lstrip("-") for one in GLOBAL_FLAGS for name in one.names}
    return frozenset(words - {kebab(leaf.path[0]) for leaf in found if len(leaf.path) == 1})


def _only_argument(found: list[Leaf]) -> list[click.Argument]:
    """A request with one plain field takes its value without a flag as well."""
    if len(found) != 1 or found[0].form is None or found[0].field.is_repeated:
        return []
    leaf = found[0]
    return [click.Argument(["only_value"], metavar=f"[{_upper(leaf)}]", required=False)]


def _upper(leaf: Leaf) -> str:
    return leaf.path[-1].upper()


def _run(method: Method, found: list[Leaf], known: Resources, ctx: click.Context) -> None:
    session = Session(ctx)
    requests = list(_requests(method, found, known, ctx))
    with session.client() as client:
        _print(session, method, client.stream(method, requests, session.timeout))


def _requests(
    method: Method, found: list[Leaf], known: Resources, ctx: click.Context
) -> Iterator[Message]:
    """The requests that the command line says: documents, completed by the flags."""
    values = _with_argument(found, given(found, ctx.params), ctx.params.get("only_value"))
    trees = bodies(ctx) if found else []
    if len(trees) > 1 and not method.client_streaming:
        raise CommandError(f"{method.name} takes one request, not {len(trees)}")
    for message in filled(method, trees) if trees else [method.request()]:
        put(message, values, known)
        fill_defaults(message)
        yield message


def _with_argument(found: list[Leaf], values: dict[Leaf, Any], text: str | None) -> dict[Leaf, Any]:
    if text is None:
        return values
    leaf = found[0]
    if values:
        raise CommandError(f"{text} and --{kebab(leaf.path[-1])}: one of the two")
    form = form_of(leaf.field)
    assert form is not None
    try:
        return {leaf: form.parse(text)}
    except ValueError as error:
        raise CommandError(f"{_upper(leaf)}: {error}") from None


def filled(method: Method, trees: Iterable[Any]) -> Iterator[Message]:
    """The requests that documents say. Raises CommandError."""
    for tree in trees:
        message = method.request()
        try:
            fill(message, tree)
        except BodyError as error:
            place = f"line {error.line}: " if error.line > 1 else ""
            field = f"{error.field}: " if error.field else ""
            raise CommandError(
                f"{place}{field}{error.message}",
                f"`opictl describe {method.name}` shows the fields",
            ) from None
        yield message


def _print(session: Session, method: Method, answers: Iterator[Any]) -> None:
    """Print answers: a stream of JSON as it comes, a table when it is complete."""
    if session.output in {"table", "wide"}:
        found = list(answers)
        if not method.server_streaming and len(found) == 1:
            _print_one(session, found[0])
        else:
            print_rows(session, found)
        return
    for answer in answers:
        print_message(session, answer, compact=method.server_streaming)


def _print_one(session: Session, answer: Any) -> None:
    inner = [f for f, _ in answer.ListFields() if f.is_repeated and f.message_type]
    if len(answer.DESCRIPTOR.fields) <= 2 and len(inner) == 1:
        value = getattr(answer, inner[0].name)
        is_map = inner[0].message_type.GetOptions().map_entry
        if not is_map:
            print_rows(session, list(value))
            return
    if not answer.DESCRIPTOR.fields:
        say("done")
        return
    print_message(session, answer)
