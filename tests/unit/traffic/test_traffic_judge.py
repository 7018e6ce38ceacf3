from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic.frame import Fault, Observation, Other
from traffic.judge import MAX_RANGES, Tally, judge, missing_ranges

TAG = bytes(range(16))
ALIEN = bytes(16)


def seen(
    seq: int, *, tag: bytes = TAG, fault: Fault | None = None, proto: str = "udp"
) -> Observation:
    return Observation(tag, seq, 5, proto, 4, fault)


def test_all_in_order_is_a_clean_result() -> None:
    assert judge([seen(seq) for seq in range(5)], TAG, 5) == {
        "tag": TAG.hex(),
        "expected": 5,
        "received": 5,
        "beyond_expected": 0,
        "announced": [5],
        "duplicates": 0,
        "reordered": 0,
        "corrupt": 0,
        "corrupt_by": {},
        "missing": {"count": 0, "ranges": [], "ranges_left_off": 0},
        "strays": 0,
        "strays_corrupt": 0,
        "others": 0,
        "others_by": {},
        "kernel_drops": 0,
        "inconclusive": False,
    }


def test_missing_packets_are_named() -> None:
    result = judge([seen(1), seen(2), seen(4)], TAG, 7)
    assert result["received"] == 3
    assert result["missing"] == {
        "count": 4,
        "ranges": [[0, 0], [3, 3], [5, 6]],
        "ranges_left_off": 0,
    }


def test_nothing_at_all_is_one_gap() -> None:
    assert judge([], TAG, 9)["missing"]["ranges"] == [[0, 8]]


def test_only_the_first_gaps_are_listed_but_all_are_counted() -> None:
    result = judge([seen(seq) for seq in range(0, 200, 2)], TAG, 200)["missing"]
    assert result["count"] == 100
    assert len(result["ranges"]) == MAX_RANGES
    assert result["ranges_left_off"] == 100 - MAX_RANGES


def test_a_second_copy_is_a_duplicate_and_not_reordered() -> None:
    result = judge([seen(0), seen(1), seen(2), seen(0), seen(2)], TAG, 3)
    assert (result["received"], result["duplicates"], result["reordered"]) == (3, 2, 0)


@pytest.mark.parametrize(
    ("order", "reordered"), [([0, 2, 1, 3], 1), ([3, 0, 1, 2], 3), ([1, 2, 3, 0], 1), ([1, 3], 0)]
)
def test_reordering_is_counted_as_in_rfc_4737(order: list[int], reordered: int) -> None:
    assert judge([seen(seq) for seq in order], TAG, 4)["reordered"] == reordered


def test_another_runs_packets_are_strays_and_never_ours() -> None:
    frames = [seen(0, tag=ALIEN), seen(1, tag=ALIEN, fault=Fault.CRC), seen(0)]
    result = judge(frames, TAG, 1)
    assert (result["received"], result["strays"], result["strays_corrupt"]) == (1, 2, 1)
    assert result["corrupt"] == 0


def test_a_damaged_packet_was_not_received() -> None:
    frames = [seen(0), seen(1, fault=Fault.CRC), seen(2, fault=Fault.CHECKSUM)]
    result = judge(frames, TAG, 3)
    assert (result["received"], result["corrupt"]) == (1, 2)
    assert result["corrupt_by"] == {"checksum": 1, "crc": 1}
    assert result["missing"]["ranges"] == [[1, 2]]


def test_other_frames_are_counted_by_reason() -> None:
    result = judge([Other.NOT_IP, Other.FRAGMENT, Other.NOT_IP], TAG, 0)
    assert result["others"] == 3
    assert result["others_by"] == {"fragment": 1, "not_ip": 2}


def test_with_a_protocol_only_that_one_is_counted() -> None:
    result = judge([seen(0), seen(0, proto="tcp")], TAG, 1, proto="udp")
    assert (result["received"], result["duplicates"]) == (1, 0)
    assert result["others_by"] == {"filtered": 1}


def test_more_than_expected_is_received_but_completes_nothing() -> None:
    tally = Tally(TAG, 2)
    for seq in (0, 7, 8):
        tally.add(seen(seq))
    assert not tally.complete
    assert tally.result()["beyond_expected"] == 2
    tally.add(seen(1))
    assert tally.complete


def test_a_run_that_expects_nothing_is_never_complete() -> None:
    tally = Tally(TAG, 0)
    assert not tally.complete
    tally.add(seen(0))
    assert not tally.complete
    assert tally.result()["received"] == 1


@pytest.mark.parametrize(
    ("arrived", "expected", "drops", "inconclusive"),
    [(2, 3, 1, True), (2, 3, 0, False), (3, 3, 9, False), (0, 0, 1, True), (0, 0, 0, False)],
)
def test_absence_proves_nothing_when_the_kernel_dropped_frames(
    arrived: int, expected: int, drops: int, inconclusive: bool
) -> None:
    result = judge([seen(seq) for seq in range(arrived)], TAG, expected, drops=drops)
    assert result["inconclusive"] is inconclusive
    assert result["kernel_drops"] == drops


@settings(max_examples=200)
@given(st.sets(st.integers(0, 60)), st.integers(0, 50))
def test_gaps_are_exactly_what_was_not_seen(numbers: set[int], expected: int) -> None:
    gaps = missing_ranges(numbers, expected)
    listed = [number for first, last in gaps for number in range(first, last + 1)]
    assert listed == sorted(set(range(expected)) - numbers)
    assert all(b[0] > a[1] + 1 for a, b in pairwise(gaps))


@settings(max_examples=200)
@given(st.lists(st.integers(0, 20)), st.integers(0, 15))
def test_every_frame_is_counted_once(numbers: list[int], expected: int) -> None:
    result = judge([seen(seq) for seq in numbers], TAG, expected)
    assert result["received"] + result["duplicates"] == len(numbers)
    assert result["missing"]["count"] + result["received"] - result["beyond_expected"] == expected
