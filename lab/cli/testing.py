"""The command that replays scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from lab import plan as plans
from lab.cli import complete
from lab.cli.common import err, shown
from lab.cli.lifecycle import TrustOption, refuse_untrusted
from lab.cli.progress import PlanProgress
from lab.engine.machine import require
from lab.engine.session import images_of, running_lab, running_labs
from lab.node import RunningLab
from lab.scenario.load import parse_assignment
from lab.scenario.progress import ConsoleProgress
from lab.scenario.replay import LabFactory, ReplayOptions, ReplayResult, replay
from lab.scenario.run import RunOptions
from lab.scenario.verdict import Verdict
from lab.topology.loader import load


def replay_(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Scenario files, or folders that have some.", metavar="FILES|DIRS"),
    ],
    lab: Annotated[
        str | None,
        typer.Option(
            "--lab",
            "-l",
            help="Name of the lab; one that is up is used and left up.",
            autocompletion=complete.labs,
        ),
    ] = None,
    *,
    seed: Annotated[
        int | None, typer.Option(help="Instead of the scenario's own: same seed, same packets.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE for a scenario's variable.")
    ] = None,
    results: Annotated[
        Path, typer.Option("--results", help="Folder for results, and bundles of failures.")
    ] = Path("results"),
    junitxml: Annotated[
        Path | None, typer.Option("--junitxml", help="File for a JUnit report.")
    ] = None,
    environment: Annotated[
        str, typer.Option(help="Which part of expected-inconclusive.yml counts.")
    ] = "default",
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", "-x", help="Stop at the first surprise.")
    ] = False,
    trust: TrustOption = False,
) -> None:
    """Replay scenarios on the lab of their topology, and judge what really happened.

    A lab that is not up is brought up for the scenarios that share it, and taken down after them.
    """
    options = ReplayOptions(
        run=RunOptions(
            seed=seed,
            set_vars=dict(map(parse_assignment, set_ or [])),
            images=images_of,
            require=require,
        ),
        results_dir=results,
        junit=junitxml,
        environment=environment,
        lab_name=lab,
        fail_fast=fail_fast,
        progress=ConsoleProgress(err),
    )
    outcome = replay(paths, _lab_factory(trust=trust), options)
    _summarize(outcome, results)
    raise typer.Exit(int(outcome.exit_code))


def _lab_factory(*, trust: bool) -> LabFactory:
    @contextmanager
    def factory(path: Path, name: str | None) -> Iterator[RunningLab]:
        topology = load(path, name=name)
        refuse_untrusted(topology, trust=trust)
        was_up = topology.name in running_labs()
        words = "using" if was_up else "bringing up"
        err.print(f"[dim]{words} lab {escape(topology.name)} of {escape(shown(path))}[/]")
        with (
            PlanProgress(plans.build(topology)) as progress,
            running_lab(topology, progress) as lab,
        ):
            progress.stop()
            yield lab
            if not was_up:
                err.print(f"[dim]taking lab {escape(topology.name)} down[/]")

    return factory


def _summarize(outcome: ReplayResult, results: Path) -> None:
    counts = dict.fromkeys(Verdict, 0)
    for item in outcome.judged:
        counts[item.result.verdict] += 1
        if not item.as_expected:
            why = (item.note.splitlines() or [""])[0]  # the rest stands with the step
            err.print(f"[bold red]not as expected[/] {escape(item.result.id)}: {escape(why)}")
    words = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    expected = all(item.as_expected for item in outcome.judged)
    style = "green" if expected else "bold red"
    err.print(f"[{style}]{words or 'nothing ran'}[/], results in {escape(str(results))}")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("replay")(replay_)
