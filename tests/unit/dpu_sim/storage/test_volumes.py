"""Paths of files for volumes, and the counters of the target in those of the API."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from dpu_sim.spdk_sim.bdev.device import Geometry
from dpu_sim.spdk_sim.bdev.memory import MallocDevice, Memory
from dpu_sim.spdk_sim.bdev.registry import Registry
from dpu_sim.spdk_sim.rpc_bdev import BdevMethods
from dpu_sim.storage.bdevs import Bdevs
from dpu_sim.storage.spdk import SpdkClient, SpdkError
from dpu_sim.storage.volumes import path_problem

PARTS = st.lists(st.sampled_from(["a", "..", ".", "", "proc", "sys", "dev", "\0", "é"]), max_size=5)


@settings(max_examples=200)
@given(PARTS.map("/".join) | st.text(max_size=20))
def test_a_path_that_is_taken_is_the_plain_absolute_one(text: str) -> None:
    if path_problem(text) is None:
        assert os.path.normpath(text) == text
        assert text.startswith("/")
        assert text != "/"
        assert not text.startswith(("/proc/", "/sys/"))
        assert "\0" not in text


def test_ordinary_paths_are_taken() -> None:
    for text in ("/dev/nvme0n1", "/tmp/aio_bdev_file", "/system/a", "/a b"):
        assert path_problem(text) is None
    for text in ("", "/", "a", "/proc", "/sys/a", "/a/", "//a", "/a/./b", "/" + "a" * 5000):
        assert path_problem(text) is not None


class OldTarget(SpdkClient):
    """The bdev methods of a target in this process; one spelling of bdev_get_iostat is missing."""

    def __init__(self, registry: Registry, lacks: str) -> None:
        super().__init__(Path("/nowhere"))
        self._methods = BdevMethods(registry).methods()
        self._lacks = lacks

    async def call(self, method: str, parameters: object = None) -> object:
        assert isinstance(parameters, dict)
        if self._lacks in parameters:
            raise SpdkError(method, -32603, "spdk_json_decode_object failed")
        return await self._methods[method](parameters)


def test_io_on_a_device_is_counted_in_either_spelling_and_never_overflows() -> None:
    async def main() -> None:
        registry = Registry()
        shape = Geometry(512, 2048)
        bdev = registry.register("vol0", MallocDevice(shape, Memory()))
        descriptor = bdev.open(write=True)
        await descriptor.write(0, bytes(4096))
        await descriptor.read(0, 2)
        for lacks in ("name", "names"):
            seen = await Bdevs(OldTarget(registry, lacks)).statistics("vol0")
            assert (seen.write_bytes_count, seen.write_ops_count) == (4096, 1)
            assert (seen.read_bytes_count, seen.read_ops_count) == (1024, 1)
        descriptor.statistics.read.bytes = 1 << 40
        seen = await Bdevs(OldTarget(registry, "")).statistics("vol0")
        assert seen.read_bytes_count == (1 << 31) - 1
        await registry.close()

    asyncio.run(main())
