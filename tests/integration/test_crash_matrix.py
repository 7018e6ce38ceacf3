"""Anything killed at any moment, under calls and verified I/O (see tests/crash_matrix.py).

tests/full/test_opid_deaths.py has 200 of them. DPULAB_SEED=N repeats one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acknowledged_writer import BLOCKS, Journal, judge, stamped
from tests.crash_matrix import survive
from tests.opid_forks import chosen_seeds, forks

pytestmark = pytest.mark.integration

SEEDS = 6


def test_state_and_data_are_as_acknowledged_after_any_death(tmp_path: Path) -> None:
    with forks() as made:
        for seed in chosen_seeds(SEEDS):
            try:
                assert survive(seed, made, tmp_path / str(seed)) > 50
            except Exception as error:
                error.add_note(f"seed {seed}; state and logs: {tmp_path / str(seed)}")
                raise


@pytest.mark.parametrize(
    ("block", "least", "most", "fault"),
    [
        (stamped(1, 7, 3, 512), 3, 3, ""),
        (stamped(1, 7, 4, 512), 3, 5, ""),
        (stamped(1, 7, 2, 512), 3, 5, "holds 2, not 3 to 5"),
        (stamped(1, 7, 6, 512), 3, 5, "holds 6, not 3 to 5"),
        (stamped(1, 8, 3, 512), 3, 3, "is block 8 of namespace 1"),
        (stamped(2, 7, 3, 512), 3, 3, "is block 7 of namespace 2"),
        (stamped(1, 7, 3, 256) + stamped(1, 7, 4, 256), 3, 4, "torn"),
        (stamped(1, 7, 4, 256) + bytes(256), 0, 4, "torn"),
        (bytes(512), 3, 3, "lost: 3 is not there"),
        (bytes(512), 0, 1, ""),
        (bytes(256) + stamped(1, 7, 1, 256), 0, 1, "lost: 0 is not there"),
    ],
)
def test_a_block_is_judged_by_what_it_says_of_itself(
    block: bytes, least: int, most: int, fault: str
) -> None:
    assert judge(block, 1, 7, least, most) == fault


def test_a_journal_outlives_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal(path) as journal:
        journal.sent[BLOCKS - 1] = 5
        journal.acknowledged[0] = 4
        journal.count(0)
    with Journal(path) as journal:
        assert (journal[0], journal.sent[BLOCKS - 1], journal.acknowledged[0]) == (1, 5, 4)
