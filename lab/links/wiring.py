"""Whole links: made where they are missing, and kept as the topology has them."""

from __future__ import annotations

from dataclasses import replace

from pydantic import ValidationError

from lab.links import cut, ends, pins, single, veth
from lab.links.pins import OWN_NAMESPACE
from lab.links.place import machine_bridge_name, machine_places, place_of
from lab.links.records import EndRecords
from lab.ownership import pin_path, state_path
from lab.topology.model import (
    Impairment,
    Kind,
    Link,
    Topology,
    from_json,
)


def ensure(topology: Topology, link: Link) -> bool:
    """Create a link unless it is whole, and bring its ends to what the file says.

    That heals a cut, and takes off an impairment that was set by hand. Returns whether the link
    was made.
    """
    whole = is_whole(topology, link)
    if not whole:
        _remove_remains(topology, link)
        single.CREATE[link.type](topology, link)
    for far in machine_places(topology, link):
        single.mark_and_raise(topology, link, far)
    for end in link.endpoints:
        EndRecords(topology.name, end).set_impairment(None)
    cut.heal(topology, link)
    return not whole


def is_whole(topology: Topology, link: Link) -> bool:
    """Whether the devices of a link exist and belong together."""
    places = [place_of(topology, end) for end in link.endpoints]
    places += machine_places(topology, link)
    if not all(pins.is_namespace(place.netns) for place in places):
        return False
    if len(places) == 2:
        return veth.is_pair(places[0], places[1])
    return ends.exists(places[0].netns, places[0].interface)


def _remove_remains(topology: Topology, link: Link) -> None:
    for end in link.endpoints:
        place = place_of(topology, end)
        if place.interface in ends.marked(place.netns, topology.name):
            ends.delete(place.netns, place.interface)


def prune(topology: Topology) -> list[str]:
    """Delete the devices of links that the topology no longer has, or has with other settings.

    A link whose addresses, ends or type changed is made anew, as a container is. Returns the names
    of what went, NODE:INTERFACE.
    """
    kept = _devices(topology, _unchanged_links(topology))
    namespaces = {"machine": OWN_NAMESPACE} | {
        node: pin_path(topology.name, node) for node in pins.live_nodes(topology.name)
    }
    removed = []
    for node, netns in namespaces.items():
        for name in ends.marked(netns, topology.name):
            if (netns, name) not in kept:
                ends.delete(netns, name)
                removed.append(f"{node}:{name}")
    return removed


def _devices(topology: Topology, links: list[Link]) -> set[tuple[object, str]]:
    """Where the devices of links and bridges are: (namespace, name)."""
    places = [place_of(topology, end) for link in links for end in link.endpoints]
    places += [place for link in links for place in machine_places(topology, link)]
    devices: set[tuple[object, str]] = {(place.netns, place.interface) for place in places}
    for node in topology.nodes.values():
        if node.machine_bridge:
            devices.add((OWN_NAMESPACE, machine_bridge_name(topology, node.name)))
        elif node.kind is Kind.BRIDGE:
            devices.add((pin_path(topology.name, node.name), node.name))
    return devices


def _unchanged_links(topology: Topology) -> list[Link]:
    try:
        before = from_json(state_path(topology.name).read_bytes())
    except (FileNotFoundError, ValidationError):
        return list(topology.links)  # nothing to compare with, or written by another version
    known = [_fixed(link) for link in before.links]
    return [link for link in topology.links if _fixed(link) in known]


def _fixed(link: Link) -> Link:
    """A link without what can be changed while it is in place."""
    a = replace(link.a, impairment=Impairment())
    b = replace(link.b, impairment=Impairment()) if link.b else None
    return replace(link, a=a, b=b, mtu=0, labels={})
