"""A DPU gets what its start-up manifest says, and opictl finds it beside the topology file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.engine import session
from lab.errors import LabError
from lab.topology.model import Topology
from opi import standard
from opi.client import Client
from opi.contexts import Overrides, read_contexts
from opi.resources import resources
from tests.integration.conftest import Recorder, bring_up

pytestmark = pytest.mark.integration

Make = Callable[..., Topology]

ONE_DPU = """
topology:
  nodes:
    dpu1:
      {kind: linux, image: dpulab/dpu, labels: {dpulab.role: dpu}, startup-config: dpu1.opi.yml}
"""
SUBSYSTEM = """\
kind: NvmeSubsystem
name: nvmeSubsystems/sub0
spec:
  nqn: nqn.2022-09.io.spdk:opi1
"""


def test_a_dpu_comes_up_with_its_resources(topology: Make, tmp_path: Path) -> None:
    intents = tmp_path / "dpu1.opi.yml"
    intents.write_text(SUBSYSTEM)
    made = topology(ONE_DPU)
    first = Recorder()
    session.up(made, first)
    assert first.notes["intents:dpu1"] == "1 created"
    again = Recorder()
    _, changed = session.up(made, again)
    assert (again.notes["intents:dpu1"], changed) == ("1 unchanged", False)

    context = read_contexts({}, tmp_path).choose(Overrides())
    assert context.name == "dpu1"
    with Client(context) as client:
        stored = standard.get(client, resources().kind("NvmeSubsystem"), "nvmeSubsystems/sub0")
    assert stored.spec.nqn == "nqn.2022-09.io.spdk:opi1"

    assert session.down(made.name)
    assert not list(tmp_path.glob("dpulab-*/opictl.yml"))


def test_a_refused_resource_ends_up_and_rolls_back(topology: Make, tmp_path: Path) -> None:
    intents = tmp_path / "dpu1.opi.yml"
    intents.write_text(SUBSYSTEM.replace("nqn: nqn", "nqn: nonsense"))
    made = topology(ONE_DPU)
    with pytest.raises(LabError) as caught:
        bring_up(made)
    said = caught.value.message
    assert f"{intents}:1 (document 1): create NvmeSubsystem nvmeSubsystems/sub0" in said
    assert "INVALID_ARGUMENT" in said
    assert not list(tmp_path.glob("dpulab-*"))
