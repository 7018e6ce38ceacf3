"""Logical volumes are bytes that nobody else changes, and outlive a crash at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpu_sim.spdk_sim.bdev.bdev import Descriptor
from dpu_sim.spdk_sim.bdev.device import Buffer, Geometry
from dpu_sim.spdk_sim.bdev.errors import CompareFailedError, NoSpaceError, ReadOnlyError
from dpu_sim.spdk_sim.bdev.memory import MallocDevice, Memory
from dpu_sim.spdk_sim.bdev.registry import Registry
from dpu_sim.spdk_sim.lvol.layout import (
    CorruptError,
    StoreRecord,
    VolumeRecord,
    decode,
    decode_mark,
    encode,
    encode_mark,
)
from dpu_sim.spdk_sim.lvol.stores import Stores

BLOCK = 4096
CLUSTER = 16 * BLOCK
SIZE = 4
"""Clusters of the volumes."""
PER_CLUSTER = CLUSTER // BLOCK
BLOCKS = SIZE * PER_CLUSTER
SECTOR = 512
RECORD = 129
"""Blocks of the mark and both slots, at least."""
DEVICE = 24 << 20 >> 4
"""Bytes of the device: enough for the record and for twelve clusters or so."""

names = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=20)
places = st.dictionaries(st.integers(0, 1 << 32 - 1), st.integers(0, 1 << 32 - 1), max_size=20)
volumes = st.builds(
    VolumeRecord, st.uuids(), names, st.integers(1, 1 << 30), st.booleans(), st.booleans(),
    st.none() | st.uuids(), places,
)  # fmt: skip
records = st.builds(
    StoreRecord, st.uuids(), names, st.integers(1, 1 << 31), st.integers(1, 1 << 31),
    st.integers(1, 1 << 20), st.lists(volumes, max_size=5),
)  # fmt: skip


@given(records, st.integers(0, (1 << 64) - 1))
def test_a_record_is_read_as_it_was_written(record: StoreRecord, sequence: int) -> None:
    assert decode(encode(record, sequence, 1 << 20)) == (sequence, record)


@given(records, st.data())
def test_a_record_that_is_damaged_or_cut_off_is_none(
    record: StoreRecord, data: st.DataObject
) -> None:
    written = encode(record, 7, 1 << 20)
    at = data.draw(st.integers(0, len(written) - 1))
    damaged = bytearray(written)
    damaged[at] ^= data.draw(st.integers(1, 255))
    for content in (damaged, written[:at]):
        with pytest.raises(CorruptError):
            decode(content)


@given(st.binary(max_size=200))
def test_what_is_no_store_is_none(content: bytes) -> None:
    for parse in (decode, decode_mark):
        with pytest.raises(CorruptError):
            parse(content)


@given(st.integers(1, (1 << 32) - 1), st.sampled_from([512, 4096, 8192]))
def test_a_mark_is_read_as_it_was_written(slot: int, block: int) -> None:
    mark = encode_mark(slot, block)
    assert len(mark) % block == 0
    assert decode_mark(mark) == slot


def test_a_record_that_has_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match="too many volumes"):
        encode(StoreRecord(uuid4(), "s", 1, 1, 1), 1, 100)


class Journal(MallocDevice):
    """A device in memory that knows in which order it was changed."""

    def __init__(self) -> None:
        super().__init__(Geometry(BLOCK, DEVICE // BLOCK, UUID(int=1)), Memory())
        self.changes: list[tuple[int, bytes]] = []

    @property
    def at_once(self) -> bool:
        """Never, that everything passes here."""
        return False

    def write_now(self, first: int, data: Buffer) -> bool:
        """Keep what is written."""
        self.changes.append((first, bytes(data)))
        return super().write_now(first, data)

    async def write(self, first: int, data: Buffer) -> None:
        """Keep what is written."""
        self.changes.append((first, bytes(data)))
        assert super().write_now(first, data)

    async def write_zeroes(self, first: int, count: int) -> None:
        """As a write."""
        await self.write(first, bytes(count * BLOCK))

    async def unmap(self, first: int, count: int) -> None:
        """As a write."""
        await self.write(first, bytes(count * BLOCK))


def crashed(changes: list[tuple[int, bytes]], torn: bool) -> MallocDevice:
    """A device after the changes; of the last one only a part was written if it is `torn`."""
    device = MallocDevice(Geometry(BLOCK, DEVICE // BLOCK, UUID(int=1)), Memory())
    for number, (first, data) in enumerate(changes, 1):
        kept = data
        if torn and number == len(changes):
            former = bytes(device.read_now(first, len(data) // BLOCK) or b"")
            # Of data whole blocks, of the record whole sectors.
            unit = SECTOR if first < RECORD else BLOCK
            cut = len(data) // unit // 2 * unit if len(data) > BLOCK else unit % BLOCK
            kept = data[:cut] + former[cut:]
        assert device.write_now(first, kept)
    return device


async def find(device: MallocDevice) -> tuple[Registry, Stores]:
    """What is found on a device that arrives."""
    registry = Registry()
    stores = Stores(registry)
    registry.register("base", device)
    await registry.examined()
    return registry, stores


class World:
    """Volumes, and what is to be in them."""

    def __init__(self, device: Journal) -> None:
        self.device = device
        self.model: dict[str, bytearray] = {}
        self.snapshots: set[str] = set()

    async def begin(self) -> None:
        """A store with a volume."""
        self.registry, self.stores = await find(self.device)
        await self.stores.create("base", "s", CLUSTER)
        await self.add("v", thin=True)

    async def add(self, name: str, *, thin: bool) -> None:
        """Another volume."""
        [store] = self.stores
        await self.stores.create_volume(store, VolumeRecord(uuid4(), name, SIZE, thin))
        self.model[name] = bytearray(BLOCKS * BLOCK)

    def open(self, name: str) -> Descriptor:
        """The device of a volume."""
        return self.registry.get(f"s/{name}").open(write=True)

    async def apply(self, operation: tuple[Any, ...]) -> None:
        """Carry an operation out on both."""
        kind, name, *arguments = operation
        if kind in ("snapshot", "clone", "delete"):
            await self.manage(kind, name, *arguments)
            return
        device = self.open(name)
        try:
            await self.change(device, kind, name, *arguments)
        finally:
            device.close()

    async def manage(self, kind: str, name: str, new: str = "") -> None:
        """Make or unmake a volume."""
        if kind == "snapshot":
            await self.stores.snapshot(f"s/{name}", new)
            self.snapshots.add(new)
        elif kind == "clone":
            await self.stores.clone(f"s/{name}", new)
        else:
            await self.stores.delete_volume(f"s/{name}")
            del self.model[name]
            self.snapshots.discard(name)
            return
        self.model[new] = bytearray(self.model[name])

    async def change(
        self, device: Descriptor, kind: str, name: str, first: int, count: int, fill: int = 0
    ) -> None:
        """Change what is in a volume."""
        count = min(count, BLOCKS - first)
        data = bytes([fill]) * (count * BLOCK)
        if kind == "write":
            await device.write(first, data)
        elif kind == "write_zeroes":
            await device.write_zeroes(first, count)
        else:
            await device.unmap(first, count)
        self.model[name][first * BLOCK : (first + count) * BLOCK] = data

    async def check(self, registry: Registry) -> None:
        """Every volume has what it is to have; there is no other."""
        there = {alias for one in registry for alias in one.aliases if alias.startswith("s/")}
        assert there == {f"s/{name}" for name in self.model}
        for name, content in self.model.items():
            device = registry.get(f"s/{name}").open(write=False)
            assert await device.read(0, BLOCKS) == content, name
            device.close()


KINDS = ("write", "write", "write_zeroes", "unmap", "snapshot", "clone", "delete")
MOST = 5
"""Volumes at a time."""
histories = st.lists(
    st.tuples(
        st.sampled_from(KINDS), st.integers(0, MOST), st.integers(0, BLOCKS - 1),
        st.integers(1, 2 * PER_CLUSTER), st.integers(1, 255),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


def candidates(world: World, kind: str) -> list[str]:
    """The volumes that something can be done with."""
    [store] = world.stores
    found = sorted(store.volumes.values(), key=lambda one: one.name)
    if kind == "delete":
        return [one.name for one in found if len(store.clones(one)) <= 1]
    if kind in ("snapshot", "clone") and len(found) == MOST:
        return []
    return [one.name for one in found if one.snapshot == (kind == "clone")]


async def step(world: World, number: int, drawn: tuple[str, int, int, int, int]) -> None:
    """Do what was drawn with one of those that it can be done with."""
    kind, index, first, count, fill = drawn
    if not (possible := candidates(world, kind)):
        return
    name = possible[index % len(possible)]
    if kind in ("snapshot", "clone"):
        await world.apply((kind, name, f"n{number}"))
    elif kind == "delete":
        await world.apply((kind, name))
    else:
        await world.apply((kind, name, first, count, *((fill,) if kind == "write" else ())))


@settings(max_examples=100, deadline=None)
@given(histories)
def test_any_history_leaves_what_it_leaves_in_bytes_also_after_a_restart(
    history: list[tuple[str, int, int, int, int]],
) -> None:
    async def run() -> None:
        world = World(Journal())
        await world.begin()
        [store] = world.stores
        for number, drawn in enumerate(history):
            with suppress(NoSpaceError):
                await step(world, number, drawn)
        await world.check(world.registry)
        free = store.free
        found, again = await find(crashed(world.device.changes, torn=False))
        await world.check(found)
        assert [one.free for one in again] == [free]
        await found.close()
        await world.registry.close()

    asyncio.run(run())


def test_a_crash_at_any_moment_leaves_what_was_acknowledged() -> None:
    """Cut after every single change of the device, also in the middle of it."""

    async def run() -> None:
        world = World(Journal())
        await world.begin()
        changes = world.device.changes
        steps: list[tuple[Any, ...]] = [
            ("write", "v", 3, 20, 1),
            ("snapshot", "v", "one"),
            ("write", "v", 10, 10, 2),
            ("clone", "one", "c"),
            ("write", "c", 40, 3, 3),
            ("unmap", "v", 0, BLOCKS),
            ("snapshot", "c", "two"),
            ("write", "c", 0, BLOCKS, 4),
            ("delete", "v"),
            ("delete", "one"),
            ("delete", "c"),
            ("delete", "two"),
        ]
        cuts = 0
        for step in steps:
            start, before = len(changes), {name: bytes(one) for name, one in world.model.items()}
            await world.apply(step)
            after = {name: bytes(one) for name, one in world.model.items()}
            for cut in range(start, len(changes) + 1):
                for torn in (False, True) if cut > start else (False,):
                    found, _ = await find(crashed(changes[:cut], torn))
                    whole = cut == len(changes) and not torn
                    await _either(found, {} if whole else before, after, step)
                    await found.close()
                    cuts += 1
        assert cuts > 60
        await world.registry.close()

    asyncio.run(run())


async def _either(
    registry: Registry, before: dict[str, bytes], after: dict[str, bytes], step: tuple[Any, ...]
) -> None:
    """Every block is as before the step or as after it; so are the names."""
    there = {alias[2:] for one in registry for alias in one.aliases if alias.startswith("s/")}
    assert there in ([set(before), set(after)] if before else [set(after)]), step
    for name in there:
        device = registry.get(f"s/{name}").open(write=False)
        found = bytes(await device.read(0, BLOCKS))
        device.close()
        old, new = before.get(name, after.get(name)), after.get(name, before.get(name))
        assert old is not None
        assert new is not None
        for at in range(0, len(found), BLOCK):
            block = found[at : at + BLOCK]
            assert block in (old[at : at + BLOCK], new[at : at + BLOCK]), (step, name, at)


def scenario(work: Callable[[World], Any]) -> None:
    """Run something on a fresh world."""

    async def run() -> None:
        world = World(Journal())
        await world.begin()
        await work(world)
        await world.registry.close()

    asyncio.run(run())


def test_writes_at_the_same_time_to_a_new_cluster_are_all_there_and_recorded() -> None:
    async def work(world: World) -> None:
        device = world.open("v")
        await asyncio.gather(
            *(device.write(at, bytes([at + 1]) * BLOCK) for at in range(PER_CLUSTER))
        )
        for at in range(PER_CLUSTER):
            world.model["v"][at * BLOCK : (at + 1) * BLOCK] = bytes([at + 1]) * BLOCK
        found, _ = await find(crashed(world.device.changes, torn=False))
        await world.check(found)
        [store] = world.stores
        assert len(next(iter(store.volumes.values())).places) == 1

    scenario(work)


def test_what_a_deleted_volume_held_is_never_seen_by_another() -> None:
    async def work(world: World) -> None:
        await world.apply(("write", "v", 0, BLOCKS, 9))
        await world.apply(("delete", "v"))
        await world.add("thick", thin=False)
        await world.add("thin", thin=True)
        await world.apply(("write", "thin", 5, 1, 1))
        await world.check(world.registry)

    scenario(work)


def test_a_full_store_says_so_and_goes_on_when_there_is_room() -> None:
    async def work(world: World) -> None:
        [store] = world.stores
        count = 0
        while store.free >= SIZE:
            await world.add(f"filler{count}", thin=False)
            count += 1
        with pytest.raises(NoSpaceError):
            await world.add("more", thin=False)
        world.model.pop("more", None)
        device = world.open("v")
        with pytest.raises(NoSpaceError):
            await device.write(0, b"x" * (BLOCKS * BLOCK))
        device.close()
        await world.apply(("delete", "filler0"))
        await world.apply(("write", "v", 0, BLOCKS, 5))
        await world.check(world.registry)

    scenario(work)


def test_a_snapshot_is_read_only_and_compare_and_write_is_one_operation() -> None:
    async def work(world: World) -> None:
        await world.apply(("snapshot", "v", "kept"))
        kept, device = world.open("kept"), world.open("v")
        with pytest.raises(ReadOnlyError):
            await kept.write(0, bytes(BLOCK))
        one, two = b"1" * BLOCK, b"2" * BLOCK
        outcomes = await asyncio.gather(
            *(device.compare_and_write(0, bytes(BLOCK), new) for new in (one, two)),
            return_exceptions=True,
        )
        assert outcomes[0] is None
        assert isinstance(outcomes[1], CompareFailedError)
        assert await device.read(0, 1) == one

    scenario(work)


def test_a_clone_is_written_while_its_snapshot_is_deleted() -> None:
    async def work(world: World) -> None:
        await world.apply(("write", "v", 0, BLOCKS, 1))
        await world.apply(("snapshot", "v", "kept"))
        [store] = world.stores
        free = store.free
        device = world.open("v")
        writes = [device.write(at, bytes([2]) * BLOCK) for at in range(0, BLOCKS, 3)]
        await asyncio.gather(*writes, world.stores.delete_volume("s/kept"))
        device.close()
        del world.model["kept"]
        for at in range(0, BLOCKS, 3):
            world.model["v"][at * BLOCK : (at + 1) * BLOCK] = bytes([2]) * BLOCK
        await world.check(world.registry)
        assert store.free == free  # one owner for each cluster again
        found, [again] = await find(crashed(world.device.changes, torn=False))
        await world.check(found)
        assert again.free == free

    scenario(work)
