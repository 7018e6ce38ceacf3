"""Logs on stderr: one JSON object a line, or plain lines where a person looks at a terminal.

A record that `may_wait` is written together with those that follow it within `WAIT_SECONDS`; any
other is written at once, behind those that wait. So lines keep their order, and what is left is
written when the process exits; SIGKILL costs the lines of these milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import logging
import select
import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from datetime import datetime
from functools import lru_cache
from typing import TextIO

LEVELS = ("debug", "info", "warning", "error")

WAIT_SECONDS = 0.01
"""So long a record that may wait waits at most."""

_encode = json.JSONEncoder(default=str).encode


class JsonFormatter(logging.Formatter):
    """A record as {"time", "level", "logger", "message"}, plus what `extra={"data": {…}}` gave."""

    def format(self, record: logging.LogRecord) -> str:
        """Render one line; an exception's traceback goes into the field `traceback`."""
        entry: dict[str, object] = {
            "time": _timestamp(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "data", {}),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return _encode(entry)


def _timestamp(seconds: float) -> str:
    """Unix time as RFC 3339 with milliseconds, in UTC."""
    whole = int(seconds // 1)
    return f"{_second(whole)}.{int((seconds - whole) * 1000):03}Z"


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


class TextFormatter(logging.Formatter):
    """A record as "12:34:56 info  message  key: value, key: value"."""

    def format(self, record: logging.LogRecord) -> str:
        """Render one line, and the traceback of an exception below it."""
        moment = datetime.fromtimestamp(record.created).astimezone()
        text = f"{moment:%H:%M:%S} {record.levelname.lower():7} {record.getMessage()}"
        data: Mapping[str, object] = getattr(record, "data", {})
        if data:
            text += "  " + ", ".join(f"{key}: {_plain(value)}" for key, value in data.items())
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def _plain(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a record of gRPC's tells of more than a client that gave up before its answer.

    That is no error, and the access log has the call.
    """
    return not str(record.msg).startswith("ExecuteBatchError raised in core")


class GatheringHandler(logging.StreamHandler[TextIO]):
    """Writes lines to a stream; those that may wait go together in one write.

    What is written at once fits a pipe's atomic write, so that no other writer gets between.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._waiting: list[str] = []
        self._size = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, or let it wait; `logging` holds our lock."""
        try:
            line = self.format(record) + self.terminator
            if self._size + len(line) > select.PIPE_BUF:
                self._write()
            self._waiting.append(line)
            self._size += len(line)
            # When others wait, somebody has promised to write already.
            if not (may_wait(record) and (len(self._waiting) > 1 or self._write_later())):
                self._write()
        except Exception:  # noqa: BLE001 (as every handler does)
            self.handleError(record)

    def flush(self) -> None:
        """Write what waits."""
        with self.lock or nullcontext():
            self._write()

    def _write_later(self) -> bool:
        """Have it written soon by the event loop that runs in this thread, if there is one."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return False
        loop.call_later(WAIT_SECONDS, self._write_waiting)
        return True

    def _write_waiting(self) -> None:
        with suppress(OSError, ValueError):  # nobody reads the log any more
            self.flush()

    def _write(self) -> None:
        lines, self._waiting, self._size = self._waiting, [], 0
        if lines:
            self.stream.write("".join(lines))
        self.stream.flush()


def may_wait(record: logging.LogRecord) -> bool:
    """Whether a record need not be written at once: one so marked that tells of no error."""
    return getattr(record, "may_wait", False) and record.levelno < logging.ERROR


def configure(level: str) -> None:
    """Send the records of the whole process to stderr, from `level` (one of LEVELS) up."""
    # What no line of ours shows need not be found out for each (logging's own page "Optimization").
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # the documented way
    handler = GatheringHandler(sys.stderr)
    handler.setFormatter(TextFormatter() if sys.stderr.isatty() else JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("grpc._cython.cygrpc").addFilter(_is_news)
