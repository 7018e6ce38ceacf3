"""The benchmarks of NVMe/TCP run and print their ratios; how good these are is not judged here."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest

from tests.spdk_target import ROOT

SHORT = ["--seconds", "0.05", "--rounds", "1"]
FEW = ["--seconds", "0.1", "--namespaces", "12", "--hosts", "3", "--queues", "4"]
NEEDS_COMPILER = pytest.mark.skipif(
    not (shutil.which("cc") or shutil.which("gcc")), reason="there is no C compiler for the peer"
)


def lines_of(module: str, arguments: list[str]) -> list[str]:
    """What a benchmark prints, without what the processes that it starts log."""
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{module}", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if not line.startswith("{")]


@NEEDS_COMPILER
@pytest.mark.parametrize("module", ["nvmetcp_target", "nvmetcp_host"])
def test_both_ends_are_compared_with_c_at_every_size(module: str) -> None:
    lines = lines_of(module, SHORT)
    for case in (
        "4 KiB random read, QD 32",
        "4 KiB random read, QD 1 ",
        "128 KiB random read, QD 8",
    ):
        found = [line.split(case)[1].split() for line in lines if case in line]
        assert len(found) == (2 if module == "nvmetcp_host" else 1), lines
        for mine, other, ratio, p50, other_p50, latency in found:
            assert 0 < float(mine) < 10 * float(other)
            assert min(map(float, (ratio, p50, other_p50, latency))) >= 0


def test_growth_and_rest_are_measured() -> None:
    printed = "\n".join(lines_of("nvmetcp_scale", FEW))
    for unit, count in (("target: namespace", 12), ("target: host", 3), ("target: queue", 4)):
        found = re.search(rf"^{unit} +{count} +(\d+) +(\d+) +([\d.]+)", printed, re.MULTILINE)
        assert found, printed
        assert all(float(number) > 0 for number in found.groups())
    assert re.search(r"^initiator, 1 hosts of 13 namespaces: idle ", printed, re.MULTILINE)
    (memory,) = re.findall(r"target with all: idle [\d.]+% CPU, (\d+) MiB", printed)
    assert 10 < int(memory) < 100
