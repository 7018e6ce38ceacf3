"""Every service and method of the interface definitions, as the descriptors tell.

The catalog is read from the generated modules below `opi.proto`; nothing here names a service, so
that servers, gateways, command line and documentation cannot forget one.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module

from google.api import annotations_pb2
from google.api.http_pb2 import HttpRule
from google.protobuf.descriptor import (
    Descriptor,
    FileDescriptor,
    MethodDescriptor,
    ServiceDescriptor,
)
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

import opi.proto


@dataclass(frozen=True, slots=True)
class Binding:
    """One HTTP binding of a method (google.api.http).

    Attributes:
        verb: "GET", "POST", "PUT", "PATCH", "DELETE" or a custom kind.
        path: path template, such as "/v1/{name=nvmeSubsystems/*}:stats".
        body: request field that the body is, "*" for the whole request, "" for no body.
    """

    verb: str
    path: str
    body: str


@dataclass(frozen=True, eq=False)
class Method:
    """One RPC."""

    descriptor: MethodDescriptor

    @property
    def name(self) -> str:
        """Short name, such as "GetNvmeSubsystem"."""
        return str(self.descriptor.name)

    @property
    def service(self) -> str:
        """Full name of the service."""
        return str(self.descriptor.containing_service.full_name)

    @cached_property
    def path(self) -> str:
        """What gRPC sends as :path, "/package.Service/Method"."""
        return f"/{self.service}/{self.name}"

    @cached_property
    def request(self) -> type[Message]:
        """Class of the request message."""
        return GetMessageClass(self.descriptor.input_type)

    @cached_property
    def response(self) -> type[Message]:
        """Class of the response message."""
        return GetMessageClass(self.descriptor.output_type)

    @property
    def client_streaming(self) -> bool:
        """Whether the client sends a stream of requests."""
        return bool(self.descriptor.client_streaming)

    @property
    def server_streaming(self) -> bool:
        """Whether the server answers with a stream of responses."""
        return bool(self.descriptor.server_streaming)

    @cached_property
    def bindings(self) -> tuple[Binding, ...]:
        """HTTP bindings in the order of the annotation; empty where there is none."""
        options = self.descriptor.GetOptions()
        if not options.HasExtension(annotations_pb2.http):
            return ()
        rule = options.Extensions[annotations_pb2.http]
        return tuple(_binding(one) for one in (rule, *rule.additional_bindings))

    def __repr__(self) -> str:
        return f"Method({self.path})"


@dataclass(frozen=True, eq=False)
class Service:
    """One gRPC service with its methods in the order of their declaration."""

    descriptor: ServiceDescriptor

    @property
    def name(self) -> str:
        """Full name, such as "opi_api.storage.v1.FrontendNvmeService"."""
        return str(self.descriptor.full_name)

    @cached_property
    def methods(self) -> Mapping[str, Method]:
        """Methods by short name."""
        return {method.name: Method(method) for method in self.descriptor.methods}

    def __repr__(self) -> str:
        return f"Service({self.name})"


class Catalog:
    """A set of services.

    Raises:
        KeyError: an unknown name is asked for.
    """

    def __init__(self, files: tuple[FileDescriptor, ...]) -> None:
        self.files = files
        services = (one for file in files for one in file.services_by_name.values())
        self.services: Mapping[str, Service] = {
            one.full_name: Service(one) for one in sorted(services, key=lambda one: one.full_name)
        }
        self._methods = {m.path: m for s in self.services.values() for m in s.methods.values()}

    def method(self, path: str) -> Method:
        """The method at "/package.Service/Method"; the leading slash may be missing."""
        return self._methods["/" + path.removeprefix("/")]

    def methods(self) -> Iterator[Method]:
        """All methods, by service and in the order of declaration."""
        return iter(self._methods.values())

    def messages(self) -> Iterator[Descriptor]:
        """All top-level messages."""
        return (m for file in self.files for m in file.message_types_by_name.values())


@cache
def catalog() -> Catalog:
    """The catalog of all interface definitions that this package ships."""
    names = (m.name for m in pkgutil.walk_packages(opi.proto.__path__, "opi.proto."))
    modules = (import_module(name) for name in names if name.endswith("_pb2"))
    return Catalog(tuple(module.DESCRIPTOR for module in modules))


def _binding(rule: HttpRule) -> Binding:
    kind = rule.WhichOneof("pattern")
    if kind == "custom":
        return Binding(rule.custom.kind, rule.custom.path, rule.body)
    return Binding(str(kind).upper(), getattr(rule, str(kind)), rule.body)
