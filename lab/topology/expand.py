"""Environment variables in a topology file, replaced before YAML is read.

The forms are containerlab's (docs/manual/topo-def-file.md, "Environment variables"): `$NAME`,
`${NAME}`, and with a default or alternative `-`, `:-`, `=`, `:=`, `+`, `:+`; `$$` is a plain `$`.
A variable that is unset and has no default stays as it is written.

Replacing text shifts what follows it on the line, so the result remembers where each part came
from and errors can name the place in the file that the user sees.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

# A default holds no braces, so that every attempt to match ends at the next one: linear time.
_REFERENCE = re.compile(
    r"(?P<escape>\$\$)"
    r"|\$\{(?P<name>[A-Za-z_]\w*)(?:(?P<op>:[-=+]|[-=+])(?P<arg>[^{}\r\n]*))?\}"
    r"|\$(?P<bare>[A-Za-z_]\w*)",
    re.ASCII,
)
_BARE = re.compile(r"\$([A-Za-z_]\w*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Expanded:
    """Text after replacement. `starts[i]` in `text` came from `origins[i]` in `source`."""

    text: str
    source: str
    starts: tuple[int, ...]
    origins: tuple[int, ...]
    verbatim: tuple[bool, ...]

    def origin(self, index: int) -> tuple[int, int]:
        """1-based line and column in the source of the character at `index` of the text."""
        piece = bisect_right(self.starts, index) - 1
        offset = self.origins[piece]
        if self.verbatim[piece]:
            offset = min(offset + index - self.starts[piece], len(self.source))
        line = self.source.count("\n", 0, offset) + 1
        return line, offset - (self.source.rfind("\n", 0, offset) + 1) + 1


def expand(source: str, env: Mapping[str, str]) -> Expanded:
    """Replace the references to variables of `env` in `source`."""
    pieces: list[tuple[int, str, bool]] = []
    done = 0
    for match in _REFERENCE.finditer(source):
        value = _value(match, env)
        if value is None:
            continue
        pieces.append((done, source[done : match.start()], True))
        pieces.append((match.start(), value, False))
        done = match.end()
    pieces.append((done, source[done:], True))
    return _join(source, pieces)


def _join(source: str, pieces: list[tuple[int, str, bool]]) -> Expanded:
    starts, length = [], 0
    for _, text, _ in pieces:
        starts.append(length)
        length += len(text)
    return Expanded(
        text="".join(text for _, text, _ in pieces),
        source=source,
        starts=tuple(starts),
        origins=tuple(origin for origin, _, _ in pieces),
        verbatim=tuple(verbatim for _, _, verbatim in pieces),
    )


def _value(match: re.Match[str], env: Mapping[str, str]) -> str | None:
    """What a reference stands for; None leaves it as it is written."""
    if match["escape"]:
        return "$"
    value = env.get(match["name"] or match["bare"])
    op, arg = match["op"] or "", match["arg"] or ""
    if op.endswith("+"):
        return "" if value is None else _argument(arg, env)
    if op and (value is None or (op.startswith(":") and not value)):
        return _argument(arg, env)
    return value


def _argument(arg: str, env: Mapping[str, str]) -> str:
    """A default is text or one other variable: ${NAME:-$OTHER}."""
    other = _BARE.fullmatch(arg)
    return env.get(other[1], arg) if other else arg
