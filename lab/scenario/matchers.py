"""Expectations on values: partial trees whose leaves are values or matchers.

A mapping that has only matcher names as keys is a matcher, any other mapping is matched field by
field, so fields that it does not name do not matter. A field whose own name is a matcher's (say
`length`) is reached with `equals` on its parent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    ValidationError,
    field_validator,
)

from lab.scenario.strict import Strict
from lab.scenario.variables import is_unresolved

MAX_SHOWN = 300
"""Characters of a value shown in a reason."""


class Matcher(Strict):
    """What a value must be; every key that is given must hold."""

    equals: Any = Field(default=None, description="The same value; 64-bit numbers may be text.")
    not_equals: Any = Field(default=None, description="Another value.")
    regex: str = Field(default="", description="Python regular expression found in the text.")
    not_regex: str = Field(default="", description="Regular expression not found in the text.")
    present: bool = Field(default=True, description="Whether the field is there at all.")
    length: int | Matcher = Field(
        default=0, description="Number of elements or characters, or a matcher for it."
    )
    contains: Any = Field(
        default=None,
        description="Text: this piece, or each of a list of pieces. List: an element matches this.",
    )
    not_contains: Any = Field(
        default=None, description="Text: none of these pieces. List: no element."
    )
    gt: float = Field(default=0.0, description="Greater than.")
    ge: float = Field(default=0.0, description="At least.")
    lt: float = Field(default=0.0, description="Less than.")
    le: float = Field(default=0.0, description="At most.")

    @field_validator("regex", "not_regex")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        if not is_unresolved(pattern):
            compiled(pattern)
        return pattern

    def mismatch(self, actual: Any, path: str) -> str:
        """Why `actual` at `path` does not match, or ''. `MISSING` stands for an absent field."""
        for name, check in _CHECKS.items():
            if name in self.model_fields_set and (reason := check(getattr(self, name), actual)):
                return f"{path} {reason}"
        return ""


def compiled(pattern: str) -> re.Pattern[str]:
    """A regular expression whose ^ and $ match at every line. Raises ValueError."""
    try:
        return re.compile(pattern, re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None


def _check_tree(tree: Any) -> Any:
    """Validate every matcher in an expected tree, so that mistakes show before anything runs."""
    if isinstance(tree, Mapping):
        if is_matcher(tree):
            check_late(Matcher, tree)
        for value in tree.values():
            _check_tree(value)
    elif isinstance(tree, list):
        for value in tree:
            _check_tree(value)
    return tree


def check_late(model: type[BaseModel], values: Any) -> None:
    """Validate, but leave what is still a reference to the time when it has a value."""
    try:
        model.model_validate(values)
    except ValidationError as error:
        for problem in error.errors():
            if not is_unresolved(problem["input"]):
                where = ".".join(str(part) for part in problem["loc"])
                raise ValueError(f"{where}: {problem['msg']}") from None


Expected = Annotated[Any, AfterValidator(_check_tree)]
"""A field that holds an expected tree."""


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


MISSING = _Missing()
"""Stands for a field that is not there."""

MATCHER_NAMES = frozenset(Matcher.model_fields)


def mismatch(expected: Any, actual: Any, path: str) -> str:
    """Why `actual` does not fit the expected tree, naming the path; '' when it fits."""
    if isinstance(expected, Mapping):
        if is_matcher(expected):
            return Matcher.model_validate(expected).mismatch(actual, path)
        return _fields_mismatch(expected, actual, path)
    if isinstance(expected, list) and isinstance(actual, list):
        return _items_mismatch(expected, actual, path)
    return "" if same(expected, actual) else f"{path} is {show(actual)}, not {show(expected)}"


def is_matcher(expected: Mapping[str, Any]) -> bool:
    """Whether a mapping is a matcher and not a partial tree."""
    return bool(expected) and MATCHER_NAMES.issuperset(expected)


def same(expected: Any, actual: Any) -> bool:
    """Equality in which a whole number equals its text, as 64-bit integers are text in JSON."""
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, int) and isinstance(actual, str):
        return str(expected) == actual
    if isinstance(expected, str) and isinstance(actual, int):
        return expected == str(actual)
    return bool(expected == actual)


def show(value: Any) -> str:
    """A value for people, cut to MAX_SHOWN characters."""
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}... ({len(text)} characters)"


def _fields_mismatch(expected: Mapping[str, Any], actual: Any, path: str) -> str:
    if not isinstance(actual, Mapping):
        return f"{path} is {show(actual)}, not an object"
    for key, value in expected.items():
        if reason := mismatch(value, actual.get(key, MISSING), f"{path}.{key}"):
            return reason
    return ""


def _items_mismatch(expected: list[Any], actual: list[Any], path: str) -> str:
    if len(expected) != len(actual):
        return f"{path} has {len(actual)} elements, not {len(expected)}"
    for index, (want, have) in enumerate(zip(expected, actual, strict=True)):
        if reason := mismatch(want, have, f"{path}[{index}]"):
            return reason
    return ""


def _equals(want: Any, actual: Any) -> str:
    return "" if same(want, actual) else f"is {show(actual)}, not {show(want)}"


def _not_equals(want: Any, actual: Any) -> str:
    if actual is MISSING:
        return "is not there"
    return f"is {show(actual)}" if same(want, actual) else ""


def _regex(pattern: str, actual: Any) -> str:
    found = isinstance(actual, str) and compiled(pattern).search(actual)
    return "" if found else f"is {show(actual)} and does not match {pattern!r}"


def _not_regex(pattern: str, actual: Any) -> str:
    if not isinstance(actual, str):
        return f"is {show(actual)}, not text"
    found = compiled(pattern).search(actual)
    return f"is {show(actual)} and matches {pattern!r}" if found else ""


def _present(want: bool, actual: Any) -> str:
    there = actual is not MISSING
    return "" if want is there else ("is there" if there else "is not there")


def _length(want: int | Matcher, actual: Any) -> str:
    if not isinstance(actual, str | list | Mapping):
        return f"is {show(actual)}, which has no length"
    matcher = want if isinstance(want, Matcher) else Matcher(equals=want)
    return matcher.mismatch(len(actual), "length")


def _pieces(want: Any) -> list[Any]:
    return want if isinstance(want, list) else [want]


def _contains(want: Any, actual: Any) -> str:
    if isinstance(actual, str):
        lacking = [piece for piece in _pieces(want) if str(piece) not in actual]
        return f"is {show(actual)} and lacks {show(lacking[0])}" if lacking else ""
    if isinstance(actual, list):
        found = any(not mismatch(want, item, "") for item in actual)
        return "" if found else f"has no element like {show(want)}: {show(actual)}"
    return f"is {show(actual)}, neither text nor a list"


def _not_contains(want: Any, actual: Any) -> str:
    if isinstance(actual, str):
        found = [piece for piece in _pieces(want) if str(piece) in actual]
        return f"is {show(actual)} and contains {show(found[0])}" if found else ""
    if isinstance(actual, list):
        found = [item for item in actual if not mismatch(want, item, "")]
        return f"has an element like {show(want)}: {show(found[0])}" if found else ""
    return f"is {show(actual)}, neither text nor a list"


def _number(actual: Any) -> float | None:
    """A number, also one written as text; None for anything else."""
    try:
        return None if isinstance(actual, bool) else float(actual)
    except (TypeError, ValueError):
        return None


def _compare(sign: str) -> Any:
    def check(limit: float, actual: Any) -> str:
        number = _number(actual)
        if number is None:
            return f"is {show(actual)}, not a number"
        holds = {
            ">": number > limit,
            ">=": number >= limit,
            "<": number < limit,
            "<=": number <= limit,
        }[sign]
        return "" if holds else f"is {show(actual)}, not {sign} {limit:g}"

    return check


_CHECKS: dict[str, Any] = {
    "equals": _equals,
    "not_equals": _not_equals,
    "regex": _regex,
    "not_regex": _not_regex,
    "present": _present,
    "length": _length,
    "contains": _contains,
    "not_contains": _not_contains,
    "gt": _compare(">"),
    "ge": _compare(">="),
    "lt": _compare("<"),
    "le": _compare("<="),
}
