"""Links with one end in a node and the other on the machine or nowhere."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from lab.errors import LabError, UnsupportedError
from lab.links import ends, veth
from lab.links.place import Place, machine_places, open_namespace, place_of
from lab.ownership import link_alias, link_group
from lab.topology.model import Link, LinkType, Topology

_MACVLAN_MODES = ("private", "vepa", "bridge", "passthru", "source")


def create_to_machine(topology: Topology, link: Link) -> None:
    """`host`, `mgmt-net`: a veth pair with the far end in the machine's own namespace."""
    (far,) = machine_places(topology, link)
    veth.create_pair(topology.name, place_of(topology, link.a), far, link.mtu)


def mark_and_raise(topology: Topology, link: Link, far: Place) -> None:
    """Bring the far end on the machine to what it has to be; doing it twice changes nothing."""
    alias = link_alias(topology.name, link.a.node, far.interface)

    def work(netlink: Any) -> None:
        index = ends.require_index(netlink, far.interface)
        netlink.link("set", index=index, ifalias=alias, mtu=link.mtu, state="up")
        ends.set_offloads(far.interface)

    ends.with_netlink(far.netns, work)
    if far.bridge:
        veth.join_bridge(far)


def create_macvlan(topology: Topology, link: Link) -> None:
    """`macvlan`: a device of its own MAC on an interface of the machine."""
    parent = _machine_index(link)
    mode = _MACVLAN_MODES.index(link.macvlan_mode)
    _create(topology, link, {"kind": "macvlan", "link": parent, "macvlan_mode": 1 << mode})


def create_vxlan(topology: Topology, link: Link) -> None:
    """`vxlan`: a tunnel end whose underlay is the machine's own namespace (RFC 7348)."""
    settings: dict[str, Any] = {"kind": "vxlan", "vxlan_id": link.vxlan_vni}
    settings["vxlan_group"] = link.vxlan_remote
    if ":" in link.vxlan_remote:
        settings["vxlan_group6"] = settings.pop("vxlan_group")
    settings["vxlan_port"] = link.vxlan_dst_port or 4789
    if link.vxlan_src_port:
        settings["vxlan_port_range"] = {"low": link.vxlan_src_port, "high": link.vxlan_src_port}
    _create(topology, link, settings)


def create_dummy(topology: Topology, link: Link) -> None:
    """`dummy`: a device that swallows what is sent through it."""
    _create(topology, link, {"kind": "dummy"})


def _create(topology: Topology, link: Link, settings: dict[str, Any]) -> None:
    place = place_of(topology, link.a)
    settings |= {"mtu": link.mtu, "group": link_group(topology.name)}
    kind = str(settings["kind"])
    with open_namespace(place.netns) as fd, IPRoute() as netlink:
        try:
            netlink.link("add", ifname=place.interface, net_ns_fd=fd, **settings)
        except NetlinkError as error:
            if error.code == errno.EOPNOTSUPP:
                raise UnsupportedError(
                    kind,
                    f"{link.a}: this kernel has no {kind} links",
                    f"load the module ({kind}) or use another link type",
                ) from error
            raise LabError(f"cannot create {kind} link {link.a}: {error}") from error


def _machine_index(link: Link) -> int:
    with IPRoute() as netlink:
        index = ends.index_of(netlink, link.host_interface)
    if index is None:
        raise LabError(
            f"{link.a}: this machine has no interface {link.host_interface}",
            "`ip link` lists them",
        )
    return index


CREATE: dict[LinkType, Callable[[Topology, Link], None]] = {
    LinkType.VETH: veth.create,
    LinkType.HOST: create_to_machine,
    LinkType.MGMT_NET: create_to_machine,
    LinkType.MACVLAN: create_macvlan,
    LinkType.VXLAN: create_vxlan,
    LinkType.DUMMY: create_dummy,
}
"""How each type is made."""
