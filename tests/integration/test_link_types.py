"""Every link type in the kernel, as the file has it; links that are cut, changed and impaired."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from lab.engine.session import LabSession
from lab.errors import LabError, UnsupportedError
from lab.links import ends
from lab.links.impairment import fate
from lab.ownership import pin_path
from lab.topology.model import Impairment, Topology
from tests.integration.conftest import TWO_HOSTS, Recorder, bring_up, pings
from tests.integration.machine import MachineState, left_since
from tests.integration.test_catastrophe import cli

pytestmark = pytest.mark.integration

Make = Callable[..., Topology]

NODES = """
topology:
  defaults: {kind: linux, image: dpulab/base, network-mode: none, labels: {dpulab.role: host}}
  nodes: {h1: {}, h2: {}}
  links:
"""


def shown(lab: LabSession, node: str, *what: str) -> str:
    """Output of `ip WHAT` in a node."""
    result = lab.node(node).exec(["ip", *what])
    assert result.exit_code == 0, result.stderr
    return result.stdout


@contextmanager
def machine_device(name: str, **settings: object) -> Iterator[int]:
    """A device of somebody else on the machine, for the length of a `with`."""
    with IPRoute() as netlink:
        netlink.link("add", ifname=name, **settings)
        (index,) = netlink.link_lookup(ifname=name)
        netlink.link("set", index=index, state="up")
        try:
            yield index
        finally:
            netlink.link("del", index=index)


# -- types ----------------------------------------------------------------------------------------


def host_link(topology: Make, device: str) -> Topology:
    return topology(
        NODES
        + f"""
    - type: host
      endpoint: {{node: h1, interface: eth1, ipv4: 10.9.7.1/24}}
      host-interface: {device}
      mtu: 1400
    """
    )


def test_host_link_reaches_the_machine(
    clean_machine: MachineState, topology: Make, lab_name: str
) -> None:
    device = f"h{lab_name[-6:]}"
    lab = bring_up(host_link(topology, device))
    with IPRoute() as netlink:
        (index,) = netlink.link_lookup(ifname=device)
        netlink.addr("add", index=index, address="10.9.7.2", prefixlen=24)
        (link,) = netlink.get_links(index)
    assert link.get("mtu") == 1400
    assert link.get("ifalias") == f"dpulab:{lab_name}:h1:{device}"
    assert pings(lab, "h1", "10.9.7.2")


def test_host_links_need_trust(topology: Make, lab_name: str, clean_machine: MachineState) -> None:
    made = host_link(topology, f"h{lab_name[-6:]}")
    with cli("up", str(made.source)) as process:
        _, words = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "--trust" in words
    assert left_since(clean_machine) == {}


def test_a_name_that_is_taken_on_the_machine_is_told(
    clean_machine: MachineState, topology: Make, lab_name: str
) -> None:
    device = f"h{lab_name[-6:]}"
    with machine_device(device, kind="bridge"):
        with pytest.raises(LabError, match=f"{device}: an interface of that name exists") as caught:
            bring_up(host_link(topology, device))
        assert "not ours" in caught.value.hint
        assert left_since(clean_machine) == {"links": [device]}


def test_mgmt_net_link_joins_the_management_bridge(topology: Make, lab_name: str) -> None:
    lab = bring_up(
        topology(f"""
        mgmt: {{ipv4-subnet: 10.213.251.0/24}}
        topology:
          defaults: {{kind: linux, image: dpulab/base}}
          nodes: {{h1: {{network-mode: none}}, m: {{}}}}
          links:
            - type: mgmt-net
              endpoint: {{node: h1, interface: eth1, ipv4: 10.213.251.77/24}}
              host-interface: m{lab_name[-6:]}
              mtu: 1500
        """)
    )
    assert pings(lab, "h1", "10.213.251.1")
    lab.stop_node("h1")
    lab.start_node("h1")
    assert pings(lab, "h1", "10.213.251.1")


def test_macvlan_nodes_share_an_interface_of_the_machine(
    clean_machine: MachineState, topology: Make, lab_name: str
) -> None:
    parent = f"p{lab_name[-6:]}"
    with machine_device(parent, kind="veth", peer={"ifname": f"{parent}x"}):
        with IPRoute() as netlink:
            netlink.link("set", index=netlink.link_lookup(ifname=f"{parent}x")[0], state="up")
        body = NODES
        for number, node in enumerate(("h1", "h2"), 1):
            body += f"""
    - type: macvlan
      endpoint: {{node: {node}, interface: eth1, ipv4: 10.9.8.{number}/24}}
      host-interface: {parent}
      mode: bridge
      mtu: 1500
