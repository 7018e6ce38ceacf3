"""Groups of commands that are built when they are needed: an area loads its own packages only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any

import click

from opictl.errors import CommandError, did_you_mean
from opictl.session import global_options

VERB_ALIASES = {
    "add": "create",
    "change": "update",
    "describe": "get",
    "edit": "update",
    "info": "get",
    "ls": "list",
    "make": "create",
    "new": "create",
    "patch": "update",
    "remove": "delete",
    "rm": "delete",
    "set": "update",
    "show": "get",
}
"""What people type for a verb when they come from elsewhere."""


_RANGE = re.compile(r"\s+\[x[<>]=?[\d.]+\]$")


class FlagCommand(click.Command):
    """A command whose help calls its options flags, as this program does everywhere."""

    def __init__(self, name: str, **settings: Any) -> None:
        super().__init__(name, options_metavar="[FLAGS]", **settings)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The flags, in the order of their declaration."""
        flags = [one for one in self.get_params(ctx) if isinstance(one, click.Option)]
        write_flags(formatter, "Flags", flags, ctx)


class LazyGroup(click.Group):
    """A group whose commands are made one by one, when they are asked for.

    Args:
        names: the commands that help lists, with a line about each.
        make: makes a command; None for a word that means none.
        hint: what to do about a word that is no command; "" when nothing better is known than the
            names most like it.
    """

    def __init__(
        self,
        name: str,
        *,
        names: Callable[[], dict[str, str]],
        make: Callable[[str], click.Command | None],
        hint: Callable[[str], str] = lambda _: "",
        title: str = "Commands",
        usage: str = "COMMAND",
        **settings: Any,
    ) -> None:
        settings.setdefault("params", list(global_options(hidden=True)))
        super().__init__(
            name, options_metavar="", subcommand_metavar=f"{usage} [FLAGS]", **settings
        )
        self._names = names
        self._make = make
        self._hint = hint
        self._title = title
        self._made: dict[str, click.Command | None] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """The commands in the order of help."""
        return list(self._names())

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """The command that a word means."""
        if cmd_name not in self._made:
            made = self._make(cmd_name)
            self._made[cmd_name] = _help_command() if not made and cmd_name == "help" else made
        return self._made[cmd_name]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command at the front of the line. Raises CommandError for a word that is none."""
        word = args[0]
        command = self.get_command(ctx, word)
        if command is None and not ctx.resilient_parsing:
            if word.startswith("-"):
                return super().resolve_command(ctx, args)
            raise self._unknown(ctx, word)
        return (command.name if command else None), command, args[1:]

    def _unknown(self, ctx: click.Context, word: str) -> CommandError:
        known = self._names()
        instead = f"`{ctx.command_path} --help` lists what there is"
        hint = self._hint(word) or did_you_mean(word, known, instead)
        return CommandError(f"`{ctx.command_path}` has no {word!r}", hint, ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, and no word about --help: who reads this has found it."""
        self.format_commands(ctx, formatter)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """The list of commands in help."""
        write_commands(formatter, self._title, self._names().items())

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        """Words that begin so; options where the word begins with a dash."""
        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        return [
            click.shell_completion.CompletionItem(name, help=words)
            for name, words in self._names().items()
            if name.startswith(incomplete)
        ]


def _help_command() -> click.Command:
    """`help`, for those who look for it there: the same as --help of what is named."""

    def show(words: tuple[str, ...]) -> None:
        context = click.get_current_context().parent
        assert context is not None
        for word in words:
            group = context.command
            command = group.get_command(context, word) if isinstance(group, LazyGroup) else None
            if command is None:
                raise CommandError(f"`{context.command_path}` has no {word!r}", ctx=context)
            context = click.Context(command, parent=context, info_name=command.name)
        click.echo(context.get_help())

    return click.Command("help", callback=show, params=[click.Argument(["words"], nargs=-1)])


def write_commands(
    formatter: click.HelpFormatter, title: str, names: Iterable[tuple[str, str]]
) -> None:
    """One section of help that lists commands."""
    rows: Sequence[tuple[str, str]] = list(names)
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows)


def write_flags(
    formatter: click.HelpFormatter,
    title: str,
    flags: Iterable[click.Parameter],
    ctx: click.Context,
) -> None:
    """One section of help that lists flags; what numbers are allowed is told with the mistake."""
    records = [one.get_help_record(ctx) for one in flags]
    rows = [(names, _RANGE.sub("", words)) for names, words in filter(None, records)]
    write_commands(formatter, title, rows)


def area_group(name: str) -> click.Command:
    """The commands of an area."""
    vocabulary = import_module("opictl.vocabulary")
    area = vocabulary.AREAS[name]
    nouns = import_module("opictl.nouns")
    group: click.Command = nouns.area_group(area)
    return group


def firewall_group() -> click.Command:
    """What makes up a firewall, gathered from other areas."""
    group: click.Command = import_module("opictl.nouns").firewall_group()
    return group
