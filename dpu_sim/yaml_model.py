"""YAML files with a pydantic model: every mistake is told with file, line and field."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from dpu_sim.errors import ConfigError, dotted, first_problem

MAX_FILE_BYTES = 65536
"""Our files take a few kB. More is a mistake, and the parser's time must have a bound."""

Model = TypeVar("Model", bound=BaseModel)


def read_limited(path: Path, what: str) -> bytes:
    """The content of a file, or its first MAX_FILE_BYTES + 1 bytes. Raises ConfigError.

    Args:
        path: the file.
        what: its kind, for error texts, such as "personality".
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot read the {what} file: {error.strerror}") from None


def parse_model(
    data: bytes,
    source: str,
    model: type[Model],
    *,
    what: str,
    example: str,
    context: Mapping[str, object] | None = None,
) -> Model:
    """Make a model of the content of a file.

    Args:
        data: UTF-8 text, YAML 1.2, at most MAX_FILE_BYTES.
        source: name of the file, for error texts.
        model: what the file describes.
        what: its kind, for error texts.
        example: a key that the file has.
        context: for the model's validators.

    Raises:
        ConfigError: anything else; names the line and the field.
    """
    if len(data) > MAX_FILE_BYTES:
        raise ConfigError(f"{source}: larger than {MAX_FILE_BYTES} bytes, no {what}")
    content = _parse(data, source)
    if not isinstance(content, dict):
        raise ConfigError(f"{source}: expected a mapping with the key `{example}` and others")
    try:
        return model.model_validate(content, context=context)
    except ValidationError as error:
        field, problem = first_problem(error)
        line = _line_of(data, field)
        raise ConfigError(f"{source}:{line}: {dotted(field)}: {problem}") from None


def _parse(data: bytes, source: str) -> object:
    try:
        return YAML(typ="safe", pure=True).load(data)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{source}:{line}: not YAML: {error.problem}") from None
    except (YAMLError, ValueError, OverflowError, RecursionError, TypeError) as error:
        # Besides its own errors the parser lets through what building values raises: impossible
        # dates, endless digits, bytes that are not UTF-8, unhashable keys, bottomless nesting.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ConfigError(f"{source}: not YAML: {reason}") from None


def _line_of(data: bytes, field: tuple[str | int, ...]) -> int:
    """Line (from 1) of the deepest part of `field` that the file has."""
    node: Node = YAML(typ="safe", pure=True).compose(data)
    line = node.start_mark.line
    for part in field:
        found = _child(node, part)
        if found is None:
            break
        line, node = found
    return int(line) + 1


def _child(node: Node, part: str | int) -> tuple[int, Node] | None:
    """Line (from 0) and value of a key or an index; None when the node has no such thing."""
    if isinstance(node, MappingNode):
        pairs = ((k.start_mark.line, v) for k, v in node.value if k.value == part)
        return next(pairs, None)
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line, node.value[part]
    return None
