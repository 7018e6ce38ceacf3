"""`make test`: the areas one after the other, each with its time budget, and one closing line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap.console import ROOT, BootstrapError, say
from bootstrap.oracles import ensure_oracles
from bootstrap.venv import VENV
from bootstrap.vm_image import VARIABLE, ensure_machine

RESULTS = ROOT / "results"
SUMMARY = RESULTS / "summary.txt"
NOT_FULL = ("-m", "not full")


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the test run: commands (first word a program of .venv) and a budget in seconds."""

    name: str
    budget: float
    commands: tuple[tuple[str, ...], ...]
    takes_marks: bool = False
    only_full: bool = False
    """Runs in `make test-full`, or when it is named."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an area ended; `counts` are test cases by outcome, empty for lint."""

    area: Area
    code: int
    seconds: float
    counts: Counter[str]


def pytest_area(name: str, folder: str, budget: float) -> Area:
    """Return an area that is one pytest run with a JUnit report."""
    command = ("pytest", "-q", folder, f"--junitxml=results/{name}.xml")
    return Area(name, budget, (command,), takes_marks=True)


LINT = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports",),
    ("python", "-m", "bootstrap.protolint"),
)
# under a name of their own, so that a lab somebody works with is not cut and killed by the tests
REPLAY = (
    *("dpulab", "replay", "scenarios", "--lab", "dpulab-test"),
    "--junitxml=results/scenarios.xml",
)
FULL = (
    *("pytest", "-q", "tests/full", "--junitxml=results/full.xml", "-m", "full"),
    "--continue-on-collection-errors",
)
AREAS = (
    Area("lint", 180, LINT),
    pytest_area("unit", "tests/unit", 420),
    pytest_area("integration", "tests/integration", 900),
    pytest_area("clients", "tests/clients", 900),
    Area("scenarios", 480, (REPLAY,)),
    Area("full", 2700, (FULL,), only_full=True),
)


def chosen_areas(names: Sequence[str], *, full: bool = False) -> list[Area]:
    """Return the named areas; when none is named, those of `make test`, or of `make test-full`.

    Raises BootstrapError on an unknown name.
    """
    known = {area.name: area for area in AREAS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BootstrapError(f"no such area: {', '.join(unknown)}", f"areas: {', '.join(known)}")
    usual = [area for area in AREAS if full or not area.only_full]
    return [known[name] for name in names] or usual


def run_areas(names: Sequence[str], *, full: bool) -> int:
    """Run areas to the end, also after a failure; return 1 if any failed."""
    areas = chosen_areas(names, full=full)
    os.environ.update(ensure_oracles())
    if any(area.only_full for area in areas):
        os.environ.update(_prepare_machine())
    RESULTS.mkdir(exist_ok=True)
    SUMMARY.unlink(missing_ok=True)
    outcomes = []
    for area in areas:
        say(f"\n=== {area.name} (budget {area.budget:g} s)")
        outcomes.append(_run(area, full=full or area.only_full))
    text = summary(outcomes)
    SUMMARY.write_text(text + "\n")
    sys.stdout.write(f"\n{text}\n")
    return int(any(outcome.code for outcome in outcomes))


def _prepare_machine() -> dict[str, str]:
    """Make the virtual machine; return the environment that tells the tests where it is.

    Without one its tests are skipped, and the others still run.
    """
    try:
        return {VARIABLE: str(ensure_machine())}
    except BootstrapError as error:
        say(f"warning: {error}\n  tests on a stock kernel will be skipped")
    return {}


def _run(area: Area, *, full: bool) -> Outcome:
    """Run an area's commands, all of them: one lint finding should not hide the next."""
    report = RESULTS / f"{area.name}.xml"
    report.unlink(missing_ok=True)
    env = {**os.environ, "PATH": f"{VENV / 'bin'}:{os.environ.get('PATH', '')}"}
    env.update({"DPULAB_FULL": "1"} if full else {})
    began = time.monotonic()
    code = 0
    for program, *arguments in area.commands:
        marks = NOT_FULL if area.takes_marks and not full else ()
        command = [str(VENV / "bin" / program), *arguments, *marks]
        say(f"--- {program} {' '.join([*arguments, *marks])}")
        try:
            done = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
        except OSError as error:
            raise BootstrapError(
                f"cannot run {command[0]}: {error.strerror}", "run: make test"
            ) from error
        code = code or done
    return Outcome(area, code, time.monotonic() - began, count_cases(report))


def count_cases(report: Path) -> Counter[str]:
    """Count the test cases of a JUnit report by outcome; empty when there is no report."""
    counts: Counter[str] = Counter()
    if report.exists():
        for case in ET.parse(report).iter("testcase"):  # noqa: S314 - our own file
            kinds = [child.tag for child in case if child.tag in {"failure", "error", "skipped"}]
            counts[kinds[0] if kinds else "passed"] += 1
    return counts


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return the table of areas and the closing line, worded as pytest words its own."""
    rows = [f"{'area':<12} {'verdict':<8} {'time':>8} {'budget':>8}  cases"]
    for outcome in outcomes:
        late = "  over budget" if outcome.seconds > outcome.area.budget else ""
        cases = ", ".join(f"{number} {kind}" for kind, number in sorted(outcome.counts.items()))
        verdict = "failed" if outcome.code else "passed"
        row = f"{outcome.area.name:<12} {verdict:<8} {outcome.seconds:>6.1f} s"
        rows.append(f"{row} {outcome.area.budget:>6.0f} s  {cases or '-'}{late}")
    return "\n".join([*rows, closing_line(outcomes)])


def closing_line(outcomes: Sequence[Outcome]) -> str:
    """Return one line with all test cases; an area that failed without any counts as an error."""
    total: Counter[str] = Counter()
    for outcome in outcomes:
        total += outcome.counts
        if outcome.code and not (outcome.counts["failure"] or outcome.counts["error"]):
            total["error"] += 1
    words = [
        ("failure", "failed"),
        ("passed", "passed"),
        ("skipped", "skipped"),
        ("error", "errors"),
    ]
    parts = [f"{total[kind]} {word}" for kind, word in words if total[kind]] or ["no tests ran"]
    return f"=== {', '.join(parts)} in {sum(outcome.seconds for outcome in outcomes):.2f}s ==="
