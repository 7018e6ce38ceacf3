"""What is asked of the container engine: rights, marks, and when a container still fits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lab.engine.specs import ROLE_CAPABILITIES, container_spec
from lab.ownership import LABEL_LAB, LABEL_NODE, LABEL_ROLE, LABEL_SPEC
from lab.runtime.container import ContainerSpec
from lab.topology.model import Endpoint, Link, LinkType, Node, Role, Topology


def spec(
    name: str = "t",
    image_id: str = "sha256:1",
    files: Mapping[str, bytes] | None = None,
    **fields: Any,
) -> ContainerSpec:
    node = Node("n1", **{"image": "dpulab/host", **fields})
    topology = Topology(name, Path("/t.clab.yml"), nodes={"n1": node})
    return container_spec(topology, node, "mgmt", image_id, files or {})


@pytest.mark.parametrize("role", ROLE_CAPABILITIES)
def test_a_role_has_its_capabilities_and_no_others(role: Role) -> None:
    asked = spec(role=role, cap_add=("NET_RAW", "IPC_LOCK"))
    assert asked.cap_drop == ("ALL",)
    assert set(asked.cap_add) == {*ROLE_CAPABILITIES[role], "IPC_LOCK"}
    assert len(asked.cap_add) == len(set(asked.cap_add))
    assert asked.security == ("no-new-privileges",)


def test_a_host_with_block_devices_gets_what_they_need_and_no_other_does() -> None:
    node = Node("h1", image="dpulab/host", role=Role.HOST, storage=True)
    topology = Topology("t", Path("/t.clab.yml"), nodes={"h1": node})
    asked = container_spec(topology, node, "mgmt", "sha256:1", {}, loops=[1024, 1030])
    assert asked.devices == (
        "/dev/fuse:/dev/fuse:rw",
        "/dev/loop1024:/dev/loop1024:rw",
        "/dev/loop1030:/dev/loop1030:rw",
    )
    assert set(asked.cap_add) == {*ROLE_CAPABILITIES[Role.HOST], "SYS_ADMIN"}
    assert set(asked.security) == {"no-new-privileges", "apparmor=unconfined"}
    plain = spec(role=Role.HOST)
    assert plain.devices == plain.binds == ()
    assert set(plain.cap_add) == set(ROLE_CAPABILITIES[Role.HOST])


def test_a_dpu_and_each_of_its_hosts_with_block_devices_share_a_folder() -> None:
    card = ("d1", "pf0vf0"), ("d1", "pf0vf1"), ("d1", "pf0vf2")
    far = ("h1", "eth1"), ("h2", "eth1"), ("h1", "eth2")
    topology = Topology(
        "t",
        Path("/t.clab.yml"),
        nodes={
            "d1": Node("d1", role=Role.DPU),
            "h1": Node("h1", role=Role.HOST, storage=True),
            "h2": Node("h2", role=Role.HOST),
        },
        links=tuple(
            Link(LinkType.VETH, Endpoint(*near), Endpoint(*other))
            for near, other in zip(card, far, strict=True)
        ),
    )
    binds = {
        name: container_spec(topology, node, "mgmt", "sha256:1", {}).binds
        for name, node in topology.nodes.items()
    }
    assert binds == {
        "d1": ("/run/dpulab/t/d1/functions/h1:/run/dpulab/functions/h1",),
        "h1": ("/run/dpulab/t/d1/functions/h1:/run/dpulab/functions/d1",),
        "h2": (),
    }


def test_the_marks_of_ownership_cannot_be_replaced() -> None:
    mine = {LABEL_LAB: "other", LABEL_NODE: "x", LABEL_ROLE: "x", LABEL_SPEC: "x", "team": "blue"}
    labels = spec(role=Role.HOST, labels=mine).labels
    assert (labels[LABEL_LAB], labels[LABEL_NODE], labels[LABEL_ROLE]) == ("t", "n1", "host")
    assert labels[LABEL_SPEC] == spec(role=Role.HOST, labels=mine).labels[LABEL_SPEC] != "x"
    assert labels["team"] == "blue"


@pytest.mark.parametrize(
    "other",
    [
        {"image_id": "sha256:2"},
        {"files": {"/etc/frr/frr.conf": b"router bgp 2"}},
        {"files": {}},
        {"env": {"A": "2"}},
        {"cap_add": ("IPC_LOCK",)},
        {"name": "u"},
    ],
)
def test_a_container_fits_as_long_as_nothing_that_it_is_made_of_changes(other: Any) -> None:
    given: dict[str, Any] = {"env": {"A": "1"}, "files": {"/etc/frr/frr.conf": b"router bgp 1"}}
    fits = spec(**given).labels[LABEL_SPEC]
    assert spec(**given).labels[LABEL_SPEC] == fits
    assert spec(**{**given, **other}).labels[LABEL_SPEC] != fits


@pytest.mark.parametrize(
    ("mode", "network"),
    [("", "mgmt"), ("none", "none"), ("host", "host"), ("container:n2", "container:dpulab-t-n2")],
)
def test_only_a_node_without_a_network_mode_joins_the_management_network(
    mode: str, network: str
) -> None:
    assert spec(network_mode=mode).network == network


def test_labs_of_one_file_get_cards_of_their_own() -> None:
    one, other = (spec(name, role=Role.DPU).env["OPID_NODE"] for name in ("one", "other"))
    assert one != other
    assert "OPID_NODE" not in spec(role=Role.HOST).env
