"""How services report failure: canonical codes with google.rpc details (google.aip.dev/193).

A service raises `ApiError`, best by one of the constructors below; the edges (gRPC, HTTP) turn it
into what their clients read. Anything else that a service raises is a defect and becomes INTERNAL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import grpc
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import (
    BadRequest,
    PreconditionFailure,
    QuotaFailure,
    RequestInfo,
    ResourceInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status

DETAILS_KEY = "grpc-status-details-bin"
"""Trailing metadata in which every gRPC language's status library looks for google.rpc.Status."""


class ApiError(Exception):
    """A call that the service refuses.

    Args:
        code: canonical status code.
        message: for developers, in English; says what to change where that is possible.
        details: google.rpc.error_details messages, for programs.
    """

    def __init__(self, code: grpc.StatusCode, message: str, *details: Message) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    def status(self, request_id: str = "") -> Status:
        """The error as google.rpc.Status; with the request's id, a RequestInfo comes last."""
        status = Status(code=self.code.value[0], message=self.message)
        for detail in self.details:
            status.details.add().Pack(detail)
        if request_id:
            status.details.add().Pack(RequestInfo(request_id=request_id))
        return status


def invalid_argument(field: str, problem: str) -> ApiError:
    """INVALID_ARGUMENT for one request field (its path, such as "nvme_subsystem.spec.nqn")."""
    return invalid_arguments({field: problem})


def invalid_arguments(problems: Mapping[str, str]) -> ApiError:
    """INVALID_ARGUMENT for request fields: what is wrong, by field path; at least one."""
    violations = (BadRequest.FieldViolation(field=f, description=p) for f, p in problems.items())
    text = "; ".join(f"{field}: {problem}" for field, problem in problems.items())
    detail = BadRequest(field_violations=violations)
    return ApiError(grpc.StatusCode.INVALID_ARGUMENT, text, detail)


def inside(error: ApiError, field: str) -> ApiError:
    """The error about fields of a resource as one about fields of the request, `field`'s."""
    problems = {
        f"{field}.{violation.field}": violation.description
        for detail in error.details
        if isinstance(detail, BadRequest)
        for violation in detail.field_violations
    }
    return invalid_arguments(problems) if problems else error


def not_found(name: str, resource_type: str = "") -> ApiError:
    """NOT_FOUND for a resource; `resource_type` such as "opi_api.storage.v1/NvmeSubsystem"."""
    detail = ResourceInfo(resource_type=resource_type, resource_name=name)
    return ApiError(grpc.StatusCode.NOT_FOUND, f"{name} does not exist", detail)


def already_exists(name: str, resource_type: str = "") -> ApiError:
    """ALREADY_EXISTS for a resource whose name is taken by a different one."""
    detail = ResourceInfo(resource_type=resource_type, resource_name=name)
    text = f"{name} exists already and is not what you asked for"
    return ApiError(grpc.StatusCode.ALREADY_EXISTS, text, detail)


def failed_precondition(
    message: str, violations: Iterable[str] = (), kind: str = "REFERENCE", problem: str = ""
) -> ApiError:
    """FAILED_PRECONDITION.

    Args:
        message: what stands in the way.
        violations: names of the resources that do, such as the dependants of one to be deleted.
        kind: type of these violations, upper snake case.
        problem: what each of them does; '' repeats the message.
    """
    listed = [
        PreconditionFailure.Violation(type=kind, subject=name, description=problem or message)
        for name in violations
    ]
    details = [PreconditionFailure(violations=listed)] if listed else []
    return ApiError(grpc.StatusCode.FAILED_PRECONDITION, message, *details)


def unimplemented(message: str) -> ApiError:
    """UNIMPLEMENTED: this DPU does not do that."""
    return ApiError(grpc.StatusCode.UNIMPLEMENTED, message)


def permission_denied(message: str) -> ApiError:
    """PERMISSION_DENIED: we know the caller, who may not do that."""
    return ApiError(grpc.StatusCode.PERMISSION_DENIED, message)


def unauthenticated(message: str) -> ApiError:
    """UNAUTHENTICATED: we do not know the caller."""
    return ApiError(grpc.StatusCode.UNAUTHENTICATED, message)


def resource_exhausted(message: str, subject: str = "") -> ApiError:
    """RESOURCE_EXHAUSTED; `subject` names what is used up, such as a device or a collection."""
    violation = QuotaFailure.Violation(subject=subject, description=message)
    details = [QuotaFailure(violations=[violation])] if subject else []
    return ApiError(grpc.StatusCode.RESOURCE_EXHAUSTED, message, *details)


def unavailable(message: str, retry_after: float = 0.0) -> ApiError:
    """UNAVAILABLE: the same call may succeed later; `retry_after` in seconds, 0 for unknown."""
    if not retry_after:
        return ApiError(grpc.StatusCode.UNAVAILABLE, message)
    detail = RetryInfo()
    detail.retry_delay.FromMilliseconds(round(retry_after * 1000))
    return ApiError(grpc.StatusCode.UNAVAILABLE, message, detail)


def aborted(message: str) -> ApiError:
    """ABORTED: the call lost against a concurrent one; the client reads anew and tries again."""
    return ApiError(grpc.StatusCode.ABORTED, message)


def deadline_exceeded(method: str) -> ApiError:
    """DEADLINE_EXCEEDED: the caller's time was up before we had the answer."""
    return ApiError(grpc.StatusCode.DEADLINE_EXCEEDED, f"the deadline passed within {method}")


def internal(method: str) -> ApiError:
    """INTERNAL, which tells nothing of what went wrong: that is for our log."""
    return ApiError(grpc.StatusCode.INTERNAL, f"internal error in {method}")
