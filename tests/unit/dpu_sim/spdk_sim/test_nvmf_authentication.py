"""DH-HMAC-CHAP between the target and the host simulator's side of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from dpu_sim.spdk_sim.nvmf.subsystem import Host as AllowedHost
from dpu_sim.spdk_sim.nvmf.subsystem import Subsystem
from host_sim.authentication import authenticate
from host_sim.errors import AuthenticationError
from host_sim.options import Address, ConnectOptions, Credentials, Identity
from nvmetcp.auth import Secret
from nvmetcp.auth_messages import Failure as Refused
from nvmetcp.auth_messages import FailureReason, Negotiate, pack_message, parse_message
from nvmetcp.command import Command
from nvmetcp.fabrics import (
    AUTHENTICATION_REQUIRED,
    AuthenticationReceive,
    AuthenticationSend,
    Connect,
)
from nvmetcp.io import Read
from nvmetcp.record import Buffer
from nvmetcp.status import Status
from tests.nvme_host import HOST_ID, HOST_NQN, CommandFailedError, Host, HostQueue
from tests.nvmf_loop import BLOCK, SUBNQN, Loop, target_loop

HOST_KEY = Secret(bytes(range(32)), 1).text()
CONTROLLER_KEY = Secret(bytes(range(48)), 2).text()
WRONG_KEY = Secret(bytes(32), 1).text()


@pytest.fixture
def loop() -> Iterator[Loop]:
    """A target with keys."""
    with target_loop() as made:
        made.secrets |= {"host": HOST_KEY, "controller": CONTROLLER_KEY}
        yield made


def serve(loop: Loop, host: AllowedHost) -> tuple[Subsystem, tuple[str, int]]:
    """A subsystem for one host."""
    subsystem = loop.subsystem()
    loop.namespace(subsystem)
    subsystem.allow_any_host = False
    loop.call(lambda: subsystem.add_host(host))
    return subsystem, loop.listen(subsystem)


def prove(queue: HostQueue, key: str, controller_key: str | None = None) -> None:
    """Hold the conversation. Raises AuthenticationError."""

    async def execute(_: str, command: Command, data: Buffer | None, length: int) -> bytes:
        return queue.run(command, None if data is None else bytes(data), length)

    options = ConnectOptions(
        Address("127.0.0.1"), SUBNQN, Identity(HOST_NQN, HOST_ID),
        credentials=Credentials(key, controller_key),
    )  # fmt: skip
    asyncio.run(authenticate(options, execute))


@pytest.mark.parametrize("group", ["null", "ffdhe2048", "ffdhe3072"])
@pytest.mark.parametrize("digest", ["sha256", "sha512"])
def test_host_and_controller_prove_themselves(loop: Loop, group: str, digest: str) -> None:
    """On every queue, with what the target may use; nothing else works before."""
    loop.target.settings.dhchap_dhgroups = (group,)
    loop.target.settings.dhchap_digests = (digest,)
    _, address = serve(loop, AllowedHost(HOST_NQN, None, "host", "controller"))
    with Host(address, SUBNQN, enable=False) as host:
        assert host.required << 16 == AUTHENTICATION_REQUIRED
        with pytest.raises(CommandFailedError) as caught:
            host.enable()
        assert caught.value.status == Status.AUTHENTICATION_REQUIRED
        prove(host.admin, HOST_KEY, CONTROLLER_KEY)
        host.enable()
        queue = host.io_queue()
        command = Read(nsid=1, slba=0, nlb=0).command()
        with pytest.raises(CommandFailedError) as caught:
            queue.run(command, length=BLOCK)
        assert caught.value.status == Status.AUTHENTICATION_REQUIRED
        prove(queue, HOST_KEY, CONTROLLER_KEY)
        assert queue.run(command, length=BLOCK) == bytes(BLOCK)
        (live,) = loop.call(lambda: loop.transport.controllers(SUBNQN))
        assert [one.authentication for one in live.queues] == [(digest, group)] * 2


def test_a_wrong_key_is_refused(loop: Loop) -> None:
    """The host hears why, and its connection is closed; a controller that is none as well."""
    loop.target.settings.dhchap_dhgroups = ("null",)
    _, address = serve(loop, AllowedHost(HOST_NQN, None, "host", "controller"))
    with Host(address, SUBNQN, enable=False) as host:
        with pytest.raises(AuthenticationError):
            prove(host.admin, WRONG_KEY)
        with pytest.raises(EOFError):
            host.admin.turn()
    with Host(address, SUBNQN, enable=False) as host:
        with pytest.raises(AuthenticationError):
            prove(host.admin, HOST_KEY, WRONG_KEY)
        with pytest.raises(EOFError):
            host.admin.turn()
    assert loop.call(lambda: loop.transport.controllers(SUBNQN)) == []


def test_without_its_key_nobody_gets_in(loop: Loop) -> None:
    """A key that cannot be read does not open the door."""
    del loop.secrets["host"]
    loop.secrets["host"] = "no key"
    _, address = serve(loop, AllowedHost(HOST_NQN, None, "host"))
    with pytest.raises(CommandFailedError) as caught:
        Host(address, SUBNQN)
    assert caught.value.status == Status.CONNECT_INVALID_HOST


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (Negotiate(7, (9,), (0,)), FailureReason.HASH_UNUSABLE),
        (Negotiate(7, (1,), (9,)), FailureReason.GROUP_UNUSABLE),
        (Negotiate(7, (1,), (0,), 1), FailureReason.SECURE_CHANNEL_MISMATCH),
    ],
)
def test_what_cannot_be_agreed_on(loop: Loop, message: Negotiate, reason: int) -> None:
    """The failure message says what; a message out of turn or of garbage ends it as well."""
    _, address = serve(loop, AllowedHost(HOST_NQN, None, "host"))
    garbage = bytes(100)
    for sent, why in ((pack_message(message), reason),
                      (garbage, FailureReason.INCORRECT_PAYLOAD)):  # fmt: skip
        with Host(address, SUBNQN, enable=False) as host:
            receive = AuthenticationReceive(length=512).command()
            with pytest.raises(CommandFailedError) as caught:
                host.admin.run(receive, length=512)
            assert caught.value.status == Status.COMMAND_SEQUENCE_ERROR
            host.admin.run(AuthenticationSend(length=len(sent)).command(), sent)
            answer = parse_message(host.admin.run(receive, length=512))
            assert isinstance(answer, Refused)
            assert answer.explanation == why
            with pytest.raises(EOFError):
                host.admin.turn()


def test_keys_are_those_of_the_time_of_connect(loop: Loop) -> None:
    """Other keys count for those who come after."""
    loop.target.settings.dhchap_dhgroups = ("null",)
    subsystem, address = serve(loop, AllowedHost(HOST_NQN, None, "host"))
    with Host(address, SUBNQN, enable=False) as host:
        prove(host.admin, HOST_KEY)
        host.enable()
        loop.secrets["new"] = WRONG_KEY
        loop.call(lambda: subsystem.set_keys(HOST_NQN, "new", None))
        host.keep_alive()
        queue = HostQueue(address)
        connect = Connect(qid=1, sqsize=31).command()
        queue.result(connect, host.names.pack())
        with pytest.raises(AuthenticationError):
            prove(queue, HOST_KEY)
        queue.close()
