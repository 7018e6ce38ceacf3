"""Tests that need more of a kernel than many machines have, on Debian's own kernel.

They run in one virtual machine; each shows up here as a test of its own. What a container host may
lack (netem, dummy, VRF, VLAN, ESP) Debian's kernel has, so nothing may be skipped there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from bootstrap.console import ROOT, BootstrapError
from bootstrap.vm_image import prepared_machine
from tests.full.vm.qemu import Machine, MachineFailedError, write_job
from tests.full.vm.report import Verdict, collect, read_verdicts

# the first test waits for all of them
pytestmark = [pytest.mark.full, pytest.mark.timeout(400)]

FILES = (
    "tests/integration/test_impairment.py",
    "tests/full/vm/guest/guest_capabilities.py",
    "tests/full/vm/guest/guest_links.py",
)
NEEDED = ["pyproject.toml", "lab", "opi", "schemas", "tests/integration", "tests/full"]
MACHINE_LIMIT = 330
ONLY_WITHOUT_NETEM = "test_delay_without_netem_says_so_and_changes_nothing"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test here for each test there."""
    if "inner" in metafunc.fixturenames:
        names = collect(ROOT, FILES)
        metafunc.parametrize("inner", names, ids=[name.rpartition("/")[2] for name in names])


@dataclass(frozen=True, slots=True)
class Run:
    """What the virtual machine left; `problem` says why that is nothing, '' when all is well."""

    kernel: str = ""
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    problem: str = ""


@pytest.fixture(scope="module")
def run() -> Run:
    """One run in the virtual machine, for all tests of this file."""
    try:
        files = prepared_machine()
    except BootstrapError as error:
        pytest.skip(f"no virtual machine: {error.message} ({error.hint})")
    work = ROOT / "results" / "vm"
    work.mkdir(parents=True, exist_ok=True)
    job = work / "job.tar"
    program = (ROOT / "tests/full/vm/guest/run.sh").read_text()
    texts = {"run": program, "files": " ".join(FILES)}
    write_job(job, ROOT, NEEDED, texts)
    machine = Machine(files, work)
    try:
        results = machine.run(job, MACHINE_LIMIT)
    except MachineFailedError as error:
        return Run(problem=str(error))
    kernel, code = (results[name].decode().strip() for name in ("release", "code"))
    if "junit.xml" not in results:
        problem = f"pytest ended with {code} and left no report, see {machine.console}"
        return Run(kernel, problem=problem)
    return Run(kernel, read_verdicts(results["junit.xml"]))


def test_the_machine_did_its_job(
    run: Run, record_testsuite_property: Callable[[str, object], None]
) -> None:
    assert not run.problem, run.problem
    record_testsuite_property("vm-kernel", run.kernel)
    version = tuple(map(int, run.kernel.split(".")[:2]))
    assert (run.kernel.endswith("-cloud-amd64"), version >= (6, 12)) == (True, True), run.kernel


def test_in_vm(inner: str, run: Run) -> None:
    verdict = run.verdicts.get(inner, Verdict("error", "it did not run"))
    if verdict.outcome == "skipped" and inner.endswith(ONLY_WITHOUT_NETEM):
        pytest.skip(verdict.text.splitlines()[0])
    if verdict.outcome != "passed":
        pytest.fail(f"{verdict.outcome} in the virtual machine:\n{verdict.text}", pytrace=False)
