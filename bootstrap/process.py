"""Running other programs: short probes, and long steps with a log file and visible progress."""

from __future__ import annotations

import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bootstrap.console import ROOT, BootstrapError, Step

HEARTBEAT_SECONDS = 5.0
TAIL_LINES = 25

Milestone = Callable[[str], str | None]
"""Turns a line of a program's output into a line worth showing, or None."""


@dataclass(frozen=True, slots=True)
class Output:
    """How a short command ended; `text` is stdout followed by stderr."""

    code: int
    stdout: str
    text: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds a long command may take, and seconds it may take to say its first word."""

    total: float = 1800.0
    first_output: float = 600.0


def probe(
    argv: Sequence[str], *, env: Mapping[str, str] | None = None, timeout: float = 30.0
) -> Output:
    """Run a short command and never raise: code 127 when it is missing, 124 when it hangs."""
    try:
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except OSError as error:
        return Output(127, "", str(error))
    except subprocess.TimeoutExpired:
        return Output(124, "", f"no answer within {timeout:g} s")
    return Output(done.returncode, done.stdout, done.stdout + done.stderr)


def quote_tail(log: Path, lines: int = TAIL_LINES) -> str:
    """Return the last lines of a log, indented, for an error message."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])


def run_logged(
    argv: Sequence[str],
    log: Path,
    current: Step,
    *,
    env: Mapping[str, str] | None = None,
    milestone: Milestone | None = None,
    limits: Limits | None = None,
) -> None:
    """Run a long command; its output goes to `log`, its milestones and a heartbeat to the console.

    Raises BootstrapError with the end of the log when it fails, is missing or exceeds `limits`.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as sink:
        try:
            child = subprocess.Popen(
                argv,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                errors="replace",
                cwd=ROOT,
                env={**os.environ, **(env or {})},
            )
        except OSError as error:
            raise BootstrapError(f"cannot run {argv[0]}: {error.strerror}") from error
        try:
            _follow(child, sink, current, milestone, limits or Limits())
        except BaseException:  # a limit, or Ctrl-C: the child must not outlive this step
            child.terminate()
            raise
        finally:
            _end(child)
    if child.returncode != 0:
        raise BootstrapError(
            f"{current.name}: `{argv[0]}` failed with exit code {child.returncode}; "
            f"the end of {log} is\n{quote_tail(log)}"
        )


def _follow(
    child: subprocess.Popen[str],
    sink: IO[str],
    current: Step,
    milestone: Milestone | None,
    limits: Limits,
) -> None:
    """Copy output to the log until the child closes it, showing progress. Raises on a limit."""
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_pump, args=(child, lines), daemon=True).start()
    began = shown = time.monotonic()
    latest = ""
    told: set[str] = set()
    while True:
        now = time.monotonic()
        _check_limits(current, now - began, limits, started=bool(latest))
        if now - shown >= HEARTBEAT_SECONDS:
            current.line(f"... {latest[:90]}" if latest else "...")
            shown = now
        try:
            line = lines.get(timeout=0.5)
        except queue.Empty:
            continue
        if line is None:
            return
        sink.write(line)
        sink.flush()
        latest = line.strip() or latest
        text = milestone(line.rstrip()) if milestone else None
        if text and text not in told:
            told.add(text)
            current.line(text)
            shown = time.monotonic()


def _pump(child: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    """Move the child's output into a queue, so that the reader can also watch the clock."""
    if child.stdout is not None:
        for line in child.stdout:
            lines.put(line)
    lines.put(None)


def _check_limits(current: Step, elapsed: float, limits: Limits, *, started: bool) -> None:
    if elapsed > limits.total:
        raise BootstrapError(f"{current.name}: not done within {limits.total:g} s")
    if not started and elapsed > limits.first_output:
        raise BootstrapError(f"{current.name}: no answer within {limits.first_output:g} s")


def _end(child: subprocess.Popen[str]) -> None:
    """Wait for a child that closed its output or was told to end; kill one that does neither."""
    try:
        child.wait(timeout=10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
