"""A survey tells what the target would, with one look instead of many."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpu_sim.storage.bdevs import Bdevs
from dpu_sim.storage.nvmf import Nvmf
from dpu_sim.storage.spdk import SpdkClient, SpdkError
from tests.spdk_target import ask, spdk_target, subsystems

NAMES = ("vol-0", "vol-1", "vol-2")
LAYERS = ("enc-0", "enc-1")
NQNS = ("nqn.2022-09.io.spdk:n0", "nqn.2022-09.io.spdk:n1")
SIZE = {"block_size": 512, "num_blocks": 64}
KEY = "00112233445566778899aabbccddeeff"

names, layers, nqns = st.sampled_from(NAMES), st.sampled_from(LAYERS), st.sampled_from(NQNS)
devices = st.sampled_from(NAMES + LAYERS)
changes = st.one_of(
    st.tuples(st.just("bdev_malloc_create"), names.map(lambda name: {"name": name, **SIZE})),
    st.tuples(st.just("bdev_malloc_delete"), names.map(lambda name: {"name": name})),
    st.tuples(
        st.just("bdev_crypto_create"),
        st.builds(
            lambda name, base: {"name": name, "base_bdev_name": base, "key_name": "key"},
            layers,
            names,
        ),
    ),
    st.tuples(st.just("bdev_crypto_delete"), layers.map(lambda name: {"name": name})),
    st.tuples(
        st.just("bdev_set_qos_limit"),
        names.map(lambda name: {"name": name, "rw_mbytes_per_sec": 7}),
    ),
    st.tuples(
        st.just("nvmf_create_subsystem"), nqns.map(lambda nqn: {"nqn": nqn, "allow_any_host": True})
    ),
    st.tuples(st.just("nvmf_delete_subsystem"), nqns.map(lambda nqn: {"nqn": nqn})),
    st.tuples(
        st.just("nvmf_subsystem_add_ns"),
        st.builds(lambda nqn, name: {"nqn": nqn, "namespace": {"bdev_name": name}}, nqns, devices),
    ),
    st.tuples(
        st.just("nvmf_subsystem_remove_ns"),
        st.builds(lambda nqn, nsid: {"nqn": nqn, "nsid": nsid}, nqns, st.integers(1, 3)),
    ),
)


class CountingClient(SpdkClient):
    """Counts the calls that get to the target, by method."""

    def __init__(self, path: Path, surveys: Any = None) -> None:
        super().__init__(path, surveys=surveys)
        self.calls: Counter[str] = Counter()

    async def _ask(self, method: str, parameters: Mapping[str, Any]) -> Any:
        self.calls[method] += 1
        return await super()._ask(method, parameters)


@pytest.fixture(scope="module")
def socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("target") / "spdk.sock"
    with spdk_target(path):
        ask(path, "accel_crypto_key_create", name="key", cipher="AES_XTS", key=KEY, key2=KEY[::-1])
        yield path


@pytest.fixture
def empty(socket: Path) -> Path:
    """The target without devices and subsystems."""
    for nqn in subsystems(socket):
        ask(socket, "nvmf_delete_subsystem", nqn=nqn)
    for module in ("crypto", "malloc"):
        for one in ask(socket, "bdev_get_bdevs"):
            if module in one["driver_specific"] or module == "malloc":
                with suppress(Exception):
                    ask(socket, f"bdev_{module}_delete", name=one["name"])
    return socket


def using(socket: Path, work: Callable[[CountingClient, CountingClient], Awaitable[None]]) -> None:
    """Do `work` with two connections of one process."""

    async def main() -> None:
        first = CountingClient(socket)
        second = CountingClient(socket, first.surveys)
        try:
            await work(first, second)
        finally:
            first.close()
            second.close()

    asyncio.run(main())


async def compare(client: CountingClient, plain: CountingClient) -> None:
    """What the survey tells is what the target tells."""
    for name in NAMES + LAYERS:
        assert await Bdevs(client).find(name) == await Bdevs(plain).find(name), name
    for nqn in NQNS:
        assert await Nvmf(client).find(nqn) == await Nvmf(plain).find(nqn), nqn


@given(before=st.lists(changes, max_size=12), then=st.lists(changes, max_size=12))
@settings(max_examples=25, deadline=None)
def test_changes_of_this_process_are_seen_at_once(
    socket: Path, before: list[tuple[str, dict[str, Any]]], then: list[tuple[str, dict[str, Any]]]
) -> None:
    async def work(client: CountingClient, other: CountingClient) -> None:
        plain = CountingClient(socket)
        try:
            for method, parameters in before:
                with suppress(SpdkError):
                    await client.call(method, parameters)
            with client.surveys.survey():
                await compare(client, plain)
                for number, (method, parameters) in enumerate(then):
                    with suppress(SpdkError):
                        await (client, other)[number % 2].call(method, parameters)
                    await compare(client, plain)
        finally:
            plain.close()

    using(socket, work)


@pytest.mark.parametrize("count", [20, 200])
def test_many_looks_are_one_however_many_there_are(empty: Path, count: int) -> None:
    async def work(client: CountingClient, _: CountingClient) -> None:
        for number in range(count):
            await client.call("bdev_malloc_create", {"name": f"many-{number}", **SIZE})
        client.calls.clear()
        with client.surveys.survey():
            for number in range(count):
                found = await Bdevs(client).find(f"many-{number}")
                assert found is not None
                assert not found["claimed"]
            assert len(await Bdevs(client).known()) == count
        assert client.calls == {"bdev_get_bdevs": 1}
        await Bdevs(client).find("many-0")
        assert client.calls == {"bdev_get_bdevs": 2}

    using(empty, work)


def test_others_do_not_look_at_a_survey_and_what_was_not_there_is_asked_for_again(
    empty: Path,
) -> None:
    async def work(client: CountingClient, _: CountingClient) -> None:
        await client.call("bdev_malloc_create", {"name": "vol-0", **SIZE})
        begun, changed = asyncio.Event(), asyncio.Event()

        async def restoring() -> None:
            with client.surveys.survey():
                assert await Bdevs(client).find("vol-0")
                assert await Bdevs(client).find("vol-1") is None
                begun.set()
                await changed.wait()
                assert await Bdevs(client).find("vol-0")  # a stranger's change is not seen
                assert await Bdevs(client).find("vol-1")

        task = asyncio.create_task(restoring())
        await begun.wait()
        stranger = CountingClient(empty)
        await stranger.call("bdev_malloc_create", {"name": "vol-1", **SIZE})
        await stranger.call("bdev_malloc_delete", {"name": "vol-0"})
        stranger.close()
        assert await Bdevs(client).find("vol-0") is None
        changed.set()
        await task

    using(empty, work)
