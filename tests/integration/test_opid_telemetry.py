"""Traces and metrics of a running opid, as an OTLP collector gets them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as metrics_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as trace
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as trace_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.proto.trace.v1.trace_pb2 import Status as SpanStatus

from dpu_sim.api.telemetry import telemetry
from dpu_sim.errors import ConfigError
from opi.proto.opi_api.inventory.v1 import inventory_pb2
from opi.proto.opi_api.inventory.v1.inventory_pb2_grpc import InventoryServiceStub
from opi.proto.opi_api.storage.v1 import frontend_nvme_pb2 as nvme
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2_grpc import FrontendNvmeServiceStub
from tests.opid_process import DEADLINE, Opid, Start, channel, starting_opid

pytestmark = pytest.mark.integration

GET = "opi_api.inventory.v1.InventoryService/GetInventory"
GET_SUBSYSTEM = "opi_api.storage.v1.FrontendNvmeService/GetNvmeSubsystem"
UNIMPLEMENTED = "opi_api.network.evpn_gw.v1alpha1.VrfService/ListVrfs"
TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Collector(trace_grpc.TraceServiceServicer, metrics_grpc.MetricsServiceServicer):
    """What a collector has been sent; both services' only method is called Export."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._received: list[Any] = []

    def Export(self, request: Any, context: Any) -> Any:  # noqa: N802
        with self._news:
            self._received.append(request)
            self._news.notify_all()
        if isinstance(request, trace.ExportTraceServiceRequest):
            return trace.ExportTraceServiceResponse()
        return metrics.ExportMetricsServiceResponse()

    def spans(self) -> list[tuple[Any, Any]]:
        """(attributes of the sender, span)."""
        return [
            (_attributes(one.resource), span)
            for request in self._received
            for one in getattr(request, "resource_spans", ())
            for scope in one.scope_spans
            for span in scope.spans
        ]

    def span(self, name: str) -> tuple[Any, Any]:
        """The first span of this name, once it is there."""

        def found() -> tuple[Any, Any] | None:
            return next((pair for pair in self.spans() if pair[1].name == name), None)

        with self._news:
            pair = self._news.wait_for(found, DEADLINE)
        assert pair is not None, name
        return pair

    def metrics(self) -> list[Any]:
        return [
            metric
            for request in self._received
            for one in getattr(request, "resource_metrics", ())
            for scope in one.scope_metrics
            for metric in scope.metrics
        ]


def _attributes(owner: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in owner.attributes}


@contextmanager
def collecting() -> Iterator[tuple[Collector, str]]:
    """A collector and its URL."""
    collector = Collector()
    server = grpc.server(ThreadPoolExecutor(2))
    trace_grpc.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]
    metrics_grpc.add_MetricsServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield collector, f"http://127.0.0.1:{port}"
    server.stop(0).wait()


@pytest.fixture
def opid(tmp_path: Path) -> Iterator[Start]:
    with starting_opid(tmp_path / "state") as start:
        yield start


def call(server: Opid, *metadata: tuple[str, str]) -> None:
    """One call that succeeds, one that finds nothing, one of what is not implemented."""
    with channel(server) as opened:
        inventory = InventoryServiceStub(opened)
        request = inventory_pb2.GetInventoryRequest()
        inventory.GetInventory(request, timeout=DEADLINE, metadata=metadata)
        with pytest.raises(grpc.RpcError):
            FrontendNvmeServiceStub(opened).GetNvmeSubsystem(
                nvme.GetNvmeSubsystemRequest(name="nvmeSubsystems/none"), timeout=DEADLINE
            )
        raw: Any = opened.unary_unary(f"/{UNIMPLEMENTED}")
        with pytest.raises(grpc.RpcError):
            raw(b"", timeout=DEADLINE)


