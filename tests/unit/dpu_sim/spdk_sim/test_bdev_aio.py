"""Files as block devices: durability, full and failing disks, order among threads."""

from __future__ import annotations

import asyncio
import errno
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from dpu_sim.spdk_sim.bdev.aio import AioDevice, open_aio
from dpu_sim.spdk_sim.bdev.bdev import Descriptor, Event
from dpu_sim.spdk_sim.bdev.device import Buffer, Geometry
from dpu_sim.spdk_sim.bdev.errors import (
    CompareFailedError,
    NoSpaceError,
    ReadFailedError,
    ReadOnlyError,
    WriteFailedError,
)
from dpu_sim.spdk_sim.bdev.registry import Registry
from tests.unit.dpu_sim.spdk_sim.stacks import BLOCK, BLOCKS, aio, build

REAL_PWRITE = os.pwrite
KILLED_BLOCKS = 256
WRITER = f"""
import asyncio, sys
from pathlib import Path
from tests.unit.dpu_sim.spdk_sim.stacks import build, BLOCK

async def main():
    device = build(sys.argv[1], Path(sys.argv[2]), {KILLED_BLOCKS}).open()
    for number in range(1, 1 << 60):
        data = number.to_bytes(8, "little") * (BLOCK // 8)
        await device.write(number % {KILLED_BLOCKS}, data)
        if number % 3 == 0:
            await device.flush()
            print(number, flush=True)

asyncio.run(main())
"""
"""Writes its numbers to the blocks in turn; tells those that are flushed."""


def slow_pwrite(descriptor: int, data: Buffer, position: int) -> int:
    """Half of the data, a pause, the rest: what must not be seen half done."""
    half = len(data) // 2
    done = REAL_PWRITE(descriptor, memoryview(data)[:half], position)
    time.sleep(0.002)
    return done + REAL_PWRITE(descriptor, memoryview(data)[half:], position + half)


