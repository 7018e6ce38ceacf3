"""Methods of services that we have no interface definitions for: the server describes them.

Reflection is tried as `grpc.reflection.v1` and then as `grpc.reflection.v1alpha`; the messages of
the two are the same on the wire (gRPC Server Reflection Protocol). The types go into a private
descriptor pool, so that servers with different versions of one file can be talked to side by side.
"""

from __future__ import annotations

import time
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import DecodeError
from grpc_reflection.v1alpha import reflection_pb2

from opi.catalog import Method
from opi.client import Client, unimplemented
from opi.status import CallError, Status, status_of

VERSIONS = ("v1", "v1alpha")

_Request = reflection_pb2.ServerReflectionRequest
_File = descriptor_pb2.FileDescriptorProto


class Reflection:
    """What one server says about itself. All methods raise CallError."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._version = ""
        self._known: set[str] = set()
        self.pool = descriptor_pool.DescriptorPool()

    def services(self, timeout: float = 10.0) -> list[str]:
        """Full names of what the server serves."""
        answer = self._ask(_Request(list_services="*"), time.monotonic() + timeout)
        return sorted(service.name for service in answer.list_services_response.service)

    def method(self, path: str, timeout: float = 10.0) -> Method:
        """The method "package.Service/Method"; UNIMPLEMENTED when the server does not have it."""
        service_name, _, name = path.strip("/").rpartition("/")
        service = self._service(service_name, time.monotonic() + timeout)
        found = service.methods_by_name.get(name)
        if found is None:
            methods = ", ".join(sorted(service.methods_by_name))
            raise unimplemented(f"{service_name} has no {name}; it has: {methods}")
        return Method(found)

    def _service(self, name: str, deadline: float) -> ServiceDescriptor:
        try:
            return self.pool.FindServiceByName(name)
        except KeyError:
            self._load(name, deadline)
        try:
            return self.pool.FindServiceByName(name)
        except KeyError:
            raise _invalid(f"the server does not describe {name}") from None

    def _load(self, service: str, deadline: float) -> None:
        try:
            files = self._files(_Request(file_containing_symbol=service), deadline)
        except CallError as error:
            if error.status.code != "NOT_FOUND":
                raise
            served = ", ".join(self.services(max(deadline - time.monotonic(), 0.1)))
            raise unimplemented(f"no service {service} here; served: {served}") from None
        by_name = {file.name: file for file in files}
        for name in list(by_name):
            self._add(by_name, name, deadline)

    def _add(self, files: dict[str, Any], name: str, deadline: float) -> None:
        """Add a file after what it imports: a pool takes them in that order only."""
        if name in self._known:
            return
        self._known.add(name)
        if name not in files:
            asked = self._files(_Request(file_by_filename=name), deadline)
            files.update((file.name, file) for file in asked)
        if name not in files:
            raise _invalid(f"the server does not describe {name}")
        for dependency in files[name].dependency:
            self._add(files, dependency, deadline)
        try:
            self.pool.Add(files[name])
        except TypeError as error:
            raise _invalid(f"the server's description of {name} is not valid: {error}") from None

    def _files(self, request: Any, deadline: float) -> list[Any]:
        answer = self._ask(request, deadline).file_descriptor_response.file_descriptor_proto
        try:
            return [_File.FromString(data) for data in answer]
        except DecodeError:
            raise _invalid("the server's description of a file is not valid") from None

    def _ask(self, request: Any, deadline: float) -> Any:
        """One answer, in the first version of the protocol that the server has."""
        versions = (self._version,) if self._version else VERSIONS
        for version in versions:
            try:
                answer = self._ask_version(version, request, deadline)
            except grpc.RpcError as error:
                if error.code() is grpc.StatusCode.UNIMPLEMENTED and version != versions[-1]:
                    continue
                raise CallError(status_of(error), "ServerReflection") from None
            self._version = version
            return answer
        raise AssertionError("unreachable: the last version returns or raises")

    def _ask_version(self, version: str, request: Any, deadline: float) -> Any:
        stream = self._client.channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=_Request.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        timeout = max(deadline - time.monotonic(), 0.001)
        answers = list(stream(iter([request]), timeout=timeout))
        if not answers:
            raise _invalid("the server's reflection answered nothing")
        if answers[0].HasField("error_response"):
            error = answers[0].error_response
            raise CallError(Status(_code_name(error.error_code), error.error_message))
        return answers[0]


def _invalid(words: str) -> CallError:
    """The error for a server that describes itself wrongly."""
    return CallError(Status("INTERNAL", words), "ServerReflection")


def _code_name(number: int) -> str:
    names = {code.value[0]: code.name for code in grpc.StatusCode}
    return names.get(number, "UNKNOWN")
