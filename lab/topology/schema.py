"""JSON Schema of topology files, generated from the models: `python -m lab.topology.schema`."""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from lab.topology.spec import FileSpec


class _Generator(GenerateJsonSchema):
    """Says what a file may hold: "not given" is an absent key there, never null."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        made = super().default_schema(schema)
        if made.get("default") in (None, {}, []):
            made.pop("default", None)
        return made

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def json_schema() -> dict[str, Any]:
    """The schema as a JSON-able dict (draft 2020-12)."""
    schema = FileSpec.model_json_schema(schema_generator=_Generator, by_alias=True)
    nodes = schema["$defs"]["TopologySpec"]["properties"]["nodes"]
    nodes["additionalProperties"] = {"anyOf": [nodes["additionalProperties"], {"type": "null"}]}
    head = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "dpulab topology (a strict subset of containerlab's format)",
    }
    return head | {key: value for key, value in schema.items() if key != "title"}


def text() -> str:
    """The schema as the committed file has it."""
    return json.dumps(json_schema(), indent=2, sort_keys=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
