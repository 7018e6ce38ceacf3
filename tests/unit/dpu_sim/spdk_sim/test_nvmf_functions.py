"""What a host finds of a function that a subsystem is served on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from dpu_sim.spdk_sim.application import Application
from dpu_sim.spdk_sim.errors import RpcError
from dpu_sim.spdk_sim.nvmf.reservations import Reservations
from host_sim.remote import open_remote
from nbd_server.client import list_exports
from nvmetcp.reservations import ReservationType

A, B = "nqn.2022-09.io.spdk:a", "nqn.2022-09.io.spdk:b"
Ask = Callable[..., Awaitable[Any]]


def with_functions(test: Callable[[Ask, Application], Awaitable[None]]) -> None:
    """Run a test on a target with two disks, a subsystem and the transport of functions."""

    async def run() -> None:
        application = Application()
        methods = application.methods()

        async def ask(method: str, **parameters: Any) -> Any:
            return await methods[method](parameters)

        await ask("nvmf_create_transport", trtype="VFIOUSER")
        for name in ("disk1", "disk2"):
            await ask("bdev_malloc_create", name=name, num_blocks=64, block_size=512)
        for nqn in (A, B):
            await ask("nvmf_create_subsystem", nqn=nqn)
        await ask("nvmf_subsystem_add_ns", nqn=A, namespace={"bdev_name": "disk1"})
        try:
            await test(ask, application)
        finally:
            await application.close()

    asyncio.run(run())


def function(folder: Path, name: str = "pf0vf0") -> dict[str, str]:
    return {"trtype": "VFIOUSER", "traddr": str(folder / name)}


def test_the_namespaces_of_a_function_come_and_go_at_its_host(tmp_path: Path) -> None:
    socket = tmp_path / "pf0vf0.sock"

    async def test(ask: Ask, application: Application) -> None:
        await ask("nvmf_subsystem_add_listener", nqn=A, listen_address=function(tmp_path))
        assert list(await list_exports(socket)) == ["1"]
        await ask("nvmf_subsystem_add_ns", nqn=A, namespace={"bdev_name": "disk2", "nsid": 7})
        found = await list_exports(socket)
        assert {name: one.size for name, one in found.items()} == {"1": 32768, "7": 32768}
        shown = {one["name"]: one["uuid"] for one in await ask("bdev_get_bdevs")}
        told = [one.description for one in found.values()]
        assert told == [f"{A} {shown['disk1']}", f"{A} {shown['disk2']}"]
        device = await open_remote(socket, "7", patience=0.2)
        await device.write(3, memoryview(b"\x5a" * 512), fua=True)
        assert await device.read(2, 2) == bytes(512) + b"\x5a" * 512
        await device.write_zeroes(3, 1)
        await device.flush()
        await device.trim(0, 8)
        assert await device.read(3, 1) == bytes(512)
        shown = await ask("bdev_get_iostat", names=["disk2"])
        assert shown["bdevs"][0]["num_write_ops"] == 1
        await ask("bdev_malloc_delete", name="disk2")
        with pytest.raises(OSError, match="away"):
            await device.read(0, 1)
        await device.close()
        assert list(await list_exports(socket)) == ["1"]
        await ask("nvmf_subsystem_remove_listener", nqn=A, listen_address=function(tmp_path))
        assert not socket.exists()

    with_functions(test)


def test_a_function_has_one_subsystem_and_goes_with_it(tmp_path: Path) -> None:
    async def test(ask: Ask, application: Application) -> None:
        place = function(tmp_path)
        await ask("nvmf_subsystem_add_listener", nqn=A, listen_address=place)
        with pytest.raises(RpcError, match="Invalid parameters"):
            await ask("nvmf_subsystem_add_listener", nqn=B, listen_address=place)
        await ask("nvmf_subsystem_add_listener", nqn=B, listen_address=function(tmp_path, "pf1"))
        assert await list_exports(tmp_path / "pf1.sock") == {}
        await ask("nvmf_delete_subsystem", nqn=A)
        assert [one.name for one in tmp_path.iterdir()] == ["pf1.sock"]
        await ask("nvmf_subsystem_add_listener", nqn=B, listen_address=place)

    with_functions(test)


@pytest.mark.parametrize("wrong", [{"traddr": "pf0"}, {"traddr": "/nowhere/pf0"}, {}])
def test_a_function_that_cannot_be_shown_is_refused(wrong: dict[str, str], tmp_path: Path) -> None:
    async def test(ask: Ask, application: Application) -> None:
        place = function(tmp_path, "x" * 120) | wrong  # a name that is too long for a socket
        with pytest.raises(RpcError, match="Invalid parameters"):
            await ask("nvmf_subsystem_add_listener", nqn=A, listen_address=place)
        subsystem = application.target.subsystem(A)
        assert subsystem is not None
        assert subsystem.listeners == {}

    with_functions(test)


def test_hidden_namespaces_are_not_shown_and_reserved_ones_not_changed(tmp_path: Path) -> None:
    async def test(ask: Ask, application: Application) -> None:
        hidden = {"bdev_name": "disk2", "no_auto_visible": True}
        await ask("nvmf_subsystem_add_ns", nqn=A, namespace=hidden)
        await ask("nvmf_subsystem_add_listener", nqn=A, listen_address=function(tmp_path))
        assert list(await list_exports(tmp_path / "pf0vf0.sock")) == ["1"]
        subsystem = application.target.subsystem(A)
        assert subsystem is not None
        reservations = subsystem.namespaces[1].reservations = Reservations(lambda *_: None)
        reservations.rtype, reservations.holder = ReservationType.WRITE_EXCLUSIVE, b"\1" * 16
        device = await open_remote(tmp_path / "pf0vf0.sock", "1", patience=5)
        assert await device.read(0, 1) == bytes(512)
        with pytest.raises(OSError, match="the server answers"):
            await device.write(0, memoryview(bytes(512)))
        with pytest.raises(OSError, match="the server answers"):
            await device.write_zeroes(0, 1)
        await device.close()

    with_functions(test)
