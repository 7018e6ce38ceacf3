"""The JSON Schema of manifests accepts what is exported, and refuses what is mistyped."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from opi.comments import comment, first_sentence, summary
from opi.manifest import parse, to_document
from opi.resources import resources
from opi.schema import manifest_schema
from tests.unit.dpu_sim.gateway.messages import messages
from tests.unit.opi.test_bodies import keep_protocols_in_range

SCHEMA = manifest_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert {one.kind for one in resources().types} <= SCHEMA["$defs"].keys()


@pytest.mark.parametrize("dhgroup", ["unspecified", "x25519", "curve25519"])
def test_every_spelling_of_a_value_fits(dhgroup: str) -> None:
    document = {"kind": "IkeConnection", "id": "con0", "dhgroups": [dhgroup]}
    assert VALIDATOR.is_valid(document)
    assert parse(json.dumps(document))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_is_exported_fits(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(resources().types))
    message: Any = data.draw(messages(kind.descriptor))
    keep_protocols_in_range(message)
    message.name = kind.pattern.format(*["id01"] * kind.pattern.variables)
    document = to_document(kind, message)
    one = Draft202012Validator({**SCHEMA, "anyOf": [{"$ref": f"#/$defs/{kind.kind}"}]})
    assert [error.message for error in one.iter_errors(document)] == []


GOOD = {"kind": "MallocVolume", "id": "vol0", "blockSize": "4k", "blocks_count": 8}


@pytest.mark.parametrize(
    "document",
    [
        GOOD,
        [GOOD],
        {"kind": "NvmePath", "id": "p001", "parent": "c", "trtype": "tcp", "traddr": "10.0.0.1"},
        {"kind": "NvmePath", "name": "x", "trtype": "NVME_TRANSPORT_TYPE_TCP"},
    ],
)
def test_what_people_write_fits(document: Any) -> None:
    assert VALIDATOR.is_valid(document)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"kind": "MallocVolume"},
        {**GOOD, "name": "volumes/x"},
        {**GOOD, "block_sise": 1},
        {**GOOD, "blocks_count": [1]},
        {**GOOD, "kind": "Malloc"},
        {"kind": "NvmePath", "name": "x", "trtype": "ufo"},
        "MallocVolume",
    ],
)
def test_what_is_mistyped_does_not(document: Any) -> None:
    assert not VALIDATOR.is_valid(document)


def test_comments_are_those_of_the_definitions() -> None:
    kind = resources().kind("NvmeSubsystem")
    assert summary(kind.descriptor)
    assert first_sentence(kind.descriptor) in summary(kind.descriptor)
    path = resources().kind("NvmePath").descriptor.fields_by_name["trtype"]
    assert path.enum_type is not None
    assert comment(path.enum_type.values_by_name["NVME_TRANSPORT_TYPE_TCP"])
    assert "\n" not in summary(path)
