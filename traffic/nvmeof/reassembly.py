"""Segments of one TCP connection -> the bytes of both directions, in an order that is causal.

A segment that acknowledges bytes was sent after these had been received. So it waits here until
they have been delivered: an answer never comes before what it answers, also where a capture lost
the order of packets. What waits is bounded; more than that means that the capture has a hole.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from traffic.nvmeof.segments import ACK, FIN, SYN, Segment

MAX_WAITING_BYTES: Final = 4 << 20
MAX_WAITING_SEGMENTS: Final = 4096
_HALF: Final = 1 << 31


class HoleError(Exception):
    """The capture lacks bytes of this connection."""


class _Waiting(NamedTuple):
    start: int
    serial: int
    """Of equal starts, the one that was captured first comes first."""
    needs: int
    data: bytes
    fin: bool


@dataclass
class _Direction:
    next: int = -1
    """Sequence number that is due, counted on beyond 32 bits; -1 before the first segment."""
    waiting: list[_Waiting] = field(default_factory=list)

    def unwrapped(self, number: int) -> int:
        return self.next + (number - self.next + _HALF) % (1 << 32) - _HALF


class Flow:
    """Both directions of a connection: 0 from the client, 1 from the server."""

    def __init__(self) -> None:
        self._directions = (_Direction(), _Direction())
        self._serial = 0
        self._held = 0

    @property
    def waiting(self) -> int:
        """How many segments wait for something that was not captured so far."""
        return sum(len(one.waiting) for one in self._directions)

    def feed(self, direction: int, segment: Segment) -> Iterator[tuple[int, bytes]]:
        """Yield (direction, bytes) that are now due; the end of a direction as no bytes.

        Raises HoleError when too much waits, or the capture holds only the start of a segment.
        """
        mine, other = self._directions[direction], self._directions[1 - direction]
        if segment.missing:
            raise HoleError("the capture holds only the start of its packets")
        if mine.next < 0:
            mine.next = (segment.seq + bool(segment.flags & SYN)) % (1 << 32)
        if other.next < 0 and segment.flags & ACK:
            other.next = segment.ack
        self._wait(mine, other, segment)
        yield from self._due()
        if self._held > MAX_WAITING_BYTES or self.waiting > MAX_WAITING_SEGMENTS:
            raise HoleError("the capture lacks segments")

    def _wait(self, mine: _Direction, other: _Direction, segment: Segment) -> None:
        start = mine.unwrapped((segment.seq + bool(segment.flags & SYN)) % (1 << 32))
        fin = bool(segment.flags & FIN)
        if start + len(segment.data) + fin <= mine.next:
            return  # a pure acknowledgement, or sent again
        needs = other.unwrapped(segment.ack) if segment.flags & ACK else 0
        self._serial += 1
        insort(mine.waiting, _Waiting(start, self._serial, needs, segment.data, fin))
        self._held += len(segment.data)

    def _due(self) -> Iterator[tuple[int, bytes]]:
        moved = True
        while moved:
            moved = False
            for number, mine in enumerate(self._directions):
                other = self._directions[1 - number]
                while self._is_due(mine, other):
                    moved = True
                    yield from self._deliver(number, mine)

    @staticmethod
    def _is_due(mine: _Direction, other: _Direction) -> bool:
        if not mine.waiting:
            return False
        first = mine.waiting[0]
        return first.start <= mine.next and first.needs <= other.next

    def _deliver(self, number: int, mine: _Direction) -> Iterator[tuple[int, bytes]]:
        first = mine.waiting.pop(0)
        self._held -= len(first.data)
        end = first.start + len(first.data)
        if end > mine.next:
            fresh = first.data[mine.next - first.start :]
            mine.next = end
            yield number, fresh
        if first.fin and end == mine.next:
            mine.next += 1
            yield number, b""
