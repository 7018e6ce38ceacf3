"""Files that may be replaced while we run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from dpu_sim.errors import ConfigError

_log = logging.getLogger(__name__)

T = TypeVar("T")
Signature = tuple[tuple[int, int, int] | None, ...]
"""Of each file: modification time (ns), size and inode; None when it is not there."""


class WatchedFiles(Generic[T]):
    """What files hold, read anew when they have changed.

    Files that belong together are seldom replaced at the same moment. While they do not fit, or
    while they change under our eyes, the last good content stays in force.
    """

    def __init__(
        self, paths: Sequence[Path], load: Callable[[], T], complain: Callable[[ConfigError], None]
    ) -> None:
        """Read the files.

        Args:
            paths: the files.
            load: makes something of them; raises ConfigError.
            complain: hears why changed files cannot be used, once for every change.

        Raises:
            ConfigError: of `load`, this first time.
        """
        self._paths = tuple(paths)
        self._load = load
        self._complain = complain
        self._signature = self._sign()
        self._content = load()

    def current(self) -> T:
        """What the files hold now, or held when they were last in order."""
        signature = self._sign()
        if signature != self._signature:
            try:
                content = self._load()
            except ConfigError as error:
                self._signature = signature
                self._complain(error)
                return self._content
            if self._sign() == signature:
                self._signature, self._content = signature, content
                _log.info("read again: %s", ", ".join(map(str, self._paths)))
        return self._content

    def reload(self) -> T:
        """The same, but read now even though they look unchanged."""
        self._signature = ()
        return self.current()

    def _sign(self) -> Signature:
        return tuple(_sign(path) for path in self._paths)


def _sign(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
