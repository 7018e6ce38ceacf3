"""Forty nodes come up, carry packets, and go."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bench.topologies import ring_of_pairs
from lab.engine import session
from lab.runtime.docker_engine import Docker
from lab.topology.loader import load
from tests.integration.conftest import Recorder, pings
from tests.integration.machine import MachineState, left_since

pytestmark = pytest.mark.integration

PAIRS, LEAVES, DPUS = 18, 4, 2


def test_forty_nodes(
    clean_machine: MachineState,
    docker: Docker,
    tmp_path: Path,
    lab_name: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    dpus = DPUS if docker.image_id("dpulab/dpu") else 0
    file = tmp_path / "ring.clab.yml"
    file.write_text(ring_of_pairs(PAIRS, leaves=LEAVES, dpus=dpus, name=lab_name))
    made = load(file)
    assert len(made.nodes) == 40
    recorder = Recorder()
    try:
        begin = time.monotonic()
        lab, _ = session.up(made, recorder)
        up = time.monotonic() - begin
        assert all(lab.net.link_is_whole(made, link) for link in made.links)
        assert recorder.notes["verify"].count(" crosses ") == PAIRS
        assert pings(lab, "h1", "10.64.2.2")
        begin = time.monotonic()
        _, changed = session.up(made, Recorder())
        again = time.monotonic() - begin
        assert not changed
    finally:
        begin = time.monotonic()
        session.down(lab_name)
        down = time.monotonic() - begin
    with capsys.disabled():
        print(f"\n40 nodes, {dpus} DPUs: up {up:.1f} s, up again {again:.1f} s, down {down:.1f} s")
    assert left_since(clean_machine) == {}
