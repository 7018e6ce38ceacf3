"""The lab writes the card table, the DPU reads it: both must mean the same functions."""

from __future__ import annotations

import json
from pathlib import Path

import lab.card as lab_side
from dpu_sim.card import parse_card
from dpu_sim.inventory.model import build_inventory
from dpu_sim.pci import MAX_PHYSICAL_FUNCTIONS, MAX_VIRTUAL_FUNCTIONS, function_address
from dpu_sim.personality import load_personality
from lab.topology.model import Endpoint, Link, LinkType, Node, Role, Topology


def test_both_sides_have_the_same_functions_at_the_same_addresses() -> None:
    assert lab_side.MAX_PF == MAX_PHYSICAL_FUNCTIONS - 1
    assert lab_side.MAX_VF == MAX_VIRTUAL_FUNCTIONS - 1
    for pf in range(MAX_PHYSICAL_FUNCTIONS):
        for vf in (None, *range(MAX_VIRTUAL_FUNCTIONS)):
            assert lab_side.Function(pf, vf).address == function_address(pf, vf)


def test_what_the_lab_writes_is_read_and_shows_in_the_inventory() -> None:
    ends = [("pf0vf0", "host1", "eth1"), ("pf1hpf", "host2", "eth1"), ("p0", "leaf1", "eth1")]
    topology = Topology(
        name="t",
        source=Path("/t.clab.yml"),
        nodes={
            "dpu1": Node("dpu1", role=Role.DPU, personality="bluefield"),
            **{name: Node(name) for name in ("host1", "host2", "leaf1")},
        },
        links=tuple(
            Link(LinkType.VETH, Endpoint("dpu1", ours), Endpoint(peer, theirs))
            for ours, peer, theirs in ends
        ),
    )
    card = parse_card(json.dumps(lab_side.card_table(topology, "dpu1")).encode(), "card.json")
    assert (card.personality, card.uplinks) == ("bluefield", ("p0",))
    assert [(f.representor, f.pf, f.vf, f.host) for f in card.functions] == [
        ("pf0vf0", 0, 0, "host1"),
        ("pf1hpf", 1, None, "host2"),
    ]
    inventory = build_inventory(load_personality(card.personality), card, "dpu1")
    assert [device.address for device in inventory.pci] == [
        "0000:03:00.0",
        "0000:03:00.1",
        "0000:03:02.0",
    ]
