"""What is asked of the container engine: rights, marks, and when a container still fits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lab.engine.specs import ROLE_CAPABILITIES, container_spec
from lab.ownership import LABEL_LAB, LABEL_NODE, LABEL_ROLE, LABEL_SPEC
from lab.runtime.container import ContainerSpec
from lab.topology.model import Node, Role, Topology


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
