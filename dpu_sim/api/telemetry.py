"""Traces and metrics over OTLP, when the environment names somebody to send them to.

OpenTelemetry's own variables apply (OpenTelemetry specification, "Environment Variable
Specification" and "OpenTelemetry Protocol Exporter"). Without an endpoint in them the SDK is not
even imported. Names of spans, metrics and attributes are those of the semantic conventions for RPC.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from time import time_ns
from typing import TYPE_CHECKING

import grpc

from dpu_sim.api.call import Call
from dpu_sim.api.observation import Outcome, Report
from dpu_sim.api.stage import Requests
from dpu_sim.errors import ConfigError
from opi.catalog import Method

if TYPE_CHECKING:
    from opentelemetry.metrics import Histogram
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer
    from opentelemetry.util.types import AttributeValue

_ENDPOINTS = tuple(f"OTEL_EXPORTER_OTLP_{signal}ENDPOINT" for signal in ("", "TRACES_", "METRICS_"))
_PROTOCOLS = tuple(f"OTEL_EXPORTER_OTLP_{signal}PROTOCOL" for signal in ("", "TRACES_", "METRICS_"))
_SCOPE = "dpu_sim.api"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Bounds that the conventions advise for durations. Seconds."""

_SERVER_ERRORS = frozenset(
    {
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)
"""Codes that the conventions for gRPC have a server's span call an error."""


def telemetry(environ: Mapping[str, str], node: str) -> Telemetry | None:
    """What sends telemetry, or None when nobody wants it.

    Args:
        environ: the process's environment; the exporters read it, too.
        node: `service.instance.id` of this DPU.

    Raises:
        ConfigError: a protocol other than OTLP over gRPC is asked for.
    """
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    if not any(environ.get(variable) for variable in _ENDPOINTS):
        return None
    for variable in _PROTOCOLS:
        if environ.get(variable, "grpc") != "grpc":
            raise ConfigError(f"{variable}: opid sends OTLP over grpc only")
    return Telemetry(environ, node)


class Telemetry:
    """Makes a span and a measurement of every call."""

    def __init__(self, environ: Mapping[str, str], node: str) -> None:
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415

        own = Resource({"service.name": "opid", "service.instance.id": node})
        resource = own.merge(OTELResourceDetector().detect())
        self._traces = _tracer_provider(resource) if _wanted(environ, "TRACES") else None
        self._metrics = _meter_provider(resource) if _wanted(environ, "METRICS") else None

    def watch(self, method: Method) -> Report:
        """What to record of the calls of a method."""
        trace = _SpanMaker(self._traces.get_tracer(_SCOPE)) if self._traces else None
        duration = _histogram(self._metrics) if self._metrics else None
        name = method.path[1:]

        def report(_: Requests, call: Call, outcome: Outcome) -> None:
            attributes = _attributes(name, outcome)
            if duration is not None:
                duration.record(outcome.seconds, attributes)
            if trace is not None:
                trace(name, attributes, call, outcome)

        return report

    def shutdown(self, timeout: float) -> None:
        """Send what is left, for at most `timeout` seconds: the collector may be out of reach."""
        providers = [one for one in (self._traces, self._metrics) if one is not None]
        threads = [threading.Thread(target=one.shutdown, daemon=True) for one in providers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout)


def _wanted(environ: Mapping[str, str], signal: str) -> bool:
    return environ.get(f"OTEL_{signal}_EXPORTER", "otlp") != "none"


def _tracer_provider(resource: Resource) -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def _meter_provider(resource: Resource) -> MeterProvider:
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import (  # noqa: PLC0415
        OTLPMetricExporter,
    )
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415

    readers = [PeriodicExportingMetricReader(OTLPMetricExporter())]
    return MeterProvider(readers, resource=resource, shutdown_on_exit=False)


def _histogram(provider: MeterProvider) -> Histogram:
    return provider.get_meter(_SCOPE).create_histogram(
        "rpc.server.call.duration",
        unit="s",
        description="How long calls take.",
        explicit_bucket_boundaries_advisory=_BUCKETS,
    )


def _attributes(method: str, outcome: Outcome) -> dict[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {
        "rpc.system.name": "grpc",
        "rpc.method": method,
        "rpc.response.status_code": outcome.code.name,
    }
    if outcome.code in _SERVER_ERRORS:
        attributes["error.type"] = outcome.code.name
    return attributes


class _SpanMaker:
    """Makes the span of a call when it is over, under the caller's span."""

    def __init__(self, tracer: Tracer) -> None:
        from opentelemetry.propagate import extract  # noqa: PLC0415
        from opentelemetry.trace import SpanKind, Status, StatusCode  # noqa: PLC0415

        self._tracer = tracer
        self._extract = extract
        self._kind = SpanKind.SERVER
        self._error: Callable[[str], Status] = partial(Status, StatusCode.ERROR)

    def __call__(
        self, name: str, attributes: dict[str, AttributeValue], call: Call, outcome: Outcome
    ) -> None:
        """Make it. `traceparent` in the metadata names the caller's span (W3C Trace Context)."""
        end = time_ns()
        span = self._tracer.start_span(
            name,
            context=self._extract(call.metadata),
            kind=self._kind,
            attributes={**attributes, **_peer(call.peer), "opid.request_id": call.request_id},
            start_time=end - int(outcome.seconds * 1e9),
        )
        if outcome.code in _SERVER_ERRORS:
            span.set_status(self._error(outcome.problem))
        span.end(end)


def _peer(peer: str) -> dict[str, AttributeValue]:
    """Attributes of the caller's address: "ipv6:[::1]:4711" -> "::1" and 4711."""
    address, _, port = peer.partition(":")[2].rpartition(":")
    if not port.isdigit():
        return {}
    return {"client.address": address.strip("[]"), "client.port": int(port)}
