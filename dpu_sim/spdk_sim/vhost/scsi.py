"""The virtio-scsi device: Virtual I/O Device 1.2, section 5.6."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from dpu_sim.spdk_sim.bdev.bdev import Bdev, Event
from dpu_sim.spdk_sim.bdev.errors import IoError
from dpu_sim.spdk_sim.vhost.device import VirtioDevice
from dpu_sim.spdk_sim.vhost.ring import Chain
from dpu_sim.spdk_sim.vhost.scsi_unit import Answer, Given, LogicalUnit, absent_unit

if TYPE_CHECKING:
    from dpu_sim.spdk_sim.vhost.session import Session
    from dpu_sim.spdk_sim.vhost.vring import Outcome

TARGETS = 8
"""Targets of one controller; SPDK has as many."""
CONTROL_RING, EVENT_RING = 0, 1

F_INOUT, F_HOTPLUG, F_CHANGE = 1 << 0, 1 << 1, 1 << 2

CDB_BYTES, SENSE_BYTES = 32, 96
COMMAND = struct.Struct(f"<8sQBBB{CDB_BYTES}s")
"""Unit, tag, attribute, priority, reference number, command block."""
RESPONSE = struct.Struct(f"<IIHBB{SENSE_BYTES}s")
"""Length of the sense data, residual bytes, qualifier, status, response, sense data."""
LARGEST_DATA = 32 << 20
"""Bytes of one request."""

OK, OVERRUN, BAD_TARGET, FAILURE = 0, 1, 3, 9
"""Responses to a command."""

_TMF, _AN_QUERY, _AN_SUBSCRIBE = 0, 1, 2
_UNIT_RESET = 5
_FUNCTION_COMPLETE, _FUNCTION_REJECTED, _INCORRECT_UNIT = 0, 11, 12

_EVENT = struct.Struct("<I8sI")
_TRANSPORT_RESET, _PARAMETER_CHANGE, _MISSED = 1, 3, 0x80000000
_RESCAN, _REMOVED = 1, 2
_CAPACITY_CHANGED = 0x2A | 0x09 << 8
"""ASC and ASCQ of "capacity data has changed"."""


class ScsiTarget:
    """One SCSI target, with the block device as its logical unit 0."""

    def __init__(
        self,
        number: int,
        identity: int,
        bdev: Bdev,
        on_removal: Callable[[ScsiTarget], Awaitable[None]],
        on_resize: Callable[[ScsiTarget], None],
    ) -> None:
        """Open the device. Raises OSError: EPERM, somebody has claimed it."""
        self.number = number
        self.identity = identity
        self.name = f"Target {number}"
        self._on_removal = on_removal
        self._on_resize = on_resize
        self.descriptor = bdev.open(write=True, on_event=self._on_event)
        self.unit = LogicalUnit(self.descriptor)
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def bdev(self) -> Bdev:
        """The block device."""
        return self.descriptor.bdev

    async def _on_event(self, event: Event) -> None:
        if event is Event.REMOVE:
            await self._on_removal(self)
        else:
            self._on_resize(self)

    def begin(self) -> None:
        """A command starts that ends later."""
        self._under_way += 1
        self._idle.clear()

    def end(self) -> None:
        """A command has ended."""
        self._under_way -= 1
        if not self._under_way:
            self._idle.set()

    async def drain(self) -> None:
        """Give the block device back, once its I/O has ended."""
        await self._idle.wait()
        self.close()

    def close(self) -> None:
        """Give the block device back."""
        self.descriptor.close()


class ScsiDevice(VirtioDevice):
    """What the front ends of a vhost-scsi controller see."""

    def __init__(self) -> None:
        self.targets: dict[int, ScsiTarget] = {}
        self._sessions: dict[int, Session] = {}
        self._missed: set[int] = set()

    @property
    def features(self) -> int:
        """The features that are offered."""
        return super().features | F_INOUT | F_HOTPLUG | F_CHANGE

    def keeps(self, index: int) -> bool:
        """The event ring has memory for events."""
        return index == EVENT_RING

    # -- targets come and go

    def add(self, target: ScsiTarget) -> None:
        """Attach a target; drivers that know hot plugging look for it."""
        self.targets[target.number] = target
        self._announce(F_HOTPLUG, target, _TRANSPORT_RESET, _RESCAN)

    def remove(self, number: int) -> ScsiTarget:
        """Detach a target; commands for it are refused from now on."""
        target = self.targets.pop(number)
        self._announce(F_HOTPLUG, target, _TRANSPORT_RESET, _REMOVED)
        return target

    def capacity_changed(self, target: ScsiTarget) -> None:
        """Tell that a target has another size."""
        self._announce(F_CHANGE, target, _PARAMETER_CHANGE, _CAPACITY_CHANGED)

    def connect(self, session: Session) -> None:
        """A front end has come."""
        self._sessions[session.number] = session

    def forget(self, session: Session) -> None:
        """A front end has gone."""
        self._sessions.pop(session.number, None)
        self._missed.discard(session.number)

    def _announce(self, feature: int, target: ScsiTarget, event: int, reason: int) -> None:
        unit = bytes((1, target.number, 0, 0, 0, 0, 0, 0))
        for number, session in self._sessions.items():
            if not session.features & feature:
                continue
            missed = _MISSED if number in self._missed else 0
            if session.post(EVENT_RING, _EVENT.pack(event | missed, unit, reason)):
                self._missed.discard(number)
            else:
                self._missed.add(number)  # the driver learns of it with the next event

    # -- requests

    def execute(self, session: Session, index: int, chain: Chain) -> Outcome:  # noqa: ARG002
        """Carry out a request of the control ring or a command."""
        if index == CONTROL_RING:
            return self._control(chain)
        room = chain.room - RESPONSE.size
        if room < 0 or chain.length < COMMAND.size:
            return 0
        if chain.length + room > LARGEST_DATA:
            return _respond(chain, FAILURE)
        sent = chain.read()
        unit, _, _, _, _, cdb = COMMAND.unpack_from(sent)
        if (target := self._target(unit)) is None:
            return _respond(chain, BAD_TARGET)
        given = Given(cdb, memoryview(sent)[COMMAND.size :], room)
        if int.from_bytes(unit[2:4], "big") & 0x3FFF:
            return _answer(chain, given, absent_unit(given))
        answer = target.unit.execute(given)
        if isinstance(answer, Answer):
            return _answer(chain, given, answer)
        target.begin()
        return _answer_later(chain, given, answer, target)

    def _target(self, unit: bytes) -> ScsiTarget | None:
        return self.targets.get(unit[1]) if unit[0] == 1 else None

    def _control(self, chain: Chain) -> Outcome:
        """Task management; asynchronous notifications, of which there are none."""
        if chain.length > 4096:
            return 0
        sent = chain.read()
        kind = int.from_bytes(sent[:4], "little")
        if kind in (_AN_QUERY, _AN_SUBSCRIBE) and chain.room >= 5:
            chain.write(0, struct.pack("<IB", 0, OK))
            return 5
        if kind != _TMF or len(sent) < 24 or chain.room < 1:
            return 0
        function, unit = struct.unpack_from("<I8s", sent, 4)
        if (target := self._target(unit)) is None:
            return _function_ended(chain, _INCORRECT_UNIT)
        if function != _UNIT_RESET:
            return _function_ended(chain, _FUNCTION_REJECTED)
        target.begin()
        return _reset(chain, target)


def _function_ended(chain: Chain, response: int) -> int:
    chain.write(0, bytes((response,)))
    return 1


async def _reset(chain: Chain, target: ScsiTarget) -> int:
    try:
        await target.descriptor.reset()
    except IoError:
        return _function_ended(chain, _FUNCTION_REJECTED)
    finally:
        target.end()
    return _function_ended(chain, _FUNCTION_COMPLETE)


def _respond(chain: Chain, response: int) -> int:
    """Answer a command that came to no target."""
    chain.write(0, RESPONSE.pack(0, 0, 0, 0, response, b""))
    return RESPONSE.size


def _answer(chain: Chain, given: Given, answer: Answer) -> int:
    data = answer.data[: given.room]
    response = OVERRUN if answer.overrun else OK
    # Bytes that were there and were not used: the initiator's own, or room for ours.
    residual = given.room - len(data) if given.room else len(given.data) - answer.used
    header = RESPONSE.pack(len(answer.sense), residual, 0, answer.status, response, answer.sense)
    chain.write(0, header)
    if data:
        chain.write(RESPONSE.size, data)
    return RESPONSE.size + len(data)


async def _answer_later(
    chain: Chain, given: Given, answer: Awaitable[Answer], target: ScsiTarget
) -> int:
    try:
        return _answer(chain, given, await answer)
    finally:
        target.end()
