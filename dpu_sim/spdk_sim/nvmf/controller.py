"""An association of a host with a subsystem: its queues, registers, and whether the host is there.

What is the same for I/O and discovery controllers. NVM Express Base Specification 2.0: registers
in section 3.1.3, association in 2.2 and 3.3, keep alive in 3.9.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from dpu_sim.spdk_sim.nvmf.async_events import EventQueue
from dpu_sim.spdk_sim.nvmf.outcome import CommandError
from dpu_sim.spdk_sim.nvmf.queue import Queue
from nvmetcp.fabrics import Capabilities, Configuration, ControllerStatus, Property
from nvmetcp.status import Status

VERSION = 0x00020000
_READABLE_AS_ZERO = frozenset({Property.INTMS, Property.INTMC, Property.NSSR})
_SHUTDOWN_COMPLETE = 2

_log = logging.getLogger("dpu_sim.spdk_sim.nvmf")


@dataclass(frozen=True, slots=True)
class HostIdentity:
    """Who a host says it is; `hostid` is 16 bytes."""

    nqn: str
    hostid: bytes


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """How generous a transport is with keep-alive times, in milliseconds."""

    granularity: int = 10_000
    minimum: int = 10_000

    def patience(self, asked: int) -> float:
        """Seconds without a word of the host after which it is gone; 0 for ever."""
        if not asked:
            return 0.0
        step = max(1, self.granularity)
        return max(self.minimum, -(-asked // step) * step) / 1000


class Controller:
    """One association. Ends when its admin queue does, or when the host isn't heard any more."""

    def __init__(
        self,
        cntlid: int,
        host: HostIdentity,
        queue_entries: int,
        keep_alive: KeepAlive,
        on_end: Callable[[Controller], None],
    ) -> None:
        """`queue_entries` is the largest queue; `on_end` is told when the association is over."""
        self.cntlid = cntlid
        self.host = host
        self.queues: dict[int, Queue] = {}
        self.events = EventQueue(self._complete_event)
        self.kato = 0
        self.ended = False
        self.queue_entries = queue_entries
        self._capabilities = Capabilities(mqes=queue_entries - 1)
        self._configuration = Configuration(iosqes=0, iocqes=0)
        self._status = ControllerStatus()
        self._keep_alive = keep_alive
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    # -- queues

    @property
    def enabled(self) -> bool:
        """Whether I/O is possible: CC.EN, and no shutdown."""
        return bool(self._status.rdy and not self._status.shst)

    @property
    def io_queues(self) -> int:
        """How many I/O queues there are."""
        return len(self.queues) - (0 in self.queues)

    def attach(self, queue: Queue, number: int) -> None:
        """A queue is connected."""
        self.queues[number] = queue

    def detach(self, queue: Queue) -> None:
        """A queue is gone; without its admin queue the association is over."""
        number = queue.connection.queue_id
        if self.queues.get(number) is queue:
            del self.queues[number]
            if not number:
                self.end("its admin queue is gone")

    def end(self, reason: str) -> None:
        """Close every queue and be forgotten."""
        if self.ended:
            return
        self.ended = True
        if self._timer is not None:
            self._timer.cancel()
        _log.info("controller %d of %s ends: %s", self.cntlid, self.host.nqn, reason)
        queues = list(self.queues.values())
        self.queues.clear()
        for queue in queues:
            queue.close()
        self._on_end(self)

    def _close_io_queues(self) -> None:
        for number, queue in list(self.queues.items()):
            if number:
                del self.queues[number]
                queue.close()

    # -- keep alive

    def watch(self, kato: int) -> None:
        """End the association if the host is silent for `kato` ms; 0 waits for ever."""
        self.kato = kato
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if patience := self._keep_alive.patience(kato):
            self._timer = self._loop.call_later(patience, self._look, patience)

    def _look(self, patience: float) -> None:
        heard = max((queue.heard for queue in self.queues.values()), default=0.0)
        rest = heard + patience - self._loop.time()
        if rest <= 0:
            _log.warning("host %s is silent for %.1f s", self.host.nqn, patience)
            self.end("keep-alive timeout")
        else:
            self._timer = self._loop.call_later(rest, self._look, patience)

    # -- registers

    def get_property(self, offset: int, wide: bool) -> int:
        """The value of a register. Raises CommandError when there is none of that size."""
        values = {
            Property.CAP: self._capabilities.value,
            Property.VS: VERSION,
            Property.CC: self._configuration.value,
            Property.CSTS: self._status.value,
        } | dict.fromkeys(_READABLE_AS_ZERO, 0)
        if offset not in values or wide != (offset == Property.CAP):
            raise CommandError(Status.CONNECT_INVALID_PARAMETERS)
        return values[Property(offset)]

    def set_property(self, offset: int, value: int) -> None:
        """Write a register. Raises CommandError when it cannot be written."""
        if offset != Property.CC:
            raise CommandError(Status.CONNECT_INVALID_PARAMETERS)
        before, wanted = self._configuration, Configuration.of(value & 0xFFFFFFFF)
        self._configuration = wanted
        if wanted.en and not before.en:
            self._status = ControllerStatus(rdy=1)
        elif before.en and not wanted.en:
            self._reset()
        if wanted.shn and not before.shn:
            self._close_io_queues()
            self._status.shst = _SHUTDOWN_COMPLETE
        elif before.shn and not wanted.shn:
            self._status.shst = 0
        self.changed_state()

    def _reset(self) -> None:
        self._close_io_queues()
        self._status = ControllerStatus()
        admin = self.queues.get(0)
        for cid in self.events.reset():
            if admin is not None:
                admin.complete_later(cid, Status.ABORT_REQUESTED)

    def changed_state(self) -> None:
        """Registers were written; for subclasses."""

    def _complete_event(self, cid: int, result: int) -> None:
        admin = self.queues.get(0)
        if admin is not None:
            admin.complete_later(cid, 0, result)
