"""Tests that need more of a kernel than many machines have, on Debian's own kernel.

They run in one virtual machine; each shows up here as a test of its own. What a container host may
lack (netem, dummy, VRF, VLAN, ESP) Debian's kernel has, so nothing may be skipped there.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.full.vm.lane import Lane, Run

# the first test waits for all of them
pytestmark = [pytest.mark.full, pytest.mark.timeout(400)]

LANE = Lane(
    "stock-kernel",
    (
        "tests/integration/test_impairment.py",
        "tests/full/vm/guest/guest_capabilities.py",
        "tests/full/vm/guest/guest_links.py",
    ),
    ("pyproject.toml", "lab", "opi", "schemas", "tests/integration", "tests/full"),
    330,
)
ONLY_WITHOUT_NETEM = "test_delay_without_netem_says_so_and_changes_nothing"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test here for each test there."""
    LANE.parametrize(metafunc)


@pytest.fixture(scope="module")
def run() -> Run:
    """One run in the virtual machine, for all tests of this file."""
    return LANE.run()


def test_the_machine_did_its_job(
    run: Run, record_testsuite_property: Callable[[str, object], None]
) -> None:
    run.require_done()
    record_testsuite_property("vm-kernel", run.kernel)


def test_in_vm(inner: str, run: Run) -> None:
    run.require_passed(inner, may_skip=ONLY_WITHOUT_NETEM)
