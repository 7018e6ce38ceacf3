"""Many sudden deaths of opid, of its target, of storage nodes and of hosts.

See tests/sudden_death.py and tests/crash_matrix.py. DPULAB_SEED=N repeats one of them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import crash_matrix
from tests.opid_forks import Forks, chosen_seeds, forks
from tests.sudden_death import survive, survive_chains

pytestmark = [pytest.mark.full, pytest.mark.timeout(1500)]

SEEDS: dict[Callable[[int, Forks, Path], int], int] = {
    survive: 1000,
    survive_chains: 200,
    crash_matrix.survive: 200,
}
AT_A_TIME = 2


@pytest.mark.parametrize(
    "run", [pytest.param(one, id=f"{one.__module__}-{one.__name__}") for one in SEEDS]
)
def test_nothing_that_was_acknowledged_is_ever_lost(
    run: Callable[[int, Forks, Path], int], tmp_path: Path
) -> None:
    seeds = chosen_seeds(SEEDS[run])

    def share(first: int) -> int:
        acknowledged = 0
        with forks() as made:
            for seed in seeds[first::AT_A_TIME]:
                folder = tmp_path / str(seed)
                try:
                    acknowledged += run(seed, made, folder)
                except Exception as error:
                    error.add_note(f"seed {seed}; state and logs: {folder}")
                    raise
                shutil.rmtree(folder)
        return acknowledged

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        calls = sum(pool.map(share, range(AT_A_TIME)))
    assert calls > 3 * len(seeds)
