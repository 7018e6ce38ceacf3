"""What an I/O controller grants its host."""

from __future__ import annotations

from dataclasses import dataclass

PAGE = 4096
"""Unit of MDTS and its like, in bytes (CAP.MPSMIN)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a transport and its subsystem grant; sizes in bytes."""

    queue_entries: int = 128
    io_queues: int = 127
    in_capsule: int = 4096
    transfer: int = 131072
    zeroes: int = 12
    """Of a Write Zeroes, a power of two of 4 KiB (WZSL)."""
    deallocated: int = 2 << 20
    """Blocks of a Dataset Management range (DMRSL)."""
    retry_delays: tuple[int, int, int] = (0, 0, 0)
    """Command retry delay times, in 100 ms."""

    @property
    def zeroed(self) -> int:
        """Bytes of a Write Zeroes."""
        return PAGE << self.zeroes
