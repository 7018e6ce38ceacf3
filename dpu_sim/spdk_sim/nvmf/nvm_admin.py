"""The admin commands of an I/O controller: what Identify, Get Log Page and features answer."""

from __future__ import annotations

import struct
from collections.abc import Callable

from dpu_sim.spdk_sim.nvmf import identification
from dpu_sim.spdk_sim.nvmf.admin import AdminCommands
from dpu_sim.spdk_sim.nvmf.nvm_controller import NvmController
from dpu_sim.spdk_sim.nvmf.outcome import CommandError, Result
from nvmetcp.admin import (
    ALL_NAMESPACES,
    AdminOpcode,
    GetFeatures,
    GetLogPage,
    Identify,
    SetFeatures,
)
from nvmetcp.features import EXTENDED_HOST_ID, Feature, pack_queues
from nvmetcp.identify import (
    IDENTIFY_SIZE,
    NVM_COMMAND_SET,
    Cns,
    CommandSets,
    NvmNamespace,
    pack_descriptors,
    pack_namespaces,
)
from nvmetcp.io import IoOpcode
from nvmetcp.logpages import (
    RETURN_GROUPS_ONLY,
    Effect,
    FirmwareSlots,
    LogPage,
    Smart,
    pack_changed,
    pack_effects,
    pack_supported,
)
from nvmetcp.status import Status

_LAST_NSID = 0xFFFFFFFD
_ROOM_TEMPERATURE = 273 + 30
_ERROR_ENTRIES = 128
_ERROR_ENTRY = 64
_FEATURE_EFFECTS = 1024
_PLAIN = (
    Feature.ARBITRATION, Feature.POWER_MANAGEMENT, Feature.TEMPERATURE_THRESHOLD,
    Feature.ERROR_RECOVERY, Feature.WRITE_ATOMICITY,
)  # fmt: skip
"""Features whose value is kept and changes nothing here."""

_SUPPORTED = int(Effect.SUPPORTED)
_CHANGES = int(Effect.SUPPORTED | Effect.CONTENT_CHANGE)
_ADMIN_EFFECTS = {
    int(opcode): _SUPPORTED for opcode in AdminOpcode if opcode != AdminOpcode.FABRICS
}
_WRITING = {
    IoOpcode.WRITE, IoOpcode.WRITE_ZEROES, IoOpcode.DATASET_MANAGEMENT, IoOpcode.COPY,
}  # fmt: skip
_IO_EFFECTS = {int(opcode): _CHANGES if opcode in _WRITING else _SUPPORTED for opcode in IoOpcode}


