from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.utils import checksum as scapy_checksum

from traffic.checksum import checksum, is_valid, word_sum


def test_the_example_of_rfc_1071() -> None:
    # Section 3: the words 0001 f203 f4f5 f6f7 sum to ddf2 after folding.
    words = bytes.fromhex("0001f203f4f5f6f7")
    assert checksum(word_sum(words)) == 0xFFFF - 0xDDF2


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_agrees_with_scapy(data: bytes) -> None:
    assert checksum(word_sum(data)) == scapy_checksum(data)


@settings(max_examples=100)
@given(st.binary(min_size=2, max_size=80).filter(any))
def test_a_sum_with_its_checksum_is_valid_and_a_flipped_bit_is_not(data: bytes) -> None:
    even = data + bytes(len(data) % 2)
    whole = even + checksum(word_sum(even)).to_bytes(2, "big")
    assert is_valid(word_sum(whole))
    assert not is_valid(word_sum(bytes([whole[0] ^ 1]) + whole[1:]))


@pytest.mark.parametrize("cut", [2, 4, 8])
def test_sums_of_even_parts_add_up(cut: int) -> None:
    data = bytes(range(1, 12))
    parts = word_sum(data[:cut]) + word_sum(data[cut:])
    assert checksum(parts) == checksum(word_sum(data))


def test_all_zeros_are_not_a_valid_sum() -> None:
    assert checksum(0) == 0xFFFF
    assert not is_valid(0)
