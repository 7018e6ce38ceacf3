"""How everything dpulab creates says whose it is.

`down` finds a lab's belongings from these marks alone, also after `up` was killed half-way, and
touches nothing that does not carry them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

LABEL_LAB = "dpulab.lab"
LABEL_NODE = "dpulab.node"
LABEL_ROLE = "dpulab.role"
LABEL_SPEC = "dpulab.spec"
LABEL_TOPOLOGY = "dpulab.topology"

RUN = Path("/run/dpulab")
"""Pinned namespaces, saved topologies and locks; a tmpfs, so nothing outlives a reboot."""


def link_alias(lab: str, node: str, interface: str = "") -> str:
    """The ifalias that marks a network device; at most 255 bytes (IFALIASZ)."""
    return f"dpulab:{lab}:{node}:{interface}".rstrip(":")


def alias_prefix(lab: str) -> str:
    """What the alias of every device of a lab starts with."""
    return f"dpulab:{lab}:"


def link_group(lab: str) -> int:
    """The device group (IFLA_GROUP) of everything a lab makes.

    Unlike the alias it is set in the message that makes a device: there is no unmarked moment.
    """
    return 0xD9000000 | int.from_bytes(hashlib.sha256(lab.encode()).digest()[:3], "big")


def machine_interface(lab: str, node: str, interface: str = "") -> str:
    """A name for a device in the machine's own namespace: unique, and within 15 characters."""
    digest = hashlib.sha256(f"{lab}/{node}/{interface}".encode()).hexdigest()
    return f"dl{digest[:11]}"


def lab_folder(lab: str) -> Path:
    """Where the machine keeps what belongs to a lab while it runs."""
    return RUN / lab


def pin_path(lab: str, node: str) -> Path:
    """Where the network namespace of a node is pinned."""
    return lab_folder(lab) / node / "netns"


def function_folder(lab: str, dpu: str, host: str) -> Path:
    """Where a DPU and a host find the sockets of the functions that join the two."""
    return lab_folder(lab) / dpu / "functions" / host


def loops_path(lab: str, node: str) -> Path:
    """The numbers of the loop devices that a host was given."""
    return lab_folder(lab) / node / "loops.json"


def state_path(lab: str) -> Path:
    """The topology of a lab as it was brought up."""
    return lab_folder(lab) / "topology.json"
