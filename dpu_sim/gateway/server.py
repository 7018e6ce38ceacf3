"""The HTTP server: sockets, TLS, start and stop. What it serves is in `edge`."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from ipaddress import ip_address

from dpu_sim.api.dispatch import Dispatcher
from dpu_sim.api.tls import Tls
from dpu_sim.gateway.connection import ConnectionServer
from dpu_sim.gateway.edge import HttpEdge
from dpu_sim.gateway.openapi import document
from dpu_sim.gateway.pages import Health, pages
from dpu_sim.gateway.routes import Router
from dpu_sim.interfaces import ListenError, bind_to_device
from dpu_sim.listeners import Listener
from dpu_sim.settings import Endpoint

_IDLE_SECONDS = 60.0
"""How long a connection may go without a whole request head."""

_LINGER_SECONDS = 1.0
"""How long we read on after an answer that came before the end of the request's body."""

_HANDSHAKE_SECONDS = 10.0
_BACKLOG = 128
_OPTIONS = {
    "keepalive_timeout": _IDLE_SECONDS,
    "lingering_time": _LINGER_SECONDS,
    "access_log": None,
    "max_line_size": 16 * 1024,
}


class Gateway:
    """Serves the methods of a dispatcher as HTTP/JSON."""

    def __init__(self, dispatcher: Dispatcher, tls: Tls | None, health: Health) -> None:
        """Prepare it.

        Args:
            dispatcher: who answers, with all of its implementations added.
            tls: certificates; None for plain text.
            health: whether a service is healthy.
        """
        router = Router(dispatcher.catalog, dispatcher.implements)
        described = partial(document, dispatcher.catalog, router, dispatcher.answers)
        mutual = tls is not None and tls.mutual
        self._edge = HttpEdge(dispatcher, router, pages(described, health), mutual)
        self._tls = tls
        self._server: ConnectionServer | None = None
        self._listening: list[asyncio.Server] = []

    async def listen(self, listener: Listener) -> Endpoint:
        """Serve there; return where that is, with the port that we have got.

        Raises:
            ListenError: the address is not ours or taken.
        """
        if self._server is None:
            self._server = ConnectionServer(self._edge, _OPTIONS)
        opened = _open(listener)
        context = self._tls.ssl_context() if self._tls is not None else None
        serving = await asyncio.get_running_loop().create_server(
            self._server,
            sock=opened,
            backlog=_BACKLOG,
            ssl=context,
            ssl_handshake_timeout=_HANDSHAKE_SECONDS if context is not None else None,
        )
        self._listening.append(serving)
        return Endpoint(listener.endpoint.host, opened.getsockname()[1])

    async def stop(self, grace: float) -> None:
        """Refuse new calls, give running ones `grace` seconds, cancel the rest."""
        for serving in self._listening:
            serving.close()
        if self._server is not None:
            self._server.pre_shutdown()
            await self._server.shutdown(grace)


def _open(listener: Listener) -> socket.socket:
    """A socket at the address that, if asked to, hears one interface only. Raises ListenError."""
    host, port = listener.endpoint
    family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if listener.interface:
            bind_to_device(opened, listener.interface)
        opened.bind((host, port))
        opened.listen(_BACKLOG)  # here, as another server's claim to the port shows only now
    except ListenError:
        opened.close()
        raise
    except OSError as error:
        opened.close()
        reason = error.strerror or str(error)
        raise ListenError(f"cannot listen on {listener.endpoint}: {reason}") from error
    return opened
