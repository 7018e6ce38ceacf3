"""`Call`s from HTTP requests: who calls, under which id, and until when."""

from __future__ import annotations

import asyncio
import re

from aiohttp.web import BaseRequest

from dpu_sim.api.call import Call
from dpu_sim.api.errors import invalid_argument
from dpu_sim.api.tls import peer_identity
from opi.catalog import Method

TIMEOUT_HEADER = "Grpc-Timeout"
"""How long the client waits, as gRPC and grpc-gateway write it: up to eight digits and a unit."""

_TIMEOUT = re.compile(r"([0-9]{1,8})([HMSmun])")
_UNITS = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}


def call_of(method: Method, request: BaseRequest, request_id: str, mutual: bool) -> Call:
    """What the method may know of the call.

    Args:
        method: the RPC.
        request: the HTTP request.
        request_id: under which we know it.
        mutual: whether clients show certificates.

    Raises:
        ApiError: INVALID_ARGUMENT: the timeout is none.
    """
    given = request.headers.get(TIMEOUT_HEADER)
    deadline = None
    if given is not None:
        deadline = asyncio.get_running_loop().time() + seconds(given)
    secure = request.get_extra_info("ssl_object") if mutual else None
    return Call(
        method.path,
        request_id,
        "http",
        peer(request),
        peer_identity(secure.getpeercert()) if secure is not None else None,
        deadline,
        {name.lower(): value for name, value in request.headers.items()},
    )


def seconds(timeout: str) -> float:
    """The value of a timeout header. Raises ApiError: INVALID_ARGUMENT."""
    match = _TIMEOUT.fullmatch(timeout)
    if match is None:
        text = "has to be up to eight digits and one of H, M, S, m, u, n, such as 500m"
        raise invalid_argument(TIMEOUT_HEADER, text)
    return int(match[1]) * _UNITS[match[2]]


def peer(request: BaseRequest) -> str:
    """The client's address as gRPC writes it: "ipv4:127.0.0.1:4711" or "ipv6:[::1]:4711"."""
    address = request.get_extra_info("peername")
    if not isinstance(address, tuple):
        return ""  # it has gone
    host, port = address[:2]
    return f"ipv6:[{host}]:{port}" if ":" in host else f"ipv4:{host}:{port}"
