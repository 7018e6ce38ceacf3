"""TLS 1.3 with pre-shared keys for secure listeners: NVMe/TCP Transport 1.0, section 3.6.1.

Python offers it from version 3.13 on, with the cipher suites of SHA-256 alone: a configured key has
to have 32 bytes.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

FindKey = Callable[[str], bytes | None]
"""The key of an identity, None if nobody has it."""

AVAILABLE = hasattr(ssl.SSLContext, "set_psk_server_callback")
UNAVAILABLE = "TLS with pre-shared keys needs Python 3.13"


class PskObject(ssl.SSLObject):
    """One connection, which knows by which identity its key was found."""

    identity = ""

    def do_handshake(self) -> None:
        """Go on with the handshake."""
        token = _shaking_hands.set(self)
        try:
            super().do_handshake()
        finally:
            _shaking_hands.reset(token)


_shaking_hands: ContextVar[PskObject] = ContextVar("shaking_hands")


def server_context(find_key: FindKey) -> ssl.SSLContext:
    """A context for a listener. Raises NotImplementedError on an older Python."""
    if not AVAILABLE:
        raise NotImplementedError(UNAVAILABLE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslobject_class = PskObject

    def key(identity: str | None) -> bytes:
        found = find_key(identity) if identity else None
        if found is None:
            return b""
        _shaking_hands.get().identity = identity or ""
        return found

    callbacks: Any = context  # the method is missing from the type information of older versions
    callbacks.set_psk_server_callback(key)
    return context


def belongs_to(identity: str, hostnqn: str, subnqn: str) -> bool:
    """Whether a key's identity is one of this host for this subsystem."""
    return identity.split(" ")[1:3] == [hostnqn, subnqn]
