"""What a topology asks of root, and for which of it a person must say yes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.engine.specs import ROLE_CAPABILITIES
from lab.topology.model import (
    Endpoint,
    Healthcheck,
    Kind,
    Link,
    LinkType,
    Mgmt,
    Node,
    PortBinding,
    Role,
    Stage,
    StageExec,
    StageRule,
    Topology,
)
from lab.trust import POWERFUL, ROLE_POWERS, Grant, grants


def asked(folder: Path, *links: Link, mgmt: Mgmt | None = None, **fields: Any) -> list[Grant]:
    node = Node("n1", **{"image": "debian", **fields})
    source = folder / "t.clab.yml"
    return grants(Topology("t", source, mgmt=mgmt or Mgmt(), nodes={"n1": node}, links=links))


def verdicts(found: list[Grant]) -> list[tuple[str, bool]]:
    return [(grant.what, grant.needs_trust) for grant in found]


def test_an_ordinary_lab_asks_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "conf").write_text("x")
    found = asked(
        tmp_path,
        Link(LinkType.VETH, Endpoint("n1", "eth1"), Endpoint("n1", "eth2")),
        Link(LinkType.DUMMY, Endpoint("n1", "d0")),
        binds=(f"{tmp_path}/conf:/etc/conf:ro",),
        exec=("ip link",),
        devices=("/dev/net/tun",),
        cap_add=("NET_ADMIN", "NET_RAW", "CHOWN"),
        ports=(PortBinding("127.0.0.1", 80, 80), PortBinding("::1", 81, 81)),
        stages=(StageRule(Stage.CREATE, exec=(StageExec("true"),)),),
        startup_config=str(tmp_path / "conf"),
    )
    assert found == []


def test_binds_from_outside_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    folder.mkdir()
    found = asked(folder, binds=("/etc:/etc:ro,z", f"{tmp_path}:/data", f"{folder}-b:/b"))
    assert [grant.needs_trust for grant in found] == [True, True, True]
    assert str(found[0]) == (
        "n1: bind mount of /etc: the node can read files of the machine [needs --trust]"
    )
    assert "can change files" in found[1].why_risky


def test_symbolic_links_are_followed_before_judging(tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    folder.mkdir()
    (folder / "inside").symlink_to("/etc/passwd")
    (folder / "up").symlink_to("..")
    binds = (f"{folder}/inside:/p", f"{folder}/up/lab:/self", f"{folder}/up/other:/o")
    found = asked(folder, binds=binds)
    assert [grant.what for grant in found] == [
        f"bind mount of {folder}/inside (/etc/passwd)",
        f"bind mount of {folder}/up/other ({tmp_path}/other)",
    ]


def test_a_folder_reached_through_a_link_is_still_inside(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "alias").symlink_to("real")
    assert asked(tmp_path / "alias", binds=(f"{tmp_path}/alias/conf:/c",)) == []


def test_the_root_folder_excludes_nothing() -> None:
    assert verdicts(asked(Path("/"), binds=("/etc:/e",))) == [("bind mount of /etc", True)]


def test_start_up_files_from_outside_the_folder(tmp_path: Path) -> None:
    found = asked(tmp_path, startup_config="/etc/shadow")
    assert verdicts(found) == [("start-up configuration /etc/shadow", True)]


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"privileged": True}, "privileged"),
        ({"network_mode": "host"}, "network-mode host"),
        ({"devices": ("/dev/kvm",)}, "device /dev/kvm"),
        ({"kind": Kind.BRIDGE, "labels": {"dpulab.bridge": "machine"}}, "bridge on the machine"),
        (
            {"stages": (StageRule(Stage.EXIT, exec=(StageExec("rm -r /", target="host"),)),)},
            "command on the machine: rm -r /",
        ),
    ],
)
def test_what_reaches_beyond_the_lab(tmp_path: Path, fields: dict[str, Any], what: str) -> None:
    assert verdicts(asked(tmp_path, **fields)) == [(what, True)]


@pytest.mark.parametrize(
    ("image", "exec_", "expected"),
    [
        ("dpulab/host", (), []),
        ("dpulab/host", ("ip link",), [("capability SYS_ADMIN through dpulab.storage", True)]),
        ("debian", (), [("capability SYS_ADMIN through dpulab.storage", True)]),
    ],
)
def test_block_devices_bring_a_power_that_only_what_we_ship_may_have(
    tmp_path: Path, image: str, exec_: tuple[str, ...], expected: list[tuple[str, bool]]
) -> None:
    found = asked(tmp_path, role=Role.HOST, storage=True, image=image, exec=exec_)
    assert verdicts(found) == expected


def test_links_that_touch_the_machine(tmp_path: Path) -> None:
    end = Endpoint("n1", "eth1")
    links = (
        Link(LinkType.HOST, end, host_interface="lab0"),
        Link(LinkType.MACVLAN, end, host_interface="eno1"),
        Link(LinkType.VXLAN, end, vxlan_remote="192.0.2.1"),
        Link(LinkType.MGMT_NET, end, host_interface="lab1"),
    )
    assert verdicts(asked(tmp_path, *links)) == [
        ("host link n1:eth1 - lab0", True),
        ("macvlan link n1:eth1 - eno1", True),
        ("vxlan link n1:eth1 - 192.0.2.1", True),
        ("mgmt-net link n1:eth1 - lab1", False),
    ]


def test_management_network(tmp_path: Path) -> None:
    assert verdicts(asked(tmp_path, mgmt=Mgmt(bridge="br0", external_access=True))) == [
        ("management network on bridge br0", True),
        ("management network with external access", False),
    ]


def test_published_ports_are_listed_only(tmp_path: Path) -> None:
    found = asked(tmp_path, ports=(PortBinding("0.0.0.0", 80, 8080),))
    assert verdicts(found) == [("port 8080/tcp published on 0.0.0.0", False)]


@pytest.mark.parametrize(
    ("capability", "image", "needs_trust"),
    [
        ("SYS_ADMIN", "debian", True),
        ("SYS_ADMIN", "dpulab/dpu:1", False),
        ("SYS_ADMIN", "evil.example/dpulab/dpu", True),
        ("SYS_PTRACE", "debian", True),
        ("SYS_MODULE", "dpulab/dpu", True),
        ("ALL", "dpulab/dpu", True),
        ("SYS_NICE", "debian", False),
    ],
)
def test_capabilities(tmp_path: Path, capability: str, image: str, needs_trust: bool) -> None:
    found = asked(tmp_path, image=image, cap_add=(capability,))
    assert verdicts(found) == [(f"capability {capability}", needs_trust)]


@pytest.mark.parametrize(
    "own",
    [
        {"exec": ("mount",)},
        {"cmd": ("sh",)},
        {"entrypoint": ("sh",)},
        {"healthcheck": Healthcheck(("CMD", "sh"))},
        {"stages": (StageRule(Stage.CREATE, exec=(StageExec("sh"),)),)},
    ],
)
def test_our_image_is_no_excuse_for_the_files_own_commands(
    tmp_path: Path, own: dict[str, Any]
) -> None:
    found = asked(tmp_path, image="dpulab/dpu", cap_add=("SYS_ADMIN",), **own)
    assert verdicts(found) == [("capability SYS_ADMIN", True)]


def test_a_role_brings_capabilities_as_cap_add_does(tmp_path: Path) -> None:
    what = "capability SYS_ADMIN through role router"
    assert verdicts(asked(tmp_path, role=Role.ROUTER)) == [(what, True)]
    assert asked(tmp_path, role=Role.ROUTER, image="dpulab/router") == []
    found = asked(tmp_path, role=Role.ROUTER, image="dpulab/router", exec=("mount",))
    assert verdicts(found) == [(what, True)]


def test_roles_bring_no_more_than_is_known_here() -> None:
    brought = {role: POWERFUL & set(names) for role, names in ROLE_CAPABILITIES.items()}
    assert {role: names for role, names in brought.items() if names} == {
        role: set(names) for role, names in ROLE_POWERS.items()
    }


def test_order_is_that_of_the_nodes(tmp_path: Path) -> None:
    node = Node("b", image="debian", privileged=True)
    nodes = {"b": node, "a": replace(node, name="a")}
    found = grants(Topology("t", tmp_path / "t.clab.yml", nodes=nodes))
    assert [grant.node for grant in found] == ["b", "a"]
