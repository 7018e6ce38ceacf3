"""Where the server listens: addresses from the settings, and those that interfaces have."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import grpc.aio

from dpu_sim.api.tls import Tls
from dpu_sim.interfaces import ListenError, confine, wait_for_addresses, why_unusable
from dpu_sim.settings import Endpoint, Settings


class Listener(NamedTuple):
    """An endpoint; `interface` is the only one it hears, '' for all."""

    endpoint: Endpoint
    interface: str = ""


class Listeners(NamedTuple):
    """Where to serve what."""

    grpc: list[Listener]
    http: list[Listener]


async def find_listeners(settings: Settings) -> Listeners:
    """Wait for the addresses of the interfaces. Raises ListenError."""
    names = settings.listen_interfaces
    waits = (wait_for_addresses(name, settings.listen_timeout) for name in names)
    found = zip(names, await asyncio.gather(*waits), strict=True)
    pairs = [(name, address) for name, addresses in found for address in addresses]
    grpc_port, http = settings.grpc_port, settings.http
    return Listeners(
        [Listener(one) for one in settings.grpc]
        + [Listener(Endpoint(address, grpc_port), name) for name, address in pairs],
        [Listener(http), *(Listener(Endpoint(host, http.port), name) for name, host in pairs)]
        if http
        else [],
    )


def listen_grpc(server: grpc.aio.Server, listener: Listener, tls: Tls | None) -> Endpoint:
    """Let a gRPC server listen there; return where it does, with the port that it has got.

    Raises:
        ListenError: the address is not ours or taken.
    """
    host, port = listener.endpoint
    try:
        if tls is None:
            bound = server.add_insecure_port(str(listener.endpoint))
        else:
            bound = server.add_secure_port(str(listener.endpoint), tls.grpc_credentials())
    except RuntimeError as error:
        reason = why_unusable(host, port) or str(error)
        raise ListenError(f"cannot listen on {listener.endpoint}: {reason}") from error
    if listener.interface:
        confine([host], bound, listener.interface)
    return Endpoint(host, bound)
