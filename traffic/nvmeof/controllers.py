"""What the connections of one controller have in common: who it serves, what it grants."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

MAX_CONTROLLERS: Final = 4096
_IOCCSZ_AT, _CTRATT_AT = 1792, 96  # Identify Controller (Base 5.17.2.1)
_TBKAS: Final = 1 << 6
IDENTIFY_NEEDED: Final = _IOCCSZ_AT + 4


@dataclass(slots=True)
class Controller:
    """A controller as its admin queue's Connect made it."""

    host: tuple[bytes, bytes]
    """Host identifier and host NQN."""
    kato: float = 0.0
    """Keep-alive time-out in seconds, 0: none."""
    active: float = 0.0
    """When the host last sent a command that keeps it alive."""
    traffic_counts: bool = False
    """I/O commands keep it alive too (TBKAS)."""
    in_capsule: int | None = None
    """Bytes of data in the capsule of an I/O command, once Identify told."""
    queues: set[int] = field(default_factory=set)

    def identified(self, data: bytes) -> None:
        """Take over what Identify Controller says."""
        if len(data) < IDENTIFY_NEEDED:
            return
        size = int.from_bytes(data[_IOCCSZ_AT : _IOCCSZ_AT + 4], "little")
        self.in_capsule = max(0, size * 16 - 64)
        self.traffic_counts = bool(data[_CTRATT_AT] & _TBKAS)


Key = tuple[str, bytes, int]  # server, subsystem NQN, controller identifier


class Controllers:
    """The controllers that are connected; the oldest is forgotten beyond MAX_CONTROLLERS."""

    def __init__(self) -> None:
        self._known: dict[Key, Controller] = {}

    def add(self, key: Key, controller: Controller) -> None:
        """Remember a controller whose admin queue is connected."""
        self._known[key] = controller
        if len(self._known) > MAX_CONTROLLERS:
            del self._known[next(iter(self._known))]

    def find(self, key: Key) -> Controller | None:
        """Return a controller, None if its admin queue was not seen."""
        return self._known.get(key)

    def remove(self, key: Key) -> None:
        """Forget a controller whose admin queue has closed."""
        self._known.pop(key, None)
