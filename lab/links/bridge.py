"""Bridge nodes: a Linux bridge in a namespace of its own, or on the machine.

A bridge of its own namespace forwards by itself. One in the machine's own namespace does not where
Docker runs: the FORWARD policy is DROP and br_netfilter sends bridged frames through it. It gets
rules of its own, marked by a comment, for IPv4 and IPv6 (docs/adr/0003).
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pyroute2.netlink.exceptions import NetlinkError

from lab.errors import LabError
from lab.links import ends, pins
from lab.links.netns import run_in
from lab.links.pins import OWN_NAMESPACE
from lab.links.place import machine_bridge_name
from lab.links.veth import keep_bridged_frames_from_netfilter
from lab.ownership import alias_prefix, link_alias, link_group, pin_path
from lab.topology.model import Topology

_TABLES = ("iptables", "ip6tables")


def create(topology: Topology, node: str) -> bool:
    """Create a bridge node; an existing one is left as it is. Returns whether it was made."""
    if topology.nodes[node].machine_bridge:
        return _create_on_machine(topology, node)
    if not pins.is_pinned(topology.name, node):
        pins.pin_new(topology.name, node)
    netns = pin_path(topology.name, node)
    run_in(netns, keep_bridged_frames_from_netfilter)
    return _ensure(netns, node, topology.name, node)


def _create_on_machine(topology: Topology, node: str) -> bool:
    name = machine_bridge_name(topology, node)
    is_ours = name != node
    made = is_ours and _ensure(OWN_NAMESPACE, name, topology.name, node)
    add_rules(topology.name, node, name)
    return made


def _ensure(netns: Path, name: str, lab: str, node: str) -> bool:
    def work(netlink: Any) -> bool:
        missing = ends.index_of(netlink, name) is None
        if missing:
            netlink.link("add", ifname=name, kind="bridge", group=link_group(lab))
        index = ends.require_index(netlink, name)
        netlink.link("set", index=index, ifalias=link_alias(lab, node), state="up")
        return missing

    try:
        return ends.with_netlink(netns, work)
    except NetlinkError as error:
        raise LabError(f"cannot create bridge {node}: {error}") from error


def add_rules(lab: str, node: str, bridge: str) -> None:
    """Let frames pass between the ports of a machine bridge. Idempotent."""
    comment = link_alias(lab, node)
    for table in _TABLES:
        rule = ["-i", bridge, "-o", bridge, "-m", "comment", "--comment", comment, "-j", "ACCEPT"]
        chain = _chain(table)
        if chain and _run(table, "-C", chain, *rule).returncode != 0:
            added = _run(table, "-I", chain, *rule)
            if added.returncode != 0:
                raise LabError(f"{table}: cannot let bridge {bridge} forward: {added.stderr}")


def _chain(table: str) -> str:
    """DOCKER-USER where Docker made it (it survives Docker's restarts), else FORWARD."""
    for chain in ("DOCKER-USER", "FORWARD"):
        if _run(table, "-nL", chain).returncode == 0:
            return chain
    return ""


def remove_rules(lab: str) -> None:
    """Remove every firewall rule whose comment is a mark of this lab."""
    _remove(lambda comment: comment.startswith(alias_prefix(lab)))


def prune_rules(topology: Topology) -> None:
    """Remove the rules of machine bridges that the topology no longer has."""
    bridges = (node.name for node in topology.nodes.values() if node.machine_bridge)
    kept = {link_alias(topology.name, name) for name in bridges}
    prefix = alias_prefix(topology.name)
    _remove(lambda comment: comment.startswith(prefix) and comment not in kept)


def _remove(unwanted: Callable[[str], bool]) -> None:
    for table in _TABLES:
        for rule in _rules(table):
            if any(unwanted(word) for word in rule):
                removed = _run(table, "-D", *rule)
                if removed.returncode != 0:
                    raise LabError(f"{table}: cannot remove a rule of ours: {removed.stderr}")


def _rules(table: str) -> Iterator[list[str]]:
    """The rules of the filter table as words: chain first, then what `-D` takes."""
    for line in _run(table, "-S").stdout.splitlines():
        words = shlex.split(line)
        if words[:1] == ["-A"]:
            yield words[1:]


def _run(table: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [table, "-w", *arguments], capture_output=True, text=True, check=False, timeout=30
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(table, 127, "", f"{table} is not installed")
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{table}: somebody else holds its lock", "try again") from error
