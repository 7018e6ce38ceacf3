"""Work in threads: every result comes back to who asked for it, errors too."""

from __future__ import annotations

import asyncio
import threading
import time
from functools import partial

import pytest

from dpu_sim.spdk_sim.bdev.threads import Threads


def test_every_result_comes_back_and_no_more_threads_work_than_allowed() -> None:
    working: set[int] = set()

    def square(number: int) -> int:
        working.add(threading.get_ident())
        if number % 50 == 0:
            time.sleep(0.001)
        return number * number

    async def run() -> None:
        threads = Threads(3, "t")
        for _ in range(5):
            wanted = [threads.run(partial(square, n)) for n in range(400)]
            assert await asyncio.gather(*wanted) == [n * n for n in range(400)]
        assert await threads.run(lambda: "one at a time") == "one at a time"
        await threads.close()
        assert len(working) <= 3
        assert threading.get_ident() not in working

    asyncio.run(asyncio.wait_for(run(), 30))


def test_what_blocks_holds_no_other_up() -> None:
    async def run() -> None:
        threads, gate = Threads(2, "t"), threading.Event()
        blocked = threads.run(lambda: gate.wait(20))
        assert await threads.run(lambda: 5) == 5
        assert not blocked.done()
        gate.set()
        assert await blocked is True
        await threads.close()

    asyncio.run(asyncio.wait_for(run(), 30))


def test_an_error_is_raised_where_the_work_was_asked_for() -> None:
    async def run() -> None:
        threads = Threads(1, "t")
        failing = threads.run(lambda: {"a": 1}["b"])
        assert await threads.run(lambda: 1) == 1
        with pytest.raises(KeyError):
            await failing
        await threads.close()

    asyncio.run(asyncio.wait_for(run(), 30))


def test_closing_waits_for_what_was_begun_even_if_nobody_else_does() -> None:
    done: list[int] = []

    def slow(number: int) -> None:
        time.sleep(0.002)
        done.append(number)

    async def run() -> None:
        threads = Threads(2, "t")
        for number in range(20):
            future = threads.run(partial(slow, number))
            if number % 2:
                future.cancel()
        await threads.close()
        assert sorted(done) == list(range(20))

    asyncio.run(asyncio.wait_for(run(), 30))
