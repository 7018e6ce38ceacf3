"""Link ends: finding, naming, configuring and moving network devices inside namespaces."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
from array import array
from collections.abc import Callable
from ipaddress import ip_interface
from pathlib import Path
from typing import Any, TypeVar

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from lab.errors import LabError
from lab.links.netns import run_in
from lab.links.place import Place
from lab.ownership import alias_prefix, link_alias, link_group
from lab.topology.model import Endpoint

_SIOCETHTOOL = 0x8946
_ETHTOOL_STXCSUM = 0x17
_ETHTOOL_SGRO = 0x2C
_IFA_F_NODAD = 0x02

_COUNTERS = tuple(
    f"{way}_{what}" for way in ("rx", "tx") for what in ("packets", "bytes", "dropped", "errors")
)

R = TypeVar("R")


def with_netlink(netns: Path, work: Callable[[Any], R]) -> R:
    """Run `work` with a netlink socket that belongs to the namespace."""

    def body() -> R:
        with IPRoute() as netlink:
            return work(netlink)

    return run_in(netns, body)


def index_of(netlink: Any, interface: str) -> int | None:
    """Interface index, None where there is no such device."""
    found = netlink.link_lookup(ifname=interface)
    return int(found[0]) if found else None


def exists(netns: Path, interface: str) -> bool:
    """Whether there is such a device in the namespace."""
    return with_netlink(netns, lambda netlink: index_of(netlink, interface) is not None)


def require_index(netlink: Any, interface: str) -> int:
    """Interface index. Raises LabError where there is no such device."""
    index = index_of(netlink, interface)
    if index is None:
        raise LabError(f"there is no device {interface}", "`dpulab up` repairs the lab")
    return index


def configure(
    place: Place, lab: str, end: Endpoint, mtu: int, *, offloads: bool, up: bool = True
) -> None:
    """Bring one end to what the topology says; doing it twice changes nothing.

    Sets alias (our mark), MAC, MTU, addresses and state, and, for veth ends, the two offloads that
    make frames readable for XDP and user-space stacks. Addresses that somebody else added stay.
    """

    def work(netlink: Any) -> None:
        index = require_index(netlink, place.interface)
        alias = link_alias(lab, end.node, end.interface)
        state = "up" if up else "down"
        settings: dict[str, Any] = {"ifalias": alias, "mtu": mtu, "state": state}
        if end.mac:
            settings["address"] = end.mac
        netlink.link("set", index=index, **settings)
        for address in filter(None, (end.ipv4, end.ipv6)):
            _add_address(netlink, index, address)
        if offloads:
            set_offloads(place.interface)

    try:
        with_netlink(place.netns, work)
    except NetlinkError as error:
        raise LabError(f"cannot configure {end}: {error}") from error


def _add_address(netlink: Any, index: int, address: str) -> None:
    wanted = ip_interface(address)
    settings: dict[str, Any] = {
        "index": index,
        "address": str(wanted.ip),
        "prefixlen": wanted.network.prefixlen,
    }
    if wanted.version == 6:
        # the loader has refused duplicates, so an address need not be tentative for a second
        settings["flags"] = _IFA_F_NODAD
    try:
        netlink.addr("add", **settings)
    except NetlinkError as error:
        if error.code == errno.EACCES and wanted.version == 6:
            raise LabError(
                f"cannot add {address}: IPv6 is switched off in the node",
                "set the sysctl net.ipv6.conf.all.disable_ipv6 to 0",
            ) from error
        if error.code != errno.EEXIST:
            raise


def set_offloads(interface: str) -> None:
    """TX checksum off (whoever reads frames sees real checksums), GRO on (veth NAPI).

    Acts in the calling thread's namespace. Source: linux/ethtool.h.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command, value in ((_ETHTOOL_STXCSUM, 0), (_ETHTOOL_SGRO, 1)):
            _ethtool(control, interface, command, value)


def _ethtool(control: socket.socket, interface: str, command: int, value: int) -> None:
    setting = array("I", [command, value])  # struct ethtool_value
    request = struct.pack("16sP", interface.encode(), setting.buffer_info()[0])
    try:
        fcntl.ioctl(control, _SIOCETHTOOL, request)
    except OSError as error:
        if error.errno != errno.EOPNOTSUPP:
            raise LabError(f"ethtool on {interface}: {error.strerror}") from error


def delete(netns: Path, interface: str) -> None:
    """Delete a device (a veth takes its peer along); one that is gone already is fine."""

    def work(netlink: Any) -> None:
        index = index_of(netlink, interface)
        if index is not None:
            netlink.link("del", index=index)

    with_netlink(netns, work)


def delete_tied(netns: Path, lab: str) -> None:
    """Delete a lab's devices that sit on the machine's own (macvlan, vxlan).

    The kernel takes its time to tear a namespace down; their names and tunnel ids on the machine
    must be free at once.
    """

    def work(netlink: Any) -> None:
        for link in _of_lab(netlink, lab):
            if link.get(("linkinfo", "kind")) in ("macvlan", "vxlan"):
                netlink.link("del", index=link["index"])

    with_netlink(netns, work)


def set_state(netns: Path, interface: str, *, up: bool) -> None:
    """Set a device administratively up or down."""

    def work(netlink: Any) -> None:
        index = require_index(netlink, interface)
        netlink.link("set", index=index, state="up" if up else "down")

    with_netlink(netns, work)


def carries(netns: Path, interface: str) -> bool:
    """Whether a device passes frames (operational state, RFC 2863)."""

    def work(netlink: Any) -> bool:
        index = require_index(netlink, interface)
        return netlink.get_links(index)[0].get("operstate") in ("UP", "UNKNOWN")

    return with_netlink(netns, work)


def adopt(old: Path, new: Path, lab: str) -> list[str]:
    """Move every device of a lab from one namespace to another.

    Addresses, routes and queueing disciplines do not travel: the caller configures the ends again.
    Returns the names of the devices moved.
    """
    target = os.open(new, os.O_RDONLY | os.O_CLOEXEC)

    def work(netlink: Any) -> list[str]:
        moved = []
        for link in _of_lab(netlink, lab):
            netlink.link("set", index=link["index"], net_ns_fd=target)
            moved.append(str(link.get("ifname")))
        return moved

    try:
        return with_netlink(old, work)
    finally:
        os.close(target)


def marked(netns: Path, lab: str) -> list[str]:
    """Names of the devices in a namespace that are a lab's."""
    return with_netlink(
        netns, lambda netlink: [str(link.get("ifname")) for link in _of_lab(netlink, lab)]
    )


def _of_lab(netlink: Any, lab: str) -> list[Any]:
    """The alias says whose a device is; the group says it of one that has no alias yet."""
    prefix, group = alias_prefix(lab), link_group(lab)
    return [
        link
        for link in netlink.get_links()
        if str(link.get("ifalias") or "").startswith(prefix) or link.get("group") == group
    ]


def counters(netns: Path, interface: str) -> dict[str, int]:
    """rx/tx packets, bytes and drops of a device (rtnl_link_stats64)."""

    def work(netlink: Any) -> dict[str, int]:
        index = require_index(netlink, interface)
        stats = netlink.get_links(index)[0].get("stats64") or {}
        return {name: int(stats[name]) for name in _COUNTERS}

    return with_netlink(netns, work)
