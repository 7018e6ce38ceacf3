"""OpiClient against real gRPC servers in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2

from lab.errors import LabError
from lab.opi import OpiCallError, OpiClient

CHECK = "grpc.health.v1.Health/Check"


def serve(*install: Callable[[grpc.Server], None]) -> tuple[grpc.Server, str]:
    server = grpc.server(futures.ThreadPoolExecutor(4))
    for add in install:
        add(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, f"127.0.0.1:{port}"


def add_health(server: grpc.Server) -> None:
    servicer = health.HealthServicer()
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    servicer.set("draining", health_pb2.HealthCheckResponse.NOT_SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)


def add_reflection(server: grpc.Server) -> None:
    names = ("grpc.health.v1.Health", "shop.v1.Shop", reflection.SERVICE_NAME)
    reflection.enable_server_reflection(names, server, pool=SHOP_POOL)


def shop_pool() -> descriptor_pool.DescriptorPool:
    """A service of our own with an import, a 64-bit integer, a Timestamp and nesting."""
    pool = descriptor_pool.DescriptorPool()
    for known in (timestamp_pb2, health_pb2):
        pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
    parts = descriptor_pb2.FileDescriptorProto(name="shop/parts.proto", package="shop.v1")
    part = parts.message_type.add(name="Part")
    part.field.add(name="serial_number", number=1, label=1, type=9)
    pool.Add(parts)
    shop = descriptor_pb2.FileDescriptorProto(
        name="shop/shop.proto",
        package="shop.v1",
        syntax="proto3",
        dependency=["shop/parts.proto", "google/protobuf/timestamp.proto"],
    )
    order = shop.message_type.add(name="Order")
    order.field.add(name="total_bytes", number=1, label=1, type=3)
    order.field.add(name="parts", number=2, label=3, type=11, type_name=".shop.v1.Part")
    order.field.add(name="when", number=3, label=1, type=11, type_name=".google.protobuf.Timestamp")
    service = shop.service.add(name="Shop")
    for name in ("Echo", "Refuse", "Slow"):
        service.method.add(name=name, input_type=".shop.v1.Order", output_type=".shop.v1.Order")
    service.method.add(
        name="Watch",
        input_type=".shop.v1.Order",
        output_type=".shop.v1.Order",
        server_streaming=True,
    )
    pool.Add(shop)
    return pool


SHOP_POOL = shop_pool()
Order: Any = message_factory.GetMessageClass(SHOP_POOL.FindMessageTypeByName("shop.v1.Order"))


def echo(request: Any, context: grpc.ServicerContext) -> Any:
    return request


def refuse(request: Any, context: grpc.ServicerContext) -> Any:
    # google.rpc.Status with one Any {1 "type/x", 2 b"\x01\x02"} as field 3
    detail = b"\x0a\x06type/x\x12\x02\x01\x02"
    context.set_trailing_metadata(
        (("grpc-status-details-bin", b"\x1a" + bytes([len(detail)]) + detail),)
    )
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, "the back end has no netem")


def slow(request: Any, context: grpc.ServicerContext) -> Any:
    deadline = time.monotonic() + 5
    while context.is_active() and time.monotonic() < deadline:
        time.sleep(0.01)
    return request


def add_shop(server: grpc.Server) -> None:
    handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
        name: grpc.unary_unary_rpc_method_handler(
            function, Order.FromString, lambda message: message.SerializeToString()
        )
        for name, function in (("Echo", echo), ("Refuse", refuse), ("Slow", slow))
    }
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("shop.v1.Shop", handlers),)
    )


class OnlyV1(grpc.GenericRpcHandler):
    """Serves reflection under its v1 name alone, as newer servers may."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        servicer = reflection.ReflectionServicer(("shop.v1.Shop",), pool=SHOP_POOL)
        pb2 = reflection_pb2
        self.handler = grpc.stream_stream_rpc_method_handler(
            servicer.ServerReflectionInfo,
            pb2.ServerReflectionRequest.FromString,
            pb2.ServerReflectionResponse.SerializeToString,
        )

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        self.asked.append(details.method)
        name = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
        return self.handler if details.method == name else None


@pytest.fixture
def target() -> Iterator[str]:
    server, address = serve(add_health, add_shop, add_reflection)
    yield address
    server.stop(None).wait()


@pytest.fixture
def client(target: str) -> Iterator[OpiClient]:
    with OpiClient(target) as opened:
        yield opened


def test_a_method_is_called_by_name(client: OpiClient) -> None:
    assert client.call(CHECK, {"service": ""}) == {"status": "SERVING"}
    assert client.call(f"/{CHECK}") == {"status": "SERVING"}


