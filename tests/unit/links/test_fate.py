from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.links.impairment import Counters
from lab.links.impairment.classifier import State
from lab.links.impairment.fate import Draw, Fate, draw, fate, threshold
from lab.topology.model import Impairment

N = 20_000
SEEDS = st.integers(0, 2**64 - 1)


@pytest.mark.parametrize(
    ("seed", "outputs"),
    [
        (0, [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC]),
        (
            1234567,
            [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431],
        ),
    ],
)
def test_draws_of_frame_0_are_the_published_outputs(seed: int, outputs: list[int]) -> None:
    """Reference outputs of SplitMix64, as its authors' C code prints them."""
    assert [draw(seed, 0, which) for which in Draw] == outputs


def test_draws_of_later_frames_go_on_in_the_same_sequence() -> None:
    assert draw(1234567, 1, Draw.LOSS) == 16408922859458223821  # the fifth output


@pytest.mark.parametrize(
    ("probability", "below"),
    [(0.0, 0), (1.0, 1 << 32), (0.5, 1 << 31), (0.1, 429496730), (1e-12, 1)],
)
def test_threshold(probability: float, below: int) -> None:
    assert threshold(probability) == below


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_losses_come_as_often_as_asked(seed: int) -> None:
    lost = sum(fate(n, 100, Impairment(loss=0.1, seed=seed)).lost for n in range(N))
    assert abs(lost - 0.1 * N) < 4 * (0.1 * 0.9 * N) ** 0.5  # four standard deviations


def test_losses_do_not_cluster() -> None:
    """Given a loss, the next frame is as likely lost as any other."""
    lost = [fate(n, 100, Impairment(loss=0.2, seed=9)).lost for n in range(N)]
    pairs = sum(a and b for a, b in pairwise(lost))
    assert abs(pairs - 0.04 * N) < 4 * (0.04 * 0.96 * N) ** 0.5


def test_loss_duplicate_and_corrupt_are_independent() -> None:
    asked = Impairment(duplicate=0.5, corrupt=0.5, seed=3)
    fates = (fate(n, 100, asked) for n in range(N))
    seen = Counter((each.duplicated, each.corrupted_bit is not None) for each in fates)
    assert all(abs(count - N / 4) < 4 * (3 / 16 * N) ** 0.5 for count in seen.values())
    assert len(seen) == 4


def test_frames_that_escape_loss_are_duplicated_as_often_as_asked() -> None:
    asked = Impairment(loss=0.5, duplicate=0.5, seed=3)
    kept = [each for each in (fate(n, 100, asked) for n in range(N)) if not each.lost]
    twice = sum(each.duplicated for each in kept)
    assert abs(twice - len(kept) / 2) < 4 * (len(kept) / 4) ** 0.5


def test_neighbouring_seeds_lose_other_frames() -> None:
    def lost(seed: int) -> set[int]:
        return {n for n in range(N) if fate(n, 100, Impairment(loss=0.1, seed=seed)).lost}

    assert len(lost(1) & lost(2)) < 0.015 * N  # 0.01 N by chance


@settings(max_examples=100)
@given(SEEDS, st.integers(0, 2**40), st.integers(15, 9600))
def test_corruption_spares_the_ethernet_header(seed: int, n: int, length: int) -> None:
    bit = fate(n, length, Impairment(corrupt=1.0, seed=seed)).corrupted_bit
    assert bit is not None
    assert 14 * 8 <= bit < length * 8


@pytest.mark.parametrize("length", [0, 13, 14])
def test_a_bare_header_is_not_corrupted(length: int) -> None:
    assert fate(0, length, Impairment(corrupt=1.0)) == Fate()


@settings(max_examples=50)
@given(SEEDS, st.integers(0, 2**40))
def test_a_lost_frame_meets_nothing_else(seed: int, n: int) -> None:
    asked = Impairment(loss=1.0, duplicate=1.0, corrupt=1.0, seed=seed)
    assert fate(n, 100, asked) == Fate(lost=True)


@settings(max_examples=50)
@given(SEEDS, st.integers(0, 2**40))
def test_more_loss_only_adds_losses(seed: int, n: int) -> None:
    """Raising the probability keeps every earlier loss, so runs can be compared."""
    low, high = Impairment(loss=0.1, seed=seed), Impairment(loss=0.3, seed=seed)
    assert fate(n, 100, high).lost or not fate(n, 100, low).lost


@settings(max_examples=50)
@given(SEEDS, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.integers(0, 2**64 - 1))
def test_state_survives_the_map(seed: int, a: float, b: float, c: float, seen: int) -> None:
    state = State(seed, a, b, c, 65535, Counters(seen, 1, 2, 3, 4))
    assert State.decode(state.encode()) == state
    assert State.decode(replace(state, seed=seed - 2**64).encode()) == state
