"""veth: a pair of devices, one in each node. The near end of `host` and `mgmt-net` links too."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from lab.errors import LabError
from lab.links import ends
from lab.links.pins import OWN_NAMESPACE, same_namespace
from lab.links.place import Place, open_namespace, place_of
from lab.ownership import link_group
from lab.topology.model import Link, Topology


def create(topology: Topology, link: Link) -> None:
    """Create the pair, both ends straight into their namespaces."""
    if link.b is None:
        raise LabError(f"{link.a}: a veth link has two ends")
    create_pair(topology.name, place_of(topology, link.a), place_of(topology, link.b), link.mtu)


def create_pair(lab: str, a: Place, b: Place, mtu: int) -> None:
    """One netlink message for both devices: there is never half a pair, or one without a mark."""
    group = link_group(lab)
    with open_namespace(a.netns) as a_fd, open_namespace(b.netns) as b_fd, IPRoute() as netlink:
        try:
            netlink.link(
                "add",
                kind="veth",
                ifname=a.interface,
                mtu=mtu,
                group=group,
                net_ns_fd=a_fd,
                peer={"ifname": b.interface, "mtu": mtu, "group": group, "net_ns_fd": b_fd},
            )
        except NetlinkError as error:
            raise _explain(error, a, b) from error
    for place in (a, b):
        if place.bridge:
            join_bridge(place)


def join_bridge(place: Place) -> None:
    """Make a device a port of the bridge in its namespace.

    In a node's own namespace the bridge is created on first use. It carries no mark, for it goes
    with the namespace and cannot be moved to another.
    """

    def work(netlink: Any) -> None:
        port = ends.require_index(netlink, place.interface)
        if ends.index_of(netlink, place.bridge) is None and place.netns != OWN_NAMESPACE:
            keep_bridged_frames_from_netfilter()
            netlink.link("add", ifname=place.bridge, kind="bridge")
            netlink.link("set", index=ends.require_index(netlink, place.bridge), state="up")
        netlink.link("set", index=port, master=ends.require_index(netlink, place.bridge))

    ends.with_netlink(place.netns, work)


def keep_bridged_frames_from_netfilter() -> None:
    """Switch bridge-nf-call-* off in the calling thread's namespace, where it exists."""
    for family in ("iptables", "ip6tables", "arptables"):
        try:
            with open(f"/proc/sys/net/bridge/bridge-nf-call-{family}", "w") as knob:  # noqa: PTH123
                knob.write("0")
        except FileNotFoundError:
            return  # br_netfilter is not loaded: bridged frames pass by netfilter anyway


def is_pair(a: Place, b: Place) -> bool:
    """Whether both devices exist and are each other's peer.

    Indices count from 1 in every namespace, so that of the peer says little without knowing which
    namespace it is in (IFLA_LINK_NETNSID, an id that the device's own namespace gave to it).
    """
    one, other = _identity(a, b.netns), _identity(b, a.netns)
    return one is not None and other is not None and one == (other[1], other[0])


def _identity(place: Place, peer_netns: Path) -> tuple[int, int] | None:
    """(own index, peer's index) of a veth device whose peer is in that namespace, else None."""

    def work(netlink: Any) -> tuple[int, int] | None:
        index = ends.index_of(netlink, place.interface)
        if index is None:
            return None
        link = netlink.get_links(index)[0]
        with open_namespace(peer_netns) as fd:
            expected = netlink.get_netnsid(fd=fd)["nsid"]
        away = link.get("link_netnsid")
        here = away is None and same_namespace(place.netns, peer_netns)
        return (index, int(link.get("link") or 0)) if here or away == expected else None

    return ends.with_netlink(place.netns, work)


def _explain(error: NetlinkError, a: Place, b: Place) -> LabError:
    names = f"{a.interface} <-> {b.interface}"
    if error.code == errno.EEXIST:
        return LabError(
            f"cannot create link {names}: an interface of that name exists already",
            "it is not ours: remove it, or choose another name in the topology file",
        )
    return LabError(f"cannot create link {names}: {error}")
