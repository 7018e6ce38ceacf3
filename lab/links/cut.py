"""Cutting a link and healing it, with the routes of the cut end kept.

A veth end has no carrier switch of its own: it is cut by setting one end down, which the other end
sees as lost carrier. The end that goes down loses its routes, as the kernel has it; what a person
or a start-up command had put there comes back with the link.
"""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

from pyroute2.netlink.exceptions import NetlinkError

from lab.errors import LabError
from lab.links import ends
from lab.links.place import Place

_PROTO_KERNEL = 2
"""RTPROT_KERNEL (rtnetlink(7)): connected routes, which the kernel brings back by itself."""

_FIELDS = ("family", "dst_len", "table", "proto", "scope", "type")
_ATTRIBUTES = ("dst", "gateway", "prefsrc", "priority")


def cut(place: Place, routes_file: Path) -> None:
    """Set an end down. Its routes are kept in `routes_file`; a second cut changes nothing."""
    if routes_file.exists():
        return

    def work(netlink: Any) -> None:
        index = _index(netlink, place)
        routes = [_wanted(one) for one in netlink.get_routes(oif=index)]
        kept = [one for one in routes if one["proto"] != _PROTO_KERNEL]
        routes_file.write_text(json.dumps(kept))
        netlink.link("set", index=index, state="down")

    ends.with_netlink(place.netns, work)


def heal(place: Place, routes_file: Path) -> None:
    """Put back the routes of an end that `ends.configure` has just set up again."""
    if not routes_file.exists():
        return
    routes: list[dict[str, Any]] = json.loads(routes_file.read_text())

    def work(netlink: Any) -> None:
        index = _index(netlink, place)
        # routes without a gateway first: they are what the others' gateways are reached by
        for route in sorted(routes, key=lambda one: "gateway" in one):
            try:
                netlink.route("add", oif=index, **route)
            except NetlinkError as error:
                if error.code != errno.EEXIST:
                    raise LabError(f"cannot restore route {route}: {error}") from error

    ends.with_netlink(place.netns, work)
    routes_file.unlink()


def _index(netlink: Any, place: Place) -> int:
    index = ends.index_of(netlink, place.interface)
    if index is None:
        raise LabError(f"there is no device {place.interface}", "`dpulab up` repairs the lab")
    return index


def _wanted(route: Any) -> dict[str, Any]:
    fields = {name: route[name] for name in _FIELDS}
    attributes = {name: route.get(name) for name in _ATTRIBUTES}
    return fields | {name: value for name, value in attributes.items() if value is not None}
