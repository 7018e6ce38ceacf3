"""Packet capture on any link end: the machine's tcpdump inside the pinned namespace.

Works the same for containers without tcpdump, for bridges, and while a node restarts.
"""

from __future__ import annotations

import os
import shutil
import signal
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


def command(netns: Path, interface: str, bpf: str, *, output: str = "-") -> list[str]:
    """The tcpdump command line for one link end. Raises UnsupportedError without tcpdump."""
    if shutil.which("tcpdump", path=_sbin_path()) is None:
        raise UnsupportedError(
            "tcpdump", "this machine has no tcpdump", "sudo apt-get install tcpdump"
        )
    prefix = [] if os.geteuid() == 0 else list(SUDO)
    enter = ["nsenter", f"--net={netns}", "--"]
    dump = ["tcpdump", "-i", interface, "-n", "-U", "--immediate-mode", "-s", str(SNAPLEN)]
    return [*prefix, *enter, *dump, "-Z", "root", "-w", output, *([bpf] if bpf else [])]


def _sbin_path() -> str:
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/bin:/bin"


class TcpdumpCapture:
    """A tcpdump that is known to be listening."""

    def __init__(self, arguments: list[str], to: Path) -> None:
        self._to = to
        to.parent.mkdir(parents=True, exist_ok=True)
        self._file = to.open("wb")
        self._process = subprocess.Popen(
            arguments,
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
        self._process.kill()
        self._close()
        raise LabError(f"tcpdump does not start: {' '.join(self._words) or 'it says nothing'}")

    def stop(self) -> Path:
        """End the capture, with everything seen so far flushed; return the pcap file."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise LabError("tcpdump does not stop") from None
        finally:
            self._close()
        return self._to

    def _close(self) -> None:
        self._process.wait(_STOP_TIMEOUT)
        self._reader.join(_STOP_TIMEOUT)
        self._file.close()
        if self._process.stderr is not None:
            self._process.stderr.close()


def start_capture(netns: Path, interface: str, to: Path, bpf: str = "") -> TcpdumpCapture:
    """Start capturing one link end into `to` (pcap). Raises LabError with tcpdump's words."""
    return TcpdumpCapture(command(netns, interface, bpf), to)
