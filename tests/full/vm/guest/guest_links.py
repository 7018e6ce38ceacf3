"""In the virtual machine: links that few container hosts can have, made by the lab from a file."""

from __future__ import annotations

import re
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyroute2 import IPRoute

from lab import capabilities
from lab.links import pins
from lab.links.netns import run_in
from lab.links.netops import NetOps
from lab.ownership import link_alias, pin_path
from lab.topology.loader import load
from lab.topology.model import Impairment, Topology

TOPOLOGY = """
topology:
  defaults: {kind: linux, image: dpulab/base, network-mode: none}
  nodes:
    h1: {}
    h2: {}
  links:
    - {type: dummy, endpoint: {node: h1, interface: sink, ipv4: 10.9.1.1/24}, mtu: 1400}
    - endpoints: ["h1:eth1", "h2:eth1"]
      mtu: 1500
      ipv4: [10.9.2.1/24, 10.9.2.2/24]
      vars: {dpulab: {delay: 20ms, jitter: 1ms}}
"""


@pytest.fixture
def topology(tmp_path: Path) -> Iterator[Topology]:
    """A lab whose nodes are namespaces alone: the machine has no containers."""
    path = tmp_path / "guest.clab.yml"
    path.write_text(f"name: t{uuid.uuid4().hex[:6]}\n{TOPOLOGY}")
    topology = load(path)
    for node in topology.nodes:
        pins.pin_new(topology.name, node)
    yield topology
    NetOps().clean_up(topology.name)


def _device(topology: Topology, node: str, name: str) -> dict[str, Any]:
    """What `ip -d address` would show of a device of a node; empty when there is none."""

    def look() -> dict[str, Any]:
        with IPRoute() as ipr:
            index = ipr.link_lookup(ifname=name)[0]
            link = ipr.get_links(index)[0]
            return {
                "kind": link.get(("linkinfo", "kind")),
                "mtu": link.get("mtu"),
                "up": bool(link["flags"] & 1),
                "alias": link.get("ifalias"),
                "ipv4": [one.get("address") for one in ipr.get_addr(index=index, family=2)],
            }

    return run_in(pin_path(topology.name, node), look)


def _devices(topology: Topology, node: str) -> set[str]:
    def look() -> set[str]:
        with IPRoute() as ipr:
            return {str(link.get("ifname")) for link in ipr.get_links()}

    return run_in(pin_path(topology.name, node), look)


def test_this_kernel_has_all_that_the_file_asks_for(topology: Topology) -> None:
    capabilities.refuse_unsupported(topology)


def test_dummy_link_is_what_the_file_says(topology: Topology) -> None:
    netops, link = NetOps(), topology.links[0]
    assert netops.ensure_link(topology, link) is True
    assert netops.link_is_whole(topology, link)
    assert _device(topology, "h1", "sink") == {
        "kind": "dummy",
        "mtu": 1400,
        "up": True,
        "alias": link_alias(topology.name, "h1", "sink"),
        "ipv4": ["10.9.1.1"],
    }
    assert netops.ensure_link(topology, link) is False


def test_dummy_link_goes_when_the_file_drops_it(topology: Topology) -> None:
    netops = NetOps()
    netops.ensure_link(topology, topology.links[0])
    assert "sink" in _devices(topology, "h1")
    assert netops.prune(replace(topology, links=())) == ["h1:sink"]
    assert "sink" not in _devices(topology, "h1")


def test_a_ping_takes_the_delay_of_both_directions(topology: Topology) -> None:
    netops, link = NetOps(), topology.links[1]
    netops.ensure_link(topology, link)
    asked = Impairment(delay_us=20_000, jitter_us=1_000)
    state = netops.impairments(replace(topology, links=(link,)))
    assert {end: found.impairment for end, found in state.items()} == {
        "h1:eth1": asked,
        "h2:eth1": asked,
    }
    command = ["ping", "-n", "-c", "10", "-i", "0.1", "-W", "5", "10.9.2.2"]
    answer = run_in(
        pin_path(topology.name, "h1"),
        lambda: subprocess.run(command, capture_output=True, text=True, timeout=60, check=True),
    )
    times = [float(text) for text in re.findall(r"time=([\d.]+)", answer.stdout)]
    assert len(times) == 10
    assert min(times) >= 38  # two delays, each at most one jitter shorter
    assert sorted(times)[5] < 80  # half of them are not much later, on a slow machine too
