"""The checker of captures against many more broken sessions than the unit tests have time for."""

from __future__ import annotations

import pytest

from tests.unit.traffic.nvmeof.mutations import Mutation
from tests.unit.traffic.nvmeof.test_nvmeof_checker import EVERY, require_reported

pytestmark = pytest.mark.full


@pytest.mark.parametrize("mutation", EVERY, ids=lambda one: f"{one[0]}-{one[1].name}")
def test_every_seed_is_reported(mutation: tuple[str, Mutation]) -> None:
    for seed in range(100, 130):
        require_reported(*mutation, seed)
