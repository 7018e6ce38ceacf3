"""context: which DPUs there are, and which one commands talk to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from opi.contexts import Context, ContextError, ContextFile, read_file, user_file, with_port
from opictl.errors import CommandError, show_note
from opictl.groups import FlagCommand, LazyGroup
from opictl.output import print_table, say, table_lines
from opictl.session import Session, action, global_options

_OWN = frozenset({"--context", "--address", "--insecure", "--tls-ca", "--tls-cert", "--tls-key",
    "--tls-server-name"})  # fmt: skip
"""Global flags that say something about the context itself in `context add`."""

COMMANDS = {
    "list": "List the contexts.",
    "show": "Show the context that is used, or another.",
    "use": "Choose the context that is used.",
    "add": "Add a context, or replace the one of this name.",
    "remove": "Remove a context.",
}


def command(_: str) -> click.Command:
    """The group of commands."""
    return LazyGroup(
        "context",
        names=lambda: COMMANDS,
        make=_make,
        help="Contexts name DPUs: an address, and how to trust it.\n\n"
        "A lab writes its own into opictl.yml beside the topology; yours are in "
        "~/.config/opictl/config.yml, or where --config or OPICTL_CONFIG says.",
        no_args_is_help=True,
    )


def _make(word: str) -> click.Command | None:
    bodies: dict[str, Callable[[click.Context], None]] = {
        "list": _list,
        "show": _show,
        "use": _use,
        "add": _add,
        "remove": _remove,
    }
    if word not in bodies:
        return None
    return FlagCommand(
        word, callback=action(bodies[word]), params=_parameters(word), help=COMMANDS[word]
    )


def _parameters(word: str) -> list[click.Parameter]:
    if word == "add":
        flags = [one for one in global_options(hidden=False) if _OWN.intersection(one.opts)]
        shown: list[click.Parameter] = [one for one in flags if "--context" not in one.opts]
        use = click.Option(["use", "--use"], is_flag=True, help="Use it from now on.")
        hidden = global_options(hidden=True, without=_OWN)
        return [click.Argument(["name"], metavar="NAME"), *shown, use, *hidden]
    hidden = global_options(hidden=True)
    if word == "list":
        return [*hidden]
    argument = click.Argument(
        ["name"],
        metavar="[NAME]" if word == "show" else "NAME",
        required=word != "show",
        shell_complete=_complete,
    )
    return [argument, *hidden]


def _complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    try:
        names = [one.name for one in Session(ctx).contexts.all()]
    except (ContextError, OSError):
        return []
    return sorted({name for name in names if name.startswith(incomplete)})


def _list(ctx: click.Context) -> None:
    session = Session(ctx)
    contexts = session.contexts
    found = list(contexts.all())
    if session.output == "json":
        click.echo(json.dumps([one.to_data() for one in found], indent=2))
        return
    if session.output == "name":
        for one in found:
            say(one.name)
        return
    if not found:
        show_note("there are no contexts; `opictl context add NAME --address HOST:PORT` makes one")
        return
    current = contexts.current
    rows = [
        ("*" if one.name == current else " ", one.name, one.address, _trust(one), _place(one))
        for one in found
    ]
    print_table((" ", "NAME", "ADDRESS", "TLS", "FROM"), rows)


def _trust(one: Context) -> str:
    if one.insecure:
        return "off"
    return "mutual" if one.tls_cert else "on"


def _place(one: Context) -> str:
    return _shown(one.source) if one.source else "-"


def _shown(path: Path) -> str:
    """A path as a person would type it: below here or the home folder where it is."""
    for base, mark in ((Path.cwd(), ""), (Path.home(), "~/")):
        if path.is_absolute() and path.is_relative_to(base):
            return f"{mark}{path.relative_to(base)}"
    return str(path)


def _show(ctx: click.Context) -> None:
    session = Session(ctx)
    name = ctx.params.get("name")
    one = session.contexts.find(name) if name else session.context
    if session.output == "json":
        click.echo(json.dumps(one.to_data(), indent=2))
        return
    rows = [
        (key, str(value).lower() if value is True else value)
        for key, value in one.to_data().items()
    ]
    rows += [("from", _place(one))] if one.source else []
    say("\n".join(table_lines(rows)))


def _use(ctx: click.Context) -> None:
    session = Session(ctx)
    contexts = session.contexts
    chosen = contexts.find(ctx.params["name"])
    file = _deciding(session)
    if contexts.files and file.path != contexts.files[0].path and contexts.current:
        file = next(one for one in contexts.files if one.current)
    replace(file, current=chosen.name).save()
    say(f"{chosen.name} ({chosen.address}) is used from now on; {_shown(file.path)} says so")


def _add(ctx: click.Context) -> None:
    session = Session(ctx)
    said = Session(ctx).given
    address = said("address")
    if not address:
        raise CommandError("which address has it?", "--address HOST:PORT")
    name = ctx.params["name"]
    context = Context(
        name=name,
        address=with_port(address),
        insecure=bool(said("insecure")),
        tls_ca=_absolute(said("tls_ca")),
        tls_cert=_absolute(said("tls_cert")),
        tls_key=_absolute(said("tls_key")),
        tls_server_name=said("tls_server_name") or "",
    )
    file = _deciding(session).with_context(context)
    if ctx.params["use"] or not file.current:
        file = replace(file, current=name)
    file.save()
    say(f"{name} ({context.address}) is in {_shown(file.path)} now")
    if not context.insecure and not context.tls_ca:
        show_note("its certificate is checked against this machine's authorities; "
            "--insecure is for servers without TLS, --tls-ca for those of a lab")  # fmt: skip


def _absolute(path: str | None) -> str:
    return str(Path(path).expanduser().absolute()) if path else ""


def _remove(ctx: click.Context) -> None:
    session = Session(ctx)
    one = session.contexts.find(ctx.params["name"])
    assert one.source is not None
    file = read_file(one.source)
    others = tuple(other for other in file.contexts if other.name != one.name)
    current = "" if file.current == one.name else file.current
    replace(file, contexts=others, current=current).save()
    say(f"{one.name} is removed from {_shown(file.path)}")


def _deciding(session: Session) -> ContextFile:
    """The file that is written: the one that is named, else the user's own."""
    path = Path(session.config).expanduser() if session.config else user_file()
    return read_file(path) if path.exists() else ContextFile(path)