"""
        lab = bring_up(topology(body))
        assert "macvlan mode bridge" in shown(lab, "h1", "-d", "link", "show", "eth1")
        assert pings(lab, "h1", "10.9.8.2")
        lab.stop_node("h1", kill=True)
        lab.start_node("h1")
        assert pings(lab, "h1", "10.9.8.2")


def test_macvlan_on_an_interface_that_is_not_there(
    topology: Make, clean_machine: MachineState
) -> None:
    link = """
    - {type: macvlan, endpoint: {node: h1, interface: eth1}, host-interface: none7, mtu: 1500}
    """
    with pytest.raises(LabError, match="this machine has no interface none7"):
        bring_up(topology(NODES + link))
    assert left_since(clean_machine) == {}


VXLAN = """
    - type: vxlan
      endpoint: {node: h1, interface: vx0, ipv4: 10.9.6.1/24, mac: "02:00:00:00:06:01"}
      remote: 198.18.47.2
      vni: 4711
      dst-port: 14789
      src-port: 14788
      mtu: 1450
"""


@pytest.fixture
def underlay(lab_name: str) -> Iterator[str]:
    """A wire of the machine to an address where nobody listens; the name of its far end."""
    near, far = f"u{lab_name[-6:]}", f"v{lab_name[-6:]}"
    with machine_device(near, kind="veth", peer={"ifname": far}) as index, IPRoute() as netlink:
        netlink.link("set", index=netlink.link_lookup(ifname=far)[0], state="up")
        netlink.addr("add", index=index, address="198.18.47.1", prefixlen=24)
        netlink.neigh("add", dst="198.18.47.2", lladdr="02:00:00:00:47:02", ifindex=index)
        yield far


def test_vxlan_sends_its_frames_through_the_machine(topology: Make, underlay: str) -> None:
    lab = bring_up(topology(NODES + VXLAN))
    details = shown(lab, "h1", "-d", "link", "show", "vx0")
    for setting in ("vxlan id 4711", "remote 198.18.47.2", "dstport 14789", "srcport 14788"):
        assert setting in details
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)) as tap:
        tap.bind((underlay, 0x0800))
        tap.settimeout(5)
        assert not pings(lab, "h1", "10.9.6.2")
        inner = vxlan_payload(tap, port=14789, vni=4711)
    assert inner[6:12] == bytes.fromhex("020000000601")


def vxlan_payload(tap: socket.socket, port: int, vni: int) -> bytes:
    """The Ethernet frame inside the next VXLAN packet to a port (RFC 7348, section 5)."""
    while True:
        frame = tap.recv(2000)
        to_port = struct.unpack("!H", frame[14 + 20 + 2 : 14 + 20 + 4])[0]
        if frame[23] == socket.IPPROTO_UDP and to_port == port:
            header = frame[42:50]
            assert header[0] & 0x08, "the I flag says that there is a VNI"
            assert int.from_bytes(header[4:7], "big") == vni
            return frame[50:]


def test_a_changed_vni_makes_the_link_anew(topology: Make, lab_name: str) -> None:
    bring_up(topology(NODES + VXLAN))
    lab = bring_up(topology(NODES + VXLAN.replace("4711", "4712"), lab_name))
    assert "vxlan id 4712" in shown(lab, "h1", "-d", "link", "show", "vx0")


def test_dummy_is_there_or_said_to_be_missing(topology: Make, clean_machine: MachineState) -> None:
    made = topology(
        NODES + "    - {type: dummy, endpoint: {node: h1, interface: d0, ipv4: 10.9.5.1/24}}\n"
    )
    try:
        with machine_device("dpulabprobe", kind="dummy"):
            available = True
    except NetlinkError:
        available = False
    if available:
        assert "10.9.5.1" in shown(bring_up(made), "h1", "address", "show", "d0")
        return
    with pytest.raises(UnsupportedError) as caught:
        bring_up(made)
    assert caught.value.capability == "dummy"
    assert left_since(clean_machine) == {}


def test_a_node_linked_to_itself(topology: Make) -> None:
    made = topology(NODES + '    - {endpoints: ["h1:eth1", "h1:eth2"], mtu: 1500}\n')
    lab = bring_up(made)
    assert "eth1@eth2" in shown(lab, "h1", "link", "show", "eth1")
    lab.stop_node("h1")
    lab.start_node("h1")
    assert lab.net.link_is_whole(made, made.links[0])
    again = Recorder()
    bring_up(made, again)
    assert again.notes["link:h1:eth1"] == "whole"


# -- changed files --------------------------------------------------------------------------------


def test_a_link_that_the_file_no_longer_has_is_removed(topology: Make, lab_name: str) -> None:
    bring_up(topology(TWO_HOSTS))
    bring_up(topology(TWO_HOSTS[: TWO_HOSTS.index("  links:")], lab_name))
    for node in ("h1", "h2"):
        assert not ends.exists(pin_path(lab_name, node), "eth1")


FOUR = """
topology:
  defaults: {kind: linux, image: dpulab/base, network-mode: none, labels: {dpulab.role: host}}
  nodes: {h1: {}, h2: {}, h3: {}, h4: {}}
  links:
    - {endpoints: ["h1:eth1", "A:eth1"], mtu: 1500, ipv4: [10.9.1.1/24, 10.9.1.2/24]}
    - {endpoints: ["B:eth1", "h4:eth1"], mtu: 1500, ipv4: [10.9.1.3/24, 10.9.1.4/24]}
