"""Many scenarios: finding the files, sharing labs, judging the results, reports."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from lab.errors import LabError, UnsupportedError
from lab.node import RunningLab
from lab.scenario.bundle import write_result
from lab.scenario.expected import (
    ExitCode,
    Expectations,
    Judged,
    exit_code,
    find_expected_file,
    load_expectations,
)
from lab.scenario.junit import junit_xml
from lab.scenario.load import load_scenario, scenario_id
from lab.scenario.model import SUFFIX, Scenario
from lab.scenario.progress import Progress, SilentProgress
from lab.scenario.result import ScenarioResult, input_hashes, result_json
from lab.scenario.run import RunOptions, run_scenario, unmet
from lab.scenario.verdict import Verdict

LabFactory = Callable[[Path, str | None], AbstractContextManager[RunningLab]]
"""Brings up the lab of a topology file, under a name or the file's own, for a `with`."""


@dataclass(frozen=True)
class ReplayOptions:
    """How to replay."""

    run: RunOptions = field(default_factory=RunOptions)
    results_dir: Path = Path("dpulab-results")
    junit: Path | None = None
    """File for JUnit XML."""
    environment: str = "default"
    """Which part of expected-inconclusive.yml counts."""
    expected_file: Path | None = None
    """Instead of the nearest one above each scenario."""
    lab_name: str | None = None
    fail_fast: bool = False
    """Stop after the first scenario that is not as expected."""
    progress: Progress = field(default_factory=SilentProgress)


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What came of all."""

    judged: tuple[Judged, ...]

    @property
    def exit_code(self) -> ExitCode:
        """See ExitCode."""
        return exit_code(self.judged)


def collect(paths: Iterable[Path]) -> list[Path]:
    """Scenario files: each file given, and all below each folder, sorted, none twice.

    Raises LabError for a path that is not there and when nothing is found.
    """
    given = list(paths)
    found = dict.fromkeys(file.resolve() for path in given for file in _files(path))
    if not found:
        where = ", ".join(str(path) for path in given) or "nothing"
        raise LabError(f"no scenarios in {where}", f"scenario files are called *{SUFFIX}")
    return list(found)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(path.rglob(f"*{SUFFIX}"))
    if not path.is_file():
        raise LabError(f"no scenario file or folder {path}", f"scenario files are called *{SUFFIX}")
    return [path]


class LabKeeper:
    """At most one lab at a time, shared by scenarios that can share it. A context manager."""

    def __init__(self, factory: LabFactory, name: str | None = None) -> None:
        self._factory = factory
        self._name = name
        self._topology: Path | None = None
        self._open: AbstractContextManager[RunningLab] | None = None
        self._lab: RunningLab | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def lab_for(self, scenario: Scenario) -> RunningLab:
        """The lab of a scenario's topology; a new one where it asks for that. Raises LabError."""
        if self._lab is not None and self._topology == scenario.topology and not scenario.fresh_lab:
            return self._lab
        self.close()
        opened = self._factory(scenario.topology, self._name)
        self._lab = opened.__enter__()
        self._open, self._topology = opened, scenario.topology
        return self._lab

    def after(self, scenario: Scenario, result: ScenarioResult) -> None:
        """Give up a lab that the next scenario must not meet."""
        if scenario.fresh_lab or result.verdict in {Verdict.FAIL, Verdict.ERROR}:
            self.close()

    def close(self) -> None:
        """Take the lab down, where there is one."""
        opened, self._open, self._lab = self._open, None, None
        if opened is not None:
            opened.__exit__(None, None, None)


def replay(
    paths: Iterable[Path], lab_factory: LabFactory, options: ReplayOptions | None = None
) -> ReplayResult:
    """Run scenarios, those of one topology one after another, and write the reports.

    A file that cannot be read is an error of its own and does not keep the others from running.
    An interrupt comes through, after the lab is down and the reports say what had been found.
    """
    options = options or ReplayOptions()
    judged: list[Judged] = []
    try:
        with LabKeeper(lab_factory, options.lab_name) as keeper:
            for item in _results(collect(paths), keeper, options):
                judged.append(item)
                if options.fail_fast and not item.as_expected:
                    break
    finally:
        _write_reports(judged, options)
    return ReplayResult(tuple(judged))


