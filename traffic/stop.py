"""SIGTERM and SIGINT as a request to finish and report, noticed at once even while waiting."""

from __future__ import annotations

import select
import signal
import socket
from types import FrameType, TracebackType
from typing import Any, Final, Self

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class StopSignal:
    """While in this context, the two signals set `requested` instead of ending the process."""

    def __init__(self) -> None:
        self.requested = False
        self._waker, self._wakee = socket.socketpair()
        self._waker.setblocking(False)  # set_wakeup_fd demands it
        self._before: list[tuple[signal.Signals, Any]] = []
        self._fd_before = -1

    def wait(self, seconds: float, *also: socket.socket) -> bool:
        """Wait for a signal, for one of `also` to be readable, or for the time to pass.

        Returns `requested`.
        """
        if not self.requested:
            select.select([self._wakee, *also], [], [], max(0.0, seconds))
        return self.requested

    def _request(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.requested = True

    def __enter__(self) -> Self:
        # Without the wake-up byte, a signal that lands just before select() would be slept through.
        self._fd_before = signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        self._before = [(number, signal.signal(number, self._request)) for number in _SIGNALS]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before:
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._fd_before)
        self._waker.close()
        self._wakee.close()