def short_pwrite(descriptor: int, data: Buffer, position: int) -> int:
    """At most 100 bytes at a time, as write(2) is free to do."""
    return REAL_PWRITE(descriptor, memoryview(data)[:100], position)


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def failing(number: int) -> object:
    """A system call that fails."""

    def fail(*_: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    return fail


async def increment(device: Descriptor, times: int) -> None:
    """Add one to the number in block 5, so many times."""
    for _ in range(times):
        done = False
        while not done:
            found = await device.read(5, 1)
            value = int.from_bytes(found[:8], "little") + 1
            try:
                await device.compare_and_write(5, found, value.to_bytes(8, "little").ljust(BLOCK))
                done = True
            except CompareFailedError:
                pass


@pytest.mark.parametrize("what", ["malloc", "aio", "crypto over aio", "delay over malloc"])
def test_compare_and_write_is_atomic(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> int:
        stack = build(what, tmp_path)
        device = stack.open()
        await device.write(5, bytes(BLOCK))
        monkeypatch.setattr(os, "pwrite", slow_pwrite)
        async with asyncio.TaskGroup() as group:
            for _ in range(6):
                group.create_task(increment(device, 10))
        value = int.from_bytes((await device.read(5, 1))[:8], "little")
        await stack.registry.close()
        return value

    assert asyncio.run(run()) == 60


def test_a_write_in_progress_is_seen_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "pwrite", slow_pwrite)

    async def check(device: Descriptor) -> None:
        for _ in range(5):
            content = await device.read(0, 8)
            blocks = [content[n * BLOCK : (n + 1) * BLOCK] for n in range(8)]
            assert all(block == block[:1] * BLOCK for block in blocks)
            await asyncio.sleep(0.001)

    async def run() -> None:
        stack = build("aio", tmp_path)
        device = stack.open()
        async with asyncio.TaskGroup() as group:
            for number in range(1, 30):
                group.create_task(device.write(number % 3, bytes([number]) * (3 * BLOCK)))
                group.create_task(device.copy(number % 2, 4, 2))
                group.create_task(check(device))
        await stack.registry.close()

    asyncio.run(run())


def test_later_operations_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Overlapping writes take effect in the order in which they were issued."""
    monkeypatch.setattr(os, "pwrite", slow_pwrite)

    async def run() -> bytes:
        stack = build("aio", tmp_path)
        device = stack.open()
        writes = [device.write(0, bytes([n]) * (4 * BLOCK)) for n in range(1, 40)]
        await asyncio.gather(*writes)
        content = await device.read(0, 4)
        await stack.registry.close()
        return bytes(content)

    assert asyncio.run(run()) == bytes([39]) * (4 * BLOCK)


def test_a_write_that_the_system_takes_in_parts_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "pwrite", short_pwrite)
    data = random.Random(1).randbytes(4 * BLOCK)

    async def run() -> None:
        stack = build("aio", tmp_path)
        device = stack.open()
        await device.write(3, data)
        assert await device.read(3, 4) == data
        await stack.registry.close()

    asyncio.run(run())


def test_who_gives_up_a_write_still_holds_its_range_until_it_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "pwrite", slow_pwrite)

    async def run() -> bytes:
        stack = build("aio", tmp_path)
        device = stack.open()
        given_up = asyncio.create_task(device.write(0, b"a" * BLOCK))
        await asyncio.sleep(0.001)
        given_up.cancel()
        await device.write(0, b"b" * BLOCK)
        await asyncio.wait([given_up])
        content = await device.read(0, 1)
        await stack.registry.close()  # waits for the threads
        return bytes(content)

    assert asyncio.run(run()) == b"b" * BLOCK


# -- durability


@pytest.mark.parametrize("what", ["aio", "crypto over aio"])
@pytest.mark.parametrize("seed", range(3))
def test_what_was_flushed_is_there_after_kill_9(what: str, seed: int, tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, what, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    wanted = random.Random(seed).randint(1, 300)
    flushed = 0
    for line in writer.stdout:
        flushed = int(line)
        if flushed >= wanted:
            break
    writer.kill()
    for line in writer.stdout:  # told before it died
        flushed = int(line)
    writer.wait(10)
    assert flushed >= wanted

    async def run() -> bytes:
        stack = build(what, tmp_path, KILLED_BLOCKS)
        content = await stack.open().read(0, KILLED_BLOCKS)
        await stack.registry.close()
        return bytes(content)

    content = asyncio.run(run())
    for n in range(KILLED_BLOCKS):
        expected = flushed - (flushed - n) % KILLED_BLOCKS
        if expected <= 0:
            continue
        block = content[n * BLOCK : (n + 1) * BLOCK]
        assert block == block[:8] * (BLOCK // 8), f"block {n} is torn"
        assert int.from_bytes(block[:8], "little") >= expected, f"block {n} has lost a write"


def test_a_flush_reaches_the_disk_after_every_write_that_was_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    synchronize = os.fdatasync

    def pwrite(descriptor: int, data: Buffer, position: int) -> int:
        calls.append("write")
        return REAL_PWRITE(descriptor, data, position)

    def fdatasync(descriptor: int) -> None:
        calls.append("sync")
        synchronize(descriptor)

    monkeypatch.setattr(os, "pwrite", pwrite)
    monkeypatch.setattr(os, "fdatasync", fdatasync)

    async def run() -> None:
        stack = build("passthru over crypto over error over delay over aio", tmp_path)
        device = stack.open()
        await device.write(0, bytes(BLOCK))
        await device.write(1, bytes(BLOCK))
        await device.flush()
        assert calls == ["write", "write", "sync"]
        await stack.registry.close()

    asyncio.run(run())


def test_after_a_failed_flush_no_later_one_claims_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        stack = build("aio", tmp_path)
        device = stack.open()
        await device.write(0, bytes(BLOCK))
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", failing(errno.EIO))
            with pytest.raises(WriteFailedError):
                await device.flush()
        with pytest.raises(WriteFailedError):
            await device.flush()
        assert device.statistics.errors == {"failed": 2}
        await stack.registry.close()

    asyncio.run(run())


# -- disks that are full, broken, read-only, resized


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    if os.geteuid():
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=False
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


async def fill(device: Descriptor, written: list[int]) -> None:
    """Write 64 blocks at a time; add where each of those was that worked."""
    for start in range(0, device.bdev.geometry.blocks, 64):
        await device.write(start, bytes([start // 64]) * (64 * BLOCK))
        written.append(start)


def test_a_full_disk_is_told_as_such_and_harms_no_other_block(small_disk: Path) -> None:
    blocks = 8192  # 4 MiB, sparse

    async def run() -> None:
        registry = Registry()
        device = registry.register("d", aio(small_disk / "f", blocks)).open(write=True)
        written: list[int] = []
        with pytest.raises(NoSpaceError) as caught:
            await fill(device, written)
        assert caught.value.nvme_status == (0, 0x81)  # capacity exceeded
        assert len(written) > 10
        for start in written:
            assert await device.read(start, 64) == bytes([start // 64]) * (64 * BLOCK)
        assert await device.read(blocks - 1, 1) == bytes(BLOCK)
        await device.flush()
        await registry.close()

    asyncio.run(run())


def test_room_comes_back_by_unmap(small_disk: Path) -> None:
    blocks = 8192

    async def run() -> None:
        registry = Registry()
        bdev = registry.register("d", aio(small_disk / "f", blocks, fallocate=True))
        device = bdev.open(write=True)
        with pytest.raises(NoSpaceError):
            await fill(device, [])
        await device.unmap(0, 1024)
        assert await device.read(0, 1024) == bytes(1024 * BLOCK)
        await device.write(blocks - 64, b"y" * (64 * BLOCK))
        await registry.close()

    asyncio.run(run())


def test_a_broken_disk_fails_the_io_that_it_concerns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        stack = build("aio", tmp_path)
        device = stack.open()
        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", failing(errno.EIO))
            with pytest.raises(WriteFailedError):
                await device.write(0, bytes(BLOCK))
        with monkeypatch.context() as patch:
            patch.setattr(os, "preadv", failing(errno.EIO))
            with pytest.raises(ReadFailedError):
                await device.read(0, 1)
        os.truncate(tmp_path / "aio.img", BLOCK)
        with pytest.raises(ReadFailedError):
            await device.read(4, 1)
        await device.write(0, b"z" * BLOCK)
        assert await device.read(0, 1) == b"z" * BLOCK
        await stack.registry.close()

    asyncio.run(run())


def test_a_read_only_file_stays_as_it_is(tmp_path: Path) -> None:
    async def run() -> None:
        registry = Registry()
        bdev = registry.register("r", aio(tmp_path / "f", readonly=True))
        device = bdev.open(write=True)
        for operation in (
            device.write(0, bytes(BLOCK)),
            device.write_zeroes(0, 1),
            device.copy(0, 1, 1),
        ):
            with pytest.raises(ReadOnlyError):
                await operation
        assert await device.read(0, 1) == bytes(BLOCK)
        await registry.close()

    asyncio.run(run())


def test_a_file_that_grew_is_seen_after_a_rescan_also_by_a_layer_on_it(tmp_path: Path) -> None:
    async def run() -> None:
        stack = build("crypto over aio", tmp_path)
        events: list[Event] = []
        device = stack.top.open(write=True, on_event=events.append)
        os.truncate(tmp_path / "aio.img", 2 * BLOCKS * BLOCK)
        assert isinstance(stack.bottom.device, AioDevice)
        assert stack.bottom.device.rescan()
        await stack.registry.resized(stack.bottom)
        assert events == [Event.RESIZE]
        await device.write(2 * BLOCKS - 1, b"n" * BLOCK)
        assert await device.read(2 * BLOCKS - 1, 1) == b"n" * BLOCK
        assert not stack.bottom.device.rescan()
        await stack.registry.close()

    asyncio.run(run())


@pytest.fixture
def loop_device(tmp_path: Path) -> Iterator[Path]:
    """A block device of 4 MiB, on a file of ours."""
    image = tmp_path / "loop.img"
    image.write_bytes(bytes(4 << 20))
    command = ["losetup", "--find", "--show", str(image)]
    try:
        made = subprocess.run(command, check=False, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("losetup is not there")
    if made.returncode:
        pytest.skip(f"no loop device can be made here: {made.stderr.strip()}")
    device = made.stdout.strip()
    yield Path(device)
    subprocess.run(["losetup", "--detach", device], check=True)


def test_a_block_device_tells_its_block_size_and_keeps_what_is_flushed(
    loop_device: Path, tmp_path: Path
) -> None:
    data = random.Random(2).randbytes(8 * 512)

    async def run() -> None:
        registry = Registry()
        bdev = registry.register("b", open_aio(loop_device, Geometry(0, 0), {"fallocate": True}))
        assert (bdev.geometry.block_size, bdev.geometry.blocks) == (512, 8192)
        device = bdev.open(write=True)
        await device.write(100, data)
        await device.write_zeroes(102, 2)
        await device.flush()
        expected = data[:1024] + bytes(1024) + data[2048:]
        assert await device.read(100, 8) == expected
        image = (tmp_path / "loop.img").read_bytes()  # what is below the block device
        assert image[100 * 512 : 108 * 512] == expected
        await registry.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("size", "block_size", "number"),
    [
        (4096, 0, errno.EINVAL),  # a file has no block size of its own
        (4096, 500, errno.EINVAL),
        (4096, 256, errno.EINVAL),
        (1000, 512, errno.EINVAL),
        (0, 512, errno.EINVAL),
        (None, 512, errno.ENOENT),
    ],
)
def test_a_file_that_will_not_do_is_refused(
    tmp_path: Path, size: int | None, block_size: int, number: int
) -> None:
    path = tmp_path / "f"
    if size is not None:
        path.write_bytes(bytes(size))
    before = open_files()
    with pytest.raises(OSError) as caught:  # noqa: PT011 (the number is looked at)
        open_aio(path, Geometry(block_size, 0), {})
    assert caught.value.errno == number
    assert open_files() == before
