"""Checks that follow from the interface definitions: on all of theirs, and on one of our own."""

from __future__ import annotations

import re
from typing import Any

import pytest
from google.api.field_behavior_pb2 import FieldBehavior, field_behavior
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given
from hypothesis import strategies as st

from dpu_sim.api.errors import ApiError
from dpu_sim.api.names import RequestNames
from dpu_sim.api.validation import (
    immutable_changes,
    mask_problems,
    missing,
    reference_problems,
    refuse_if,
    strip_outputs,
)
from opi.behavior import is_output_only
from opi.proto.opi_api.network.evpn_gw.v1alpha1.l2_xpu_infra_mgr_pb2 import (
    BridgePort,
    BridgePortSpec,
)
from opi.proto.opi_api.network.evpn_gw.v1alpha1.l3_xpu_infra_mgr_pb2 import Svi, SviSpec
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import (
    NvmeController,
    NvmeNamespace,
    NvmeSubsystem,
    UpdateNvmeSubsystemRequest,
)
from opi.resources import resources
from tests.unit.dpu_sim.api.test_redaction import fill

TEXT, MESSAGE, NUMBER, FLAG = (
    FieldDescriptorProto.TYPE_STRING,
    FieldDescriptorProto.TYPE_MESSAGE,
    FieldDescriptorProto.TYPE_INT32,
    FieldDescriptorProto.TYPE_BOOL,
)


def _field(name: str, number: int, kind: Any, *behaviors: Any, **options: Any) -> Any:
    field = FieldDescriptorProto(
        name=name, number=number, type=kind, label=FieldDescriptorProto.LABEL_OPTIONAL
    )
    field.options.Extensions[field_behavior].extend(behaviors)
    for option, value in options.items():
        setattr(field, option, value)
    return field


def _message() -> type[Message]:
    """No definition of OPI has IMMUTABLE fields, so one of ours."""
    file = FileDescriptorProto(name="test/validation.proto", package="test", syntax="proto3")
    inner = file.message_type.add(name="Inner")
    inner.field.append(_field("fixed", 1, TEXT, FieldBehavior.IMMUTABLE))
    inner.field.append(_field("free", 2, TEXT))
    inner.field.append(_field("needed", 3, TEXT, FieldBehavior.REQUIRED))
    outer = file.message_type.add(name="Outer")
    outer.field.append(_field("needed", 1, TEXT, FieldBehavior.REQUIRED))
    outer.field.append(_field("number", 2, NUMBER, FieldBehavior.REQUIRED))
    outer.field.append(_field("flag", 3, FLAG, FieldBehavior.REQUIRED))
    outer.field.append(_field("one", 4, MESSAGE, type_name=".test.Inner"))
    many = _field(
        "many", 5, MESSAGE, type_name=".test.Inner", label=FieldDescriptorProto.LABEL_REPEATED
    )
    outer.field.append(many)
    outer.field.append(_field("told", 6, TEXT, FieldBehavior.REQUIRED, FieldBehavior.OUTPUT_ONLY))
    outer.field.append(
        _field("whole", 7, MESSAGE, FieldBehavior.IMMUTABLE, type_name=".test.Inner")
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName("test.Outer"))


Outer: Any = _message()


def test_what_is_required_is_told_wherever_it_is() -> None:
    assert missing(Outer()) == {"needed": "is required", "number": "is required"}
    full = Outer(needed="n", number=1, one={"free": "f"}, many=[{"needed": "n"}, {}])
    assert missing(full, "outer.") == {
        "outer.one.needed": "is required",
        "outer.many[1].needed": "is required",
    }
    full.one.needed = full.many[1].needed = "n"
    assert missing(full) == {}
    assert missing(Outer(), ignored=("needed",)) == {"number": "is required"}


def test_what_must_not_change_is_told_at_any_depth() -> None:
    old = Outer(needed="a", one={"fixed": "a", "free": "a"}, whole={"free": "a"})
    new = Outer(needed="b", one={"fixed": "a", "free": "b"}, whole={"free": "a"})
    assert immutable_changes(old, new) == {}
    new.one.fixed = "b"
    new.whole.free = "b"
    problem = "cannot be changed once the resource exists"
    assert immutable_changes(old, new, "x.") == {"x.one.fixed": problem, "x.whole.free": problem}
    assert "whole" in immutable_changes(old, Outer())