"""


def test_links_that_swap_their_ends_are_told_apart(topology: Make, lab_name: str) -> None:
    lab = bring_up(topology(FOUR.replace("A:", "h2:").replace("B:", "h3:")))
    assert pings(lab, "h1", "10.9.1.2")
    lab = bring_up(topology(FOUR.replace("A:", "h3:").replace("B:", "h2:"), lab_name))
    assert "10.9.1.2/24" in shown(lab, "h3", "address", "show", "eth1")
    assert pings(lab, "h1", "10.9.1.2")
    assert pings(lab, "h2", "10.9.1.4")


def test_peers_are_recognised_across_namespaces(topology: Make) -> None:
    made = topology(FOUR.replace("A:", "h2:").replace("B:", "h3:"))
    swapped = topology(FOUR.replace("A:", "h3:").replace("B:", "h2:"), made.name)
    lab = bring_up(made)
    # all four devices have the same index in their namespaces, and the same as their peers'
    assert all(lab.net.link_is_whole(made, link) for link in made.links)
    assert not any(lab.net.link_is_whole(swapped, link) for link in swapped.links)


def test_a_changed_address_leaves_none_of_the_old(topology: Make, lab_name: str) -> None:
    bring_up(topology())
    lab = bring_up(topology(TWO_HOSTS.replace("10.9.1.", "10.9.2."), lab_name))
    assert pings(lab, "h1", "10.9.2.2")
    assert "10.9.1." not in shown(lab, "h1", "address", "show", "eth1")


ROUTED = TWO_HOSTS.replace("h1: {}", "h1: {exec: [ip route add 192.0.2.0/24 via 10.9.1.2]}")


def test_commands_that_cannot_be_repeated_get_a_fresh_start(topology: Make) -> None:
    """One of two links is made anew; the routes of the other would be in the commands' way."""
    second = """\
    - {endpoints: ["h1:eth2", "h2:eth2"], mtu: 1500, ipv4: [10.9.2.1/24, 10.9.2.2/24]}
"""
    made = topology(ROUTED + second)
    lab = bring_up(made)
    shown(lab, "h2", "link", "del", "eth2")
    repair = Recorder()
    bring_up(made, repair)
    assert any("restarting h1" in message for message in repair.messages)
    assert "192.0.2.0/24 via 10.9.1.2" in shown(lab, "h1", "route")
    assert pings(lab, "h1", "10.9.2.2")


# -- cut links ------------------------------------------------------------------------------------


def pings_soon(lab: LabSession, node: str, address: str) -> bool:
    """Whether echo requests are answered within some seconds.

    Neighbour discovery that was asked for while the link was cut goes on failing until its three
    probes, a second apart, are over (RFC 4861 section 10), as behind any cable that was plugged in.
    """
    deadline = time.monotonic() + 6
    while not (answered := pings(lab, node, address)) and time.monotonic() < deadline:
        pass  # pings itself takes its time
    return answered


def test_cut_and_heal_keep_static_routes(topology: Make) -> None:
    lab = bring_up(topology())
    shown(lab, "h1", "route", "add", "default", "via", "10.9.1.2")
    shown(lab, "h1", "route", "add", "192.0.2.0/24", "via", "10.9.1.2", "metric", "7")
    shown(lab, "h1", "route", "add", "198.51.100.0/24", "dev", "eth1", "proto", "static")
    shown(lab, "h1", "-6", "route", "add", "default", "via", "fd09:1::2")
    before = shown(lab, "h1", "route"), shown(lab, "h1", "-6", "route")
    for _ in range(2):
        lab.set_link("h1", "eth1", up=False)
        assert not pings(lab, "h1", "10.9.1.2")
        assert not pings(lab, "h2", "fd09:1::1")
    for _ in range(2):
        lab.set_link("h1", "eth1", up=True)
        assert pings_soon(lab, "h1", "10.9.1.2")
        assert pings_soon(lab, "h2", "fd09:1::1")
    assert sorted(before[0].splitlines()) == sorted(shown(lab, "h1", "route").splitlines())
    assert sorted(before[1].splitlines()) == sorted(shown(lab, "h1", "-6", "route").splitlines())


