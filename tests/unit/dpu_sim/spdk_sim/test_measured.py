"""Delays, statistics, histograms and limits are what a host over NVMe/TCP measures."""

from __future__ import annotations

import base64
import time
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from host_sim.client import Address, ConnectOptions, Identity
from host_sim.sync import SyncHost, SyncNamespace
from tests.nvme_target import BLOCK, HOST, NQN, NvmeTarget

OPERATIONS = 200
AVERAGE, WORST = 0.002, 0.030
"""Seconds that are added to reads, and to one in a hundred of them."""
ATTEMPTS = 3
"""A machine that stops for a while is slower than it should be; never quicker."""


@pytest.fixture
def target(tmp_path: Path) -> Iterator[NvmeTarget]:
    """A namespace on a device in memory that delays."""
    one = NvmeTarget(tmp_path)
    try:
        one.start()
        one.malloc()
        microseconds = {"avg": int(AVERAGE * 1e6), "p99": int(WORST * 1e6)}
        one.ask(
            "bdev_delay_create", name="slow", base_bdev_name="Malloc0",
            avg_read_latency=microseconds["avg"], p99_read_latency=microseconds["p99"],
            avg_write_latency=0, p99_write_latency=0,
        )  # fmt: skip
        one.subsystem()
        one.add("slow")
        yield one
    finally:
        one.kill()


@pytest.fixture
def namespace(target: NvmeTarget) -> Iterator[SyncNamespace]:
    with SyncHost() as host:
        host.connect(ConnectOptions(Address(HOST, target.ports[0]), NQN, Identity.of("nqn.h")))
        yield host.namespace("nvme0n1")


def buckets(shown: dict[str, Any]) -> list[tuple[float, float, int]]:
    """(from, to, count) in seconds of a histogram's buckets, as SPDK's tool computes them."""
    counts = array("Q", base64.b64decode(shown["histogram"]))
    bits, found = shown["granularity"], []
    for number, count in enumerate(counts):
        level, within = divmod(number, 1 << bits)
        level += shown["min_range"]
        step = 1 << max(0, level - 1)
        start = within * step + (step << bits if level else 0)
        found.append((start / shown["tsc_rate"], (start + step) / shown["tsc_rate"], count))
    return found


def test_delays_are_those_of_the_percentiles_and_are_told_as_they_were(
    target: NvmeTarget, namespace: SyncNamespace
) -> None:
    target.ask("bdev_enable_histogram", name="slow", enable=True, opc="read")
    before = statistics(target)
    taken = []
    for number in range(OPERATIONS):
        started = time.perf_counter()
        namespace.read(number % 100, 2)
        taken.append(time.perf_counter() - started)
    namespace.write(5, bytes(3 * BLOCK))
    taken.sort()
    late = [one for one in taken if one >= WORST]
    assert min(taken) >= AVERAGE
    assert len(late) >= OPERATIONS // 100
    counted = statistics(target)
    numbers = [name for name, value in counted.items() if isinstance(value, int)]
    change = {name: counted[name] - before[name] for name in numbers}
    assert (change["num_read_ops"], change["bytes_read"]) == (OPERATIONS, OPERATIONS * 2 * BLOCK)
    assert (change["num_write_ops"], change["bytes_written"]) == (1, 3 * BLOCK)
    told = change["read_latency_ticks"] / 1e9
    added = (OPERATIONS - OPERATIONS // 100) * AVERAGE + OPERATIONS // 100 * WORST
    assert added <= told <= sum(taken)
    shown = buckets(target.ask("bdev_get_histogram", name="slow"))
    starts, ends = ([one for *two, count in shown for one in [two[end]] * count] for end in (0, 1))
    assert len(starts) == OPERATIONS
    assert ends[0] > AVERAGE
    assert sum(end > WORST for end in ends) >= OPERATIONS // 100
    assert ends[OPERATIONS // 2] < 3 * AVERAGE
    # What the device tells of an operation is a part of what its host waits for.
    assert all(start <= waited for start, waited in zip(starts, taken, strict=True))
    assert sum(starts) <= told <= sum(ends)


def statistics(target: NvmeTarget) -> dict[str, Any]:
    [found] = target.ask("bdev_get_iostat", name="slow")["bdevs"]
    assert isinstance(found, dict)
    return found


def test_a_delay_that_is_changed_holds_from_then_on(
    target: NvmeTarget, namespace: SyncNamespace
) -> None:
    for kind in ("avg_write", "p99_write"):
        target.ask(
            "bdev_delay_update_latency", delay_bdev_name="slow", latency_type=kind,
            latency_us=40000,
        )  # fmt: skip
    started = time.perf_counter()
    namespace.write(0, bytes(BLOCK))
    assert time.perf_counter() - started >= 0.04


@pytest.mark.parametrize(
    ("limit", "size", "expected"),
    [({"rw_ios_per_sec": 1000}, 8, 1000), ({"w_mbytes_per_sec": 4}, 64, 128)],
    ids=["operations", "bytes"],
)
def test_limits_are_what_a_host_measures(
    target: NvmeTarget, namespace: SyncNamespace, limit: dict[str, int], size: int, expected: int
) -> None:
    """Within a tenth, over a second and a half."""
    target.ask("bdev_set_qos_limit", name="slow", **limit)
    for _ in range(ATTEMPTS):
        count, started = 0, time.perf_counter()
        while time.perf_counter() - started < 1.5:
            namespace.write(0, bytes(size * BLOCK))
            count += 1
        measured = count / (time.perf_counter() - started)
        assert measured < 1.1 * expected
        if measured > 0.9 * expected:
            return
    raise AssertionError(f"{measured:.0f} per second, not {expected}")
