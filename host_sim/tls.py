"""TLS 1.3 with the pre-shared key of NVMe/TCP (NVMe TCP Transport, Transport Layer Security)."""

from __future__ import annotations

import ssl
from typing import Any

from host_sim.errors import UnsupportedError
from host_sim.options import ConnectOptions
from nvmetcp.psk import derive


def client_context(options: ConnectOptions) -> ssl.SSLContext | None:
    """The context for a connection, None without a key.

    Raises:
        UnsupportedError: the ssl module has no pre-shared keys: Python is older than 3.13.
    """
    configured = options.credentials.configured_psk()
    if configured is None:
        return None
    if not getattr(ssl, "HAS_PSK", False):
        raise UnsupportedError("TLS with a pre-shared key needs Python 3.13 or newer")
    key = derive(configured, options.identity.hostnqn, options.subnqn)
    # Any: the methods for keys are missing from the type information of older versions.
    context: Any = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_psk_client_callback(lambda _hint: (key.identity, key.key))
    assert isinstance(context, ssl.SSLContext)
    return context
