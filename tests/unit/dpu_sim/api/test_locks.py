"""Locks: who waits for whom, what a cancelled caller leaves, and that nobody waits for ever."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpu_sim.api.errors import not_found
from dpu_sim.api.locks import Locks

DEADLINE = 10.0


class Room:
    """Locks, and who is in at the moment."""

    def __init__(self) -> None:
        self.locks = Locks()
        self.log: list[str] = []
        self.doors: dict[str, asyncio.Event] = {}

    def enter(
        self, label: str, exclusive: Iterable[str] = (), shared: Iterable[str] = ()
    ) -> asyncio.Task[str]:
        """Somebody who comes in when it may, logs it, and stays until its door is opened."""
        door = self.doors[label] = asyncio.Event()

        async def work() -> str:
            self.log.append(label)
            await door.wait()
            return label

        return asyncio.ensure_future(self.locks.run(exclusive, shared, work))

    async def inside(self, *labels: str) -> None:
        """Let everything run that can; these have come in, in this order."""
        for _ in range(20):
            await asyncio.sleep(0)
        assert self.log == list(labels)

    def let_go(self, *labels: str) -> None:
        for label in labels:
            self.doors[label].set()


def in_room(work: Callable[[Room], Awaitable[None]]) -> None:
    """Do `work`; nothing is locked afterwards."""

    async def main() -> None:
        room = Room()
        async with asyncio.timeout(DEADLINE):
            await work(room)
            await room.locks.drain()
        assert len(room.locks) == 0

    asyncio.run(main())


def test_readers_share_and_a_writer_is_alone() -> None:
    async def work(room: Room) -> None:
        room.enter("r1", shared=["a"])
        room.enter("r2", shared=["a"])
        room.enter("w", exclusive=["a"])
        room.enter("other", exclusive=["b"])
        await room.inside("r1", "r2", "other")
        room.let_go("r1", "other")
        await room.inside("r1", "r2", "other")
        room.let_go("r2")
        await room.inside("r1", "r2", "other", "w")
        room.let_go("w")

    in_room(work)


def test_a_writer_that_waits_is_not_overtaken_by_later_readers() -> None:
    async def work(room: Room) -> None:
        room.enter("r1", shared=["a"])
        room.enter("w", exclusive=["a"])
        room.enter("r2", shared=["a"])
        room.enter("r3", shared=["a"])
        await room.inside("r1")
        room.let_go("r1")
        await room.inside("r1", "w")
        room.let_go("w")
        await room.inside("r1", "w", "r2", "r3")
        room.let_go("r2", "r3")

    in_room(work)


def test_a_name_wanted_both_ways_is_locked_exclusively_and_once() -> None:
    async def work(room: Room) -> None:
        room.enter("first", exclusive=["a", "a"], shared=["a"])
        room.enter("second", shared=["a"])
        await room.inside("first")
        room.let_go("first", "second")

    in_room(work)


def test_who_gives_up_waiting_leaves_nothing_and_lets_those_behind_pass() -> None:
    async def work(room: Room) -> None:
        room.enter("r1", shared=["b"])
        waiting = room.enter("w", exclusive=["a", "b"])  # has a, waits for b
        room.enter("r2", shared=["b"])
        room.enter("r3", shared=["a"])
        await room.inside("r1")
        waiting.cancel()
        await room.inside("r1", "r2", "r3")
        with pytest.raises(asyncio.CancelledError):
            await waiting
        room.let_go("r1", "r2", "r3")

    in_room(work)


def test_who_is_cancelled_in_the_moment_of_its_turn_hands_it_on() -> None:
    async def work(room: Room) -> None:
        room.enter("first", exclusive=["a"])
        second = room.enter("second", exclusive=["a"])
        third = room.enter("third", exclusive=["a"])
        await room.inside("first")
        (working,) = room.locks._running
        # Called after the lock has been handed to the second, before that takes notice.
        working.add_done_callback(lambda _: second.cancel())
        room.let_go("first", "third")
        assert await third == "third"
        assert room.log == ["first", "third"]

    in_room(work)


def test_work_that_has_begun_goes_on_with_its_locks_when_its_caller_goes() -> None:
    async def work(room: Room) -> None:
        caller = room.enter("first", exclusive=["a"])
        second = room.enter("second", exclusive=["a"])
        await room.inside("first")
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await room.inside("first")
        room.let_go("first", "second")
        await second

    in_room(work)


@pytest.mark.parametrize(("error", "logged"), [(not_found("a"), 0), (OSError("broken"), 1)])
def test_work_that_fails_releases_and_only_defects_are_logged(
    error: Exception, logged: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(room: Room) -> None:
        async def fail() -> None:
            raise error

        with pytest.raises(type(error)):
            await room.locks.run(["a"], [], fail)

    with caplog.at_level(logging.ERROR):
        in_room(work)
    assert len(caplog.records) == logged


def test_work_that_ends_in_an_error_after_its_caller_went_is_not_lost_silently(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def work(room: Room) -> None:
        door = asyncio.Event()

        async def fail() -> None:
            await door.wait()
            raise OSError("broken")

        caller = asyncio.ensure_future(room.locks.run(["a"], [], fail))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        caller.cancel()
        door.set()

    in_room(work)
    assert "a change of a failed" in caplog.text
    assert "broken" in caplog.text


NAMES = st.sets(st.sampled_from("abcd"), max_size=3)
JOBS = st.lists(
    st.tuples(NAMES, NAMES, st.integers(0, 3), st.integers(0, 12) | st.none()),
    min_size=1,
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(jobs=JOBS)
def test_whatever_the_order_nobody_waits_for_ever_and_writers_are_alone(
    jobs: list[tuple[set[str], set[str], int, int | None]],
) -> None:
    """A job: exclusive names, shared names, turns that it works, turn in which it is cancelled."""
    readers: Counter[str] = Counter()
    writers: Counter[str] = Counter()
    begun: list[int] = []

    async def work(index: int) -> None:
        exclusive, shared, turns, _ = jobs[index]
        begun.append(index)
        writers.update(exclusive)
        readers.update(shared - exclusive)
        for _ in range(turns + 1):
            assert all(writers[name] == 1 and not readers[name] for name in exclusive)
            assert all(not writers[name] for name in shared - exclusive)
            await asyncio.sleep(0)
        writers.subtract(exclusive)
        readers.subtract(shared - exclusive)

    async def main() -> None:
        locks = Locks()
        tasks = []
        for index, (exclusive, shared, _, _) in enumerate(jobs):
            run = locks.run(exclusive, shared, lambda index=index: work(index))  # type: ignore[misc]
            tasks.append(asyncio.ensure_future(run))
        for turn in range(13):
            for task, (*_, cancelled) in zip(tasks, jobs, strict=True):
                if cancelled == turn:
                    task.cancel()
            await asyncio.sleep(0)
        async with asyncio.timeout(DEADLINE):
            results = await asyncio.gather(*tasks, return_exceptions=True)
            await locks.drain()
        assert len(locks) == 0
        for index, result in enumerate(results):
            assert result is None or isinstance(result, asyncio.CancelledError)
            assert result is not None or index in begun

    asyncio.run(main())
    assert not +readers
    assert not +writers
