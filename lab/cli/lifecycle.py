"""Commands on whole labs: up, down, status, validate, plan."""

from __future__ import annotations

from graphlib import CycleError
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from lab import plan as plans
from lab.cli.common import (
    Format,
    FormatOption,
    NameOption,
    TopologyArgument,
    choose_lab,
    err,
    load_topology,
    out,
    print_json,
    print_table,
)
from lab.cli.progress import PlanProgress
from lab.engine import session
from lab.engine.labfiles import lab_directory
from lab.engine.machine import refuse_unsupported
from lab.engine.up import DEFAULT_TIMEOUT
from lab.errors import LabError
from lab.topology.model import Role, Topology
from lab.trust import grants

TrustOption = Annotated[
    bool,
    typer.Option("--trust", help="Allow what the topology asks of this machine; `plan` lists it."),
]


def up(
    file: TopologyArgument,
    name: NameOption = None,
    *,
    trust: TrustOption = False,
    max_workers: Annotated[
        int | None,
        typer.Option(min=1, help="Containers started at once.", show_default="4 per core"),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds that a node may take to become ready.")
    ] = DEFAULT_TIMEOUT,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show every step.")] = False,
) -> None:
    """Bring a lab up, or repair one that is damaged. Doing it twice changes nothing."""
    topology = load_topology(file, name)
    refuse_unsupported(topology)
    refuse_untrusted(topology, trust=trust)
    plan = plans.build(topology)
    err.print(
        f"lab [bold]{escape(topology.name)}[/]: {len(topology.nodes)} nodes, "
        f"{len(topology.links)} links"
    )
    with PlanProgress(len(plan.operations), verbose=verbose) as progress:
        lab, changed = session.up(topology, progress, workers=max_workers, timeout=timeout)
    err.print(f"lab [bold]{escape(topology.name)}[/] is up{'' if changed else ', nothing to do'}")
    _show_next_steps(lab)


def refuse_untrusted(topology: Topology, *, trust: bool) -> None:
    """List what a topology asks of root; refuse what needs --trust without it."""
    asked = grants(topology)
    for grant in asked:
        err.print(f"  [yellow]grants[/] {escape(str(grant))}")
    refused = [grant for grant in asked if grant.needs_trust]
    if refused and not trust:
        raise LabError(
            f"{topology.source.name} asks for {len(refused)} things that touch this machine",
            "read the list above; if you trust the file, run again with --trust",
        )


def _show_next_steps(lab: session.LabSession) -> None:
    topology = lab.topology
    dpus = [node.name for node in topology.nodes.values() if node.role is Role.DPU]
    hosts = [node.name for node in topology.nodes.values() if node.role is Role.HOST]
    for dpu in dpus[:4]:
        err.print(f"  {dpu} answers OPI gRPC at {lab.grpc_target(dpu)}")
    if hosts:
        err.print(f"  try: dpulab exec {hosts[0]} --lab {topology.name} -- ip -br address")
    err.print(f"  files: {lab_directory(topology.source, topology.name)}")
    err.print(f"  down: dpulab down {topology.name}")


def down(
    lab: Annotated[
        str | None, typer.Argument(help="Lab name, or its topology file.", metavar="[LAB]")
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", "-a", help="Take every lab down.")] = False,
) -> None:
    """Take a lab down. Removes only what carries its mark, also after a killed `up`."""
    names = session.known_labs() if everything else [_lab_name(lab)]
    for name in names:
        found = session.down(name)
        err.print(f"lab [bold]{escape(name)}[/] is {'down' if found else 'not up: nothing to do'}")


def _lab_name(lab: str | None) -> str:
    """A lab name from a name, a topology file or folder, or nothing (the only lab)."""
    if lab is None:
        return choose_lab(None)
    path = Path(lab)
    if path.exists() and (path.is_dir() or path.suffix in (".yml", ".yaml")):
        return load_topology(path).name
    return lab


def status(
    lab: Annotated[str | None, typer.Argument(help="Lab name; all labs if left out.")] = None,
    fmt: FormatOption = Format.TABLE,
) -> None:
    """Show labs, their nodes and the state of each."""
    data = session.inspect_labs([lab] if lab else session.known_labs())
    if fmt is Format.JSON:
        print_json(data)
        return
    if not data:
        err.print("no lab is up")
        return
    keys = ("node", "role", "image", "state", "ipv4_address", "links")
    rows = [(name, *(one[key] for key in keys)) for name, nodes in data.items() for one in nodes]
    print_table(("LAB", "NODE", "ROLE", "IMAGE", "STATE", "MGMT ADDRESS", "LINKS"), rows)


def validate(file: TopologyArgument, name: NameOption = None) -> None:
    """Check a topology file without creating anything."""
    topology = load_topology(file, name)
    _planned(topology)
    refuse_unsupported(topology)
    err.print(
        f"{topology.source.name}: [green]valid[/], lab {escape(topology.name)} with "
        f"{len(topology.nodes)} nodes and {len(topology.links)} links"
    )


def plan(file: TopologyArgument, name: NameOption = None, fmt: FormatOption = Format.TABLE) -> None:
    """Show what `up` would do, and what the topology asks of this machine."""
    topology = load_topology(file, name)
    planned = _planned(topology)
    asked = grants(topology)
    if fmt is Format.JSON:
        operations = [
            {"id": op.id, "does": op.describe(), "needs": sorted(op.needs)}
            for op in planned.operations
        ]
        print_json({"operations": operations, "grants": [str(grant) for grant in asked]})
        return
    for number, line in enumerate(planned.describe(), 1):
        out.print(f"{number:3}  {line}", markup=False)
    for grant in asked:
        out.print(f"  grants {grant}", markup=False)


def _planned(topology: Topology) -> plans.Plan:
    try:
        return plans.build(topology)
    except CycleError as error:
        circle = " -> ".join(str(one) for one in error.args[1])
        raise LabError(f"wait-for rules go round in a circle: {circle}") from error


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (up, down, validate, plan):
        app.command()(command)
    app.command("status")(status)
    app.command("inspect", help="The same as status.")(status)
