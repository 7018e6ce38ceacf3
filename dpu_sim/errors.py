"""What can be wrong with the way a DPU was set up; the server prints it and does not start."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class ConfigError(Exception):
    """A file or setting that the DPU cannot work with; the text names it and what to do."""


def first_problem(error: ValidationError) -> tuple[tuple[str | int, ...], str]:
    """The field (path of keys and indices) and the text of the first thing pydantic objects to."""
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return problem["loc"], problem["msg"].removeprefix("Value error, ")


def dotted(field: tuple[str | int, ...]) -> str:
    """A field path as users write it: pci.physical.vendor; "the file" for the whole."""
    return ".".join(str(part) for part in field) or "the file"
