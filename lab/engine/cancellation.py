"""Calling a run off: by an error elsewhere, or by Ctrl-C, SIGTERM and SIGHUP.

Signals are noted and acted on where it is safe: an exception in the middle of anything would leave
half of it done. A second one cannot cut a rollback short.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIGHUP, SIGINT, SIGTERM, signal
from types import FrameType

from lab.errors import LabError


class CancelledRunError(LabError):
    """The run was called off; operations that wait end with this."""


class Cancellation:
    """A flag that operations look at wherever they wait."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Make every waiting operation end."""
        self._event.set()

    def check(self) -> None:
        """Raise CancelledRunError after a cancellation."""
        self.pause(0)

    def pause(self, seconds: float) -> None:
        """Sleep, but not after a cancellation. Raises CancelledRunError."""
        if self._event.wait(seconds):
            raise CancelledRunError("cancelled")


@contextmanager
def signals_deferred(cancellation: Cancellation) -> Iterator[None]:
    """Let signals cancel, and do no more, for the length of a `with`.

    Raises KeyboardInterrupt at the end when one came, unless something else went wrong. Only the
    main thread may set handlers; in others nothing is held back, for nothing is delivered there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        cancellation.cancel()

    before = [(number, signal(number, note)) for number in (SIGINT, SIGTERM, SIGHUP)]
    try:
        yield
    except CancelledRunError:
        raise KeyboardInterrupt from None
    finally:
        for number, old in before:
            signal(number, old)
    if came:
        raise KeyboardInterrupt
