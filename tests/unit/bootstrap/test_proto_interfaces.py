"""The interface definitions: what they promise on the wire, and that they say what it means."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.api import annotations_pb2, client_pb2, field_behavior_pb2, resource_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto

from bootstrap.comments import comments
from bootstrap.descriptors import compile_protos, own_files
from opi.proto.opi_api.inventory.v1 import inventory_pb2
from tests.oracles.comparison import facts

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


ours = compile_protos()
own = [file for file in ours.file if file.name in own_files()]
packages = sorted({file.package for file in own})


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """The comment on every element that has one, by full name."""
    return {name: text for file in own for name, text in comments(file)}


def _to_be_described() -> Iterator[str]:
    """Full names of what needs words: everything but files and the messages behind maps."""
    for package in packages:
        for name, about in facts(ours, package).items():
            entry = f"{name.rpartition('.')[0]}." if about["kind"] == "field" else f"{name}."
            if about["kind"] != "file" and not entry.endswith("Entry."):
                yield name
    for file in own:
        for message in file.message_type:
            optional = {field.oneof_index for field in message.field if field.proto3_optional}
            for index, oneof in enumerate(message.oneof_decl):
                if index not in optional:
                    yield f"{file.package}.{message.name}.{oneof.name}"


def test_services_have_all_their_rpcs() -> None:
    counted = Counter(
        file.package for file in own for service in file.service for _ in service.method
    )
    assert counted == {
        "opi_api.inventory.v1": 1,
        "opi_api.lifecycle.v1": 4,
        "opi_api.network.cloud.v1alpha1": 114,
        "opi_api.network.evpn_gw.v1alpha1": 20,
        "opi_api.network.opinetcommon.v1alpha1": 3,
        "opi_api.security.v1": 10,
        "opi_api.security.v1alpha1": 21,
        "opi_api.storage.v1": 87,
        "openoffload.v2": 5,
        "tunneloffload.v2": 6,
    }


def test_everything_is_described(said: dict[str, str]) -> None:
    assert [name for name in _to_be_described() if name not in said] == []


def test_no_description_repeats_its_name_and_says_no_more(said: dict[str, str]) -> None:
    assert [f"{name}: {text}" for name, text in said.items() if not new_words(name, text)] == []


def test_no_description_is_left_to_be_written(said: dict[str, str]) -> None:
    unfinished = re.compile(r"\b(TODO|FIXME|TBD|XXX)\b")
    assert [name for name, text in said.items() if unfinished.search(text)] == []


def test_descriptions_are_sentences(said: dict[str, str]) -> None:
    assert [
        name for name, text in said.items() if not re.fullmatch(r"\S.*[.)`:]", text, re.DOTALL)
    ] == []


FILLERS = "a an the it its is are this that of to for in on by with and or as what which when how"
SUFFIX = re.compile(r"(ies|es|ed|ing|[ydse])$")


def new_words(name: str, text: str) -> set[str]:
    """The words of a comment, cut to their stems, that the last two parts of the name lack."""
    known = " ".join(re.findall(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])", "_".join(_last_two(name))))
    return _stems(text) - _stems(known) - _stems(FILLERS)


def _last_two(name: str) -> list[str]:
    return name.split(".")[-2:]


def _stems(text: str) -> set[str]:
    return {SUFFIX.sub("", word) for word in re.findall(r"[a-z0-9]+", text.lower())}


@pytest.mark.parametrize(
    ("name", "text", "tells"),
    [
        ("a.v1.Port.admin_state", "The administrative state.", True),
        ("a.v1.Port.admin_state", "The admin state of the port.", False),
        ("a.v1.Port.admin_state", "Whether the port is to be up.", True),
        ("a.v1.DeletePortRequest", "Deletes ports: the request.", False),
        ("a.v1.PortType.PORT_TYPE_IP6", "Type IP6.", False),
        ("a.v1.VPCPeer", "A VPC peer.", False),
    ],
)
def test_repetition_is_recognised(name: str, text: str, tells: bool) -> None:
    assert bool(new_words(name, text)) == tells


def test_folders_are_packages() -> None:
    assert len(own) == 38
    for file in own:
        assert Path(file.name).parent.as_posix() == file.package.replace(".", "/")


def test_nothing_is_imported_in_vain(capfd: pytest.CaptureFixture[str]) -> None:
    compile_protos()
    assert "is unused" not in capfd.readouterr().err
