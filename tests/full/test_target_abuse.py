"""Attacks on a target process, many times (see tests/target_abuse.py)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.siege import siege
from tests.target_abuse import FULL, Attack, bear

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]

SEED = int(os.environ.get("DPULAB_SEED", "1"))


@pytest.mark.parametrize("attack", [pytest.param(one, id=one.__name__) for one in FULL])
def test_an_attack_is_borne_and_leaves_nothing_behind(attack: Attack, tmp_path: Path) -> None:
    with siege(tmp_path) as target:
        bear(target, attack, SEED, FULL[attack])
