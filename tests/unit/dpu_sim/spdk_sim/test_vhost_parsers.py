"""Whatever bytes a front end or a guest writes, the parsers of vhost refuse or bound them."""

from __future__ import annotations

import asyncio
import mmap
import os
import struct
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpu_sim.spdk_sim.bdev.bdev import Bdev
from dpu_sim.spdk_sim.bdev.device import Geometry
from dpu_sim.spdk_sim.bdev.memory import MallocDevice, Memory
from dpu_sim.spdk_sim.vhost import messages
from dpu_sim.spdk_sim.vhost.blk import HEADER, IOERR, OK, UNSUPP, BlkDevice
from dpu_sim.spdk_sim.vhost.memory import GuestFaultError, GuestMemory, map_memory
from dpu_sim.spdk_sim.vhost.messages import Header, MessageError, Region, RingAddress
from dpu_sim.spdk_sim.vhost.ring import LONGEST_CHAIN, Chain, SplitRing
from dpu_sim.spdk_sim.vhost.scsi import COMMAND, RESPONSE, ScsiDevice, ScsiTarget

EXAMPLES = settings(max_examples=150, deadline=None)
SIZE = 0x4000
GUEST, USER = 0x10000, 0x7000_0000
TABLE, AVAILABLE, USED = 0, 0x1000, 0x2000
RING = 16
ADDRESS = RingAddress(0, 0, USER + TABLE, USER + USED, USER + AVAILABLE, 0)
NOBODY = None

parsers = st.sampled_from(
    [messages.parse_u64, messages.parse_state, messages.parse_address, messages.parse_config]
)


def guest(content: bytes = b"") -> tuple[bytearray, GuestMemory]:
    memory = bytearray(content.ljust(SIZE, b"\0"))
    return memory, GuestMemory([(Region(GUEST, SIZE, USER, 0), memoryview(memory))])


# -- messages


@EXAMPLES
@given(parser=parsers, payload=st.binary(max_size=64))
def test_a_payload_is_parsed_or_refused(parser: object, payload: bytes) -> None:
    assert callable(parser)
    with suppress(MessageError):
        parser(payload)


@EXAMPLES
@given(data=st.binary(min_size=12, max_size=12))
def test_a_header_is_of_this_version_and_bounded_or_refused(data: bytes) -> None:
    try:
        header = Header.parse(data)
    except MessageError:
        return
    assert header.size <= messages.LARGEST_PAYLOAD
    assert header.flags & 3 == 1


@EXAMPLES
@given(payload=st.binary(max_size=300), descriptors=st.integers(0, 8))
def test_a_table_of_memory_has_as_many_regions_as_descriptors(
    payload: bytes, descriptors: int
) -> None:
    with suppress(MessageError):
        assert len(messages.parse_regions(payload, descriptors)) == descriptors


@EXAMPLES
@given(rows=st.lists(st.tuples(*[st.integers(0, (1 << 64) - 1)] * 4), min_size=1, max_size=8))
def test_a_table_comes_back_as_it_was_sent(rows: list[tuple[int, int, int, int]]) -> None:
    payload = struct.pack("<II", len(rows), 0) + b"".join(struct.pack("<QQQQ", *r) for r in rows)
    assert messages.parse_regions(payload, len(rows)) == [Region(*row) for row in rows]


# -- memory


@EXAMPLES
@given(address=st.integers(0, (1 << 64) - 1), length=st.integers(0, (1 << 32) - 1))
def test_memory_that_the_guest_names_is_its_own_or_refused(address: int, length: int) -> None:
    _, memory = guest()
    try:
        parts = memory.parts(address, length)
    except GuestFaultError:
        assert not (address >= GUEST and address + length <= GUEST + SIZE)
        return
    assert sum(map(len, parts)) == length


def test_memory_may_go_across_regions() -> None:
    low, high = bytearray(16), bytearray(16)
    regions = [
        (Region(0, 16, 0x100, 0), memoryview(low)),
        (Region(16, 16, 0x900, 0), memoryview(high)),
    ]
    chain = Chain(0, writable=GuestMemory(regions).parts(8, 16))
    chain.write(4, b"01234567")
    assert bytes(low[12:] + high[:4]) == b"01234567"


