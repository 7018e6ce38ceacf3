"""The command line, the areas of `make test`, the Makefile and the link check."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bootstrap import __main__ as entry
from bootstrap import areas, doclinks, venv
from bootstrap.areas import Area, Outcome, chosen_areas, closing_line, count_cases, summary
from bootstrap.console import ROOT, BootstrapError
from bootstrap.main import COMMANDS, main

AREA = Area("unit", 10, (("true",),))


def test_an_old_python_is_told_of_the_newer_one_on_path(tmp_path: Path) -> None:
    for name in ("python3.9", "python3.11", "python3.13", "python3.13-config"):
        (tmp_path / name).write_text("")
    assert entry.complaint((3, 9), f"{tmp_path}:/nonexistent") == (
        "error: dpulab needs Python 3.11 or newer, this is 3.9\n"
        "  hint: python3.13 is here: run `make PYTHON=python3.13 lab-up`"
    )


def test_an_old_python_alone_is_told_what_to_install(tmp_path: Path) -> None:
    assert entry.complaint((3, 10), str(tmp_path)).endswith(
        "hint: install python3.11 or newer, then run `make PYTHON=python3.11 lab-up`"
    )


def test_a_new_python_is_not_told_anything() -> None:
    assert entry.complaint((3, 11), "") == entry.complaint((3, 14), "") == ""


def test_the_entry_point_starts_without_any_installed_package() -> None:
    command = [
        sys.executable,
        "-I",
        "-c",
        "import sys; sys.path.insert(0, '.'); import bootstrap.main",
    ]
    bare = [*command[:1], "-S", *command[1:]]
    assert subprocess.run(bare, cwd=ROOT, check=False).returncode == 0


def test_an_error_is_printed_with_its_hint_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise BootstrapError("it broke", "mend it")

    monkeypatch.setitem(COMMANDS, "venv", (fail, "x"))
    assert main(["venv"]) == 1
    assert capsys.readouterr().err == "error: it broke\n  hint: mend it\n"


def test_an_unknown_area_names_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "unti"]) == 1
    assert "no such area: unti" in capsys.readouterr().err
    usual = ["lint", "unit", "integration", "clients", "scenarios"]
    assert [area.name for area in chosen_areas([])] == usual
    assert [area.name for area in chosen_areas([], full=True)] == [*usual, "full"]
    assert [area.name for area in chosen_areas(["full"])] == ["full"]


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_a_broken_stamp_means_making_the_environment_anew(tmp_path: Path, text: str) -> None:
    stamp = tmp_path / "stamp.json"
    stamp.write_text(text)
    assert venv.read_stamp(stamp) == {}
    assert venv.read_stamp(tmp_path / "missing.json") == {}


def test_cases_are_counted_by_outcome(tmp_path: Path) -> None:
    report = tmp_path / "unit.xml"
    report.write_text(
        "<testsuites><testsuite><testcase/><testcase><failure/></testcase><testcase><skipped/>"
        "</testcase><testcase><system-out/></testcase></testsuite></testsuites>"
    )
    assert count_cases(report) == Counter(passed=2, failure=1, skipped=1)
    assert count_cases(tmp_path / "none.xml") == Counter()


def test_the_closing_line_reads_like_pytests() -> None:
    good = Outcome(AREA, 0, 1.5, Counter(passed=3, skipped=1))
    assert closing_line([good]) == "=== 3 passed, 1 skipped in 1.50s ==="
    bad = Outcome(AREA, 1, 1.0, Counter(passed=2, failure=1))
    assert closing_line([good, bad]) == "=== 1 failed, 5 passed, 1 skipped in 2.50s ==="


def test_an_area_that_fails_without_cases_is_an_error() -> None:
    crashed = Outcome(AREA, 2, 0.5, Counter(passed=4))
    assert closing_line([crashed]) == "=== 4 passed, 1 errors in 0.50s ==="
    assert closing_line([Outcome(AREA, 0, 0.5, Counter())]) == "=== no tests ran in 0.50s ==="


def test_the_table_names_verdict_time_and_budget() -> None:
    text = summary([Outcome(AREA, 0, 12.0, Counter(passed=1))])
    row = text.splitlines()[1]
    assert row.split() == [
        *("unit", "passed", "12.0", "s", "10", "s", "1", "passed", "over", "budget"),
    ]


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(areas, "RESULTS", tmp_path)
    monkeypatch.setattr(areas, "SUMMARY", tmp_path / "summary.txt")
    monkeypatch.setattr(areas, "VENV", Path("/usr"))
    monkeypatch.setattr(areas, "ensure_oracles", dict)
    return tmp_path


def test_every_area_runs_also_after_a_failure(
    results: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    chosen = (Area("a", 5, (("false",), ("echo", "went on"))), Area("b", 5, (("true",),)))
    monkeypatch.setattr(areas, "AREAS", chosen)
    assert areas.run_areas([], full=False) == 1
    assert "went on" in capfd.readouterr().out
    assert "=== 1 errors in 0." in (results / "summary.txt").read_text().splitlines()[-1]


def test_slow_tests_run_only_when_asked_for(
    results: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(areas, "AREAS", (Area("a", 5, (("echo", "ran"),), takes_marks=True),))
    assert areas.run_areas([], full=False) == 0
    assert "ran -m not full" in capfd.readouterr().out
    assert areas.run_areas([], full=True) == 0
    assert "not full" not in capfd.readouterr().out


def test_make_lists_its_targets_and_each_is_phony() -> None:
    text = (ROOT / "Makefile").read_text()
    phony = next(line for line in text.splitlines() if line.startswith(".PHONY:")).split()[1:]
    listed = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert [line.split()[1] for line in listed.splitlines()] == [
        line.split(":")[0] for line in text.splitlines() if line[:1].isalpha() and ": ## " in line
    ]
    assert set(phony) == {line.split()[1] for line in listed.splitlines()}


def test_broken_links_are_named_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text(
        "[ok](../README.md#part) [web](https://example.org/x) [here](#part)\n"
        "```\n[not a link](code.md)\n```\n[gone](missing.md)\n"
    )
    (tmp_path / "README.md").write_text("[root](/docs/a.md)\n")
    assert doclinks.broken_links(tmp_path) == ["docs/a.md:5: missing.md"]
