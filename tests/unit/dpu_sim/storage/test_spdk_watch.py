"""That a target has gone away is noticed, whatever the client was doing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from dpu_sim.api.errors import ApiError
from dpu_sim.storage.spdk import SpdkClient
from tests.spdk_target import spdk_target

DEADLINE = 10.0
Work = Callable[[SpdkClient, asyncio.Queue[None]], Awaitable[None]]


def watched(path: Path, work: Work) -> None:
    """Do `work` with a client and the losses that it tells of."""

    async def main() -> None:
        client = SpdkClient(path)
        losses: asyncio.Queue[None] = asyncio.Queue()
        watching = asyncio.ensure_future(client.watch(lambda: losses.put_nowait(None)))
        try:
            async with asyncio.timeout(DEADLINE):
                await work(client, losses)
        finally:
            watching.cancel()
            client.close()

    asyncio.run(main())


def test_an_idle_client_notices(tmp_path: Path) -> None:
    path = tmp_path / "spdk.sock"

    async def work(client: SpdkClient, losses: asyncio.Queue[None]) -> None:
        for _ in range(2):
            with spdk_target(path):
                await client.call("spdk_get_version")
                assert losses.empty()
            await losses.get()

    watched(path, work)


def test_a_target_that_is_back_before_anybody_looked_is_another_one(tmp_path: Path) -> None:
    path = tmp_path / "spdk.sock"

    async def work(client: SpdkClient, losses: asyncio.Queue[None]) -> None:
        with spdk_target(path):
            await client.call("spdk_get_version")
        with spdk_target(path):  # all of it without a turn for the loop
            with suppress(ApiError):  # the first call may have met the broken connection
                await client.call("spdk_get_version")
            await losses.get()
            await client.call("spdk_get_version")
            assert losses.empty()

    watched(path, work)


def test_a_target_that_never_was_is_not_lost(tmp_path: Path) -> None:
    async def work(client: SpdkClient, losses: asyncio.Queue[None]) -> None:
        for _ in range(3):
            with pytest.raises(ApiError):
                await client.call("spdk_get_version")
            await asyncio.sleep(0.15)  # longer than the client takes to look
        assert losses.empty()

    watched(tmp_path / "none.sock", work)
