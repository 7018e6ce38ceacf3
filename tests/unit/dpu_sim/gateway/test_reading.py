"""Requests from JSON: mistakes are told with the field, and nothing is misunderstood."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from dpu_sim.api.errors import ApiError
from dpu_sim.gateway.codec import encode
from dpu_sim.gateway.reading import read_into
from opi.proto.opi_api.network.opinetcommon.v1alpha1.networktypes_pb2 import IPAddress
from opi.proto.opi_api.storage.v1 import backend_nvme_pb2, frontend_nvme_pb2
from tests.unit.dpu_sim.gateway.messages import EXAMPLES, messages

CREATE = frontend_nvme_pb2.CreateNvmeSubsystemRequest


def problem(message: Message, value: Any, field: str = "") -> str:
    """What is said about a value."""
    with pytest.raises(ApiError) as caught:
        read_into(message, value, field)
    caught.value.status().SerializeToString()
    return caught.value.message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "body: has to be an object, not an array"),
        (None, "body: has to be an object, not null"),
        ({"nvmeSubsystem": []}, "nvmeSubsystem: has to be an object, not an array"),
        (
            {"nvmeSubsystem": {"spec": {"nqn": 5}}},
            "nvmeSubsystem.spec.nqn: has to be a string of Unicode text, not 5",
        ),
        (
            {"nvme_subsystem": {"spec": {"max_namespaces": "many"}}},
            "nvme_subsystem.spec.max_namespaces: has to be a whole number from -92233720368547758",
        ),
        ({"nvmeSubsystemId": "\ud800"}, 'a string of Unicode text, not "\\ud800"'),
        ({"nvmeSubsystemId": [[[[["x"]]]]]}, "not an array"),
        ({"nvmeSubsystemId": "x", "nvme_subsystem_id": "y"}, "is there in both"),
    ],
)
def test_mistakes_name_the_field_as_it_was_spelled(value: Any, message: str) -> None:
    assert message in problem(CREATE(), value)


def test_secrets_are_not_repeated() -> None:
    text = problem(CREATE(), {"nvmeSubsystem": {"spec": {"psk": {"a": "s3cret"}}}})
    assert text.startswith("nvmeSubsystem.spec.psk: has to be ")
    assert "s3cret" not in text


def test_unknown_keys_are_left_out_and_told() -> None:
    message = CREATE()
    unknown = read_into(message, {"x": 1, "nvmeSubsystem": {"spec": {"nqn": "a", "y": {}}}})
    assert unknown == ["x", "nvmeSubsystem.spec.y"]
    assert message.nvme_subsystem.spec.nqn == "a"


def test_one_field_alone_is_read() -> None:
    message = CREATE(nvme_subsystem_id="sub0")
    read_into(message, {"spec": {"nqn": "a"}}, "nvme_subsystem")
    assert (message.nvme_subsystem_id, message.nvme_subsystem.spec.nqn) == ("sub0", "a")
    read_into(message, {"spec": {"nqn": "b"}}, "nvme_subsystem")
    assert message.nvme_subsystem.spec.nqn == "b"


@pytest.mark.parametrize("mask", ["spec.serialNumber,spec.nqn", "spec.serial_number,spec.nqn"])
def test_masks_may_have_either_spelling(mask: str) -> None:
    message = frontend_nvme_pb2.UpdateNvmeSubsystemRequest()
    read_into(message, {"updateMask": mask})
    assert message.update_mask.paths == ["spec.serial_number", "spec.nqn"]


def test_numbers_are_taken_in_the_forms_of_protobufs_mapping() -> None:
    for given_value in (7, 7.0, "7", "7.0", "7e0"):
        message = backend_nvme_pb2.NvmeRemoteController()
        read_into(message, {"ioQueuesCount": given_value})
        assert message.io_queues_count == 7
    for enum in (1, "NVME_MULTIPATH_DISABLE"):
        read_into(message, {"multipath": enum})
        assert message.multipath == backend_nvme_pb2.NVME_MULTIPATH_DISABLE
    text = problem(message, {"multipath": "SOMETIMES"})
    assert "one of NVME_MULTIPATH_UNSPECIFIED, NVME_MULTIPATH_DISABLE" in text


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("x" * 100)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("name"), inner)
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(messages(), st.data())
def test_a_wrong_value_anywhere_is_refused_with_a_field_or_means_the_same_to_protobuf(
    message: Any, data: st.DataObject
) -> None:
    """protobuf's library is the oracle: what we accept, it reads alike."""
    value = encode(message)
    if not isinstance(value, dict) or not value:
        return
    key = data.draw(st.sampled_from(sorted(value)))
    value[key] = data.draw(VALUES)
    ours = type(message)()
    try:
        unknown = read_into(ours, value)
    except ApiError as error:
        error.status().SerializeToString()
        return
    if not unknown:
        theirs = json_format.ParseDict(value, type(message)(), ignore_unknown_fields=True)
        assert ours == theirs or key == "updateMask"


def test_a_choice_is_made_once() -> None:
    text = problem(IPAddress(), {"v4Addr": 1, "v6Addr": "AAAA"})
    assert "oneof" in text
