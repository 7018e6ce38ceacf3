"""YAML with positions: text to a tree in which every key and value knows its line and column.

Scalars keep the text as it was written, and whether it was quoted; what a plain `1.10` or `yes`
means is decided by the field that reads it (lab/topology/scalars.py), so an image tag never turns
into a number. Aliases and merge keys (`<<`) work; everything that makes a small file large or two
readings possible is refused: duplicate keys, tags, several documents, self-reference, depth, size.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from lab.topology.problems import KeyPath

MAX_BYTES = 1 << 20
"""Largest topology file in bytes; a 1000-node lab has about a tenth of that."""
MAX_DEPTH = 32
"""Deepest nesting; the format itself needs nine levels."""
MAX_VALUES = 100_000
"""Most values after aliases are followed, against alias bombs."""

_MERGE = "<<"
_STR_TAG = "!!str"
_CONTROL = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What is not printable in YAML 1.2 (chapter 5.1)."""
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


class SourceError(Exception):
    """Not usable as YAML. `index` is an offset into the text, None when nothing better is known."""

    def __init__(self, what: str, index: int | None = None, hint: str = "") -> None:
        super().__init__(what)
        self.what, self.index, self.hint = what, index, hint


class Plain(str):
    """A scalar that was written without quotes."""

    __slots__ = ()


@dataclass(slots=True)
class Value:
    """A scalar, list or map; `index` is where it starts in the text, `size` counts its values."""

    index: int
    content: str | list[Value] | dict[str, Entry] | None = None
    size: int = 1
    is_open: bool = True


@dataclass(slots=True)
class Entry:
    """A value in a map, with the place of its key."""

    index: int
    value: Value


Data: TypeAlias = "str | list[Data] | dict[str, Data] | None"


def data(value: Value) -> Data:
    """The tree as plain lists, dicts, `str` (quoted), `Plain` (not quoted) and None."""
    content = value.content
    if isinstance(content, dict):
        return {key: data(entry.value) for key, entry in content.items()}
    if isinstance(content, list):
        return [data(item) for item in content]
    return content


def locate(root: Value, path: KeyPath, *, key: bool = False) -> int:
    """Offset of the value at `path`, or of its key; of the nearest parent where there is none."""
    value, index = root, root.index
    for part in path:
        if isinstance(value.content, dict) and part in value.content:
            entry = value.content[str(part)]
            value, index = entry.value, (entry.index if key else entry.value.index)
        elif isinstance(value.content, list) and isinstance(part, int):
            if part >= len(value.content):
                break
            value = value.content[part]
            index = value.index
        else:
            break
    return index


def parse(text: str) -> Value:
    """Read one YAML document. Raises SourceError."""
    if control := _CONTROL.search(text):
        name = f"U+{ord(control[0]):04X}"
        raise SourceError(f"the file contains the control character {name}", control.start())
    reader = _Reader()
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            reader.feed(event)
    except MarkedYAMLError as error:
        _syntax_error(text, error)
    except (YAMLError, ValueError, IndexError, OverflowError) as error:
        # Besides its own errors ruamel lets a few built-in ones out, for instance for `%YAML` and
        # `\U` escapes beyond Unicode.
        raise SourceError(f"not valid YAML: {_first_line(error)}") from error
    if reader.root is None:
        raise SourceError("the file is empty", 0, "a topology file has at least name and topology")
    return reader.root


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _syntax_error(text: str, error: MarkedYAMLError) -> NoReturn:
    mark = error.problem_mark or error.context_mark
    what = f"not valid YAML: {error.problem or error.context or 'syntax error'}"
    if mark is None:
        raise SourceError(what) from error
    if text[mark.index : mark.index + 1] == "\t":
        raise SourceError(
            "a tab indents this line", mark.index, "YAML is indented with spaces"
        ) from error
    if text[mark.index - 1 : mark.index + 1] == "${":
        hint = "is the variable set? Inside [] and {} an unset one needs quotes"
        raise SourceError(what, mark.index, hint) from error
    raise SourceError(what, mark.index) from error


