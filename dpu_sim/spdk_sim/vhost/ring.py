"""A split virtqueue, seen from the device (Virtual I/O Device 1.2, section 2.7).

All that is read here was written by the guest, and may change while it is read: every number is
read once and checked. Indexes are moved with one access of 16 bits; on the processors that QEMU
runs virtual machines on, these are whole.
"""

from __future__ import annotations

import struct
import threading
from dataclasses import dataclass, field

from dpu_sim.spdk_sim.vhost.memory import GuestFaultError, GuestMemory
from dpu_sim.spdk_sim.vhost.messages import RingAddress

LARGEST_RING = 1024
"""Descriptors of a ring; SPDK takes as many."""
LONGEST_CHAIN = 1024
"""Descriptors of one request, those of its indirect table included."""

_NEXT, _WRITE, _INDIRECT = 1, 2, 4
_NO_INTERRUPT = 1
_DESCRIPTOR = struct.Struct("<QIHH")
_MASK = 0xFFFF
_HEADER = 2
"""Words of 16 bits before the entries of a ring: flags and index."""

_fence_lock = threading.Lock()


def _fence() -> None:
    """Let what was written be seen before what is read from here on."""
    with _fence_lock:
        pass


@dataclass(slots=True)
class Chain:
    """One request: memory to read from, and memory to write the answer to."""

    head: int
    readable: list[memoryview] = field(default_factory=list)
    writable: list[memoryview] = field(default_factory=list)

    @property
    def room(self) -> int:
        """Bytes that may be written."""
        return sum(map(len, self.writable))

    def read(self) -> bytes:
        """All that the driver wrote, copied once."""
        parts = self.readable
        return bytes(parts[0]) if len(parts) == 1 else b"".join(parts)

    @property
    def length(self) -> int:
        """Bytes that the driver wrote."""
        return sum(map(len, self.readable))

    def write(self, start: int, data: bytes | bytearray | memoryview) -> None:
        """Put data at `start` of the writable memory; there is room for it."""
        rest = memoryview(data)
        for part in self.writable:
            if start >= len(part):
                start -= len(part)
                continue
            size = min(len(part) - start, len(rest))
            part[start : start + size] = rest[:size]
            rest, start = rest[size:], 0
            if not rest:
                return


class SplitRing:
    """A ring whose parts are in the guest's memory."""

    def __init__(
        self, memory: GuestMemory, size: int, address: RingAddress, *, events: bool
    ) -> None:
        """`events`: EVENT_IDX is agreed on.

        Requests are taken from the first on that has not been given back. Where a device that died
        gave them back in their order, these are those that it has not done.

        Raises GuestFaultError: sizes or addresses are not those of a ring.
        """
        if not 0 < size <= LARGEST_RING or size & (size - 1):
            raise GuestFaultError(f"a ring of {size} descriptors")
        if address.descriptors % 16 or address.available % 2 or address.used % 4:
            raise GuestFaultError("a ring that is not aligned")
        self.size = size
        self._memory = memory
        self._events = events
        more = 2 * events
        table = memory.user_part(address.descriptors, _DESCRIPTOR.size * size)
        available = memory.user_part(address.available, 4 + 2 * size + more)
        used = memory.user_part(address.used, 4 + 8 * size + more)
        self._table = table
        self._available = available.cast("H")
        self._used = used[: 4 + 8 * size].cast("I")
        self._used_index = used[2:4].cast("H")
        self._wanted = used[4 + 8 * size :].cast("H") if events else None
        """Where the device says from which index on it wants to be told."""
        self.next_available = self.next_used = self._used_index[0]

    # -- requests

    def pending(self) -> int:
        """How many requests wait. Raises GuestFaultError: more than the ring holds."""
        count = (self._available[1] - self.next_available) & _MASK
        if count > self.size:
            raise GuestFaultError(f"{count} requests in a ring of {self.size}")
        return count

    def take(self) -> Chain:
        """The next request; there is one. Raises GuestFaultError."""
        head = self._available[_HEADER + self.next_available % self.size]
        if head >= self.size:
            raise GuestFaultError(f"descriptor {head} in a ring of {self.size}")
        chain = Chain(head)
        self._follow(chain, self._table, self.size, head)
        self.next_available = (self.next_available + 1) & _MASK
        return chain

    def _follow(self, chain: Chain, table: memoryview, size: int, index: int) -> None:
        """Collect a chain of descriptors; each is used once at most, so no loop is endless."""
        parts, direct = self._memory.parts, table is self._table
        for _ in range(min(size, LONGEST_CHAIN)):
            address, length, flags, following = _DESCRIPTOR.unpack_from(
                table, index * _DESCRIPTOR.size
            )
            if flags & _INDIRECT:
                if not direct or flags & _NEXT:
                    raise GuestFaultError("an indirect table in the wrong place")
                self._follow_indirect(chain, address, length)
                return
            if not length:
                raise GuestFaultError("an empty descriptor")
            if flags & _WRITE:
                chain.writable += parts(address, length)
            elif chain.writable:
                raise GuestFaultError("a readable descriptor after a writable one")
            else:
                chain.readable += parts(address, length)
            if not flags & _NEXT:
                return
            index = following
            if index >= size:
                raise GuestFaultError(f"descriptor {index} in a table of {size}")
        raise GuestFaultError("a chain of descriptors without an end")

    def _follow_indirect(self, chain: Chain, address: int, length: int) -> None:
        count, rest = divmod(length, _DESCRIPTOR.size)
        if rest or not 0 < count <= LONGEST_CHAIN:
            raise GuestFaultError(f"an indirect table of {length} bytes")
        # A copy: the guest cannot change it any more.
        table = memoryview(b"".join(self._memory.parts(address, length)))
        self._follow(chain, table, count, 0)

    # -- answers

    def give_back(self, head: int, written: int) -> None:
        """A request is done; `written` bytes of its memory were written, from its start on."""
        entry = 1 + 2 * (self.next_used % self.size)
        self._used[entry] = head
        self._used[entry + 1] = written
        self.next_used = (self.next_used + 1) & _MASK
        self._used_index[0] = self.next_used

    def wants_call(self, former: int) -> bool:
        """Whether the driver wants an interrupt for what was given back since index `former`."""
        if former == self.next_used:
            return False
        _fence()
        if not self._events:
            return not self._available[0] & _NO_INTERRUPT
        event = self._available[_HEADER + self.size]
        # vring_need_event of the specification: whether `event` is among the indexes gone by.
        return (self.next_used - event - 1) & _MASK < (self.next_used - former) & _MASK

    def ask_for_kick(self) -> bool:
        """Say that the next request is to be told; whether one has come before that was seen."""
        if self._wanted is None:
            return False
        self._wanted[0] = self.next_available
        _fence()
        return bool(self.pending())
