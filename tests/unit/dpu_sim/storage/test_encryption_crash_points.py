"""Death at every single point of a change of an encrypted volume: a chain of key and device."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from dpu_sim.api.reconcile import Reconciliation
from dpu_sim.api.service import ResourceService
from dpu_sim.storage.encryption import EncryptedBackend
from opi.proto.opi_api.storage.v1.middleend_encryption_pb2 import EncryptedVolume
from opi.resources import resources
from tests.spdk_target import ask, spdk_target
from tests.unit.dpu_sim.api.device import METHODS, make_call
from tests.unit.dpu_sim.storage.test_crash_points import (
    DeathError,
    Fate,
    MortalClient,
    MortalStore,
)

NAME = "volumes/enc0"
KEY, OTHER = bytes(range(32)), bytes(range(32, 64))
FOREVER = float("inf")
CHANGES = {"creation": (None, KEY), "of its key": (KEY, OTHER), "deletion": (KEY, None)}

Work = Callable[[ResourceService[EncryptedVolume]], Awaitable[Any]]


async def life(folder: Path, socket: Path, fate: Fate, work: Work | None = None) -> bytes | None:
    """Start, restore, do `work`; the key that is stored in the end. Raises DeathError: by fate."""
    client = MortalClient(socket, Fate(FOREVER))
    try:
        async with MortalStore(folder, Fate(FOREVER)) as store:
            kind = resources().kind("EncryptedVolume")
            service = ResourceService(kind, store, EncryptedBackend(client))
            reconciliation = Reconciliation(store)
            reconciliation.begin([service])
            assert await reconciliation.attempt()
            store._fate = client._fate = fate
            if work is not None:
                await work(service)
            stored = [EncryptedVolume.FromString(one.message).key for one in store.everything()]
            return stored[0] if stored else None
    finally:
        client.close()


def change(key: bytes | None) -> Work:
    """The call that gives the volume this key, or deletes it."""

    async def work(service: ResourceService[EncryptedVolume]) -> None:
        if key is None:
            method = METHODS["DeleteEncryptedVolume"]
            request: Any = method.request
            await service.delete(request(name=NAME, allow_missing=True), make_call(method))
            return
        method = METHODS["UpdateEncryptedVolume"]
        request = method.request
        volume = {"name": NAME, "volume_name_ref": "Base0", "key": key, "cipher": 4}
        asked = request(encrypted_volume=volume, update_mask={"paths": ["*"]}, allow_missing=True)
        await service.update(asked, make_call(method))

    return work


def on_target(socket: Path) -> tuple[list[str], list[str]]:
    """The keys, and the names of the crypto devices."""
    keys = [one["key"] + one["key2"] for one in ask(socket, "accel_crypto_keys_get")]
    bdevs = [one["name"] for one in ask(socket, "bdev_get_bdevs")]
    return keys, [name for name in bdevs if name != "Base0"]


@pytest.mark.parametrize("name", CHANGES)
def test_wherever_it_dies_key_and_device_are_both_there_or_neither(
    name: str, tmp_path: Path
) -> None:
    before, after = CHANGES[name]
    socket, born = tmp_path / "spdk.sock", tmp_path / "born"
    outcomes = []
    with spdk_target(socket):
        ask(socket, "bdev_malloc_create", name="Base0", block_size=512, num_blocks=64)
        asyncio.run(life(born, socket, Fate(FOREVER), change(before)))
        for steps in count():
            folder = tmp_path / str(steps)
            shutil.copytree(born, folder)
            asyncio.run(life(folder, socket, Fate(FOREVER), change(before)))
            died = False
            try:
                asyncio.run(life(folder, socket, Fate(steps), change(after)))
            except DeathError:
                died = True
            stored = asyncio.run(life(folder, socket, Fate(0)))
            assert stored in (before, after), steps
            wanted = ([], []) if stored is None else ([stored.hex()], ["enc0"])
            assert on_target(socket) == wanted, steps
            outcomes.append(stored == after)
            if not died:
                break
            asyncio.run(life(folder, socket, Fate(FOREVER), change(None)))
    assert outcomes[-1]
    assert not outcomes[0]
    assert len(outcomes) > 4
