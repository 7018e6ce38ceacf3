"""What a service may know about the call that it answers, whichever way the call came in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

REQUEST_ID_HEADER = "x-request-id"
"""Header (HTTP) or metadata key (gRPC) by which a client names its request."""

_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._~:/+=-]{1,128}")
"""What goes into logs and replies as it came: no spaces, quotes or control characters."""

_random = Random().getrandbits  # noqa: S311 (no secret, and seeded by the system)


@dataclass(slots=True, frozen=True)
class Identity:
    """Who calls, by the client certificate that TLS has verified.

    Attributes:
        common_name: CN of the subject, '' when it has none.
        alternative_names: subject alternative names: DNS names, addresses, URIs.
    """

    common_name: str
    alternative_names: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that the certificate calls its holder."""
        own = (self.common_name,) if self.common_name else ()
        return (*own, *self.alternative_names)

    def __str__(self) -> str:
        return next(iter(self.names), "(a certificate without names)")


@dataclass(slots=True, frozen=True)
class Call:
    """One call of an RPC.

    Attributes:
        method: "/opi_api.storage.v1.FrontendNvmeService/GetNvmeSubsystem".
        request_id: the client's when it gave a sane one (see `request_id`), else ours.
        transport: "grpc" or "http".
        peer: "ipv4:127.0.0.1:4711", "ipv6:[::1]:4711", "unix:".
        identity: from the client certificate; None without mutual TLS.
        deadline: when the caller gives up, in the event loop's time (seconds); None for never.
        metadata: invocation metadata or HTTP headers with lower-case keys, no binary ones.
    """

    method: str
    request_id: str
    transport: str
    peer: str
    identity: Identity | None = None
    deadline: float | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


def request_id(given: str | None) -> str:
    """The id of a request: the client's own when it is fit for logs, else 32 random hex digits."""
    if given and _SANE_REQUEST_ID.fullmatch(given):
        return given
    return f"{_random(128):032x}"
