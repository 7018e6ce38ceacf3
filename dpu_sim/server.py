"""opid, the OPI server of a simulated DPU: the one place where it is put together.

    opid --insecure --grpc 127.0.0.1:50051 --http 127.0.0.1:8082 --personality generic

SIGHUP has it read certificates and roles again.

Exit codes: 0 stopped by SIGTERM or SIGINT, 1 nowhere to listen, 2 bad settings or files.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

import grpc.aio
from grpc_health.v1 import health, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse

from dpu_sim import logs
from dpu_sim.api.access_log import AccessLog
from dpu_sim.api.authorization import Authorization
from dpu_sim.api.dispatch import Dispatcher
from dpu_sim.api.observation import Observation
from dpu_sim.api.reconcile import Reconciliation
from dpu_sim.api.redaction import Redaction
from dpu_sim.api.stage import Stage
from dpu_sim.api.store import Store
from dpu_sim.api.telemetry import Telemetry, telemetry
from dpu_sim.api.tls import Tls
from dpu_sim.errors import ConfigError
from dpu_sim.gateway.server import Gateway
from dpu_sim.interfaces import ListenError
from dpu_sim.listeners import Listeners, find_listeners, listen_grpc
from dpu_sim.reflection import enable_reflection
from dpu_sim.services import VIRTIO, build_services
from dpu_sim.settings import Settings, parse_settings
from opi.catalog import catalog

_CANCEL_SECONDS = 0.5
_FLUSH_SECONDS = 1.0
_INTERRUPTED = 128 + signal.SIGINT

_log = logging.getLogger("dpu_sim.server")


class Server:
    """Both edges, the dispatcher behind them, and the services that it calls."""

    def __init__(self, settings: Settings, store: Store) -> None:
        """Build the services. Raises ConfigError."""
        self._settings = settings
        self._tls = _tls(settings)
        self._telemetry = telemetry(os.environ, settings.node)
        self._reconciliation = Reconciliation(store)
        self._authorization = _authorization(settings)
        stages = _stages(settings, self._telemetry, self._authorization)
        self._dispatcher = Dispatcher(catalog(), [*stages, self._reconciliation])
        self._services = build_services(settings, store)
        for name, implementation in self._services.implementations.items():
            self._dispatcher.add(name, implementation)
        self._has_vhost = True
        # Without SO_REUSEPORT a second server on our address fails; with it, calls are shared out.
        self._grpc = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        self._gateway: Gateway | None = None
        self._health = health.aio.HealthServicer()
        self._store = store
        self._minding: list[asyncio.Task[None]] = []
        self._register()

    def _register(self) -> None:
        mutual = self._tls is not None and self._tls.mutual
        self._grpc.add_generic_rpc_handlers(tuple(self._dispatcher.grpc_handlers(mutual)))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._grpc)
        enable_reflection(self._grpc, [*catalog().services, health.SERVICE_NAME])

    async def start(self, listeners: Listeners) -> dict[str, list[str]]:
        """Restore the device, listen and serve; return the endpoints. Raises ListenError.

        What cannot be restored yet does not keep us from listening: health tells of it.
        """
        self._reconciliation.begin(self._services.resources, self._services.looking)
        watching = self._services.watch(self._reconciliation.device_lost)
        self._minding = [asyncio.create_task(watching)]
        await self._reconciliation.attempt()
        endpoints = [listen_grpc(self._grpc, one, self._tls) for one in listeners.grpc]
        # gRPC last: a server that has started must be stopped, and there may be no place for HTTP.
        http = await self._start_gateway(listeners)
        await self._grpc.start()
        await self._publish_health()
        self._minding.append(asyncio.create_task(self._reconciliation.run(self._report)))
        watching_vhost = self._services.watch_vhost(self._report_vhost)
        self._minding.append(asyncio.create_task(watching_vhost))
        return {"endpoints": [str(endpoint) for endpoint in endpoints], "http": http}

    async def _start_gateway(self, listeners: Listeners) -> list[str]:
        """Serve HTTP, where that is wanted; return the endpoints. Raises ListenError."""
        if not listeners.http:
            return []
        self._gateway = Gateway(self._dispatcher, self._tls, self._is_healthy)
        return [str(await self._gateway.listen(one)) for one in listeners.http]

    async def _publish_health(self) -> None:
        """A service is healthy when it is implemented and all of its resources are restored."""
        for name in catalog().services:
            await self._health.set(name, _health_status(bool(self._is_healthy(name))))
        await self._health.set(health.SERVICE_NAME, HealthCheckResponse.SERVING)
        await self._publish_overall_health()

    async def _publish_overall_health(self) -> None:
        """'' stands for all implemented services together."""
        await self._health.set("", _health_status(bool(self._is_healthy(""))))

    def _is_healthy(self, service: str) -> bool | None:
        """Whether a service is, or with '' all implemented ones are; None: there is no such one."""
        if not service:
            return all(map(self._reconciliation.is_restored, self._services.implementations))
        if service not in catalog().services:
            return None
        if service in VIRTIO and not self._has_vhost:
            return False
        return self._dispatcher.implements(service) and self._reconciliation.is_restored(service)

    async def _report(self, service: str, restored: bool) -> None:  # noqa: ARG002
        await self._health.set(service, _health_status(bool(self._is_healthy(service))))
        await self._publish_overall_health()

    async def _report_vhost(self, has: bool) -> None:
        """A target without vhost has no virtio devices; that does not make all of us unhealthy."""
        _log.info("vhost of the SPDK target", extra={"data": {"available": has}})
        self._has_vhost = has
        for service in VIRTIO:
            await self._report(service, has)

    def reload(self) -> None:
        """Read certificates and roles again; those that cannot be used stay as they were.

        Log lines go to stderr, so that there is no file of ours to open again.
        """
        _log.info("told to read certificates and roles again")
        for one in (self._tls, self._authorization):
            if one is not None:
                one.reload()

    async def stop(self) -> None:
        """Say NOT_SERVING, let running calls end within the grace, refuse new ones."""
        for task in self._minding:
            task.cancel()
        await self._health.enter_graceful_shutdown()
        stopping = [self._grpc.stop(self._settings.grace)]
        if self._gateway is not None:
            stopping.append(self._gateway.stop(self._settings.grace))
        await asyncio.gather(*stopping)
        # gRPC has cancelled the calls that outlived the grace, but their tasks need a turn to end.
        calls = asyncio.all_tasks() - {asyncio.current_task()}
        if calls:
            await asyncio.wait(calls, timeout=_CANCEL_SECONDS)
        self._services.hang_up()
        await self._store.locks.drain()  # changes whose callers have gone still need the back ends
        self._services.close()
        if self._telemetry is not None:
            self._telemetry.shutdown(_FLUSH_SECONDS)


def _health_status(ready: bool) -> Any:
    return HealthCheckResponse.SERVING if ready else HealthCheckResponse.NOT_SERVING


def _tls(settings: Settings) -> Tls | None:
    if settings.tls is not None:
        return Tls(settings.tls)
    if settings.insecure:
        return None
    raise ConfigError(
        "no certificate to serve TLS with: either name --tls-cert and --tls-key (OPID_TLS_CERT and "
        "OPID_TLS_KEY), or allow plain text with --insecure (OPID_INSECURE=1)"
    )


def _authorization(settings: Settings) -> Authorization | None:
    if settings.authorization is None:
        return None
    return Authorization(settings.authorization, catalog())


def _stages(
    settings: Settings, telemetry: Telemetry | None, authorization: Authorization | None
) -> list[Stage]:
    """What happens around every call, the outermost first."""
    stages: list[Stage] = [Observation([AccessLog(), *([telemetry] if telemetry else [])])]
    if authorization is not None:
        stages.append(authorization)
    if not settings.reveal_secrets:
        stages.append(Redaction())
    return stages


def _notify(fd: int) -> None:
    """Tell the supervisor that we serve: s6's notification protocol, a newline and a close."""
    os.write(fd, b"\n")
    os.close(fd)


def _about(settings: Settings) -> dict[str, object]:
    """What somebody who reads the log wants to know first."""
    return {
        "tls": "off" if settings.tls is None else "mutual" if settings.tls.client_ca else "on",
        "node": settings.node,
        "state_dir": settings.state_dir,
        "spdk_socket": settings.spdk_socket,
        "vici_socket": settings.vici_socket,
    }


async def _run(settings: Settings) -> None:
    async with Store(settings.state_dir) as store:
        await _serve(settings, Server(settings, store))
    _log.info("stopped")


async def _serve(settings: Settings, server: Server) -> None:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, server.reload)
    listeners = await find_listeners(settings)
    # Until here a signal ends the process at once: there is nobody to be graceful to.
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    endpoints = await server.start(listeners)
    if settings.notify_fd is not None:
        _notify(settings.notify_fd)
    _log.info("serving", extra={"data": {**endpoints, **_about(settings)}})
    await stopping.wait()
    _log.info("stopping", extra={"data": {"grace": settings.grace}})
    await server.stop()


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
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
