"""watch: what changes on the DPU, a line for each change.

Lists and statistics are asked for again and again; methods that answer with a stream are called
once, and their answers shown as they come.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

import click

from opi import standard
from opi.catalog import Method
from opi.resources import Resources, ResourceType
from opictl.areas import area_methods, area_nouns, area_resources, find_noun
from opictl.errors import CommandError, did_you_mean
from opictl.groups import FlagCommand
from opictl.naming import full_name, short
from opictl.output import flat, print_message, say
from opictl.session import Session, action, global_options
from opictl.vocabulary import AREAS, FIREWALL

Snapshot = Mapping[str, Any]
"""Messages by name."""


def command(_: str) -> click.Command:
    """The command."""
    return FlagCommand(
        "watch",
        callback=action(_run),
        params=[
            click.Argument(["area"], metavar="AREA", shell_complete=_complete_areas),
            click.Argument(["noun"], metavar="NOUN", shell_complete=_complete_nouns),
            click.Argument(["names"], nargs=-1, metavar="[VERB|NAME…]"),
            click.Option(
                ["stats", "--stats"], is_flag=True, help="Watch the statistics, not the resources."
            ),
            click.Option(
                ["interval", "--interval", "-i"],
                type=click.FloatRange(min=0.05),
                default=2.0,
                metavar="SECONDS",
                help="How long to wait between two looks (2).",
            ),
            click.Option(
                ["rounds", "--rounds"],
                type=click.IntRange(min=1),
                metavar="COUNT",
                help="End after so many looks; left out: at Ctrl-C.",
            ),
            *global_options(hidden=True),
        ],
        help="Show changes as they happen: + is new, ~ has changed, - is gone.\n\n"
        "All resources of a noun, or those that are named. A verb whose method answers with a "
        "stream is called, and each answer shown as it comes.\n\n"
        "\b\nExamples:\n"
        "  opictl watch storage subsystem\n"
        "  opictl watch storage subsystem sub0 --stats\n"
        "  opictl watch offload session closed",
    )


def _run(ctx: click.Context) -> None:
    area_name, word = ctx.params["area"], ctx.params["noun"]
    if area_name == "firewall" and word in FIREWALL:
        area_name, word = FIREWALL[word]
    area = AREAS.get(area_name)
    if area is None:
        raise CommandError(f"there is no area {area_name!r}", did_you_mean(area_name, AREAS))
    noun = find_noun(area, word)
    method = area_methods(area).get(word)
    if noun is not None:
        found = area_nouns(area)[noun]
        names = ctx.params["names"]
        method = found.methods.get(names[0]) if names else None
        if method is None:
            if found.kind is None:
                raise CommandError(_which_verb(f"{area.name} {noun}", found.methods))
            _watch_kind(ctx, found.kind, area_resources(area))
            return
    if method is None:
        hint = did_you_mean(word, area_nouns(area), f"`opictl {area.name}` lists nouns")
        raise CommandError(f"`opictl {area.name}` has no {word!r}", hint)
    _watch_method(ctx, method)


def _which_verb(place: str, methods: Mapping[str, Method]) -> str:
    return f"which method of {place}? {', '.join(methods)}"


def _watch_kind(ctx: click.Context, kind: ResourceType, known: Resources) -> None:
    session = Session(ctx)
    names = [full_name(kind, text) for text in ctx.params["names"]]
    if ctx.params["stats"] and "Stats" not in kind.methods:
        raise CommandError(f"{kind.kind} has no statistics")
    with session.client() as client:

        def look() -> Snapshot:
            found = (
                [standard.get(client, kind, name) for name in names]
                if names
                else list(standard.list_all(client, kind, source=known))
            )
            if not ctx.params["stats"]:
                return {one.name: one for one in found}
            method = kind.methods["Stats"]
            return {
                one.name: client.unary(method, standard.named(kind, "Stats", one.name))
                for one in found
            }

        _show_changes(session, _looks(ctx, look), lambda name: short(kind, name))


def _looks(ctx: click.Context, look: Callable[[], Snapshot]) -> Iterator[Snapshot]:
    rounds = ctx.params["rounds"]
    for number in range(rounds) if rounds else count():
        if number:
            time.sleep(ctx.params["interval"])
        yield look()


def _show_changes(session: Session, looks: Iterator[Snapshot], shown: Callable[[str], str]) -> None:
    before: Snapshot = {}
    for now in looks:
        for name in before.keys() - now.keys():
            _line("-", shown(name), "")
        for name, message in now.items():
            old = before.get(name)
            if old is None:
                _line("+", shown(name), _words(dict(flat(message, session.reveal))))
            elif old != message:
                _line("~", shown(name), _words(_difference(session, old, message)))
        before = now


def _difference(session: Session, old: Any, new: Any) -> dict[str, str]:
    """The fields that differ, with what they were and are."""
    was, has = dict(flat(old, session.reveal)), dict(flat(new, session.reveal))
    paths = [path for path in {**has, **was} if was.get(path) != has.get(path)]
    return {path: f"{was.get(path, '')} -> {has.get(path, '')}" for path in paths}


def _line(mark: str, name: str, words: str) -> None:
    say(f"{time.strftime('%H:%M:%S')} {mark} {name}  {words}".rstrip())


def _words(fields: Mapping[str, str]) -> str:
    return "  ".join(f"{path}={value}" for path, value in fields.items() if path != "name")


def _watch_method(ctx: click.Context, method: Method) -> None:
    session = Session(ctx)
    with session.client() as client:
        if method.server_streaming:
            for answer in client.stream(method, [method.request()], session.timeout):
                _show_answer(session, answer)
            return
        name = method.name
        looks = _looks(ctx, lambda: {name: client.unary(method, method.request())})
        _show_changes(session, looks, str)


def _show_answer(session: Session, answer: Any) -> None:
    if session.output in {"table", "wide"}:
        _line("+", _words(dict(flat(answer, session.reveal))), "")
    else:
        print_message(session, answer, compact=True)


def _complete_areas(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in (*AREAS, "firewall") if name.startswith(incomplete)]


def _complete_nouns(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    area = AREAS.get(ctx.params.get("area") or "")
    nouns = area_nouns(area) if area else FIREWALL
    return [name for name in nouns if name.startswith(incomplete)]
