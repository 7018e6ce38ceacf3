"""What the model needs of a transport, and what it can say about the hosts that are connected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dpu_sim.spdk_sim.nvmf.address import Address


@dataclass(slots=True)
class TransportOptions:
    """Parameters of nvmf_create_transport; sizes in bytes, defaults SPDK's."""

    max_queue_depth: int = 128
    max_io_qpairs_per_ctrlr: int = 127
    in_capsule_data_size: int = 4096
    max_io_size: int = 131072
    max_aq_depth: int = 128
    iobuf_small_cache_size: int = 0xFFFFFFFF
    iobuf_large_cache_size: int = 0xFFFFFFFF
    dif_insert_or_strip: bool = False
    zcopy: bool = False
    c2h_success: bool = True
    sock_priority: int = 0
    abort_timeout_sec: int = 1
    ack_timeout: int = 0
    data_wr_pool_size: int = 0
    disable_command_passthru: bool = False
    kas: int = 100
    """Granularity of keep-alive times, in 100 ms."""
    min_kato: int = 10000
    """Shortest keep-alive time, in ms."""


@dataclass(frozen=True, slots=True)
class LiveQueue:
    """A connected queue. `authentication` is what DH-HMAC-CHAP agreed on: hash and group names."""

    qid: int
    local: Address
    peer: Address
    enabled: bool = True
    authentication: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class LiveController:
    """A host's association with a subsystem. `hostid` is 16 bytes."""

    cntlid: int
    host: str
    hostid: bytes
    discovery: bool
    queues: Sequence[LiveQueue]


@dataclass(slots=True)
class TransportStatistics:
    """Queues since the start and now, and commands."""

    admin_queues: int = 0
    io_queues: int = 0
    current_admin_queues: int = 0
    current_io_queues: int = 0
    current_unassociated_queues: int = 0
    pending_commands: int = 0
    completed_commands: int = 0


class Transport(Protocol):
    """Serves hosts. Is made with its target, and used once nvmf_create_transport has been called.

    The model sees to it that every address is listened on once, whatever number of subsystems it
    belongs to: who serves which is `target.subsystem(nqn)` and `subsystem.listener(address)`.
    """

    trtype: str
    """"TCP"."""
    options: TransportOptions
    """Set before anything is listened on."""

    async def listen(self, address: Address, *, secure_channel: bool) -> int:
        """Accept connections there, after a TLS handshake if `secure_channel`; return the port.

        Raises:
            OSError: the address cannot be bound.
        """

    async def stop_listening(self, address: Address) -> None:
        """Accept no more connections there. Who is connected stays; observers hear of more."""

    def controllers(self, nqn: str) -> Sequence[LiveController]:
        """Who is connected to a subsystem, by controller id."""

    def statistics(self) -> TransportStatistics:
        """Numbers for nvmf_get_stats."""

    async def close(self) -> None:
        """Stop listening everywhere and cut every host off."""
