"""The commands of an admin queue that every kind of controller has (NVMe Base 2.0, section 5).

Subclasses say what there is to identify, which log pages and which features there are.
"""

from __future__ import annotations

from collections.abc import Callable

from dpu_sim.spdk_sim.nvmf.controller import Controller
from dpu_sim.spdk_sim.nvmf.outcome import LATER, CommandError, Outcome, Result, misplaced
from dpu_sim.spdk_sim.nvmf.queue import Queue
from nvmetcp.admin import (
    NOT_ABORTED,
    Abort,
    AdminOpcode,
    GetFeatures,
    GetLogPage,
    Identify,
    SetFeatures,
)
from nvmetcp.command import FABRICS, Command
from nvmetcp.controller import Disk
from nvmetcp.fabrics import FabricsType, PropertyGet, PropertySet
from nvmetcp.features import Feature
from nvmetcp.logpages import section
from nvmetcp.status import Status

INVALID_LOG_PAGE = int(Status.INVALID_LOG_PAGE)
_CURRENT, _DEFAULT, _SAVED, _CAPABILITIES = range(4)
_CHANGEABLE = 1 << 2
_BEFORE_ENABLED = frozenset({AdminOpcode.KEEP_ALIVE})
_PROPERTIES = frozenset({FabricsType.PROPERTY_GET, FabricsType.PROPERTY_SET})


class AdminCommands:
    """Carries out the commands of one admin queue."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self._methods: dict[int, Callable[[Queue, Command, bytes | None], Outcome]] = {
            AdminOpcode.GET_LOG_PAGE: self._get_log_page,
            AdminOpcode.IDENTIFY: self._identify,
            AdminOpcode.ABORT: self._abort,
            AdminOpcode.SET_FEATURES: self._set_features,
            AdminOpcode.GET_FEATURES: self._get_features,
            AdminOpcode.ASYNC_EVENT_REQUEST: self._await_event,
            AdminOpcode.KEEP_ALIVE: self._keep_alive,
        }

    @property
    def disk(self) -> Disk | None:
        """There are no blocks here."""
        return None

    def check(self, queue: Queue, command: Command, length: int) -> None:  # noqa: ARG002
        """Refuse what cannot succeed. Raises CommandError."""
        if command.opcode == FABRICS:
            if command.fabrics_type not in _PROPERTIES:
                raise CommandError(misplaced(command.fabrics_type))
        elif command.opcode not in self._methods:
            raise CommandError(Status.INVALID_OPCODE)
        elif not self.controller.enabled and command.opcode not in _BEFORE_ENABLED:
            raise CommandError(Status.COMMAND_SEQUENCE_ERROR)

    def execute(self, queue: Queue, command: Command, data: bytes | None, length: int) -> Outcome:
        """Carry a command out. Raises CommandError."""
        if command.opcode == FABRICS:
            return self._property(command)
        outcome = self._methods[command.opcode](queue, command, data)
        if isinstance(outcome, (bytes, bytearray)) and len(outcome) > length:
            raise CommandError(Status.SGL_DATA_LENGTH_INVALID)
        return outcome

    def failed(self, queue: Queue, command: Command) -> None:
        """Nothing was begun."""

    def closed(self, queue: Queue) -> None:
        """The queue is gone, and with it the association."""
        self.controller.detach(queue)

    # -- Fabrics

    def _property(self, command: Command) -> Result:
        if command.fabrics_type == FabricsType.PROPERTY_GET:
            get = PropertyGet.of(command)
            return self.controller.get_property(get.offset, bool(get.attrib & 1))
        given = PropertySet.of(command)
        self.controller.set_property(given.offset, given.value)
        return None

    # -- one by one

    def _keep_alive(self, queue: Queue, command: Command, data: bytes | None) -> Outcome:  # noqa: ARG002
        return None  # whatever a host sends says that it is there

    def _await_event(self, queue: Queue, command: Command, data: bytes | None) -> Outcome:  # noqa: ARG002
        self.controller.events.request(command.cid)
        return LATER

    def _abort(self, queue: Queue, command: Command, data: bytes | None) -> Outcome:  # noqa: ARG002
        wanted = Abort.of(command)
        controller = self.controller
        if wanted.sqid == 0 and controller.events.abort(wanted.cid):
            queue.complete_later(wanted.cid, Status.ABORT_REQUESTED)
            return 0
        other = controller.queues.get(wanted.sqid)
        return 0 if other is not None and other.cancel(wanted.cid) else NOT_ABORTED

    def _identify(self, queue: Queue, command: Command, data: bytes | None) -> Outcome:  # noqa: ARG002
        return self.identify(Identify.of(command))

    def _get_log_page(self, queue: Queue, command: Command, data: bytes | None) -> Outcome:  # noqa: ARG002
        wanted = GetLogPage.of(command)
        if wanted.offset % 4:
            raise CommandError(Status.INVALID_FIELD)
        if wanted.size > command.sgl_length:
            raise CommandError(Status.SGL_DATA_LENGTH_INVALID)
        page = self.log_page(wanted)
        if wanted.offset > len(page):
            raise CommandError(Status.INVALID_FIELD)
        if not wanted.rae:
            self.log_was_read(wanted.lid)
            self.controller.events.read(wanted.lid)
        return section(page, wanted.offset, wanted.size)

    def _get_features(self, queue: Queue, command: Command, data: bytes | None) -> Outcome:  # noqa: ARG002
        wanted = GetFeatures.of(command)
        found = self.feature(wanted)
        if wanted.select == _CAPABILITIES:
            return _CHANGEABLE
        if wanted.select > _CAPABILITIES:
            raise CommandError(Status.INVALID_FIELD)
        return found

    def _set_features(self, queue: Queue, command: Command, data: bytes | None) -> Outcome:  # noqa: ARG002
        wanted = SetFeatures.of(command)
        if wanted.save:
            raise CommandError(Status.FEATURE_NOT_SAVEABLE)
        return self.set_feature(wanted, data)

    # -- what kinds of controllers differ in

    def identify(self, wanted: Identify) -> bytes:
        """4096 bytes. Raises CommandError, INVALID_FIELD, where there is no such structure."""
        raise NotImplementedError

    def log_page(self, wanted: GetLogPage) -> bytes:
        """A whole log page. Raises CommandError, INVALID_LOG_PAGE."""
        raise NotImplementedError

    def log_was_read(self, log_page: int) -> None:
        """The host has read a page, and wants to be told of what comes next."""

    def feature(self, wanted: GetFeatures) -> Result:
        """A feature's value. Raises CommandError."""
        controller = self.controller
        if wanted.fid == Feature.ASYNC_EVENT_CONFIGURATION:
            return controller.events.enabled
        if wanted.fid == Feature.KEEP_ALIVE_TIMER:
            return controller.kato
        raise CommandError(Status.INVALID_FIELD)

    def set_feature(self, wanted: SetFeatures, data: bytes | None) -> Result:  # noqa: ARG002
        """Change a feature. Raises CommandError."""
        if wanted.fid == Feature.ASYNC_EVENT_CONFIGURATION:
            self.controller.events.enabled = wanted.value
            return None
        if wanted.fid == Feature.KEEP_ALIVE_TIMER:
            self.controller.watch(wanted.value)
            return None
        raise CommandError(Status.INVALID_FIELD)
