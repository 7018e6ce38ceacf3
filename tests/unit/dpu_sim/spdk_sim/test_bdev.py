"""Opening, claiming, counting, removing and falsifying block devices."""

from __future__ import annotations

import asyncio
import errno
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dpu_sim.spdk_sim.bdev.bdev import Bdev, Descriptor, Event
from dpu_sim.spdk_sim.bdev.crypto import CryptoDevice, CryptoKey
from dpu_sim.spdk_sim.bdev.delay import DelayDevice, Latencies
from dpu_sim.spdk_sim.bdev.device import Geometry, IoType
from dpu_sim.spdk_sim.bdev.errors import (
    CompareFailedError,
    InjectedError,
    InvalidLengthError,
    IoError,
    NoMemoryError,
    OutOfRangeError,
    ReadFailedError,
    ReadOnlyError,
    RemovedError,
    UnsupportedError,
    WriteFailedError,
)
from dpu_sim.spdk_sim.bdev.injection import ErrorDevice, Fault, Injection
from dpu_sim.spdk_sim.bdev.memory import MallocDevice, Memory, NullDevice
from dpu_sim.spdk_sim.bdev.qos import RateLimits
from dpu_sim.spdk_sim.bdev.registry import Plan, Registry
from dpu_sim.spdk_sim.bdev.statistics import Reset
from tests.unit.dpu_sim.spdk_sim.stacks import BLOCK, BLOCKS, build, crypto, malloc

SECOND = 1_000_000


def one(registry: Registry) -> Bdev:
    return registry.register("d", malloc())


def raises(number: int, action: Callable[[], object]) -> None:
    with pytest.raises(OSError) as caught:  # noqa: PT011 (the number is looked at)
        action()
    assert caught.value.errno == number


# -- ranges and lengths


@pytest.mark.parametrize("what", ["malloc", "aio", "crypto over malloc", "limited over malloc"])
def test_io_beyond_the_device_or_of_no_whole_blocks_is_refused(what: str, tmp_path: Path) -> None:
    async def run() -> None:
        stack = build(what, tmp_path)
        device = stack.open()
        for first, count in ((BLOCKS, 1), (-1, 1), (0, BLOCKS + 1), (0, 0), (1 << 70, 1)):
            for operation in (device.read, device.write_zeroes, device.unmap):
                with pytest.raises(OutOfRangeError):
                    await operation(first, count)
        with pytest.raises(OutOfRangeError):
            await device.write(BLOCKS - 1, bytes(2 * BLOCK))
        for copy in ((BLOCKS - 1, 0, 2), (0, BLOCKS - 1, 2), (-1, 0, 1), (0, -1, 1)):
            with pytest.raises(OutOfRangeError):
                await device.copy(*copy)
        with pytest.raises(InvalidLengthError):
            await device.write(0, b"x")
        with pytest.raises(InvalidLengthError):
            await device.compare(0, bytes(BLOCK + 1))
        with pytest.raises(InvalidLengthError):
            await device.compare_and_write(0, bytes(BLOCK), bytes(2 * BLOCK))
        await stack.registry.close()

    asyncio.run(run())


@given(st.integers(0, 2047), st.integers(1, 2048))
def test_zeroes_and_unmapped_ranges_end_where_they_should(first: int, count: int) -> None:
    """Also where whole pages are given back to the system: 1 MiB, ranges of any alignment."""
    count = min(count, 2048 - first)

    async def run() -> None:
        for name in ("write_zeroes", "unmap"):
            device = Registry().register("d", malloc(2048)).open(write=True)
            await device.write(0, b"\xa5" * (2048 * BLOCK))
            await getattr(device, name)(first, count)
            content = await device.read(0, 2048)
            assert content[: first * BLOCK] == b"\xa5" * (first * BLOCK)
            assert content[first * BLOCK : (first + count) * BLOCK] == bytes(count * BLOCK)
            rest = 2048 - first - count
            assert content[(first + count) * BLOCK :] == b"\xa5" * (rest * BLOCK)

    asyncio.run(run())


