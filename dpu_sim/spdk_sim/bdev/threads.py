"""A few threads for work that blocks, with little ado per piece of it.

Unlike an executor of the standard library, a piece of work costs one queue entry on its way out,
and what has ended meanwhile comes back to the event loop together.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

_Job = tuple[Callable[[], Any], "asyncio.Future[Any]"]


class Threads:
    """Up to `most` threads, which are started as they are needed and end with `close`."""

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._ended: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._told = False
        self._threads: list[threading.Thread] = []
        self._under_way = 0

    def run(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Let a thread do `work`; the future has its result. It cannot be cancelled for real."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._under_way += 1
        if self._under_way > len(self._threads) < self._most:
            thread = threading.Thread(
                target=self._work, args=(future.get_loop(),), name=self._name, daemon=True
            )
            self._threads.append(thread)
            thread.start()
        self._jobs.put((work, future))
        return future

    async def close(self) -> None:
        """Wait until everything is done; end the threads."""
        for _ in self._threads:
            self._jobs.put(None)
        loop = asyncio.get_running_loop()
        for thread in self._threads:
            await loop.run_in_executor(None, thread.join)
        self._deliver()

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        while (job := self._jobs.get()) is not None:
            work, future = job
            try:
                self._ended.append((future, work(), None))
            except BaseException as error:  # noqa: BLE001  it is the caller's
                self._ended.append((future, None, error))
            if not self._told:
                self._told = True
                with suppress(RuntimeError):  # the loop has ended; nobody waits any more
                    loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        """In the event loop: hand over what has ended."""
        # First of all: what ends from here on tells again.
        self._told = False
        while self._ended:
            future, result, error = self._ended.popleft()
            self._under_way -= 1
            if future.done():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
