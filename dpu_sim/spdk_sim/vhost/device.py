"""What a virtio device has to do for its front ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpu_sim.spdk_sim.vhost.messages import Feature, Protocol
from dpu_sim.spdk_sim.vhost.ring import Chain

if TYPE_CHECKING:
    from dpu_sim.spdk_sim.vhost.session import Session
    from dpu_sim.spdk_sim.vhost.vring import Outcome

TRANSPORT_FEATURES = Feature.VERSION_1 | Feature.INDIRECT_DESC | Feature.EVENT_IDX


class VirtioDevice:
    """A device; all of its front ends see the same one."""

    protocol = Protocol(0)
    """Features of the protocol that it has beyond those of every device."""

    @property
    def features(self) -> int:
        """The features that are offered."""
        return int(TRANSPORT_FEATURES)

    def configuration(self) -> bytes:
        """What the driver reads of the device's configuration."""
        return b""

    def keeps(self, index: int) -> bool:  # noqa: ARG002
        """Whether requests of ring `index` are memory for what the device will have to say."""
        return False

    def execute(self, session: Session, index: int, chain: Chain) -> Outcome:
        """Carry out a request of ring `index`; how many bytes were written, now or later."""
        raise NotImplementedError

    def connect(self, session: Session) -> None:
        """A front end has come."""

    def forget(self, session: Session) -> None:
        """A front end has gone."""
