"""The proof that a lab forwards: an answered ping and the counters of both DPUs, all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from lab.engine import verify
from lab.engine.cancellation import Cancellation
from lab.errors import LabError
from lab.links.netops import NetOps
from lab.node import ExecResult
from lab.node import Node as RunningNode
from lab.topology.model import Endpoint, Link, LinkType, Node, Role, Topology


def two_hosts() -> Topology:
    """h1 - d1 - d2 - h2."""
    roles = {"h1": Role.HOST, "d1": Role.DPU, "d2": Role.DPU, "h2": Role.HOST}
    wires = [
        ("h1:eth1 192.0.2.2/25", "d1:pf0vf0 192.0.2.1/25"),
        ("d1:p0 192.0.2.129/25", "d2:p0 192.0.2.130/25"),
        ("d2:pf0vf3 198.51.100.1/24", "h2:eth1 198.51.100.2/24"),
    ]
    links = tuple(Link(LinkType.VETH, _end(a), _end(b)) for a, b in wires)
    nodes = {name: Node(name, role=role) for name, role in roles.items()}
    return Topology("t", Path("/t.clab.yml"), nodes=nodes, links=links)


def _end(text: str) -> Endpoint:
    place, address = text.split()
    node, interface = place.split(":")
    return Endpoint(node, interface, ipv4=address)


@dataclass
class PaperPath:
    """Both the sender, whose pings move counters, and the counters."""

    exit_code: int
    moves: dict[str, int]
    name: str = "h1"
    pings: list[Sequence[str]] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=lambda: {"d1:pf0vf0": 1000, "d2:pf0vf3": 7})

    def exec(self, argv: Sequence[str], **_: Any) -> ExecResult:
        self.pings.append(argv)
        for end, frames in self.moves.items():
            self.seen[end] += frames
        return ExecResult(self.exit_code, "5 packets transmitted", "")

    def counters(self, topology: Topology, node: str, interface: str) -> dict[str, int]:
        return {"rx_packets": self.seen[f"{node}:{interface}"]}


def prove(path: PaperPath) -> str:
    topology = two_hosts()
    sender, net = cast(RunningNode, path), cast(NetOps, path)
    return verify.verify_pair(topology, net, sender, "h2", Cancellation())


def test_a_ping_that_both_dpus_counted_is_the_proof() -> None:
    path = PaperPath(0, {"d1:pf0vf0": 5, "d2:pf0vf3": 6})
    assert prove(path) == "h1 -> h2 crosses d1 and d2"
    assert [ping[-1] for ping in path.pings] == ["198.51.100.2"]


@pytest.mark.parametrize(
    ("exit_code", "near", "far"),
    [(1, 5, 5), (0, 0, 0), (0, 5, 0), (0, 0, 5), (0, 4, 5), (0, 5, 1)],
)
def test_less_is_no_proof(
    monkeypatch: pytest.MonkeyPatch, exit_code: int, near: int, far: int
) -> None:
    monkeypatch.setattr(verify, "_DEADLINE", -1.0)
    path = PaperPath(exit_code, {"d1:pf0vf0": near, "d2:pf0vf3": far})
    with pytest.raises(LabError) as caught:
        prove(path)
    assert "h1 does not reach h2 through d1:pf0vf0 and d2:pf0vf3" in caught.value.message
    assert "5 packets transmitted" in caught.value.message
