"""Runs one scenario on a lab that is up."""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from lab import capabilities
from lab.errors import LabError, UnsupportedError
from lab.node import RunningLab
from lab.opi import OpiClient
from lab.scenario.bundle import empty, write_bundle, write_result
from lab.scenario.deadline import AlarmRang, Deadline, alarm
from lab.scenario.dissector import Dissector, find_dissector
from lab.scenario.faults import Faults
from lab.scenario.load import read_step
from lab.scenario.model import Scenario
from lab.scenario.preflight import check_places
from lab.scenario.progress import Progress
from lab.scenario.result import ScenarioResult, StepResult, input_hashes, result_json
from lab.scenario.steps.base import ApiClient, Step, StepContext, StepSource
from lab.scenario.variables import Variables, substitute
from lab.scenario.verdict import ExpectationError, OutOfTimeError, StoppedError, Verdict, worst

CLEANUP_TIMEOUT = 60.0
"""Seconds for the cleanup steps together, and again for mending what faults left broken."""


@dataclass(frozen=True)
class RunOptions:
    """How to run; the callables are how a run reaches beyond the lab."""

    seed: int | None = None
    """Instead of the scenario's own."""
    set_vars: Mapping[str, Any] = field(default_factory=dict)
    """Values for variables that a scenario declares; others are left alone."""
    require: Callable[[Iterable[str]], None] = capabilities.require
    """Raises UnsupportedError for a capability that the machine lacks."""
    images: Callable[[RunningLab], Mapping[str, str]] | None = None
    """Image ids of a lab, by name."""
    connect: Callable[[str], ApiClient] = OpiClient
    find_dissector: Callable[[RunningLab], Dissector] = find_dissector


def run_scenario(
    scenario: Scenario,
    lab: RunningLab,
    *,
    progress: Progress,
    results_dir: Path,
    options: RunOptions | None = None,
) -> ScenarioResult:
    """Run a scenario, clean up after it, write its result, and its bundle unless it passed.

    Whatever the steps do ends in the verdict. Only an interrupt (Ctrl-C) comes through, after the
    cleanup.
    """
    run = _Run(scenario, lab, progress, results_dir / scenario.id, options or RunOptions())
    progress.scenario_started(scenario)
    empty(results_dir / scenario.id)
    try:
        run.steps()
    finally:
        try:
            run.clean_up()
        finally:
            result = run.finish()
    return result


def unmet(scenario: Scenario, options: RunOptions) -> ScenarioResult | None:
    """The result of a scenario whose requirements are not met; None when they are."""
    try:
        options.require(scenario.requires)
    except LabError as error:
        verdict, capability = _verdict_of(error)
        return ScenarioResult(
            id=scenario.id,
            name=scenario.name,
            verdict=verdict,
            seed=_seed(scenario, options),
            reason=str(error),
            capability=capability,
            inputs=input_hashes(scenario, None),
        )
    return None


def _seed(scenario: Scenario, options: RunOptions) -> int:
    return scenario.seed if options.seed is None else options.seed


def _verdict_of(error: BaseException) -> tuple[Verdict, str]:
    """Verdict, and the capability that is missing."""
    if isinstance(error, StoppedError):
        return error.verdict, error.capability
    if isinstance(error, UnsupportedError):
        return Verdict.INCONCLUSIVE, error.capability
    return (Verdict.FAIL if isinstance(error, ExpectationError) else Verdict.ERROR), ""


def _reason_of(error: BaseException) -> str:
    if isinstance(error, ExpectationError | LabError | StoppedError):
        return str(error)
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return "interrupted"
    # Neither the scenario nor the lab explains this one: whoever reads it needs the place.
    frames = "".join(traceback.format_tb(error.__traceback__)[-3:])
    return f"{type(error).__name__}: {error}\n{frames}".strip()


