"""Progress of a plan on stderr: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from rich.markup import escape
from rich.status import Status

from lab import plan as plans
from lab.cli.common import err
from lab.plan import Operation

_QUIET = (plans.JoinLinks, plans.CreateLink, plans.ConfigureNode)
"""Operations that get a line only with --verbose: there are many, and they are quick."""

_NOTHING_DONE = (
    "there",
    "runs",
    "whole",
    "unchanged",
    "ready",
    "nothing to run",
    "nothing to wait for",
)


class PlanProgress:
    """Tells a person how a plan goes."""

    def __init__(self, total: int = 0, *, verbose: bool = False) -> None:
        self._total = total
        self._verbose = verbose
        self._turn = threading.Lock()
        self._begun: dict[str, float] = {}
        self._running: dict[str, str] = {}
        self._done = 0
        self._status: Status | None = err.status("") if err.is_terminal else None

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the live line away."""
        if self._status:
            self._status.stop()

    def started(self, operation: Operation) -> None:
        """An operation begins."""
        with self._turn:
            self._begun[operation.id] = time.monotonic()
            self._running[operation.id] = operation.describe()
            self._refresh()

    def finished(self, operation: Operation, note: str) -> None:
        """An operation is done."""
        with self._turn:
            self._done += 1
            self._running.pop(operation.id, None)
            elapsed = time.monotonic() - self._begun.get(operation.id, time.monotonic())
            quiet = isinstance(operation, _QUIET) or note in _NOTHING_DONE
            if self._verbose or not quiet:
                line = f"{escape(operation.describe())} [dim]{elapsed:.1f} s, {escape(note)}[/]"
                err.print(f"  [green]ok[/] {line}")
            self._refresh()

    def say(self, message: str) -> None:
        """Anything else worth a line."""
        with self._turn:
            err.print(f"  {escape(message)}")

    def _refresh(self) -> None:
        if self._status:
            now = next(iter(self._running.values()), "")
            count = f"{self._done}/{self._total} " if self._total else ""
            self._status.update(f"{count}{escape(now)}")
