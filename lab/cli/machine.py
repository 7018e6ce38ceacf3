"""Commands about this machine and this tool: doctor, schema, completion."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from lab.cli.common import EXIT_ERROR, Format, FormatOption, print_json, print_table
from lab.engine.machine import probe
from lab.scenario import schema as scenario_schema
from lab.topology import schema as topology_schema

ESSENTIAL = ("root", "docker", "netns", "veth")
"""Without these there is no lab at all: `doctor` ends with 2."""


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
        rows = [
            (one.name, "yes" if one.available else "no", one.reason, one.needed_for)
            for one in found
        ]
        print_table(("CAPABILITY", "HERE", "WHY", "NEEDED FOR"), rows)
    if any(one.name in ESSENTIAL and not one.available for one in found):
        raise typer.Exit(EXIT_ERROR)


def schema(
    name: Annotated[SchemaName, typer.Argument(help="Which file format.")] = SchemaName.TOPOLOGY,
) -> None:
    """Print the JSON Schema of a file format, for editors."""
    module = topology_schema if name is SchemaName.TOPOLOGY else scenario_schema
    print_json(module.json_schema())


def completion(shell: Annotated[Shell, typer.Argument(help="Your shell.")]) -> None:
    """Print the completion script: source <(dpulab completion bash)."""
    environment = {**os.environ, "_DPULAB_COMPLETE": f"source_{shell.value}"}
    program = sys.argv[0]
    os.execve(program, [program], environment)  # noqa: S606 - typer prints it when asked like this


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (doctor, schema, completion):
        app.command()(command)
