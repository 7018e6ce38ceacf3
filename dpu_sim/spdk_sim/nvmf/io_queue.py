"""Handler of the I/O queues of a controller: I/O commands, and Disconnect."""

from __future__ import annotations

import asyncio

from dpu_sim.spdk_sim.nvmf.controller import Controller
from dpu_sim.spdk_sim.nvmf.io import IoCommands
from dpu_sim.spdk_sim.nvmf.outcome import CommandError, Outcome, misplaced
from dpu_sim.spdk_sim.nvmf.queue import Queue
from nvmetcp.command import FABRICS, Command
from nvmetcp.controller import Disk
from nvmetcp.fabrics import FabricsType
from nvmetcp.status import Status


class IoQueueCommands:
    """Carries out what comes on the I/O queues of one controller."""

    def __init__(self, controller: Controller, io: IoCommands) -> None:
        self._controller = controller
        self._io = io

    @property
    def disk(self) -> Disk | None:
        """Reads and writes are possible at once while the controller is enabled."""
        return self._io if self._controller.enabled else None

    def check(self, queue: Queue, command: Command, length: int) -> None:
        """Refuse what cannot succeed. Raises CommandError."""
        if not self._controller.enabled:
            raise CommandError(Status.COMMAND_SEQUENCE_ERROR)
        if command.opcode != FABRICS:
            self._io.check(queue, command, length)
        elif command.fabrics_type != FabricsType.DISCONNECT:
            raise CommandError(misplaced(command.fabrics_type))

    def execute(self, queue: Queue, command: Command, data: bytes | None, length: int) -> Outcome:  # noqa: ARG002
        """Carry a command out. Raises CommandError, IoError."""
        if command.opcode != FABRICS:
            return self._io.execute(queue, command, data)
        asyncio.get_running_loop().call_soon(queue.close)
        return None

    def failed(self, queue: Queue, command: Command) -> None:
        """A command failed before it could be carried out."""
        self._io.failed(queue, command)

    def closed(self, queue: Queue) -> None:
        """The queue is gone; the controller stays."""
        self._io.forget(queue)
        self._controller.detach(queue)
