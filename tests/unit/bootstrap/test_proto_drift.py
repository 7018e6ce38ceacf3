"""Our interface definitions against pydpu's, and that the comparison would notice a difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from google.api import annotations_pb2, field_behavior_pb2, resource_pb2
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from bootstrap.descriptors import compile_protos, own_files
from tests.oracles import sources
from tests.oracles.comparison import Difference, Known, compare, facts, fingerprint, unexplained
from tests.oracles.known import PYDPU, PYDPU_RENAMED, VERIFIED

STORAGE = "opi_api.storage.v1"
NVME = "opi_api/storage/v1/frontend_nvme.proto"
COMPARED = [
    "opi_api.inventory.v1",
    "opi_api.network.cloud.v1alpha1",
    "opi_api.network.evpn_gw.v1alpha1",
    "opi_api.network.opinetcommon.v1alpha1",
    "opi_api.security.v1",
    "opi_api.storage.v1",
]
EMPTY = {"opi_api.network.k8s.v1alpha1", "opi_api.network.telco.v1alpha1"}
"""Packages of pydpu without any definition."""

ours = compile_protos()
packages = sorted({file.package for file in ours.file if file.name in own_files()})


@pytest.fixture(scope="module")
def pydpu() -> FileDescriptorSet:
    """The descriptors in pydpu, which were generated from upstream's files of 2024."""
    try:
        return sources.pydpu()
    except sources.UnavailableError as error:
        pytest.skip(str(error))


def test_pydpu_differs_where_it_is_known_to(pydpu: FileDescriptorSet) -> None:
    assert {file.package for file in pydpu.file} == {*COMPARED, *EMPTY}
    assert unexplained(compare(ours, pydpu, COMPARED, PYDPU_RENAMED), PYDPU) == []


def test_packages_that_are_not_compared_are_empty(pydpu: FileDescriptorSet) -> None:
    for package in EMPTY:
        assert {said["kind"] for said in facts(pydpu, package).values()} == {"file"}


@pytest.mark.parametrize("package", VERIFIED)
def test_packages_without_generated_code_are_as_they_were_verified(package: str) -> None:
    assert fingerprint(ours, package) == VERIFIED[package]


def test_a_set_is_like_itself() -> None:
    assert len(packages) == 10
    assert compare(ours, ours, packages) == []


def test_comparing_nothing_is_no_success() -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        compare(ours, FileDescriptorSet(), [STORAGE])
    with pytest.raises(ValueError, match="nothing to compare"):
        compare(ours, ours, ["opi_api.storage.v2"])


def test_what_is_known_is_counted() -> None:
    differences = [
        Difference("a.B.c", "number", "1", "2"),
        Difference("a.B.d", "number", "1", "3"),
        Difference("a.E", "kind", "enum", ""),
        Difference("a.F", "kind", "", "enum"),
    ]
    known = [
        Known(r"a\.B\.\w: number: ours 1, theirs \d", 3, "why"),
        Known(r"only ours: enum a\.E", 1, "why"),
    ]
    assert unexplained(differences, known) == [
        "missing: enum a.F",
        r"expected 3, found 2: a\.B\.\w: number: ours 1, theirs \d",
    ]


# The comparison itself: each change to one side has to be reported, and nothing else.

Named = TypeVar(
    "Named",
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MethodDescriptorProto,
)


def _named(elements: list[Named], name: str) -> Named:
    return next(one for one in elements if one.name == name)


def _message(changed: FileDescriptorSet, name: str) -> DescriptorProto:
    return _named(list(_named(list(changed.file), NVME).message_type), name)


def _field(changed: FileDescriptorSet, message: str, field: str) -> FieldDescriptorProto:
    return _named(list(_message(changed, message).field), field)


def _method(changed: FileDescriptorSet, name: str) -> MethodDescriptorProto:
    return _named(list(_named(list(changed.file), NVME).service[0].method), name)


