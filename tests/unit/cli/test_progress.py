"""What `up` shows: a line per node when it is ready, links only where they were repaired."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from lab import plan as plans
from lab.cli import progress
from lab.cli.progress import PlanProgress
from lab.plan import Plan
from lab.topology.loader import load
from tests.unit.cli.conftest import TWO_HOSTS


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    path = tmp_path / "two.clab.yml"
    path.write_text(TWO_HOSTS)
    return plans.build(load(path))


def lines(
    monkeypatch: pytest.MonkeyPatch,
    plan: Plan,
    notes: dict[str, str],
    *,
    verbose: bool = False,
    terminal: bool = False,
) -> list[str]:
    """What is printed when operations end with these notes, without the times."""
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=80, soft_wrap=True)
    monkeypatch.setattr(progress, "err", console)
    with PlanProgress(plan, verbose=verbose) as shown:
        for operation in plan.operations:
            shown.started(operation)
            note = notes.get(operation.id) or notes.get(type(operation).__name__, "")
            shown.finished(operation, note)
        shown.say("rolling back")
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text.getvalue())
    return [re.sub(r"  \d+\.\d s$", "", line) for line in plain.splitlines()]


FRESH = {
    "StartNode": "started", "start:br1": "there", "CreateLink": "created", "JoinLinks": "done",
    "ConfigureNode": "nothing to run", "AwaitReady": "ready", "ready:br1": "nothing to wait for",
}  # fmt: skip
IDLE = {
    "StartNode": "runs", "start:br1": "there", "CreateLink": "whole", "JoinLinks": "done",
    "ConfigureNode": "unchanged", "AwaitReady": "ready", "ready:br1": "nothing to wait for",
}  # fmt: skip


def test_a_fresh_lab(monkeypatch: pytest.MonkeyPatch, plan: Plan) -> None:
    assert lines(monkeypatch, plan, FRESH) == [
        "  ok  h2       ready",
        "  ok  h1       ready",
        "  rolling back",
    ]


def test_a_lab_that_is_up_already(monkeypatch: pytest.MonkeyPatch, plan: Plan) -> None:
    assert lines(monkeypatch, plan, IDLE) == ["  rolling back"]


def test_a_repair_names_node_and_link(monkeypatch: pytest.MonkeyPatch, plan: Plan) -> None:
    repaired = IDLE | {"start:h2": "started", "link:h1:eth2": "created"}
    assert lines(monkeypatch, plan, repaired) == [
        "  ok  link     h1:eth2 <-> br1:p1 created",
        "  ok  h2       ready",
        "  rolling back",
    ]


def test_verbose_shows_every_operation(monkeypatch: pytest.MonkeyPatch, plan: Plan) -> None:
    shown = lines(monkeypatch, plan, FRESH, verbose=True)
    assert len(shown) == len(plan.operations) + 1
    assert "  ok  link     h1:eth1 <-> h2:eth1 created" in shown
    assert "  ok  h1       configured: nothing to run" in shown


def test_a_terminal_counts_along(monkeypatch: pytest.MonkeyPatch, plan: Plan) -> None:
    text = "\n".join(lines(monkeypatch, plan, FRESH, terminal=True))
    assert "  ok  h1       ready" in text
    assert "  ok  h2       ready" in text
