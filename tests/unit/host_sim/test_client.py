"""The initiator against the target of the SPDK stand-in, each in a process of its own."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from host_sim.client import (
    Address,
    AuthenticationError,
    ConnectOptions,
    Credentials,
    HostError,
    Identity,
    MultipathNamespace,
    NvmeError,
    PathError,
    RefusedError,
    Subsystem,
    UnreachableError,
    UnsupportedError,
    discover,
)
from host_sim.sync import SyncHost
from nvmetcp.admin import NAMESPACE_CHANGED, AsyncEvent
from nvmetcp.auth import Secret
from nvmetcp.identify import Cns
from nvmetcp.psk import ConfiguredPsk
from nvmetcp.reservations import RegisterAction, ReservationType
from nvmetcp.status import Status
from tests.nvme_target import BLOCK, BLOCKS, HOST, NQN, NvmeTarget, listen_address, nvme_target

ME = Identity.of("nqn.2024-01.io.dpulab:me")
OTHER = Identity.of("nqn.2024-01.io.dpulab:other")
DEADLINE = 20.0


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NvmeTarget]:
    with nvme_target(tmp_path_factory.mktemp("target")) as running:
        yield running


def options(target: NvmeTarget, nqn: str = NQN, **given: Any) -> ConnectOptions:
    base = ConnectOptions(Address(HOST, target.ports[0]), nqn, ME)
    return replace(base, **given)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.01)


async def first(target: NvmeTarget, **given: Any) -> MultipathNamespace:
    """The first namespace, connected."""
    subsystem = Subsystem(NQN)
    await subsystem.connect(options(target, **given))
    return subsystem.namespaces[1]


# From one block to more than one command may carry; in a capsule, and asked for by R2T.
SIZES = (1, 7, 8, 9, 16, 255, 256, 257, 1000)


@pytest.mark.parametrize("digests", [(False, False), (True, False), (True, True)])
def test_what_is_written_is_read_at_every_size(
    target: NvmeTarget, digests: tuple[bool, bool]
) -> None:
    async def work() -> None:
        header, data = digests
        namespace = await first(target, header_digest=header, data_digest=data, queues=2)
        for blocks in SIZES:
            content = os.urandom(blocks * BLOCK)
            await namespace.write(3, content)
            assert await namespace.read(3, blocks) == content
            assert await namespace.read(2 + blocks, 1) == content[-BLOCK:]
        await namespace.flush()
        await namespace.subsystem.close()

    asyncio.run(work())


def test_more_than_the_queue_holds_waits_for_its_turn(target: NvmeTarget) -> None:
    async def work() -> None:
        namespace = await first(target, queue_size=8)
        contents = [os.urandom(BLOCK) for _ in range(400)]
        await asyncio.gather(*(namespace.write(n, one) for n, one in enumerate(contents)))
        assert list(await asyncio.gather(*(namespace.read(n, 1) for n in range(400)))) == contents
        await namespace.subsystem.close()

    asyncio.run(work())


def test_zeroes_deallocation_copy_and_compare(target: NvmeTarget) -> None:
    async def work() -> None:
        namespace = await first(target)
        ones, twos = b"\1" * 8 * BLOCK, b"\2" * 8 * BLOCK
        await namespace.write(0, ones)
        await namespace.copy(0, 8, 8)
        await namespace.write_zeroes(2, 2)
        assert await namespace.read(0, 4) == ones[: 2 * BLOCK] + bytes(2 * BLOCK)
        await namespace.deallocate([(8, 1), (10, 1)])
        assert await namespace.read(8, 4) == (bytes(BLOCK) + ones[:BLOCK]) * 2
        await namespace.write(0, ones)
        await namespace.compare(0, ones)
        with pytest.raises(NvmeError, match=r"compare: COMPARE_FAILURE \(2/85\)") as refused:
            await namespace.compare(0, twos)
        assert refused.value.status == Status.COMPARE_FAILURE
        with pytest.raises(NvmeError, match="COMPARE_FAILURE"):
            await namespace.compare_and_write(0, twos, twos)
        assert await namespace.read(0, 8) == ones
        await namespace.compare_and_write(0, ones, twos)
        assert await namespace.read(0, 8) == twos
        await namespace.subsystem.close()

    asyncio.run(work())


def test_errors_say_what_nvme_calls_them(target: NvmeTarget) -> None:
    async def work() -> None:
        namespace = await first(target)
        with pytest.raises(NvmeError, match=r"read: LBA_OUT_OF_RANGE \(0/80\)"):
            await namespace.read(BLOCKS, 1)
        with pytest.raises(ValueError, match="no blocks of 512"):
            await namespace.write(0, b"short")
        await namespace.subsystem.close()

    asyncio.run(work())


def test_a_reservation_keeps_the_other_host_out(target: NvmeTarget) -> None:
    async def work() -> None:
        mine, theirs = await first(target), await first(target, identity=OTHER)
        await mine.register(0, 0xA)
        await mine.acquire(0xA, ReservationType.WRITE_EXCLUSIVE)
        with pytest.raises(NvmeError, match="RESERVATION_CONFLICT"):
            await theirs.write(0, bytes(BLOCK))
        await theirs.read(0, 1)
        header, registered = await theirs.report()
        assert header.rtype == ReservationType.WRITE_EXCLUSIVE
        assert [(one.rkey, one.hostid) for one in registered] == [(0xA, ME.hostid)]
        await mine.release(0xA, ReservationType.WRITE_EXCLUSIVE)
        await theirs.write(0, bytes(BLOCK))
        await mine.register(0xA, 0, RegisterAction.UNREGISTER)
        assert (await mine.report())[1] == []
        await asyncio.gather(mine.subsystem.close(), theirs.subsystem.close())

    asyncio.run(work())


def test_namespaces_come_grow_and_go_while_connected(target: NvmeTarget) -> None:
    async def work() -> None:
        subsystem = Subsystem(NQN)
        controller = await subsystem.connect(options(target))
        told: list[tuple[str, int]] = []
        events: list[AsyncEvent] = []
        controller.on_event.append(events.append)
        subsystem.on_added.append(lambda one: told.append(("added", one.nsid)))
        subsystem.on_resized.append(lambda one: told.append(("resized", one.blocks)))
        subsystem.on_removed.append(lambda one: told.append(("removed", one.nsid)))
        await asyncio.to_thread(
            target.ask, "bdev_null_create", name="Null0", num_blocks=1000, block_size=BLOCK
        )
        nsid = await asyncio.to_thread(target.add, "Null0")
        await until(lambda: told == [("added", nsid)])
        assert subsystem.namespaces[nsid].blocks == 1000
        assert events == [NAMESPACE_CHANGED]
        await asyncio.to_thread(target.ask, "bdev_null_resize", name="Null0", new_size=1)
        await until(lambda: len(told) > 1)
        await asyncio.to_thread(target.ask, "nvmf_subsystem_remove_ns", nqn=NQN, nsid=nsid)
        await until(lambda: len(told) > 2)
        assert told == [("added", nsid), ("resized", 2048), ("removed", nsid)]
        await asyncio.to_thread(target.ask, "bdev_null_delete", name="Null0")
        await subsystem.close()

    asyncio.run(work())


def test_discovery_follows_referrals(target: NvmeTarget, tmp_path: Path) -> None:
    with nvme_target(tmp_path) as second:
        second.subsystem("nqn.2024-01.io.dpulab:second")
        address = {"trtype": "TCP", "adrfam": "IPv4", "traddr": HOST}
        referred = {"address": address | {"trsvcid": str(second.ports[0])}}
        target.ask("nvmf_discovery_add_referral", **referred)
        asked = ConnectOptions(Address(HOST, target.ports[0]), identity=ME)
        found = asyncio.run(discover(asked))
        places = {(one.subnqn, int(one.trsvcid)) for one in found if one.subtype == 2}
        assert places >= {
            (NQN, target.ports[0]),
            (NQN, second.ports[0]),
            ("nqn.2024-01.io.dpulab:second", second.ports[0]),
        }
        here = asyncio.run(discover(asked, referrals=False))
        assert {int(one.trsvcid) for one in here if one.subtype == 2} == {target.ports[0]}
        target.ask("nvmf_discovery_remove_referral", **referred)


# -- who is let in


def connected(given: ConnectOptions) -> None:
    """Connect, read a block, and disconnect."""

    async def work() -> None:
        subsystem = Subsystem(given.subnqn)
        await subsystem.connect(given)
        await subsystem.namespaces[1].read(0, 1)
        await subsystem.close()

    asyncio.run(work())


def test_a_host_that_is_not_allowed_is_refused(target: NvmeTarget) -> None:
    nqn = "nqn.2024-01.io.dpulab:closed"
    target.subsystem(nqn, allow_any_host=False)
    target.ask("bdev_null_create", name="Null1", num_blocks=8, block_size=BLOCK)
    target.add("Null1", nqn)
    with pytest.raises(RefusedError, match=f"{ME.hostnqn} is not allowed") as refused:
        connected(options(target, nqn))
    assert refused.value.status == Status.CONNECT_INVALID_HOST
    target.ask("nvmf_subsystem_add_host", nqn=nqn, host=ME.hostnqn)
    connected(options(target, nqn))


def test_a_subsystem_that_is_not_there_is_named(target: NvmeTarget) -> None:
    with pytest.raises(RefusedError, match="is there such a subsystem"):
        connected(options(target, "nqn.2024-01.io.dpulab:nowhere"))


SECRETS = {
    name: Secret(random.Random(name).randbytes(32), 1)
    for name in ("host", "controller", "stranger")
}


@pytest.fixture(scope="module")
def guarded(target: NvmeTarget) -> str:
    """A subsystem that wants DH-HMAC-CHAP, and proves itself to who asks for it."""
    nqn = "nqn.2024-01.io.dpulab:guarded"
    target.subsystem(nqn, allow_any_host=False)
    target.ask("bdev_null_create", name="Null2", num_blocks=8, block_size=BLOCK)
    target.add("Null2", nqn)
    target.key("h", SECRETS["host"])
    target.key("c", SECRETS["controller"])
    target.ask(
        "nvmf_subsystem_add_host", nqn=nqn, host=ME.hostnqn, dhchap_key="h", dhchap_ctrlr_key="c"
    )
    return nqn


@pytest.mark.parametrize("mutual", [None, "controller"])
def test_the_right_secrets_let_a_host_in(
    target: NvmeTarget, guarded: str, mutual: str | None
) -> None:
    mine = SECRETS["host"].text(), SECRETS[mutual].text() if mutual else None
    connected(options(target, guarded, credentials=Credentials(*mine)))


@pytest.mark.parametrize(
    ("mine", "theirs", "reason"),
    [
        (None, None, "requires DH-HMAC-CHAP, and no secret"),
        ("stranger", None, "refuses this host's secret: authentication failed"),
        ("host", "stranger", "does not know the controller's secret"),
    ],
)
def test_wrong_secrets_are_told_apart(
    target: NvmeTarget, guarded: str, mine: str | None, theirs: str | None, reason: str
) -> None:
    given = (SECRETS[one].text() if one else None for one in (mine, theirs))
    with pytest.raises(AuthenticationError, match=reason):
        connected(options(target, guarded, credentials=Credentials(*given)))


def test_a_controller_that_proves_nothing_is_refused(target: NvmeTarget) -> None:
    secrets = Credentials(SECRETS["host"].text(), SECRETS["controller"].text())
    with pytest.raises(AuthenticationError, match="does not authenticate itself"):
        connected(options(target, credentials=secrets))


@pytest.mark.parametrize("secret", ["DHHC-1:00:AAAA:", "nonsense", "DHHC-1:09:AAAA:"])
def test_a_malformed_secret_is_refused_before_anything_is_sent(secret: str) -> None:
    with pytest.raises(AuthenticationError, match="secret:"):
        ConnectOptions(Address(HOST, 1), NQN, ME, credentials=Credentials(secret))


def test_tls_with_a_key_says_what_it_needs(target: NvmeTarget) -> None:
    if getattr(ssl, "HAS_PSK", False):
        pytest.skip("this Python has pre-shared keys")
    key = ConfiguredPsk(bytes(range(32))).text()
    with pytest.raises(UnsupportedError, match=r"Python 3\.13"):
        connected(options(target, credentials=Credentials(psk=key)))


@pytest.mark.parametrize("size", [32, 48])
def test_the_right_key_alone_opens_a_tls_connection(tmp_path: Path, size: int) -> None:
    if not getattr(ssl, "HAS_PSK", False):
        pytest.skip("this Python has no pre-shared keys (3.13 has)")
    key = ConfiguredPsk(bytes(range(size)), 1 if size == 32 else 2).text()
    path = tmp_path / "psk"
    path.touch(0o600)
    path.write_text(key)
    target = NvmeTarget(tmp_path)
    try:
        target.start()
        target.malloc()
        target.ask("nvmf_create_subsystem", nqn=NQN, serial_number="S1")
        target.add("Malloc0")
        target.ask("keyring_file_add_key", name="psk", path=str(path))
        target.ask("nvmf_subsystem_add_host", nqn=NQN, host=ME.hostnqn, psk="psk")
        target.ask(
            "nvmf_subsystem_add_listener", nqn=NQN,
            listen_address=listen_address(target.ports[0]), secure_channel=True,
        )  # fmt: skip
        connected(options(target, credentials=Credentials(psk=key)))
        wrong = ConfiguredPsk(bytes(size)).text()
        with pytest.raises(AuthenticationError, match="TLS"):
            connected(options(target, credentials=Credentials(psk=wrong)))
        with pytest.raises(UnreachableError):
            connected(options(target))
    finally:
        target.kill()


# -- who is not there


def test_nobody_and_somebody_else_are_told_apart() -> None:
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]

        def talk() -> None:
            peer, _ = server.accept()
            with peer:
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                peer.recv(4096)

        speaker = threading.Thread(target=talk)
        speaker.start()
        given = ConnectOptions(Address(HOST, port), NQN, ME, connect_timeout=5)
        with pytest.raises(UnreachableError, match="broke the protocol"):
            connected(given)
        speaker.join()
    with pytest.raises(UnreachableError, match="Connection refused"):
        connected(given)


def test_who_accepts_and_says_nothing_is_given_up() -> None:
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(UnreachableError, match=r"no answer in 0\.2 s"):
            connected(ConnectOptions(Address(HOST, port), NQN, ME, connect_timeout=0.2))


def test_a_connection_that_is_given_up_is_reset_not_closed() -> None:
    """Nothing that was written may reach a target later than what went another way."""
    with socket.create_server((HOST, 0)) as server:
        address = Address(HOST, server.getsockname()[1])
        with pytest.raises(UnreachableError):
            connected(ConnectOptions(address, NQN, ME, connect_timeout=0.2))
        peer, _ = server.accept()
        with peer:
            assert peer.recv(4096)  # the request that was not answered
            with pytest.raises(ConnectionResetError):
                peer.recv(4096)


# -- without an event loop


def test_scripts_need_no_event_loop(target: NvmeTarget) -> None:
    with SyncHost() as host:
        assert host.connect(options(target)) == "nvme0"
        assert host.names() == ["nvme0n1"]
        namespace = host.namespace("/dev/nvme0n1")
        assert (namespace.blocks, namespace.block_size) == (BLOCKS, BLOCK)
        threads = [
            threading.Thread(target=namespace.write, args=(n, bytes([n]) * BLOCK))
            for n in range(16)
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert namespace.read(0, 16) == b"".join(bytes([n]) * BLOCK for n in range(16))
        with pytest.raises(NvmeError, match="COMPARE_FAILURE"):
            namespace.compare(1, bytes(BLOCK))
        with pytest.raises(HostError, match="already connected"):
            host.connect(options(target))
        assert host.disconnect(NQN) == ["nvme0"]
        with pytest.raises(HostError, match="no such namespace"):
            host.namespace("nvme0n1")


def test_raw_commands_fail_at_once_when_the_connection_is_lost(target: NvmeTarget) -> None:
    async def work() -> None:
        subsystem = Subsystem(NQN)
        controller = await subsystem.connect(options(target))
        reading = asyncio.create_task(controller.association.identify_data(Cns.CONTROLLER))
        await asyncio.sleep(0)
        controller.association.fail(PathError("pulled"))
        with pytest.raises(PathError, match="pulled"):
            await reading
        await until(lambda: controller.live)
        await subsystem.close()

    asyncio.run(work())
