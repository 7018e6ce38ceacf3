"""All namespace work of a lab behind one interface: the only code that needs root.

The engine calls these methods directly when it runs as root, else through `agent.py`, which runs
this class in a child process under sudo. Arguments and results are therefore plain values.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
from pathlib import Path
from typing import Any, TextIO

from lab.capabilities import Capability, probe_some
from lab.errors import LabError
from lab.links import bridge, cut, ends, impairment, pins, single, veth
from lab.links.pins import OWN_NAMESPACE
from lab.links.place import Place, place_of
from lab.ownership import RUN, alias_prefix, lab_folder, pin_path, state_path
from lab.topology.model import Impairment, Link, LinkType, Topology, to_json


class NetOps:
    """Root's part of the work. One instance per process; `lock` is held until it goes away."""

    def __init__(self) -> None:
        self._locks: dict[str, TextIO] = {}

    def ping(self) -> bool:
        """Whether the privileged work can be done: through sudo, only an answer tells."""
        return True

    def probe(self, names: list[str]) -> list[Capability]:
        """What the machine can do, tried with root's rights; an empty list means everything."""
        return probe_some(names)

    # -- the lab as a whole -----------------------------------------------------------------------

    def lock(self, lab: str, purpose: str) -> None:
        """Take the lab's lock, or raise LabError naming who has it."""
        if lab in self._locks:
            return
        folder = RUN / ".locks"
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / lab).open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "another process"
            file.close()
            raise LabError(
                f"lab {lab} is being changed by {holder}", "wait until it has finished"
            ) from error
        file.truncate(0)
        file.write(f"`dpulab {purpose}` (pid {os.getpid()})")
        file.flush()
        self._locks[lab] = file

    def unlock(self, lab: str) -> None:
        """Give the lock back."""
        file = self._locks.pop(lab, None)
        if file is not None:
            (RUN / ".locks" / lab).unlink(missing_ok=True)
            file.close()
            _remove_if_empty(RUN / ".locks", RUN)

    def save(self, topology: Topology, phase: str) -> None:
        """Remember what is being brought up; `phase` is starting or up."""
        folder = lab_folder(topology.name)
        folder.mkdir(parents=True, exist_ok=True)
        _write(state_path(topology.name), to_json(topology))
        _write(folder / "phase", phase.encode())

    def clean_up(self, lab: str) -> None:
        """Remove every device, rule and pin that carries the lab's mark."""
        for name in ends.marked(OWN_NAMESPACE, alias_prefix(lab)):
            ends.delete(OWN_NAMESPACE, name)
        bridge.remove_rules(lab)
        pins.remove_all(lab)

    # -- nodes ------------------------------------------------------------------------------------

    def attach(self, lab: str, node: str, pid: int) -> list[str]:
        """Pin a container's namespace, moving link ends over from the one it had before."""
        source = Path(f"/proc/{pid}/ns/net")
        old = pin_path(lab, node)
        if pins.is_pinned(lab, node):
            if pins.same_namespace(old, source):
                return []
            moved = ends.adopt(old, source, alias_prefix(lab))
        else:
            moved = []
        for stale in old.parent.glob("routes-*.json"):
            stale.unlink()  # a node that was started anew has its routes from its own commands
        pins.pin(lab, node, source)
        return moved

    def detach(self, lab: str, node: str) -> None:
        """Drop a node: its pin, and with it the namespace and the links."""
        if pins.is_pinned(lab, node):
            for name in ends.marked(pin_path(lab, node), alias_prefix(lab)):
                ends.delete(pin_path(lab, node), name)
        pins.unpin(lab, node)
        shutil.rmtree(pin_path(lab, node).parent, ignore_errors=True)

    def nodes(self, lab: str) -> list[str]:
        """Nodes of the lab that have a live namespace."""
        return [node for node in pins.pinned_nodes(lab) if pins.is_pinned(lab, node)]

    def create_bridge(self, topology: Topology, node: str) -> None:
        """Create a bridge node."""
        bridge.create(topology, node)

    def drop_default_route(self, lab: str, node: str) -> None:
        """A node on the management network must not reach further through it."""

        def work(netlink: Any) -> None:
            for family in (socket.AF_INET, socket.AF_INET6):
                for route in netlink.get_default_routes(family=family):
                    if route.get("gateway"):
                        gateway = route.get("gateway")
                        netlink.route("del", dst="default", family=family, gateway=gateway)

        ends.with_netlink(pin_path(lab, node), work)

    # -- links ------------------------------------------------------------------------------------

    def ensure_link(self, topology: Topology, link: Link, mgmt_bridge: str) -> bool:
        """Create a link unless it is whole, and configure its ends. Returns whether it was made."""
        whole = self.link_is_whole(topology, link)
        if not whole:
            self._remove_remains(topology, link)
            if link.type is LinkType.MGMT_NET:
                single.create_mgmt_net(topology, link, mgmt_bridge)
            else:
                single.CREATE[link.type](topology, link)
        for end in link.endpoints:
            self._configure(topology, link, place_of(topology, end))
        return not whole

    def waiting_ends(self, topology: Topology, node: str) -> list[str]:
        """Link ends of a node that do not carry frames yet: a fresh veth takes a moment."""
        places = [place_of(topology, end) for _, end in topology.links_of(node)]
        return [one.interface for one in places if not ends.carries(one.netns, one.interface)]

    def link_is_whole(self, topology: Topology, link: Link) -> bool:
        """Whether the devices of a link exist and belong together."""
        places = [place_of(topology, end) for end in link.endpoints]
        if link.type in (LinkType.HOST, LinkType.MGMT_NET):
            places.append(Place(OWN_NAMESPACE, link.host_interface))
        if not all(place.netns.exists() for place in places):
            return False
        if len(places) == 2:
            return veth.is_pair(places[0], places[1])
        return veth.exists(places[0].netns, places[0].interface)

    def _remove_remains(self, topology: Topology, link: Link) -> None:
        for end in link.endpoints:
            place = place_of(topology, end)
            if place.interface in ends.marked(place.netns, alias_prefix(topology.name)):
                ends.delete(place.netns, place.interface)

    def _configure(self, topology: Topology, link: Link, place: Place) -> None:
        end = next(one for one in link.endpoints if place_of(topology, one) == place)
        offloads = link.type in (LinkType.VETH, LinkType.HOST, LinkType.MGMT_NET)
        ends.configure(place, topology.name, end, link.mtu, offloads=offloads)
        if place.bridge:
            veth.join_bridge(place)
        self._impair(place, end.impairment)

    def reconfigure(self, topology: Topology, node: str) -> None:
        """Configure all ends of a node again, after they moved to a new namespace."""
        for link, end in topology.links_of(node):
            self._configure(topology, link, place_of(topology, end))

    def prune(self, topology: Topology) -> list[str]:
        """Delete marked devices that the topology no longer has; return their names."""
        prefix = alias_prefix(topology.name)
        wanted = {
            (place.netns, place.interface)
            for link in topology.links
            for place in (place_of(topology, end) for end in link.endpoints)
        }
        removed = []
        for node in self.nodes(topology.name):
            netns = pin_path(topology.name, node)
            for name in ends.marked(netns, prefix):
                is_bridge = node in topology.nodes and name == node
                if (netns, name) not in wanted and not is_bridge:
                    ends.delete(netns, name)
                    removed.append(f"{node}:{name}")
        return removed

    def set_link(self, topology: Topology, node: str, interface: str, up: bool) -> None:
        """Cut or heal a link. One end goes down, the other sees its carrier go."""
        link, end = _known_end(topology, node, interface)
        place = place_of(topology, end)
        routes = lab_folder(topology.name) / node / f"routes-{interface}.json"
        if up:
            self._configure(topology, link, place)
            cut.heal(place, routes)
        else:
            cut.cut(place, routes)

    def power_off(self, topology: Topology, node: str) -> None:
        """The far ends of a stopped node lose their carrier, as if it had lost its power.

        Its namespace is pinned and would go on forwarding.
        """
        if pins.is_pinned(topology.name, node):
            for _, end in topology.links_of(node):
                place = place_of(topology, end)
                if veth.exists(place.netns, place.interface):
                    ends.set_state(place.netns, place.interface, up=False)

    def impair(
        self, topology: Topology, node: str, interface: str, impairment_: Impairment
    ) -> None:
        """Replace the impairment of one link end."""
        _, end = _known_end(topology, node, interface)
        self._impair(place_of(topology, end), impairment_)

    def _impair(self, place: Place, wanted: Impairment) -> None:
        if impairment.read(place.netns, place.interface).satisfies(wanted):
            return  # applying it again would set the counters back
        if wanted.is_none:
            impairment.clear(place.netns, place.interface)
        else:
            impairment.apply(place.netns, place.interface, wanted)

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


def _known_end(topology: Topology, node: str, interface: str) -> tuple[Link, Any]:
    found = topology.endpoint(node, interface)
    if found is None:
        known = [str(end) for link in topology.links for end in link.endpoints]
        raise LabError(f"no link ends at {node}:{interface}", f"link ends: {', '.join(known)}")
    return found


def _write(path: Path, data: bytes) -> None:
    """Replace a file atomically, readable by everyone: status works without root."""
    new = path.with_suffix(".new")
    new.write_bytes(data)
    new.chmod(0o644)
    new.replace(path)


def _remove_if_empty(*folders: Path) -> None:
    """The last lab takes the folders with it: `down` leaves the machine as it was."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return
