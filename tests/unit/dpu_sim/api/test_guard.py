"""What guards every call by itself, where no edge helps: deadlines and defects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
from google.protobuf.message import Message

from dpu_sim.api.call import Call
from dpu_sim.api.errors import not_found
from dpu_sim.api.guard import Containment, Deadline
from tests.unit.dpu_sim.api.device import DEADLINE, METHODS, make_call, refused

GET, CLOSED = METHODS["GetInventory"], METHODS["GetClosedSessions"]


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(DEADLINE):
            await work()

    asyncio.run(main())


def soon() -> float:
    return asyncio.get_running_loop().time() + 0.05


def test_work_that_does_not_end_is_cancelled_at_its_deadline() -> None:
    async def work() -> None:
        ended: list[str] = []

        async def forever(_: Message, __: Call) -> Message:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("cancelled")
            raise AssertionError

        timed = Deadline().unary(GET, forever)
        async with refused("DEADLINE_EXCEEDED") as refusal:
            await timed(GET.request(), make_call(GET, deadline=soon()))
        assert refusal.error.message == f"the deadline passed within {GET.path}"
        assert ended == ["cancelled"]

    run(work)


def test_a_time_out_of_the_works_own_is_not_the_callers() -> None:
    async def work() -> None:
        async def fail(_: Message, __: Call) -> Message:
            raise TimeoutError("of a socket")

        timed = Deadline().unary(GET, fail)
        for deadline in (None, asyncio.get_running_loop().time() + 60):
            with pytest.raises(TimeoutError, match="of a socket"):
                await timed(GET.request(), make_call(GET, deadline=deadline))

    run(work)


def test_each_answer_of_a_stream_has_to_come_before_the_deadline() -> None:
    async def work() -> None:
        closed: list[bool] = []

        async def stall(_: Any, __: Call) -> AsyncIterator[Message]:
            try:
                yield CLOSED.response()
                await asyncio.Event().wait()
            finally:
                closed.append(True)

        timed = Deadline().stream(CLOSED, stall)
        seen = 0

        async def read() -> None:
            nonlocal seen
            async for _ in timed(CLOSED.request(), make_call(CLOSED, deadline=soon())):
                seen += 1

        async with refused("DEADLINE_EXCEEDED"):
            await read()
        assert (seen, closed) == (1, [True])

    run(work)


def test_defects_of_streams_become_internal_and_refusals_stay() -> None:
    async def work() -> None:
        for error, code in ((ZeroDivisionError("hush"), "INTERNAL"), (not_found("a"), "NOT_FOUND")):

            async def fail(_: Any, __: Call, error: Exception = error) -> AsyncIterator[Message]:
                yield CLOSED.response()
                raise error

            contained = Containment().stream(CLOSED, fail)
            async with refused(code) as refusal:
                _ = [one async for one in contained(CLOSED.request(), make_call(CLOSED))]
            assert "hush" not in refusal.error.message

    run(work)


def test_a_wrong_answer_in_a_stream_is_a_defect() -> None:
    async def work() -> None:
        async def wrong(_: Any, __: Call) -> AsyncIterator[Message]:
            yield GET.response()

        contained = Containment().stream(CLOSED, wrong)
        async with refused("INTERNAL"):
            _ = [one async for one in contained(CLOSED.request(), make_call(CLOSED))]

    run(work)
