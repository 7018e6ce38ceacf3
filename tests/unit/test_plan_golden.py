"""Whole plans, line by line: of the quickstart lab, and of one with stages, bridge and host link.

After a change that is meant: DPULAB_UPDATE_GOLDEN=1 pytest tests/unit/test_plan_golden.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab.plan import Plan, build
from lab.topology.loader import load

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "plans"

STAGES = """\
name: staged
topology:
  defaults: {kind: linux, image: dpulab/host, network-mode: none}
  nodes:
    job:
      cmd: sh -c true
    br1: {kind: bridge}
    server:
      exec: [ip route add default via 10.0.0.1]
      labels: {dpulab.ready: file}
      stages:
        create: {wait-for: [{node: job, stage: exit}]}
    client:
      network-mode: ""
      stages:
        configure: {wait-for: [{node: server, stage: healthy}]}
        create-links: {exec: [{command: ip link}]}
  links:
    - endpoints: ["server:eth1", "br1:p1"]
      mtu: 1500
    - endpoints: ["client:eth1", "br1:p2"]
      mtu: 1500
    - type: host
      endpoint: {node: client, interface: eth2}
      host-interface: uplink0
      mtu: 1500
    - type: mgmt-net
      endpoint: {node: server, interface: eth9}
      host-interface: mgmt9
      mtu: 1500
"""


@pytest.fixture
def staged(tmp_path: Path) -> Plan:
    path = tmp_path / "staged.clab.yml"
    path.write_text(STAGES)
    return build(load(path))


def text(plan: Plan) -> str:
    """Every operation with what it needs, and * where only the order matters."""
    lines = []
    for operation in plan.operations:
        mark = "*" if operation.only_orders else " "
        needs = f"  <- {', '.join(sorted(operation.needs))}" if operation.needs else ""
        lines.append(f"{mark} {operation.id}: {operation.describe()}{needs}\n")
    return "".join(lines)


def must_equal(plan: Plan, name: str) -> None:
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("DPULAB_UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text(plan))
    assert text(plan) == golden.read_text()


def test_quickstart() -> None:
    must_equal(build(load(ROOT / "topologies/quickstart/quickstart.clab.yml")), "quickstart")


def test_stages_bridge_and_links_to_the_machine(staged: Plan) -> None:
    must_equal(staged, "staged")


def test_a_person_sees_only_what_does_something(staged: Plan) -> None:
    shown = staged.describe()
    assert "configure server (1 command)" in shown
    assert "all links of client are there" in shown
    assert "all links of server are there" not in shown
    assert not [line for line in shown if line.startswith("wait until br1")]


PLAN_IN_A_NEW_PROCESS = """
import sys
from pathlib import Path
from lab.plan import build
from lab.topology.loader import load
print([op.id for op in build(load(Path(sys.argv[1]))).operations])
"""


def test_the_order_does_not_depend_on_the_process(staged: Plan, tmp_path: Path) -> None:
    """Sets are iterated in an order that differs from process to process; plans must not be."""
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", PLAN_IN_A_NEW_PROCESS, tmp_path / "staged.clab.yml"],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
            cwd=ROOT,
        )
        assert done.stdout == f"{[op.id for op in staged.operations]}\n"
