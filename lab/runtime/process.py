"""A command that runs in a container: its output, its end, and how to end it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from lab.errors import LabError
from lab.node import ExecResult
from lab.runtime.docker_engine import Docker, Output

_TELL_PID = 'echo "$$"; exec "$@"'
"""Wrapper that prints the process id inside the node before it becomes the command.

An exec'd process leads a session of its own, so its id is that of its session and process group.
"""

_KILL_SESSION = r"""
for round in 1 2 3 4 5 6 7 8; do
  for stat in /proc/[0-9]*/stat; do
    read -r line <"$stat" || continue
    pid=${line%% *}
    set -- "$SESSION" ${line##*) }
    [ "$5" = "$1" ] && [ "$2" != Z ] && kill -9 "$pid"
  done
done 2>/dev/null
:
"""
"""Kills every process of a session, whatever groups its members made (proc_pid_stat(5)); looks
again because one may have forked meanwhile."""

_GRACE = 2.0


class ContainerProcess:
    """A command running in a container."""

    def __init__(
        self, docker: Docker, container: str, argv: Sequence[str], env: Mapping[str, str] | None
    ) -> None:
        self._docker = docker
        self._container = container
        self._argv = list(argv)
        self._out, self._err = bytearray(), bytearray()
        self._pid: int | None = None
        self._changed = threading.Condition()
        self._closed = False
        self._code: int | None = None
        wrapped = ["/bin/sh", "-c", _TELL_PID, "sh", *argv]
        self._exec_id, stream = docker.exec_start(container, wrapped, env)
        self._reader = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._reader.start()

    def _read(self, stream: Output) -> None:
        try:
            for out, err in stream:
                with self._changed:
                    self._out += out or b""
                    self._err += err or b""
                    self._take_pid()
                    self._changed.notify_all()
        except OSError as error:  # the daemon went away; whoever waits is told below
            self._err += f"the connection to the node broke: {error}".encode()
        finally:
            with self._changed:
                self._closed = True
                self._changed.notify_all()

    def _take_pid(self) -> None:
        if self._pid is None and b"\n" in self._out:
            first, _, rest = bytes(self._out).partition(b"\n")
            if first.strip().isdigit():
                self._pid, self._out = int(first), bytearray(rest)

    def wait_for_line(self, needle: str, timeout: float) -> str:
        """Block until a stdout line contains `needle`; return it.

        Raises TimeoutError, and LabError when the command ends without it.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while (line := self._line_with(needle)) is None:
                left = deadline - time.monotonic()
                if self._closed:
                    raise LabError(
                        f"{self._argv[0]} ended before it said {needle!r}: {self._words()}"
                    )
                if left <= 0:
                    raise TimeoutError(f"no line with {needle!r} within {timeout:g} s")
                self._changed.wait(left)
        return line

    def _line_with(self, needle: str) -> str | None:
        """The first whole line with `needle`; when nothing more comes, the last line is whole."""
        found = self._out.find(needle.encode())
        if found < 0:
            return None
        begin, end = self._out.rfind(b"\n", 0, found) + 1, self._out.find(b"\n", found)
        if end < 0 and not self._closed:
            return None
        return self._out[begin : end if end >= 0 else None].decode(errors="replace").rstrip("\r")

    def _words(self) -> str:
        text = (self._err or self._out).decode(errors="replace").strip()
        return text or "it printed nothing"

    def wait(self, timeout: float) -> ExecResult:
        """Block until it ends. Raises TimeoutError and leaves it running."""
        deadline = time.monotonic() + timeout
        with self._changed:
            self._changed.wait_for(lambda: self._closed, timeout)
        if not self._closed or not self._has_ended(deadline):
            raise TimeoutError(f"{' '.join(self._argv)} still runs after {timeout:g} s")
        return ExecResult(
            self._code or 0,
            self._out.decode(errors="replace"),
            self._err.decode(errors="replace"),
        )

    def _has_ended(self, deadline: float) -> bool:
        """Whether it ended. The daemon learns of it a moment after the output does."""
        while self._code is None:
            self._code = self._ask_exit_code()
            if self._code is None and time.monotonic() > deadline:
                return False
            if self._code is None:
                time.sleep(0.01)
        return True

    def _ask_exit_code(self) -> int | None:
        code = self._docker.exec_exit_code(self._exec_id)
        if code is None and self._closed:
            found = self._docker.inspect(self._container)
            if found is None or not found.running:
                raise LabError(f"{self._argv[0]}: {self._container} was stopped while it ran")
        return code

    def signal(self, number: int) -> None:
        """Send a signal to its process group inside the node; one that ended is left alone."""
        pid = self._pid_to_signal()
        if pid is not None:
            self._run(f"kill -{int(number)} -{pid} 2>/dev/null || kill -{int(number)} {pid}")

    def _pid_to_signal(self) -> int | None:
        with self._changed:
            self._changed.wait_for(lambda: self._pid is not None or self._closed, _GRACE)
        if self._code is not None or self._ask_exit_code() is not None:
            return None
        return self._pid

    def _run(self, script: str) -> None:
        _, stream = self._docker.exec_start(self._container, ["/bin/sh", "-c", script], None)
        for _ in stream:
            pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill it, with everything that it started, unless it has ended by itself."""
        try:
            pid = self._pid_to_signal()
            if pid is not None:
                self._run(f"SESSION={pid}\n{_KILL_SESSION}")
        except LabError:
            found = self._docker.inspect(self._container)
            if found is not None and found.running:
                raise  # else its node was stopped, and took it along
        self._reader.join(_GRACE)
