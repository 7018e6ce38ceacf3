"""Packet capture on any link end: the machine's tcpdump inside the pinned namespace.

Works the same for containers without tcpdump, for bridges, and while a node restarts. The tcpdump
belongs to root, also where we do not, so it is told to end through a pipe; it ends with us.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from pathlib import Path
from typing import IO

from lab.errors import LabError, UnsupportedError
from lab.links.agent import SUDO

_START_TIMEOUT = 10.0
_STOP_TIMEOUT = 10.0
_READY = "listening on"
SNAPLEN = 262144

_UNTIL_EOF = (
    'exec 3<&0; { read -r _ <&3; kill -TERM $$; } >/dev/null 2>&1 & exec "$@" 3<&- </dev/null'
)
"""Shell wrapper that ends the command when nobody holds the other end of its stdin any more."""


def command(netns: Path, interface: str, bpf: str, *, until_eof: bool = False) -> list[str]:
    """The tcpdump command line for one link end, writing pcap to stdout.

    With `until_eof` it ends when its stdin does. Raises UnsupportedError without tcpdump.
    """
    if shutil.which("tcpdump", path=_sbin_path()) is None:
        raise UnsupportedError(
            "tcpdump", "this machine has no tcpdump", "sudo apt-get install tcpdump"
        )
    prefix = [] if os.geteuid() == 0 else list(SUDO)
    enter = ["nsenter", f"--net={netns}", "--"]
    dump = ["tcpdump", "-i", interface, "-n", "-U", "--immediate-mode", "-s", str(SNAPLEN)]
    if until_eof:
        prefix += ["/bin/sh", "-c", _UNTIL_EOF, "sh"]
    return [*prefix, *enter, *dump, "-Z", "root", "-w", "-", *([bpf] if bpf else [])]


def _sbin_path() -> str:
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/bin:/bin"


class TcpdumpCapture:
    """A tcpdump that is known to be listening."""

    def __init__(self, arguments: list[str], to: Path) -> None:
        self._to = to
        self._file = _open(to)
        self._process = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=self._file,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PATH": _sbin_path()},
            start_new_session=True,
        )
        self._words: list[str] = []
        self._listening = threading.Event()
        self._reader = threading.Thread(target=self._read_stderr, daemon=True)
        self._reader.start()
        self._await_listening()

    def _read_stderr(self) -> None:
        stderr: IO[str] | None = self._process.stderr
        for line in stderr or ():
            self._words.append(line.strip())
            if _READY in line:
                self._listening.set()
        self._listening.set()  # it ended: whoever waits looks at why

    def _await_listening(self) -> None:
        listening = self._listening.wait(_START_TIMEOUT)
        if listening and any(_READY in words for words in self._words):
            return
        self._close()
        raise LabError(f"tcpdump does not start: {' '.join(self._words) or 'it says nothing'}")

    def stop(self) -> Path:
        """End the capture, with everything seen so far flushed; return the pcap file."""
        self._close()
        return self._to

    def _close(self) -> None:
        stdin, stderr = self._process.stdin, self._process.stderr
        if stdin is not None:
            stdin.close()  # the watcher sees end-of-file and ends tcpdump
        try:
            self._process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            raise LabError("tcpdump does not stop", "is it stuck on a full disk?") from None
        finally:
            self._file.close()
        self._reader.join(_STOP_TIMEOUT)
        if stderr is not None:
            stderr.close()


def _open(path: Path) -> IO[bytes]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")
    except OSError as error:
        raise LabError(f"cannot write the capture to {path}: {error.strerror}") from error


def start_capture(netns: Path, interface: str, to: Path, bpf: str = "") -> TcpdumpCapture:
    """Start capturing one link end into `to` (pcap). Raises LabError with tcpdump's words."""
    return TcpdumpCapture(command(netns, interface, bpf, until_eof=True), to)
