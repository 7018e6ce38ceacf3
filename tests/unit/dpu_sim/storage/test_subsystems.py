"""NVMe subsystems on a live target: what the API says is what the target has."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from dpu_sim.api.errors import ApiError
from dpu_sim.storage.spdk import SpdkClient, SpdkError
from dpu_sim.storage.subsystems import SubsystemBackend
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import NvmeSubsystem, NvmeSubsystemSpec

NQN = "nqn.2022-09.io.spdk:opi1"
HOST = "nqn.2014-08.org.nvmexpress:uuid:feb98abe-d51f-40c8-b348-2753f3571d3c"
OTHER_HOST = "nqn.2014-08.org.nvmexpress:uuid:11111111-d51f-40c8-b348-2753f3571d3c"

Work = Callable[[SubsystemBackend, SpdkClient], Awaitable[Any]]


@pytest.fixture
def socket(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "spdk.sock"
    process = subprocess.Popen(
        [sys.executable, "-m", "dpu_sim.spdk_sim", "-r", str(path), "--notify-fd", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"\n"
    yield path
    process.kill()
    process.wait(10)


def run(socket: Path, work: Work) -> Any:
    """Run `work` with a backend and with a client of its own for looking at the target."""

    async def main() -> Any:
        client, eye = SpdkClient(socket), SpdkClient(socket)
        try:
            return await work(SubsystemBackend(client), eye)
        finally:
            client.close()
            eye.close()

    return asyncio.run(main())


def subsystem(name: str = "sub0", **spec: Any) -> NvmeSubsystem:
    return NvmeSubsystem(
        name=f"nvmeSubsystems/{name}", spec=NvmeSubsystemSpec(**({"nqn": NQN} | spec))
    )


async def on_target(eye: SpdkClient, nqn: str = NQN) -> dict[str, Any] | None:
    listed = await eye.call("nvmf_get_subsystems")
    return next((one for one in listed if one["nqn"] == nqn), None)


def test_what_is_created_is_on_the_target_and_what_is_deleted_is_not(socket: Path) -> None:
    async def work(backend: SubsystemBackend, eye: SpdkClient) -> None:
        wanted = subsystem(serial_number="SN1", model_number="OPI", max_namespaces=11)
        created = await backend.create(wanted)
        assert created.spec == wanted.spec
        assert created.status.firmware_revision == "26.09"
        found = await on_target(eye)
        assert found is not None
        assert (found["serial_number"], found["model_number"]) == ("SN1", "OPI")
        assert (found["max_namespaces"], found["allow_any_host"]) == (11, True)
        await backend.delete(created)
        assert await on_target(eye) is None
        await backend.delete(created)

    run(socket, work)


def test_with_a_host_nqn_that_host_alone_is_let_in(socket: Path) -> None:
    async def work(backend: SubsystemBackend, eye: SpdkClient) -> None:
        old = await backend.create(subsystem(hostnqn=HOST))
        assert await hosts(eye) == (False, [HOST])
        new = await backend.update(old, subsystem(hostnqn=OTHER_HOST))
        assert await hosts(eye) == (False, [OTHER_HOST])
        await backend.update(new, subsystem())
        assert await hosts(eye) == (True, [])

    async def hosts(eye: SpdkClient) -> tuple[bool, list[str]]:
        found = await on_target(eye)
        assert found is not None
        return found["allow_any_host"], [one["nqn"] for one in found["hosts"]]

    run(socket, work)


def test_an_update_of_its_identity_makes_it_anew(socket: Path) -> None:
    async def work(backend: SubsystemBackend, eye: SpdkClient) -> None:
        old = await backend.create(subsystem(serial_number="SN1"))
        await backend.update(old, subsystem(serial_number="SN2", nqn=NQN + "b"))
        found = await on_target(eye, NQN + "b")
        assert found is not None
        assert found["serial_number"] == "SN2"
        assert await on_target(eye) is None
        await backend.create(subsystem("sub1"))  # the former NQN is free again

    run(socket, work)


def test_an_update_that_the_target_refuses_leaves_the_old_one(socket: Path) -> None:
    async def work(backend: SubsystemBackend, eye: SpdkClient) -> None:
        old = await backend.create(subsystem(serial_number="SN1"))
        with pytest.raises(ApiError) as caught:
            await backend.update(old, subsystem(serial_number="x" * 21))  # past validation
        assert caught.value.code is grpc.StatusCode.FAILED_PRECONDITION
        found = await on_target(eye)
        assert found is not None
        assert found["serial_number"] == "SN1"

    run(socket, work)


def test_two_resources_cannot_have_one_nqn(socket: Path) -> None:
    async def work(backend: SubsystemBackend, eye: SpdkClient) -> None:
        await backend.create(subsystem("sub0"))
        other = await backend.create(subsystem("sub1", nqn=NQN + "b"))
        for attempt in (
            backend.create(subsystem("sub2")),
            backend.update(other, subsystem("sub1")),
        ):
            with pytest.raises(ApiError, match="nvmeSubsystems/sub0") as caught:
                await attempt
            assert caught.value.code is grpc.StatusCode.ALREADY_EXISTS

    run(socket, work)


def test_a_stranger_of_that_nqn_is_not_taken_over_but_an_orphan_of_ours_is(socket: Path) -> None:
    async def work(backend: SubsystemBackend, eye: SpdkClient) -> None:
        await eye.call(
            "nvmf_create_subsystem",
            {"nqn": NQN, "allow_any_host": True, "serial_number": "SN1", "max_namespaces": 5},
        )
        with pytest.raises(ApiError) as caught:
            await backend.create(subsystem(serial_number="mine"))
        assert caught.value.code is grpc.StatusCode.ALREADY_EXISTS
        await backend.create(subsystem(serial_number="SN1", max_namespaces=5))

    run(socket, work)


def test_restoring_brings_back_what_the_target_lost_or_has_otherwise(socket: Path) -> None:
    async def work(backend: SubsystemBackend, eye: SpdkClient) -> None:
        wanted = subsystem(serial_number="SN1", hostnqn=HOST)
        await backend.reconcile(wanted)
        first = await on_target(eye)
        assert first is not None
        await backend.reconcile(wanted)
        assert await on_target(eye) == first
        await eye.call("nvmf_subsystem_remove_host", {"nqn": NQN, "host": HOST})
        await backend.reconcile(wanted)
        assert await on_target(eye) == first

    run(socket, work)


def test_restoring_takes_back_what_an_interrupted_update_has_done(socket: Path) -> None:
    async def work(backend: SubsystemBackend, eye: SpdkClient) -> None:
        old = await backend.create(subsystem(hostnqn=HOST))
        before = await on_target(eye)
        for changed in (
            subsystem(hostnqn=HOST, serial_number="SN2"),
            subsystem(hostnqn=OTHER_HOST, model_number="M"),
            subsystem(nqn=NQN + "b"),
        ):
            await backend.update(old, changed)
            again = SubsystemBackend(SpdkClient(socket))
            await again.discard(changed, old)
            await again.reconcile(old)
            assert await on_target(eye) == before
            assert await on_target(eye, NQN + "b") is None
            backend = again

    run(socket, work)


def test_what_an_interrupted_creation_left_goes_and_what_is_somebody_elses_stays(
    socket: Path,
) -> None:
    async def work(backend: SubsystemBackend, eye: SpdkClient) -> None:
        await eye.call("nvmf_create_subsystem", {"nqn": NQN, "allow_any_host": False})
        await backend.discard(subsystem(hostnqn=HOST, serial_number="SN1"), None)
        assert await on_target(eye) is not None  # a stranger's, by its serial number
        await backend.discard(subsystem(hostnqn=HOST), None)  # half of what was to be made
        assert await on_target(eye) is None
        await backend.create(subsystem("sub1"))
        await backend.discard(subsystem("sub0"), None)
        assert await on_target(eye) is not None  # sub1 has got the NQN
        await backend.discard(subsystem("sub0", nqn=NQN + "c"), None)

    run(socket, work)


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"nqn": "bad"}, "spec.nqn"),
        ({"nqn": "nqn.2014-08.org.nvmexpress.discovery"}, "spec.nqn"),
        ({"nqn": "nqn.2022-13.io.spdk:a"}, "spec.nqn"),
        ({"nqn": "nqn.2014-08.org.nvmexpress:uuid:nope"}, "spec.nqn"),
        ({"nqn": "nqn.2022-09.io.spdk:" + "x" * 204}, "spec.nqn"),
        ({"hostnqn": "host"}, "spec.hostnqn"),
        ({"serial_number": "x" * 21}, "spec.serial_number"),
        ({"serial_number": "é"}, "spec.serial_number"),
        ({"model_number": "x" * 41}, "spec.model_number"),
        ({"max_namespaces": -1}, "spec.max_namespaces"),
        ({"max_namespaces": 1 << 32}, "spec.max_namespaces"),
    ],
)
def test_a_spec_that_cannot_be_is_refused_by_field(
    tmp_path: Path, spec: dict[str, Any], field: str
) -> None:
    backend = SubsystemBackend(SpdkClient(tmp_path / "none"))
    with pytest.raises(ApiError, match=f"^{field}: ") as caught:
        asyncio.run(backend.validate(subsystem(**spec)))
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT


def test_a_psk_is_not_silently_dropped(tmp_path: Path) -> None:
    backend = SubsystemBackend(SpdkClient(tmp_path / "none"))
    with pytest.raises(ApiError) as caught:
        asyncio.run(backend.validate(subsystem(psk=b"NVMeTLSkey-1:01:")))
    assert caught.value.code is grpc.StatusCode.UNIMPLEMENTED


def test_a_target_that_is_away_is_unavailable_and_used_again_when_back(tmp_path: Path) -> None:
    path = tmp_path / "spdk.sock"

    def serve() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dpu_sim.spdk_sim", "-r", str(path), "--notify-fd", "1"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout is not None
        process.stdout.readline()
        return process

    async def work(backend: SubsystemBackend, eye: SpdkClient) -> None:
        for _ in range(2):
            with pytest.raises(ApiError) as caught:
                await eye.call("spdk_get_version")
            assert caught.value.code is grpc.StatusCode.UNAVAILABLE
            process = serve()
            await eye.call("spdk_get_version")
            process.kill()
            process.wait(10)

    run(path, work)


def test_a_refusal_carries_the_targets_words(socket: Path) -> None:
    async def work(backend: SubsystemBackend, eye: SpdkClient) -> None:
        with pytest.raises(SpdkError, match="not found") as caught:
            await eye.call("nvmf_delete_subsystem", {"nqn": NQN})
        assert caught.value.code == -32602

    run(socket, work)