@pytest.mark.parametrize("kind", [one.kind for one in resources().types])
def test_of_every_resource_a_full_one_lacks_nothing_and_keeps_no_outputs(kind: str) -> None:
    descriptor = resources().kind(kind).descriptor
    message = fill(descriptor)
    assert missing(message) == {}
    strip_outputs(message)
    assert not [field for field, _ in message.ListFields() if is_output_only(field)]
    again = type(message)()
    again.CopyFrom(message)
    strip_outputs(again)
    assert again == message
    assert "name" not in {field.name for field, _ in message.ListFields()}


def test_masks_are_checked_against_the_resource() -> None:
    descriptor: Any = NvmeSubsystem.DESCRIPTOR
    assert mask_problems(["spec.nqn", "status"], descriptor) == {}
    assert mask_problems([], descriptor) == {}
    found = mask_problems(["spec.none", "x"], descriptor)
    assert list(found) == ["update_mask"]
    assert "spec.none" in found["update_mask"]
    assert "'x'" in found["update_mask"]
    assert mask_problems(["*", "spec"], descriptor) != {}


# -- references


def test_annotated_references_take_names_of_their_type_and_bare_ids() -> None:
    for text in ("vrfs/blue", "blue", "//network.opiproject.org/vrfs/blue"):
        assert reference_problems(Svi(spec=SviSpec(vrf=text))) == {}
    assert reference_problems(Svi(spec=SviSpec(vrf="a b"))) == {"spec.vrf": "'a b' is not a name"}
    for text in ("svis/blue", "vrfs/", "vrfs/a/b", "vrfs/ü"):
        found = reference_problems(Svi(spec=SviSpec(vrf=text)), "svi.")
        assert found == {"svi.spec.vrf": f"{text!r} does not have the form vrfs/{{vrf}}"}


def test_other_references_may_name_what_is_no_resource() -> None:
    for text in ("Malloc0", "volumes/a", "nvme0n1", "lvs0/lvol-1"):
        one = NvmeNamespace(spec={"volume_name_ref": text})
        assert reference_problems(one) == {}
    port = BridgePort(spec=BridgePortSpec(logical_bridges=["bridges/a", "a b", "x//y"]))
    assert reference_problems(port) == {
        "spec.logical_bridges[1]": "'a b' is not a name",
        "spec.logical_bridges[2]": "'x//y' is not a name",
    }


@given(text=st.text(max_size=20) | st.from_regex(r"\A(//h/)?(vrfs/)?[a-zé/:-]{0,4}\Z"))
def test_any_reference_is_either_taken_or_told(text: str) -> None:
    problems = reference_problems(Svi(spec=SviSpec(vrf=text)))
    good = re.fullmatch(r"(//[^/]+/)?(vrfs/)?[A-Za-z0-9._~-]+", text)
    assert bool(problems) == bool(text and not good)


# -- names in requests


def test_the_name_of_an_update_may_stand_in_two_places_but_must_be_one() -> None:
    names = RequestNames(resources().kind("NvmeSubsystem"))
    request = UpdateNvmeSubsystemRequest()
    with pytest.raises(ApiError, match=r"nvme_subsystem\.name: is required"):
        names.updated(request, "nvme_subsystem")
    request.nvme_subsystem.name = "//storage.opiproject.org/nvmeSubsystems/a"
    assert names.updated(request, "nvme_subsystem") == "nvmeSubsystems/a"

    vpcs = RequestNames(resources().kind("Vpc"))
    kind = resources().kind("Vpc")
    field = kind.field("Update")
    both: Any = kind.methods["Update"].request()
    if "name" in both.DESCRIPTOR.fields_by_name:
        both.name = "vpcs/a"
        assert vpcs.updated(both, field) == "vpcs/a"
        getattr(both, field).name = "vpcs/b"
        with pytest.raises(ApiError, match="another resource than vpcs/a"):
            vpcs.updated(both, field)


def test_parents_of_children() -> None:
    names = RequestNames(resources().kind("NvmeController"))
    assert names.parent_of("nvmeSubsystems/a/nvmeControllers/b") == "nvmeSubsystems/a"
    assert RequestNames(resources().kind("NvmeSubsystem")).parent_of("nvmeSubsystems/a") == ""
    assert NvmeController.DESCRIPTOR.name == "NvmeController"


def test_all_problems_are_one_error_and_none_is_none() -> None:
    refuse_if({})
    with pytest.raises(ApiError, match="a: x; b: y"):
        refuse_if({"a": "x", "b": "y"})
