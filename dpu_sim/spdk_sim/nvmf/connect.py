"""The first commands of a connection: Connect, and authentication where it is required.

NVMe over Fabrics: NVM Express Base Specification 2.0, section 6.3 (Connect), 8.13.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from dpu_sim.spdk_sim.nvmf.authentication import Authentication
from dpu_sim.spdk_sim.nvmf.outcome import CommandError, Outcome, Result
from dpu_sim.spdk_sim.nvmf.queue import Handler, Queue
from nvmetcp.command import FABRICS, Command
from nvmetcp.controller import Disk
from nvmetcp.errors import RemoteProtocolError
from nvmetcp.fabrics import (
    AT_HOSTNQN,
    AT_SUBNQN,
    AUTHENTICATION_REQUIRED,
    CONNECT_DATA_SIZE,
    AuthenticationReceive,
    AuthenticationSend,
    Connect,
    ConnectData,
    FabricsType,
    invalid_parameter,
)
from nvmetcp.status import Status


def refuse(offset: int, *, in_data: bool) -> CommandError:
    """Connect fails because of the field at `offset` of the command, or of its data."""
    result = invalid_parameter(offset, in_data=in_data)
    return CommandError(Status.CONNECT_INVALID_PARAMETERS, result)


@dataclass(frozen=True, slots=True)
class Admission:
    """A queue that may be used: by whom its commands are carried out, and after which proof."""

    cntlid: int
    handler: Handler
    authentication: Authentication | None = None


class Admit(Protocol):
    """Decides on a Connect."""

    def admit(self, queue: Queue, connect: Connect, data: ConnectData) -> Admission:
        """Connect a queue to its controller. Raises CommandError."""


class Entrance:
    """Handler of a connection that is no queue yet."""

    def __init__(self, door: Admit) -> None:
        self._door = door

    @property
    def disk(self) -> Disk | None:
        """There are no blocks here."""
        return None

    def check(self, queue: Queue, command: Command, length: int) -> None:  # noqa: ARG002
        """Only Connect, and with all of its data. Raises CommandError."""
        if command.fabrics_type != FabricsType.CONNECT:
            raise CommandError(Status.COMMAND_SEQUENCE_ERROR)
        if length < CONNECT_DATA_SIZE:
            raise CommandError(Status.SGL_DATA_LENGTH_INVALID)

    def execute(self, queue: Queue, command: Command, data: bytes | None, length: int) -> Outcome:  # noqa: ARG002
        """Make the connection a queue. Raises CommandError."""
        connect = Connect.of(command)
        if connect.recfmt:
            raise CommandError(Status.CONNECT_INCOMPATIBLE_FORMAT)
        admission = self._door.admit(queue, connect, _parse(data or b""))
        queue.connection.queue_created(
            connect.qid, connect.sqsize + 1, flow_control=connect.flow_control
        )
        if admission.authentication is None:
            queue.handler = admission.handler
            queue.established()
            return admission.cntlid
        queue.handler = Authenticating(admission.handler, admission.authentication)
        return admission.cntlid | AUTHENTICATION_REQUIRED

    def failed(self, queue: Queue, command: Command) -> None:
        """Nothing was begun."""

    def closed(self, queue: Queue) -> None:
        """Nobody knows of it."""


def _parse(data: bytes) -> ConnectData:
    """Raises CommandError telling which of the names is none."""
    for offset, size in ((AT_SUBNQN, 256), (AT_HOSTNQN, 256)):
        if b"\0" not in data[offset : offset + size]:
            raise refuse(offset, in_data=True)
    try:
        return ConnectData.parse(data)
    except RemoteProtocolError:
        raise refuse(AT_HOSTNQN, in_data=True) from None


class Authenticating:
    """Handler of a queue whose host has still to prove who it is."""

    def __init__(self, then: Handler, authentication: Authentication) -> None:
        self._then = then
        self._authentication = authentication

    @property
    def disk(self) -> Disk | None:
        """There are no blocks here."""
        return None

    def check(self, queue: Queue, command: Command, length: int) -> None:  # noqa: ARG002
        """Only authentication. Raises CommandError."""
        wanted = (FabricsType.AUTHENTICATION_SEND, FabricsType.AUTHENTICATION_RECEIVE)
        if command.opcode != FABRICS or command.fabrics_type not in wanted:
            raise CommandError(Status.AUTHENTICATION_REQUIRED)

    def execute(self, queue: Queue, command: Command, data: bytes | None, length: int) -> Outcome:
        """Take a message, or give one. Raises CommandError."""
        if command.fabrics_type == FabricsType.AUTHENTICATION_SEND:
            sent = AuthenticationSend.of(command)
            if data is None or sent.length > len(data):
                raise CommandError(Status.INVALID_FIELD)
            return self._take(queue, data[: sent.length])
        wanted = AuthenticationReceive.of(command)
        size = min(length, wanted.length)
        message = self._authentication.give(size)
        self._look(queue)
        return message.ljust(size, b"\0")

    def _take(self, queue: Queue, message: bytes) -> Coroutine[Any, Any, Result]:
        async def take() -> None:
            await self._authentication.take(message)
            self._look(queue)

        return take()

    def _look(self, queue: Queue) -> None:
        """Let the host in, or close the queue, once the conversation is over."""
        if self._authentication.done:
            queue.handler = self._then
            queue.established()
        elif self._authentication.failed:
            asyncio.get_running_loop().call_soon(queue.close)

    def failed(self, queue: Queue, command: Command) -> None:
        """Nothing was begun."""

    def closed(self, queue: Queue) -> None:
        """The controller has known it."""
        self._then.closed(queue)
