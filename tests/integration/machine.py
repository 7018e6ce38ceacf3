"""What labs leave on the machine, as comparable values.

Other labs may come and go while a test runs, of other people or of tests beside ours. What is known
to be theirs is left out; everything else counts, also what carries no mark at all.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import docker
from pyroute2 import IPRoute

LAB_PREFIX = f"t{os.getpid()}-"
"""What the names of all labs of this test run start with."""

DOCKER_VETH = re.compile(r"veth[0-9a-f]{7}")
RUN = Path("/run/dpulab")


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


def left_since(before: MachineState, seconds: float = 2) -> dict[str, list[str]]:
    """What is there and was not before, and stays: other labs may be half-way up or down."""
    deadline = time.monotonic() + seconds
    while (left := snapshot().leftovers(before)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return left


def snapshot() -> MachineState:
    """Look at the machine."""
    client = docker.from_env()
    try:
        containers = client.containers.list(all=True, ignore_removed=True)
        networks = client.networks.list()
    finally:
        client.close()
    theirs = [one.attrs for one in networks if not _is_ours(one.attrs.get("Labels"))]
    return MachineState(
        containers=frozenset(str(one.name) for one in containers if _is_ours(one.labels)),
        networks=frozenset(str(one.name) for one in networks if _is_ours(one.attrs.get("Labels"))),
        links=_links({_bridge(one) for one in theirs}),
        namespaces=frozenset(one for one in _lines("ip", "netns", "list") if LAB_PREFIX in one),
        mounts=_mounts(),
        rules=_rules("iptables-save", theirs) | _rules("ip6tables-save", theirs),
        processes=_processes(),
        run_folder=_run_folder(),
    )


def _is_ours(labels: dict[str, str] | None) -> bool:
    return (labels or {}).get("dpulab.lab", "").startswith(LAB_PREFIX)


def _bridge(network: dict[str, Any]) -> str:
    """Name of the bridge device of a Docker network."""
    name = (network.get("Options") or {}).get("com.docker.network.bridge.name")
    return name or f"br-{network['Id'][:12]}"


def _links(bridges_of_others: set[str]) -> frozenset[str]:
    with IPRoute() as netlink:
        links = {
            link["index"]: (str(link.get("ifname")), str(link.get("ifalias") or ""))
            for link in netlink.get_links()
        }
    return frozenset(
        name
        for name, alias in links.values()
        if name not in bridges_of_others
        and not DOCKER_VETH.fullmatch(name)
        and (not alias.startswith("dpulab:") or alias.startswith(f"dpulab:{LAB_PREFIX}"))
    )


def _mounts() -> frozenset[str]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return frozenset(
        point for line in lines if (point := line.split()[4]).startswith(f"{RUN}/{LAB_PREFIX}")
    )


def _lines(*command: str) -> frozenset[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return frozenset(done.stdout.splitlines())


def _rules(command: str, networks_of_others: list[dict[str, Any]]) -> frozenset[str]:
    """Rules without those that Docker made for other people's networks."""
    marks = {_bridge(one) for one in networks_of_others}
    for network in networks_of_others:
        for pool in (network.get("IPAM") or {}).get("Config") or []:
            marks.add(str(pool.get("Subnet", "-")).rpartition(".")[0] + ".")
    return frozenset(
        f"{command} {line}"
        for line in _lines(command)
        if line.startswith("-A") and not any(mark in line for mark in marks)
    )


def _processes() -> frozenset[str]:
    """Processes outside containers that only a lab starts, by command line."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue  # it ended while we looked
        line = b" ".join(words).decode(errors="replace")
        orphaned_agent = "lab.links.agent" in line and parent == "1"
        if f"{RUN}/{LAB_PREFIX}" in line or orphaned_agent:
            found.add(f"{folder.name} {line}")
    return frozenset(found)


def _run_folder() -> frozenset[str]:
    found = [*RUN.glob(f"{LAB_PREFIX}*"), *RUN.glob(f".locks/{LAB_PREFIX}*")]
    return frozenset(str(path) for path in found)