def test_null_takes_everything_and_reads_as_zeroes() -> None:
    async def run() -> None:
        device = Registry().register("n", NullDevice(Geometry(BLOCK, BLOCKS))).open(write=True)
        await device.write(3, b"x" * BLOCK)
        await device.write_zeroes(0, BLOCKS)
        await device.flush()
        assert await device.read(3, 2) == bytes(2 * BLOCK)
        await device.compare(0, bytes(BLOCK))
        await device.compare_and_write(0, bytes(BLOCK), b"x" * BLOCK)
        with pytest.raises(CompareFailedError):
            await device.compare(0, b"x" * BLOCK)
        with pytest.raises(UnsupportedError):
            await device.unmap(0, 1)

    asyncio.run(run())


# -- names, claims, access


def test_a_claimed_device_is_written_by_nobody_else() -> None:
    bdev = one(Registry())
    owner = bdev.open(write=True, claim="owner")
    raises(errno.EPERM, lambda: bdev.open(write=True))
    raises(errno.EPERM, lambda: bdev.open(write=False, claim="other"))
    reader = bdev.open(write=False)
    owner.close()
    owner.close()
    assert bdev.claimed_by is None
    bdev.open(write=True, claim="other")
    reader.close()
    assert bdev.claimed_by == "other"


def test_who_opened_for_reading_changes_nothing() -> None:
    async def run() -> None:
        device = one(Registry()).open(write=False)
        changes = (
            device.write(0, bytes(BLOCK)), device.write_zeroes(0, 1), device.unmap(0, 1),
            device.copy(0, 1, 1), device.compare_and_write(0, bytes(BLOCK), bytes(BLOCK)),
        )  # fmt: skip
        for change in changes:
            with pytest.raises(ReadOnlyError):
                await change
        assert await device.read(0, 1) == bytes(BLOCK)

    asyncio.run(run())


def test_a_name_or_uuid_is_given_once() -> None:
    registry = Registry()
    bdev = one(registry)
    raises(errno.EEXIST, lambda: registry.register("d", malloc()))
    twin = MallocDevice(Geometry(BLOCK, BLOCKS, bdev.geometry.uuid), Memory())
    raises(errno.EEXIST, lambda: registry.register("e", twin))
    assert registry.get(str(bdev.geometry.uuid)) is bdev
    raises(errno.ENODEV, lambda: registry.get("e"))


def test_a_layer_waits_for_its_base_and_goes_and_comes_with_it() -> None:
    async def run() -> None:
        registry = Registry()
        registry.create_layer(Plan("c", "d", "crypto", crypto))
        raises(errno.EEXIST, lambda: registry.create_layer(Plan("c", "x", "crypto", crypto)))
        assert registry.find("c") is None
        base = one(registry)
        assert base.claimed_by == "crypto"
        raises(errno.EPERM, lambda: registry.create_layer(Plan("c2", "d", "crypto", crypto)))
        await registry.unregister(base)
        assert list(registry) == []
        one(registry)
        assert [bdev.name for bdev in registry] == ["d", "c"]
        await registry.delete_layer("c", "crypto")
        assert [bdev.claimed_by for bdev in registry] == [None]
        kinds = [(n["type"], n["ctx"]) for n in registry.notifications.since(0, 99)]
        assert kinds == [
            ("bdev_register", "d"), ("bdev_register", "c"),
            ("bdev_unregister", "c"), ("bdev_unregister", "d"),
            ("bdev_register", "d"), ("bdev_register", "c"), ("bdev_unregister", "c"),
        ]  # fmt: skip
        assert [n["id"] for n in registry.notifications.since(3, 2)] == [3, 4]

    asyncio.run(run())


# -- removal


