"""The management network: free, ours, and closed."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, cast

import pytest

from lab.engine import mgmt
from lab.errors import LabError
from lab.ownership import LABEL_LAB
from lab.runtime.docker_engine import Docker
from lab.topology.model import Mgmt, Node, PortBinding, Role, Topology

SUBNET = "198.51.100.0/24"


class PaperDocker:
    """A daemon that remembers its networks."""

    def __init__(self, *taken: str) -> None:
        self.made: dict[str, dict[str, Any]] = {}
        self._taken = [{"Name": "bridge", "IPAM": {"Config": [{"Subnet": one}]}} for one in taken]

    def network(self, name: str) -> dict[str, Any] | None:
        return self.made.get(name)

    def networks(self) -> list[dict[str, Any]]:
        return self._taken

    def create_network(self, name: str, labels: dict[str, str], **settings: Any) -> None:
        self.made[name] = {"Name": name, "Labels": labels, **settings}


def lab(name: str = "t", *ports: PortBinding, **fields: Any) -> Topology:
    nodes = {"d1": Node("d1", role=Role.DPU, ports=ports)}
    settings = Mgmt(**{"ipv4_subnet": SUBNET, **fields})
    return Topology(name, Path("/t.clab.yml"), mgmt=settings, nodes=nodes)


def ensure(docker: PaperDocker, topology: Topology) -> bool:
    return mgmt.ensure(cast(Docker, docker), topology)


def test_the_first_subnet_that_overlaps_nothing_is_free() -> None:
    taken = ["10.213.0.0/23", "10.213.2.128/25", "10.213.3.0/24", "192.0.2.0/24"]
    others: list[mgmt.Network] = [*map(IPv4Network, taken), IPv6Network("2001:db8::/32")]
    assert str(mgmt.free_subnet(others)) == "10.213.4.0/24"
    with pytest.raises(LabError, match=r"no free management subnet in 10\.213\.0\.0/16"):
        mgmt.free_subnet([IPv4Network("10.0.0.0/8")])


def test_the_network_is_closed_and_marked_and_made_once() -> None:
    docker = PaperDocker()
    assert ensure(docker, lab())
    made = docker.made["dpulab-t"]
    assert made["Labels"][LABEL_LAB] == "t"
    assert made["internal"] is True
    assert made["subnets"] == [(SUBNET, "")]
    assert made["options"]["com.docker.network.bridge.enable_icc"] == "false"
    assert made["options"]["com.docker.network.bridge.enable_ip_masquerade"] == "false"
    assert not ensure(docker, lab())


@pytest.mark.parametrize(
    ("topology", "closed"),
    [
        (lab(), True),
        (lab("t", PortBinding("127.0.0.1", 0, 80)), False),
        (lab(external_access=True), False),
    ],
)
def test_only_published_ports_and_external_access_open_it(topology: Topology, closed: bool) -> None:
    assert mgmt.is_internal(topology) is closed


def test_a_network_that_is_not_ours_or_not_as_the_file_has_it_is_refused() -> None:
    docker = PaperDocker()
    ensure(docker, lab("other", network="shared"))
    with pytest.raises(LabError, match="network shared belongs to lab other"):
        ensure(docker, lab("t", network="shared"))
    docker.made["shared"]["Labels"] = None
    with pytest.raises(LabError, match="belongs to something else than dpulab"):
        ensure(docker, lab("t", network="shared"))
    ensure(docker, lab())
    with pytest.raises(LabError, match="is not as its file has it now"):
        ensure(docker, lab(mtu=9000))


@pytest.mark.parametrize("taken", [SUBNET, "198.51.100.128/25", "198.51.0.0/16"])
def test_a_subnet_that_overlaps_another_network_is_refused(taken: str) -> None:
    with pytest.raises(LabError, match=f"overlaps {taken} of Docker network bridge"):
        ensure(PaperDocker(taken), lab())


def test_an_automatic_subnet_is_outside_what_is_taken() -> None:
    docker = PaperDocker("10.213.0.0/17")
    topology = lab()
    ensure(docker, replace(topology, mgmt=Mgmt()))
    ((subnet, _),) = docker.made["dpulab-t"]["subnets"]
    assert IPv4Network(subnet).subnet_of(IPv4Network("10.213.128.0/17"))
