"""Sudden deaths (see tests/sudden_death.py), and a disk that is full."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.opid_forks import forks
from tests.sudden_death import survive

pytestmark = pytest.mark.integration

SEEDS = 20


def test_what_was_acknowledged_is_there_after_a_sudden_death(tmp_path: Path) -> None:
    with forks() as made:
        calls = [survive(seed, made, tmp_path / str(seed)) for seed in range(SEEDS)]
    assert sum(calls) > 3 * SEEDS  # else the deaths came before there was anything to lose
