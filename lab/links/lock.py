"""One process at a time changes a lab: a file lock that goes with whoever holds it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TextIO

from lab.errors import LabError
from lab.ownership import RUN

_FOLDER = RUN / ".locks"


class LabLocks:
    """The locks that this process holds."""

    def __init__(self) -> None:
        self._held: dict[str, TextIO] = {}

    def take(self, lab: str, purpose: str) -> None:
        """Take a lab's lock, or raise LabError naming who has it. Taking it twice is fine."""
        while lab not in self._held:
            file = _open(_FOLDER / lab)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise _held_by_another(lab, file) from error
            if _is_current(file, _FOLDER / lab):
                self._held[lab] = file
                file.truncate(0)
                file.write(f"`dpulab {purpose}` (pid {os.getpid()})")
                file.flush()
            else:
                file.close()  # its holder removed it between our open and our lock: once more

    def give_back(self, lab: str) -> None:
        """Give a lock back, and remove the folders with the last one."""
        file = self._held.pop(lab, None)
        if file is not None:
            (_FOLDER / lab).unlink(missing_ok=True)
            file.close()
            _remove_if_empty(_FOLDER, RUN)


def _open(path: Path) -> TextIO:
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return path.open("a+", encoding="utf-8")
        except FileNotFoundError:
            continue  # the last lock's holder removed the folder meanwhile


def _is_current(file: TextIO, path: Path) -> bool:
    try:
        return os.fstat(file.fileno()).st_ino == path.stat().st_ino
    except FileNotFoundError:
        return False


def _held_by_another(lab: str, file: TextIO) -> LabError:
    with file:
        file.seek(0)
        holder = file.read().strip() or "another process"
    return LabError(f"lab {lab} is being changed by {holder}", "wait until it has finished")


def _remove_if_empty(*folders: Path) -> None:
    """The last lab takes the folders with it: `down` leaves the machine as it was."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return
