"""Vhost controllers are made, shown, saved and deleted as a real spdk_tgt does it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from dpu_sim.spdk_sim.application import Application, Settings
from dpu_sim.spdk_sim.envelope import answer
from tests.unit.dpu_sim.spdk_sim.replay import conversation, replay

NOT_AS_RECORDED: tuple[int, ...] = ()

INVALID = (-32602, "Invalid argument")
ABSENT = (-32602, "No such device")
Call = Callable[..., Awaitable[Any]]


class RefusedError(Exception):
    """(code, message) of an error."""


def run(
    folder: Path, scenario: Callable[[Call], Awaitable[None]], file: Path | None = None
) -> None:
    """Run a scenario on an application whose sockets are in `folder`."""

    async def guarded() -> None:
        application = Application(Settings(vhost_directory=folder, configuration=file))
        await application.start()
        methods = application.methods()

        async def call(method: str, **parameters: Any) -> Any:
            asked = {"id": 1, "method": method, **({"params": parameters} if parameters else {})}
            reply = await answer(asked, methods)
            if "error" in reply:
                raise RefusedError(reply["error"]["code"], reply["error"]["message"])
            return reply["result"]

        try:
            await scenario(call)
        finally:
            await application.close()

    asyncio.run(guarded())


async def refusal(asked: Awaitable[Any]) -> tuple[int, str]:
    """The error that a call is answered with."""
    with pytest.raises(RefusedError) as caught:
        await asked
    code, message = caught.value.args
    return code, message


async def two_volumes(call: Call) -> None:
    for name in ("a", "b"):
        await call("bdev_malloc_create", name=name, block_size=512, num_blocks=64)


def test_the_recorded_conversation_is_repeated(tmp_path: Path) -> None:
    made = {"method": "bdev_malloc_create", "params": None, "response": {"result": "volB"}}
    parameters = {"num_blocks": 64, "block_size": 512, "name": "volB"}
    first = {"n": 269, **made, "params": parameters}

    async def repeat() -> None:
        application = Application(Settings(vhost_directory=tmp_path))
        recorded = [first, *conversation("recorded_vhost.jsonl")]
        substitutes = {"/tmp/lab/vhost": str(tmp_path)}
        await replay(recorded, {"main": application}, substitutes, NOT_AS_RECORDED)

    asyncio.run(repeat())


def test_what_is_wrong_is_told_with_the_words_of_the_system(tmp_path: Path) -> None:
    async def scenario(call: Call) -> None:
        await two_volumes(call)
        create = "vhost_create_blk_controller"
        assert await refusal(call(create, ctrlr="c")) == INVALID
        assert await refusal(call(create, ctrlr="c", dev_name="none")) == ABSENT
        assert await refusal(call(create, ctrlr="c", dev_name="a", transport="x")) == INVALID
        assert await refusal(call(create, ctrlr="c", dev_name="a", cpumask="0")) == INVALID
        assert await refusal(call(create, ctrlr="../c", dev_name="a")) == INVALID
        (tmp_path / "file").write_text("")
        broken = await refusal(call(create, ctrlr="file", dev_name="a"))
        assert broken == (-32602, "Input/output error")
        assert await call(create, ctrlr="c", dev_name="a", unknown=1)
        assert await refusal(call("vhost_create_scsi_controller", ctrlr="s", unknown=1)) == INVALID
        assert await refusal(call("vhost_delete_controller", ctrlr="x")) == ABSENT
        absent = await refusal(call("vhost_get_controllers", name="x"))
        assert absent == (-32603, "No such device")
        target = {"ctrlr": "c", "scsi_target_num": 0}
        add = call("vhost_scsi_controller_add_target", **target, bdev_name="b")
        assert await refusal(add) == INVALID
        assert await refusal(call("vhost_scsi_controller_remove_target", **target)) == INVALID

    run(tmp_path, scenario)


def test_a_volume_that_is_a_namespace_is_taken(tmp_path: Path) -> None:
    async def scenario(call: Call) -> None:
        await two_volumes(call)
        nqn = "nqn.2022-09.io.spdk:s"
        await call("nvmf_create_subsystem", nqn=nqn)
        await call("nvmf_subsystem_add_ns", nqn=nqn, namespace={"bdev_name": "a"})
        refused = await refusal(call("vhost_create_blk_controller", ctrlr="c", dev_name="a"))
        assert refused == (-32602, "Operation not permitted")
        assert not (tmp_path / "c").exists()

    run(tmp_path, scenario)


def test_targets_have_numbers_and_free_ones_are_found(tmp_path: Path) -> None:
    async def scenario(call: Call) -> None:
        await two_volumes(call)
        await call("vhost_create_scsi_controller", ctrlr="s", delay=True)
        add, where = "vhost_scsi_controller_add_target", {"ctrlr": "s"}
        assert await call(add, **where, scsi_target_num=1, bdev_name="a") == 1
        assert await call(add, **where, scsi_target_num=-1, bdev_name="b") == 0
        taken = await refusal(call(add, **where, scsi_target_num=1, bdev_name="b"))
        assert taken == (-32602, "File exists")
        [shown] = await call("vhost_get_controllers")
        assert shown["backend_specific"]["scsi"] == [
            {"scsi_dev_num": 0, "id": 1, "target_name": "Target 0",
             "luns": [{"id": 0, "bdev_name": "b"}]},
            {"scsi_dev_num": 1, "id": 0, "target_name": "Target 1",
             "luns": [{"id": 0, "bdev_name": "a"}]},
        ]  # fmt: skip
        assert await call("scsi_get_devices") == [
            {"id": 0, "device_name": "Target 1"},
            {"id": 1, "device_name": "Target 0"},
        ]
        assert not (tmp_path / "s").exists()
        assert await call("vhost_start_scsi_controller", **where)
        assert (tmp_path / "s").is_socket()

    run(tmp_path, scenario)


def test_a_volume_that_is_deleted_leaves_its_controllers(tmp_path: Path) -> None:
    async def scenario(call: Call) -> None:
        await two_volumes(call)
        await call("vhost_create_blk_controller", ctrlr="c", dev_name="a", readonly=True)
        await call("vhost_create_scsi_controller", ctrlr="s")
        added = {"ctrlr": "s", "scsi_target_num": 0, "bdev_name": "a"}
        await call("vhost_scsi_controller_add_target", **added)
        assert await call("bdev_malloc_delete", name="a")
        block, scsi = await call("vhost_get_controllers")
        assert block["backend_specific"] == {
            "block": {"readonly": True, "bdev": None, "transport": "vhost_user_blk"}
        }
        assert scsi["backend_specific"] == {"scsi": []}

    run(tmp_path, scenario)


def test_controllers_are_saved_and_loaded(tmp_path: Path) -> None:
    sockets, file, saved = tmp_path / "sockets", tmp_path / "saved.json", {}
    sockets.mkdir()

    async def make(call: Call) -> None:
        await two_volumes(call)
        await call("vhost_create_blk_controller", ctrlr="c", dev_name="a", readonly=True)
        slow = {"ctrlr": "c", "delay_base_us": 10, "iops_threshold": 100}
        await call("vhost_controller_set_coalescing", **slow)
        assert await refusal(
            call("vhost_controller_set_coalescing", **slow | {"iops_threshold": 99})
        ) == INVALID  # fmt: skip
        await call("vhost_create_scsi_controller", ctrlr="s", cpumask="[0,2-3]")
        added = {"ctrlr": "s", "scsi_target_num": 5, "bdev_name": "b"}
        await call("vhost_scsi_controller_add_target", **added)
        saved["shown"] = await call("vhost_get_controllers")
        names = [one["subsystem"] for one in await call("framework_get_subsystems")]
        parts = [
            {"subsystem": name, "config": await call("framework_get_config", name=name)}
            for name in names
        ]
        file.write_text(json.dumps({"subsystems": parts}))

    async def look(call: Call) -> None:
        assert await call("vhost_get_controllers") == saved["shown"]
        assert saved["shown"][1]["cpumask"] == "0xd"

    run(sockets, make)
    assert list(sockets.iterdir()) == []
    run(sockets, look, file)


def test_a_socket_that_another_process_serves_is_left_alone(tmp_path: Path) -> None:
    async def scenario(call: Call) -> None:
        await two_volumes(call)
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(tmp_path / "c"))
            other.listen(1)
            asked = {"ctrlr": "c", "dev_name": "a"}
            refused = await refusal(call("vhost_create_blk_controller", **asked))
            assert refused == (-32602, "Input/output error")
        # Now it is a leftover of one that has died.
        assert await call("vhost_create_blk_controller", **asked)

    run(tmp_path, scenario)