def renumber(changed: FileDescriptorSet) -> None:
    """Give a field another number."""
    _field(changed, "NvmeSubsystemSpec", "nqn").number = 99


def rename(changed: FileDescriptorSet) -> None:
    """Give a field another name."""
    _field(changed, "NvmeSubsystemSpec", "nqn").name = "nqns"


def retype(changed: FileDescriptorSet) -> None:
    """Make a number signed."""
    field = _field(changed, "NvmeSubsystemSpec", "max_namespaces")
    field.type = FieldDescriptorProto.TYPE_SINT64


def retarget(changed: FileDescriptorSet) -> None:
    """Let a field hold another message."""
    _field(changed, "NvmeSubsystem", "spec").type_name = f".{STORAGE}.NvmeSubsystemStatus"


def repeat(changed: FileDescriptorSet) -> None:
    """Let a field hold many values."""
    _field(changed, "NvmeSubsystemSpec", "nqn").label = FieldDescriptorProto.LABEL_REPEATED


def rename_json(changed: FileDescriptorSet) -> None:
    """Give a field a JSON name of its own."""
    _field(changed, "NvmeSubsystemSpec", "nqn").json_name = "NQN"


def leave_oneof(changed: FileDescriptorSet) -> None:
    """Take a field out of its oneof."""
    message = _message(changed, "NvmeControllerSpec")
    members = (field for field in message.field if field.HasField("oneof_index"))
    next(field for field in members if not field.proto3_optional).ClearField("oneof_index")


def remove_field(changed: FileDescriptorSet) -> None:
    """Remove a field."""
    del _message(changed, "NvmeSubsystemSpec").field[0]


def remove_message(changed: FileDescriptorSet) -> None:
    """Remove a message that has one field."""
    messages = _named(list(changed.file), NVME).message_type
    messages.remove(_named(list(messages), "StatsNvmeSubsystemRequest"))


def drop_behavior(changed: FileDescriptorSet) -> None:
    """Forget that a field is required."""
    options = _field(changed, "CreateNvmeSubsystemRequest", "nvme_subsystem").options
    options.ClearExtension(field_behavior_pb2.field_behavior)


def change_resource(changed: FileDescriptorSet) -> None:
    """Give a resource another pattern."""
    options = _message(changed, "NvmeSubsystem").options
    options.Extensions[resource_pb2.resource].pattern[0] = "subsystems/{subsystem}"


def change_reference(changed: FileDescriptorSet) -> None:
    """Let a name refer to another resource."""
    options = _field(changed, "DeleteNvmeSubsystemRequest", "name").options
    options.Extensions[resource_pb2.resource_reference].type = f"{STORAGE}/NvmeController"


def change_binding(changed: FileDescriptorSet) -> None:
    """Give a method another HTTP path."""
    options = _method(changed, "GetNvmeSubsystem").options
    options.Extensions[annotations_pb2.http].get = "/v2/{name=nvmeSubsystems/*}"


def change_body(changed: FileDescriptorSet) -> None:
    """Give a method another HTTP body."""
    options = _method(changed, "CreateNvmeSubsystem").options
    options.Extensions[annotations_pb2.http].body = "*"


def stream(changed: FileDescriptorSet) -> None:
    """Let a method answer with a stream."""
    _method(changed, "GetNvmeSubsystem").server_streaming = True


def answer_otherwise(changed: FileDescriptorSet) -> None:
    """Let a method answer with another message."""
    _method(changed, "GetNvmeSubsystem").output_type = ".google.protobuf.Empty"


def renumber_value(changed: FileDescriptorSet) -> None:
    """Give an enum's value another number."""
    file = _named(list(changed.file), "opi_api/storage/v1/opicommon.proto")
    file.enum_type[0].value[1].number = 77


def reserve(changed: FileDescriptorSet) -> None:
    """Reserve a name."""
    _message(changed, "NvmeSubsystem").reserved_name.append("old")


