"""The `dpulab` command."""

from __future__ import annotations

import os
import re
import sys
import traceback
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from lab.cli import lifecycle, links, machine, nodes, testing
from lab.cli.common import EXIT_ERROR, EXIT_INTERRUPTED, err, out, show_error, show_words
from lab.errors import LabError

PROGRAM = "dpulab"
EXIT_CODES = (
    "0 done, or verdicts as expected; 1 a scenario failed; 2 an error; 3 a scenario was "
    "unexpectedly inconclusive; 130 interrupted. exec ends with the exit code of its command"
)

app = typer.Typer(
    name=PROGRAM,
    help="A laboratory of DPUs/IPUs in containers.",
    epilog="Every option has an environment variable: DPULAB_<COMMAND>_<OPTION>. "
    f"Exit codes: {EXIT_CODES}.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        out.print(f"{PROGRAM} {version(PROGRAM)}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version_: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Print the version.",
        ),
    ] = False,
) -> None:
    """A laboratory of DPUs/IPUs in containers."""


for _module in (lifecycle, nodes, links, testing, machine):
    _module.register(app)


def command() -> Any:
    """The whole command line as one object: what `main` runs and the reference is made from."""
    root: Any = typer.main.get_command(app)
    for parameter in root.params:
        if parameter.name in ("install_completion", "show_completion"):
            parameter.hidden = True  # `dpulab completion` is the documented way
    _name_variables(root, PROGRAM.upper())
    return root


def _name_variables(group: Any, prefix: str) -> None:
    """Give every option the environment variable that its long name says."""
    for name, one in group.commands.items():
        path = f"{prefix}_{name.upper()}"
        for option in one.params:
            if option.param_type_name == "option":
                long_name = max(option.opts, key=len).lstrip("-")
                option.envvar = f"{path}_{long_name.replace('-', '_').upper()}"
        if getattr(one, "commands", None):
            _name_variables(one, path)


def run(arguments: list[str] | None = None) -> int:
    """Run a command line, by default the process's own; return its exit code.

    Whatever goes wrong becomes words on stderr: what happened, and what to do about it.
    """
    try:
        code = command().main(arguments, prog_name=PROGRAM, standalone_mode=False)
    except LabError as error:
        show_error(error)
    except TyperException as error:
        _show_usage_error(error)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        show_words(f"{place}{error.strerror or error}")
    except Exception:  # noqa: BLE001 - a defect of ours must not look like a failed scenario
        traceback.print_exc()
        show_words("this is a defect of dpulab", "please report it, with the text above")
    else:
        if code == EXIT_INTERRUPTED:
            err.print("interrupted")
        return code if isinstance(code, int) else 0
    return EXIT_ERROR


def _show_usage_error(error: TyperException) -> None:
    """A command line that cannot be read. `ctx` is there where the command is known."""
    message = error.format_message()
    if not message:
        return  # a group without a command: its help was printed
    context = getattr(error, "ctx", None)
    path = context.command_path if context else PROGRAM
    message = re.sub(r" \(env var: '(\w+)'\)", _if_set, message)
    show_words(
        message.replace("Value error, ", "").rstrip("."), f"`{path} --help` shows how it is used"
    )


def _if_set(variable: re.Match[str]) -> str:
    """Typer names an option's variable also when the value came from the command line."""
    return variable[0] if variable[1] in os.environ else ""


def main() -> None:
    """Entry point of the console script."""
    sys.exit(run())
