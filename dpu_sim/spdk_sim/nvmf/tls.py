"""TLS 1.3 with pre-shared keys for secure listeners: NVMe/TCP Transport 1.0, section 3.6.1.

Python offers it from version 3.13 on.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

FindKey = Callable[[str], bytes | None]
"""The key of an identity, None if nobody has it."""

AVAILABLE = hasattr(ssl.SSLContext, "set_psk_server_callback")
UNAVAILABLE = "TLS with pre-shared keys needs Python 3.13"


def server_context(find_key: FindKey) -> ssl.SSLContext:
    """A context for a listener. Raises NotImplementedError on an older Python."""
    if not AVAILABLE:
        raise NotImplementedError(UNAVAILABLE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE

    def key(identity: str | None) -> bytes:
        return (find_key(identity) if identity else None) or b""

    callbacks: Any = context
    callbacks.set_psk_server_callback(key)
    return context
