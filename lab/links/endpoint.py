"""One end of a link, brought to what the topology says."""

from __future__ import annotations

from lab.links import ends, impairment, veth
from lab.links.place import Place, place_of
from lab.links.records import EndRecords
from lab.topology.model import Endpoint, Impairment, Link, LinkType, Topology

_VETH_TYPES = (LinkType.VETH, LinkType.HOST, LinkType.MGMT_NET)


def configure(topology: Topology, link: Link, end: Endpoint) -> None:
    """Configure one end as the file has it; what was cut or impaired by hand stays so."""
    place = place_of(topology, end)
    records = EndRecords(topology.name, end)
    veth_end = link.type in _VETH_TYPES
    up = not records.is_cut
    ends.configure(place, topology.name, end, link.mtu, offloads=veth_end, up=up)
    if place.bridge:
        veth.join_bridge(place)
    impair(place, records.impairment(end.impairment))


def impair(place: Place, wanted: Impairment) -> None:
    """Put an impairment in force; one that is in force already keeps its counters."""
    if not impairment.read(place.netns, place.interface).satisfies(wanted):
        impairment.apply(place.netns, place.interface, wanted)
