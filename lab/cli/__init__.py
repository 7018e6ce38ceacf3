"""The `dpulab` command."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from lab.cli import lifecycle, links, machine, nodes, testing
from lab.cli.common import EXIT_ERROR, EXIT_INTERRUPTED, err, out, show_error
from lab.errors import LabError

app = typer.Typer(
    name="dpulab",
    help="A laboratory of DPUs/IPUs in containers.",
    epilog="Every option has an environment variable: DPULAB_<COMMAND>_<OPTION>. Exit codes: 0 as "
    "expected, 1 a scenario failed, 2 an error, 3 unexpectedly inconclusive, 130 interrupted.",
    no_args_is_help=True,
    context_settings={"auto_envvar_prefix": "DPULAB", "help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        out.print(f"dpulab {version('dpulab')}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version_: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """A laboratory of DPUs/IPUs in containers."""


for _module in (lifecycle, nodes, links, testing, machine):
    _module.register(app)


def main() -> None:
    """Entry point: errors a user can act on become a message and an exit code."""
    try:
        app()
    except LabError as error:
        show_error(error)
        sys.exit(EXIT_ERROR)
    except SystemExit as end:
        if end.code == EXIT_INTERRUPTED:
            err.print("interrupted")
        raise
