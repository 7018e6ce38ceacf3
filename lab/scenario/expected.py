"""The scenarios that are known to be inconclusive somewhere, and judging verdicts against them.

The file is committed beside the scenarios. Anything inconclusive that it does not list is not as
expected, and neither is a listed scenario that runs after all: the list never outlives its reasons.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from pydantic import Field, ValidationError

from lab.errors import LabError
from lab.scenario.load import EXPECTED_FILE, typed
from lab.scenario.model import SUFFIX
from lab.scenario.result import ScenarioResult
from lab.scenario.strict import Strict
from lab.scenario.verdict import Verdict
from lab.topology.source import SourceError, data, parse


class ExitCode(IntEnum):
    """Exit codes of a replay."""

    AS_EXPECTED = 0
    FAILED = 1
    ERROR = 2
    UNEXPECTEDLY_INCONCLUSIVE = 3


class ExpectedInconclusive(Strict):
    """A scenario that cannot be decided in an environment."""

    id: str
    capability: str = Field(description="What is missing there.")
    reason: str = Field(min_length=1, description="Why it is missing, for people.")


class ExpectedFile(Strict):
    """expected-inconclusive.yml: environment -> scenarios."""

    environments: dict[str, list[ExpectedInconclusive]]


@dataclass(frozen=True, slots=True)
class Judged:
    """A result, and whether it is what this environment should give."""

    result: ScenarioResult
    as_expected: bool
    note: str = ""
    """Why it is not, or which expectation it met."""

    @property
    def exit_code(self) -> ExitCode:
        """The exit code that this result alone would give."""
        if self.as_expected:
            return ExitCode.AS_EXPECTED
        match self.result.verdict:
            case Verdict.ERROR:
                return ExitCode.ERROR
            case Verdict.INCONCLUSIVE:
                return ExitCode.UNEXPECTEDLY_INCONCLUSIVE
            case _:
                return ExitCode.FAILED


class Expectations:
    """What one environment cannot decide: scenario id -> entry."""

    def __init__(self, entries: Iterable[ExpectedInconclusive] = ()) -> None:
        self._entries = {entry.id: entry for entry in entries}

    def judge(self, result: ScenarioResult) -> Judged:
        """Compare a result with what is expected of it here."""
        entry = self._entries.get(result.id)
        if result.verdict is Verdict.INCONCLUSIVE:
            return self._inconclusive(result, entry)
        if entry and result.verdict is Verdict.PASS:
            note = (
                f"listed as inconclusive without {entry.capability}, but it ran:"
                f" take it out of {EXPECTED_FILE}"
            )
            return Judged(result, False, note)
        return Judged(result, result.verdict is Verdict.PASS, result.reason)

    @staticmethod
    def _inconclusive(result: ScenarioResult, entry: ExpectedInconclusive | None) -> Judged:
        if entry is None:
            return Judged(result, False, f"unexpectedly inconclusive: {result.reason}")
        if entry.capability != result.capability:
            note = (
                f"expected to lack {entry.capability}, but lacks {result.capability or 'something'}"
                f": {result.reason}"
            )
            return Judged(result, False, note)
        return Judged(result, True, f"expected: {entry.reason}")


def load_expectations(file: Path, environment: str) -> Expectations:
    """Read the entries of an environment; one that is not listed has none. Raises LabError."""
    try:
        content = typed(data(parse(file.read_text())))
        parsed = ExpectedFile.model_validate(content)
    except SourceError as error:
        raise LabError(f"{file}: {error.what}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise LabError(f"{file}: {where}: {first['msg']}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise LabError(f"{file}: {error}") from None
    for entry in (entry for entries in parsed.environments.values() for entry in entries):
        if not (file.parent / f"{entry.id}{SUFFIX}").is_file():
            raise LabError(f"{file}: there is no scenario '{entry.id}'", "take it out of the list")
    return Expectations(parsed.environments.get(environment, []))


def find_expected_file(scenario: Path) -> Path | None:
    """The nearest expected-inconclusive file above a scenario."""
    for folder in scenario.resolve().parents:
        if (folder / EXPECTED_FILE).is_file():
            return folder / EXPECTED_FILE
    return None


def exit_code(judged: Iterable[Judged]) -> ExitCode:
    """Exit code of a replay: error before failure before unexpectedly inconclusive."""
    codes = {item.exit_code for item in judged}
    order = (ExitCode.ERROR, ExitCode.FAILED, ExitCode.UNEXPECTEDLY_INCONCLUSIVE)
    return next((code for code in order if code in codes), ExitCode.AS_EXPECTED)