def test_a_collector_gets_spans_and_durations_of_all_calls(opid: Start) -> None:
    with collecting() as (collector, url):
        environ = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": url,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            "OTEL_RESOURCE_ATTRIBUTES": "site=lab",
        }
        server = opid(environ=environ)
        traceparent = f"00-{TRACE_ID}-{SPAN_ID}-01"
        call(server, ("traceparent", traceparent), ("x-request-id", "mine"))
        sender, span = collector.span(GET)
        assert sender["service.name"] == "opid"
        assert sender["service.instance.id"]
        assert sender["site"] == "lab"
        assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE_ID, SPAN_ID)
        assert span.kind == Span.SPAN_KIND_SERVER
        assert 0 < span.end_time_unix_nano - span.start_time_unix_nano < 1e10
        assert abs(span.end_time_unix_nano / 1e9 - time.time()) < 60
        seen = _attributes(span)
        assert seen.pop("client.port") > 0
        assert seen == {
            "rpc.system.name": "grpc",
            "rpc.method": GET,
            "rpc.response.status_code": "OK",
            "client.address": "127.0.0.1",
            "opid.request_id": "mine",
        }
        _, not_found = collector.span(GET_SUBSYSTEM)
        assert _attributes(not_found)["rpc.response.status_code"] == "NOT_FOUND"
        assert not_found.status.code == SpanStatus.STATUS_CODE_UNSET  # the caller's error
        _, unimplemented = collector.span(UNIMPLEMENTED)
        assert unimplemented.status.code == SpanStatus.STATUS_CODE_ERROR
        assert _attributes(unimplemented)["error.type"] == "UNIMPLEMENTED"
        assert unimplemented.trace_id.hex() != TRACE_ID

        server.process.terminate()  # sends what is left
        assert server.end() == 0
        (metric,) = {one.name: one for one in collector.metrics()}.values()
        assert (metric.name, metric.unit) == ("rpc.server.call.duration", "s")
        points = {
            (labels["rpc.method"], labels["rpc.response.status_code"]): point
            for point in metric.histogram.data_points
            for labels in [_attributes(point)]
        }
        assert points.keys() == {
            (GET, "OK"),
            (GET_SUBSYSTEM, "NOT_FOUND"),
            (UNIMPLEMENTED, "UNIMPLEMENTED"),
        }
        point = points[GET, "OK"]
        assert point.count == 1
        assert 0 < point.sum < 10
        assert list(point.explicit_bounds)[:3] == [0.005, 0.01, 0.025]


def test_signals_can_be_had_alone(opid: Start) -> None:
    with collecting() as (collector, url):
        environ = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": url, "OTEL_METRICS_EXPORTER": "none"}
        server = opid(environ=environ)
        call(server)
        server.process.terminate()
        assert server.end() == 0
        assert len(collector.spans()) == 3
        assert collector.metrics() == []


def test_a_collector_that_is_away_harms_nobody(opid: Start) -> None:
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_BSP_SCHEDULE_DELAY": "50"}
    server = opid(environ=environ)
    began = time.monotonic()
    for _ in range(20):
        call(server)
    assert time.monotonic() - began < DEADLINE / 2
    server.process.terminate()
    assert server.end() == 0
    assert not [one for one in server.log if "traceback" in one and one["logger"] == "dpu_sim"]


def test_a_protocol_that_it_does_not_speak_is_told(opid: Start) -> None:
    environ = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    }
    server = opid(environ=environ)
    assert server.end() == 2
    (entry,) = server.log
    assert entry["message"] == "OTEL_EXPORTER_OTLP_PROTOCOL: opid sends OTLP over grpc only"


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "True"},
        {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"},
    ],
)
def test_without_somebody_to_send_to_there_is_nothing(environ: dict[str, str]) -> None:
    assert telemetry(environ, "dpu0") is None


def test_each_protocol_variable_counts() -> None:
    for name in ("TRACES_PROTOCOL", "METRICS_PROTOCOL"):
        environ = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
            f"OTEL_EXPORTER_OTLP_{name}": "http/json",
        }
        with pytest.raises(ConfigError, match=name):
            telemetry(environ, "dpu0")
