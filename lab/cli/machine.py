"""Commands about this machine and this tool: doctor, schema, completion."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer
from rich.text import Text

from lab.capabilities import Capability
from lab.cli.common import EXIT_ERROR, Format, FormatOption, err, print_json, print_table
from lab.engine.machine import probe
from lab.scenario import schema as scenario_schema
from lab.topology import schema as topology_schema

ESSENTIAL = ("root", "docker", "netns", "veth")
"""Without these there is no lab at all: `doctor` ends with 2."""


BASH_COMPLETION = """\
# Words are split at blanks only: bash itself would take NODE:INTERFACE apart at the colon.
_dpulab_completion() {
    local IFS=$' \\t\\n' words reply
    read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
    [[ "${COMP_LINE:COMP_POINT-1:1}" == [[:blank:]] ]] && words+=("")
    local word="${words[${#words[@]}-1]}"
    IFS=$'\\n'
    reply=($(env COMP_WORDS="${words[*]}" COMP_CWORD=$((${#words[@]} - 1)) \\
        _DPULAB_COMPLETE=complete_bash "$1" 2>/dev/null))
    if [[ "$word" == *:* && "$COMP_WORDBREAKS" == *:* ]]; then
        reply=("${reply[@]#"${word%:*}:"}")
    fi
    COMPREPLY=("${reply[@]}")
}
complete -o default -F _dpulab_completion dpulab
"""


class SchemaName(StrEnum):
    """The file formats that have a JSON Schema."""

    TOPOLOGY = "topology"
    SCENARIO = "scenario"


class Shell(StrEnum):
    """Shells that completion is written for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def doctor(fmt: FormatOption = Format.TABLE) -> None:
    """Show what this machine can do, and why not where it cannot."""
    found = probe([])
    if fmt is Format.JSON:
        print_json([asdict(one) for one in found])
    else:
        print_table(("CAPABILITY", "HERE", "WHY", "NEEDED FOR"), map(_row, found))
    missing = [one.name for one in found if one.name in ESSENTIAL and not one.available]
    if missing:
        err.print(f"[bold red]no lab can run here:[/] {', '.join(missing)} missing")
        raise typer.Exit(EXIT_ERROR)


def _row(one: Capability) -> tuple[str | Text, ...]:
    lacking = "bold red" if one.name in ESSENTIAL else "yellow"
    here = Text("yes", "green") if one.available else Text("no", lacking)
    return (one.name, here, one.reason, one.needed_for)


def schema(
    name: Annotated[
        SchemaName, typer.Argument(help="Which file format.", metavar="FORMAT")
    ] = SchemaName.TOPOLOGY,
) -> None:
    """Print the JSON Schema of a file format, for editors."""
    module = topology_schema if name is SchemaName.TOPOLOGY else scenario_schema
    print_json(module.json_schema())


def completion(
    shell: Annotated[Shell, typer.Argument(help="Your shell.", metavar="SHELL")],
) -> None:
    """Print the completion script: source <(dpulab completion bash)."""
    if shell is Shell.BASH:
        sys.stdout.write(BASH_COMPLETION)
        return
    environment = {**os.environ, "_DPULAB_COMPLETE": f"source_{shell.value}"}
    program = sys.argv[0]
    os.execve(program, [program], environment)  # noqa: S606 - typer prints it when asked like this


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (doctor, schema, completion):
        app.command()(command)
