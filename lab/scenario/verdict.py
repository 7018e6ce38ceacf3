"""The four verdicts, and which error means which."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from lab.errors import LabError


class Verdict(StrEnum):
    """How a step or a scenario ended."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    """What was tested did something else than expected."""
    ERROR = "error"
    """The test could not be carried out: infrastructure, or a mistake in the scenario."""
    INCONCLUSIVE = "inconclusive"
    """This machine cannot do what the test needs."""


_WORST_FIRST = (Verdict.ERROR, Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The one that decides: error > fail > inconclusive > pass; pass for none at all."""
    return min(verdicts, key=_WORST_FIRST.index, default=Verdict.PASS)


class ExpectationError(Exception):
    """A step saw something else than it expected: verdict fail."""


class StoppedError(Exception):
    """A step ends with the verdict of a step that it contains."""

    def __init__(self, verdict: Verdict, reason: str, capability: str = "") -> None:
        super().__init__(reason)
        self.verdict = verdict
        self.capability = capability


class OutOfTimeError(LabError):
    """The time of the whole scenario ran out: verdict error."""
