"""Bridge nodes: in a namespace of their own, and on the machine in spite of Docker's firewall."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyroute2 import IPRoute

from lab.engine import session
from lab.engine.session import LabSession
from lab.links import ends
from lab.links.pins import OWN_NAMESPACE
from lab.ownership import machine_interface
from lab.topology.model import Topology
from tests.integration.conftest import Recorder, bring_up, pings
from tests.integration.machine import MachineState, left_since

pytestmark = pytest.mark.integration

Make = Callable[..., Topology]

THREE_HOSTS = """
topology:
  defaults: {kind: linux}
  groups:
    host: {image: dpulab/base, network-mode: none, labels: {dpulab.role: host}}
  nodes:
    h1: {group: host}
    h2: {group: host}
    h3: {group: host}
    BRIDGE: {kind: bridge, labels: {dpulab.bridge: WHERE}}
  links:
    - {endpoints: ["h1:eth1", "BRIDGE:p1"], mtu: 1500, ipv4: [10.9.4.1/24, ""], ipv6: ["fd09:4::1/64", ""]}
    - {endpoints: ["h2:eth1", "BRIDGE:p2"], mtu: 1500, ipv4: [10.9.4.2/24, ""], ipv6: ["fd09:4::2/64", ""]}
    - {endpoints: ["h3:eth1", "BRIDGE:p3"], mtu: 1500, ipv4: [10.9.4.3/24, ""], ipv6: ["fd09:4::3/64", ""]}
"""  # noqa: E501


def three_hosts(where: str, bridge: str = "br") -> str:
    return THREE_HOSTS.replace("WHERE", where).replace("BRIDGE", bridge)


def all_talk(lab: LabSession) -> bool:
    return all(
        pings(lab, f"h{one}", f"{net}{other}")
        for net in ("10.9.4.", "fd09:4::")
        for one, other in ((1, 2), (2, 3), (3, 1))
    )


def rules(lab: str) -> list[str]:
    """Firewall rules that carry the mark of a lab, each with its table."""
    found = []
    for table in ("iptables", "ip6tables"):
        listed = subprocess.run([table, "-S"], check=True, capture_output=True, text=True).stdout
        found += [f"{table} {line}" for line in listed.splitlines() if f'"dpulab:{lab}:' in line]
    return found


def test_hosts_talk_through_a_bridge_of_its_own(
    clean_machine: MachineState, topology: Make, tmp_path: Path
) -> None:
    lab = bring_up(topology(three_hosts("own")))
    assert all_talk(lab)
    assert rules(lab.topology.name) == []
    capture = lab.node("br").capture("p1", tmp_path / "p1.pcap", "icmp")
    assert pings(lab, "h1", "10.9.4.2")
    captured = capture.stop().read_bytes()
    assert captured.count(bytes([10, 9, 4, 1, 10, 9, 4, 2])) == 3
    lab.stop_node("h1")
    lab.start_node("h1")
    assert all_talk(lab)


def test_up_puts_a_port_back_that_left_its_bridge(topology: Make) -> None:
    made = topology(three_hosts("own"))
    lab = bring_up(made)
    leave = ["ip", "link", "set", "p1", "nomaster"]
    netns = f"/run/dpulab/{made.name}/br/netns"
    subprocess.run(["nsenter", f"--net={netns}", *leave], check=True)
    assert not pings(lab, "h1", "10.9.4.2")
    bring_up(made)
    assert pings(lab, "h1", "10.9.4.2")


def test_hosts_talk_through_a_bridge_of_the_machine(
    clean_machine: MachineState, topology: Make, tmp_path: Path
) -> None:
    """Docker sets the FORWARD policy to DROP and lets bridged frames pass through it."""
    made = topology(three_hosts("machine"))
    lab = bring_up(made)
    assert all_talk(lab)
    (v4, v6) = rules(made.name)
    assert v4.startswith("iptables ")
    assert v6.startswith("ip6tables ")
    assert f'"dpulab:{made.name}:br"' in v4
    capture = (
        session.open_lab(made.name)
        .node("br")
        .capture(machine_interface(made.name, "br", "p1"), tmp_path / "p1.pcap")
    )
    assert pings(lab, "h1", "10.9.4.2")
    assert capture.stop().stat().st_size > 24
    again = Recorder()
    assert not session.up(made, again)[1]
    assert rules(made.name) == [v4, v6]
    session.down(made.name)
    assert rules(made.name) == []
    assert left_since(clean_machine) == {}


def test_a_bridge_that_left_the_file_takes_its_rules_along(topology: Make, lab_name: str) -> None:
    body = three_hosts("machine")
    bring_up(topology(body))
    without = body[: body.index("    br: {")] + "    h4: {group: host}\n"
    bring_up(topology(without, lab_name))
    assert rules(lab_name) == []
    assert ends.marked(OWN_NAMESPACE, lab_name) == []


def test_a_bridge_node_that_left_the_file_is_removed(topology: Make, lab_name: str) -> None:
    body = three_hosts("own")
    bring_up(topology(body))
    lab = bring_up(topology(body[: body.index("    br: {")], lab_name))
    assert lab.net.nodes(lab_name) == ["h1", "h2", "h3"]


@pytest.fixture
def somebodys_bridge(lab_name: str) -> Iterator[str]:
    """A bridge that the machine's owner made."""
    name = f"b{lab_name[-6:]}"
    with IPRoute() as netlink:
        netlink.link("add", ifname=name, kind="bridge")
        (index,) = netlink.link_lookup(ifname=name)
        netlink.link("set", index=index, state="up")
        yield name
        netlink.link("del", index=index)


def test_an_existing_bridge_of_that_name_is_used_and_kept(
    topology: Make, somebodys_bridge: str
) -> None:
    made = topology(three_hosts("machine", somebodys_bridge))
    lab = bring_up(made)
    assert all_talk(lab)
    ports = list(Path(f"/sys/class/net/{somebodys_bridge}/brif").iterdir())
    assert len(ports) == 3
    session.down(made.name)
    assert ends.exists(OWN_NAMESPACE, somebodys_bridge)
    assert rules(made.name) == []
    assert not list(Path(f"/sys/class/net/{somebodys_bridge}/brif").iterdir())


def test_nothing_runs_in_a_bridge(topology: Make) -> None:
    lab = bring_up(topology("topology: {nodes: {sw: {kind: bridge}}}"))
    with pytest.raises(Exception, match="sw is a bridge: it cannot run ls"):
        lab.node("sw").exec(["ls"])
    with pytest.raises(Exception, match="sw is a bridge: it cannot be stopped"):
        lab.stop_node("sw")
    assert session.down(lab.topology.name)
