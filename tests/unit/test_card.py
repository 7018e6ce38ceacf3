"""The card's functions and the names and numbers they go by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.card import (
    MAX_PF,
    MAX_VF,
    Function,
    Uplink,
    card_table,
    functions,
    parse_interface,
    uplinks,
)
from lab.topology.model import Endpoint, Link, LinkType, Node, Role, Topology


def wire(a: str, b: str) -> Link:
    node_a, _, interface_a = a.partition(":")
    node_b, _, interface_b = b.partition(":")
    return Link(LinkType.VETH, Endpoint(node_a, interface_a), Endpoint(node_b, interface_b))


def lab(*links: Link) -> Topology:
    nodes = {name: Node(name) for name in ("h1", "h2", "leaf")}
    nodes["d1"] = Node("d1", role=Role.DPU, personality="generic-2x100g")
    return Topology("t", Path("/t.clab.yml"), nodes=nodes, links=links)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pf0vf0", Function(0, 0)),
        ("pf7vf63", Function(7, 63)),
        ("pf1hpf", Function(1)),
        ("p0", Uplink(0)),
        ("p255", Uplink(255)),
        *((name, None) for name in ("pf8vf0", "pf0vf64", "pf00vf0", "pf0vf01", "p256", "p01")),
        *(
            (name, None)
            for name in ("", "p", "eth0", "pf0", "pf0vf", "pf0vf0 ", "PF0VF0", "pf-1hpf")
        ),
    ],
)
def test_names(name: str, expected: Function | Uplink | None) -> None:
    assert parse_interface(name) == expected


@pytest.mark.parametrize(
    ("function", "number", "lif", "address"),
    [
        (Function(0), 0, 1, "0000:03:00.0"),
        (Function(1), 0, 257, "0000:03:00.1"),
        (Function(0, 0), 1, 2, "0000:03:02.0"),
        (Function(0, 63), 64, 65, "0000:03:09.7"),
        (Function(1, 0), 1, 258, "0000:03:0a.0"),
        (Function(3, 47), 48, 817, "0000:03:1f.7"),
        (Function(3, 48), 49, 818, "0000:04:00.0"),
        (Function(7, 63), 64, 1857, "0000:05:01.7"),
    ],
)
def test_numbers(function: Function, number: int, lif: int, address: str) -> None:
    assert (function.number, function.lif, function.address) == (number, lif, address)


def test_no_two_functions_share_a_name_number_or_address() -> None:
    every = [Function(pf, vf) for pf in range(MAX_PF + 1) for vf in (None, *range(MAX_VF + 1))]
    for key in ("representor", "lif", "address"):
        assert len({getattr(function, key) for function in every}) == len(every)


@given(st.integers(0, MAX_PF), st.none() | st.integers(0, MAX_VF))
def test_representors_are_read_back(pf: int, vf: int | None) -> None:
    assert parse_interface(Function(pf, vf).representor) == Function(pf, vf)


def test_wired_functions_in_order_with_their_hosts() -> None:
    topology = lab(
        wire("h2:eth1", "d1:pf0vf1"),
        wire("d1:p1", "leaf:eth2"),
        wire("d1:pf1hpf", "h2:eth9"),
        wire("d1:pf0vf0", "h1:eth1"),
        Link(LinkType.DUMMY, Endpoint("d1", "pf0hpf")),
        wire("d1:p0", "leaf:eth1"),
    )
    found = functions(topology, "d1")
    assert [(f.representor, f.lif, f.host, f.host_interface) for f in found] == [
        ("pf0hpf", 1, "", ""),
        ("pf0vf0", 2, "h1", "eth1"),
        ("pf0vf1", 3, "h2", "eth1"),
        ("pf1hpf", 257, "h2", "eth9"),
    ]
    assert uplinks(topology, "d1") == ["p0", "p1"]
    assert functions(topology, "h1") == []


def test_numbers_do_not_depend_on_the_wiring() -> None:
    alone = functions(lab(wire("h1:eth1", "d1:pf0vf5")), "d1")[0]
    among = functions(lab(wire("h2:eth1", "d1:pf0vf1"), wire("h1:eth1", "d1:pf0vf5")), "d1")[1]
    assert alone == among


def test_card_table_is_json() -> None:
    table = card_table(lab(wire("h1:eth1", "d1:pf0vf0"), wire("d1:p0", "leaf:eth1")), "d1")
    assert json.loads(json.dumps(table)) == {
        "personality": "generic-2x100g",
        "uplinks": ["p0"],
        "functions": [
            {
                "representor": "pf0vf0",
                "pf": 0,
                "vf": 0,
                "opi": {"port_id": 0, "physical_function": 0, "virtual_function": 1},
                "lif": 2,
                "address": "0000:03:02.0",
                "host": "h1",
                "host_interface": "eth1",
            }
        ],
    }