class NvmAdminCommands(AdminCommands):
    """The admin queue of an I/O controller."""

    controller: NvmController

    def __init__(self, controller: NvmController) -> None:
        super().__init__(controller)
        self._structures: dict[int, Callable[[Identify], bytes]] = {
            Cns.NAMESPACE: self._namespace,
            Cns.CONTROLLER: lambda _: controller.identify().pack(),
            Cns.ACTIVE_NAMESPACES: self._active,
            Cns.DESCRIPTORS: self._descriptors,
            Cns.COMMAND_SET_NAMESPACE: self._command_set_namespace,
            Cns.COMMAND_SET_CONTROLLER: self._command_set_controller,
            Cns.COMMAND_SET_ACTIVE_NAMESPACES: self._active_of_command_set,
            Cns.INDEPENDENT_NAMESPACE: self._independent,
            Cns.COMMAND_SETS: lambda _: CommandSets().pack(),
        }
        self._pages: dict[int, Callable[[GetLogPage], bytes]] = {
            LogPage.SUPPORTED: lambda _: pack_supported(self._pages),
            LogPage.ERRORS: lambda _: bytes(_ERROR_ENTRIES * _ERROR_ENTRY),
            LogPage.SMART: self._smart,
            LogPage.FIRMWARE_SLOT: lambda _: FirmwareSlots(frs1=identification.FIRMWARE).pack(),
            LogPage.CHANGED_NAMESPACES: lambda _: pack_changed(controller.changed),
            LogPage.EFFECTS: lambda _: pack_effects(_ADMIN_EFFECTS, _IO_EFFECTS),
            LogPage.FEATURE_EFFECTS: lambda _: self._feature_effects(),
            LogPage.RESERVATION: lambda _: controller.notices.page(),
        }
        if controller.subsystem.ana_reporting:
            self._pages[LogPage.ANA] = self._ana
        self._features: dict[int, int] = dict.fromkeys(_PLAIN, 0)
        self._features[Feature.VOLATILE_WRITE_CACHE] = 1
        self._host_behavior = bytes(512)

    # -- Identify

    def identify(self, wanted: Identify) -> bytes:
        """4096 bytes. Raises CommandError."""
        structure = self._structures.get(wanted.cns)
        if structure is None:
            raise CommandError(Status.INVALID_FIELD)
        return structure(wanted)

    def _namespace(self, wanted: Identify) -> bytes:
        if wanted.nsid == ALL_NAMESPACES:
            raise CommandError(Status.INVALID_NAMESPACE)
        shown = self.controller.identify_namespace(self._valid(wanted.nsid))
        return shown if shown is not None else bytes(IDENTIFY_SIZE)

    def _valid(self, nsid: int) -> int:
        """A namespace that may exist. Raises CommandError."""
        if not 1 <= nsid <= self.controller.subsystem.max_namespaces:
            raise CommandError(Status.INVALID_NAMESPACE)
        return nsid

    def _active(self, wanted: Identify) -> bytes:
        if wanted.nsid > _LAST_NSID:
            raise CommandError(Status.INVALID_NAMESPACE)
        return pack_namespaces(self.controller.views, wanted.nsid)

    def _active_of_command_set(self, wanted: Identify) -> bytes:
        self._require_nvm(wanted)
        return self._active(wanted)

    def _descriptors(self, wanted: Identify) -> bytes:
        names = self.controller.names(self._valid(wanted.nsid))
        if names is None:
            raise CommandError(Status.INVALID_NAMESPACE)
        return pack_descriptors(identification.descriptors(names))

    def _command_set_namespace(self, wanted: Identify) -> bytes:
        self._require_nvm(wanted)
        if self._valid(wanted.nsid) not in self.controller.views:
            return bytes(IDENTIFY_SIZE)
        return NvmNamespace().pack()

    def _command_set_controller(self, wanted: Identify) -> bytes:
        self._require_nvm(wanted)
        return identification.nvm_controller(self.controller.limits)

    def _independent(self, wanted: Identify) -> bytes:
        shown = self.controller.identify_independent(self._valid(wanted.nsid))
        if shown is None:
            raise CommandError(Status.INVALID_NAMESPACE)
        return shown

    @staticmethod
    def _require_nvm(wanted: Identify) -> None:
        if wanted.csi != NVM_COMMAND_SET:
            raise CommandError(Status.INVALID_FIELD)

    # -- log pages

    def log_page(self, wanted: GetLogPage) -> bytes:
        """A whole log page. Raises CommandError."""
        page = self._pages.get(wanted.lid)
        if page is None:
            raise CommandError(Status.INVALID_LOG_PAGE)
        return page(wanted)

    def log_was_read(self, log_page: int) -> None:
        """What the page told is told."""
        if log_page == LogPage.CHANGED_NAMESPACES:
            self.controller.changed.clear()
        elif log_page == LogPage.RESERVATION:
            self.controller.notices.was_read()

    def _smart(self, wanted: GetLogPage) -> bytes:
        if wanted.nsid not in (0, ALL_NAMESPACES):
            raise CommandError(Status.INVALID_FIELD)
        reads, writes, units_read, units_written = self.controller.totals()
        return Smart(
            temperature=_ROOM_TEMPERATURE, read_commands=reads, write_commands=writes,
            data_units_read=units_read, data_units_written=units_written,
        ).pack()  # fmt: skip

    def _ana(self, wanted: GetLogPage) -> bytes:
        return self.controller.ana_log(groups_only=bool(wanted.lsp & RETURN_GROUPS_ONLY))

    def _feature_effects(self) -> bytes:
        table = [0] * (_FEATURE_EFFECTS // 4)
        for number in (*self._features, *_COMPUTED):
            table[number] = _SUPPORTED
        return struct.pack(f"<{len(table)}I", *table)

    # -- features

    def feature(self, wanted: GetFeatures) -> Result:
        """A feature's value. Raises CommandError."""
        controller = self.controller
        if wanted.fid in self._features:
            return self._features[wanted.fid]
        if wanted.fid == Feature.NUMBER_OF_QUEUES:
            return self._queues()
        if wanted.fid == Feature.HOST_IDENTIFIER:
            if not wanted.value & EXTENDED_HOST_ID:
                raise CommandError(Status.INVALID_FIELD)
            return controller.host.hostid
        if wanted.fid == Feature.HOST_BEHAVIOR:
            return self._host_behavior
        if wanted.fid == Feature.RESERVATION_NOTIFICATION_MASK:
            return controller.notices.mask(wanted.nsid)
        return super().feature(wanted)

    def set_feature(self, wanted: SetFeatures, data: bytes | None) -> Result:
        """Change a feature. Raises CommandError."""
        controller = self.controller
        if wanted.fid in self._features:
            self._features[wanted.fid] = wanted.value
            return None
        if wanted.fid == Feature.NUMBER_OF_QUEUES:
            return self._set_queues(wanted.value)
        if wanted.fid == Feature.HOST_BEHAVIOR:
            self._host_behavior = (data or b"")[:512].ljust(512, b"\0")
            return None
        if wanted.fid == Feature.HOST_IDENTIFIER:
            raise CommandError(Status.COMMAND_SEQUENCE_ERROR)  # Connect has told it
        if wanted.fid == Feature.RESERVATION_NOTIFICATION_MASK:
            controller.notices.set_mask(wanted.nsid, wanted.value)
            return None
        return super().set_feature(wanted, data)

    def _set_queues(self, value: int) -> int:
        if self.controller.io_queues:
            raise CommandError(Status.COMMAND_SEQUENCE_ERROR)
        if value & 0xFFFF == 0xFFFF or value >> 16 == 0xFFFF:
            raise CommandError(Status.INVALID_FIELD)
        return self._queues()

    def _queues(self) -> int:
        """As many as the transport allows, whatever the host asks for."""
        most = self.controller.limits.io_queues
        return pack_queues(most, most)


_COMPUTED = (
    Feature.NUMBER_OF_QUEUES, Feature.ASYNC_EVENT_CONFIGURATION, Feature.KEEP_ALIVE_TIMER,
    Feature.HOST_BEHAVIOR, Feature.HOST_IDENTIFIER, Feature.RESERVATION_NOTIFICATION_MASK,
)  # fmt: skip
