"""What all step kinds share: the fields of every step, and what a step acts through."""

from __future__ import annotations

import hashlib
import re
from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Protocol

from pydantic import BeforeValidator, Field, WithJsonSchema

from lab.node import Node, RunningLab
from lab.scenario.deadline import Deadline
from lab.scenario.dissector import Dissector
from lab.scenario.faults import Faults
from lab.scenario.strict import Strict
from lab.scenario.verdict import ExpectationError

_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(us|ms|s|m|h)?")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, None: 1.0, "m": 60.0, "h": 3600.0}


def seconds(value: Any) -> float:
    """Read 5, 0.5, "500ms", "30s" or "2m" as seconds. Raises ValueError."""
    match = None if isinstance(value, bool) else _DURATION.fullmatch(str(value).strip())
    if match is None:
        raise ValueError(f"{value!r} is not a duration: write 500ms, 30s or 2m")
    return float(match[1]) * _SECONDS[match[2]]


Duration = Annotated[
    float,
    BeforeValidator(seconds),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "string", "pattern": r"^\d+(\.\d+)?(us|ms|s|m|h)?$"},
            ]
        }
    ),
]
NESTED_STEP = "dpulab: a step"
"""Comment in the JSON Schema that stands for a reference to the schema of a step."""
NestedStep = Annotated[dict[str, Any], WithJsonSchema({"$comment": NESTED_STEP})]


class CountRange(Strict):
    """How many; both ends count as allowed."""

    min: int = Field(default=0, ge=0)
    max: int | None = Field(default=None, ge=0)

    def holds(self, count: int) -> bool:
        """Whether a count is in the range."""
        return self.min <= count and (self.max is None or count <= self.max)

    def __str__(self) -> str:
        if self.max is None:
            return f"at least {self.min}"
        return str(self.min) if self.min == self.max else f"{self.min} to {self.max}"


@dataclass(frozen=True, slots=True)
class StepSource:
    """A step as it stands in the file: not yet substituted, apart from the steps inside it."""

    kind: str
    id: str
    """Place in the scenario, 1-based: "3", "3.1" inside step 3, "cleanup.1"."""
    raw: dict[str, Any]
    """The step's mapping; the steps inside it are left empty there."""
    place: str
    """FILE:LINE"""
    children: tuple[StepSource, ...] = ()

    @property
    def title(self) -> str:
        """What to call it: its name, else its kind."""
        return str(self.raw.get("name") or self.kind)

    def walk(self) -> Iterator[StepSource]:
        """This step and all inside it."""
        yield self
        for child in self.children:
            yield from child.walk()


class ApiClient(Protocol):
    """What an opi step needs of `lab.opi.OpiClient`."""

    def call(self, method: str, body: dict[str, Any], timeout: float) -> dict[str, Any]:
        """Call a unary method by its full name."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


@dataclass
class StepContext:
    """Everything through which one step acts, and where it leaves what it found out."""

    lab: RunningLab
    source: StepSource
    deadline: Deadline
    scenario_id: str
    seed: int
    folder: Path
    """Where the step may leave files."""
    faults: Faults
    save: Callable[[str, Any], None]
    connect: Callable[[str], ApiClient]
    """Open a client to a gRPC target."""
    find_dissector: Callable[[], Dissector]
    run_child: Callable[[StepSource, Deadline], None]
    """Run a step of `source.children`. Raises StoppedError unless it passes."""
    attempt: Callable[[StepSource, Deadline, int], None]
    """Run a step once for a wait, under its attempt number; its errors come through."""
    attempt_number: int = 0
    measured: dict[str, Any] = field(default_factory=dict)

    def node(self, name: str) -> Node:
        """A node of the lab."""
        return self.lab.node(name)

    def derived(self, purpose: str, digits: int) -> str:
        """Hex digits that depend on the seed and on this step's place alone."""
        parts = (str(self.seed), self.scenario_id, self.source.id, str(self.attempt_number))
        return hashlib.sha256("\0".join((*parts, purpose)).encode()).hexdigest()[:digits]


class Step(Strict):
    """A step of a scenario."""

    kind: ClassVar[str]
    default_timeout: ClassVar[float] = 30.0

    name: str = Field(default="", description="What the step shows, for people.")
    timeout: Duration | None = Field(
        default=None, description="The step fails when it takes longer."
    )

    @abstractmethod
    def run(self, context: StepContext) -> None:
        """Act and judge. Raises ExpectationError when the step fails."""

    def places(self) -> Iterator[str]:
        """NODE and NODE:INTERFACE names that the step acts on."""
        yield from ()

    def time_allowed(self) -> float:
        """Seconds that the step may take."""
        return self.default_timeout if self.timeout is None else self.timeout

    def perform(self, context: StepContext) -> None:
        """`run`, as the engine calls it."""
        self.run(context)


class Invertible(Step):
    """A step that may be expected to fail."""

    negate: bool = Field(
        default=False,
        alias="not",
        description="Expect the expectation to fail. Errors and lack of time stay what they are.",
    )

    def perform(self, context: StepContext) -> None:
        """`run`, inverted where asked for."""
        if not self.negate:
            self.run(context)
            return
        try:
            self.run(context)
        except ExpectationError as error:
            context.measured["expected_failure"] = str(error)
            return
        raise ExpectationError("was expected to fail (not: true), but passed")
