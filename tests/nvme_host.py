"""A host for tests of the NVMe/TCP target: blocking sockets around nvmetcp's HostConnection."""

from __future__ import annotations

import socket
import time
from types import TracebackType
from typing import Self

from nvmetcp.admin import Identify, KeepAlive
from nvmetcp.command import Command
from nvmetcp.connection import State
from nvmetcp.events import Completed, DataArrived, Terminated
from nvmetcp.fabrics import Connect, ConnectData, Property, PropertyGet, PropertySet
from nvmetcp.host import HostConfig, HostConnection
from nvmetcp.identify import IdentifyController
from nvmetcp.status import Completion, describe

DEADLINE = 20.0
ENABLE = 0x460001
HOST_NQN = "nqn.2014-08.org.nvmexpress:uuid:11111111-2222-3333-4444-555555555555"
HOST_ID = bytes(range(16))


class CommandFailedError(Exception):
    """A command completed with an error."""

    def __init__(self, completion: Completion) -> None:
        super().__init__(describe(completion.status))
        self.completion = completion
        self.status = completion.status


class HostQueue:
    """One connection; commands are submitted singly or several at a time."""

    def __init__(
        self, address: tuple[str, int], config: HostConfig | None = None, *, sock: object = None
    ) -> None:
        self.socket = sock if isinstance(sock, socket.socket) else socket.create_connection(address)
        self.socket.settimeout(DEADLINE)
        self.connection = HostConnection(config)
        self.data: dict[int, bytearray] = {}
        self.completions: dict[int, Completion] = {}
        self.terminated: Terminated | None = None
        self.wire: list[tuple[str, bytes]] = []
        """Everything that was sent and received, in order, with who sent it."""
        self.connection.open()
        while self.connection.state is not State.OPEN:
            self.turn()

    def flush(self) -> None:
        """Send what is due."""
        if due := b"".join(self.connection.data_to_send()):
            self.wire.append(("host", due))
            self.socket.sendall(due)

    def turn(self) -> None:
        """Send what is due, and take in what comes next. Raises EOFError at the end."""
        self.flush()
        received = self.socket.recv(1 << 18)
        if not received:
            raise EOFError
        self.wire.append(("controller", received))
        for event in self.connection.receive(received):
            match event:
                case DataArrived():
                    self.data.setdefault(event.cid, bytearray()).extend(event.data)
                case Completed():
                    self.completions[event.completion.cid] = event.completion
                case Terminated():
                    self.terminated = event
        self.flush()

    def submit(self, command: Command, data: bytes | None = None, length: int = 0) -> int:
        """Queue a command; `flush` or `wait` sends it."""
        return self.connection.submit(command, data, length)

    def wait(self, cid: int, seconds: float = DEADLINE) -> tuple[Completion, bytes]:
        """The completion of a command, and its data."""
        end = time.monotonic() + seconds
        while cid not in self.completions:
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            try:
                self.turn()
            finally:
                self.socket.settimeout(DEADLINE)
        return self.completions.pop(cid), bytes(self.data.pop(cid, b""))

    def run(self, command: Command, data: bytes | None = None, length: int = 0) -> bytes:
        """Carry a command out; its data. Raises CommandFailedError."""
        completion, received = self.wait(self.submit(command, data, length))
        if not completion.succeeded:
            raise CommandFailedError(completion)
        return received

    def result(self, command: Command, data: bytes | None = None) -> int:
        """Carry a command out; dwords 0 and 1 of its completion. Raises CommandFailedError."""
        completion, _ = self.wait(self.submit(command, data))
        if not completion.succeeded:
            raise CommandFailedError(completion)
        return completion.result

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


class Host:
    """An association: the admin queue, and I/O queues as they are opened."""

    def __init__(
        self,
        address: tuple[str, int],
        subnqn: str,
        *,
        hostnqn: str = HOST_NQN,
        hostid: bytes = HOST_ID,
        kato: int = 0,
        config: HostConfig | None = None,
        enable: bool = True,
    ) -> None:
        self.address, self.config = address, config
        self.names = ConnectData(hostid=hostid, subnqn=subnqn, hostnqn=hostnqn)
        self.admin = HostQueue(address, config)
        self.queues = [self.admin]
        connect = Connect(qid=0, sqsize=31, kato=kato).command()
        try:
            result = self.admin.result(connect, self.names.pack())
        except CommandFailedError:
            self.admin.close()
            raise
        self.names.cntlid = self.cntlid = result & 0xFFFF
        self.required = result >> 16
        if enable:
            self.enable()

    def enable(self) -> None:
        """CC.EN, as Linux sets it."""
        self.set_property(Property.CC, ENABLE)
        assert self.get_property(Property.CSTS) & 1

    def get_property(self, offset: int) -> int:
        """A register."""
        wide = int(offset == Property.CAP)
        return self.admin.result(PropertyGet(offset=offset, attrib=wide).command())

    def set_property(self, offset: int, value: int) -> None:
        """Write a register."""
        self.admin.result(PropertySet(offset=offset, value=value).command())

    def identify(self, cns: int, nsid: int = 0) -> bytes:
        """One of the 4096-byte structures."""
        return self.admin.run(Identify(cns=cns, nsid=nsid).command(), length=4096)

    def identify_controller(self) -> IdentifyController:
        """CNS 01."""
        return IdentifyController.parse(self.identify(1))

    def keep_alive(self) -> None:
        """Say that we are there."""
        self.admin.run(KeepAlive().command())

    def io_queue(
        self, number: int = 1, size: int = 128, config: HostConfig | None = None
    ) -> HostQueue:
        """Connect another queue; `size` in entries."""
        base = config or self.config or HostConfig()
        mine = HostConfig(
            base.header_digest, base.data_digest, base.hpda, base.maxr2t, size,
            min(base.in_capsule, 4096), base.flow_control,
        )  # fmt: skip
        queue = HostQueue(self.address, mine)
        cattr = 0 if base.flow_control else 4
        connect = Connect(qid=number, sqsize=size - 1, cattr=cattr).command()
        queue.result(connect, self.names.pack())
        self.queues.append(queue)
        return queue

    def close(self) -> None:
        """Hang up everywhere."""
        for queue in self.queues:
            queue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close()
