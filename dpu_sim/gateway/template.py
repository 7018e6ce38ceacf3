"""Path templates of google.api.http annotations (google/api/http.proto, "Path template syntax").

Template = "/" Segments [ ":" verb ]        Segment  = "*" | "**" | literal | Variable
Segments = Segment { "/" Segment }          Variable = "{" field path [ "=" Segments ] "}"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

ONE = "*"
REST = "**"

_TEMPLATE = re.compile(r"/(.+?)(?::([^/:{}*]+))?")
_PART = re.compile(r"\{(\w+(?:\.\w+)*)(?:=([^{}]+))?\}|([^/{}]+)")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPED_SLASH = re.compile(r"(%2[Ff])")


@dataclass(frozen=True, slots=True)
class Variable:
    """A request field that the path gives: that of the segments `start` up to before `stop`.

    Attributes:
        field: path of the field in the request, such as "nvme_subsystem.name".
        start: first segment.
        stop: where it ends; None for the end of the path.
    """

    field: str
    start: int
    stop: int | None

    @property
    def is_single(self) -> bool:
        """Whether the value is one segment, in which an escaped slash is just a character."""
        return self.stop == self.start + 1


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template.

    Attributes:
        text: as annotated.
        segments: literals, "*" for one segment, "**" (last only) for any number of them.
        variables: which fields they give.
        verb: custom verb after the colon, '' for none.
    """

    text: str
    segments: tuple[str, ...]
    variables: tuple[Variable, ...]
    verb: str

    def values(self, segments: Sequence[str]) -> dict[str, str]:
        """What a path that matches gives: field path -> value.

        Args:
            segments: of the path, percent-encoded, without verb.

        Raises:
            ValueError: a segment is not percent-encoded UTF-8.
        """
        return {
            one.field: "/".join(map(_decoder(one), segments[one.start : one.stop]))
            for one in self.variables
        }


def parse(text: str) -> Template:
    """Parse a template.

    Wildcards that directly follow a variable belong to it: `{name=devices}/*` says that the name is
    `devices/<id>`, or nothing would tell which device is meant.

    Raises:
        ValueError: it is none.
    """
    whole = _TEMPLATE.fullmatch(text)
    if not whole:
        raise ValueError(f"{text!r} is not a path template")
    segments: list[str] = []
    variables: list[Variable] = []
    for field, part in _parts(whole[1]):
        if field:
            variables.append(Variable(field, len(segments), len(segments) + len(part)))
        elif part == (ONE,) and variables and variables[-1].stop == len(segments):
            variables[-1] = Variable(variables[-1].field, variables[-1].start, len(segments) + 1)
        segments += part
    if any(not _may_stand(one, last=i == len(segments)) for i, one in enumerate(segments, 1)):
        raise ValueError(f"{text!r}: segments are literals, * or, at the end, **")
    closed = (_open_ended(one, segments) for one in variables)
    return Template(text, tuple(segments), tuple(closed), whole[2] or "")


def unescape(segment: str) -> str:
    """Undo percent-encoding. Raises ValueError: it is not percent-encoded UTF-8."""
    if _BAD_ESCAPE.search(segment):
        raise ValueError(f"{segment!r} has a % without two hexadecimal digits")
    return unquote(segment, errors="strict")


def _parts(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What stands between slashes outside of braces: (field path or '', segments)."""
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if not match or text[match.end() : match.end() + 1] not in {"", "/"}:
            raise ValueError(f"/{text!r} is not a path template, from character {position + 1}")
        yield match[1] or "", tuple((match[2] or match[3] or ONE).split("/"))
        position = match.end() + 1
    if text.endswith("/"):
        raise ValueError(f"/{text!r} ends with a slash")


def _may_stand(segment: str, *, last: bool) -> bool:
    return segment == ONE or (segment == REST and last) or (segment != "" and "*" not in segment)


def _open_ended(variable: Variable, segments: Sequence[str]) -> Variable:
    """The variable, to the end of the path when it ends with `**`."""
    if variable.stop == len(segments) and segments[-1] == REST:
        return Variable(variable.field, variable.start, None)
    return variable


def _decoder(variable: Variable) -> Callable[[str], str]:
    return unescape if variable.is_single else _unescape_but_slashes


def _unescape_but_slashes(segment: str) -> str:
    """In a value of several segments an escaped slash stays as it is, so that it parts none."""
    pieces = _ESCAPED_SLASH.split(segment)
    return "".join(p if _ESCAPED_SLASH.fullmatch(p) else unescape(p) for p in pieces)
