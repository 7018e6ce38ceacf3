"""What a failed call says, in plain words: gRPC codes and google.rpc.Status (AIP-193)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.protobuf import json_format
from google.protobuf.any_pb2 import Any as PackedAny
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2
from google.rpc.status_pb2 import Status as RpcStatus

if TYPE_CHECKING:
    import grpc

DETAILS_KEY = "grpc-status-details-bin"
"""Trailing metadata that carries a serialised google.rpc.Status."""

_KNOWN = {one.full_name: one for one in error_details_pb2.DESCRIPTOR.message_types_by_name.values()}

_TLS_MARKS = (
    "handshake",
    "ssl_error",
    "certificate_verify_failed",
    "certificate verify failed",
    "verification check",
)

_ADVICE = {
    "UNIMPLEMENTED": "this DPU does not support it; `opictl services` shows what it serves",
    "UNAUTHENTICATED": "the server wants a client certificate: --tls-cert and --tls-key",
    "PERMISSION_DENIED": "the client certificate's role does not allow it",
    "DEADLINE_EXCEEDED": "give it more time with --timeout",
    "ALREADY_EXISTS": "another object has this name: choose another id, or update it",
    "RESOURCE_EXHAUSTED": "the DPU has no room left for it, or the message is too large",
}
"""What to do about a code, where nothing better is known."""


@dataclass(frozen=True)
class FieldViolation:
    """A request field and what is wrong with it (google.rpc.BadRequest)."""

    field: str
    description: str


@dataclass(frozen=True)
class Status:
    """How a call ended.

    Attributes:
        code: name of the gRPC status code, such as "NOT_FOUND".
        message: the server's words, or gRPC's own where nothing answered.
        details: unpacked messages of google.rpc.error_details, in the order of the server.
        raw_details: the same as they were sent, types that nobody here knows included.
    """

    code: str
    message: str
    details: tuple[Message, ...] = ()
    raw_details: tuple[PackedAny, ...] = ()

    @property
    def violations(self) -> tuple[FieldViolation, ...]:
        """Request fields that the server objects to."""
        return tuple(
            FieldViolation(one.field, one.description)
            for detail in self.details
            if isinstance(detail, error_details_pb2.BadRequest)
            for one in detail.field_violations
        )

    @property
    def stands_in_the_way(self) -> bool:
        """Whether the server names resources that stand in the way."""
        return any(isinstance(one, error_details_pb2.PreconditionFailure) for one in self.details)

    @property
    def is_unreachable(self) -> bool:
        """Whether no server took the call, or none answered in time."""
        return self.code in {"UNAVAILABLE", "DEADLINE_EXCEEDED"}

    @property
    def is_tls_failure(self) -> bool:
        """Whether the two sides did not agree on TLS, so far as gRPC's words tell."""
        words = self.message.lower()
        return self.code == "UNAVAILABLE" and any(mark in words for mark in _TLS_MARKS)

    def json_details(self) -> list[dict[str, Any]]:
        """The details as JSON; one of an unknown type has its bytes as hex under "value"."""
        return [_json_detail(one) for one in self.raw_details]


class CallError(Exception):
    """A call that did not end with OK."""

    def __init__(self, status: Status, method: str = "") -> None:
        super().__init__(f"{status.code}: {status.message}" if status.message else status.code)
        self.status = status
        self.method = method


def status_of(error: grpc.RpcError) -> Status:
    """The status of a failed call."""
    code = error.code().name
    metadata = {item.key: item.value for item in error.trailing_metadata() or ()}
    packed = _packed(metadata.get(DETAILS_KEY))
    return Status(code, error.details() or "", tuple(_unpacked(packed)), packed)


def local_status(code: str, message: str) -> Status:
    """A status that this side has found out, without a server's details."""
    return Status(code, message)


def explain(status: Status) -> tuple[str, str]:
    """The status for a person: (what went wrong, what to do about it or '')."""
    first = status.message or status.code.replace("_", " ").lower()
    # Servers name in their message what the details say at length.
    preconditions = (one for one in _precondition_lines(status) if one.split(": ")[0] not in first)
    details = [*_field_lines(status), *preconditions]
    extra = [line for line in details if line not in first]
    return "\n".join([first, *(f"  {line}" for line in extra)]), _advice(status)


def _field_lines(status: Status) -> Iterator[str]:
    yield from (f"{one.field}: {one.description}" for one in status.violations)


def _precondition_lines(status: Status) -> Iterator[str]:
    for detail in status.details:
        if isinstance(detail, error_details_pb2.PreconditionFailure):
            for one in detail.violations:
                yield f"{one.subject}: {one.description}" if one.subject else one.description


def _advice(status: Status) -> str:
    for detail in status.details:
        if isinstance(detail, error_details_pb2.RetryInfo):
            return f"try again in {detail.retry_delay.ToJsonString()}"
    return _ADVICE.get(status.code, "")


def _packed(data: Any) -> tuple[PackedAny, ...]:
    if not isinstance(data, bytes):
        return ()
    try:
        return tuple(RpcStatus.FromString(data).details)
    except DecodeError:
        return ()


def _unpacked(packed: tuple[PackedAny, ...]) -> Iterator[Message]:
    for one in packed:
        kind = _KNOWN.get(one.TypeName())
        if kind is None:
            continue
        message = getattr(error_details_pb2, kind.name)()
        try:
            message.ParseFromString(one.value)
        except DecodeError:
            continue
        yield message


def _json_detail(packed: PackedAny) -> dict[str, Any]:
    for message in _unpacked((packed,)):
        fields = json_format.MessageToDict(message, preserving_proto_field_name=True)
        return {"type": packed.TypeName(), **fields}
    return {"type": packed.type_url, "value": packed.value.hex()}