def test_bodies_are_proto_json_with_proto_field_names(client: OpiClient) -> None:
    body = {
        "total_bytes": 2**40,
        "parts": [{"serial_number": "A1"}],
        "when": "2024-02-03T04:05:06Z",
    }
    assert client.call("shop.v1.Shop/Echo", body) == {**body, "total_bytes": str(2**40)}


def test_fields_without_presence_come_with_their_default(client: OpiClient) -> None:
    assert client.call("shop.v1.Shop/Echo") == {"total_bytes": "0", "parts": []}


def test_the_services_are_listed(client: OpiClient) -> None:
    assert {"grpc.health.v1.Health", "shop.v1.Shop"} <= set(client.services())


def test_a_refusal_has_code_message_and_details(client: OpiClient) -> None:
    with pytest.raises(OpiCallError) as caught:
        client.call("shop.v1.Shop/Refuse")
    error = caught.value
    assert (error.code, error.reason) == ("FAILED_PRECONDITION", "the back end has no netem")
    assert error.details == [{"type": "type/x", "value": "0102"}]


def test_the_timeout_ends_a_slow_call(client: OpiClient) -> None:
    started = time.monotonic()
    with pytest.raises(OpiCallError) as caught:
        client.call("shop.v1.Shop/Slow", timeout=0.3)
    assert caught.value.code == "DEADLINE_EXCEEDED"
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("method", "text"),
    [
        ("no.such.Service/Get", "no service no.such.Service here; served: grpc.health.v1.Health"),
        ("shop.v1.Shop/Buy", "shop.v1.Shop has no Buy; it has: Echo, Refuse, Slow, Watch"),
    ],
)
def test_what_is_not_served_is_unimplemented(client: OpiClient, method: str, text: str) -> None:
    with pytest.raises(OpiCallError) as caught:
        client.call(method)
    assert caught.value.code == "UNIMPLEMENTED"
    assert text in caught.value.reason


@pytest.mark.parametrize(
    ("method", "body", "text"),
    [
        ("GetInventory", {}, "'GetInventory' is not a full gRPC method name"),
        ("shop.v1.Shop/Watch", {}, "shop.v1.Shop/Watch is a streaming method"),
        ("shop.v1.Shop/Echo", {"serial": 1}, "shop.v1.Order has: total_bytes, parts, when"),
    ],
)
def test_what_cannot_be_sent_is_a_lab_error(
    client: OpiClient, method: str, body: dict[str, Any], text: str
) -> None:
    with pytest.raises(LabError) as caught:
        client.call(method, body)
    assert not isinstance(caught.value, OpiCallError)
    assert text in str(caught.value)


def test_a_server_with_reflection_v1_alone_will_do() -> None:
    handler = OnlyV1()
    server, address = serve(add_shop, lambda s: s.add_generic_rpc_handlers((handler,)))
    with OpiClient(address) as client:
        assert client.call("shop.v1.Shop/Echo", {"total_bytes": 7})["total_bytes"] == "7"
        assert client.services() == ["shop.v1.Shop"]
    assert all(".v1." in name for name in handler.asked if "reflection" in name)
    server.stop(None).wait()


def test_a_server_without_reflection_is_unimplemented() -> None:
    server, address = serve(add_health)
    with OpiClient(address) as client, pytest.raises(OpiCallError) as caught:
        client.call(CHECK)
    assert caught.value.code == "UNIMPLEMENTED"
    server.stop(None).wait()


def test_health_is_serving_or_not(client: OpiClient) -> None:
    assert client.health()
    assert not client.health("draining")
    assert not client.health("no-such-service")


def test_health_without_an_answer_is_false() -> None:
    with OpiClient("127.0.0.1:1") as client:
        assert not client.health(timeout=0.5)


def test_health_without_the_service_is_an_error() -> None:
    server, address = serve(add_shop)
    with OpiClient(address) as client, pytest.raises(OpiCallError, match="UNIMPLEMENTED"):
        client.health()
    server.stop(None).wait()


def test_a_server_that_is_away_is_unavailable_and_back_again_answers() -> None:
    server, address = serve(add_health, add_reflection)
    with OpiClient(address) as client:
        assert client.health()
        server.stop(None).wait()
        with pytest.raises(OpiCallError) as caught:
            client.call(CHECK, timeout=2)
        assert caught.value.code == "UNAVAILABLE"
        again = grpc.server(futures.ThreadPoolExecutor(2))
        add_health(again)
        add_reflection(again)
        assert again.add_insecure_port(address)
        again.start()
        deadline = time.monotonic() + 10
        while not client.health() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert client.call(CHECK) == {"status": "SERVING"}
        again.stop(None).wait()
