"""Finding the daemon of a state directory, and starting it where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from host_sim.errors import HostError
from host_sim.messages import LOG, DaemonGoneError, call

_PATIENCE = 20.0  # seconds until a daemon that was started has to answer
_STEP = 0.02


def request(
    folder: Path, method: str, params: dict[str, Any], data: bytes = b"", *, start: bool = False
) -> tuple[Any, bytes]:
    """Ask the daemon of a state directory; result and data.

    Args:
        start: whether to start a daemon if there is none.

    Raises:
        DaemonGoneError: there is none, and none was to be started.
        HostError: it cannot be started, or it tells what went wrong.
    """
    message = {"method": method, "params": params}
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return call(folder, message, data)
        except DaemonGoneError:
            # Also where the former daemon was just ending: its socket goes before it does.
            if not start or time.monotonic() > end:
                raise
        _launch(folder)
        time.sleep(_STEP)


def _launch(folder: Path) -> None:
    """Start a daemon and wait until it serves, or finds that another one does."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = (folder / LOG).open("ab")
    except OSError as error:
        raise HostError(f"state directory {folder}: {error.strerror or error}") from error
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "host_sim.daemon", "--state-dir", str(folder)]
    with log:
        try:
            subprocess.Popen(
                [*command, "--notify-fd", str(writing)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, pass_fds=(writing,), start_new_session=True,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )  # fmt: skip
        finally:
            os.close(writing)
    with os.fdopen(reading, "rb") as ready:
        ready.readline()
