"""Calls of OPI services by name, without generated code: the server's reflection says the types.

Reflection is tried as `grpc.reflection.v1` and then as `grpc.reflection.v1alpha`; the messages of
the two are the same on the wire (gRPC Server Reflection Protocol). Bodies are proto3 JSON with the
field names of the proto files.
"""

from __future__ import annotations

import functools
import time
from typing import Any, Self

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.descriptor import Descriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from lab.errors import LabError

REFLECTION_VERSIONS = ("v1", "v1alpha")

# A lab lives on this machine: no proxy in between, quick reconnects after a node's restart, and no
# connection state shared with another client of the same address.
_CHANNEL_OPTIONS = (
    ("grpc.enable_http_proxy", 0),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
)


class OpiCallError(LabError):
    """A call that did not end with OK.

    `code` is the name of the gRPC status code, `details` the JSON of what the status carried.
    """

    def __init__(
        self, code: str, message: str, details: list[dict[str, Any]] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.reason = message
        self.details = details or []


def _call_error(error: grpc.RpcError) -> OpiCallError:
    """The error of a failed call, with the details of google.rpc.Status where it has some."""
    metadata: dict[str, Any] = {item.key: item.value for item in error.trailing_metadata() or ()}
    return OpiCallError(
        error.code().name, error.details() or "", _details(metadata.get("grpc-status-details-bin"))
    )


@functools.cache
def _status_class() -> type[Any]:
    """google.rpc.Status {1 code, 2 message, 3 repeated Any}, so far as it is read here."""
    string, data, message, repeated = 9, 12, 11, 3
    file = descriptor_pb2.FileDescriptorProto(name="dpulab/status.proto", package="dpulab")
    detail = file.message_type.add(name="Detail")
    detail.field.add(name="type_url", number=1, label=1, type=string)
    detail.field.add(name="value", number=2, label=1, type=data)
    status = file.message_type.add(name="Status")
    status.field.add(
        name="details", number=3, label=repeated, type=message, type_name=".dpulab.Detail"
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("dpulab.Status"))


def _details(status: bytes | None) -> list[dict[str, Any]]:
    """Type and raw value (hex) of each detail of a serialised google.rpc.Status."""
    try:
        parsed = _status_class().FromString(status or b"")
    except DecodeError:
        return []
    return [{"type": detail.type_url, "value": detail.value.hex()} for detail in parsed.details]


class _Reflection:
    """Questions to a server's reflection service."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel
        self._version = ""

    def services(self, timeout: float) -> list[str]:
        """Full names of what the server serves."""
        answer = self._ask(reflection_pb2.ServerReflectionRequest(list_services="*"), timeout)
        return sorted(service.name for service in answer.list_services_response.service)

    def files_of(self, symbol: str, timeout: float) -> list[descriptor_pb2.FileDescriptorProto]:
        """The file that defines `symbol`, with whatever else the server adds."""
        request = reflection_pb2.ServerReflectionRequest(file_containing_symbol=symbol)
        return self._files(request, timeout)

    def file(self, name: str, timeout: float) -> list[descriptor_pb2.FileDescriptorProto]:
        """The file `name`, with whatever else the server adds."""
        return self._files(reflection_pb2.ServerReflectionRequest(file_by_filename=name), timeout)

    def _files(self, request: Any, timeout: float) -> list[descriptor_pb2.FileDescriptorProto]:
        answer = self._ask(request, timeout).file_descriptor_response.file_descriptor_proto
        return [descriptor_pb2.FileDescriptorProto.FromString(data) for data in answer]

    def _ask(self, request: Any, timeout: float) -> Any:
        """One answer. Raises OpiCallError, with NOT_FOUND for an unknown symbol."""
        versions = (self._version,) if self._version else REFLECTION_VERSIONS
        for version in versions:
            try:
                answer = self._ask_version(version, request, timeout)
            except grpc.RpcError as error:
                if error.code() is grpc.StatusCode.UNIMPLEMENTED and version != versions[-1]:
                    continue
                raise _call_error(error) from None
            self._version = version
            return answer
        raise AssertionError("unreachable: the last version returns or raises")

    def _ask_version(self, version: str, request: Any, timeout: float) -> Any:
        stream = self._channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        answers = list(stream(iter([request]), timeout=timeout))
        if not answers:
            raise OpiCallError("INTERNAL", "the server's reflection answered nothing")
        if answers[0].HasField("error_response"):
            error = answers[0].error_response
            raise OpiCallError(_code_name(error.error_code), error.error_message)
        return answers[0]


def _code_name(number: int) -> str:
    names = {code.value[0]: code.name for code in grpc.StatusCode}
    return names.get(number, "UNKNOWN")


class _Types:
    """A private descriptor pool, filled from reflection as symbols are asked for."""

    def __init__(self, reflection: _Reflection) -> None:
        self._reflection = reflection
        self.pool = descriptor_pool.DescriptorPool()
        self._known: set[str] = set()

    def service(self, name: str, timeout: float) -> ServiceDescriptor:
        """Descriptor of a service. Raises OpiCallError UNIMPLEMENTED when it is not served."""
        try:
            return self.pool.FindServiceByName(name)
        except KeyError:
            self._load(name, timeout)
        return self.pool.FindServiceByName(name)

    def _load(self, service: str, timeout: float) -> None:
        try:
            files = self._reflection.files_of(service, timeout)
        except OpiCallError as error:
            if error.code != "NOT_FOUND":
                raise
            served = ", ".join(self._reflection.services(timeout))
            raise OpiCallError(
                "UNIMPLEMENTED", f"no service {service} here; served: {served}"
            ) from None
        self._add({file.name: file for file in files}, files[0].name, timeout)

    def _add(
        self, files: dict[str, descriptor_pb2.FileDescriptorProto], name: str, timeout: float
    ) -> None:
        """Add a file after what it imports: a pool takes them in that order only."""
        if name in self._known:
            return
        self._known.add(name)
        if name not in files:
            files.update((file.name, file) for file in self._reflection.file(name, timeout))
        for dependency in files[name].dependency:
            self._add(files, dependency, timeout)
        try:
            self.pool.Add(files[name])
        except TypeError as error:
            raise LabError(f"the server's description of {name} is not valid: {error}") from None


class OpiClient:
    """A connection to one gRPC server. `target` is host:port; `credentials` None means clear text.

    Each client has its own descriptor pool, so servers with different versions of one proto file
    can be talked to side by side. Use it as a context manager, or `close` it.
    """

    def __init__(self, target: str, credentials: grpc.ChannelCredentials | None = None) -> None:
        self.target = target
        self._channel = (
            grpc.insecure_channel(target, options=_CHANNEL_OPTIONS)
            if credentials is None
            else grpc.secure_channel(target, credentials, options=_CHANNEL_OPTIONS)
        )
        self._reflection = _Reflection(self._channel)
        self._types = _Types(self._reflection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def services(self, timeout: float = 10.0) -> list[str]:
        """Full names of the services that the server's reflection lists. Raises OpiCallError."""
        return self._reflection.services(timeout)

    def health(self, service: str = "", timeout: float = 2.0) -> bool:
        """Whether grpc.health.v1 says SERVING; False too while nothing answers.

        `service` "" asks for the whole server. Raises OpiCallError for any other refusal, for
        example UNIMPLEMENTED by a server without the health service.
        """
        check = self._channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            answer = check(health_pb2.HealthCheckRequest(service=service), timeout=timeout)
        except grpc.RpcError as error:
            if error.code().name in {"UNAVAILABLE", "DEADLINE_EXCEEDED", "NOT_FOUND"}:
                return False
            raise _call_error(error) from None
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def call(
        self, method: str, body: dict[str, Any] | None = None, timeout: float = 10.0
    ) -> dict[str, Any]:
        """Call a unary method; `timeout` (s) covers the reflection as well.

        `method` is the full name, `opi_api.inventory.v1.InventoryService/GetInventory`. The answer
        is proto3 JSON: 64-bit integers are strings, bytes base64, and fields that have no presence
        are there with their default. Raises OpiCallError when the call does not end with OK, and
        LabError for a method name or a body that cannot be sent.
        """
        deadline = time.monotonic() + timeout
        descriptor = self._method(method, timeout)
        request = self._request(descriptor.input_type, body or {}, method)
        call = self._channel.unary_unary(
            f"/{descriptor.containing_service.full_name}/{descriptor.name}",
            request_serializer=_serialize,
            response_deserializer=message_factory.GetMessageClass(
                descriptor.output_type
            ).FromString,
        )
        try:
            answer = call(request, timeout=max(deadline - time.monotonic(), 0.001))
        except grpc.RpcError as error:
            raise _call_error(error) from None
        return self._to_json(answer)

    def _method(self, method: str, timeout: float) -> MethodDescriptor:
        service_name, slash, name = method.strip("/").rpartition("/")
        if not slash:
            raise LabError(
                f"{method!r} is not a full gRPC method name",
                "write package.Service/Method, as in grpc.health.v1.Health/Check",
            )
        service = self._types.service(service_name, timeout)
        found = service.methods_by_name.get(name)
        if found is None:
            methods = ", ".join(sorted(service.methods_by_name))
            raise OpiCallError("UNIMPLEMENTED", f"{service_name} has no {name}; it has: {methods}")
        if found.client_streaming or found.server_streaming:
            raise LabError(f"{method} is a streaming method; only unary methods can be called")
        return found

    def _request(self, kind: Descriptor, body: dict[str, Any], method: str) -> Message:
        message = message_factory.GetMessageClass(kind)()
        try:
            json_format.ParseDict(body, message, descriptor_pool=self._types.pool)
        except json_format.ParseError as error:
            raise LabError(
                f"the body does not fit {method}: {error}", f"{kind.full_name} has: {_fields(kind)}"
            ) from None
        return message

    def _to_json(self, answer: Message) -> dict[str, Any]:
        result: dict[str, Any] = json_format.MessageToDict(
            answer,
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
            descriptor_pool=self._types.pool,
        )
        return result


def _serialize(message: Message) -> bytes:
    return message.SerializeToString()


def _fields(kind: Descriptor) -> str:
    return ", ".join(field.name for field in kind.fields) or "no fields"
