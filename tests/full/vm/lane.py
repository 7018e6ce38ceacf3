"""A lane: files of tests that run in one virtual machine, and show up here one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from bootstrap.console import ROOT, BootstrapError
from bootstrap.vm_image import prepared_machine
from tests.full.vm.qemu import Machine, MachineFailedError, write_job
from tests.full.vm.report import Verdict, collect, read_verdicts

KERNEL = "-cloud-amd64"


@dataclass(frozen=True, slots=True)
class Run:
    """What the virtual machine left; `problem` says why that is nothing, '' when all is well."""

    kernel: str = ""
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    problem: str = ""

    def require_done(self) -> None:
        """Fail unless the machine did its job, on the kernel that it is meant to have."""
        assert not self.problem, self.problem
        version = tuple(map(int, self.kernel.split(".")[:2]))
        assert (self.kernel.endswith(KERNEL), version >= (6, 12)) == (True, True), self.kernel

    def require_passed(self, inner: str, may_skip: str = "") -> None:
        """Fail unless this test passed there; one whose id ends with `may_skip` may be skipped."""
        verdict = self.verdicts.get(inner, Verdict("error", "it did not run"))
        if verdict.outcome == "skipped" and may_skip and inner.endswith(may_skip):
            pytest.skip(verdict.text.splitlines()[0])
        if verdict.outcome != "passed":
            pytest.fail(f"{verdict.outcome} in the virtual machine:\n{verdict.text}", pytrace=False)


@dataclass(frozen=True, slots=True)
class Lane:
    """Test files, what of the project they need, and in how many seconds the machine is done.

    `name` is that of the folder below results/vm where the machine leaves its traces.
    """

    name: str
    files: Sequence[str]
    needed: Sequence[str]
    limit: float

    def parametrize(self, metafunc: pytest.Metafunc) -> None:
        """One test here for each test there, by the fixture `inner`."""
        if "inner" in metafunc.fixturenames:
            names = collect(ROOT, self.files)
            metafunc.parametrize("inner", names, ids=[name.rpartition("/")[2] for name in names])

    def run(self) -> Run:
        """Run all of them once. Skips when there is no virtual machine."""
        try:
            files = prepared_machine()
        except BootstrapError as error:
            pytest.skip(f"no virtual machine: {error.message} ({error.hint})")
        work = ROOT / "results" / "vm" / self.name
        work.mkdir(parents=True, exist_ok=True)
        job = work / "job.tar"
        program = (ROOT / "tests/full/vm/guest/run.sh").read_text()
        write_job(job, ROOT, list(self.needed), {"run": program, "files": " ".join(self.files)})
        machine = Machine(files, work)
        try:
            results = machine.run(job, self.limit)
        except MachineFailedError as error:
            return Run(problem=str(error))
        kernel, code = (results[name].decode().strip() for name in ("release", "code"))
        if "junit.xml" not in results:
            problem = f"pytest ended with {code} and left no report, see {machine.console}"
            return Run(kernel, problem=problem)
        return Run(kernel, read_verdicts(results["junit.xml"]))
