"""JSON Schema of scenario files, generated from the models that read them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from lab.scenario.model import ScenarioFile
from lab.scenario.steps import STEP_KINDS
from lab.scenario.steps.base import NESTED_STEP

REFERENCE = {
    "type": "string",
    "pattern": r"\$\{[^{}]+\}",
    "description": "A variable; its value must fit when the step runs.",
}
_REFERENCE = {"$ref": "#/$defs/Reference"}
_SCALARS = frozenset({"integer", "number", "boolean"})
_ANNOTATIONS = ("default", "description", "title")


def json_schema() -> dict[str, Any]:
    """The schema, draft 2020-12."""
    models: list[type[BaseModel]] = [ScenarioFile, *STEP_KINDS.values()]
    _, schema = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/$defs/{model}"
    )
    definitions = _with_steps(schema["$defs"])
    root = definitions.pop("ScenarioFile")
    for name in ("Matcher", "CheckAction"):
        for field in definitions[name]["properties"].values():
            field.pop("default", None)  # what is not written is not compared
    for definition in definitions.values():
        _admit_references(definition)
    definitions["Reference"] = REFERENCE
    definitions["Step"] = {
        "oneOf": [{"$ref": f"#/$defs/{model.__name__}"} for model in STEP_KINDS.values()]
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "dpulab-scenario.schema.json",
        **root,
        "title": "dpulab scenario",
        "$defs": dict(sorted(definitions.items())),
    }


def _with_steps(tree: Any) -> Any:
    """The schema with a reference wherever a step may stand."""
    if isinstance(tree, dict):
        if tree.get("$comment") == NESTED_STEP:
            return {"$ref": "#/$defs/Step"}
        # Titles only repeat the names.
        return {
            key: _with_steps(value)
            for key, value in tree.items()
            if not (key == "title" and isinstance(value, str))
        }
    return [_with_steps(item) for item in tree] if isinstance(tree, list) else tree


def _admit_references(schema: dict[str, Any]) -> None:
    """Let a reference stand wherever a value is not free text anyway."""
    for name, field in schema.get("properties", {}).items():
        schema["properties"][name] = _admitting(field)


def _admitting(field: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in field:
        if _REFERENCE in field["anyOf"] or not any(map(_is_narrow, field["anyOf"])):
            return field
        return {**field, "anyOf": [*field["anyOf"], _REFERENCE]}
    if not _is_narrow(field):
        return field
    kept: dict[str, Any] = {key: field[key] for key in _ANNOTATIONS if key in field}
    narrow = {key: value for key, value in field.items() if key not in kept}
    return {**kept, "anyOf": [narrow, _REFERENCE]}


def _is_narrow(field: dict[str, Any]) -> bool:
    """Whether a field refuses some text."""
    return bool(_SCALARS & {field.get("type")}) or "enum" in field or "pattern" in field