@pytest.mark.parametrize(
    "what",
    ["aio", "limited over malloc", "delay over malloc", "error over malloc", "crypto over aio"],
)
def test_removal_under_io_ends_every_operation_and_tells_who_has_it_open(
    what: str, tmp_path: Path
) -> None:
    async def run() -> None:
        stack = build(what, tmp_path)
        top = stack.top
        if isinstance(top.device, DelayDevice):
            top.device.latencies = Latencies(*(60 * SECOND,) * 4)
        if isinstance(top.device, ErrorDevice):
            top.device.inject((IoType.WRITE,), Injection(Fault.PENDING, left=999))
        if what.startswith("limited"):
            top.limit(RateLimits(rw_mbytes_per_sec=1))
        events: list[Event] = []
        device = top.open(write=True, on_event=events.append)
        writes = [asyncio.ensure_future(device.write(0, bytes(BLOCKS * BLOCK))) for _ in range(500)]
        await asyncio.sleep(0.001)
        async with asyncio.timeout(10):
            await stack.registry.unregister(stack.bottom)  # with what stands on it
            outcomes = await asyncio.gather(*writes, return_exceptions=True)
        assert all(isinstance(one, IoError | None) for one in outcomes)
        if top.device.product in ("delay", "Error Injection Disk"):
            assert all(isinstance(one, RemovedError) for one in outcomes)
        assert events == [Event.REMOVE]
        assert list(stack.registry) == []
        with pytest.raises(RemovedError):
            await device.read(0, 1)
        raises(errno.ENODEV, lambda: top.open(write=False))

    asyncio.run(run())


def test_a_name_is_free_while_the_former_device_is_still_ending() -> None:
    async def run() -> None:
        registry = Registry()
        first = one(registry)
        gate = asyncio.Event()

        async def slow_owner(_: Event) -> None:
            await gate.wait()

        first.open(write=True, on_event=slow_owner)
        removal = asyncio.ensure_future(registry.unregister(first))
        await asyncio.sleep(0)
        second = one(registry)
        gate.set()
        await removal
        assert registry.get("d") is second

    asyncio.run(run())


