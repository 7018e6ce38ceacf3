"""veth: a pair of devices, one in each node. The near end of `host` and `mgmt-net` links too."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from lab.errors import LabError
from lab.links import ends
from lab.links.place import Place, open_namespace, place_of
from lab.topology.model import Link, Topology


def create(topology: Topology, link: Link) -> None:
    """Create the pair, both ends straight into their namespaces."""
    if link.b is None:
        raise LabError(f"{link.a}: a veth link has two ends")
    create_pair(place_of(topology, link.a), place_of(topology, link.b), link.mtu)


def create_pair(a: Place, b: Place, mtu: int) -> None:
    """One netlink message for both devices: there is never half a pair."""
    with open_namespace(a.netns) as a_fd, open_namespace(b.netns) as b_fd, IPRoute() as netlink:
        try:
            netlink.link(
                "add",
                kind="veth",
                ifname=a.interface,
                mtu=mtu,
                net_ns_fd=a_fd,
                peer={"ifname": b.interface, "mtu": mtu, "net_ns_fd": b_fd},
            )
        except NetlinkError as error:
            raise _explain(error, a, b) from error
    for place in (a, b):
        if place.bridge:
            join_bridge(place)


def join_bridge(place: Place) -> None:
    """Make a device a port of the bridge in its namespace, creating the bridge on first use."""

    def work(netlink: Any) -> None:
        port = ends.index_of(netlink, place.interface)
        if port is None:
            raise LabError(f"bridge {place.bridge}: there is no device {place.interface} to join")
        bridge = ends.index_of(netlink, place.bridge) or _add_bridge(netlink, place.bridge)
        netlink.link("set", index=port, master=bridge)

    ends.with_netlink(place.netns, work)


def _add_bridge(netlink: Any, name: str) -> int:
    keep_bridged_frames_from_netfilter()
    netlink.link("add", ifname=name, kind="bridge")
    index = ends.index_of(netlink, name)
    if index is None:
        raise LabError(f"bridge {name} disappeared")
    netlink.link("set", index=index, state="up")
    return index


def keep_bridged_frames_from_netfilter() -> None:
    """Switch bridge-nf-call-* off in the calling thread's namespace, where it exists."""
    for family in ("iptables", "ip6tables", "arptables"):
        try:
            with open(f"/proc/sys/net/bridge/bridge-nf-call-{family}", "w") as knob:  # noqa: PTH123
                knob.write("0")
        except FileNotFoundError:
            return  # br_netfilter is not loaded: bridged frames pass by netfilter anyway


def is_pair(a: Place, b: Place) -> bool:
    """Whether both devices exist and are each other's peer."""
    one, other = _identity(a), _identity(b)
    return one is not None and other is not None and one == (other[1], other[0])


def _identity(place: Place) -> tuple[int, int] | None:
    """(own index, peer's index) of a veth device."""

    def work(netlink: Any) -> tuple[int, int] | None:
        index = ends.index_of(netlink, place.interface)
        if index is None:
            return None
        link = netlink.get_links(index)[0]
        return index, int(link.get("link") or 0)

    return ends.with_netlink(place.netns, work)


def _explain(error: NetlinkError, a: Place, b: Place) -> LabError:
    names = f"{a.interface} <-> {b.interface}"
    if error.code == errno.EEXIST:
        return LabError(
            f"cannot create link {names}: an interface of that name exists already",
            "it is not ours: remove it, or choose another name in the topology file",
        )
    return LabError(f"cannot create link {names}: {error}")


def exists(netns: Path, interface: str) -> bool:
    """Whether there is such a device in the namespace."""
    return ends.with_netlink(netns, lambda netlink: ends.index_of(netlink, interface) is not None)
