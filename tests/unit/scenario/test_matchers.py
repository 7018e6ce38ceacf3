"""Matchers: each says no to what is near, absent or of another type, not only to what is far."""

from __future__ import annotations

from typing import Any

import pytest

from lab.scenario.matchers import MISSING, mismatch


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (5, "5"),
        ("5", 5),
        (True, True),
        ({"a": 1}, {"a": 1, "b": 2}),
        ([1, {"a": 1}], [1, {"a": 1, "b": 2}]),
        ({"not_equals": 1}, 2),
        ({"regex": "^b$"}, "a\nb"),
        ({"not_regex": "c"}, "a\nb"),
        ({"present": False}, MISSING),
        ({"length": 2}, "ab"),
        ({"length": {"gt": 1}}, ["a", "b"]),
        ({"contains": ["a", 5]}, "a5"),
        ({"contains": {"a": 1}}, [{"a": 2}, {"a": 1}]),
        ({"not_contains": ["x", "y"]}, "abc"),
        ({"not_contains": {"a": 1}}, [{"a": 2}]),
        ({"ge": 2, "le": 2}, "2.0"),
    ],
)
def test_what_fits(expected: Any, actual: Any) -> None:
    assert mismatch(expected, actual, "it") == ""


@pytest.mark.parametrize(
    ("expected", "actual", "reason"),
    [
        (5, "50", "it is '50', not 5"),
        (True, 1, "it is 1, not True"),
        (1, True, "it is True, not 1"),
        ("5", MISSING, "it is nothing, not '5'"),
        ({"a": 1}, {"b": 1}, "it.a is nothing, not 1"),
        ({"a": 1}, "a: 1", "it is 'a: 1', not an object"),
        ({"a": 1}, MISSING, "it is nothing, not an object"),
        ([1], [1, 2], "it has 2 elements, not 1"),
        ([1, 2], [1], "it has 1 elements, not 2"),
        ([1, 2], [1, 3], "it[1] is 3, not 2"),
        ({"not_equals": 1}, "1", "it is '1'"),
        ({"not_equals": 1}, MISSING, "it is not there"),
        ({"regex": "b"}, "ac", "it is 'ac' and does not match 'b'"),
        ({"regex": "5"}, 5, "it is 5 and does not match '5'"),
        ({"not_regex": "b"}, "ab", "it is 'ab' and matches 'b'"),
        ({"not_regex": "b"}, MISSING, "it is nothing, not text"),
        ({"present": True}, MISSING, "it is not there"),
        ({"present": False}, "", "it is there"),
        ({"length": 2}, "abc", "it length is 3, not 2"),
        ({"length": 0}, MISSING, "it is nothing, which has no length"),
        ({"contains": ["a", "b"]}, "ac", "it is 'ac' and lacks 'b'"),
        ({"contains": "a"}, ["ab"], "it has no element like 'a': ['ab']"),
        ({"contains": "a"}, MISSING, "it is nothing, neither text nor a list"),
        ({"not_contains": ["a", "b"]}, "cb", "it is 'cb' and contains 'b'"),
        ({"not_contains": {"a": 1}}, [{"a": 2}, {"a": 1}], "it has an element like {'a': 1}"),
        ({"not_contains": "a"}, MISSING, "it is nothing, neither text nor a list"),
        ({"gt": 2}, 2, "it is 2, not > 2"),
        ({"lt": 2}, 2, "it is 2, not < 2"),
        ({"ge": 2}, "1.9", "it is '1.9', not >= 2"),
        ({"le": 2}, 2.1, "it is 2.1, not <= 2"),
        ({"gt": 0}, True, "it is True, not a number"),
        ({"lt": 1}, MISSING, "it is nothing, not a number"),
        ({"regex": "a", "not_contains": "b"}, "ab", "it is 'ab' and contains 'b'"),
    ],
)
def test_what_does_not_fit_says_why(expected: Any, actual: Any, reason: str) -> None:
    assert mismatch(expected, actual, "it").startswith(reason)
