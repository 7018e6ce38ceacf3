"""Linux as NVMe/TCP host of our target: Debian's kernel and nvme-cli in a virtual machine."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.full.vm.lane import Lane, Run

# the first test waits for all of them
pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]

LANE = Lane(
    "kernel-nvme",
    ("tests/full/vm/guest/guest_nvme_host.py",),
    (
        "pyproject.toml",
        "dpu_sim",
        "host_sim",
        "nbd_server",
        "nvmetcp",
        "tests/spdk_target.py",
        "tests/full",
    ),
    500,
)


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
    run.require_passed(inner)
