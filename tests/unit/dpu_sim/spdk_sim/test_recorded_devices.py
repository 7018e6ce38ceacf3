"""Block device methods answer as a real spdk_tgt did, but for what is listed with its reason."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dpu_sim.spdk_sim.application import Application
from dpu_sim.spdk_sim.envelope import answer

HERE = Path(__file__).parent
RECORDED_FOLDER = "/tmp/lab/"
"""Where the recorded aio device's file was, and that of a key."""

VOLATILE = {
    "uuid", "aliases", "tick_rate", "ticks", "tsc_rate", "pid", "tid", "busy", "idle", "elapsed",
    "sys", "usr", "irq", "in_interrupt", "lw_threads", "threads",
}  # fmt: skip
"""Fields that differ from one run, or one machine, to the next."""

DIFFERENCES = {
    31: "subsystems that do not exist here (iscsi, vmd, ...) are not listed",
    44: "the spelling `name` of before 26.01 is accepted too",
    71: "the spelling `name` of before 26.01 is accepted too",
    196: "the recorded device was claimed by an NVMe-oF namespace; there is none in this replay",
    310: "there are no fsdev notifications: there are no file system devices",
    1324: "[BUG] spdk_tgt never gets out of EAGAIN on a device that nobody has open",
}


def conversation(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / name).read_text().splitlines()]


def stable(value: Any) -> Any:
    """The value without its volatile fields."""
    if isinstance(value, dict):
        return {key: stable(one) for key, one in value.items() if key not in VOLATILE}
    return [stable(one) for one in value] if isinstance(value, list) else value


async def replay(
    recorded: list[dict[str, Any]],
    application: Application,
    tmp_path: Path,
    before: Callable[[int], None] = lambda _: None,
) -> None:
    """Ask what was asked, in order; compare each answer."""
    (tmp_path / "aiofile").write_bytes(bytes(1 << 20))
    (tmp_path / "psk.txt").touch(0o600)
    folder = f"{tmp_path}/"
    methods = application.methods()
    for one in recorded:
        before(one["n"])
        asked = {"id": one["n"], "method": one["method"]}
        if one["params"] is not None:
            given = json.dumps(one["params"]).replace(RECORDED_FOLDER, folder)
            asked["params"] = json.loads(given)
        told = json.dumps(await answer(asked, methods)).replace(folder, RECORDED_FOLDER)
        reply = json.loads(told)
        expected = {"jsonrpc": "2.0", "id": one["n"], **one["response"]}
        same = stable(reply) == stable(expected)
        assert same != (one["n"] in DIFFERENCES), (one, reply)
    await application.close()


def test_a_recorded_conversation_about_devices_is_answered_as_it_was(tmp_path: Path) -> None:
    asyncio.run(replay(conversation("recorded_devices.jsonl"), Application(), tmp_path))


def test_a_recorded_conversation_about_limits_is_answered_as_it_was(tmp_path: Path) -> None:
    application = Application()

    def opened_as_a_namespace(number: int) -> None:
        if number == 1311:
            application.registry.get("volA").open(write=True, claim="NVMe-oF Target")

    recorded = conversation("recorded_limits.jsonl")
    asyncio.run(replay(recorded, application, tmp_path, opened_as_a_namespace))


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
