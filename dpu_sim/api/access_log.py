"""The access log: one record for every call, with its request when the level is debug."""

from __future__ import annotations

import logging
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from dpu_sim.api.call import Call
from dpu_sim.api.observation import Outcome, Report
from dpu_sim.api.redaction import redacted
from dpu_sim.api.stage import Requests
from opi.catalog import Method

OUR_FAULTS = frozenset(
    {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS}
)
"""Codes that tell of a defect here rather than of what the caller has asked."""

_log = logging.getLogger("dpu_sim.access")


class AccessLog:
    """Logs calls."""

    def watch(self, method: Method) -> Report:
        """What to log of the calls of a method."""
        name = method.path[1:]

        def report(requests: Requests, call: Call, outcome: Outcome) -> None:
            level = logging.ERROR if outcome.code in OUR_FAULTS else logging.INFO
            if _log.isEnabledFor(level):
                data = _entry(name, call, outcome)
                if isinstance(requests, Message) and _log.isEnabledFor(logging.DEBUG):
                    data["request"] = MessageToDict(redacted(requests))
                _log.handle(_record(level, data))

        return report


def _record(level: int, data: dict[str, Any]) -> logging.LogRecord:
    """A record as `Logger.log` makes it, in half the time, that may wait for others."""
    record = logging.LogRecord(_log.name, level, "", 0, "call", (), None)
    record.__dict__.update(data=data, may_wait=True)
    return record


def _entry(method: str, call: Call, outcome: Outcome) -> dict[str, Any]:
    """The fields of a record; the duration is in milliseconds."""
    data: dict[str, Any] = {
        "method": method,
        "code": outcome.code.name,
        "duration_ms": round(outcome.seconds * 1000, 3),
        "request_id": call.request_id,
        "transport": call.transport,
        "peer": call.peer,
    }
    if call.identity is not None:
        data["identity"] = str(call.identity)
    if outcome.problem:
        data["problem"] = outcome.problem
    if outcome.responses > 1:
        data["responses"] = outcome.responses
    return data
