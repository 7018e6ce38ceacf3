"""Base of everything that a scenario file holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from lab.topology.problems import suggest

UNKNOWN_KEY = "unknown_key"
"""Error type; its context has `key` and `hint`."""


class Strict(BaseModel):
    """A part of the file in which unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _only_known_keys(cls, values: Any) -> Any:
        # Before pydantic's own check, which could not say what was meant.
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in values if isinstance(values, Mapping) else ():
            if key not in known:
                raise PydanticCustomError(
                    UNKNOWN_KEY,
                    "unknown key '{key}'",
                    {"key": str(key), "hint": suggest(str(key), known)},
                )
        return values
