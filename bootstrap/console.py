"""What set-up says while it works: errors with a hint, and steps with elapsed time."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
LOGS = BUILD / "logs"

_WRITE_LOCK = threading.Lock()


class BootstrapError(Exception):
    """What stopped set-up, and in `hint` what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  hint: {self.hint}" if self.hint else self.message


def say(text: str) -> None:
    """Print one line of progress (stderr: stdout belongs to data)."""
    with _WRITE_LOCK:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


class Step:
    """A long step: every line it prints carries its name and the seconds since it began."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._began = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self._began

    def line(self, text: str) -> None:
        """Print `text` as progress of this step."""
        say(f"[{self.elapsed:6.1f}s] {self.name}: {text}")


@contextmanager
def step(name: str, what: str) -> Iterator[Step]:
    """Announce a step before it starts and say when it is done."""
    current = Step(name)
    current.line(what)
    yield current
    current.line("done")
