"""Runs a plan: whatever has its needs met runs, in parallel, until all is done or one fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import Protocol

from lab.errors import LabError
from lab.plan import Operation, Plan

_THREADS = 64
"""Most operations wait for somebody else; the costly ones are bounded by the engine."""

_POLL = 0.2
"""How often the main thread looks up, so that Ctrl-C is heard. Seconds."""


class Progress(Protocol):
    """Who is told how a plan goes. Called from worker threads."""

    def started(self, operation: Operation) -> None:
        """An operation begins."""
        ...

    def finished(self, operation: Operation, note: str) -> None:
        """An operation is done; `note` says what it found or made."""
        ...

    def say(self, message: str) -> None:
        """Anything else worth a line."""
        ...


class CancelledRunError(LabError):
    """The run was called off; operations that wait end with this."""


class Cancellation:
    """A flag that operations look at wherever they wait."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Make every waiting operation end."""
        self._event.set()

    def pause(self, seconds: float) -> None:
        """Sleep, but not after a cancellation. Raises CancelledRunError."""
        if self._event.wait(seconds):
            raise CancelledRunError("cancelled")

    @property
    def is_set(self) -> bool:
        """Whether it was called off."""
        return self._event.is_set()


def execute(
    plan: Plan,
    run: Callable[[Operation], str],
    progress: Progress,
    cancellation: Cancellation,
) -> None:
    """Run every operation of the plan.

    On the first failure, or on KeyboardInterrupt, nothing new starts, what runs is asked to end and
    waited for, and then the error is raised: the caller can roll back without anything going on.
    """
    sorter = TopologicalSorter({op.id: op.needs for op in plan.operations})
    sorter.prepare()
    by_id = {op.id: op for op in plan.operations}
    running: dict[Future[str], Operation] = {}

    def perform(operation: Operation) -> str:
        progress.started(operation)
        return run(operation)

    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            while sorter.is_active():
                for op_id in sorter.get_ready():
                    running[pool.submit(perform, by_id[op_id])] = by_id[op_id]
                done, _ = wait(running, timeout=_POLL, return_when=FIRST_COMPLETED)
                for future in done:
                    operation = running.pop(future)
                    progress.finished(operation, future.result())
                    sorter.done(operation.id)
        except BaseException:
            cancellation.cancel()
            wait(running)
            raise
