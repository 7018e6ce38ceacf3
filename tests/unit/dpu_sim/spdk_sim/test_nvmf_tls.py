"""Secure listeners: TLS 1.3 with the pre-shared key of a host, where Python has it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing

import pytest

from dpu_sim.spdk_sim.nvmf.subsystem import Host as AllowedHost
from dpu_sim.spdk_sim.nvmf.tls import AVAILABLE, UNAVAILABLE, belongs_to
from host_sim.options import Address, ConnectOptions, Credentials, Identity
from host_sim.tls import client_context
from nvmetcp.fabrics import Connect, ConnectData
from nvmetcp.psk import ConfiguredPsk, derive
from nvmetcp.status import Status
from tests.nvme_host import HOST_ID, HOST_NQN, CommandFailedError, HostQueue
from tests.nvmf_loop import SUBNQN, Loop, target_loop

needs_psk = pytest.mark.skipif(not AVAILABLE, reason=UNAVAILABLE)
OTHER_NQN = "nqn.2024-01.io.dpulab:other-host"
KEY, OTHER_KEY = ConfiguredPsk(bytes(range(32))), ConfiguredPsk(bytes(range(1, 33)))


@pytest.fixture
def loop() -> Iterator[Loop]:
    """A target with the keys of two hosts."""
    with target_loop() as made:
        made.secrets |= {"one": KEY.text(), "other": OTHER_KEY.text()}
        yield made


def serve(loop: Loop) -> tuple[str, int]:
    """A secure listener for two hosts with different keys."""
    subsystem = loop.subsystem()
    loop.namespace(subsystem)
    subsystem.allow_any_host = False
    loop.call(lambda: subsystem.add_host(AllowedHost(HOST_NQN, "one")))
    loop.call(lambda: subsystem.add_host(AllowedHost(OTHER_NQN, "other")))
    return loop.listen(subsystem, secure_channel=True)


def secured(address: tuple[str, int], hostnqn: str, key: ConfiguredPsk) -> HostQueue:
    """A connection that is open for commands. Raises OSError."""
    options = ConnectOptions(
        Address("127.0.0.1"), SUBNQN, Identity(hostnqn, HOST_ID),
        credentials=Credentials(psk=key.text()),
    )  # fmt: skip
    context = client_context(options)
    assert context is not None
    raw = socket.create_connection(address, 20)
    return HostQueue(address, sock=context.wrap_socket(raw))


def connect(queue: HostQueue, hostnqn: str) -> int:
    """Connect the admin queue."""
    data = ConnectData(hostid=HOST_ID, subnqn=SUBNQN, hostnqn=hostnqn).pack()
    return queue.result(Connect(qid=0, sqsize=31).command(), data)


@needs_psk
def test_a_host_with_its_key_gets_in(loop: Loop) -> None:
    """Encrypted by TLS 1.3, as itself and as nobody else."""
    address = serve(loop)
    with closing(secured(address, HOST_NQN, KEY)) as queue:
        assert isinstance(queue.socket, ssl.SSLSocket)
        assert queue.socket.version() == "TLSv1.3"
        with pytest.raises(CommandFailedError) as caught:
            connect(queue, OTHER_NQN)
        assert caught.value.status == Status.CONNECT_INVALID_HOST
        assert connect(queue, HOST_NQN) == 1


@needs_psk
def test_without_the_right_key_nobody_gets_in(loop: Loop) -> None:
    """A wrong key, a name without a key, and no TLS at all."""
    address = serve(loop)
    with pytest.raises((OSError, EOFError)):
        secured(address, HOST_NQN, OTHER_KEY)
    with pytest.raises((OSError, EOFError)):
        secured(address, "nqn.2024-01.io.dpulab:stranger", KEY)
    with pytest.raises((OSError, EOFError)):
        HostQueue(address)


@pytest.mark.skipif(AVAILABLE, reason="this Python has pre-shared keys")
def test_an_older_python_says_so(loop: Loop) -> None:
    """A secure listener is refused, and why; it is not served without TLS instead."""
    with pytest.raises(OSError, match=UNAVAILABLE):
        serve(loop)


def test_whose_identity_it_is() -> None:
    """Host and subsystem are in it, whatever its version."""
    for version in (0, 1):
        identity = derive(KEY, HOST_NQN, SUBNQN, version).identity
        assert belongs_to(identity, HOST_NQN, SUBNQN)
        assert not belongs_to(identity, OTHER_NQN, SUBNQN)
        assert not belongs_to(identity, HOST_NQN, SUBNQN + "x")
    assert not belongs_to("", HOST_NQN, SUBNQN)
