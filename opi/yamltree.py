"""YAML and JSON documents as trees that know their lines.

Scalars keep their text: what a plain `1.10`, `yes` or `00:11:22:33:44:55` means is decided by the
field that reads it. JSON is read as the YAML that it is. Limits are constants, so that a small file
cannot become a large one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

MAX_BYTES = 4 << 20
"""Largest text in bytes."""
MAX_VALUES = 200_000
"""Most values after aliases are followed, against alias bombs."""
MAX_DEPTH = 64

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_NOT_YAML = (YAMLError, ValueError, LookupError, ArithmeticError, TypeError, AttributeError)
"""Besides its own errors ruamel lets built-in ones out."""


class TreeError(Exception):
    """Text that cannot be read; `line` counts from 1, 0 when it is not known."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True)
class Tree:
    """A value and the line where it begins.

    Attributes:
        content: text of a scalar, None for null, items of a list, entries of a map.
        is_quoted: whether a scalar was written in quotes or as a block.
    """

    line: int
    content: Content
    is_quoted: bool = False

    @property
    def entries(self) -> dict[str, Tree]:
        """Entries of a map; empty for anything else."""
        return self.content if isinstance(self.content, dict) else {}

    def get(self, key: str) -> str:
        """The text under a key of a map, '' when there is none."""
        entry = self.entries.get(key)
        return entry.content if entry and isinstance(entry.content, str) else ""


Content: TypeAlias = "str | list[Tree] | dict[str, Tree] | None"


def documents(text: str) -> list[Tree]:
    """All documents of a text; empty ones are left out. Raises TreeError."""
    if len(text) > MAX_BYTES:
        raise TreeError(f"more than {MAX_BYTES >> 20} MiB")
    try:
        nodes = list(YAML(typ="safe", pure=True).compose_all(text))
        reader = _Reader()
        trees = [reader.read(node, 0) for node in nodes if node is not None]
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = error.problem or error.context or "syntax error"
        raise TreeError(f"not valid YAML: {what}", mark.line + 1 if mark else 0) from error
    except RecursionError:
        raise TreeError("nested too deeply") from None
    except _NOT_YAML as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise TreeError(f"not valid YAML: {first}") from error
    return [tree for tree in trees if tree.content is not None]


class _Reader:
    """Turns nodes into trees, counting values."""

    def __init__(self) -> None:
        self._values = 0

    def read(self, node: Any, depth: int) -> Tree:
        """The tree of a node."""
        line = node.start_mark.line + 1
        self._values += 1
        if self._values > MAX_VALUES:
            raise TreeError(f"more than {MAX_VALUES} values", line)
        if depth > MAX_DEPTH:
            raise TreeError(f"nested deeper than {MAX_DEPTH} levels", line)
        if isinstance(node, ScalarNode):
            return _scalar(node, line)
        if isinstance(node, SequenceNode):
            return Tree(line, [self.read(child, depth + 1) for child in node.value])
        assert isinstance(node, MappingNode)
        return Tree(line, dict(self._entries(node, depth)))

    def _entries(self, node: Any, depth: int) -> Iterator[tuple[str, Tree]]:
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                raise TreeError("a key must be plain text", line)
            if key.value in seen:
                raise TreeError(f"key {key.value!r} is given twice", line)
            seen.add(key.value)
            yield str(key.value), self.read(value, depth + 1)


def _scalar(node: Any, line: int) -> Tree:
    is_quoted = node.style is not None
    if not is_quoted and node.value in _NULLS:
        return Tree(line, None)
    # JSON writes characters beyond U+FFFF as two escapes (RFC 8259, section 7).
    text = str(node.value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return Tree(line, text, is_quoted)
