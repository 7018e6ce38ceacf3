"""Ports, sysctls, network and environment of a container, from its node."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.engine.specs import CARD_TABLE, FRR_CONFIG, container_spec, files_of
from lab.errors import LabError
from lab.runtime.container import ContainerSpec
from lab.topology.loader import load
from lab.topology.model import Topology

FILE = """\
name: s
topology:
  defaults: {kind: linux, image: dpulab/host}
  nodes:
    web:
      ports: ["8080:80", "0.0.0.0:5353:53/udp", "443"]
      sysctls: {net.ipv4.ip_forward: 1, net.ipv6.conf.all.disable_ipv6: 1}
      cpu: 1.5
      memory: 64Mib
      env: {COLOUR: green}
    beside: {network-mode: "container:web"}
    machine: {network-mode: host}
    card: {image: dpulab/dpu, labels: {dpulab.role: dpu}}
    r1: {image: dpulab/router, network-mode: none, labels: {dpulab.role: router}, startup-config: r1.conf}
  links:
    - endpoints: ["web:eth1", "r1:eth1"]
      mtu: 1500
"""  # noqa: E501


@pytest.fixture
def topology(tmp_path: Path) -> Topology:
    (tmp_path / "r1.conf").write_text("hostname r1\n")
    path = tmp_path / "s.clab.yml"
    path.write_text(FILE)
    return load(path)


def spec(topology: Topology, node: str) -> ContainerSpec:
    return container_spec(topology, topology.nodes[node], "dpulab-s", "sha256:1", {})


def test_ports_are_published_on_loopback_unless_an_address_is_given(topology: Topology) -> None:
    assert spec(topology, "web").ports == (
        ("127.0.0.1", 8080, 80, "tcp"),
        ("0.0.0.0", 5353, 53, "udp"),
        ("127.0.0.1", 0, 443, "tcp"),
    )


def test_ipv6_is_on_unless_the_file_says_otherwise(topology: Topology) -> None:
    assert spec(topology, "r1").sysctls["net.ipv6.conf.all.disable_ipv6"] == "0"
    web = spec(topology, "web").sysctls
    assert web["net.ipv6.conf.all.disable_ipv6"] == "1"
    assert web["net.ipv6.conf.default.disable_ipv6"] == "0"
    assert web["net.ipv4.ip_forward"] == "1"


@pytest.mark.parametrize("node", ["beside", "machine"])
def test_a_shared_namespace_gets_no_settings_of_ours(topology: Topology, node: str) -> None:
    made = spec(topology, node)
    assert made.sysctls == {}
    assert made.hostname == ""
    assert made.network == {"beside": "container:dpulab-s-web", "machine": "host"}[node]


def test_limits_and_environment(topology: Topology) -> None:
    web = spec(topology, "web")
    assert (web.nano_cpus, web.memory_bytes) == (1_500_000_000, 64 << 20)
    assert web.env == {"CLAB_INTFS": "1", "COLOUR": "green"}
    assert spec(topology, "card").env["OPID_NODE"] == "s/card"


def test_files_that_a_node_starts_with(topology: Topology, tmp_path: Path) -> None:
    assert files_of(topology, topology.nodes["web"]) == {}
    assert list(files_of(topology, topology.nodes["card"])) == [CARD_TABLE]
    assert files_of(topology, topology.nodes["r1"]) == {FRR_CONFIG: b"hostname r1\n"}
    (tmp_path / "r1.conf").unlink()
    with pytest.raises(LabError, match=r"r1\.conf: No such file or directory"):
        files_of(topology, topology.nodes["r1"])
