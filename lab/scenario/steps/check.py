"""check: compare values that earlier steps saved."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, model_validator

from lab.scenario.matchers import MATCHER_NAMES, Matcher
from lab.scenario.steps.base import Step, StepContext
from lab.scenario.verdict import ExpectationError


class CheckAction(Matcher):
    """A value and what it must be."""

    value: Any = Field(description='Mostly a saved variable, "${serial}".')

    @model_validator(mode="after")
    def _compares(self) -> CheckAction:
        if not self.model_fields_set & MATCHER_NAMES:
            raise ValueError("compares with nothing; give equals, regex, gt or another comparison")
        return self


class CheckStep(Step):
    """Compare values."""

    kind: ClassVar[str] = "check"

    check: CheckAction

    def run(self, context: StepContext) -> None:
        """See Step."""
        context.measured["value"] = self.check.value
        if reason := self.check.mismatch(self.check.value, "the value"):
            raise ExpectationError(reason)
