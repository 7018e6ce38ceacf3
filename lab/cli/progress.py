"""Progress of a plan on stderr: a live line on a terminal, plain lines elsewhere.

One line per node that was started, when it is ready; links and commands only where they are news:
in the repair of a lab that was up, or with --verbose.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from rich.markup import escape
from rich.status import Status

from lab import plan as plans
from lab.cli.common import err
from lab.plan import NodeOperation, Operation, Plan

_NOTHING_DONE = frozenset({"there", "unchanged", "nothing to wait for"})
_SHOWN = (plans.CreateNetwork, plans.ApplyIntents, plans.VerifyForwarding)
"""What gets a line without --verbose, unless nothing was done."""

_SUBJECTS = {plans.CreateNetwork: "network", plans.CreateLink: "link"}


def _subject(operation: Operation) -> str:
    """What a line is about: the node, where there is one."""
    if isinstance(operation, NodeOperation):
        return operation.node.name
    return _SUBJECTS.get(type(operation), "traffic")


def _words(operation: Operation, note: str) -> str:
    """What happened to it."""
    if isinstance(operation, plans.CreateLink):
        return f"{operation.link.a} <-> {operation.far_end} {note}"
    if isinstance(operation, plans.ConfigureNode):
        return f"configured: {note}"
    if isinstance(operation, plans.AwaitReady):
        return "ready"
    if isinstance(operation, plans.ApplyIntents):
        return f"{note} applied"
    return note


class PlanProgress:
    """Tells a person how a plan goes."""

    def __init__(self, plan: Plan | None = None, *, verbose: bool = False) -> None:
        operations = plan.operations if plan else ()
        self._total = len(operations)
        self._width = max([7, *(len(_subject(one)) for one in operations)])
        self._verbose = verbose
        self._turn = threading.Lock()
        self._begun: dict[str, float] = {}
        self._running: dict[str, str] = {}
        self._started: dict[str, float] = {}
        """Nodes that this run started, and when it began to."""
        self._found: set[str] = set()
        """Nodes that ran already."""
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
            begun = self._begun.get(operation.id, time.monotonic())
            if isinstance(operation, plans.StartNode):
                self._remember(operation.node.name, note, begun)
            if self._verbose or self._is_news(operation, note):
                since = self._started.get(_subject(operation), begun)
                self._line(operation, note, time.monotonic() - since)
            self._refresh()

    def _remember(self, node: str, note: str, begun: float) -> None:
        if note == "started":
            self._started[node] = begun
        elif note == "runs":
            self._found.add(node)

    def _is_news(self, operation: Operation, note: str) -> bool:
        if note in _NOTHING_DONE:
            return False
        if isinstance(operation, plans.CreateLink):
            repaired = any(end.node in self._found for end in operation.link.endpoints)
            return note == "created" and repaired
        if isinstance(operation, plans.AwaitReady):
            return operation.node.name in self._started
        return isinstance(operation, _SHOWN)

    def _line(self, operation: Operation, note: str, elapsed: float) -> None:
        subject = _subject(operation).ljust(self._width)
        what = _words(operation, note)
        err.print(f"  [green]ok[/]  {escape(subject)}  {escape(what)}  [dim]{elapsed:.1f} s[/]")

    def say(self, message: str) -> None:
        """Anything else worth a line."""
        with self._turn:
            err.print(f"  {escape(message)}")

    def _refresh(self) -> None:
        if self._status:
            now = next(iter(self._running.values()), "")
            more = f" and {len(self._running) - 1} more" if len(self._running) > 1 else ""
            count = f"{self._done}/{self._total} " if self._total else ""
            self._status.update(f"{count}{escape(now)}[dim]{more}[/]")
