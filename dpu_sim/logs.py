"""Logs on stderr: one JSON object a line, or plain lines where a person looks at a terminal."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

LEVELS = ("debug", "info", "warning", "error")


class JsonFormatter(logging.Formatter):
    """A record as {"time", "level", "logger", "message"}, plus what `extra={"data": {…}}` gave."""

    def format(self, record: logging.LogRecord) -> str:
        """Render one line; an exception's traceback goes into the field `traceback`."""
        moment = datetime.fromtimestamp(record.created, UTC)
        entry: dict[str, object] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "data", {}),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


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


def configure(level: str) -> None:
    """Send the records of the whole process to stderr, from `level` (one of LEVELS) up."""
    # What no line of ours shows need not be found out for each (logging's own page "Optimization").
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # the documented way
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TextFormatter() if sys.stderr.isatty() else JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("grpc._cython.cygrpc").addFilter(_is_news)
