"""Fused operations: a Compare and the Write that follows it, done as one or not at all.

NVM Express Base Specification 2.0, section 3.4.2. Their data may arrive in any order.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from dpu_sim.spdk_sim.bdev.errors import IoError
from dpu_sim.spdk_sim.nvmf.outcome import LATER, CommandError, Later, Result, status_of
from dpu_sim.spdk_sim.nvmf.queue import Queue
from dpu_sim.spdk_sim.nvmf.view import NamespaceView
from nvmetcp.command import Command
from nvmetcp.io import FUSED_FIRST, FUSED_SECOND, IoOpcode
from nvmetcp.sgl import FUSE_MASK
from nvmetcp.status import Status

CompareAndWrite = Callable[[NamespaceView, Command, bytes, bytes], Awaitable[Result]]


@dataclass(slots=True)
class _Pair:
    """Both commands, as far as they and (by their identifier) their data have arrived."""

    first: Command
    second: Command | None = None
    data: dict[int, bytes] = field(default_factory=dict)
    failed: bool = False


class FusedPairs:
    """The fused operations of all queues of a controller that are not complete."""

    def __init__(self, carry_out: CompareAndWrite) -> None:
        self._carry_out = carry_out
        self._open: dict[Queue, _Pair] = {}
        self._pairs: dict[tuple[Queue, int], _Pair] = {}

    def expects(self, queue: Queue) -> bool:
        """Whether the next command has to be the second of a pair."""
        return queue in self._open

    def arrived(self, queue: Queue, command: Command) -> None:
        """A command came, in order. Raises CommandError when it cannot be part of a pair."""
        kind = command.flags & FUSE_MASK
        pair = self._open.pop(queue, None)
        if kind == FUSED_SECOND and pair is not None:
            pair.second = command
            self._pairs[queue, command.cid] = pair
            self._require_match(pair.first, command)
            if pair.failed:
                raise CommandError(Status.ABORTED_FAILED_FUSED)
            return
        if pair is not None:
            self._drop(queue, pair, pair.first, Status.ABORTED_MISSING_FUSED)
        if kind == FUSED_FIRST and command.opcode == IoOpcode.COMPARE:
            self._open[queue] = self._pairs[queue, command.cid] = _Pair(command)
        elif kind:
            raise CommandError(Status.ABORTED_MISSING_FUSED)

    @staticmethod
    def _require_match(first: Command, second: Command) -> None:
        one, other = (
            (two.nsid, two.cdw10, two.cdw11, two.cdw12 & 0xFFFF) for two in (first, second)
        )
        if second.opcode != IoOpcode.WRITE or one != other:
            raise CommandError(Status.INVALID_FIELD)

    def ready(self, queue: Queue, view: NamespaceView, command: Command, data: bytes) -> Later:
        """The data of one of the two are there. Raises CommandError when the other has failed."""
        pair = self._pairs.get((queue, command.cid))
        if pair is None or pair.failed:
            self._pairs.pop((queue, command.cid), None)
            raise CommandError(Status.ABORTED_FAILED_FUSED)
        pair.data[command.cid] = data
        if pair.second is not None and len(pair.data) == 2:
            del self._pairs[queue, pair.first.cid], self._pairs[queue, pair.second.cid]
            queue.start(pair.second.cid, self._run(queue, view, pair, pair.second))
        return LATER

    async def _run(self, queue: Queue, view: NamespaceView, pair: _Pair, second: Command) -> Result:
        first, data = pair.first, pair.data
        try:
            await self._carry_out(view, second, data[first.cid], data[second.cid])
        except (IoError, CommandError) as error:
            status = status_of(error) if isinstance(error, IoError) else error.status
            queue.complete_later(first.cid, status)
            raise CommandError(Status.ABORTED_FAILED_FUSED) from error
        queue.complete_later(first.cid)
        return None

    def failed(self, queue: Queue, command: Command) -> None:
        """A command failed before it was carried out: so does the other of its pair."""
        pair = self._pairs.pop((queue, command.cid), None)
        if pair is None:
            return
        other = pair.second if command is pair.first else pair.first
        if other is None:
            pair.failed = True
        else:
            self._drop(queue, pair, other, Status.ABORTED_FAILED_FUSED)

    def _drop(self, queue: Queue, pair: _Pair, command: Command, status: int) -> None:
        """Fail a command of a pair: now if its data are there, else when they have come."""
        pair.failed = True
        if command.cid in pair.data:
            self._pairs.pop((queue, command.cid), None)
            queue.complete_later(command.cid, status)

    def forget(self, queue: Queue) -> None:
        """A queue is gone."""
        self._open.pop(queue, None)
        for key in [one for one in self._pairs if one[0] is queue]:
            del self._pairs[key]
