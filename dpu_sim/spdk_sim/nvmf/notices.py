"""Reservation notifications of one controller: NVM Express Base Specification 2.0, 5.16.1.24."""

from __future__ import annotations

from collections import deque

from nvmetcp.admin import ALL_NAMESPACES
from nvmetcp.logpages import ReservationNotice, ReservationNotification

KEPT = 255
"""Notifications that wait; more are lost, which the count in the log page shows."""


class ReservationNotices:
    """What a host is to be told, one log page at a time, and what it doesn't want to hear."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, ReservationNotice, int]] = deque(maxlen=KEPT)
        self._count = 0
        self._masks: dict[int, int] = {}
        self._mask_of_all = 0

    def mask(self, nsid: int) -> int:
        """Bits of the kinds that are not wanted."""
        return self._masks.get(nsid, self._mask_of_all)

    def set_mask(self, nsid: int, mask: int) -> None:
        """Choose what isn't wanted of one namespace, or of all."""
        if nsid == ALL_NAMESPACES:
            self._masks.clear()
            self._mask_of_all = mask
        else:
            self._masks[nsid] = mask

    def add(self, nsid: int, kind: ReservationNotice) -> bool:
        """Keep a notification; whether it is wanted."""
        if self.mask(nsid) & 1 << kind:
            return False
        self._count += 1
        self._waiting.append((self._count, kind, nsid))
        return True

    def page(self) -> bytes:
        """Log 80: the oldest that waits, empty if none does."""
        if not self._waiting:
            return ReservationNotification(count=0).pack()
        count, kind, nsid = self._waiting[0]
        more = min(len(self._waiting) - 1, 0xFF)
        return ReservationNotification(count=count, kind=kind, available=more, nsid=nsid).pack()

    def was_read(self) -> bool:
        """The oldest is told; whether more wait."""
        if self._waiting:
            self._waiting.popleft()
        return bool(self._waiting)
