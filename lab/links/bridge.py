"""Bridge nodes: a Linux bridge in a namespace of its own, or on the machine.

A bridge of its own namespace forwards by itself. One in the machine's own namespace does not where
Docker runs: the FORWARD policy is DROP and br_netfilter sends bridged frames through it. It gets
rules of its own, marked by a comment, for IPv4 and IPv6 (docs/adr/0003).
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from typing import Any

from lab.errors import LabError
from lab.links import ends, pins
from lab.links.netns import run_in
from lab.links.pins import OWN_NAMESPACE
from lab.links.place import machine_bridge_name
from lab.links.veth import keep_bridged_frames_from_netfilter
from lab.ownership import alias_prefix, link_alias, pin_path
from lab.topology.model import Topology

_TABLES = ("iptables", "ip6tables")


def create(topology: Topology, node: str) -> None:
    """Create a bridge node; an existing one is left as it is."""
    if topology.nodes[node].machine_bridge:
        _create_on_machine(topology, node)
        return
    if not pins.is_pinned(topology.name, node):
        pins.pin_new(topology.name, node)
    netns = pin_path(topology.name, node)
    run_in(netns, keep_bridged_frames_from_netfilter)
    ends.with_netlink(netns, lambda netlink: _ensure(netlink, node, topology.name, node))


def _create_on_machine(topology: Topology, node: str) -> None:
    name = machine_bridge_name(topology, node)
    if name != node:
        ends.with_netlink(
            OWN_NAMESPACE, lambda netlink: _ensure(netlink, name, topology.name, node)
        )
    add_rules(topology.name, node, name)


def _ensure(netlink: Any, name: str, lab: str, node: str) -> None:
    if ends.index_of(netlink, name) is None:
        netlink.link("add", ifname=name, kind="bridge")
    index = ends.index_of(netlink, name)
    netlink.link("set", index=index, ifalias=link_alias(lab, node), state="up")


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
    for table in _TABLES:
        for rule in _marked_rules(table, lab):
            _run(table, "-D", *rule)


def _marked_rules(table: str, lab: str) -> Iterator[list[str]]:
    prefix = alias_prefix(lab)
    for line in _run(table, "-S").stdout.splitlines():
        words = shlex.split(line)
        if words[:1] == ["-A"] and any(word.startswith(prefix) for word in words):
            yield words[1:]


def _run(table: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [table, "-w", *arguments], capture_output=True, text=True, check=False, timeout=30
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(table, 127, "", f"{table} is not installed")
