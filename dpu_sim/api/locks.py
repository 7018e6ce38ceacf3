"""Locks on resource names, and mutations that happen whole or not at all.

A mutation holds the name that it changes exclusively, and shares the names that must not go away
meanwhile: those of its parents and of what it refers to. There is no lock over everything, and a
lock exists only while somebody holds it or waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any, TypeVar

from dpu_sim.api.errors import ApiError

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Locks:
    """Shared and exclusive locks by name, of one event loop."""

    def __init__(self) -> None:
        self._locks: dict[str, _Lock] = {}
        self._running: set[asyncio.Task[Any]] = set()

    async def run(
        self,
        exclusive: Iterable[str],
        shared: Iterable[str],
        work: Callable[[], Coroutine[Any, Any, T]],
    ) -> T:
        """Do `work` with these names locked; a name that is in both is locked exclusively.

        A caller who is cancelled while it waits for the locks leaves nothing behind. Once `work`
        has begun it runs to its end with the locks held, whatever becomes of the caller.
        """
        modes = dict.fromkeys(shared, False) | dict.fromkeys(exclusive, True)
        held = await self._acquire(modes)
        task = asyncio.get_running_loop().create_task(work())
        self._running.add(task)
        task.add_done_callback(lambda done: self._finished(done, held))
        return await asyncio.shield(task)

    async def drain(self) -> None:
        """Wait until no work is running."""
        while self._running:
            await asyncio.wait(self._running)

    def __len__(self) -> int:
        """How many names are locked or waited for."""
        return len(self._locks)

    async def _acquire(self, modes: dict[str, bool]) -> list[tuple[str, bool]]:
        """Lock the names, in their order so that two callers cannot wait for each other."""
        held: list[tuple[str, bool]] = []
        try:
            for name in sorted(modes):
                await self._enter(name, modes[name])
                held.append((name, modes[name]))
        except BaseException:
            self._release(held)
            raise
        return held

    async def _enter(self, name: str, exclusive: bool) -> None:
        lock = self._locks.setdefault(name, _Lock())
        try:
            await lock.acquire(exclusive)
        except BaseException:
            self._drop_if_idle(name)
            raise

    def _release(self, held: list[tuple[str, bool]]) -> None:
        for name, exclusive in held:
            self._locks[name].release(exclusive)
            self._drop_if_idle(name)

    def _drop_if_idle(self, name: str) -> None:
        lock = self._locks.get(name)
        if lock is not None and lock.idle:
            del self._locks[name]

    def _finished(self, task: asyncio.Task[Any], held: list[tuple[str, bool]]) -> None:
        self._running.discard(task)
        self._release(held)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, ApiError):
            _log.error("a change of %s failed", held[-1][0] if held else "?", exc_info=error)


class _Lock:
    """One lock, first come first served: a waiting writer holds later readers back."""

    __slots__ = ("_readers", "_waiters", "_writer")

    def __init__(self) -> None:
        self._readers = 0
        self._writer = False
        self._waiters: deque[tuple[asyncio.Future[None], bool]] = deque()

    @property
    def idle(self) -> bool:
        return not (self._readers or self._writer or self._waiters)

    async def acquire(self, exclusive: bool) -> None:
        if not self._waiters and self._admits(exclusive):
            self._enter(exclusive)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append((turn, exclusive))
        try:
            await turn
        except BaseException:
            self._give_up(turn, exclusive)
            raise

    def release(self, exclusive: bool) -> None:
        if exclusive:
            self._writer = False
        else:
            self._readers -= 1
        self._wake()

    def _give_up(self, turn: asyncio.Future[None], exclusive: bool) -> None:
        if turn.done() and not turn.cancelled():  # our turn came together with the cancellation
            self.release(exclusive)
            return
        with suppress(ValueError):
            self._waiters.remove((turn, exclusive))
        self._wake()

    def _admits(self, exclusive: bool) -> bool:
        return not self._writer and not (exclusive and self._readers)

    def _enter(self, exclusive: bool) -> None:
        if exclusive:
            self._writer = True
        else:
            self._readers += 1

    def _wake(self) -> None:
        while self._waiters:
            turn, exclusive = self._waiters[0]
            if not turn.cancelled():
                if not self._admits(exclusive):
                    return
                self._enter(exclusive)
                turn.set_result(None)
            self._waiters.popleft()
