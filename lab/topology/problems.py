"""What is wrong with a topology file, where, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from lab.errors import LabError

KeyPath: TypeAlias = tuple[str | int, ...]
"""Keys and list positions that lead from the top of the file to a value."""

MAX_SHOWN = 25
"""A file that is wrong in more places is wrong as a whole; the rest is only counted."""
MAX_TEXT = 500
"""Longest text of one problem in characters."""
MAX_NAMES = 40
"""Most names that a hint lists."""
MAX_COMPARED = 500
"""Most names that a word is compared with; comparing is slow."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `line` and `column` are 1-based; `path` is dotted, '' for the whole file."""

    file: str
    line: int
    column: int
    what: str
    path: str = ""
    hint: str = ""

    def __str__(self) -> str:
        """FILE:LINE:COL: what (path.to.key)."""
        where = f" ({self.path})" if self.path else ""
        text = "\\n".join(f"{self.what}{where}".splitlines())
        if len(text) > MAX_TEXT:
            text = text[: MAX_TEXT - 3] + "..."
        return f"{self.file}:{self.line}:{self.column}: {text}"


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake at a path of the file. `key` says that the key itself is wrong, not its value."""

    path: KeyPath
    what: str
    hint: str = ""
    key: bool = False


@dataclass(slots=True)
class Report:
    """Mistakes found so far, in order; one that many nodes inherit is kept once."""

    mistakes: dict[Mistake, None] = field(default_factory=dict)

    def add(self, path: KeyPath, what: str, hint: str = "", *, key: bool = False) -> None:
        """Note a mistake."""
        self.mistakes[Mistake(path, what, hint, key)] = None


class TopologyError(LabError):
    """A topology file that cannot be used. `problems` are sorted by their place in the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.line, p.column, p.what)))
        if len(self.problems) == 1:
            super().__init__(str(self.problems[0]), self.problems[0].hint)
        else:
            super().__init__(_listing(self.problems))


def _listing(problems: tuple[Problem, ...]) -> str:
    """Several problems as one text, each followed by its own hint."""
    shown = [str(LabError(str(p), p.hint)) for p in problems[:MAX_SHOWN]]
    if len(problems) > MAX_SHOWN:
        shown.append(f"... and {len(problems) - MAX_SHOWN} more")
    return "\n".join(shown)


def dotted(path: KeyPath) -> str:
    """Write a path for people: topology.links[0].endpoints[1]."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def suggest(word: str, known: Iterable[str], noun: str = "allowed") -> str:
    """Hint for a word that is not among `known`: the nearest one, or the list."""
    names = list(known)
    if len(names) > MAX_COMPARED:
        return ""
    near = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    more = ", ..." if len(names) > MAX_NAMES else ""
    return f"{noun}: {', '.join(sorted(names)[:MAX_NAMES])}{more}" if names else ""
