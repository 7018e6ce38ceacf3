"""A front end of vhost-user for tests: memory of its own, rings in it, event descriptors.

It is written from the specifications alone and shares no code with the back end.
"""

from __future__ import annotations

import mmap
import os
import select
import socket
import struct
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MEMORY = 8 << 20
GUEST, USER = 0x1_0000_0000, 0x7F00_0000_0000
"""Where the guest and the front end see the memory."""
DEADLINE = 10.0

VERSION_1, PROTOCOL, EVENTS, INDIRECT = 1 << 32, 1 << 30, 1 << 29, 1 << 28
MQ, REPLY_ACK, BACKEND_REQ, CONFIG = 1, 1 << 3, 1 << 5, 1 << 9
_RING_BYTES = 0x10000
_DATA = 0x200000
"""Where the memory for requests begins."""

Part = bytes | int
"""What a descriptor has: bytes that are sent, or a number of bytes that may be written."""


class FrontEnd:
    """One connection; `rings` are set up by `start`."""

    def __init__(self, path: Path, size: int = MEMORY) -> None:
        self.descriptor = os.memfd_create("guest", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self.descriptor, size)
        self.memory = mmap.mmap(self.descriptor, size)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(str(path))
        self.rings: list[Ring] = []
        self.features = 0
        self._free = _DATA

    # -- messages

    def send(
        self, request: int, payload: bytes = b"", fds: Sequence[int] = (), flags: int = 1
    ) -> None:
        """Send one message."""
        data = struct.pack("<III", request, flags, len(payload)) + payload
        socket.send_fds(self.socket, [data], list(fds))

    def receive(self) -> bytes:
        """The payload of the next message; EOFError when cut off."""
        request, flags, size = struct.unpack("<III", self._exactly(12))
        assert flags == 5, (request, flags)
        return self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            try:
                more = self.socket.recv(size - len(data))
            except ConnectionResetError as error:
                raise EOFError from error
            if not more:
                raise EOFError
            data += more
        return data

    def ask(self, request: int, payload: bytes = b"") -> bytes:
        """Send one message and return the answer's payload."""
        self.send(request, payload)
        return self.receive()

    def ask_number(self, request: int) -> int:
        """As `ask`, for an answer that is a number."""
        return int(struct.unpack("<Q", self.ask(request))[0])

    def set_number(self, request: int, number: int, fds: Sequence[int] = ()) -> None:
        """Send one number."""
        self.send(request, struct.pack("<Q", number), fds)

    # -- setting up

    def negotiate(self, features: int, protocol: int = MQ | REPLY_ACK | CONFIG) -> int:
        """Agree on these features, as far as they are offered; return what is offered."""
        offered = self.ask_number(1)
        agreed = self.ask_number(15)
        self.set_number(16, agreed & protocol)
        self.send(3)
        self.features = offered & (features | VERSION_1 | PROTOCOL)
        self.set_number(2, self.features)
        return offered

    def share_memory(self) -> None:
        """Send the table of memory: one region."""
        row = struct.pack("<QQQQ", GUEST, len(self.memory), USER, 0)
        self.send(5, struct.pack("<II", 1, 0) + row, [self.descriptor])

    def start(self, rings: int = 1, size: int = 64) -> None:
        """Set rings up, and enable them."""
        self.share_memory()
        for index in range(rings):
            ring = Ring(self, index, size)
            self.rings.append(ring)
            ring.announce()
        for index in range(rings):
            self.enable(index)
        self.settle()

    def enable(self, index: int, on: bool = True) -> None:
        """Let the device work on a ring, or not."""
        self.send(18, struct.pack("<II", index, on))

    def settle(self) -> None:
        """Return when everything that was sent has been taken notice of."""
        self.ask_number(1)

    def stop(self, index: int) -> int:
        """Stop a ring; the index of its next request."""
        number, base = struct.unpack("<II", self.ask(11, struct.pack("<II", index, 0)))
        assert number == index
        return int(base)

    def room(self, size: int) -> int:
        """An address, as the guest sees it, of memory that nothing else uses."""
        where = self._free
        self._free += -(-size // 16) * 16
        if self._free > len(self.memory):
            where, self._free = _DATA, _DATA + -(-size // 16) * 16
        return GUEST + where

    def put(self, address: int, data: bytes) -> None:
        """Write the guest's memory."""
        self.memory[address - GUEST : address - GUEST + len(data)] = data

    def get(self, address: int, size: int) -> bytes:
        """Read the guest's memory."""
        return self.memory[address - GUEST : address - GUEST + size]

    def close(self) -> None:
        """Go away."""
        self.socket.close()
        for ring in self.rings:
            ring.close()
        self.memory.close()
        os.close(self.descriptor)

    def __enter__(self) -> FrontEnd:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


class Ring:
    """A split virtqueue as its driver sees it."""

    def __init__(self, front: FrontEnd, index: int, size: int) -> None:
        self.front = front
        self.index = index
        self.size = size
        base = index * _RING_BYTES
        self.table, self.available, self.used = base, base + 0x4000, base + 0x8000
        self.kick_fd, self.call_fd = os.eventfd(0, 0x800), os.eventfd(0, 0x800)
        self.next_available = self.next_used = 0
        self._free = list(range(size))
        self._heads: dict[int, tuple[list[int], list[tuple[int, int]]]] = {}

    def announce(self) -> None:
        """Tell the back end where it is."""
        front = self.front
        front.send(8, struct.pack("<II", self.index, self.size))
        front.send(10, struct.pack("<II", self.index, self.next_used))
        places = (USER + self.table, USER + self.used, USER + self.available, 0)
        front.send(9, struct.pack("<IIQQQQ", self.index, 0, *places))
        front.set_number(12, self.index, [self.kick_fd])
        front.set_number(13, self.index, [self.call_fd])

    def close(self) -> None:
        """Close the event descriptors."""
        os.close(self.kick_fd)
        os.close(self.call_fd)

    # -- raw

    def descriptor(self, slot: int, address: int, length: int, flags: int, following: int) -> None:
        """Write a descriptor."""
        data = struct.pack("<QIHH", address, length, flags, following)
        self.front.put(GUEST + self.table + 16 * slot, data)

    def offer(self, head: int) -> None:
        """Make a chain available, and tell so."""
        slot = self.available + 4 + 2 * (self.next_available % self.size)
        self.front.put(GUEST + slot, struct.pack("<H", head))
        self.next_available = (self.next_available + 1) & 0xFFFF
        self.front.put(GUEST + self.available + 2, struct.pack("<H", self.next_available))

    def kick(self) -> None:
        """Tell the device."""
        os.eventfd_write(self.kick_fd, 1)

    # -- requests

    def submit(self, parts: Sequence[Part], indirect: bool = False, kick: bool = True) -> int:
        """Make a request available; return the number by which it is collected."""
        rows, answers = [], []
        for part in parts:
            size = part if isinstance(part, int) else len(part)
            address = self.front.room(size)
            if isinstance(part, int):
                answers.append((address, size))
            else:
                self.front.put(address, part)
            rows.append((address, size, 2 * isinstance(part, int)))
        if indirect:
            table = b"".join(
                struct.pack("<QIHH", address, size, flags | (number + 1 < len(rows)), number + 1)
                for number, (address, size, flags) in enumerate(rows)
            )
            where = self.front.room(len(table))
            self.front.put(where, table)
            rows = [(where, len(table), 4)]
        slots = [self._free.pop() for _ in rows]
        for number, (address, size, flags) in enumerate(rows):
            last = number + 1 == len(rows)
            self.descriptor(
                slots[number], address, size, flags | (not last), 0 if last else slots[number + 1]
            )
        self._heads[slots[0]] = (slots, answers)
        self.offer(slots[0])
        if kick and self._wants_kick():
            self.kick()
        return slots[0]

    def _wants_kick(self) -> bool:
        """Whether the device wants to be told of the request that was made available last."""
        if not self.front.features & EVENTS:
            return True
        event = self.front.get(GUEST + self.used + 4 + 8 * self.size, 2)
        return int.from_bytes(event, "little") == (self.next_available - 1) & 0xFFFF

    def collect(self, call: bool = True) -> tuple[int, int, bytes]:
        """Wait for the next request that is given back: its number, length, memory.

        Without `call` the ring is looked at all the time, else when the device calls.
        Raises TimeoutError.
        """
        poll, end = select.poll(), time.monotonic() + DEADLINE
        poll.register(self.call_fd, select.POLLIN)
        while self._used_index() == self.next_used:
            if time.monotonic() > end or (call and not poll.poll(DEADLINE * 1000)):
                raise TimeoutError
            if call:
                os.eventfd_read(self.call_fd)
        slot = self.used + 4 + 8 * (self.next_used % self.size)
        head, length = struct.unpack("<II", self.front.get(GUEST + slot, 8))
        self.next_used = (self.next_used + 1) & 0xFFFF
        if self.front.features & EVENTS:  # tell of the next one
            event = self.available + 4 + 2 * self.size
            self.front.put(GUEST + event, struct.pack("<H", self.next_used))
        slots, answers = self._heads.pop(head)
        self._free += slots
        return head, length, b"".join(self.front.get(*answer) for answer in answers)

    def _used_index(self) -> int:
        return int(struct.unpack("<H", self.front.get(GUEST + self.used + 2, 2))[0])

    def request(self, parts: Sequence[Part], indirect: bool = False) -> bytes:
        """Submit a request and return what was written into its memory."""
        self.submit(parts, indirect)
        return self.collect()[2]


def blk(kind: int, sector: int, *parts: Part) -> list[Part]:
    """The parts of a virtio-blk request."""
    return [struct.pack("<IIQ", kind, 0, sector), *parts, 1]
