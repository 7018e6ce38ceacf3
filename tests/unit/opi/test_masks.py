"""Field masks: what an update takes from a message, by AIP-134 and AIP-203."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opi import masks
from opi.behavior import is_secret
from opi.proto.opi_api.storage.v1.backend_malloc_pb2 import MallocVolume
from opi.proto.opi_api.storage.v1.backend_nvme_pb2 import NvmePath
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import NvmeSubsystem
from opi.resources import resources
from tests.unit.dpu_sim.gateway.messages import messages

KINDS = [one for one in resources().types if "Update" in one.methods]


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Any, Any]:
    """Two resources of one kind: as it is, and as a client sends it."""
    kind = draw(st.sampled_from(KINDS))
    return draw(messages(kind.descriptor)), draw(messages(kind.descriptor))


def configuration(message: Any) -> Any:
    """The message without what updates leave alone."""
    copy = type(message)()
    copy.CopyFrom(message)
    for field, value in message.ListFields():
        if masks.is_protected(field):
            copy.ClearField(field.name)
        elif masks.is_nested(field):
            getattr(copy, field.name).CopyFrom(configuration(value))
    return copy


def reported(message: Any) -> dict[str, Any]:
    """What updates leave alone, by path."""
    found: dict[str, Any] = {}
    for field, value in message.ListFields():
        if masks.is_protected(field):
            found[field.name] = value
        elif masks.is_nested(field):
            inner = reported(value)
            found |= {f"{field.name}.{path}": kept for path, kept in inner.items()}
    return found


def secrets(message: Any) -> dict[str, Any]:
    """The secrets that are set, by path."""
    found: dict[str, Any] = {}
    for field, value in message.ListFields():
        if is_secret(field):
            found[field.name] = value
        elif masks.is_nested(field):
            found |= {f"{field.name}.{path}": one for path, one in secrets(value).items()}
    return found


def subsystem(nqn: str = "", **fields: Any) -> NvmeSubsystem:
    return NvmeSubsystem(spec={"nqn": nqn, **fields})


def test_a_path_takes_one_field_and_leaves_its_neighbours() -> None:
    old, new = subsystem("old", serial_number="S1"), subsystem("new", serial_number="S2")
    assert masks.update(old, new, ["spec.nqn"]) == subsystem("new", serial_number="S1")


def test_a_field_that_the_mask_names_and_the_message_leaves_empty_is_cleared() -> None:
    assert masks.update(
        subsystem("a", model_number="M"), subsystem("a"), ["spec.model_number"]
    ) == (subsystem("a"))


def test_a_path_to_a_message_replaces_all_that_is_in_it() -> None:
    old = subsystem("a", model_number="M", max_namespaces=3)
    assert masks.update(old, subsystem("b"), ["spec"]) == subsystem("b")


def test_without_a_mask_the_fields_that_are_there_are_taken() -> None:
    old = subsystem("a", model_number="M", max_namespaces=3)
    expected = subsystem("b", model_number="M", max_namespaces=3)
    assert masks.update(old, subsystem("b"), []) == expected


def test_everything_replaces_what_is_not_the_servers_own() -> None:
    old = NvmeSubsystem(
        name="nvmeSubsystems/s0", spec={"nqn": "a", "psk": b"p"}, status={"firmware_revision": "1"}
    )
    new = NvmeSubsystem(name="other", spec={"nqn": "b"}, status={"firmware_revision": "9"})
    expected = NvmeSubsystem(
        name="nvmeSubsystems/s0", spec={"nqn": "b"}, status={"firmware_revision": "1"}
    )
    assert masks.update(old, new, ["*"]) == expected


@pytest.mark.parametrize("paths", [[], ["spec"]])
def test_a_secret_that_is_empty_stays(paths: list[str]) -> None:
    kept = masks.update(subsystem("a", psk=b"p"), subsystem("b"), paths)
    assert kept == subsystem("b", psk=b"p")


@pytest.mark.parametrize("paths", [["spec.psk"], ["*"]])
def test_a_secret_is_cleared_by_its_own_path_or_everything(paths: list[str]) -> None:
    assert not masks.update(subsystem("a", psk=b"p"), subsystem("a"), paths).spec.psk


def test_output_only_fields_and_names_stay_even_when_named() -> None:
    old = NvmeSubsystem(name="x", status={"firmware_revision": "1"})
    new = NvmeSubsystem(name="y", status={"firmware_revision": "2"})
    assert masks.update(old, new, ["name", "status", "status.firmware_revision"]) == old


@pytest.mark.parametrize(
    ("message", "path", "problem"),
    [
        (NvmeSubsystem, "spec.nqn", None),
        (NvmeSubsystem, "spec", None),
        (NvmeSubsystem, "", "NvmeSubsystem has no field ''"),
        (NvmeSubsystem, "spec.", "NvmeSubsystemSpec has no field ''"),
        (NvmeSubsystem, "spec.nqm", "NvmeSubsystemSpec has no field nqm"),
        (NvmeSubsystem, "spec.nqn.x", "spec.nqn has no fields"),
        (NvmeSubsystem, "spec.maxNamespaces", "NvmeSubsystemSpec has no field maxNamespaces"),
    ],
)
def test_what_is_wrong_with_a_path(message: Any, path: str, problem: str | None) -> None:
    assert masks.problem(path, message.DESCRIPTOR) == problem


def test_lists_are_replaced_as_a_whole_and_everything_stands_alone() -> None:
    bridge = resources().kind("BridgePort").descriptor
    assert masks.problem("spec.logical_bridges", bridge) is None
    assert masks.problem("spec.logical_bridges.x", bridge) == (
        "spec.logical_bridges is a list: it can only be replaced as a whole"
    )
    assert masks.problems(["*"], bridge) == {}
    assert masks.problems(["*", "spec"], bridge) == {
        "*": "must not be used together with other paths"
    }


def test_a_choice_is_named_by_its_fields() -> None:
    kinds = [one.descriptor for one in resources().types if one.descriptor.oneofs_by_name]
    specs = [f.message_type for t in resources().types for f in t.descriptor.fields]
    chosen = [one for one in [*kinds, *filter(None, specs)] if one.oneofs]
    descriptor: Any = next(one for one in chosen if len(one.oneofs[0].fields) > 1)
    oneof = descriptor.oneofs[0]
    assert f"{oneof.name} is a choice: name the field" in (
        masks.problem(oneof.name, descriptor) or ""
    )


def test_the_mask_of_a_json_body() -> None:
    body = {
        "spec": {"nqn": "x", "serialNumber": "S", "unheard": 1},
        "status": None,
        "name": "n",
        "nope": {},
    }
    descriptor = resources().kind("NvmeSubsystem").descriptor
    assert masks.from_json(body, descriptor) == [
        "spec.nqn",
        "spec.serial_number",
        "status",
        "name",
    ]
    assert masks.from_json({"spec": {}}, descriptor) == ["spec"]


def test_what_a_client_sends_back_says_the_same() -> None:
    stored = NvmePath(name="n", traddr="10.0.0.1")
    assert masks.says_the_same(NvmePath(traddr="10.0.0.1"), stored)
    assert not masks.says_the_same(NvmePath(traddr="10.0.0.2"), stored)
    assert masks.says_the_same(subsystem("a"), subsystem("a", psk=b"p"))
    assert not masks.says_the_same(subsystem("a", psk=b"q"), subsystem("a", psk=b"p"))


def test_an_update_changes_neither_message() -> None:
    old, new = MallocVolume(block_size=512), MallocVolume(block_size=4096)
    assert masks.update(old, new, ["block_size"]).block_size == 4096
    assert (old.block_size, new.block_size) == (512, 4096)


@settings(max_examples=100, deadline=None)
@given(pairs())
def test_an_update_with_the_difference_gives_the_new_message(pair: tuple[Any, Any]) -> None:
    old, new = pair
    paths = masks.difference(old, new)
    assert masks.problems(paths, old.DESCRIPTOR) == {}
    updated = masks.update(old, new, paths) if paths else old
    assert masks.difference(updated, new) == []
    assert reported(updated) == reported(old)


@settings(max_examples=50, deadline=None)
@given(pairs())
def test_everything_gives_the_new_message_and_keeps_the_servers_own(pair: tuple[Any, Any]) -> None:
    old, new = pair
    updated = masks.update(old, new, ["*"])
    assert masks.difference(updated, new) == [] or configuration(updated) == configuration(new)
    assert reported(updated) == reported(old)


@settings(max_examples=50, deadline=None)
@given(pairs())
def test_without_a_mask_nothing_is_lost(pair: tuple[Any, Any]) -> None:
    old, new = pair
    updated = masks.update(old, new, [])
    assert reported(updated) == reported(old)
    assert secrets(updated) == secrets(old) | secrets(new)
    assert masks.update(updated, new, []) == updated


@settings(max_examples=50, deadline=None)
@given(pairs(), st.data())
def test_a_mask_touches_what_it_names_alone(pair: tuple[Any, Any], data: st.DataObject) -> None:
    old, new = pair
    field = data.draw(st.sampled_from(list(old.DESCRIPTOR.fields)))
    updated = masks.update(old, new, [field.name])
    for other in old.DESCRIPTOR.fields:
        same_choice = field.containing_oneof and other.containing_oneof is field.containing_oneof
        if other.name != field.name and not same_choice:
            assert getattr(updated, other.name) == getattr(old, other.name)
