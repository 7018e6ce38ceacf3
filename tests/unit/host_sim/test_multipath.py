"""Paths that are cut, stall, change their state and come back, under I/O that is verified."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from host_sim.client import (
    Address,
    ConnectOptions,
    Controller,
    Identity,
    MultipathNamespace,
    NoPathError,
    NvmeError,
    PathError,
    Policy,
    RemovedError,
    State,
    Subsystem,
)
from tests.nvme_target import BLOCK, HOST, NQN, NvmeTarget, nvme_target
from tests.tcp_relay import Relay, relay

ME = Identity.of("nqn.2024-01.io.dpulab:me")
DEADLINE = 20.0


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NvmeTarget]:
    with nvme_target(tmp_path_factory.mktemp("target"), ports=2) as running:
        yield running


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.01)


class Paths:
    """A subsystem over relays, one for each port of the target."""

    def __init__(self, subsystem: Subsystem) -> None:
        self.subsystem = subsystem
        self.relays: list[Relay] = []
        self.controllers: list[Controller] = []

    @property
    def namespace(self) -> MultipathNamespace:
        return self.subsystem.namespaces[1]

    def served(self) -> list[int]:
        """Operations by path, in the order of the ports."""
        by_controller = {one.controller: one.statistics for one in self.namespace.paths}
        found = (by_controller[one] for one in self.controllers)
        return [one.reads + one.writes for one in found]


@asynccontextmanager
async def paths(
    ports: list[int], policy: Policy = Policy.NUMA, no_path_timeout: float = -1, **given: Any
) -> AsyncIterator[Paths]:
    base = ConnectOptions(Address(HOST), NQN, ME, reconnect_delay=0.05)
    async with AsyncExitStack() as stack:
        all_of = Paths(Subsystem(NQN, policy, no_path_timeout))
        for port in ports:
            way = await stack.enter_async_context(relay(port))
            options = replace(base, address=Address(HOST, way.port), **given)
            all_of.relays.append(way)
            all_of.controllers.append(await all_of.subsystem.connect(options))
        try:
            yield all_of
        finally:
            await all_of.subsystem.close()


class Verifier:
    """Writers that number what they write, each on blocks of its own, and check it at once."""

    def __init__(self, namespace: MultipathNamespace, writers: int = 8) -> None:
        self.namespace = namespace
        self.acknowledged = [0] * writers
        self._stop = False
        self._tasks = [asyncio.create_task(self._write(n)) for n in range(writers)]

    @property
    def total(self) -> int:
        return sum(self.acknowledged)

    async def _write(self, number: int) -> None:
        chance = random.Random(number)
        while not self._stop:
            following = self.acknowledged[number] + 1
            blocks = chance.choice((1, 8, 40))  # in capsules, and asked for
            await self.namespace.write(number * 64, self._content(number, following) * blocks)
            self.acknowledged[number] = following
            assert await self.namespace.read(number * 64, 1) == self._content(number, following)

    @staticmethod
    def _content(number: int, sequence: int) -> bytes:
        return (number.to_bytes(8, "little") + sequence.to_bytes(8, "little")) * (BLOCK // 16)

    async def progress(self, operations: int = 50) -> None:
        """Wait until so many more writes are acknowledged."""
        goal = self.total + operations
        await until(lambda: self.total >= goal or any(one.done() for one in self._tasks))
        self._check()

    def _check(self) -> None:
        for one in self._tasks:
            if one.done():
                one.result()

    async def finish(self) -> None:
        """Stop, and look at everything once more."""
        self._stop = True
        await asyncio.gather(*self._tasks)
        for number, sequence in enumerate(self.acknowledged):
            found = await self.namespace.read(number * 64, 1)
            assert found == self._content(number, sequence), (number, sequence)


# -- which path


def test_the_optimized_path_is_taken_and_a_change_is_followed(target: NvmeTarget) -> None:
    async def work() -> None:
        async with paths(target.ports) as all_of:
            await asyncio.to_thread(target.set_ana, target.ports[0], "non_optimized")
            await until(lambda: all_of.controllers[0].ana_state(1) == 2)
            before = all_of.served()
            await all_of.namespace.read(0, 1)
            assert all_of.served() == [before[0], before[1] + 1]
            await asyncio.to_thread(target.set_ana, target.ports[1], "inaccessible")
            await all_of.namespace.write(0, bytes(BLOCK))  # refused by one, done by the other
            assert all_of.served() == [before[0] + 1, before[1] + 1]
            await asyncio.to_thread(target.set_ana, target.ports[0], "inaccessible")
            waiting = asyncio.create_task(all_of.namespace.read(0, 1))
            await until(lambda: all_of.namespace.current is None)
            assert not waiting.done()
            await asyncio.to_thread(target.set_ana, target.ports[1], "optimized")
            assert await waiting == bytes(BLOCK)

    try:
        asyncio.run(work())
    finally:
        for port in target.ports:
            target.set_ana(port, "optimized")


@pytest.mark.parametrize("policy", Policy)
def test_policies_share_the_load_or_do_not(target: NvmeTarget, policy: Policy) -> None:
    async def work() -> None:
        async with paths(target.ports, policy) as all_of:
            await asyncio.gather(*(all_of.namespace.read(n, 1) for n in range(40)))
            served = all_of.served()
            if policy is Policy.NUMA:
                assert served == [40, 0]
            else:
                assert served == [20, 20]

    asyncio.run(work())


def test_the_preferred_path_is_taken_as_long_as_it_is_there(target: NvmeTarget) -> None:
    async def work() -> None:
        async with paths(target.ports) as all_of:
            all_of.namespace.preferred = all_of.controllers[1]
            all_of.namespace.refresh()
            await all_of.namespace.read(0, 1)
            assert all_of.served() == [0, 1]
            all_of.relays[1].cut()
            await until(lambda: not all_of.controllers[1].live)
            await all_of.namespace.read(0, 1)
            all_of.relays[1].mend()
            await until(lambda: all_of.controllers[1].live)
            await all_of.namespace.read(0, 1)
            assert all_of.served() == [1, 2]

    asyncio.run(work())


# -- loss


@pytest.mark.parametrize("policy", [Policy.NUMA, Policy.ROUND_ROBIN])
def test_io_goes_on_over_the_other_path_and_back(target: NvmeTarget, policy: Policy) -> None:
    async def work() -> None:
        async with paths(target.ports, policy) as all_of:
            verifier = Verifier(all_of.namespace)
            for _ in range(2):
                for way, controller in zip(all_of.relays, all_of.controllers, strict=True):
                    await verifier.progress()
                    way.cut()
                    await until(lambda c=controller: c.state is State.CONNECTING)  # type: ignore[misc]
                    await verifier.progress()
                    way.mend()
                    await until(lambda c=controller: c.live)  # type: ignore[misc]
            await verifier.finish()

    asyncio.run(work())


def test_a_path_that_says_nothing_any_more_is_left(target: NvmeTarget) -> None:
    async def work() -> None:
        async with paths(target.ports, io_timeout=0.2) as all_of:
            verifier = Verifier(all_of.namespace)
            await verifier.progress()
            all_of.relays[0].stall()
            await until(lambda: not all_of.controllers[0].live)
            assert "takes longer than" in str(all_of.controllers[0].last_error)
            await verifier.progress()
            await verifier.finish()

    asyncio.run(work())


def test_a_silent_idle_path_is_noticed_by_keep_alive(target: NvmeTarget) -> None:
    async def work() -> None:
        async with paths(target.ports[:1], keep_alive=0.4) as all_of:
            all_of.relays[0].stall()
            await until(lambda: all_of.controllers[0].state is State.CONNECTING)
            assert "Keep Alive" in str(all_of.controllers[0].last_error)
            all_of.relays[0].mend()
            await until(lambda: all_of.controllers[0].live)

    asyncio.run(work())


def test_io_waits_for_the_only_path_to_come_back(target: NvmeTarget) -> None:
    async def work() -> None:
        async with paths(target.ports[:1]) as all_of:
            verifier = Verifier(all_of.namespace)
            await verifier.progress()
            all_of.relays[0].cut()
            await until(lambda: not all_of.controllers[0].live)
            before = verifier.total
            await until(lambda: all_of.controllers[0].failures > 1)
            assert verifier.total == before
            all_of.relays[0].mend()
            await verifier.progress()
            await verifier.finish()

    asyncio.run(work())


def test_a_reset_under_io_loses_nothing(target: NvmeTarget) -> None:
    async def work() -> None:
        async with paths(target.ports[:1]) as all_of:
            verifier = Verifier(all_of.namespace)
            for _ in range(3):
                await verifier.progress()
                await all_of.controllers[0].reset()
            await verifier.finish()

    asyncio.run(work())


def test_what_may_not_be_repeated_is_not(target: NvmeTarget) -> None:
    """The command arrives, its completion does not: only who asked may decide what then."""

    async def work() -> None:
        async with paths(target.ports) as all_of:
            namespace = all_of.namespace
            await namespace.write(0, bytes(BLOCK))
            all_of.relays[0].stall()
            compared = asyncio.create_task(
                namespace.compare_and_write(0, bytes(BLOCK), b"\1" * BLOCK)
            )
            written = asyncio.create_task(namespace.write(1, b"\2" * BLOCK))
            await asyncio.sleep(0)
            reader = await probe(target)
            await until_async(reader, 0, b"\1" * BLOCK)
            all_of.relays[0].cut()
            await written
            with pytest.raises(PathError):
                await compared
            assert await namespace.read(0, 2) == b"\1" * BLOCK + b"\2" * BLOCK
            await reader.subsystem.close()

    asyncio.run(work())


async def probe(target: NvmeTarget) -> MultipathNamespace:
    """The namespace as another host sees it."""
    subsystem = Subsystem(NQN)
    await subsystem.connect(
        ConnectOptions(Address(HOST, target.ports[0]), NQN, Identity.of("nqn.2024-01.io.dpulab:p"))
    )
    return subsystem.namespaces[1]


async def until_async(namespace: MultipathNamespace, slba: int, content: bytes) -> None:
    async with asyncio.timeout(DEADLINE):
        while await namespace.read(slba, 1) != content:
            await asyncio.sleep(0.01)


# -- time-outs


def test_io_fails_when_fast_io_fail_says_so_and_works_again_later(target: NvmeTarget) -> None:
    async def work() -> None:
        async with paths(target.ports[:1], fast_io_fail_timeout=0.2) as all_of:
            all_of.relays[0].cut()
            await until(lambda: not all_of.controllers[0].live)
            loop = asyncio.get_running_loop()
            began = loop.time()
            with pytest.raises(NoPathError, match="no path to namespace 1"):
                await all_of.namespace.read(0, 1)
            assert loop.time() - began < DEADLINE / 4
            all_of.relays[0].mend()
            await until(lambda: all_of.controllers[0].live)
            await all_of.namespace.read(0, 1)

    asyncio.run(work())


def test_a_bound_on_waiting_is_kept(target: NvmeTarget) -> None:
    async def work() -> None:
        async with paths(target.ports[:1], no_path_timeout=0.2) as all_of:
            all_of.relays[0].cut()
            await until(lambda: not all_of.controllers[0].live)
            with pytest.raises(NoPathError, match="came back in time"):
                await all_of.namespace.read(0, 1)
            all_of.relays[0].mend()
            await until(lambda: all_of.controllers[0].live)
            await all_of.namespace.read(0, 1)

    asyncio.run(work())


def test_a_controller_that_does_not_come_back_is_removed(target: NvmeTarget) -> None:
    async def work() -> None:
        async with paths(target.ports[:1], ctrl_loss_timeout=0.3) as all_of:
            namespace = all_of.namespace
            all_of.relays[0].cut()
            with pytest.raises((NoPathError, RemovedError)):
                await namespace.read(0, 1)
            assert all_of.controllers[0].state is State.DEAD
            assert all_of.subsystem.namespaces == {}
            assert all_of.subsystem.controllers == []

    asyncio.run(work())


# -- a target that dies


def build(target: NvmeTarget, before_namespace: Callable[[], None] = lambda: None) -> None:
    """Configure a fresh process on the file that it had before."""
    target.start()
    target.file()
    target.subsystem()
    before_namespace()
    target.add("File0", uuid="6b4a1d6e-2f1f-4c1e-9a55-0d8a5c1d2e3f")


def wait_for_host(target: NvmeTarget) -> None:
    end = time.monotonic() + DEADLINE
    while not target.ask("nvmf_subsystem_get_controllers", nqn=NQN):
        assert time.monotonic() < end
        time.sleep(0.01)
    target.ask("bdev_null_create", name="Null0", num_blocks=8, block_size=BLOCK)
    target.add("Null0", nsid=2)  # announced alone


def test_a_namespace_that_does_not_come_back_with_its_target_is_removed(tmp_path: Path) -> None:
    target = NvmeTarget(tmp_path)
    build(target)

    async def work() -> None:
        subsystem = Subsystem(NQN, removal_delay=0.3)
        base = ConnectOptions(Address(HOST, target.ports[0]), NQN, ME, reconnect_delay=0.05)
        controller = await subsystem.connect(base)
        namespace = subsystem.namespaces[1]
        await asyncio.to_thread(target.kill)
        await asyncio.to_thread(target.start)
        waiting = asyncio.create_task(namespace.read(0, 1))
        await asyncio.to_thread(target.subsystem)
        with pytest.raises(RemovedError, match=r"namespace 1 of .* was removed"):
            await waiting
        assert controller.live
        assert subsystem.namespaces == {}
        await subsystem.close()

    try:
        asyncio.run(work())
    finally:
        target.kill()


def test_no_acknowledged_write_is_lost_when_the_target_is_killed(tmp_path: Path) -> None:
    target = NvmeTarget(tmp_path)
    build(target)

    async def work() -> None:
        base = ConnectOptions(Address(HOST, target.ports[0]), NQN, ME, reconnect_delay=0.05)
        subsystem = Subsystem(NQN)
        await subsystem.connect(base)
        verifier = Verifier(subsystem.namespaces[1])
        for _ in range(2):
            await verifier.progress()
            await asyncio.to_thread(target.kill)
            # Hosts come back before the namespace does, and wait for it.
            await asyncio.to_thread(build, target, lambda: wait_for_host(target))
            await verifier.progress()
        await verifier.finish()
        await subsystem.close()

    try:
        asyncio.run(work())
    finally:
        target.kill()


def test_another_namespace_under_the_same_number_is_not_written_to(tmp_path: Path) -> None:
    target = NvmeTarget(tmp_path)
    build(target)

    async def work() -> None:
        subsystem = Subsystem(NQN)
        base = ConnectOptions(Address(HOST, target.ports[0]), NQN, ME, reconnect_delay=0.05)
        controller = await subsystem.connect(base)
        former = subsystem.namespaces[1]
        await asyncio.to_thread(target.ask, "nvmf_subsystem_remove_ns", nqn=NQN, nsid=1)
        await asyncio.to_thread(target.malloc)
        await asyncio.to_thread(target.add, "Malloc0", nsid=1)
        await until(lambda: subsystem.namespaces.get(1) not in (None, former))
        with pytest.raises((RemovedError, NvmeError)):
            await former.write(0, b"\1" * BLOCK)
        assert await subsystem.namespaces[1].read(0, 1) == bytes(BLOCK)
        assert controller.live
        await subsystem.close()

    try:
        asyncio.run(work())
    finally:
        target.kill()
