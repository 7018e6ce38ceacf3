"""What people see while scenarios run."""

from __future__ import annotations

from typing import Protocol

from rich.console import Console
from rich.markup import escape

from lab.scenario.model import Scenario
from lab.scenario.result import ScenarioResult, StepResult
from lab.scenario.steps.base import StepSource
from lab.scenario.verdict import Verdict


class Progress(Protocol):
    """Told of everything that happens, in order."""

    def scenario_started(self, scenario: Scenario) -> None:
        """A scenario begins."""
        ...

    def step_started(self, source: StepSource) -> None:
        """A step begins."""
        ...

    def step_finished(self, result: StepResult) -> None:
        """A step ended."""
        ...

    def scenario_finished(self, result: ScenarioResult) -> None:
        """A scenario ended."""
        ...


class SilentProgress:
    """Shows nothing."""

    def scenario_started(self, scenario: Scenario) -> None:
        """See Progress."""

    def step_started(self, source: StepSource) -> None:
        """See Progress."""

    def step_finished(self, result: StepResult) -> None:
        """See Progress."""

    def scenario_finished(self, result: ScenarioResult) -> None:
        """See Progress."""


_STYLE = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.ERROR: "bold magenta",
    Verdict.INCONCLUSIVE: "yellow",
}


class ConsoleProgress:
    """Lines on a console; on a terminal the running step is shown as well."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = console.status("")

    def scenario_started(self, scenario: Scenario) -> None:
        """See Progress."""
        self._console.print(f"[bold]{escape(scenario.id)}[/bold]  {escape(scenario.name)}")
        self._status.start()

    def step_started(self, source: StepSource) -> None:
        """See Progress."""
        self._status.update(f"  {source.id} {escape(source.title)}")

    def step_finished(self, result: StepResult) -> None:
        """See Progress."""
        self._line(f"  {result.id:<9} ", result.verdict, result.name, result.measured)
        if result.reason:
            self._console.print(f"            {escape(result.place)}: {escape(result.reason)}")

    def scenario_finished(self, result: ScenarioResult) -> None:
        """See Progress."""
        self._status.stop()
        self._line("", result.verdict, result.id, result.measured)
        if result.bundle:
            self._console.print(f"  see {escape(result.bundle)}")

    def _line(self, lead: str, verdict: Verdict, text: str, measured: dict[str, object]) -> None:
        took = measured.get("seconds")
        time = f"  [dim]{took:.2f} s[/dim]" if isinstance(took, float) else ""
        style = _STYLE[verdict]
        self._console.print(f"{lead}[{style}]{verdict:<12}[/{style}] {escape(text)}{time}")
