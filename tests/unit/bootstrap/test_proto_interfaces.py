"""The interface definitions: what they promise on the wire, and that they say what it means."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from google.api import annotations_pb2, client_pb2, field_behavior_pb2, resource_pb2
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from grpc_tools import protoc

from bootstrap.descriptors import SOURCE
from opi.proto.opi_api.inventory.v1 import inventory_pb2

_INCLUDE = Path(protoc.__file__).parent / "_proto"
_GOOGLEAPIS = Path(annotations_pb2.__file__).parents[2]

# Messages of upstream's opi_api.inventory.v1: name -> "number name type".
INVENTORY = {
    "BIOSInfo": ["1 vendor string", "2 version string", "3 date string"],
    "SystemInfo": [
        "1 family string",
        "2 name string",
        "3 vendor string",
        "4 serial_number string",
        "5 uuid string",
        "6 sku string",
        "7 version string",
    ],
    "ChassisInfo": [
        "1 asset_tag string",
        "2 serial_number string",
        "3 type string",
        "4 type_description string",
        "5 vendor string",
        "6 version string",
    ],
    "BaseboardInfo": [
        "1 asset_tag string",
        "2 serial_number string",
        "3 vendor string",
        "4 version string",
        "5 product string",
    ],
    "CPUInfo": ["1 total_cores uint32", "2 total_threads uint32"],
    "MemoryInfo": ["1 total_physical_bytes int64", "2 total_usable_bytes int64"],
    "PCIeDeviceInfo": [
        "1 driver string",
        "2 address string",
        "3 vendor string",
        "4 product string",
        "5 revision string",
        "6 subsystem string",
        "7 class string",
        "8 subclass string",
    ],
    "GetInventoryRequest": ["1 name string"],
    "Inventory": [
        "1 bios BIOSInfo",
        "2 system SystemInfo",
        "3 baseboard BaseboardInfo",
        "4 chassis ChassisInfo",
        "5 processor CPUInfo",
        "6 memory MemoryInfo",
        "7 pci repeated PCIeDeviceInfo",
    ],
}


def _type(field: FieldDescriptorProto) -> str:
    plain = FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    name = field.type_name.rpartition(".")[2] or plain
    repeated = field.label == FieldDescriptorProto.LABEL_REPEATED
    return f"repeated {name}" if repeated else name


def _inventory() -> FileDescriptorProto:
    proto = FileDescriptorProto()
    inventory_pb2.DESCRIPTOR.CopyToProto(proto)
    return proto


def test_inventory_has_upstreams_fields() -> None:
    proto = _inventory()
    assert proto.package == "opi_api.inventory.v1"
    assert {
        message.name: [f"{field.number} {field.name} {_type(field)}" for field in message.field]
        for message in proto.message_type
    } == INVENTORY


def test_inventory_has_upstreams_rpc_and_annotations() -> None:
    (service,) = _inventory().service
    assert service.name == "InventoryService"
    (method,) = service.method
    assert (method.name, method.input_type, method.output_type) == (
        "GetInventory",
        ".opi_api.inventory.v1.GetInventoryRequest",
        ".opi_api.inventory.v1.Inventory",
    )
    assert not method.client_streaming
    assert not method.server_streaming
    http = method.options.Extensions[annotations_pb2.http]
    assert http.get == "/v1/{name=inventory/*/inventory/*}"
    assert list(method.options.Extensions[client_pb2.method_signature]) == ["name"]
    name = inventory_pb2.GetInventoryRequest.DESCRIPTOR.fields_by_name["name"].GetOptions()
    assert list(name.Extensions[field_behavior_pb2.field_behavior]) == [field_behavior_pb2.REQUIRED]
    reference = name.Extensions[resource_pb2.resource_reference]
    assert reference.type == "opi_api.inventory.v1/Inventory"


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> FileDescriptorSet:
    """Every interface definition, with its comments."""
    out = tmp_path_factory.mktemp("proto") / "set.bin"
    protos = [path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.proto")]
    includes = [f"-I{folder}" for folder in (SOURCE, _INCLUDE, _GOOGLEAPIS)]
    flags = ["--include_source_info", f"--descriptor_set_out={out}"]
    assert protoc.main(["protoc", *includes, *flags, *protos]) == 0
    return FileDescriptorSet.FromString(out.read_bytes())


def _documentable(file: FileDescriptorProto) -> Iterator[tuple[tuple[int, ...], str]]:
    """Source path (descriptor.proto, SourceCodeInfo.Location.path) and name of what needs words."""

    def message(
        path: tuple[int, ...], proto: DescriptorProto
    ) -> Iterator[tuple[tuple[int, ...], str]]:
        yield path, proto.name
        for index, field in enumerate(proto.field):
            yield (*path, 2, index), f"{proto.name}.{field.name}"
        for index, nested in enumerate(proto.nested_type):
            if not nested.options.map_entry:
                yield from message((*path, 3, index), nested)

    for index, proto in enumerate(file.message_type):
        yield from message((4, index), proto)
    for index, enum in enumerate(file.enum_type):
        yield (5, index), enum.name
        for position, value in enumerate(enum.value):
            yield (5, index, 2, position), value.name
    for index, service in enumerate(file.service):
        yield (6, index), service.name
        for position, method in enumerate(service.method):
            yield (6, index, 2, position), f"{service.name}.{method.name}"


def test_everything_is_commented(sources: FileDescriptorSet) -> None:
    bare = []
    for file in sources.file:
        said = {tuple(at.path) for at in file.source_code_info.location if at.leading_comments}
        bare += [f"{file.name}: {name}" for path, name in _documentable(file) if path not in said]
    assert bare == []


def test_folders_are_packages(sources: FileDescriptorSet) -> None:
    assert sources.file
    for file in sources.file:
        assert Path(file.name).parent.as_posix() == file.package.replace(".", "/")