def _results(files: list[Path], keeper: LabKeeper, options: ReplayOptions) -> Iterator[Judged]:
    scenarios: list[Scenario] = []
    for file in files:
        try:
            scenarios.append(load_scenario(file))
        except LabError as error:
            yield _unreadable(file, error, options)
    _check_variables(scenarios, options)
    # Read before anything runs: a mistake in them must not cost the results.
    expected = {scenario.id: expectations_for(scenario.path, options) for scenario in scenarios}
    for scenario in _by_topology(scenarios):
        yield expected[scenario.id].judge(run_kept(scenario, keeper, options))


def _unreadable(file: Path, error: LabError, options: ReplayOptions) -> Judged:
    result = ScenarioResult(
        id=scenario_id(file), name=file.name, verdict=Verdict.ERROR, seed=0, reason=str(error)
    )
    options.progress.scenario_finished(result)
    return Judged(result, False, str(error))


def _check_variables(scenarios: list[Scenario], options: ReplayOptions) -> None:
    """A --set that no scenario knows is a typing mistake."""
    declared = {name for scenario in scenarios for name in scenario.vars}
    for name in options.run.set_vars:
        if scenarios and name not in declared:
            known = ", ".join(sorted(declared)) or "none"
            raise LabError(f"no scenario has a variable '{name}'", f"variables: {known}")


def _by_topology(scenarios: list[Scenario]) -> list[Scenario]:
    """The same order, but those of one topology together, at the place of the first."""
    rank = {topology: i for i, topology in reversed(list(enumerate(s.topology for s in scenarios)))}
    return sorted(scenarios, key=lambda scenario: rank[scenario.topology])


def expectations_for(scenario: Path, options: ReplayOptions) -> Expectations:
    """What is expected of a scenario in this environment. Raises LabError for a bad file."""
    file = options.expected_file or find_expected_file(scenario)
    return load_expectations(file, options.environment) if file else Expectations()


def run_kept(scenario: Scenario, keeper: LabKeeper, options: ReplayOptions) -> ScenarioResult:
    """Run a scenario on the keeper's lab; trouble with the lab is the scenario's result."""
    missing = unmet(scenario, options.run)
    if missing:
        return _finished(missing, options)
    try:
        lab = keeper.lab_for(scenario)
    except LabError as error:
        return _finished(_no_lab(scenario, error, options), options)
    result = run_scenario(
        scenario,
        lab,
        progress=options.progress,
        results_dir=options.results_dir,
        options=options.run,
    )
    return _after(scenario, result, keeper)


def _after(scenario: Scenario, result: ScenarioResult, keeper: LabKeeper) -> ScenarioResult:
    try:
        keeper.after(scenario, result)
    except LabError as error:
        reason = f"{result.reason}\nthe lab could not be taken down: {error}".strip()
        return replace(result, verdict=Verdict.ERROR, reason=reason)
    return result


def _no_lab(scenario: Scenario, error: LabError, options: ReplayOptions) -> ScenarioResult:
    unsupported = isinstance(error, UnsupportedError)
    return ScenarioResult(
        id=scenario.id,
        name=scenario.name,
        verdict=Verdict.INCONCLUSIVE if unsupported else Verdict.ERROR,
        seed=scenario.seed if options.run.seed is None else options.run.seed,
        reason=f"no lab: {error}",
        capability=error.capability if isinstance(error, UnsupportedError) else "",
        inputs=input_hashes(scenario, None),
    )


def _finished(result: ScenarioResult, options: ReplayOptions) -> ScenarioResult:
    """A result that no run wrote."""
    write_result(result_json(result), options.results_dir / result.id)
    options.progress.scenario_finished(result)
    return result


def _write_reports(judged: list[Judged], options: ReplayOptions) -> None:
    """replay.json in the results folder, and JUnit XML where asked for."""
    options.results_dir.mkdir(parents=True, exist_ok=True)
    summary: dict[str, Any] = {
        "environment": options.environment,
        "exit_code": int(exit_code(judged)),
        "scenarios": [
            result_json(item.result) | {"as_expected": item.as_expected, "note": item.note}
            for item in judged
        ],
    }
    (options.results_dir / "replay.json").write_text(json.dumps(summary, indent=2) + "\n")
    if options.junit is not None:
        options.junit.parent.mkdir(parents=True, exist_ok=True)
        options.junit.write_bytes(junit_xml(judged))
