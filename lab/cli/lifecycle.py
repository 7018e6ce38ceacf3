"""Commands on whole labs: up, down, status, validate, plan."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from graphlib import CycleError
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.text import Text

from lab import plan as plans
from lab.cli import complete
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
    shown,
)
from lab.cli.progress import PlanProgress
from lab.engine import session
from lab.engine.intents import check_intents
from lab.engine.labfiles import lab_directory
from lab.engine.machine import refuse_unsupported
from lab.engine.up import DEFAULT_TIMEOUT
from lab.errors import LabError
from lab.topology.model import Kind, Role, Topology
from lab.trust import grants

_DPUS_SHOWN = 4

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
    plan = _planned(topology)
    source = escape(shown(topology.source))
    err.print(f"lab [bold]{escape(topology.name)}[/] ({source}): {counted(topology)}")
    begun = time.monotonic()
    with PlanProgress(plan, verbose=verbose) as progress:
        lab, changed = session.up(topology, progress, workers=max_workers, timeout=timeout)
    took = f" after {time.monotonic() - begun:.1f} s" if changed else ", nothing to do"
    err.print(f"lab [bold]{escape(topology.name)}[/] is up{took}")
    _show_next_steps(lab)


def counted(topology: Topology) -> str:
    """How large a topology is."""
    nodes, links = len(topology.nodes), len(topology.links)
    return f"{nodes} node{'s' * (nodes != 1)}, {links} link{'s' * (links != 1)}"


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
    others = [node.name for node in topology.nodes.values() if node.kind is Kind.LINUX]
    hosts = [name for name in others if topology.nodes[name].role is Role.HOST]
    for dpu in dpus[:_DPUS_SHOWN]:
        err.print(f"  {dpu} answers OPI gRPC at {lab.grpc_target(dpu)}")
    for node in (hosts or others)[:1]:
        err.print(f"  try: dpulab exec {node} --lab {topology.name} -- ip -br address")
    err.print(f"  files: {escape(shown(lab_directory(topology.source, topology.name)))}")
    err.print(f"  down: dpulab down {topology.name}")


def down(
    lab: Annotated[
        str | None,
        typer.Argument(
            help="Lab name, or its topology file.", metavar="LAB", autocompletion=complete.labs
        ),
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", "-a", help="Take every lab down.")] = False,
) -> None:
    """Take a lab down. Removes only what carries its mark, also after a killed `up`."""
    names = session.known_labs() if everything else [_lab_name(lab, "`dpulab down NAME`, --all")]
    for name in names:
        found = session.down(name)
        err.print(f"lab [bold]{escape(name)}[/] is {'down' if found else 'not up: nothing to do'}")
    if not names:
        err.print("no lab is up: nothing to do")


def _lab_name(lab: str | None, how: str) -> str:
    """A lab name from a name, a topology file or folder, or nothing (the only lab)."""
    if lab is None:
        return choose_lab(None, how)
    path = Path(lab)
    like_a_path = path.suffix in (".yml", ".yaml") or os.sep in lab
    if like_a_path or (path.is_dir() and lab not in session.running_labs()):
        return load_topology(path).name
    return lab


def status(
    lab: Annotated[
        str | None,
        typer.Argument(
            help="Lab name, or its topology file; all labs if left out.",
            metavar="LAB",
            autocompletion=complete.labs,
        ),
    ] = None,
    fmt: FormatOption = Format.TABLE,
) -> None:
    """Show labs, their nodes and the state of each."""
    names = [_lab_name(lab, "")] if lab else session.known_labs()
    data = session.inspect_labs(names)
    if fmt is Format.JSON:
        print_json(data)
        return
    if not data:
        err.print("no lab is up")
        return
    rows = [(name, *_row(one)) for name, nodes in data.items() for one in nodes]
    print_table(("LAB", "NODE", "ROLE", "IMAGE", "STATE", "MGMT ADDRESS", "LINKS"), rows)
    for name, nodes in data.items():
        if not all(_is_whole(one) for one in nodes):
            err.print(f"lab [bold]{escape(name)}[/] is not whole: `dpulab up` repairs it")


def _is_whole(node: Mapping[str, str]) -> bool:
    have, _, want = node["links"].partition("/")
    return node["state"] == "running" and have == want


def _row(node: Mapping[str, str]) -> tuple[str | Text, ...]:
    """A node's cells; what is not as it should be is red."""
    have, _, want = node["links"].partition("/")
    state = Text(node["state"], "green" if node["state"] == "running" else "bold red")
    links = Text(node["links"], "" if have == want else "bold red")
    return (node["node"], node["role"], node["image"], state, node["ipv4_address"], links)


def validate(file: TopologyArgument, name: NameOption = None) -> None:
    """Check a topology file without creating anything."""
    topology = load_topology(file, name)
    _planned(topology)
    refuse_unsupported(topology)
    err.print(
        f"{escape(shown(topology.source))}: [green]valid[/], lab {escape(topology.name)} with "
        f"{counted(topology)}"
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
    """The plan of a topology whose start-up files can be read. Raises LabError."""
    check_intents(topology)
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
