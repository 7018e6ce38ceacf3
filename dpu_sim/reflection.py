"""Server reflection, in both versions that clients ask for.

grpcio-reflection serves `grpc.reflection.v1alpha` only, while current clients try
`grpc.reflection.v1` first. The two differ in the package name alone, so one servicer
answers under both.
"""

from __future__ import annotations

from collections.abc import Iterable

import grpc
import grpc.aio
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_reflection.v1alpha import reflection, reflection_pb2

V1ALPHA = reflection.SERVICE_NAME
V1 = V1ALPHA.replace(".v1alpha.", ".v1.")


def enable_reflection(server: grpc.aio.Server, services: Iterable[str]) -> None:
    """Let clients list `services` (full names) and read their descriptors."""
    _publish_v1_descriptor()
    names = (*services, V1, V1ALPHA)
    reflection.enable_server_reflection(names, server)
    handler = grpc.stream_stream_rpc_method_handler(
        reflection.aio.ReflectionServicer(names).ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    generic = grpc.method_handlers_generic_handler(V1, {"ServerReflectionInfo": handler})
    server.add_generic_rpc_handlers((generic,))


def _publish_v1_descriptor() -> None:
    """Derive v1's descriptor from v1alpha's, for clients that describe what they have listed."""
    proto = FileDescriptorProto()
    reflection_pb2.DESCRIPTOR.CopyToProto(proto)
    proto.name = proto.name.replace("v1alpha", "v1")
    proto.package = proto.package.replace("v1alpha", "v1")
    fields = (f for message in proto.message_type for f in message.field if f.type_name)
    methods = (method for service in proto.service for method in service.method)
    for field in fields:
        field.type_name = field.type_name.replace(".v1alpha.", ".v1.")
    for method in methods:
        method.input_type = method.input_type.replace(".v1alpha.", ".v1.")
        method.output_type = method.output_type.replace(".v1alpha.", ".v1.")
    descriptor_pool.Default().AddSerializedFile(proto.SerializeToString())
