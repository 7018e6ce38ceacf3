"""Discovery controllers: NVM Express Base Specification 2.0, sections 3.1.2.3 and 5.16.1.23."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dpu_sim.spdk_sim.nvmf.admin import AdminCommands
from dpu_sim.spdk_sim.nvmf.controller import Controller, HostIdentity, KeepAlive
from dpu_sim.spdk_sim.nvmf.identification import FIRMWARE
from dpu_sim.spdk_sim.nvmf.outcome import CommandError
from nvmetcp.admin import DISCOVERY_CHANGED, GetLogPage, Identify
from nvmetcp.fabrics import DISCOVERY_NQN
from nvmetcp.features import AsyncEvents
from nvmetcp.identify import Cns, ControllerType, IdentifyController
from nvmetcp.logpages import DiscoveryEntry, LogPage, pack_discovery
from nvmetcp.status import Status

Log = Callable[[], tuple[int, Sequence[DiscoveryEntry]]]
"""Generation and entries of the log as they are now for a host."""


class DiscoveryController(Controller):
    """One host's association with the discovery service."""

    def __init__(
        self,
        cntlid: int,
        host: HostIdentity,
        queue_entries: int,
        keep_alive: KeepAlive,
        *,
        on_end: Callable[[Controller], None],
        log: Log,
    ) -> None:
        super().__init__(cntlid, host, queue_entries, keep_alive, on_end)
        self.log = log

    def log_changed(self) -> None:
        """There is more, or less, to discover."""
        self.events.raise_event(DISCOVERY_CHANGED)


class DiscoveryCommands(AdminCommands):
    """The admin queue of a discovery controller, its only one."""

    def __init__(self, controller: DiscoveryController) -> None:
        super().__init__(controller)
        self._discovery = controller
        self._log = b""

    def identify(self, wanted: Identify) -> bytes:
        """CNS 01 alone. Raises CommandError."""
        if wanted.cns != Cns.CONTROLLER:
            raise CommandError(Status.INVALID_FIELD)
        controller = self._discovery
        return IdentifyController(
            fr=FIRMWARE, mdts=5, cntlid=controller.cntlid, oaes=AsyncEvents.DISCOVERY_CHANGE,
            cntrltype=ControllerType.DISCOVERY, aerl=3, elpe=127, lpa=1 << 2, kas=100,
            maxcmd=controller.queue_entries, sqes=0, cqes=0, subnqn=DISCOVERY_NQN,
        ).pack()  # fmt: skip

    def log_page(self, wanted: GetLogPage) -> bytes:
        """Log 70. Read in parts, it stays what it was at the first. Raises CommandError."""
        if wanted.lid != LogPage.DISCOVERY:
            raise CommandError(Status.INVALID_LOG_PAGE)
        if not wanted.offset or not self._log:
            self._log = pack_discovery(*self._discovery.log())
        return self._log
