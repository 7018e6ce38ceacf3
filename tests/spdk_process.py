"""Running the SPDK stand-in in tests of those who need its socket alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.spdk_target import spdk_target


@contextmanager
def running_spdk_sim(socket: Path, *arguments: str) -> Iterator[Path]:
    """A stand-in that answers at `socket` until the end; it begins with no devices."""
    with spdk_target(socket, *arguments):
        yield socket
