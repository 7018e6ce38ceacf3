"""Running a plan: order, the first failure, and nothing that goes on behind it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from lab.engine.cancellation import Cancellation, CancelledRunError
from lab.engine.executor import execute
from lab.errors import LabError
from lab.plan import Operation, Plan


class Stage:
    """Runs operations as their parts say, and notes what happened."""

    def __init__(self, **parts: Callable[[], str]) -> None:
        self.parts = parts
        self.notes: list[str] = []
        self.cancellation = Cancellation()

    def play(self, *lines: str) -> None:
        """ "b: a" is an operation b that needs a."""
        split = (line.partition(":") for line in lines)
        plan = [Operation(name, needs=frozenset(needs.split())) for name, _, needs in split]
        execute(Plan(tuple(plan)), self._run, self, self.cancellation)

    def _run(self, operation: Operation) -> str:
        try:
            return self.parts.get(operation.id, lambda: "fine")()
        finally:
            self.notes.append(f"{operation.id} ended")

    def started(self, operation: Operation) -> None:
        self.notes.append(f"{operation.id} started")

    def finished(self, operation: Operation, note: str) -> None:
        self.notes.append(f"{operation.id} finished: {note}")

    def say(self, message: str) -> None:
        self.notes.append(message)


def test_an_operation_starts_once_its_needs_have_finished() -> None:
    stage = Stage(a=lambda: "made")
    stage.play("c: b", "b: a", "a:")
    assert [note for note in stage.notes if "ended" not in note] == [
        *("a started", "a finished: made"),
        *("b started", "b finished: fine"),
        *("c started", "c finished: fine"),
    ]


def test_operations_that_do_not_need_each_other_run_at_once() -> None:
    both = threading.Barrier(2, timeout=20)

    def meet() -> str:
        both.wait()
        return "met"

    stage = Stage(a=meet, b=meet)
    stage.play("a:", "b:")
    assert {"a finished: met", "b finished: met"} <= set(stage.notes)


def test_a_failure_is_raised_when_nothing_runs_any_more_and_nothing_starts_after_it() -> None:
    waiting = threading.Event()

    def wait_long() -> str:
        waiting.set()
        stage.cancellation.pause(5)
        stage.say("slow slept through it")
        return ""

    def fail() -> str:
        assert waiting.wait(20)
        raise LabError("no such image")

    stage = Stage(slow=wait_long, bad=fail)
    with pytest.raises(LabError, match="no such image"):
        stage.play("slow:", "bad:", "after: bad")
    assert "slow ended" in stage.notes
    assert "slow slept through it" not in stage.notes
    assert not [note for note in stage.notes if "finished" in note or "after" in note]


def test_a_run_that_was_called_off_starts_nothing() -> None:
    stage = Stage()
    stage.cancellation.cancel()
    with pytest.raises(CancelledRunError):
        stage.play("a:")
    assert stage.notes == []
