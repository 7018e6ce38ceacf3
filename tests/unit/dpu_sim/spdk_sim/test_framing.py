"""Cutting a byte stream into JSON values: whatever arrives, values or FramingError."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dpu_sim.spdk_sim.framing import DEPTH, LIMIT, LONGEST_TOKEN, FramingError, Splitter

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
requests = st.lists(st.lists(values) | st.dictionaries(st.text(), values), max_size=5)
separators = st.sampled_from(["", " ", "\n", "\r\n\t "])


def feed(chunks: list[bytes]) -> list[Any]:
    splitter = Splitter()
    return [value for chunk in chunks for value in splitter.feed(chunk)]


@given(requests, separators, st.booleans())
def test_values_come_out_whole_however_they_arrive(
    sent: list[Any], separator: str, escaped: bool
) -> None:
    stream = separator.join(json.dumps(one, ensure_ascii=escaped) for one in sent)
    data = (stream + separator).encode("utf-8", "surrogatepass" if escaped else "replace")
    if not escaped:
        sent = [json.loads(json.dumps(one, ensure_ascii=False).encode("utf-8", "replace"))
                for one in sent]  # fmt: skip
    assert feed([data]) == sent
    assert feed([data[n : n + 1] for n in range(len(data))]) == sent


@given(st.binary(max_size=200), st.integers(1, 50))
def test_garbage_gives_values_or_a_framing_error_and_nothing_else(data: bytes, size: int) -> None:
    for chunks in ([data], [data[n : n + size] for n in range(0, len(data), size)]):
        with suppress(FramingError):
            feed(chunks)


@pytest.mark.parametrize(
    "text", ["/* c */{}", "{'a': 1}", "{]", "nope ", '{"a": NaN}', '{"a" 1}', "\x00", "[1,]", "}"]
)
def test_a_syntax_error_shows_at_once(text: str) -> None:
    with pytest.raises(FramingError):
        feed([text.encode()])


@pytest.mark.parametrize("text", ["{", '{"a"', '{"a": tr', '["x\\', "[1, ", "[-", '{"a": 1,'])
def test_a_value_that_has_only_begun_is_waited_for(text: str) -> None:
    assert feed([text.encode()]) == []


def test_a_number_ends_where_the_next_byte_says_so() -> None:
    assert feed([b"4", b"2", b" "]) == [42]


def test_an_endless_value_is_given_up() -> None:
    with pytest.raises(FramingError, match="more than"):
        feed([b'["' + b"x" * (LIMIT + 1)])


def test_deep_nesting_is_given_up() -> None:
    with pytest.raises(FramingError):
        feed([b"[" * (DEPTH + 1)])


@pytest.mark.parametrize("text", [b"x", b"\\u00e4", b"\\\\"])
def test_a_long_text_in_small_pieces_costs_no_more_than_its_length(text: bytes) -> None:
    stream = b'{"a":"' + text * (LIMIT // len(text) - 20) + b'"}'
    pieces = [stream[n : n + 255] for n in range(0, len(stream), 255)]
    began = time.process_time()
    (value,) = feed(pieces)
    assert time.process_time() - began < 10  # looked at anew with each piece it takes minutes
    assert value == json.loads(stream)


def test_an_endless_number_is_given_up_soon() -> None:
    with pytest.raises(FramingError):
        feed([b"1"] * 2 * LONGEST_TOKEN)
