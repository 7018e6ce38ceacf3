"""Drawings of topologies: golden text, legal ids, well-formed pages, nothing on top of another."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import graph
from lab.graph.diagram import Diagram, Line, Rectangle, Style, Wire
from lab.graph.layers import layers
from lab.graph.layout import layout
from lab.graph.placing import isotonic
from lab.topology.model import Endpoint, Impairment, Kind, Link, LinkType, Node, Role, Topology

SVG = "{http://www.w3.org/2000/svg}"
NASTY = 'a"b<c>&amp;`d\\'


def veth(a: Endpoint, b: Endpoint, mtu: int = 1500) -> Link:
    return Link(LinkType.VETH, a, b, mtu=mtu)


def end(node: str, interface: str, network: str = "", host: int = 1) -> Endpoint:
    """A link end in 10.<network>/24 and fd00:<network>::/64."""
    if not network:
        return Endpoint(node, interface)
    ipv6 = f"fd00:{network.replace('.', ':')}::{host}/64"
    return Endpoint(node, interface, ipv4=f"10.{network}.{host}/24", ipv6=ipv6)


def topology(nodes: list[Node], links: list[Link], name: str = "lab") -> Topology:
    named = {node.name: node for node in nodes}
    return Topology(name, Path("/lab.clab.yml"), nodes=named, links=tuple(links))


def small() -> Topology:
    impaired = replace(end("dpu-1", "p0"), impairment=Impairment(delay_us=10_000, loss=0.01))
    return topology(
        [
            Node("leaf.1", role=Role.ROUTER),
            Node("h1", role=Role.HOST),
            Node("dpu-1", role=Role.DPU),
        ],
        [
            veth(end("h1", "eth1", "1.1", 2), end("dpu-1", "pf0vf0", "1.1")),
            veth(end("leaf.1", "eth1"), impaired, mtu=9000),
            Link(LinkType.HOST, end("leaf.1", "eth9"), mtu=1500, host_interface="up0"),
        ],
    )


def quickstart() -> Topology:
    links = []
    for number in (1, 2):
        host, dpu = f"host{number}", f"dpu{number}"
        vf, uplink = f"1.{number}", f"100.{number}"
        links += [
            veth(end(host, "eth1", vf, 2), end(dpu, "pf0vf0", vf)),
            veth(end(dpu, "p0", uplink, 2), end("leaf1", f"eth{number}", uplink)),
        ]
    links += [
        veth(end("tgen", "eth1", "100.3", 2), end("leaf1", "eth3", "100.3")),
        veth(end("stor1", "eth1", "100.4", 2), end("leaf1", "eth4", "100.4")),
    ]
    roles = {"host1": Role.HOST, "host2": Role.HOST, "dpu1": Role.DPU, "dpu2": Role.DPU}
    roles |= {"leaf1": Role.ROUTER, "tgen": Role.TGEN, "stor1": Role.STORAGE}
    return topology([Node(name, role=role) for name, role in roles.items()], links, "quickstart")


def fabric(leaves: int = 4, per_leaf: int = 4) -> Topology:
    """A spine, leaves, and under each leaf that many DPUs, each with a host."""
    nodes, links = [Node("spine1", role=Role.ROUTER)], []
    for leaf in range(1, leaves + 1):
        nodes.append(Node(f"leaf{leaf}", role=Role.ROUTER))
        fabric_net = f"255.{leaf}"
        links.append(
            veth(end(f"leaf{leaf}", "eth49", fabric_net), end("spine1", f"eth{leaf}", fabric_net))
        )
        for port in range(1, per_leaf + 1):
            number = (leaf - 1) * per_leaf + port
            host, dpu, vf, uplink = f"host{number}", f"dpu{number}", f"1.{number}", f"100.{number}"
            nodes += [Node(host, role=Role.HOST), Node(dpu, role=Role.DPU)]
            links += [
                veth(end(host, "eth1", vf, 2), end(dpu, "pf0vf0", vf)),
                veth(end(dpu, "p0", uplink, 2), end(f"leaf{leaf}", f"eth{port}", uplink)),
            ]
    nodes += [Node("tgen", role=Role.TGEN), Node("br1", kind=Kind.BRIDGE), Node("stor1")]
    links += [
        veth(end("tgen", "eth1"), end("leaf1", "eth33")),
        veth(end("stor1", "eth1"), end("host16", "eth2")),
    ]
    return topology(nodes, links, "fabric")


def with_everything() -> Topology:
    """The quickstart with every link type, impairments, and links that go sideways and far."""
    base = quickstart()
    links = list(base.links)
    impairment = Impairment(
        delay_us=1500, jitter_us=250, loss=0.5, duplicate=0.01, corrupt=0.001, rate_bps=10**8
    )
    links[1] = replace(links[1], a=replace(links[1].a, impairment=impairment))
    links += [
        Link(LinkType.MGMT_NET, end("host1", "eth2"), host_interface="mg1"),
        Link(LinkType.DUMMY, end("dpu1", "dum0", "9.9")),
        Link(LinkType.VXLAN, end("stor1", "vx0"), vxlan_remote="192.0.2.7", vxlan_vni=100),
        Link(LinkType.MACVLAN, end("tgen", "mv0"), host_interface="eno1"),
        Link(LinkType.HOST, end("leaf1", "eth9"), host_interface="leaf1-eth9"),
        veth(end("dpu1", "p1"), end("dpu2", "p1")),
        veth(end("leaf1", "loop1"), end("leaf1", "loop2")),
        veth(end("host2", "eth7"), replace(end("stor1", "eth7"), ipv6="fd00:1:2:3:4:5:6:7/64")),
    ]
    return replace(base, links=tuple(links))


def around_the_dpus() -> Topology:
    """Three hosts with a link through a DPU and two links past it."""
    nodes, links = [Node("leaf1", role=Role.ROUTER)], []
    for n in "123":
        nodes += [Node(f"host{n}", role=Role.HOST), Node(f"dpu{n}", role=Role.DPU)]
        links += [veth(end("leaf1", f"d{i}{n}"), end(f"host{n}", f"d{i}")) for i in "12"]
        links.append(veth(end(f"host{n}", "eth1", f"1.{n}", 2), end(f"dpu{n}", "pf0vf0")))
        links.append(veth(end("leaf1", f"eth{n}"), end(f"dpu{n}", "p0", f"100.{n}")))
    return topology(nodes, links)


def drawn(lab: Topology) -> Diagram:
    texts = {
        name: (Line(name, Style.NAME), Line(node.role, Style.ROLE), Line("running", Style.STATE))
        for name, node in lab.nodes.items()
    }
    return layout(lab, texts)


def svg_of(page: str) -> ET.Element:
    return ET.fromstring(page[page.index("<svg") : page.index("</svg>") + len("</svg>")])


def words(element: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in element.iter(f"{SVG}text")]


def test_mermaid_golden() -> None:
    expected = """\
