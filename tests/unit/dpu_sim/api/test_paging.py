"""Page tokens: signed, of one list, good for ever."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dpu_sim.api.paging import PageTokens, page_size

TOKENS = PageTokens(b"s" * 32)
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


@given(scope=text, last=text.filter(bool))
def test_a_token_gives_back_what_it_was_made_for(scope: str, last: str) -> None:
    token = TOKENS.issue(scope, last)
    assert PageTokens(b"s" * 32).last(scope, token) == last
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(scope=text, other=text, last=text)
def test_a_token_of_another_list_or_another_store_is_refused(
    scope: str, other: str, last: str
) -> None:
    token = TOKENS.issue(scope, last)
    with pytest.raises(ValueError, match="of the same list"):
        PageTokens(b"t" * 32).last(scope, token)
    if other != scope:
        with pytest.raises(ValueError, match="of the same list"):
            TOKENS.last(other, token)


@given(last=text, position=st.integers(0, 500), bit=st.integers(0, 7))
def test_no_bit_of_a_token_can_be_changed(last: str, position: int, bit: int) -> None:
    raw = bytearray(urlsafe_b64decode(TOKENS.issue("list", last) + "=="))
    raw[position % len(raw)] ^= 1 << bit
    with pytest.raises(ValueError, match="of the same list"):
        TOKENS.last("list", urlsafe_b64encode(raw).decode())


@given(token=st.text(min_size=1) | st.from_regex(r"\A[A-Za-z0-9_-]{1,80}\Z"))
def test_what_is_no_token_is_refused_and_breaks_nothing(token: str) -> None:
    with pytest.raises(ValueError, match="of the same list"):
        TOKENS.last("list", token)


def test_no_token_is_the_first_page() -> None:
    assert TOKENS.last("list", "") == ""


def test_sizes() -> None:
    assert [page_size(asked) for asked in (0, 1, 250, 251, 2**31 - 1)] == [50, 1, 250, 250, 250]
    with pytest.raises(ValueError, match="negative"):
        page_size(-1)
