"""Whole bodies on the command line: --json TEXT and --file FILE, in YAML or JSON."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from opi.yamltree import Tree, TreeError, documents
from opictl.errors import CommandError

STDIN = "-"


def body_options(what: str) -> list[click.Option]:
    """The flags for a whole body."""
    return [
        click.Option(["body_text", "--json"], metavar="BODY", help=f"{what} in JSON or YAML."),
        click.Option(
            ["body_file", "--file", "-f"],
            metavar="FILE",
            help=f"{what} from a file, - for standard input.",
            type=click.Path(allow_dash=True),
        ),
    ]


def bodies(ctx: click.Context) -> list[Tree]:
    """The documents that the flags give; none where they are left out. Raises CommandError."""
    text, file = ctx.params.get("body_text"), ctx.params.get("body_file")
    if text is not None and file is not None:
        raise CommandError("--json and --file exclude each other", "give one of them")
    if text is not None:
        return parse(text, "--json")
    return parse(read(file), shown(file)) if file is not None else []


def body(ctx: click.Context) -> Tree | None:
    """The one document that the flags give; None where they are left out. Raises CommandError."""
    found = bodies(ctx)
    if len(found) > 1:
        hint = "`opictl apply -f` takes several"
        raise CommandError(f"{len(found)} documents where one is expected", hint)
    return found[0] if found else None


def argument_bodies(text: str) -> list[Tree]:
    """The documents of an argument: BODY, @FILE, or - for standard input. Raises CommandError."""
    if text == STDIN:
        return parse(read(STDIN), shown(STDIN))
    if text.startswith("@"):
        return parse(read(text[1:]), shown(text[1:]))
    return parse(text, "BODY")


def parse(text: str, name: str) -> list[Tree]:
    """The documents of a text. Raises CommandError."""
    try:
        return documents(text)
    except TreeError as error:
        place = f"{name}:{error.line}" if error.line else name
        raise CommandError(f"{place}: {error.message}") from None


def read(file: str) -> str:
    """The text of a file, or of standard input. Raises CommandError."""
    try:
        if file == STDIN:
            return sys.stdin.read()
        return Path(file).expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{shown(file)}: {error.strerror}") from None
    except ValueError:
        raise CommandError(f"{shown(file)}: not a text in UTF-8") from None


def shown(file: str) -> str:
    """What messages call a file."""
    return "standard input" if file == STDIN else file
