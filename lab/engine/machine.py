"""What this machine can do, seen with root's eyes wherever we may use them."""

from __future__ import annotations

from collections.abc import Iterable

from lab import capabilities
from lab.capabilities import Capability
from lab.errors import LabError
from lab.links.agent import connect
from lab.topology.model import Topology


def probe(names: list[str]) -> list[Capability]:
    """Try capabilities, all for an empty list; without root and sudo some answer that they need it.

    Raises LabError for an unknown name.
    """
    net = connect()
    try:
        net.ping()
    except LabError:
        privileged = False
    else:
        privileged = True
    # outside of the handler: an error that a probe meets must not seem to come of this one
    return net.probe(names) if privileged else capabilities.probe_some(names)


def require(names: Iterable[str]) -> None:
    """Raise UnsupportedError for the first capability that this machine lacks."""
    capabilities.require(names, probe)


def refuse_unsupported(topology: Topology) -> None:
    """Raise UnsupportedError when a topology asks for what this machine lacks."""
    capabilities.refuse_unsupported(topology, probe)
