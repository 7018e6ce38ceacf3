"""All namespace work of a lab behind one interface: the only code that needs root.

The engine calls these methods directly when it runs as root, else through `agent.py`, which runs
this class in a child process under sudo. Arguments and results are therefore plain values.
"""

from __future__ import annotations

import functools
import inspect
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from pyroute2.netlink.exceptions import NetlinkError

from lab.capabilities import Capability, probe_some
from lab.errors import LabError
from lab.links import (
    bridge,
    cut,
    endpoint,
    ends,
    impairment,
    pins,
    records,
    storage,
    wiring,
)
from lab.links.lock import LabLocks
from lab.links.pins import OWN_NAMESPACE
from lab.links.place import place_of
from lab.links.records import EndRecords
from lab.ownership import lab_folder, pin_path, state_path
from lab.topology.model import Endpoint, Impairment, Link, Topology, to_json

P = ParamSpec("P")
R = TypeVar("R")


def _explained(method: Callable[P, R]) -> Callable[P, R]:
    """What the kernel refuses is told to the user, whatever it was."""

    @functools.wraps(method)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except (OSError, NetlinkError) as error:
            step = method.__name__.replace("_", " ")
            raise LabError(f"{step}: {error}", "`dpulab doctor` says what is missing") from error

    return wrapper


def _explaining(cls: type[R]) -> type[R]:
    for name, member in list(vars(cls).items()):
        if inspect.isfunction(member) and not name.startswith("_"):
            setattr(cls, name, _explained(member))
    return cls


