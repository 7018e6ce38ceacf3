"""A DPU in the test's own process that has every kind of resource, on a device in memory.

The services are the real ones of the framework; only what is behind them is made of nothing.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc.aio
from grpc_health.v1 import health, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse

from dpu_sim.api.backend import Backend
from dpu_sim.api.call import Call
from dpu_sim.api.dispatch import Dispatcher
from dpu_sim.api.redaction import Redaction
from dpu_sim.api.service import ResourceService, compose
from dpu_sim.api.store import Store
from dpu_sim.reflection import enable_reflection
from opi.catalog import catalog
from opi.proto.openoffload.v2 import openoffload_pb2 as offload
from opi.proto.opi_api.storage.v1.opicommon_pb2 import VolumeStats
from opi.resources import resources

DEADLINE = 20.0
SESSIONS = "openoffload.v2.SessionTable"


class _Memory(Backend[Any]):
    """Takes everything; counts how often statistics were asked for."""

    def __init__(self) -> None:
        self.asked = 0

    async def create(self, resource: Any) -> Any:
        return resource

    async def update(self, old: Any, new: Any) -> Any:
        return new

    async def delete(self, resource: Any) -> None:
        pass


class _Counting(_Memory):
    async def stats(self, resource: Any) -> VolumeStats:
        self.asked += 1
        return VolumeStats(read_ops_count=self.asked)


class _Sessions:
    """Sessions of an offloaded firewall: streams in both directions."""

    async def AddSession(  # noqa: N802 - the name of the RPC
        self, requests: AsyncIterator[Any], _: Call
    ) -> Any:
        failed = [one.session_id async for one in requests if not one.source_port]
        wrong = [offload.SessionResponseError(session_id=one) for one in failed]
        return offload.AddSessionResponse(response_error=wrong)

    async def GetClosedSessions(  # noqa: N802
        self, _: Any, __: Call
    ) -> AsyncIterator[Any]:
        for number in (1, 2, 3):
            yield offload.SessionResponse(session_id=number, in_packets=number * 10)


@contextmanager
def memory_dpu(folder: Path, *, reveal: bool = False) -> Iterator[str]:
    """Serve at the address that is yielded, until the end of the block.

    Args:
        folder: where its store goes.
        reveal: whether answers have secrets in them.
    """
    ready: Future[str] = Future()
    loop = asyncio.new_event_loop()
    done = asyncio.Event()

    def main() -> None:
        try:
            loop.run_until_complete(_serve(folder, reveal, ready, done))
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)
        finally:
            loop.close()

    thread = threading.Thread(target=main)
    thread.start()
    try:
        yield ready.result(DEADLINE)
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(DEADLINE)


async def _serve(folder: Path, reveal: bool, ready: Future[str], done: asyncio.Event) -> None:
    async with Store(folder) as store:
        dispatcher = Dispatcher(catalog(), [] if reveal else [Redaction()])
        for name, implementation in _services(store).items():
            dispatcher.add(name, implementation)
        server = grpc.aio.server()
        server.add_generic_rpc_handlers(tuple(dispatcher.grpc_handlers()))
        servicer = health.aio.HealthServicer()
        await servicer.set("", HealthCheckResponse.SERVING)
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
        enable_reflection(server, [*catalog().services, health.SERVICE_NAME])
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        ready.set_result(f"127.0.0.1:{port}")
        await done.wait()
        await server.stop(0)


def _services(store: Store) -> dict[str, object]:
    kept = [one for one in resources().types if "Create" in one.methods]
    parts: dict[str, list[Any]] = {SESSIONS: [_Sessions()]}
    for kind in kept:
        backend = _Counting() if _counts(kind) else _Memory()
        service: Any = ResourceService(kind, store, backend)
        parts.setdefault(kind.service, []).append(service)
    return {name: compose(catalog().services[name], some) for name, some in parts.items()}


def _counts(kind: Any) -> bool:
    stats = kind.methods.get("Stats")
    fields = stats.response.DESCRIPTOR.fields_by_name if stats else {}
    return "stats" in fields and fields["stats"].message_type.name == "VolumeStats"
