"""opid, the OPI gRPC server of a simulated DPU: the one place where its services are put together.

    python -m dpu_sim.server --listen 127.0.0.1 --port 50051 --personality generic

Exit codes: 0 stopped by SIGTERM or SIGINT, 1 nowhere to listen, 2 bad settings or files.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from ipaddress import ip_address

import grpc.aio
from grpc_health.v1 import health, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse

from dpu_sim import logs
from dpu_sim.api.errors import StatusInterceptor
from dpu_sim.card import load_card
from dpu_sim.errors import ConfigError
from dpu_sim.interfaces import ListenError, confine, wait_for_addresses, why_unusable
from dpu_sim.inventory import servicer as inventory
from dpu_sim.inventory.model import build_inventory
from dpu_sim.personality import load_personality
from dpu_sim.proto.opi_api.inventory.v1.inventory_pb2_grpc import (
    add_InventoryServiceServicer_to_server,
)
from dpu_sim.reflection import enable_reflection
from dpu_sim.settings import Settings, parse_settings

DEFAULT_PERSONALITY = "generic"
_CANCEL_SECONDS = 0.5

_log = logging.getLogger("dpu_sim.server")


class Server:
    """The gRPC server with everything that is registered on it."""

    def __init__(self, settings: Settings) -> None:
        """Build the services. Raises ConfigError."""
        self._settings = settings
        # Without SO_REUSEPORT a second server on our address fails; with it, calls are shared out.
        self._grpc = grpc.aio.server(
            interceptors=[StatusInterceptor()], options=[("grpc.so_reuseport", 0)]
        )
        self._health = health.aio.HealthServicer()
        self._services = [*self._register(), health.SERVICE_NAME]
        enable_reflection(self._grpc, self._services)

    def _register(self) -> list[str]:
        """Create the OPI services; return their full names."""
        card = load_card(self._settings.card)
        name = self._settings.personality or (card.personality if card else "")
        personality = load_personality(name or DEFAULT_PERSONALITY)
        content = build_inventory(personality, card, self._settings.node)
        add_InventoryServiceServicer_to_server(inventory.InventoryServicer(content), self._grpc)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._grpc)
        return [inventory.SERVICE_NAME]

    async def start(self, interfaces: dict[str, list[str]]) -> list[str]:
        """Listen and serve; return the endpoints as host:port.

        Args:
            interfaces: addresses to listen on by interface; '' holds those of no interface in
                particular.

        Raises:
            ListenError: an address is not ours or taken.
        """
        endpoints = []
        for interface, addresses in interfaces.items():
            for address in addresses:
                port = self._bind(address)
                if interface:
                    confine([address], port, interface)
                endpoints.append(_endpoint(address, port))
        await self._grpc.start()
        for service in ("", *self._services):
            await self._health.set(service, HealthCheckResponse.SERVING)
        return endpoints

    def _bind(self, address: str) -> int:
        endpoint = _endpoint(address, self._settings.port)
        try:
            return self._grpc.add_insecure_port(endpoint)
        except RuntimeError as error:
            reason = why_unusable(address, self._settings.port) or str(error)
            raise ListenError(f"cannot listen on {endpoint}: {reason}") from error

    async def stop(self) -> None:
        """Say NOT_SERVING, let running calls end within the grace, refuse new ones."""
        await self._health.enter_graceful_shutdown()
        await self._grpc.stop(self._settings.grace)
        # gRPC has cancelled the calls that outlived the grace, but their tasks need a turn to end.
        calls = asyncio.all_tasks() - {asyncio.current_task()}
        if calls:
            await asyncio.wait(calls, timeout=_CANCEL_SECONDS)


def _endpoint(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ip_address(address).version == 6 else f"{address}:{port}"


async def _addresses(settings: Settings) -> dict[str, list[str]]:
    """What to listen on, by interface; '' holds the addresses that were given as such."""
    names = settings.listen_interfaces
    waits = (wait_for_addresses(name, settings.listen_timeout) for name in names)
    return {"": list(settings.listen)} | dict(zip(names, await asyncio.gather(*waits), strict=True))


def _notify(fd: int) -> None:
    """Tell the supervisor that we serve: s6's notification protocol, a newline and a close."""
    os.write(fd, b"\n")
    os.close(fd)


async def _run(settings: Settings) -> None:
    server = Server(settings)
    addresses = await _addresses(settings)
    # Until here a signal ends the process at once: there is nobody to be graceful to.
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    endpoints = await server.start(addresses)
    if settings.notify_fd is not None:
        _notify(settings.notify_fd)
    _log.info("serving", extra={"data": {"endpoints": endpoints, "node": settings.node}})
    await stopping.wait()
    _log.info("stopping", extra={"data": {"grace": settings.grace}})
    await server.stop()
    _log.info("stopped")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the server until it is told to stop; return the exit code."""
    settings = parse_settings(argv, os.environ)
    logs.configure(settings.log_level)
    try:
        asyncio.run(_run(settings))
    except ConfigError as error:
        _log.error("%s", error)
        return 2
    except ListenError as error:
        _log.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