@EXAMPLES
@given(
    region=st.builds(
        Region,
        st.integers(0, (1 << 64) - 1),
        st.one_of(st.integers(0, 8192), st.integers(0, (1 << 64) - 1)),
        st.integers(0, (1 << 64) - 1),
        st.one_of(st.integers(0, 8192), st.integers(0, (1 << 64) - 1)),
    )
)
def test_a_region_is_inside_its_file_or_refused(region: Region) -> None:
    with memory_file(8192, os.MFD_ALLOW_SEALING) as descriptor, suppress(GuestFaultError):
        memory = map_memory([(region, descriptor)])
        assert region.offset + region.size <= 8192
        [part] = memory.parts(region.guest_address, region.size)
        part[-1] = 1


@contextmanager
def memory_file(size: int, flags: int = 0) -> Iterator[int]:
    descriptor = os.memfd_create("test", flags)
    try:
        os.ftruncate(descriptor, size)
        yield descriptor
    finally:
        os.close(descriptor)


def test_memory_that_is_mapped_cannot_shrink_any_more() -> None:
    region = Region(0, 4096, 0, 0)
    with memory_file(4096, os.MFD_ALLOW_SEALING) as descriptor:
        map_memory([(region, descriptor)])
        with pytest.raises(PermissionError):
            os.ftruncate(descriptor, 0)
    with memory_file(4096) as descriptor, pytest.raises(GuestFaultError, match="may shrink"):
        map_memory([(region, descriptor)])


def test_regions_do_not_overlap() -> None:
    part = memoryview(bytearray(16))
    with pytest.raises(GuestFaultError):
        GuestMemory([(Region(0, 16, 0, 0), part), (Region(8, 16, 64, 0), part)])


def test_parts_keep_the_memory_that_is_replaced() -> None:
    mapped = mmap.mmap(-1, 4096)
    [part] = GuestMemory([(Region(0, 4096, 0, 0), memoryview(mapped))]).parts(0, 8)
    del mapped
    part[:] = b"still ok"
    assert bytes(part) == b"still ok"


# -- rings


addresses = st.one_of(st.integers(GUEST - 64, GUEST + SIZE + 64), st.integers(0, (1 << 64) - 1))
lengths = st.one_of(st.integers(0, 256), st.integers(0, (1 << 32) - 1))
rows = st.lists(
    st.tuples(addresses, lengths, st.integers(0, 7), st.integers(0, RING + 1)),
    min_size=RING,
    max_size=RING,
)


@EXAMPLES
@given(rows=rows, head=st.integers(0, RING), count=st.integers(0, 0xFFFF))
def test_a_chain_is_inside_the_guests_memory_or_refused(
    rows: list[tuple[int, int, int, int]], head: int, count: int
) -> None:
    table = b"".join(struct.pack("<QIHH", *row) for row in rows)
    content, memory = guest(table)
    struct.pack_into("<HHH", content, AVAILABLE, 0, count, head)
    with suppress(GuestFaultError):
        ring = SplitRing(memory, RING, ADDRESS, events=False)
        assert ring.pending() == count
        if count:
            chain = ring.take()
            parts = [*chain.readable, *chain.writable]
            assert 0 < len(parts) <= LONGEST_CHAIN
            assert all(0 < len(part) <= SIZE for part in parts)


def test_a_chain_that_loops_ends() -> None:
    content, memory = guest(struct.pack("<QIHH", GUEST, 16, 1, 0))
    struct.pack_into("<HHH", content, AVAILABLE, 0, 1, 0)
    ring = SplitRing(memory, RING, ADDRESS, events=False)
    with pytest.raises(GuestFaultError, match="without an end"):
        ring.take()


def test_an_indirect_table_has_no_indirect_tables() -> None:
    content, memory = guest(struct.pack("<QIHH", GUEST + 0x3000, 16, 4, 0))
    struct.pack_into("<QIHH", content, 0x3000, GUEST + 0x3000, 16, 4, 0)
    struct.pack_into("<HHH", content, AVAILABLE, 0, 1, 0)
    ring = SplitRing(memory, RING, ADDRESS, events=False)
    with pytest.raises(GuestFaultError, match="wrong place"):
        ring.take()


@EXAMPLES
@given(
    size=st.integers(0, 1 << 16),
    places=st.tuples(*[st.integers(USER - 8, USER + SIZE + 8)] * 3),
)
def test_a_ring_is_inside_the_memory_or_refused(size: int, places: tuple[int, int, int]) -> None:
    _, memory = guest()
    descriptors, used, available = places
    address = RingAddress(0, 0, descriptors, used, available, 0)
    with suppress(GuestFaultError):
        ring = SplitRing(memory, size, address, events=True)
        assert 16 * ring.size <= SIZE