@dataclass(slots=True)
class _Reader:
    """Builds the tree from parser events, without recursion."""

    root: Value | None = None
    stack: list[Value] = field(default_factory=list)
    keys: list[tuple[int, str] | None] = field(default_factory=list)
    anchors: dict[str, Value] = field(default_factory=dict)
    merges: list[tuple[int, Value] | None] = field(default_factory=list)
    merged: int = 0
    placed: int = 0

    def feed(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, DocumentStartEvent):
            if self.root is not None:
                raise SourceError(
                    "a second YAML document starts here",
                    event.start_mark.index,
                    "one file describes one lab",
                )
        elif isinstance(event, ScalarEvent):
            self._scalar(event)
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._open(event)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._close()
        elif isinstance(event, AliasEvent):
            self._alias(event)

    def _scalar(self, event: ScalarEvent) -> None:
        index = event.start_mark.index
        tag = _tag(event)
        if tag not in {None, _STR_TAG}:
            raise SourceError(f"YAML tag {tag} is not supported", index, "leave the tag out")
        quoted = event.style is not None or tag == _STR_TAG
        text = _printable(event.value, index)
        content: str | None = text if quoted else Plain(text)
        if not quoted and event.value in _NULLS:
            content = None
        value = Value(index, content, is_open=False)
        self._anchor(event.anchor, value)
        if self._expects_key():
            self._key(value)
            return
        self._place(value)

    def _open(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        index = event.start_mark.index
        if self._expects_key():
            raise SourceError("a key must be plain text", index)
        if tag := _tag(event):
            raise SourceError(f"YAML tag {tag} is not supported", index, "leave the tag out")
        if len(self.stack) >= MAX_DEPTH:
            raise SourceError(f"nested deeper than {MAX_DEPTH} levels", index)
        is_map = isinstance(event, MappingStartEvent)
        value = Value(index, {} if is_map else [])
        self._anchor(event.anchor, value)
        self.stack.append(value)
        self.keys.append(None)
        self.merges.append(None)

    def _close(self) -> None:
        value = self.stack.pop()
        self.keys.pop()
        if (pending := self.merges.pop()) is not None:
            self._merge(value, *pending)
        value.is_open = False
        value.size = 1 + sum(child.size for child in _children(value))
        if value.size > MAX_VALUES:
            raise SourceError(f"more than {MAX_VALUES} values (aliases followed)", value.index)
        self._place(value)

    def _alias(self, event: AliasEvent) -> None:
        index = event.start_mark.index
        if self._expects_key():
            raise SourceError("a key must be plain text", index)
        target = self.anchors.get(event.anchor)
        if target is None:
            raise SourceError(f"alias *{event.anchor} has no anchor before it", index)
        if target.is_open:
            raise SourceError(f"alias *{event.anchor} refers to what it is a part of", index)
        self._place(target)

    def _expects_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].content, dict) and not self.keys[-1]

    def _key(self, value: Value) -> None:
        parent = self.stack[-1].content
        if value.content is None:
            raise SourceError("a key is missing before ':'", value.index)
        name = str(value.content)
        is_merge = name == _MERGE and isinstance(value.content, Plain)
        taken = self.merges[-1] is not None if is_merge else name in (parent or ())
        if taken:
            raise SourceError(f"key '{name}' is given twice", value.index, "keep one of the two")
        if name == _MERGE and not is_merge:
            raise SourceError("key '<<' is reserved for merging", value.index)
        self.keys[-1] = (value.index, name)

    def _anchor(self, anchor: str | None, value: Value) -> None:
        if anchor is not None:
            self.anchors[anchor] = value

    def _place(self, value: Value) -> None:
        """Put a finished value where it belongs."""
        self.placed += 1
        if self.placed > MAX_VALUES:
            raise SourceError(f"more than {MAX_VALUES} values", value.index)
        if not self.stack:
            self.root = value
            return
        content = self.stack[-1].content
        key = self.keys[-1]
        if isinstance(content, list):
            content.append(value)
        elif isinstance(content, dict) and key is not None:
            self.keys[-1] = None
            if key[1] == _MERGE:
                self.merges[-1] = (key[0], value)
            else:
                content[key[1]] = Entry(key[0], value)

    def _merge(self, target: Value, index: int, source: Value) -> None:
        """Add what `<<` names (YAML merge key): a map or maps, where earlier ones win."""
        content = target.content
        sources = source.content if isinstance(source.content, list) else [source]
        for item in sources:
            if not isinstance(item.content, dict) or not isinstance(content, dict):
                raise SourceError("'<<' merges maps only", index)
            self.merged += len(item.content)
            if self.merged > MAX_VALUES:
                raise SourceError(f"'<<' merges more than {MAX_VALUES} values", index)
            for name, entry in item.content.items():
                content.setdefault(name, entry)


def _printable(text: str, index: int) -> str:
    """Refuse what escapes such as "\\0" or "\\e" smuggle in: no field has a use for it.

    JSON writes characters beyond U+FFFF as two escapes (RFC 8259, section 7); they become one.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if control := _CONTROL.search(whole) or ("\ufffd" in whole and _CONTROL.search(text)):
        name = f"U+{ord(control[0]):04X}"
        raise SourceError(f"an escape gives {name}, which is no printable character", index)
    return whole


def _children(value: Value) -> list[Value]:
    if isinstance(value.content, dict):
        return [entry.value for entry in value.content.values()]
    return value.content if isinstance(value.content, list) else []


def _tag(event: ScalarEvent | MappingStartEvent | SequenceStartEvent) -> str | None:
    """An explicit tag; ruamel gives a Tag object or text."""
    tag = event.tag
    return None if tag is None else str(tag).replace("tag:yaml.org,2002:", "!!")
