"""How things go wrong on the command line, and the exit codes that say so."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

import click

EXIT_OK = 0
EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_UNREACHABLE = 3
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141

EXIT_CODES = (
    (EXIT_OK, "done; for `diff`: no difference"),
    (EXIT_REFUSED, "the server refused; for `diff`: there is a difference"),
    (EXIT_USAGE, "a mistake on the command line, in a manifest or in a file of contexts"),
    (EXIT_UNREACHABLE, "no server reached, or no answer in time; for `diff`: not compared"),
    (EXIT_INTERRUPTED, "interrupted by Ctrl-C"),
    (EXIT_BROKEN_PIPE, "what read the output has gone"),
)
"""Exit codes and what they say."""


class CommandError(click.UsageError):
    """A command that cannot be carried out as it was typed; `hint` says what to do about it."""

    def __init__(self, message: str, hint: str = "", ctx: click.Context | None = None) -> None:
        super().__init__(message, ctx)
        self.hint = hint


def show_words(message: str, hint: str = "") -> None:
    """Print what went wrong and what to do about it on stderr."""
    click.echo(click.style("error:", fg="red", bold=True) + f" {printable(message)}", err=True)
    if hint:
        click.echo(click.style("hint:", dim=True) + f" {printable(hint)}", err=True)


def show_note(message: str) -> None:
    """Print on stderr what is good to know besides the answer."""
    click.echo(click.style("note:", dim=True) + f" {printable(message)}", err=True)


def printable(text: str) -> str:
    """The text without what controls terminals: a server's words must not move the cursor."""
    if text.isprintable():
        return text
    shown = (one if one.isprintable() or one in "\n\t" else repr(one)[1:-1] for one in text)
    return "".join(shown)


def did_you_mean(word: str, known: Iterable[str], instead: str = "") -> str:
    """A hint with the known words most like `word`; `instead` where none is."""
    by_lower = {one.lower(): one for one in known}
    close = difflib.get_close_matches(word.lower(), by_lower, 3, 0.6)
    if not close:
        close = [one for one in by_lower if word.lower() in re.split("[-._/]", one)][:3]
    if not close:
        return instead
    return f"did you mean {' or '.join(by_lower[one] for one in close)}?"
