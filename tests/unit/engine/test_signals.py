"""Ctrl-C while a plan runs: operations are asked to end, and the interrupt is raised after them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import pytest

from lab.engine.cancellation import Cancellation, CancelledRunError, signals_deferred
from lab.engine.executor import execute
from lab.plan import Operation, Plan


class Quiet:
    """Progress that nobody watches."""

    def started(self, operation: Operation) -> None: ...
    def finished(self, operation: Operation, note: str) -> None: ...
    def say(self, message: str) -> None: ...


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_once_nothing_goes_on(number: signal.Signals) -> None:
    cancellation = Cancellation()
    ended = threading.Event()
    operations = (Operation("waits"), Operation("after", needs=frozenset({"waits"})))
    began: list[str] = []

    def run(operation: Operation) -> str:
        began.append(operation.id)
        os.kill(os.getpid(), number)
        try:
            cancellation.pause(30)
        finally:
            ended.set()
        return "done"

    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), signals_deferred(cancellation):
        execute(Plan(operations), run, Quiet(), cancellation)
    assert ended.is_set()
    assert began == ["waits"]
    assert signal.getsignal(number) is before


def deferred(cancellation: Cancellation, body: Callable[[], None]) -> None:
    with signals_deferred(cancellation):
        body()


def test_a_signal_that_comes_last_is_not_lost() -> None:
    done = []

    def body() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        done.append("the rest of the body")

    with pytest.raises(KeyboardInterrupt):
        deferred(Cancellation(), body)
    assert done == ["the rest of the body"]


def test_another_error_goes_before_the_signal() -> None:
    def body() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        raise RuntimeError("worse")

    with pytest.raises(RuntimeError, match="worse"):
        deferred(Cancellation(), body)


def test_pauses_end_with_a_cancellation() -> None:
    cancellation = Cancellation()
    cancellation.pause(0)
    cancellation.cancel()
    with pytest.raises(CancelledRunError):
        cancellation.pause(30)
