"""I/O commands of the NVMe/TCP target, seen by a host on loopback."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from nvmetcp.command import make_command
from nvmetcp.host import HostConfig
from nvmetcp.io import (
    DEALLOCATE,
    Compare,
    Copy,
    DatasetManagement,
    Flush,
    Range,
    Read,
    SourceRange,
    Write,
    WriteZeroes,
    fused,
    pack_ranges,
    pack_sources,
)
from nvmetcp.status import Status
from tests.nvme_host import CommandFailedError, Host, HostQueue
from tests.nvmf_loop import BLOCK, BLOCKS, SUBNQN, Loop, target_loop

CHANCE = random.Random(4)


@pytest.fixture
def loop() -> Iterator[Loop]:
    """A target."""
    with target_loop() as made:
        yield made


@pytest.fixture
def queue(loop: Loop) -> Iterator[HostQueue]:
    """An I/O queue to a subsystem with one namespace."""
    subsystem = loop.subsystem()
    loop.namespace(subsystem)
    with Host(loop.listen(subsystem), SUBNQN) as host:
        yield host.io_queue()


def read(queue: HostQueue, slba: int, blocks: int) -> bytes:
    """The content of blocks."""
    return queue.run(Read(nsid=1, slba=slba, nlb=blocks - 1).command(), length=blocks * BLOCK)


def write(queue: HostQueue, slba: int, data: bytes, **flags: int) -> None:
    """Replace blocks."""
    queue.run(Write(nsid=1, slba=slba, nlb=len(data) // BLOCK - 1, **flags).command(), data)


def refused(queue: HostQueue, command: object, data: bytes | None = None, length: int = 0) -> int:
    """The status that a command fails with."""
    with pytest.raises(CommandFailedError) as caught:
        queue.run(command, data, length)  # type: ignore[arg-type]
    return caught.value.status


@pytest.mark.parametrize("digests", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("flow_control", [True, False])
def test_what_is_written_is_read(
    loop: Loop, digests: tuple[bool, bool], flow_control: bool
) -> None:
    """In capsules and on request, with and without digests and flow control."""
    subsystem = loop.subsystem()
    loop.namespace(subsystem)
    config = HostConfig(*digests, flow_control=flow_control)
    with Host(loop.listen(subsystem), SUBNQN, config=config) as host:
        queue = host.io_queue()
        for size in (512, 4096, 8192, 65536, 131072):
            data = CHANCE.randbytes(size)
            write(queue, 64, data)
            assert read(queue, 64, size // BLOCK) == data
            assert read(queue, 65, 1) == (data[512:1024] or bytes(512))


def test_a_deep_queue_keeps_every_command_apart(queue: HostQueue) -> None:
    """127 reads and writes under way at once, of all sizes, each gets its own data."""
    blocks = {slba: CHANCE.randbytes(BLOCK * (1 + slba % 40)) for slba in range(0, 127 * 64, 64)}
    for commands in ("write", "read"):
        cids = {}
        for slba, data in blocks.items():
            count = len(data) // BLOCK - 1
            if commands == "write":
                cids[queue.submit(Write(nsid=1, slba=slba, nlb=count).command(), data)] = slba
            else:
                command = Read(nsid=1, slba=slba, nlb=count).command()
                cids[queue.submit(command, length=len(data))] = slba
        for cid, slba in cids.items():
            completion, data = queue.wait(cid)
            assert completion.succeeded
            assert commands == "write" or data == blocks[slba]


def test_limits_of_the_namespace(queue: HostQueue) -> None:
    """The last block is there, the one after is not; nothing is written in part."""
    write(queue, BLOCKS - 1, b"x" * BLOCK)
    assert read(queue, BLOCKS - 1, 1) == b"x" * BLOCK
    out = Status.LBA_OUT_OF_RANGE
    assert refused(queue, Read(nsid=1, slba=BLOCKS, nlb=0).command(), length=BLOCK) == out
    assert refused(queue, Read(nsid=1, slba=2**64 - 1, nlb=0).command(), length=BLOCK) == out
    assert refused(queue, Write(nsid=1, slba=BLOCKS - 1, nlb=1).command(), b"y" * 1024) == out
    assert read(queue, BLOCKS - 1, 1) == b"x" * BLOCK
    zeroes = WriteZeroes(nsid=1, slba=BLOCKS - 1, nlb=1).command()
    assert refused(queue, zeroes) == out


def test_commands_that_are_wrong(queue: HostQueue) -> None:
    """Opcode, namespace, and a description of less data than the command is about."""
    assert refused(queue, make_command(0xC0, nsid=1)) == Status.INVALID_OPCODE
    assert refused(queue, make_command(0x0C, nsid=1)) == Status.INVALID_OPCODE
    short = Read(nsid=1, slba=0, nlb=7).command()
    assert refused(queue, short, length=BLOCK) == Status.SGL_DATA_LENGTH_INVALID
    assert refused(queue, Write(nsid=1, slba=0, nlb=7).command(), b"z" * 512) == (
        Status.SGL_DATA_LENGTH_INVALID
    )
    for nsid in (0, 2, 0xFFFFFFFF):
        command = Read(nsid=nsid, slba=0, nlb=0).command()
        assert refused(queue, command, length=BLOCK) == Status.INVALID_NAMESPACE
    too_large = Read(nsid=1, slba=0, nlb=511).command()
    assert refused(queue, too_large, length=262144) == Status.INVALID_FIELD


def test_compare_zeroes_unmap_copy_flush(queue: HostQueue) -> None:
    """The rest of the NVM command set does what it says."""
    data = CHANCE.randbytes(16 * BLOCK)
    write(queue, 0, data, fua=1)
    queue.run(Compare(nsid=1, slba=0, nlb=15).command(), data)
    other = data[:-1] + bytes((data[-1] ^ 1,))
    different = Compare(nsid=1, slba=0, nlb=15).command()
    assert refused(queue, different, other) == Status.COMPARE_FAILURE
    sources = [SourceRange(8, 3), SourceRange(0, 1)]
    queue.run(Copy(nsid=1, sdlba=100, nr=1).command(), pack_sources(sources))
    assert read(queue, 100, 6) == data[8 * BLOCK : 12 * BLOCK] + data[: 2 * BLOCK]
    queue.run(WriteZeroes(nsid=1, slba=1, nlb=0).command())
    unmap = DatasetManagement(nsid=1, nr=1, attributes=DEALLOCATE).command()
    queue.run(unmap, pack_ranges([Range(0, 1, 3), Range(0, 2, 6)]))
    expected = bytearray(data)
    for block in (1, 3, 6, 7):
        expected[block * BLOCK : (block + 1) * BLOCK] = bytes(BLOCK)
    assert read(queue, 0, 16) == bytes(expected)
    queue.run(Flush(nsid=1).command())
    queue.run(Flush(nsid=0xFFFFFFFF).command())
    beyond = Copy(nsid=1, sdlba=BLOCKS - 1, nr=0).command()
    assert refused(queue, beyond, pack_sources([SourceRange(0, 1)])) == Status.LBA_OUT_OF_RANGE


@pytest.mark.parametrize("blocks", [1, 64])
def test_fused_compare_and_write(queue: HostQueue, blocks: int) -> None:
    """Both or neither, whether the data come in the capsule or on request."""
    old, new = CHANCE.randbytes(blocks * BLOCK), CHANCE.randbytes(blocks * BLOCK)
    write(queue, 10, old)
    pair = fused(
        Compare(nsid=1, slba=10, nlb=blocks - 1).command(),
        Write(nsid=1, slba=10, nlb=blocks - 1).command(),
    )
    cids = [queue.submit(command, data) for command, data in zip(pair, (old, new), strict=True)]
    assert [queue.wait(cid)[0].status for cid in cids] == [0, 0]
    assert read(queue, 10, blocks) == new
    cids = [queue.submit(command, data) for command, data in zip(pair, (old, old), strict=True)]
    statuses = [queue.wait(cid)[0].status for cid in cids]
    assert statuses == [Status.COMPARE_FAILURE, Status.ABORTED_FAILED_FUSED]
    assert read(queue, 10, blocks) == new


def test_half_of_a_fused_operation_fails(queue: HostQueue) -> None:
    """A first without second, a second without first, and two that do not match."""
    data = bytes(BLOCK)
    first, second = fused(
        Compare(nsid=1, slba=10, nlb=0).command(), Write(nsid=1, slba=10, nlb=0).command()
    )
    assert refused(queue, second, data) == Status.ABORTED_MISSING_FUSED
    cid = queue.submit(first, data)
    assert read(queue, 0, 1) == bytes(BLOCK)
    assert queue.wait(cid)[0].status == Status.ABORTED_MISSING_FUSED
    elsewhere = second._replace(cdw10=11)
    cids = queue.submit(first, data), queue.submit(elsewhere, data)
    assert queue.wait(cids[1])[0].status == Status.INVALID_FIELD
    assert queue.wait(cids[0])[0].status == Status.ABORTED_FAILED_FUSED
    beyond = [one._replace(cdw10=BLOCKS) for one in (first, second)]
    cids = queue.submit(beyond[0], data), queue.submit(beyond[1], data)
    assert queue.wait(cids[0])[0].status == Status.LBA_OUT_OF_RANGE
    assert queue.wait(cids[1])[0].status in (
        Status.ABORTED_FAILED_FUSED, Status.LBA_OUT_OF_RANGE
    )  # fmt: skip
    assert read(queue, 10, 1) == bytes(BLOCK)


def test_null_devices_read_as_zeroes_and_flush(loop: Loop) -> None:
    """A device without a flush of its own has nothing to flush."""
    from dpu_sim.spdk_sim.bdev.device import Geometry
    from dpu_sim.spdk_sim.bdev.memory import NullDevice

    subsystem = loop.subsystem()
    disk = loop.call(lambda: loop.registry.register("n", NullDevice(Geometry(BLOCK, BLOCKS))))
    loop.namespace(subsystem, disk)
    with Host(loop.listen(subsystem), SUBNQN) as host:
        queue = host.io_queue()
        write(queue, 0, b"x" * 4096)
        assert read(queue, 0, 8) == bytes(4096)
        queue.run(Flush(nsid=1).command())
