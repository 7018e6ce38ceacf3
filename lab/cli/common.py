"""What every command shares: the two streams, choosing a lab, and how errors end a command.

Data goes to stdout and everything else to stderr, so that `dpulab ... -f json | jq` works.
Exit codes: 0 done (or verdict as expected), 1 a scenario failed, 2 an error, 3 a scenario was
unexpectedly inconclusive, 130 interrupted.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from lab.cli import complete
from lab.cli.complete import LAB_VARIABLE
from lab.engine.session import LabSession, open_lab, running_labs
from lab.errors import LabError
from lab.topology.loader import load
from lab.topology.model import Topology

EXIT_FAIL = 1
EXIT_ERROR = 2
EXIT_INCONCLUSIVE = 3
EXIT_INTERRUPTED = 130

_ENDLESS = 1000
"""Columns of a table that goes to a file or a pipe: its rows are not folded."""

out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


class Format(StrEnum):
    """How data is printed."""

    TABLE = "table"
    JSON = "json"


TopologyArgument = Annotated[
    Path,
    typer.Argument(help="A topology file (*.clab.yml), or a folder that has one.", metavar="FILE"),
]
NameOption = Annotated[
    str | None,
    typer.Option("--name", "-n", help="Lab name; several labs can run from one file."),
]
LabOption = Annotated[
    str | None,
    typer.Option(
        "--lab",
        "-l",
        help=f"Which running lab; not needed while there is only one. {LAB_VARIABLE} sets it for "
        "all commands.",
        autocompletion=complete.labs,
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", "-f", help="How to print.")]


def topology_file(path: Path) -> Path:
    """The topology file that a file or folder argument means. Raises LabError."""
    if not path.is_dir():
        return path
    found = sorted([*path.glob("*.clab.yml"), *path.glob("*.clab.yaml")])
    if not found:
        raise LabError(f"{path}: no *.clab.yml in this folder", "name the topology file")
    if len(found) > 1:
        names = ", ".join(one.name for one in found)
        raise LabError(f"{path}: more than one topology file", f"name one of {names}")
    return found[0]


def load_topology(path: Path, name: str | None = None) -> Topology:
    """Load the topology that a FILE argument means."""
    return load(topology_file(path), name=name)


def choose_lab(name: str | None, how: str = "--lab NAME") -> str:
    """The lab that is meant: by name, by DPULAB_LAB, or the only one. Raises LabError.

    `how` says how a person names one, for the hint.
    """
    wanted = name or os.environ.get(LAB_VARIABLE)
    if wanted:
        return wanted
    labs = running_labs()
    if not labs:
        raise LabError("no lab is up", "`dpulab up FILE` starts one")
    if len(labs) > 1:
        raise LabError(
            f"{len(labs)} labs are up: {', '.join(labs)}",
            f"choose one with {how} or {LAB_VARIABLE}",
        )
    return labs[0]


def chosen_lab(name: str | None) -> LabSession:
    """The running lab that --lab means."""
    return open_lab(choose_lab(name))


def link_end(text: str) -> tuple[str, str]:
    """NODE:INTERFACE, as link ends are written everywhere. Raises LabError."""
    node, colon, interface = text.partition(":")
    if not (node and colon and interface):
        raise LabError(f"{text!r} is not a link end", "write NODE:INTERFACE, such as dpu1:p0")
    return node, interface


def shown(path: Path) -> str:
    """A path as a person would type it here: relative where that is shorter."""
    relative = os.path.relpath(path)
    return min(relative, str(path), key=len)


def show_error(error: LabError) -> None:
    """Print an error and its hint on stderr."""
    show_words(error.message, error.hint)


def show_words(message: str, hint: str = "") -> None:
    """Print what went wrong and what to do about it on stderr."""
    err.print(f"[bold red]error:[/] {escape(message)}")
    if hint:
        err.print(f"[dim]hint:[/] {escape(hint)}")


def print_json(data: Any) -> None:
    """Print data for programs."""
    out.print(json.dumps(data, indent=2), markup=False)


def print_table(columns: Iterable[str], rows: Iterable[Iterable[str | Text]]) -> None:
    """Print data for people: folded to a terminal's width, one line per row elsewhere."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    wide = out if out.is_terminal else Console(highlight=False, emoji=False, width=_ENDLESS)
    wide.print(table, soft_wrap=False)