@EXAMPLES
@given(former=st.integers(0, 0xFFFF), done=st.integers(0, RING), event=st.integers(0, 0xFFFF))
def test_the_driver_is_called_when_it_wants_to_be(former: int, done: int, event: int) -> None:
    content, memory = guest()
    struct.pack_into("<H", content, USED + 2, former)
    struct.pack_into("<H", content, AVAILABLE + 4 + 2 * RING, event)
    ring = SplitRing(memory, RING, ADDRESS, events=True)
    for _ in range(done):
        ring.give_back(3, 7)
    gone_by = {(former + step) & 0xFFFF for step in range(done)}
    assert ring.wants_call(former) == (event in gone_by)
    assert struct.unpack_from("<H", content, USED + 2)[0] == (former + done) & 0xFFFF


# -- requests


def volume() -> Bdev:
    return Bdev("v", MallocDevice(Geometry(512, 64), Memory(None)))


def chain_of(readable: bytes, room: int) -> Chain:
    writable = [memoryview(bytearray(room))] if room else []
    return Chain(0, [memoryview(readable)] if readable else [], writable)


def finish(outcome: int | Awaitable[int]) -> int:
    if isinstance(outcome, int):
        return outcome

    async def wait() -> int:
        return await outcome

    return asyncio.run(wait())


kinds = st.one_of(st.sampled_from([0, 1, 4, 8, 11, 13]), st.integers(0, (1 << 32) - 1))
sectors = st.one_of(st.integers(0, 80), st.integers(0, (1 << 64) - 1))


@EXAMPLES
@given(kind=kinds, sector=sectors, data=st.binary(max_size=1600), room=st.integers(0, 1600))
def test_every_block_request_ends_with_a_status(
    kind: int, sector: int, data: bytes, room: int
) -> None:
    device = BlkDevice(volume().open(write=True), readonly=False)
    chain = chain_of(HEADER.pack(kind, 0, sector) + data, room)
    written = finish(device.execute(NOBODY, 0, chain))  # type: ignore[arg-type]
    assert 0 <= written <= room
    if room:
        assert chain.writable[0][-1] in (OK, IOERR, UNSUPP)


opcodes = st.one_of(
    st.sampled_from([0, 3, 8, 10, 0x12, 0x1A, 0x25, 0x28, 0x2A, 0x35, 0x42, 0x5A, 0x88, 0x8A]),
    st.integers(0, 255),
)
blocks = st.builds(
    lambda opcode, rest: bytes((opcode,)) + rest,
    opcodes,
    st.one_of(st.binary(min_size=31, max_size=31), st.just(bytes(31))),
)


@EXAMPLES
@given(
    cdb=blocks,
    unit=st.one_of(st.just(bytes((1, 0, 0, 0, 0, 0, 0, 0))), st.binary(min_size=8, max_size=8)),
    data=st.binary(max_size=1100),
    room=st.integers(0, 1100),
)
def test_every_scsi_command_ends_with_a_status_and_its_reason(
    cdb: bytes, unit: bytes, data: bytes, room: int
) -> None:
    device = ScsiDevice()
    asyncio.run(_add(device))
    chain = chain_of(COMMAND.pack(unit, 1, 0, 0, 0, cdb) + data, RESPONSE.size + room)
    written = finish(device.execute(NOBODY, 2, chain))  # type: ignore[arg-type]
    sense_length, _, _, status, response, sense = RESPONSE.unpack_from(chain.writable[0])
    assert RESPONSE.size <= written <= RESPONSE.size + room
    if response != 0:
        assert response in (1, 3)
    elif status == 2:
        assert sense_length == 18
        assert sense[0] == 0x70
        assert sense[2] in (2, 3, 4, 5, 7)
    else:
        assert (status, sense_length) == (0, 0)


async def _add(device: ScsiDevice) -> None:
    async def gone(_: ScsiTarget) -> None: ...

    device.add(ScsiTarget(0, 0, volume(), gone, lambda _: None))


@EXAMPLES
@given(data=st.binary(max_size=64), room=st.integers(0, 64))
def test_every_request_of_the_control_ring_is_answered_within_its_room(
    data: bytes, room: int
) -> None:
    device = ScsiDevice()
    asyncio.run(_add(device))
    assert 0 <= finish(device.execute(NOBODY, 0, chain_of(data, room))) <= room  # type: ignore[arg-type]