class _Run:
    """One run of one scenario."""

    def __init__(
        self,
        scenario: Scenario,
        lab: RunningLab,
        progress: Progress,
        folder: Path,
        options: RunOptions,
    ) -> None:
        self._scenario = scenario
        self._lab = lab
        self._progress = progress
        self._folder = folder
        self._options = options
        self._seed = _seed(scenario, options)
        self._faults = Faults(lab)
        self._steps: list[StepResult | None] = []
        self._cleanup: list[StepResult | None] = []
        self._log = self._steps
        self._outcome: tuple[Verdict, str, str] = (Verdict.PASS, "", "")
        self._budget = Deadline(scenario.timeout)
        self._began = False
        self._started = time.monotonic(), datetime.now(UTC).isoformat()
        self._variables = Variables(
            {"seed": self._seed, "scenario": scenario.id, "tag": self._tag()},
            lab.topology,
            lab.mgmt_address,
        )

    def _tag(self) -> str:
        return hashlib.sha256(f"{self._seed}\0{self._scenario.id}".encode()).hexdigest()[:32]

    def steps(self) -> None:
        """Run the steps up to the first that does not pass."""
        try:
            with alarm(self._scenario.timeout):
                self._prepare()
                self._began = True
                for source in self._scenario.steps:
                    self._run_listed(source, self._budget)
        except AlarmRang:
            self._decide(OutOfTimeError(self._time_over()))
        except BaseException as error:
            self._decide(error)
            if not isinstance(error, Exception):
                raise

    def _time_over(self) -> str:
        whose = "cleanup's" if self._log is self._cleanup else "scenario's"
        return f"the {whose} {self._budget.seconds:g} s ran out"

    def _decide(self, error: BaseException) -> None:
        verdict, capability = _verdict_of(error)
        self._outcome = verdict, _reason_of(error), capability

    def _prepare(self) -> None:
        """Everything that can be found wrong before the lab is touched."""
        self._options.require(self._scenario.requires)
        for name, value in self._scenario.vars.items():
            given = self._options.set_vars.get(name, value)
            self._variables.set(name, substitute(given, self._variables))
        check_places(self._scenario, self._lab.topology, self._variables)

    def _run_listed(self, source: StepSource, deadline: Deadline) -> None:
        """Run a step and list its result. Raises StoppedError unless it passes."""
        log, slot = self._log, len(self._log)
        log.append(None)
        started = time.monotonic()
        measured: dict[str, Any] = {}
        self._progress.step_started(source)
        caught: BaseException | None = None
        try:
            self._perform(source, deadline, measured, 0)
        except BaseException as error:  # noqa: BLE001 - turned into a verdict or raised below
            caught = error
        result = self._result(source, caught, measured)
        result.measured["seconds"] = round(time.monotonic() - started, 3)
        log[slot] = result
        self._progress.step_finished(result)
        if caught is not None and not isinstance(caught, Exception):
            raise caught
        if result.verdict is not Verdict.PASS:
            reason = f"step {source.id} ({source.title}): {result.reason}"
            if isinstance(caught, StoppedError):
                reason = result.reason
            raise StoppedError(result.verdict, reason, result.capability)

    def _result(
        self, source: StepSource, caught: BaseException | None, measured: dict[str, Any]
    ) -> StepResult:
        verdict, reason, capability = Verdict.PASS, "", ""
        if isinstance(caught, AlarmRang):
            verdict, reason = Verdict.ERROR, self._time_over()
        elif caught is not None:
            verdict, capability = _verdict_of(caught)
            reason = _reason_of(caught)
        return StepResult(
            source.id,
            source.kind,
            source.title,
            verdict,
            reason,
            capability,
            source.place,
            measured,
        )

    def _perform(
        self, source: StepSource, within: Deadline, measured: dict[str, Any], attempt: int
    ) -> None:
        """Run a step once; its errors come through."""
        step = read_step(source, substitute(source.raw, self._variables))
        deadline = within.within(step.time_allowed())
        context = StepContext(
            lab=self._lab,
            source=source,
            deadline=deadline,
            scenario_id=self._scenario.id,
            seed=self._seed,
            folder=self._folder,
            faults=self._faults,
            save=self._variables.set,
            connect=self._options.connect,
            find_dissector=lambda: self._options.find_dissector(self._lab),
            run_child=self._run_listed,
            attempt=lambda child, limit, number: self._perform(
                child, limit, measured.setdefault("condition", {}), number
            ),
            attempt_number=attempt,
            measured=measured,
        )
        self._in_time(step, context)

    def _in_time(self, step: Step, context: StepContext) -> None:
        """Perform a step. Lack of a step's time is its failure, lack of the scenario's an error."""
        allowed = step.time_allowed()
        try:
            step.perform(context)
        except TimeoutError as error:
            if self._budget.expired:
                raise OutOfTimeError(self._time_over()) from error
            if not context.deadline.expired:
                raise
            raise ExpectationError(f"did not end within its {allowed:g} s: {error}") from error
        if self._budget.expired:
            raise OutOfTimeError(self._time_over())
        if context.deadline.expired:
            raise ExpectationError(f"took longer than its {allowed:g} s")

    def clean_up(self) -> None:
        """Run every cleanup step, then mend what faults left broken, whatever fails on the way.

        Trouble here is an error of the scenario: the next one would find a damaged lab.
        """
        if not self._began:
            return
        self._log = self._cleanup
        self._budget = Deadline(CLEANUP_TIMEOUT)
        self._tidy(
            [partial(self._run_listed, step, self._budget) for step in self._scenario.cleanup]
        )
        self._budget = Deadline(CLEANUP_TIMEOUT)
        self._tidy([partial(self._mend, title, action) for title, action in self._faults.pending()])

    def _tidy(self, actions: Iterable[Callable[[], None]]) -> None:
        try:
            with alarm(CLEANUP_TIMEOUT):
                for action in actions:
                    try:
                        action()
                    except StoppedError as error:
                        self._spoil(f"cleanup: {error}")
        except AlarmRang:
            self._spoil(f"cleanup did not end within {CLEANUP_TIMEOUT:g} s")

    def _spoil(self, reason: str) -> None:
        verdict, before, _ = self._outcome
        both = f"{before}\n{reason}" if before else reason
        self._outcome = worst([verdict, Verdict.ERROR]), both, ""

    def _mend(self, title: str, action: Callable[[], None]) -> None:
        source = StepSource("restore", f"cleanup.{len(self._cleanup) + 1}", {"name": title}, "")
        caught: Exception | None = None
        started = time.monotonic()
        try:
            action()
        except Exception as error:  # noqa: BLE001 - one that fails must not keep others from mending
            caught = error
        measured = {"seconds": round(time.monotonic() - started, 3)}
        result = self._result(source, caught, measured)
        self._cleanup.append(result)
        self._progress.step_finished(result)
        if caught:
            raise StoppedError(Verdict.ERROR, f"{title}: {result.reason}")

    def finish(self) -> ScenarioResult:
        """The result, written to its folder together with the bundle."""
        verdict, reason, capability = self._outcome
        seconds, started_at = self._started
        inputs = input_hashes(self._scenario, self._lab)
        if self._options.images:
            inputs |= {f"image {k}": v for k, v in self._options.images(self._lab).items()}
        result = ScenarioResult(
            id=self._scenario.id,
            name=self._scenario.name,
            verdict=verdict,
            seed=self._seed,
            reason=reason,
            capability=capability,
            steps=tuple(step for step in self._steps if step),
            cleanup=tuple(step for step in self._cleanup if step),
            inputs=inputs,
            measured={
                "started_at": started_at,
                "seconds": round(time.monotonic() - seconds, 3),
            },
        )
        if verdict is not Verdict.PASS:
            result = replace(result, bundle=str(self._folder))
            write_bundle(self._lab, self._folder)
        write_result(result_json(result), self._folder)
        self._progress.scenario_finished(result)
        return result
