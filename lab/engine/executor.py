"""Runs a plan: whatever has its needs met runs, in parallel, until all is done or one fails."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import Protocol

from lab.engine.cancellation import Cancellation
from lab.plan import Operation, Plan

_THREADS = 64
"""Most operations wait for somebody else; the costly ones are bounded by the engine."""

_POLL = 0.2
"""How often the main thread looks whether the run was called off. Seconds."""


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


def execute(
    plan: Plan,
    run: Callable[[Operation], str],
    progress: Progress,
    cancellation: Cancellation,
) -> None:
    """Run every operation of the plan.

    On the first failure, or a cancellation, nothing new starts, what runs is asked to end and
    waited for, and then the error is raised: the caller can roll back without anything going on.
    """
    sorter = TopologicalSorter({op.id: op.needs for op in plan.operations})
    sorter.prepare()
    by_id = {op.id: op for op in plan.operations}
    running: dict[Future[str], Operation] = {}

    def perform(operation: Operation) -> str:
        cancellation.check()
        progress.started(operation)
        return run(operation)

    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            while sorter.is_active():
                cancellation.check()
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
