"""Limits are kept, within a tenth; histograms tell how long things took."""

from __future__ import annotations

import asyncio
import base64
import time
from array import array
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dpu_sim.spdk_sim.bdev.bdev import Bdev, Descriptor
from dpu_sim.spdk_sim.bdev.device import IoType
from dpu_sim.spdk_sim.bdev.histogram import Histogram
from dpu_sim.spdk_sim.bdev.qos import RateLimits
from dpu_sim.spdk_sim.bdev.registry import Registry
from tests.unit.dpu_sim.spdk_sim.stacks import malloc

SECONDS = 1.0
BLOCK = 4096
ATTEMPTS = 3
"""A machine that stops for a while does less than it may; never more."""


def disk() -> Bdev:
    return Registry().register("d", malloc(1024, BLOCK))


async def load(device: Descriptor, kind: IoType, blocks: int, depth: int) -> float:
    """Operations per second that `depth` workers get through."""
    done = 0
    end = time.monotonic() + SECONDS

    async def worker() -> None:
        nonlocal done
        while time.monotonic() < end:
            if kind is IoType.READ:
                await device.read(0, blocks)
            else:
                await device.write(0, bytes(blocks * BLOCK))
            done += 1

    started = time.monotonic()
    await asyncio.gather(*(worker() for _ in range(depth)))
    return done / (time.monotonic() - started)


@pytest.mark.parametrize(
    ("limits", "kind", "blocks", "depth", "expected"),
    [
        (RateLimits(rw_ios_per_sec=2000), IoType.READ, 1, 32, 2000),
        (RateLimits(rw_ios_per_sec=5000), IoType.WRITE, 1, 1, 5000),
        (RateLimits(rw_ios_per_sec=1500), IoType.READ, 1, 8, 2000),
        (RateLimits(rw_mbytes_per_sec=20), IoType.WRITE, 16, 8, 320),
        (RateLimits(r_mbytes_per_sec=10), IoType.READ, 1, 32, 2560),
        (RateLimits(w_mbytes_per_sec=50), IoType.WRITE, 32, 4, 400),
        (RateLimits(rw_ios_per_sec=9000, r_mbytes_per_sec=10), IoType.READ, 1, 32, 2560),
    ],
)
def test_throughput_is_what_the_limits_say(
    limits: RateLimits, kind: IoType, blocks: int, depth: int, expected: float
) -> None:
    for _ in range(ATTEMPTS):
        bdev = disk()
        bdev.limit(limits)
        measured = asyncio.run(load(bdev.open(write=True), kind, blocks, depth))
        assert measured < 1.1 * expected
        if measured > 0.9 * expected:
            return
    raise AssertionError(f"{measured:.0f} per second, not {expected}")


def test_a_limit_on_one_direction_leaves_the_other_alone() -> None:
    bdev = disk()
    bdev.limit(RateLimits(w_mbytes_per_sec=1))
    measured = asyncio.run(load(bdev.open(write=True), IoType.READ, 1, 4))
    assert measured > 5000


def test_what_waits_for_a_limit_that_is_lifted_goes_on_at_once() -> None:
    async def run() -> float:
        bdev = disk()
        bdev.limit(RateLimits(rw_mbytes_per_sec=1))
        device = bdev.open(write=True)
        writes = [asyncio.ensure_future(device.write(0, bytes(1 << 20))) for _ in range(20)]
        await asyncio.sleep(0.01)
        started = time.monotonic()
        bdev.limit(RateLimits())
        async with asyncio.timeout(5):
            await asyncio.gather(*writes)
        assert not bdev.watched
        return time.monotonic() - started

    assert asyncio.run(run()) < 2


def test_a_limit_that_is_changed_holds_for_what_waits() -> None:
    async def run() -> float:
        bdev = disk()
        bdev.limit(RateLimits(rw_ios_per_sec=1000))
        device = bdev.open(write=True)
        reads = [asyncio.ensure_future(device.read(0, 1)) for _ in range(2000)]
        await asyncio.sleep(0.01)
        started = time.monotonic()
        bdev.limit(replace(bdev.limits, rw_ios_per_sec=10_000))
        await asyncio.gather(*reads)
        return time.monotonic() - started

    assert 0.15 < asyncio.run(run()) < 1.5  # 2 s under the former limit


@given(st.integers(0, 1 << 60), st.integers(1, 12), st.data())
def test_a_latency_is_counted_where_its_bucket_begins_and_ends(
    ticks: int, granularity: int, data: st.DataObject
) -> None:
    shortest = data.draw(st.integers(0, 1 << 20))
    longest = data.draw(st.integers(shortest + 1, 1 << 50))
    histogram = Histogram(granularity, shortest, longest)
    width = 1 << granularity
    level, within = divmod(histogram.bucket(ticks), width)
    level += histogram.first_range
    # The bucket's borders as a reader of the histogram computes them.
    step = 1 << max(0, level - 1)
    start = within * step + (width * step if level else 0)
    lowest = histogram.bucket(ticks) == 0
    highest = level == histogram.last_range and within == width - 1
    assert lowest or start <= ticks
    assert highest or ticks < start + step


def test_a_histogram_counts_every_operation_of_its_kind() -> None:
    async def run() -> None:
        bdev = disk()
        device = bdev.open(write=True)
        bdev.keep_histogram(Histogram(only=IoType.WRITE))
        for _ in range(10):
            await device.read(0, 1)
            await device.write(0, bytes(BLOCK))
        assert bdev.histogram is not None
        counts = array("Q", base64.b64decode(str(bdev.histogram.describe()["histogram"])))
        assert sum(counts) == 10
        bdev.keep_histogram(None)
        assert not bdev.watched

    asyncio.run(run())


@pytest.mark.parametrize("arguments", [(0,), (13,), (7, 100, 100), (7, -1, 5), (7, 0, 1 << 63)])
def test_no_histogram_is_made_of_nonsense(arguments: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="no such histogram"):
        Histogram(*arguments)  # type: ignore[arg-type]