%% lab
flowchart TB
    n_h1["h1<br/>host"]:::host
    n_dpu_2d_1["dpu-1<br/>dpu"]:::dpu
    n_leaf_2e_1["leaf.1<br/>router"]:::router
    n_h1 ---|"h1:eth1<br/>10.1.1.2/24<br/>fd00:1:1::2/64<br/>mtu 1500<br/>\
dpu-1:pf0vf0<br/>10.1.1.1/24<br/>fd00:1:1::1/64"| n_dpu_2d_1
    n_dpu_2d_1 ---|"dpu-1:p0<br/>delay 10 ms<br/>loss 1#37;<br/>mtu 9000<br/>\
leaf.1:eth1"| n_leaf_2e_1
    stub_2(["machine: up0"])
    n_leaf_2e_1 -.-|"leaf.1:eth9<br/>mtu 1500"| stub_2
    classDef host fill:#dbeafe,stroke:#1d4ed8,color:#111827
    classDef dpu fill:#ede9fe,stroke:#6d28d9,color:#111827
    classDef router fill:#d1fae5,stroke:#047857,color:#111827
"""
    assert graph.mermaid(small()) == expected


def test_dot_golden() -> None:
    expected = """\
graph "lab" {
    graph [rankdir=TB, nodesep=0.6, ranksep=0.5];
    node [shape=box, style="rounded,filled", fontname="sans-serif"];
    edge [fontname="monospace", fontsize=9];
    { rank=same;
        "h1" [label="h1\\nhost", fillcolor="#dbeafe", color="#1d4ed8", fontcolor="#111827"];
    }
    { rank=same;
        "dpu-1" [label="dpu-1\\ndpu", fillcolor="#ede9fe", color="#6d28d9", fontcolor="#111827"];
    }
    { rank=same;
        "leaf.1" [label="leaf.1\\nrouter", fillcolor="#d1fae5", color="#047857", \
fontcolor="#111827"];
    }
    "h1" -- "dpu-1" [label="h1:eth1\\n10.1.1.2/24\\nfd00:1:1::2/64\\nmtu 1500\\n\
dpu-1:pf0vf0\\n10.1.1.1/24\\nfd00:1:1::1/64"];
    "dpu-1" -- "leaf.1" [label="dpu-1:p0\\ndelay 10 ms\\nloss 1%\\nmtu 9000\\nleaf.1:eth1"];
    "stub:2" [shape=plaintext, style=solid, label="machine: up0"];
    "leaf.1" -- "stub:2" [label="leaf.1:eth9\\nmtu 1500", style=dashed];
}
"""
    assert graph.dot(small()) == expected


def test_text_formats_escape_what_ends_a_string() -> None:
    lab = topology([Node(NASTY), Node("b")], [veth(end(NASTY, 'e"]'), end("b", "x|y\nz"))], NASTY)
    mermaid = graph.mermaid(lab)
    assert '["a#34;b#60;c#62;#38;amp;#96;d#92;<br/>generic"]' in mermaid
    assert "e#34;#93;" in mermaid
    assert "x#124;y z" in mermaid
    dot = graph.dot(lab)
    assert dot.startswith('graph "a\\"b<c>&amp;`d\\\\" {')
    assert 'label="a\\"b<c>&amp;amp;`d\\\\\\ngeneric"' in dot


def test_a_directive_in_a_lab_name_stays_text() -> None:
    assert "%%{" not in graph.mermaid(topology([Node("%%{init}")], [], "%%{init: {}}%%"))


def test_names_that_differ_only_in_punctuation_keep_different_mermaid_ids() -> None:
    names = ["a-b", "a.b", "a_b", "ab", "a_2d_b", "end"]
    text = graph.mermaid(topology([Node(n) for n in names], []))
    found = re.findall(r"^ +(\w+)\[", text, re.MULTILINE)
    assert len(found) == len(set(found)) == len(names)
    assert "end" not in found


def nasty() -> Topology:
    return topology([Node(NASTY), Node("\\")], [veth(end(NASTY, "\\"), end("\\", '"'))], '"\\')


@pytest.mark.parametrize("draft", [small, fabric, with_everything, nasty], ids=lambda f: f.__name__)
def test_graphviz_accepts_the_drawing(draft: Callable[[], Topology]) -> None:
    lab = draft()
    program = shutil.which("dot")
    if program is None:
        pytest.skip("Graphviz is not installed: no `dot` on PATH")
    done = subprocess.run(
        [program, "-Tsvg"], input=graph.dot(lab).encode(), capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    groups = [one.get("class") for one in ET.fromstring(done.stdout).iter(f"{SVG}g")]
    stubs = sum(link.b is None for link in lab.links)
    assert groups.count("node") == len(lab.nodes) + stubs
    assert groups.count("edge") == len(lab.links)


def test_layers_go_from_hosts_through_dpus_and_leaves_to_the_spine() -> None:
    names = [set(layer) for layer in layers(fabric())]
    assert "host1" in names[0]
    assert "dpu1" in names[1]
    assert {"leaf1", "leaf4", "br1"} <= names[2]
    assert names[3] == {"spine1"}
    assert names[4] == {"tgen", "stor1"}


def test_nodes_without_roles_spread_over_layers_from_the_best_connected() -> None:
    pairs = [("a", "b"), ("a", "c"), ("a", "d"), ("d", "e")]
    links = [veth(end(x, f"to{y}"), end(y, f"to{x}")) for x, y in pairs]
    lab = topology([Node(n) for n in "bcadef"], links)
    assert layers(lab) == [["a", "f"], ["b", "c", "d"], ["e"]]


def labels_of(wire: Wire) -> list[Rectangle]:
    areas = [label.text.area for label in wire.labels]
    return [*areas, wire.stub.area] if wire.stub else areas


def assert_nothing_overlaps(diagram: Diagram) -> None:
    areas = [box.area for box in diagram.boxes]
    areas += [area for wire in diagram.wires for area in labels_of(wire)]
    for one, other in combinations(areas, 2):
        assert not one.overlaps(other), (one, other)
    for area in areas:
        assert 0 <= area.x <= diagram.width - area.width
        assert 0 <= area.y <= diagram.height - area.height
    # The vertical runs of every wire keep clear of every box and text, its own included.
    for run in (run for wire in diagram.wires for run in wire.runs):
        low, high = sorted((run.start, run.stop))
        line = Rectangle(run.x - 0.5, low, 1, high - low)
        assert not any(line.overlaps(area) for area in areas), run


@pytest.mark.parametrize(
    "draft", [small, quickstart, fabric, with_everything, around_the_dpus], ids=lambda f: f.__name__
)
def test_boxes_labels_and_wires_keep_apart(draft: Callable[[], Topology]) -> None:
    lab = draft()
    diagram = drawn(lab)
    assert {box.node.name for box in diagram.boxes} == set(lab.nodes)
    assert len(diagram.wires) == len(lab.links)
    assert_nothing_overlaps(diagram)


def test_curves_stay_between_the_layers() -> None:
    diagram = drawn(with_everything())
    assert any(len(wire.runs) > 1 for wire in diagram.wires)
    for wire in diagram.wires:
        for before, after in pairwise(wire.runs):
            deepest = max(before.stop + wire.sag, after.start)
            low, high = sorted((before.x, after.x))
            swept = Rectangle(low, before.stop, high - low, deepest - before.stop)
            assert not any(swept.overlaps(box.area) for box in diagram.boxes)


def test_wires_that_need_not_cross_do_not_whatever_their_order_in_the_file() -> None:
    lab = fabric()
    diagram = drawn(replace(lab, links=lab.links[::-1]))
    joints = [pair for wire in diagram.wires for pair in pairwise(wire.runs)]
    curves = [sorted([(a.stop, a.x), (b.start, b.x)]) for a, b in joints]
    compared = 0
    for (top, bottom), (other_top, other_bottom) in combinations(curves, 2):
        if top[0] == other_top[0]:
            assert (top[1] < other_top[1]) == (bottom[1] < other_bottom[1])
            compared += 1
    assert compared > 10


def test_a_host_stands_right_above_its_dpu() -> None:
    diagram = drawn(fabric())
    middles = {box.node.name: box.area.x + box.area.width / 2 for box in diagram.boxes}
    straight = range(1, 16)  # host16 has a second link
    assert all(abs(middles[f"host{n}"] - middles[f"dpu{n}"]) < 1 for n in straight)


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 5)), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_isotonic_regression_is_ordered_and_no_shift_of_a_block_is_closer(
    points: list[tuple[int, int]],
) -> None:
    targets, weights = [float(t) for t, _ in points], [float(w) for _, w in points]
    fitted = isotonic(targets, weights)
    assert all(one <= other + 1e-9 for one, other in pairwise(fitted))
    # Optimality: every block of equal values stands at its weighted mean.
    for value in set(fitted):
        block = [i for i, one in enumerate(fitted) if one == value]
        total = sum(weights[i] for i in block)
        assert sum(targets[i] * weights[i] for i in block) / total == pytest.approx(value)


def test_svg_shows_names_roles_addresses_mtu_and_impairments() -> None:
    shown = words(svg_of(graph.html(with_everything(), None, {"dpu1": "172.30.0.2"})))
    names = {"host1", "dpu", "172.30.0.2", "pf0vf0", "10.1.1.2/24", "fd00:1:1::2/64"}
    badges = {"delay 1.5 ms ±250 µs", "loss 50%", "duplicate 1%", "corrupt 0.1%", "rate 100 Mbit/s"}
    stubs = {"mgmt-net: mg1", "dummy", "vxlan 100: 192.0.2.7", "macvlan (bridge): eno1"}
    assert names | badges | stubs | {"machine: leaf1-eth9"} <= set(shown)
    assert shown.count("mtu 1500") == 9


def test_states_colour_the_nodes_and_say_it_in_words() -> None:
    lab = topology([Node("a"), Node("b"), Node("c"), Node("br", kind=Kind.BRIDGE)], [])
    page = graph.html(lab, {"a": "running", "b": "exited"})
    groups = [group.get("class", "").split() for group in svg_of(page).iter(f"{SVG}g")]
    states = [group[2:] for group in groups]
    assert sorted(states) == [[], ["state-bad"], ["state-good"], ["state-quiet"]]
    assert {"● running", "● exited", "● absent"} <= set(words(svg_of(page)))
    assert "4 nodes (1 running, 1 exited, 1 absent), 0 links" in page


def test_without_states_none_are_drawn_and_an_empty_lab_is_fine() -> None:
    assert "0 nodes, 0 links" in graph.html(topology([], []))
    page = graph.html(quickstart())
    assert "●" not in page
    assert ">State<" not in page


def test_management_address_of_the_file_shows_until_a_real_one_is_known() -> None:
    lab = topology([Node("a", mgmt_ipv4="172.20.0.9")], [])
    assert "172.20.0.9" in words(svg_of(graph.html(lab)))
    assert "172.20.0.9" not in graph.html(lab, None, {"a": "172.30.0.2"})


def test_tables_list_every_node_and_link() -> None:
    lab = with_everything()
    page = ET.fromstring(graph.html(lab).removeprefix("<!DOCTYPE html>"))
    nodes, links = page.findall(".//table")
    assert len(nodes.findall("tbody/tr")) == len(lab.nodes)
    rows = [["".join(cell.itertext()) for cell in row] for row in links.findall("tbody/tr")]
    assert len(rows) == len(lab.links)
    assert rows[0][:3] == ["veth", "host1:eth1", "10.1.1.2/24fd00:1:1::2/64"]
    assert rows[0][-1] == "1500"


def test_page_escapes_names_states_and_addresses() -> None:
    bad = '<script>alert("1")</script>&\''
    lab = topology([Node(bad, image=bad)], [Link(LinkType.HOST, Endpoint(bad, bad))], bad)
    page = graph.html(lab, {bad: bad}, {bad: bad})
    assert "<script" not in page
    tree = ET.fromstring(page.removeprefix("<!DOCTYPE html>"))
    assert tree.findtext("head/title") == bad
    assert bad in words(svg_of(page))


def test_characters_that_xml_has_not_become_spaces() -> None:
    page = graph.html(topology([Node("a\x00b\ud800\ufffe\x1b")], [], "x\x08"))
    assert "a b   " in words(svg_of(page))


def test_page_needs_nothing_from_outside_and_runs_nothing() -> None:
    page = graph.html(fabric(), {}, {}).replace("http://www.w3.org/2000/svg", "")
    for outside in (
        "http:",
        "https:",
        "//",
        "src=",
        "href=",
        "url(",
        "@import",
        "<script",
        "<link",
    ):
        assert outside not in page
    assert "default-src 'none'" in page


def test_page_is_accessible() -> None:
    page = ET.fromstring(graph.html(quickstart()).removeprefix("<!DOCTYPE html>"))
    assert page.get("lang") == "en"
    assert page.findtext("head/title") == "quickstart"
    svg = page.find(f".//{SVG}svg")
    assert svg is not None
    assert svg.get("role") == "img"
    ids = {one.get("id") for one in svg}
    assert set(svg.get("aria-labelledby", "").split()) <= ids
    assert "host1:eth1 to dpu1:pf0vf0" in (svg.findtext(f"{SVG}desc") or "")
    assert all(th.get("scope") == "col" for th in page.iter("th"))
    assert [caption.text for caption in page.iter("caption")] == ["Nodes", "Links"]


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_contrast_as_wcag_aa_asks(scheme: int) -> None:
    blocks = re.findall(r":root \{(.*?)\}", graph.html(quickstart()), re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[scheme]))
    texts = {"ink": ["page", "card"], "muted": ["page", "card"], "badge-ink": ["badge"]}
    for text, grounds in texts.items():
        assert all(contrast(colours[text], colours[ground]) >= 4.5 for ground in grounds), text
    roles = {"host", "dpu", "network", "tgen", "storage", "generic"}
    for graphic in {"wire", "good", "bad", "quiet", "focus", "badge-rule"} | roles:
        assert contrast(colours[graphic], colours["card"]) >= 3, graphic


# Any topology

NAMES = st.from_regex(r"\A[a-zA-Z0-9][a-zA-Z0-9._-]{0,20}\Z")
INTERFACES = st.from_regex(r"\A[a-zA-Z][a-zA-Z0-9._<>&\"-]{0,14}\Z")
ENDS_ALONE = [kind for kind in LinkType if kind is not LinkType.VETH]


@st.composite
def topologies(draw: st.DrawFn) -> Topology:
    names = draw(st.lists(NAMES, min_size=1, max_size=9, unique=True))
    roles, kinds = st.sampled_from(list(Role)), st.sampled_from([Kind.LINUX, Kind.BRIDGE])
    nodes = [Node(name, role=draw(roles), kind=draw(kinds)) for name in names]
    ends = st.builds(
        Endpoint,
        node=st.sampled_from(names),
        interface=INTERFACES,
        ipv6=st.sampled_from(["", "fd00::1/64", "fd00:1111:2222:3333:4444:5555:6666:7777/64"]),
        impairment=st.sampled_from([Impairment(), Impairment(loss=0.1, rate_bps=1000)]),
    )
    single = st.builds(Link, type=st.sampled_from(ENDS_ALONE), a=ends, host_interface=INTERFACES)
    links = st.lists(st.builds(veth, ends, ends) | single, max_size=14)
    return topology(nodes, draw(links), draw(NAMES))


MERMAID_LINE = re.compile(
    r"%% .*|flowchart TB|    classDef \w+ [\w:#,]+"
    r'|    \w+\["[^"]*"\]:::\w+|    \w+\(\["[^"]*"\]\)|    \w+ (---|-\.-)\|"[^"|]*"\| \w+'
)
QUOTED = r'"(?:[^"\\]|\\.)*"'
DOT_LINE = re.compile(
    rf"graph {QUOTED} \{{|\}}|    \{{ rank=same;|    \}}|    (graph|node|edge) \[.*\];"
    rf"| +{QUOTED}( -- {QUOTED})? \[\w+=({QUOTED}|\w+)(, \w+=({QUOTED}|\w+))*\];"
)


@given(topologies())
@settings(max_examples=80, deadline=None)
def test_any_topology_gives_output_that_parses(lab: Topology) -> None:
    for line in graph.mermaid(lab).splitlines():
        assert MERMAID_LINE.fullmatch(line), line
    for line in graph.dot(lab).splitlines():
        assert DOT_LINE.fullmatch(line), line
    page = graph.html(lab, dict.fromkeys(lab.nodes, "running"))
    ET.fromstring(page.removeprefix("<!DOCTYPE html>"))
    assert set(lab.nodes) <= set(words(svg_of(page)))


@given(topologies())
@settings(max_examples=80, deadline=None)
def test_in_any_topology_nothing_overlaps(lab: Topology) -> None:
    assert_nothing_overlaps(drawn(lab))
