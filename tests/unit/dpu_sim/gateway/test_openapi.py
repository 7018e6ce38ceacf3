"""The OpenAPI document: valid to those who read such documents, complete, and true."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from google.protobuf.json_format import MessageToDict
from hypothesis import given, settings

from dpu_sim.gateway.codec import dumps, encode
from dpu_sim.gateway.openapi import document
from dpu_sim.gateway.routes import Router
from opi.behavior import is_output_only
from opi.catalog import catalog
from tests.unit.dpu_sim.gateway.messages import EXAMPLES, messages

ROUTER = Router(catalog(), lambda _: False)
ANSWERED = "/opi_api.storage.v1.FrontendNvmeService/GetNvmeSubsystem"
DOCUMENT: Any = json.loads(
    dumps(document(catalog(), ROUTER, lambda method: method.path == ANSWERED))
)
OPERATIONS = [
    (path, verb, one) for path, item in DOCUMENT["paths"].items() for verb, one in item.items()
]


def test_schemathesis_finds_it_valid() -> None:
    schemathesis.openapi.from_dict(DOCUMENT).validate()


def test_a_document_with_a_mistake_is_not_valid() -> None:
    broken = {**DOCUMENT, "paths": {"/x": {"get": {"responses": 3}}}}
    with pytest.raises(Exception, match="3"):
        schemathesis.openapi.from_dict(broken).validate()


def test_schemas_are_schemas() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert schema, name
        assert jsonschema_rs.meta.is_valid({"$schema": DRAFT, **schema}), name


def test_references_lead_somewhere() -> None:
    references = set(re.findall(r'"\$ref":\s*"([^"]*)"', json.dumps(DOCUMENT)))
    assert len(references) > 100
    for reference in references:
        found: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        assert found


def test_every_rpc_and_every_route_in_force_is_there() -> None:
    for method in catalog().methods():
        assert DOCUMENT["paths"][method.path]["post"]["x-rpc"] == method.path
    losers = {one.loser for one in ROUTER.conflicts}
    routes = [one for one in ROUTER.routes if one not in losers]
    assert len(OPERATIONS) == len(routes) + len(list(catalog().methods()))
    ids = [one["operationId"] for _, _, one in OPERATIONS]
    assert len(set(ids)) == len(ids)


def test_operations_lead_to_the_rpc_that_they_name() -> None:
    for path, verb, one in OPERATIONS:
        match = ROUTER.find(verb.upper(), re.sub(r"\{\w+\}", "x", path))
        assert match.route.method.path == one["x-rpc"]
        named = [each["name"] for each in one["parameters"] if each.get("in") == "path"]
        assert re.findall(r"\{(\w+)\}", path) == named


def test_everything_is_described() -> None:
    assert all(one["summary"] and one["description"] for _, _, one in OPERATIONS)
    assert all(tag["description"] for tag in DOCUMENT["tags"])
    for name, schema in DOCUMENT["components"]["schemas"].items():
        if not name.startswith("google."):
            assert schema["description"], name
            assert all(one["description"] for one in schema.get("properties", {}).values()), name


def test_what_is_not_implemented_says_so() -> None:
    for _, _, one in OPERATIONS:
        answered = one["x-rpc"] == ANSWERED
        assert ("x-unimplemented" not in one) is answered
        assert ("501" not in one["responses"]) is answered


def test_a_resource_in_the_document() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    spec = schemas["opi_api.storage.v1.NvmeSubsystemSpec"]
    assert spec["required"] == ["nqn"]
    assert "required" not in schemas["opi_api.storage.v1.NvmeSubsystemSpec.Changes"]
    assert spec["properties"]["maxNamespaces"]["format"] == "int64"
    assert spec["properties"]["psk"]["format"] == "password"
    status = schemas["opi_api.storage.v1.NvmeSubsystem"]["properties"]["status"]
    assert status["readOnly"]
    created = DOCUMENT["paths"]["/v1/nvmeSubsystems"]["post"]
    names = [one["name"] for one in created["parameters"] if "name" in one]
    assert names == ["nvmeSubsystemId"]
    changed = DOCUMENT["paths"]["/v1/nvmeSubsystems/{nvmeSubsystem}"]["patch"]
    names = [one["name"] for one in changed["parameters"] if "name" in one]
    assert names == ["nvmeSubsystem", "updateMask", "allowMissing"]


DRAFT = "https://json-schema.org/draft/2020-12/schema"
LENIENT = {
    name: {key: value for key, value in schema.items() if key != "required"}
    for name, schema in DOCUMENT["components"]["schemas"].items()
}
_validators: dict[str, Any] = {}


def validator(name: str) -> Any:
    """An independent validator for one of the document's schemas, which requires no field."""
    if name not in _validators:
        root = {
            "$schema": DRAFT,
            "$ref": f"#/components/schemas/{name}",
            "components": {"schemas": LENIENT},
        }
        _validators[name] = jsonschema_rs.Draft202012Validator(root)
    return _validators[name]


@settings(max_examples=EXAMPLES, deadline=None)
@given(messages())
def test_what_we_write_has_the_form_that_the_document_says(message: Any) -> None:
    name = message.DESCRIPTOR.full_name
    if name not in DOCUMENT["components"]["schemas"]:
        return
    if "Infinity" in dumps(encode(message)).decode():
        return  # a number in JSON's own words is not to be had
    errors = [f"{one.instance_path}: {one}" for one in validator(name).iter_errors(encode(message))]
    assert errors == []


def test_output_only_fields_are_read_only() -> None:
    seen: Counter[bool] = Counter()
    for one in catalog().messages():
        schema = DOCUMENT["components"]["schemas"].get(one.full_name, {})
        for field in one.fields:
            written = schema.get("properties", {}).get(field.json_name)
            if written is not None:
                assert written.get("readOnly", False) is is_output_only(field)
                seen[is_output_only(field)] += 1
    assert min(seen[True], seen[False]) > 20


def test_the_validator_would_tell() -> None:
    valid = validator("opi_api.storage.v1.NvmeSubsystem")
    good = MessageToDict(catalog().method(ANSWERED).response(name="a"))
    assert valid.is_valid(good)
    assert not valid.is_valid({**good, "name": 5})
