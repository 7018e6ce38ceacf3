"""A Docker daemon of our own, on machines where no init system starts one. Runs as root.

`python3 -m bootstrap.daemon start|stop`. What was started is recorded with its pid and start time,
so that stopping can never end a process that merely got the same pid later.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

STATE = Path("/run/dpulab/dockerd.json")
LOG = Path("/var/log/dpulab-dockerd.log")
STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Daemon:
    """A process, told apart from later ones of the same pid by its start time (clock ticks)."""

    pid: int
    start_time: int

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        return start_time_of(self.pid) == self.start_time


def start_time_of(pid: int) -> int:
    """Return field 22 of /proc/PID/stat (proc(5)), -1 when the process is gone or a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return -1
    fields = text.rpartition(")")[2].split()
    return -1 if fields[0] == "Z" else int(fields[19])


def read_state(state: Path = STATE) -> Daemon | None:
    """Return the recorded daemon, None when we started none."""
    try:
        return Daemon(**json.loads(state.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def start(state: Path = STATE, log: Path = LOG, arguments: Sequence[str] = ()) -> Daemon:
    """Start dockerd detached from this terminal and record it; one that still runs is kept."""
    running = read_state(state)
    if running and running.alive:
        return running
    state.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as sink:
        child = subprocess.Popen(
            ["dockerd", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
        )
    daemon = Daemon(child.pid, start_time_of(child.pid))
    state.write_text(json.dumps(asdict(daemon)) + "\n")
    return daemon


def stop(state: Path = STATE) -> bool:
    """End the recorded daemon and wait for it; return whether there was one to end.

    Raises TimeoutError when it does not end; it is then left running and recorded.
    """
    daemon = read_state(state)
    if daemon is None or not daemon.alive:
        state.unlink(missing_ok=True)
        return False
    os.kill(daemon.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while daemon.alive:
        if time.monotonic() > deadline:
            raise TimeoutError(f"dockerd (pid {daemon.pid}) did not stop in {STOP_SECONDS:g} s")
        time.sleep(0.1)
    state.unlink(missing_ok=True)
    return True


if __name__ == "__main__":
    if sys.argv[1:] == ["start"]:
        start()
    elif sys.argv[1:] == ["stop"]:
        stop()
    else:
        sys.exit("usage: python3 -m bootstrap.daemon start|stop")
