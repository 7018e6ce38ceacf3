"""The committed JSON Schema is the models', and takes what the loader takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from lab.topology.schema import json_schema, text

ROOT = Path(__file__).parents[3]
COMMITTED = ROOT / "schemas" / "dpulab-topology.schema.json"
FOLDER = Path(__file__).parent
SHAPE_ERRORS = ("unknown-key", "missing-keys", "mtu", "label-unknown", "no-nodes", "impairment")


def read(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text())


def test_no_drift() -> None:
    assert COMMITTED.read_text() == text(), (
        "run: python -m lab.topology.schema > schemas/dpulab-topology.schema.json"
    )


def properties(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        for name, value in schema.get("properties", {}).items():
            yield f"{path}.{name}", value
        for key, value in schema.items():
            yield from properties(value, f"{path}/{key}")


def test_every_key_is_described() -> None:
    schema = json_schema()
    found = dict(properties(schema))
    for value in found.values():
        # A key whose text is its model's own has only the reference.
        if reference := value.get("$ref"):
            value.setdefault(
                "description", schema["$defs"][reference.split("/")[-1]]["description"]
            )
    assert len(found) > 80
    assert [path for path, value in found.items() if not value.get("description")] == []


def test_it_is_a_schema_that_refuses_unknown_keys() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    is_open = [
        name
        for name, model in schema["$defs"].items()
        if model.get("additionalProperties") is not False
    ]
    assert is_open == ["VarsSpec"]


@pytest.mark.parametrize(
    "path",
    [
        *sorted((FOLDER / "valid").glob("*.clab.yml")),
        *sorted(ROOT.glob("topologies/**/*.clab.yml")),
    ],
    ids=lambda path: path.name,
)
def test_it_takes_valid_files(path: Path) -> None:
    jsonschema.validate(read(path), json_schema())


@pytest.mark.parametrize("name", SHAPE_ERRORS)
def test_it_refuses_files_of_the_wrong_shape(name: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(read(FOLDER / "errors" / f"{name}.clab.yml"), json_schema())


def test_it_is_json() -> None:
    assert json.loads(COMMITTED.read_text())["$schema"].endswith("2020-12/schema")
