"""The command reference (docs/opictl-reference.md), made from the commands themselves.

A line for each command; flags are left to --help, since most are fields of the API with pages of
their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from opi.comments import first_sentence
from opictl.areas import area_catalog, command_of
from opictl.cli import COMMANDS, PROGRAM
from opictl.errors import EXIT_CODES
from opictl.session import GLOBAL_FLAGS
from opictl.vocabulary import AREAS, FIREWALL, SHORT, TOGETHER

_HEAD = f"""# The commands of {PROGRAM}

<!-- Made by opictl/reference.py from the commands; tests/unit/opictl keeps it. -->

`--help` after any of them lists its flags; `{PROGRAM} describe` explains the fields behind them.
[Your first ten minutes with {PROGRAM}](opictl.md) shows how they are used.
"""


def markdown() -> str:
    """The whole reference."""
    parts = [_HEAD, *_commands(), *_together(), *_flags(), *_exit_codes(), *_words()]
    for area in AREAS.values():
        rows = sorted(
            (" ".join([PROGRAM, *command_of(area, method)]), first_sentence(method.descriptor))
            for method in area_catalog(area).methods()
        )
        parts += [f"## {PROGRAM} {area.name}", "", area.help, ""]
        parts += _table(("Command", "What it does"), [(f"`{name}`", words) for name, words in rows])
    return "\n".join(parts)


def _commands() -> Iterator[str]:
    rows = [(f"`{PROGRAM} {name}`", words) for name, (_, words) in COMMANDS.items()]
    yield from ["## Commands for everything", ""]
    yield from _table(("Command", "What it does"), rows)


def _together() -> Iterator[str]:
    """Commands of areas that work on several kinds of resources."""
    rows = [
        (f"`{PROGRAM} {area} {word}`", words)
        for area, found in TOGETHER.items()
        for word, (_, words) in found.items()
    ]
    yield from ["## Commands for several resources at once", ""]
    yield "All of what they make is there in the end, or nothing new is; doing it again changes"
    yield "nothing. `opictl storage volume` has the verbs `create`, `delete` and `list`."
    yield ""
    yield from _table(("Command", "What it does"), rows)


def _flags() -> Iterator[str]:
    rows = [
        (", ".join(f"`{name}`" for name in flag.names), flag.help, f"`{flag.variable}`")
        for flag in GLOBAL_FLAGS
    ]
    yield from [
        "## Global flags",
        "",
        "They may stand anywhere on the line; the last one wins.",
        "",
    ]
    yield from _table(("Flag", "Meaning", "Variable"), rows)


def _exit_codes() -> Iterator[str]:
    yield from ["## Exit codes", ""]
    yield from _table(("Code", "Meaning"), [(str(code), words) for code, words in EXIT_CODES])


def _words() -> Iterator[str]:
    yield from ["## Short nouns, and the firewall", ""]
    yield "Plurals are understood, and the whole names of kinds (`nvme-subsystem`)."
    yield ""
    yield from _table(("Short", "Noun"), [(f"`{one}`", f"`{noun}`") for one, noun in SHORT.items()])
    rows = [
        (f"`{PROGRAM} firewall {noun}`", f"`{PROGRAM} {' '.join(place)}`")
        for noun, place in FIREWALL.items()
    ]
    yield from _table(("Firewall", "The same as"), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    return [*map(_line, (head, tuple("---" for _ in head), *rows)), ""]


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    click.echo(markdown(), nl=False)
