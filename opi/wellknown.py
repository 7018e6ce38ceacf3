"""Google's well-known types as people write them: durations, times, wrapped numbers."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

WRAPPERS = frozenset(
    f"google.protobuf.{kind}Value"
    for kind in ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")
)

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_JSON_DURATION = re.compile(r"-?[0-9]+(\.[0-9]{1,9})?s")
"""How protobuf's JSON writes one: to the nanosecond, and perhaps negative."""
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_seconds(text: str) -> float:
    """A duration in seconds: "1h30m", "500ms", "30s" or a bare number. Raises ValueError."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a duration, such as 30s, 5m or 1h30m")
    return float(sum(float(number) * _SECONDS[unit] for number, unit in parts))


def parse_duration(text: str, kind: type[Any]) -> Any:
    """A google.protobuf.Duration. Raises ValueError."""
    message = kind()
    if _JSON_DURATION.fullmatch(text):
        message.FromJsonString(text)
    else:
        message.FromTimedelta(timedelta(seconds=parse_seconds(text)))
    return message


def parse_timestamp(text: str, kind: type[Any]) -> Any:
    """A google.protobuf.Timestamp from RFC 3339. Raises ValueError."""
    message = kind()
    try:
        message.FromJsonString(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a time, such as 2026-01-31T12:00:00Z") from None
    return message


def show(value: Any) -> str:
    """A Duration or Timestamp as protobuf's JSON has it."""
    return str(value.ToJsonString())
