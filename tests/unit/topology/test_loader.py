"""What valid files mean after defaults, kinds, groups and units."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import LabError
from lab.topology import loader
from lab.topology.loader import load
from lab.topology.model import (
    Dns,
    Healthcheck,
    Impairment,
    Kind,
    LinkType,
    PortBinding,
    Readiness,
    Role,
    Stage,
    StageExec,
    StageRule,
    Topology,
    from_json,
    to_json,
)
from lab.topology.problems import TopologyError

VALID = Path(__file__).parent / "valid"
MINIMAL = "name: x\ntopology:\n  nodes:\n    n1: {kind: linux, image: debian%s}\n"


def load_valid(name: str) -> Topology:
    return load(VALID / f"{name}.clab.yml", env={})


def write(folder: Path, text: str | bytes, name: str = "t.clab.yml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("path", sorted(VALID.glob("*.clab.yml")), ids=lambda path: path.stem)
def test_json_round_trip(path: Path) -> None:
    topology = load(path, env={})
    assert from_json(to_json(topology)) == topology
    assert topology.source == path


def test_brief_link_with_addresses_and_impairment() -> None:
    topology = load_valid("two-linux")
    (link,) = topology.links
    assert link.type is LinkType.VETH
    assert (str(link.a), str(link.b), link.mtu) == ("left:eth1", "right:eth1", 1500)
    assert (link.a.ipv4, link.a.ipv6) == ("192.0.2.1/24", "2001:db8::1/64")
    assert link.b is not None
    assert (link.b.ipv4, link.b.ipv6) == ("192.0.2.2/24", "")
    expected = Impairment(10_000, 250, 0.01, 0.005, 0.0, 10_000_000, 7)
    assert link.a.impairment == link.b.impairment == expected


def test_defaults_of_a_plain_node() -> None:
    node = load_valid("two-linux").nodes["left"]
    assert (node.role, node.readiness, node.verify) == (Role.GENERIC, Readiness.RUNNING, True)
    assert (node.network_mode, node.on_mgmt, node.privileged) == ("", True, False)


def test_every_link_type() -> None:
    links = load_valid("links").links
    types = [str(link.type) for link in links]
    assert types == [
        *("veth", "host", "mgmt-net", "macvlan", "vxlan", "dummy"),
        *("host", "mgmt-net", "macvlan", "veth"),
    ]
    assert [link.mtu for link in links[:6]] == [1600, 9500, 9500, 1500, 1450, 9500]
    assert [link.host_interface for link in links] == [
        *("", "lab-a", "lab-m", "eno1", "", ""),
        *("lab-b", "lab-n", "eno1", ""),
    ]
    assert links[3].macvlan_mode == "vepa"
    vxlan = links[4]
    assert (vxlan.vxlan_remote, vxlan.vxlan_vni) == ("2001:db8::9", 42)
    assert (vxlan.vxlan_dst_port, vxlan.vxlan_src_port) == (4789, 50000)
    assert [str(link.a) for link in links[6:9]] == ["b:eth2", "b:eth3", "b:eth4"]
    assert links[6].a.ipv4 == "10.1.0.1/24"


def test_an_end_overrides_the_links_impairment_key_by_key() -> None:
    link = load_valid("links").links[0]
    assert link.b is not None
    assert link.a.mac == "aa:c1:ab:00:00:01"
    assert link.labels == {"wire": "long"}
    assert link.a.impairment == Impairment(delay_us=1_000_000, loss=0.1)
    assert link.b.impairment == Impairment(delay_us=1_000_000, loss=0.0, corrupt=0.02)


def test_bridge_inherits_nothing_of_a_container() -> None:
    bridge = load_valid("links").nodes["br"]
    assert (bridge.kind, bridge.image, bridge.on_mgmt) == (Kind.BRIDGE, "", False)


def test_scalars_come_from_the_most_specific_place() -> None:
    nodes = load_valid("inheritance").nodes
    assert (nodes["plain"].image, nodes["other"].image) == ("from-kind", "from-group")
    # An own group replaces the kind's, also when topology.groups does not have it.
    assert (nodes["plain"].cpu, nodes["other"].cpu) == (1.0, 1.0)
    assert nodes["other"].memory_bytes == 1 << 30
    assert nodes["other"].dns == Dns(search=("lab.test",))
    assert nodes["plain"].dns == Dns(servers=("192.0.2.53",))


def test_the_group_of_the_kind_applies_to_nodes_without_one(tmp_path: Path) -> None:
    text = (
        "name: x\ntopology:\n  kinds: {linux: {image: debian, group: g}}\n"
        "  groups: {g: {cpu: 2, image: other}}\n  nodes:\n    n1: {kind: linux}\n"
    )
    node = load(write(tmp_path, text), env={}).nodes["n1"]
    assert (node.group, node.cpu, node.image) == ("g", 2.0, "other")


def test_maps_merge_and_keep_the_text_as_written() -> None:
    node = load_valid("inheritance").nodes["other"]
    levels = {"A": "defaults", "B": "kind", "C": "group", "D": "node"}
    texts = {"VERSION": "1.10", "ANSWER": "yes", "OCTAL": "010", "EMPTY": ""}
    assert node.env == levels | texts
    assert node.labels == {"colour": "grey", "dpulab.role": "host", "dpulab.verify": "off"}
    assert (node.role, node.verify) == (Role.HOST, False)


def test_lists_concatenate_without_repeats() -> None:
    node = load_valid("inheritance").nodes["other"]
    assert node.exec == ("echo defaults", "echo shared", "echo kind", "echo group", "echo other")
    assert node.cap_add == ("NET_ADMIN", "NET_RAW")
    assert node.cmd == ("sh", "-c", "sleep infinity")


def test_binds_merge_by_destination_and_become_absolute() -> None:
    node = load_valid("inheritance").nodes["other"]
    assert node.binds == (
        f"{VALID}/files/b:/data:ro",
        f"{VALID}/files/a:/only-defaults:ro",
    )


def test_ports_of_the_most_specific_place_bind_loopback() -> None:
    nodes = load_valid("inheritance").nodes
    assert nodes["plain"].ports == (PortBinding("127.0.0.1", 1, 1),)
    assert nodes["other"].ports == (
        PortBinding("127.0.0.1", 3, 3),
        PortBinding("127.0.0.1", 4, 4, "udp"),
        PortBinding("127.0.0.1", 5, 5, "udp"),
        PortBinding("127.0.0.1", 0, 6),
    )


def test_stages_add_up() -> None:
    node = load_valid("inheritance").nodes["other"]
    assert node.stages == (
        StageRule(
            Stage.CREATE,
            (("plain", Stage.HEALTHY), ("plain", Stage.CREATE)),
            (StageExec("echo out", "on-exit"), StageExec("echo in", "on-enter", "host")),
        ),
    )
    assert node.healthcheck == Healthcheck(("CMD", "true"), interval=2.0)


def test_management_network() -> None:
    topology = load_valid("inheritance")
    assert topology.container_name("other") == "lab-inheritance-other"
    assert (topology.mgmt.ipv4_subnet, topology.mgmt.ipv6_subnet) == ("172.30.0.0/24", "")
    assert (topology.mgmt.ipv4_gw, topology.mgmt.mtu) == ("172.30.0.254", 1400)
    assert topology.nodes["other"].mgmt_ipv4 == "172.30.0.9"


def test_pinned_address_without_subnet_means_containerlabs(tmp_path: Path) -> None:
    text = MINIMAL % ", mgmt-ipv4: 172.20.20.5"
    assert load(write(tmp_path, text), env={}).mgmt.ipv4_subnet == "172.20.20.0/24"
    with pytest.raises(TopologyError, match=r"10\.9\.9\.9 is outside the management subnet"):
        load(write(tmp_path, MINIMAL % ", mgmt-ipv4: 10.9.9.9"), env={})


def test_a_dpu_is_ready_when_it_answers_grpc(tmp_path: Path) -> None:
    text = MINIMAL % ", labels: {dpulab.role: dpu, dpulab.personality: bf3}"
    node = load(write(tmp_path, text), env={}).nodes["n1"]
    assert (node.role, node.readiness, node.personality) == (Role.DPU, Readiness.GRPC, "bf3")
    text = MINIMAL % ", labels: {dpulab.role: dpu, dpulab.ready: file}"
    assert load(write(tmp_path, text), env={}).nodes["n1"].readiness is Readiness.FILE


def test_variables_are_expanded_from_the_given_environment(tmp_path: Path) -> None:
    path = write(
        tmp_path, "name: ${LAB}\ntopology: {nodes: {n1: {kind: linux, image: 'i:${T:-1}'}}}"
    )
    topology = load(path, env={"LAB": "mine"})
    assert (topology.name, topology.nodes["n1"].image) == ("mine", "i:1")


def test_anchors_and_merge_keys(tmp_path: Path) -> None:
    text = (
        "name: x\ntopology:\n  nodes:\n"
        "    n1: &base {kind: linux, image: one, env: {A: b}}\n"
        "    n2: {<<: *base, image: two}\n"
    )
    nodes = load(write(tmp_path, text), env={}).nodes
    assert (nodes["n2"].image, nodes["n2"].env) == ("two", {"A": "b"})


def test_name_can_be_replaced(tmp_path: Path) -> None:
    path = write(tmp_path, MINIMAL % "")
    assert load(path, name="second", env={}).name == "second"
    with pytest.raises(LabError, match=r"lab name '\.\./up' is not made of"):
        load(path, name="../up", env={})


def test_folder_with_one_topology(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no topology file here"):
        load(tmp_path, env={})
    path = write(tmp_path, MINIMAL % "")
    assert load(tmp_path, env={}).source == path
    write(tmp_path, MINIMAL % "", "u.clab.yaml")
    with pytest.raises(LabError, match=r"several topology files: t\.clab\.yml, u\.clab\.yaml"):
        load(tmp_path, env={})


def test_relative_path_gives_an_absolute_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, MINIMAL % "")
    monkeypatch.chdir(tmp_path)
    assert load(Path("t.clab.yml"), env={}).source == path


def test_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf" + (MINIMAL % "").replace("\n", "\r\n").encode()
    assert load(write(tmp_path, text), env={}).name == "x"
    with pytest.raises(TopologyError) as raised:
        load(write(tmp_path, text.replace(b"image", b"imge")), env={})
    assert [(p.line, p.column) for p in raised.value.problems] == [(4, 23)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"name: x\n\xff\xfe", "t.clab.yml:2:1: the file is not UTF-8 text"),
        (b"name: x\0", "t.clab.yml:1:8: the file contains the control character U+0000"),
        (b"#" * ((1 << 20) + 1), "t.clab.yml:1:1: the file is larger than 1024 KiB"),
        (b"name: \x07", "t.clab.yml:1:7: the file contains the control character U+0007"),
        (b"[" * 5000, "t.clab.yml:1:33: nested deeper than 32 levels"),
        (b"{a: " * 5000, "t.clab.yml:1:129: nested deeper than 32 levels"),
        (b"%YAML 9.9\n---\nname: x\n", "t.clab.yml:1:1: "),
        (b'name: "\\U00ffffff"', "t.clab.yml:1:"),
        (b'name: "\\ud800"', "t.clab.yml:1:7: an escape gives U+D800"),
        (b'name: "a\\0b"', "t.clab.yml:1:7: an escape gives U+0000"),
        (b'name: "\\e[31m"', "t.clab.yml:1:7: an escape gives U+001B"),
        (b'name: "a\\nb"\ntopology: {nodes: {}}', "t.clab.yml:2:19: expected at least 1 entry"),
        (b'na: "\\ud83d\\ude00"\n', "t.clab.yml:1:1: key 'topology' is missing"),
        (b"", "t.clab.yml:1:1: the file is empty"),
    ],
)
def test_content_that_is_no_yaml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, expected: str
) -> None:
    write(tmp_path, content)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TopologyError) as raised:
        load(Path("t.clab.yml"), env={})
    assert str(raised.value).startswith(expected)


def test_merge_bomb_ends_quickly(tmp_path: Path) -> None:
    big = "b: &b {" + ", ".join(f"k{i}: v" for i in range(2000)) + "}\n"
    text = big + "".join(f"m{i}: {{<<: *b}}\n" for i in range(2000))
    with pytest.raises(TopologyError, match="merges more than 100000 values"):
        load(write(tmp_path, text), env={})


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="cannot be read: No such file"):
        load(tmp_path / "none.clab.yml", env={})


def test_long_names_leave_room_for_the_longest_marker() -> None:
    # ALTIFNAMSIZ is 128 with the terminating NUL.
    longest = len("dpulab:") + loader.MAX_LAB_NAME + len(":") + loader.MAX_NODE_NAME
    assert longest <= 127


def test_more_values_than_any_lab_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.topology.source.MAX_VALUES", 1000)
    path = write(tmp_path, "x: [" + "a," * 2000 + "]")
    with pytest.raises(TopologyError, match="more than 1000 values"):
        load(path, env={})


def test_many_mistakes_are_counted_not_all_shown(tmp_path: Path) -> None:
    binds = ", ".join(f"'nowhere{i}:/d{i}'" for i in range(30))
    with pytest.raises(TopologyError) as raised:
        load(write(tmp_path, MINIMAL % f", binds: [{binds}]"), env={})
    assert len(raised.value.problems) == 30
    assert str(raised.value).endswith("... and 5 more")
