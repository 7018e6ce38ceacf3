"""Cutting a link and healing it, with the routes of the cut end kept.

A veth end has no carrier switch of its own: it is cut by setting one end down, which the other end
sees as lost carrier. The end that goes down loses its routes, as the kernel has it; what a person
or a start-up command had put there comes back with the link.
"""

from __future__ import annotations

import errno
from typing import Any

from pyroute2.netlink.exceptions import NetlinkError

from lab.errors import LabError
from lab.links import endpoint, ends
from lab.links.place import Place, place_of
from lab.links.records import EndRecords, Routes, is_off
from lab.topology.model import Endpoint, Link, Topology

_BY_HAND = (3, 4)
"""RTPROT_BOOT, RTPROT_STATIC (rtnetlink(7)): the rest is put back by the kernel or by a routing
daemon, which may have changed its mind by then."""

_FIELDS = ("family", "dst_len", "table", "proto", "scope", "type")
_ATTRIBUTES = ("dst", "gateway", "prefsrc", "priority")


def cut(topology: Topology, link: Link, end: Endpoint) -> None:
    """Set one end down, keeping its routes. A link that is cut already stays as it is."""
    for one in (end, *link.endpoints):
        if EndRecords(topology.name, one).is_cut:
            place = place_of(topology, one)
            ends.set_state(place.netns, place.interface, up=False)
            return
    place = place_of(topology, end)
    EndRecords(topology.name, end).set_cut(_routes(place))
    ends.set_state(place.netns, place.interface, up=False)


def heal(topology: Topology, link: Link) -> None:
    """Set both ends up and put the kept routes back. A whole link stays as it is."""
    for end in link.endpoints:
        records = EndRecords(topology.name, end)
        routes = records.routes() if records.is_cut else []
        records.set_healed()
        if not is_off(topology.name, end.node):
            endpoint.configure(topology, link, end)
            _restore(place_of(topology, end), routes)


def hand_over(topology: Topology, link: Link, end: Endpoint) -> None:
    """Let the far end hold a cut, for a node whose commands need its own end up.

    Routes can be added to an end without carrier, but not to one that is down.
    """
    near = EndRecords(topology.name, end)
    far = next((one for one in link.endpoints if one.node != end.node), None)
    if not near.is_cut or far is None or is_off(topology.name, far.node):
        return
    place = place_of(topology, far)
    EndRecords(topology.name, far).set_cut(_routes(place))
    ends.set_state(place.netns, place.interface, up=False)
    near.set_healed()


def _routes(place: Place) -> Routes:
    """The routes through a device that nobody but their owner would bring back."""

    def work(netlink: Any) -> Routes:
        index = ends.require_index(netlink, place.interface)
        routes = (_wanted(one) for one in netlink.get_routes(oif=index))
        return [one for one in routes if one["proto"] in _BY_HAND]

    return ends.with_netlink(place.netns, work)


def _wanted(route: Any) -> dict[str, Any]:
    fields = {name: route[name] for name in _FIELDS}
    attributes = {name: route.get(name) for name in _ATTRIBUTES}
    return fields | {name: value for name, value in attributes.items() if value is not None}


def _restore(place: Place, routes: Routes) -> None:
    def work(netlink: Any) -> None:
        index = ends.require_index(netlink, place.interface)
        # routes without a gateway first: they are what the others' gateways are reached by
        for route in sorted(routes, key=lambda one: "gateway" in one):
            try:
                netlink.route("add", oif=index, **route)
            except NetlinkError as error:
                if error.code != errno.EEXIST:
                    raise LabError(f"cannot restore route {route}: {error}") from error

    if routes:
        ends.with_netlink(place.netns, work)
