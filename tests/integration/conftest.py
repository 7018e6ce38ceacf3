"""Fixtures for tests that bring real labs up. A missing capability skips with its reason."""

from __future__ import annotations

import textwrap
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.capabilities import probe_one
from lab.engine import session
from lab.engine.session import LabSession
from lab.runtime.docker_engine import Docker
from lab.topology.loader import load
from lab.topology.model import Topology
from tests.integration.machine import LAB_PREFIX, MachineState, left_since, snapshot

TopologyMaker = Callable[..., Topology]

TWO_HOSTS = """
topology:
  defaults:
    kind: linux
    image: dpulab/base
    network-mode: none
    labels: {dpulab.role: host}
  nodes:
    h1: {}
    h2: {}
  links:
    - endpoints: ["h1:eth1", "h2:eth1"]
      mtu: 1500
      ipv4: [10.9.1.1/24, 10.9.1.2/24]
      ipv6: ["fd09:1::1/64", "fd09:1::2/64"]
"""


@pytest.fixture(scope="session")
def docker() -> Docker:
    """The container engine, with the project's base image."""
    for name in ("root", "docker", "netns", "veth"):
        found = probe_one(name)
        if not found.available:
            pytest.skip(f"{name}: {found.reason}")
    engine = Docker()
    if engine.image_id("dpulab/base") is None:
        pytest.skip("image dpulab/base has not been built: run `make images`")
    return engine


@pytest.fixture
def lab_name() -> str:
    """A lab name that no other test run uses at the same time."""
    return f"{LAB_PREFIX}{uuid.uuid4().hex[:6]}"


@pytest.fixture
def topology(tmp_path: Path, lab_name: str, docker: Docker) -> Iterator[TopologyMaker]:
    """Writes and loads topology files; every lab made from them is taken down at the end."""
    names: set[str] = {lab_name}

    def make(body: str = TWO_HOSTS, name: str = lab_name) -> Topology:
        path = tmp_path / f"{name}.clab.yml"
        path.write_text(f"name: {name}\n{textwrap.dedent(body)}")
        names.add(name)
        return load(path)

    yield make
    for name in names:
        session.down(name)


@pytest.fixture
def clean_machine(docker: Docker) -> Iterator[MachineState]:
    """Fails the test when it leaves anything of a lab behind."""
    before = snapshot()
    yield before
    assert left_since(before) == {}


class Recorder:
    """Progress that remembers, for assertions on what an `up` did."""

    def __init__(self) -> None:
        self.notes: dict[str, str] = {}
        self.order: list[str] = []
        self.messages: list[str] = []

    def started(self, operation: object) -> None:
        """Remember the order of starts."""
        self.order.append(f"start {getattr(operation, 'id', '')}")

    def finished(self, operation: object, note: str) -> None:
        """Remember what was found or made."""
        op_id = str(getattr(operation, "id", ""))
        self.notes[op_id] = note
        self.order.append(f"end {op_id}")

    def say(self, message: str) -> None:
        """Remember other lines."""
        self.messages.append(message)


def bring_up(topology: Topology, recorder: Recorder | None = None) -> LabSession:
    """Bring a lab up in this process."""
    return session.up(topology, recorder or Recorder())[0]


def pings(lab: LabSession, node: str, address: str, *options: str) -> bool:
    """Whether three echo requests are all answered."""
    command = ["ping", "-n", "-c", "3", "-i", "0.05", "-W", "1", *options, address]
    return lab.node(node).exec(command).exit_code == 0


@pytest.fixture
def recorder() -> Recorder:
    """A progress recorder."""
    return Recorder()
