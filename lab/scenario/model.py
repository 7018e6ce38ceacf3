"""A scenario as it is replayed, and the file that it is read from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import Field

from lab.errors import LabError
from lab.scenario.steps.base import Duration, NestedStep, StepSource
from lab.scenario.strict import Strict
from lab.topology.problems import Problem

SUFFIX = ".scenario.yml"
DEFAULT_TIMEOUT = 120.0


class ScenarioFile(Strict):
    """A scenario: what to do to a running lab and what must come of it."""

    name: str = Field(min_length=1, description="One line that says what is shown.")
    description: str = Field(default="", description="Why this matters, for people.")
    topology: str = Field(
        min_length=1, description="Topology file, relative to this file's folder."
    )
    seed: int = Field(default=1, ge=0, description="Same seed, same packets.")
    timeout: Duration = Field(
        default=DEFAULT_TIMEOUT, description="For all steps together; cleanup has its own time."
    )
    vars: dict[str, Any] = Field(
        default_factory=dict, description="Values for ${name}; --set replaces them."
    )
    requires: list[str] = Field(
        default_factory=list,
        description="Capabilities without which the scenario is inconclusive.",
    )
    fresh_lab: bool = Field(default=False, description="Do not share the lab with other scenarios.")
    steps: list[NestedStep] = Field(
        min_length=1, description="Run in order up to the first that does not pass."
    )
    cleanup: list[NestedStep] = Field(
        default_factory=list, description="Each is run in any case, whatever happened before."
    )


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario that has been read and checked."""

    id: str
    """Path below the folder of scenarios without suffix: quickstart/link-cut."""
    path: Path
    name: str
    topology: Path
    steps: tuple[StepSource, ...]
    cleanup: tuple[StepSource, ...] = ()
    description: str = ""
    seed: int = 1
    timeout: float = DEFAULT_TIMEOUT
    vars: dict[str, Any] = field(default_factory=dict)
    requires: tuple[str, ...] = ()
    fresh_lab: bool = False

    def walk(self) -> Iterator[StepSource]:
        """Every step, also of cleanup and inside other steps."""
        for step in (*self.steps, *self.cleanup):
            yield from step.walk()


class ScenarioError(LabError):
    """A scenario file that cannot be used. `problems` are sorted by their place in the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.line, p.column, p.what)))
        if len(self.problems) == 1:
            super().__init__(str(self.problems[0]), self.problems[0].hint)
        else:
            super().__init__("\n".join(str(LabError(str(p), p.hint)) for p in self.problems))
