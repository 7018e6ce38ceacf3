"""Which operations wait for which: the same as if every pair were compared."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from dpu_sim.spdk_sim.bdev.ordering import REGION, WIDE, Hold, RangeOrder

starts = st.integers(0, 40) | st.integers(0, 3 * WIDE * REGION)
lengths = st.integers(1, 8) | st.integers(1, 2 * WIDE * REGION)
ranges = st.lists(st.tuples(starts, lengths, st.booleans()), min_size=1, max_size=2).map(
    lambda drawn: tuple((first, first + length, alone) for first, length, alone in drawn)
)


@given(st.lists(st.tuples(ranges, st.booleans()), max_size=30))
def test_an_operation_waits_for_every_earlier_one_that_conflicts(
    sequence: list[tuple[tuple[tuple[int, int, bool], ...], bool]],
) -> None:
    async def run() -> None:
        order = RangeOrder()
        under_way: list[Hold] = []
        for wanted, ends in sequence:
            expected = {one for one in under_way if Hold(wanted).conflicts_with(one)}
            if len(wanted) == 1:
                assert order.is_free(*wanted[0]) == (not expected)
            hold = order.enter(*wanted)
            assert set(hold.conflicts) == expected
            under_way.append(hold)
            if ends:
                order.leave(under_way.pop(0))
        for one in under_way:
            order.leave(one)
        assert order.is_free(0, 1 << 60, alone=True)
        assert not order._regions
        assert not order._wide

    asyncio.run(run())


@given(st.tuples(starts, lengths), st.tuples(starts, lengths))
def test_ranges_conflict_when_they_overlap_and_one_wants_to_be_alone(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    overlap = bool(
        set(range(one[0], one[0] + min(one[1], 99)))
        & set(range(other[0], other[0] + min(other[1], 99)))
    )
    for alone, other_alone in ((True, True), (True, False), (False, True), (False, False)):
        first = Hold(((one[0], one[0] + min(one[1], 99), alone),))
        second = Hold(((other[0], other[0] + min(other[1], 99), other_alone),))
        assert first.conflicts_with(second) == (overlap and (alone or other_alone))