def test_a_link_cut_at_one_end_is_healed_at_the_other(topology: Make) -> None:
    lab = bring_up(topology())
    shown(lab, "h1", "route", "add", "192.0.2.0/24", "via", "10.9.1.2")
    lab.set_link("h1", "eth1", up=False)
    lab.set_link("h2", "eth1", up=False)
    lab.set_link("h2", "eth1", up=True)
    assert pings_soon(lab, "h1", "10.9.1.2")
    assert "192.0.2.0/24" in shown(lab, "h1", "route")


def test_up_heals_a_cut_link_for_good(topology: Make) -> None:
    made = topology()
    lab = bring_up(made)
    lab.set_link("h1", "eth1", up=False)
    bring_up(made)
    assert pings_soon(lab, "h1", "10.9.1.2")
    lab.set_link("h1", "eth1", up=False)
    assert not pings(lab, "h1", "10.9.1.2")


@pytest.mark.parametrize("end", ["h1", "h2"])
def test_a_cut_link_stays_cut_while_a_node_restarts(topology: Make, end: str) -> None:
    lab = bring_up(topology(ROUTED))
    lab.set_link(end, "eth1", up=False)
    lab.stop_node("h1")
    lab.start_node("h1")  # its command adds a route through the cut link
    assert not pings(lab, "h1", "10.9.1.2")
    assert not pings(lab, "h2", "fd09:1::1")
    lab.set_link(end, "eth1", up=True)
    assert pings_soon(lab, "h1", "10.9.1.2")
    assert "192.0.2.0/24" in shown(lab, "h1", "route")


def test_healing_the_link_of_a_stopped_node_does_not_wake_it(topology: Make) -> None:
    lab = bring_up(topology())
    lab.set_link("h1", "eth1", up=False)
    lab.stop_node("h1")
    lab.set_link("h1", "eth1", up=True)
    assert not pings(lab, "h2", "10.9.1.1")
    lab.start_node("h1")
    assert pings_soon(lab, "h2", "10.9.1.1")


def test_a_link_end_that_is_not_there_names_those_that_are(topology: Make) -> None:
    lab = bring_up(topology())
    with pytest.raises(LabError, match="no link ends at h1:eth9") as caught:
        lab.set_link("h1", "eth9", up=False)
    assert caught.value.hint == "link ends: h1:eth1, h2:eth1"


# -- impairments ----------------------------------------------------------------------------------

LOSSY = TWO_HOSTS + "      vars: {dpulab: {loss: 30%, seed: 7}}\n"
WANTED = Impairment(loss=0.3, seed=7)


SEND = """
import socket
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as port:
    port.bind(("eth1", 0x88B5))
    for _ in range(200):
        port.send(b"\\xff" * 12 + b"\\x88\\xb5" + bytes(86))
"""
"""Two hundred frames of an ethertype for local experiments (IEEE 802)."""


def follows_the_model(lab: LabSession, end: str, wanted: Impairment) -> bool:
    """Whether exactly the frames were lost that the seed says, of those that went out."""
    sent = lab.node(end.partition(":")[0]).exec(["python3", "-c", SEND])
    assert sent.exit_code == 0, sent.stderr
    counters = lab.net.impairments(lab.topology)[end].counters
    assert counters.seen >= 200
    return counters.lost == sum(fate(n, 100, wanted).lost for n in range(counters.seen))


def test_the_loss_of_the_file_is_in_force_and_survives_a_restart(topology: Make) -> None:
    lab = bring_up(topology(LOSSY))
    assert follows_the_model(lab, "h1:eth1", WANTED)
    lab.stop_node("h1", kill=True)
    lab.start_node("h1")
    assert follows_the_model(lab, "h1:eth1", WANTED)


def test_a_loss_set_by_hand_survives_cut_and_restart_but_not_up(topology: Make) -> None:
    made = topology()
    lab = bring_up(made)
    by_hand = Impairment(loss=0.5, seed=11)
    lab.impair("h1", "eth1", by_hand)
    lab.set_link("h1", "eth1", up=False)
    lab.set_link("h1", "eth1", up=True)
    assert follows_the_model(lab, "h1:eth1", by_hand)
    lab.stop_node("h1")
    lab.start_node("h1")
    assert follows_the_model(lab, "h1:eth1", by_hand)
    bring_up(made)
    assert lab.net.impairments(made)["h1:eth1"].impairment.is_none