def test_the_memory_of_a_device_comes_back() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    async def run() -> None:
        size, memory = 64 << 20, Memory(100 << 20)
        registry = Registry()
        before = resident()
        bdev = registry.register("d", MallocDevice(Geometry(4096, size // 4096), memory))
        device = bdev.open(write=True)
        assert resident() < before + size // 8, "memory is taken before it is used"
        for block in range(0, size // 4096, 256):
            await device.write(block, b"x" * (256 * 4096))
        assert resident() > before + size // 2
        await device.unmap(0, size // 8192)
        assert resident() < before + size * 3 // 4, "unmapped memory is not given back"
        raises(errno.ENOMEM, lambda: MallocDevice(Geometry(4096, size // 4096), memory))
        await registry.unregister(bdev)
        assert resident() < before + size // 8
        await MallocDevice(Geometry(4096, size // 4096), memory).close()

    asyncio.run(run())


# -- numbers


async def some_io(device: Descriptor) -> None:
    """3 reads of 2 blocks, 2 writes of 1, 1 unmap of 4, 1 copy of 2, and failures."""
    for _ in range(3):
        await device.read(0, 2)
    for _ in range(2):
        await device.write(0, bytes(BLOCK))
    await device.unmap(0, 4)
    await device.copy(0, 8, 2)
    with pytest.raises(CompareFailedError):
        await device.compare(0, b"x" * BLOCK)


@pytest.mark.parametrize("limited", [False, True])
def test_statistics_count_what_was_done_per_channel(limited: bool) -> None:
    async def run() -> None:
        bdev = one(Registry())
        if limited:
            bdev.limit(RateLimits(rw_ios_per_sec=1_000_000))
        first, second = bdev.open(write=True), bdev.open(write=True)
        await some_io(first)
        await some_io(second)
        await second.read(0, 1)
        second.close()
        assert list(bdev.channels()) == [first.number]
        shown = bdev.statistics().describe()
        expected = {
            "bytes_read": 13 * BLOCK, "num_read_ops": 7, "bytes_written": 4 * BLOCK,
            "num_write_ops": 4, "bytes_unmapped": 8 * BLOCK, "num_unmap_ops": 2,
            "bytes_copied": 4 * BLOCK, "num_copy_ops": 2, "io_error": {"miscompare": 2},
        }  # fmt: skip
        assert {name: shown[name] for name in expected} == expected
        for kind in ("read", "write", "unmap", "copy"):
            total, most, least = (
                int(str(shown[f"{word}{kind}_latency_ticks"])) for word in ("", "max_", "min_")
            )
            assert 0 < least <= most <= total < 1e9
        assert bdev.channels()[first.number].read.operations == 3
        bdev.reset_statistics(Reset.MAXMIN)
        assert bdev.statistics().read.longest == 0
        assert bdev.statistics().read.operations == 7
        bdev.reset_statistics(Reset.ERROR)
        assert not bdev.statistics().errors
        bdev.reset_statistics(Reset.NONE)
        assert bdev.statistics().read.operations == 7
        bdev.reset_statistics(Reset.ALL)
        untouched = {**dict.fromkeys(shown, 0), "io_error": {}}
        assert bdev.statistics().describe() == untouched

    asyncio.run(run())


def test_latencies_are_those_that_were_waited_for() -> None:
    async def run() -> None:
        registry = Registry()
        base = one(registry)
        latencies = Latencies(20_000, 20_000, 40_000, 40_000)
        registry.create_layer(Plan("dl", "d", "delay", lambda d: DelayDevice(d, latencies)))
        device = registry.get("dl").open(write=True)
        await asyncio.gather(*(device.read(0, 1) for _ in range(5)))
        await device.write(0, bytes(BLOCK))
        upper, lower = registry.get("dl").statistics(), base.statistics()
        assert 20e6 <= upper.read.shortest <= upper.read.longest < 40e6
        assert 40e6 <= upper.write.shortest < 80e6
        assert lower.read.longest < 10e6
        latencies.avg_read_latency = 0
        registry.get("dl").reset_statistics(Reset.ALL)
        for _ in range(100):
            await device.read(0, 1)
        read = registry.get("dl").statistics().read
        assert read.longest >= 20e6  # one in a hundred has the latency of the 99th percentile
        assert read.ticks - read.longest < 0.5 * 100 * 20e6  # and only one

    asyncio.run(run())


# -- errors on demand


def injected(kind: IoType, injection: Injection) -> tuple[Descriptor, ErrorDevice]:
    registry = Registry()
    one(registry)
    registry.create_layer(Plan("EE_d", "d", "bdev_error", ErrorDevice))
    device = registry.get("EE_d").device
    assert isinstance(device, ErrorDevice)
    device.inject((kind,), injection)
    return registry.get("EE_d").open(write=True), device


@pytest.mark.parametrize(
    ("kind", "injection", "error"),
    [
        (IoType.READ, Injection(Fault.FAILURE, 2), ReadFailedError),
        (IoType.WRITE, Injection(Fault.FAILURE, 2), WriteFailedError),
        (IoType.READ, Injection(Fault.NOMEM, 2), NoMemoryError),
        (IoType.WRITE, Injection(Fault.NVME_FAILURE, 2, sct=2, sc=0x85), InjectedError),
    ],
)
def test_as_many_operations_fail_as_were_asked_for(
    kind: IoType, injection: Injection, error: type[IoError]
) -> None:
    async def run() -> None:
        device, _ = injected(kind, injection)

        async def operation() -> None:
            await (device.read(0, 1) if kind is IoType.READ else device.write(0, b"x" * BLOCK))

        for _ in range(2):
            with pytest.raises(error) as caught:
                await operation()
        await operation()
        if error is InjectedError:
            assert caught.value.nvme_status == (2, 0x85)

    asyncio.run(run())


def test_falsified_data_differ_in_the_byte_that_was_asked_for() -> None:
    async def run() -> None:
        device, _ = injected(IoType.READ, Injection(Fault.CORRUPT_DATA, offset=7, value=0x80))
        assert await device.read(0, 1) == bytes(7) + b"\x80" + bytes(BLOCK - 8)
        assert await device.read(0, 1) == bytes(BLOCK)

    asyncio.run(run())


@pytest.mark.parametrize("end", ["resume", "clear", "reset"])
def test_an_operation_that_hangs_goes_on_or_fails_when_told_so(end: str) -> None:
    async def run() -> None:
        device, module = injected(IoType.WRITE, Injection(Fault.PENDING))
        hanging = asyncio.ensure_future(device.write(0, b"x" * BLOCK))
        done, _ = await asyncio.wait([hanging], timeout=0.02)
        assert not done
        if end == "reset":
            await device.reset()
        else:
            getattr(module, end)()
        if end == "resume":
            await hanging
            assert await device.read(0, 1) == b"x" * BLOCK
        else:
            with pytest.raises(RemovedError):
                await hanging

    asyncio.run(run())


# -- encryption


@pytest.mark.parametrize("block_size", [512, 4096])
def test_the_medium_holds_no_plain_text(block_size: int, tmp_path: Path) -> None:
    secret = b"attack at dawn! " * (block_size // 16)

    async def run() -> None:
        stack = build("crypto over aio", tmp_path, 64, block_size)
        device = stack.open()
        await device.write(0, secret * 8)
        await device.compare_and_write(9, await device.read(9, 1), secret)
        await device.copy(0, 20, 4)
        await device.write_zeroes(30, 4)
        await device.flush()
        medium = (tmp_path / "aio.img").read_bytes()
        assert b"attack at dawn" not in medium
        blocks = [medium[n * block_size : (n + 1) * block_size] for n in range(64)]
        written = [blocks[n] for n in (*range(8), 9, *range(20, 24), *range(30, 34))]
        assert len(set(written)) == len(written), "equal blocks look equal"
        assert bytes(block_size) not in written
        assert await device.read(0, 8) == secret * 8
        await stack.registry.close()

    asyncio.run(run())


def test_what_is_on_the_medium_is_that_of_the_standard() -> None:
    """IEEE Std 1619, test vectors 4 and 5: 512 bytes at data units 0 and 1."""
    halves = "27182818284590452353602874713526", "31415926535897932384626433832795"
    key = CryptoKey("k", "AES_XTS", *halves, "SIMPLE_LBA")
    vector4 = "27a7479befa1d476489f308cd4cfa6e2a96e4bbe3208ff25287dd3819616e89c"
    vector5 = "264d3ca8512194fec312c8c9891f279fefdd608d0c027b60483a3fa811d65ee5"

    async def run() -> None:
        registry = Registry()
        base = one(registry)
        plan = Plan("c", "d", "crypto", lambda below: CryptoDevice(below, key))
        registry.create_layer(plan)
        device, medium = registry.get("c").open(write=True), base.open(write=False)
        await device.write(0, bytes(range(256)) * 2)
        first = await medium.read(0, 1)
        await device.write(1, first)
        second = await medium.read(1, 1)
        assert (first[:32].hex(), second[:32].hex()) == (vector4, vector5)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("cipher", "key", "key2", "mode"),
    [
        ("AES_CBC", "00" * 16, "", "SIMPLE_LBA"),
        ("AES_XTS", "00" * 16, "00" * 16, "SIMPLE_LBA"),
        ("AES_XTS", "00" * 16, "11" * 32, "SIMPLE_LBA"),
        ("AES_XTS", "00" * 24, "11" * 24, "SIMPLE_LBA"),
        ("AES_XTS", "00" * 16, "xx" * 16, "SIMPLE_LBA"),
        ("AES_XTS", "00" * 16, "11" * 16, "INCR_512_FULL_LBA"),
    ],
)
def test_a_key_that_will_not_do_is_refused_and_no_key_shows_itself(
    cipher: str, key: str, key2: str, mode: str
) -> None:
    refused = CryptoKey("k", cipher, key, key2, mode)
    with pytest.raises(ValueError):  # noqa: PT011 (fromhex has words of its own)
        refused.secret()
    assert key not in repr(refused)