@_explaining
class NetOps:
    """Root's part of the work. One instance per process; `lock` is held until it goes away."""

    def __init__(self) -> None:
        self._locks = LabLocks()

    def ping(self) -> bool:
        """Whether the privileged work can be done: through sudo, only an answer tells."""
        return True

    def probe(self, names: list[str]) -> list[Capability]:
        """What the machine can do, tried with root's rights; an empty list means everything."""
        return probe_some(names)

    # -- the lab as a whole -----------------------------------------------------------------------

    def lock(self, lab: str, purpose: str) -> None:
        """Take the lab's lock, or raise LabError naming who has it."""
        self._locks.take(lab, purpose)

    def unlock(self, lab: str) -> None:
        """Give the lock back."""
        self._locks.give_back(lab)

    def begin(self, lab: str) -> None:
        """Remember that a lab is being brought up, until `save` says that it is."""
        records.write(lab_folder(lab) / "phase", b"starting")

    def save(self, topology: Topology) -> None:
        """Remember a lab that is up."""
        records.write(state_path(topology.name), to_json(topology))
        records.write(lab_folder(topology.name) / "phase", b"up")

    def clean_up(self, lab: str) -> None:
        """Remove every device, rule and pin that carries the lab's mark."""
        for node in pins.live_nodes(lab):
            ends.delete_tied(pin_path(lab, node), lab)
        for name in ends.marked(OWN_NAMESPACE, lab):
            ends.delete(OWN_NAMESPACE, name)
        bridge.remove_rules(lab)
        storage.remove_all(lab)
        pins.remove_all(lab)

    # -- nodes ------------------------------------------------------------------------------------

    def attach(self, lab: str, node: str, pid: int) -> list[str]:
        """Pin a container's namespace, moving link ends over from the one it had before."""
        source = Path(f"/proc/{pid}/ns/net")
        old = pin_path(lab, node)
        moved: list[str] = []
        if pins.is_pinned(lab, node):
            if pins.same_namespace(old, source):
                return []
            moved = ends.adopt(old, source, lab)
        pins.pin(lab, node, source)
        records.forget_routes(lab, node)
        records.set_off(lab, node, off=False)
        return moved

    def detach(self, lab: str, node: str) -> None:
        """Drop a node: its pin, and with it the namespace and the links."""
        if pins.is_pinned(lab, node):
            for name in ends.marked(pin_path(lab, node), lab):
                ends.delete(pin_path(lab, node), name)
        pins.unpin(lab, node)
        storage.remove_loops(lab, node)
        shutil.rmtree(pin_path(lab, node).parent, ignore_errors=True)

    def nodes(self, lab: str) -> list[str]:
        """Nodes of the lab that have a live namespace."""
        return pins.live_nodes(lab)

    def create_bridge(self, topology: Topology, node: str) -> bool:
        """Create a bridge node. Returns whether it was made."""
        return bridge.create(topology, node)

    def ensure_storage(self, topology: Topology, node: str) -> list[int]:
        """What a host with block devices, or a DPU with such hosts, needs before it is created.

        Returns the numbers of the host's loop devices.
        """
        return storage.ensure(topology, node)

    def drop_default_route(self, lab: str, node: str) -> None:
        """A node on the management network must not reach further through it."""

        def work(netlink: Any) -> None:
            for family in (socket.AF_INET, socket.AF_INET6):
                for route in netlink.get_default_routes(family=family):
                    if route.get("gateway"):
                        gateway = route.get("gateway")
                        netlink.route("del", dst="default", family=family, gateway=gateway)

        ends.with_netlink(pin_path(lab, node), work)

    def power_off(self, topology: Topology, node: str) -> None:
        """The far ends of a stopped node lose their carrier, as if it had lost its power.

        Its namespace is pinned and would go on forwarding.
        """
        if not pins.is_pinned(topology.name, node):
            return
        records.set_off(topology.name, node, off=True)
        for _, end in topology.links_of(node):
            place = place_of(topology, end)
            if ends.exists(place.netns, place.interface):
                ends.set_state(place.netns, place.interface, up=False)

    # -- links ------------------------------------------------------------------------------------

    def ensure_link(self, topology: Topology, link: Link) -> bool:
        """Create a link unless it is whole, and configure its ends. Returns whether it was made."""
        return wiring.ensure(topology, link)

    def link_is_whole(self, topology: Topology, link: Link) -> bool:
        """Whether the devices of a link exist and belong together."""
        return wiring.is_whole(topology, link)

    def waiting_ends(self, topology: Topology, node: str) -> list[str]:
        """Link ends of a node that do not carry frames yet: a fresh veth takes a moment."""
        places = {end.interface: place_of(topology, end) for _, end in topology.links_of(node)}
        return [name for name, one in places.items() if not ends.carries(one.netns, one.interface)]

    def reconfigure(self, topology: Topology, node: str) -> None:
        """Configure all ends of a node again, after they moved to a new namespace."""
        for link, end in topology.links_of(node):
            cut.hand_over(topology, link, end)
            endpoint.configure(topology, link, end)

    def prune(self, topology: Topology) -> list[str]:
        """Remove what the topology no longer has, containers apart; return the names."""
        gone = [node for node in pins.live_nodes(topology.name) if node not in topology.nodes]
        for node in gone:
            self.detach(topology.name, node)
        bridge.prune_rules(topology)
        return gone + wiring.prune(topology)

    def set_link(self, topology: Topology, node: str, interface: str, up: bool) -> None:
        """Cut or heal a link. One end goes down, the other sees its carrier go."""
        link, end = _known_end(topology, node, interface)
        if up:
            cut.heal(topology, link)
        else:
            cut.cut(topology, link, end)

    def impair(self, topology: Topology, node: str, interface: str, wanted: Impairment) -> None:
        """Replace the impairment of one link end; it outlives a restart of the node."""
        _, end = _known_end(topology, node, interface)
        endpoint.impair(place_of(topology, end), wanted)
        EndRecords(topology.name, end).set_impairment(wanted)

    def impairments(self, topology: Topology) -> dict[str, impairment.ImpairmentState]:
        """What is in force on every link end, read back from the kernel."""
        found = {}
        for link in topology.links:
            for end in link.endpoints:
                place = place_of(topology, end)
                found[str(end)] = impairment.read(place.netns, place.interface)
        return found

    def counters(self, topology: Topology, node: str, interface: str) -> dict[str, int]:
        """Packet counters of a link end."""
        _, end = _known_end(topology, node, interface)
        place = place_of(topology, end)
        return ends.counters(place.netns, place.interface)


def _known_end(topology: Topology, node: str, interface: str) -> tuple[Link, Endpoint]:
    found = topology.endpoint(node, interface)
    if found is None:
        known = [str(end) for link in topology.links for end in link.endpoints]
        raise LabError(f"no link ends at {node}:{interface}", f"link ends: {', '.join(known)}")
    return found