def unknown_option(changed: FileDescriptorSet) -> None:
    """Set an option that nobody here knows (field 50000, a varint)."""
    _message(changed, "NvmeSubsystem").options.MergeFromString(b"\x80\xb5\x18\x01")


def change_file_option(changed: FileDescriptorSet) -> None:
    """Change a file's Java package."""
    _named(list(changed.file), NVME).options.java_package = "org.example"


Change = Callable[[FileDescriptorSet], None]
CHANGES: dict[Change, list[str]] = {
    renumber: ["NvmeSubsystemSpec.nqn: number"],
    rename: ["missing: field .*NvmeSubsystemSpec.nqns", "only ours: field .*.nqn"],
    retype: ["NvmeSubsystemSpec.max_namespaces: type: ours int64, theirs sint64"],
    retarget: ["NvmeSubsystem.spec: type: .*Spec, theirs .*Status"],
    repeat: ["NvmeSubsystemSpec.nqn: label: ours optional, theirs repeated"],
    rename_json: ["NvmeSubsystemSpec.nqn: json name: ours nqn, theirs NQN"],
    leave_oneof: ["NvmeControllerSpec.*: oneof: ours .*, theirs -"],
    remove_field: ["only ours: field .*NvmeSubsystemSpec"],
    remove_message: [
        "only ours: message .*StatsNvmeSubsystemRequest",
        "only ours: field .*StatsNvmeSubsystemRequest.name",
    ],
    drop_behavior: ["option google.api.field_behavior: ours .2., theirs -"],
    change_resource: ["NvmeSubsystem: option google.api.resource"],
    change_reference: ["name: option google.api.resource_reference"],
    change_binding: ["GetNvmeSubsystem: option google.api.http"],
    change_body: ["CreateNvmeSubsystem: option google.api.http"],
    stream: ["GetNvmeSubsystem: response: .*, theirs stream "],
    answer_otherwise: ["GetNvmeSubsystem: response: .*, theirs google.protobuf.Empty"],
    renumber_value: ["number: ours 1, theirs 77"],
    reserve: ["NvmeSubsystem: reserved: ours -, theirs old"],
    unknown_option: ["NvmeSubsystem: option 50000"],
    change_file_option: ["frontend_nvme.proto: option java_package"],
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_every_change_is_reported(change: Change) -> None:
    changed = FileDescriptorSet()
    changed.CopyFrom(ours)
    change(changed)
    found = compare(ours, changed, packages)
    assert fingerprint(ours, STORAGE) != fingerprint(changed, STORAGE)
    known = [Known(f".*{pattern}.*", 1, "") for pattern in CHANGES[change]]
    assert unexplained(found, known) == []


FIELDS = [
    (index, position, place)
    for index, file in enumerate(ours.file)
    if file.package in packages
    for position, message in enumerate(file.message_type)
    for place in range(len(message.field))
]


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(FIELDS), st.integers(1, 2**29 - 1))
def test_no_field_can_change_its_number_unseen(at: tuple[int, int, int], number: int) -> None:
    index, position, place = at
    changed = FileDescriptorSet()
    changed.CopyFrom(ours)
    field = changed.file[index].message_type[position].field[place]
    before, field.number = field.number, number
    found = compare(ours, changed, [changed.file[index].package])
    assert len(found) == int(before != number)
    assert all(one.fact == "number" and one.theirs == str(number) for one in found)


def test_renamed_elements_are_compared_under_our_name() -> None:
    changed = FileDescriptorSet()
    changed.CopyFrom(ours)
    old, new = "NvmeSubsystemSpec", f"{STORAGE}.NvmeSubsystemSpec"
    message = _message(changed, old)
    message.name = "Older"
    message.field[0].number = 99
    _field(changed, "NvmeSubsystem", "spec").type_name = f".{STORAGE}.Older"
    (found,) = compare(ours, changed, packages, {f"{STORAGE}.Older": new})
    assert str(found) == f"{new}.nqn: number: ours 1, theirs 99"
