"""A virtual machine that does not do its job ends in time, says so, and is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.console import BootstrapError
from bootstrap.vm_image import prepared_machine
from tests.full.vm.qemu import Machine, MachineFailedError, write_job

pytestmark = [pytest.mark.full, pytest.mark.timeout(150)]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """The virtual machine, working in a folder of its own."""
    try:
        return Machine(prepared_machine(), tmp_path)
    except BootstrapError as error:
        pytest.skip(f"no virtual machine: {error.message} ({error.hint})")


def _job(machine: Machine, program: str) -> Path:
    job = machine.work / "job.tar"
    write_job(job, machine.work, [], {"run": program})
    return job


def _processes_naming(text: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has ended
            continue
        if text in command:
            found.append(command)
    return found


def test_results_come_back(machine: Machine) -> None:
    job = _job(machine, "echo 7 > results/seven; mkdir results/more; : > results/more/empty")
    assert machine.run(job, 120) == {"seven": b"7\n", "more/empty": b""}


def test_one_that_is_not_done_in_time_is_ended(machine: Machine) -> None:
    with pytest.raises(MachineFailedError, match="virtual machine: not done within 3 s; "):
        machine.run(_job(machine, "sleep 1000"), 3)
    assert _processes_naming(str(machine.work)) == []


def test_one_whose_kernel_panics_leaves_no_results(machine: Machine) -> None:
    panic = "echo before; echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger"
    with pytest.raises(MachineFailedError, match=r"no results; .* ends with\n"):
        machine.run(_job(machine, panic), 120)
    console = machine.console.read_text()
    assert "before" in console
    assert "Kernel panic" in console
