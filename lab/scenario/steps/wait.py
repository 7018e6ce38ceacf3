"""wait: repeat a step until it passes."""

from __future__ import annotations

import time
from typing import ClassVar

from pydantic import Field

from lab.errors import LabError, UnsupportedError
from lab.scenario.steps.base import Duration, NestedStep, Step, StepContext
from lab.scenario.strict import Strict
from lab.scenario.verdict import ExpectationError, OutOfTimeError


class WaitAction(Strict):
    """A condition, how long it may take to come true, and how often to look."""

    until: NestedStep = Field(description="An exec, opi, traffic or check step.")
    deadline: Duration = 30.0
    interval: Duration = Field(default=0.1, description="Pause after the first failure.")
    backoff: float = Field(
        default=1.5, ge=1, description="Each pause is this many times the last one."
    )
    max_interval: Duration = 2.0


class WaitStep(Step):
    """Repeat a step until it passes."""

    kind: ClassVar[str] = "wait"
    conditions: ClassVar[frozenset[str]] = frozenset({"exec", "opi", "traffic", "check"})

    wait: WaitAction

    def time_allowed(self) -> float:
        """The deadline, which `timeout` may shorten."""
        own = self.wait.deadline
        return own if self.timeout is None else min(own, self.timeout)

    def run(self, context: StepContext) -> None:
        """See Step."""
        pause, number = self.wait.interval, 1
        while reason := _attempt(context, number):
            context.measured |= {"attempts": number, "last_failure": reason}
            if context.deadline.remaining() <= pause:
                raise ExpectationError(
                    f"not within {context.deadline.seconds:g} s"
                    f" ({number} {'attempt' if number == 1 else 'attempts'}); last: {reason}"
                )
            time.sleep(pause)
            pause = min(pause * self.wait.backoff, self.wait.max_interval)
            number += 1
        context.measured["attempts"] = number


def _attempt(context: StepContext, number: int) -> str:
    """Why the condition does not hold yet, '' when it does.

    A node that is on its way up refuses commands, so errors count as "not yet"; what the machine
    can never do, and the end of the scenario's time, do not.
    """
    try:
        context.attempt(context.source.children[0], context.deadline, number)
    except (UnsupportedError, OutOfTimeError):
        raise
    except (ExpectationError, LabError, TimeoutError) as error:
        return str(error) or type(error).__name__
    return ""
