"""Devices are described, saved and counted as by a real spdk_tgt."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dpu_sim.spdk_sim.application import Application
from dpu_sim.spdk_sim.envelope import answer


def call(application: Application, method: str, **parameters: Any) -> Any:
    asked = {"id": 1, "method": method, **({"params": parameters} if parameters else {})}
    reply = asyncio.run(answer(asked, application.methods()))
    assert "result" in reply, reply
    return reply["result"]


def test_a_fresh_histogram_is_as_wide_as_the_recorded_one_at_its_tick_rate() -> None:
    # At 2.3 GHz spdk_tgt told of ranges 5 to 28, 128 buckets each; a tick here is a nanosecond.
    application = Application()
    call(application, "bdev_null_create", name="n", block_size=512, num_blocks=8)
    call(application, "bdev_enable_histogram", name="n", enable=True)
    shown = call(application, "bdev_get_histogram", name="n")
    assert (shown["granularity"], shown["min_range"], shown["max_range"]) == (7, 3, 27)
    assert len(shown["histogram"]) == 4 * -(-25 * 128 * 8 // 3)


def test_a_saved_malloc_device_looks_as_the_recorded_one() -> None:
    # From the answer to framework_get_config with a device of 64 blocks of 4096 bytes.
    recorded = {
        "name": "phys", "num_blocks": 64, "block_size": 4096, "physical_block_size": 8192,
        "uuid": "7221403c-9fe5-4ab9-88cb-a788afe13ec4", "optimal_io_boundary": 8, "md_size": 0,
        "dif_type": 0, "dif_is_head_of_md": False, "dif_pi_format": 0, "numa_id": -1,
    }  # fmt: skip
    application = Application()
    call(application, "bdev_malloc_create", **recorded)
    call(application, "bdev_set_qos_limit", name="phys", rw_ios_per_sec=2000)
    call(application, "bdev_enable_histogram", name="phys", enable=True)
    saved = call(application, "framework_get_config", name="bdev")
    assert [one["method"] for one in saved[:3]] == [
        "bdev_set_options", "bdev_nvme_set_options", "bdev_nvme_set_hotplug",
    ]  # fmt: skip
    assert saved[3:] == [
        {"method": "bdev_malloc_create", "params": recorded},
        {"method": "bdev_set_qos_limit", "params": {"name": "phys", "rw_ios_per_sec": 2000}},
        {"method": "bdev_enable_histogram", "params": {"name": "phys", "enable": True}},
        {"method": "bdev_wait_for_examine"},
    ]


@pytest.mark.parametrize("spelling", [{"name": "n"}, {"names": ["n"]}])
def test_both_spellings_of_statistics_give_the_same(spelling: dict[str, Any]) -> None:
    application = Application()
    call(application, "bdev_null_create", name="n", block_size=512, num_blocks=8)
    [shown] = call(application, "bdev_get_iostat", **spelling)["bdevs"]
    assert shown["name"] == "n"
    assert shown["io_error"] == {}
    assert len(shown) == 22  # as many fields as recorded
