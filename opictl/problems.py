"""Errors of the client library in plain words: what happened, and what to do about it."""

from __future__ import annotations

import re

from opi.apply import ApplyError
from opi.contexts import ContextError
from opi.manifest import ManifestError
from opi.resources import ResourceType
from opi.standard import parent_type
from opi.status import CallError, Status
from opi.status import explain as explain_status
from opictl.areas import area_catalog, area_of, area_resources, command_of
from opictl.errors import EXIT_REFUSED, EXIT_UNREACHABLE, EXIT_USAGE, show_words
from opictl.fields import flag_names_of
from opictl.session import last_server
from opictl.vocabulary import AREAS

_REASON = re.compile(
    r"(Connection refused|No route to host|Name or service not known|Network is unreachable|"
    r"No such file or directory|Connection reset by peer|DNS resolution failed|"
    r"Domain name not found|Timeout|Socket closed)",
    re.IGNORECASE,
)
"""What gRPC's own words about a failed connection say of the cause."""


def explain(error: Exception) -> int | None:
    """Print an error of the client library; return the exit code, None for any other error."""
    if isinstance(error, CallError):
        show_words(*call_words(error))
        return exit_code(error.status)
    if isinstance(error, ApplyError):
        return _explain_apply(error)
    if isinstance(error, ManifestError | ContextError):
        show_words(error.message, error.hint)
        return EXIT_USAGE
    return None


def exit_code(status: Status) -> int:
    """The exit code for a call that has failed."""
    return EXIT_UNREACHABLE if status.is_unreachable else EXIT_REFUSED


def call_words(error: CallError) -> tuple[str, str]:
    """What went wrong in a call, and what to do about it."""
    status = error.status
    if status.code == "UNAVAILABLE" and not status.details and _is_transport(status):
        return _unreachable(status)
    if status.code == "DEADLINE_EXCEEDED":
        return f"no answer in time from {_server()}", explain_status(status)[1]
    message, hint = explain_status(status)
    own = _hint(status, error.method)
    return message, own if status.code == "UNIMPLEMENTED" else own or hint


def _is_transport(status: Status) -> bool:
    """Whether gRPC itself speaks: no server has answered."""
    return (
        "failed to connect" in status.message
        or bool(_REASON.search(status.message))
        or (status.is_tls_failure)
    )


def _unreachable(status: Status) -> tuple[str, str]:
    if status.is_tls_failure:
        return _no_tls(status.message)
    reason = _REASON.search(status.message)
    words = f": {reason[1].lower()}" if reason else ""
    hint = "is opid running there? `opictl context list` shows where else DPUs are"
    if reason and reason[1].lower() in {"socket closed", "connection reset by peer"}:
        hint = _why_closed()
    return f"cannot reach {_server()}{words}", hint


def _why_closed() -> str:
    """What may be behind a server that takes a connection and ends it."""
    context = last_server()
    if context is not None and context.insecure:
        return "a server with TLS ends plain-text connections: try --no-insecure"
    return "the server may want a client certificate: --tls-cert and --tls-key"


def _server() -> str:
    context = last_server()
    if context is None:
        return "the server"
    how = f"context {context.name}" if context.name else ""
    return f"{context.address} ({how})" if how else context.address


def _no_tls(message: str) -> tuple[str, str]:
    """Why two sides did not agree on TLS, from OpenSSL's words."""
    words = f"no agreement on TLS with {_server()}"
    if "WRONG_VERSION_NUMBER" in message:
        return f"{words}: it speaks plain text", "--insecure, if that is as it should be"
    mark = "CERTIFICATE_VERIFY_FAILED"
    if mark in message:
        why = (
            message.partition(mark)[2].removesuffix(": OK").strip(": ")
            or "not signed by whom we trust"
        )
        return f"{words}: its certificate is not trusted: {why}", "check --tls-ca"
    if "Hostname Verification" in message or "Peer name" in message:
        return f"{words}: its certificate is for another name", "check --tls-server-name"
    reason = message.rsplit(": ", maxsplit=1)[-1].strip(": ")
    return f"{words}: {reason}", "check --tls-ca, --tls-cert and --tls-server-name"


def _hint(status: Status, method: str) -> str:
    """What to do about a code, where the server gives no advice."""
    name = method.rsplit("/", 1)[-1]
    if status.code == "INVALID_ARGUMENT" and name:
        return _field_hint(status, method) or f"`opictl describe {name}` shows the fields"
    if status.code == "NOT_FOUND":
        return _list_hint(method)
    if status.code == "UNIMPLEMENTED":
        whole = "is not supported" in status.message
        return "`opictl services` shows what this DPU serves" if whole else ""
    if status.code == "FAILED_PRECONDITION" and status.stands_in_the_way:
        gone = name.startswith("Delete")
        return "delete or change those first" if gone else "create or change that first"
    return ""


def _list_hint(path: str) -> str:
    """The command that lists what a method has not found."""
    kind = _kind_of(path)
    if kind is not None and path.rpartition("/")[2].startswith("Create"):
        kind = parent_type(kind, area_resources(area_of(kind))) if kind.is_child else None
    if kind is None or "List" not in kind.methods:
        return ""
    words = " ".join(command_of(area_of(kind), kind.methods["List"]))
    return f"`opictl {words}` shows what there is"


def _kind_of(path: str) -> ResourceType | None:
    """The kind that a method works on; None for other methods, and those that nobody here knows."""
    package = path.strip("/").rpartition("/")[0].rpartition(".")[0]
    area = next((one for one in AREAS.values() if package in one.packages), None)
    if area is None:
        return None
    return area_resources(area).of(area_catalog(area).method(path))


def _field_hint(status: Status, path: str) -> str:
    """The flags of the fields that the server objects to."""
    kind = _kind_of(path)
    if kind is None:
        return ""
    flags: list[str] = []
    for one in status.violations:
        if one.field.endswith("_id") and "." not in one.field:
            return "without an id the server chooses one"
        flags += _flags_at(kind, one.field) or _flags_at(kind, one.field.partition(".")[2])
    return f"the flag is {' or '.join(f'--{flag}' for flag in flags)}" if flags else ""


def _flags_at(kind: ResourceType, path: str) -> list[str]:
    """The flag of a field; those of what must be in it, where it is a message."""
    names = flag_names_of(kind)
    exact = [name for leaf, name in names.items() if leaf.dotted == path]
    within = (leaf for leaf in names if leaf.dotted.startswith(f"{path}."))
    return exact or [names[leaf] for leaf in within if leaf.is_needed]


def _explain_apply(error: ApplyError) -> int:
    step = error.step
    message, hint = call_words(error.cause)
    show_words(f"{step.item.place}: cannot {step.action} {step.item}: {message}", hint)
    if error.left:
        count = len(error.left)
        show_words(f"{count} more {'resource was' if count == 1 else 'resources were'} not tried")
    return exit_code(error.cause.status)
