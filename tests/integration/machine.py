"""What a lab may leave on the machine, as comparable values."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, fields
from pathlib import Path

import docker
from pyroute2 import IPRoute

DOCKER_TRAFFIC = ("docker0", "br-", "veth")
"""Counters of Docker's own chains move; whole rules are compared without them."""


@dataclass(frozen=True)
class MachineState:
    """Everything of a lab that could be forgotten on a machine."""

    containers: frozenset[str]
    networks: frozenset[str]
    links: frozenset[str]
    namespaces: frozenset[str]
    mounts: frozenset[str]
    rules: frozenset[str]
    processes: frozenset[str]
    run_folder: frozenset[str]

    def leftovers(self, before: MachineState) -> dict[str, list[str]]:
        """What is there now and was not before."""
        found = {
            one.name: sorted(getattr(self, one.name) - getattr(before, one.name))
            for one in fields(self)
        }
        return {name: extra for name, extra in found.items() if extra}


def snapshot() -> MachineState:
    """Look at the machine."""
    client = docker.from_env()
    try:
        containers = frozenset(one.name or "" for one in client.containers.list(all=True))
        networks = frozenset(one.name or "" for one in client.networks.list())
    finally:
        client.close()
    with IPRoute() as netlink:
        links = frozenset(str(link.get("ifname")) for link in netlink.get_links())
    return MachineState(
        containers=containers,
        networks=networks,
        links=links,
        namespaces=_lines("ip", "netns", "list"),
        mounts=frozenset(
            line.split()[4]
            for line in Path("/proc/self/mountinfo").read_text().splitlines()
            if "dpulab" in line or "nsfs" in line
        ),
        rules=_rules("iptables-save") | _rules("ip6tables-save"),
        processes=_processes(),
        run_folder=frozenset(str(path) for path in Path("/run/dpulab").rglob("*")),
    )


def _lines(*command: str) -> frozenset[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return frozenset(done.stdout.splitlines())


def _rules(command: str) -> frozenset[str]:
    return frozenset(f"{command} {line}" for line in _lines(command) if line.startswith("-A"))


def _processes() -> frozenset[str]:
    """Processes that only a lab starts, by command line."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # it ended while we looked
        line = b" ".join(words).decode(errors="replace")
        if any(mark in line for mark in ("lab.links.agent", "--net=/run/dpulab", "opid")):
            found.add(f"{folder.name} {line}")
    return frozenset(found)
