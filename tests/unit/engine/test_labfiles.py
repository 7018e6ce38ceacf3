"""What `up` writes beside the topology file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from lab.engine import labfiles
from lab.errors import LabError
from lab.runtime.container import Container
from lab.topology.loader import load
from lab.topology.model import Topology
from opi.contexts import Overrides, read_contexts

FILE = """\
name: files
topology:
  defaults: {kind: linux}
  nodes:
    host1: {image: dpulab/host, network-mode: none, labels: {dpulab.role: host}}
    dpu1: {image: dpulab/dpu, labels: {dpulab.role: dpu}, ports: ["50051:50051"]}
    br1: {kind: bridge}
  links:
    - endpoints: ["host1:eth1", "dpu1:pf0vf0"]
      mtu: 1500
      ipv4: [10.0.0.2/24, 10.0.0.1/24]
    - endpoints: ["dpu1:p0", "br1:p1"]
      mtu: 1500
    - type: host
      endpoint: {node: dpu1, interface: p1}
      host-interface: wire0
      mtu: 1500
"""


@pytest.fixture
def topology(tmp_path: Path) -> Topology:
    path = tmp_path / "files.clab.yml"
    path.write_text(FILE)
    return load(path)


@pytest.fixture
def folder(topology: Topology) -> Path:
    return labfiles.write_lab_files(topology, [container("dpu1", "10.213.0.2"), container("host1")])


def container(node: str, ipv4: str = "") -> Container:
    return Container(
        "1f", f"dpulab-files-{node}", "files", node, "", "running", "", "", "", 1, ipv4
    )


def test_topology_data_has_the_shape_that_containerlab_gives_it(folder: Path) -> None:
    data = json.loads((folder / "topology-data.json").read_text())
    assert {"name", "type", "nodes", "links"} <= set(data)
    assert data["name"] == "files"
    dpu = data["nodes"]["dpu1"]
    assert dpu["shortname"] == "dpu1"
    assert dpu["longname"] == "dpulab-files-dpu1"
    assert dpu["index"] == "1"
    assert (dpu["kind"], dpu["image"]) == ("linux", "dpulab/dpu")
    assert dpu["mgmt-ipv4-address"] == "10.213.0.2"
    assert dpu["port-bindings"] == [
        {"host-ip": "127.0.0.1", "host-port": 50051, "port": 50051, "protocol": "tcp"}
    ]
    ends = data["links"][0]["endpoints"]
    assert set(ends) == {"a", "z"}
    assert (ends["a"]["node"], ends["a"]["interface"], ends["a"]["peer"]) == ("host1", "eth1", "z")
    assert (ends["z"]["node"], ends["z"]["interface"], ends["z"]["peer"]) == ("dpu1", "pf0vf0", "a")
    assert list(data["links"][2]["endpoints"]) == ["a"]


def test_the_cards_of_dpus_are_in_it(folder: Path) -> None:
    cards = json.loads((folder / "topology-data.json").read_text())["cards"]
    assert list(cards) == ["dpu1"]
    assert "pf0vf0" in json.dumps(cards["dpu1"])


def test_the_inventory_is_yaml_that_ansible_reads_and_has_no_bridges(folder: Path) -> None:
    inventory = YAML(typ="safe", pure=True).load((folder / "ansible-inventory.yml").read_text())
    groups = inventory["all"]["children"]
    assert {name: list(group["hosts"]) for name, group in groups.items()} == {
        "host": ["host1"],
        "dpu": ["dpu1"],
    }
    assert groups["host"]["hosts"]["host1"] == {
        "ansible_connection": "community.docker.docker",
        "ansible_host": "dpulab-files-host1",
    }


def test_there_is_a_context_per_dpu(folder: Path) -> None:
    contexts = YAML(typ="safe", pure=True).load((folder / "opictl.yml").read_text())
    assert contexts["current-context"] == "dpu1"
    assert contexts["contexts"] == [
        {"name": "dpu1", "address": "10.213.0.2:50051", "insecure": True}
    ]


def test_opictl_finds_the_contexts_beside_the_topology_file(
    topology: Topology, folder: Path
) -> None:
    environment = {"XDG_CONFIG_HOME": str(topology.source.parent / "none")}
    contexts = read_contexts(environment, topology.source.parent)
    assert [file.path for file in contexts.files] == [folder / "opictl.yml"]
    chosen = contexts.choose(Overrides())
    assert (chosen.name, chosen.address, chosen.insecure) == ("dpu1", "10.213.0.2:50051", True)


def test_a_lab_without_running_dpus_has_no_current_context(topology: Topology) -> None:
    empty = labfiles.opictl_contexts(topology, {})
    assert empty == {"contexts": [], "current-context": ""}


def test_every_command_of_the_cheat_sheet_names_what_there_is(
    topology: Topology, folder: Path
) -> None:
    sheet = (folder / "exec.md").read_text()
    ends = {str(end) for link in topology.links for end in link.endpoints}
    captured = set(re.findall(r"^dpulab capture (\S+) --lab files \|", sheet, re.MULTILINE))
    assert captured == {end for end in ends if not end.startswith("br1:")}
    entered = re.findall(r"^dpulab exec (\S+) --lab files --", sheet, re.MULTILINE)
    assert entered == ["host1", "dpu1"]
    assert re.findall(r"^docker exec -it (\S+) sh", sheet, re.MULTILINE) == [
        "dpulab-files-host1",
        "dpulab-files-dpu1",
    ]


def test_only_what_was_written_is_removed(topology: Topology, folder: Path) -> None:
    mine = folder / "notes.txt"
    mine.write_text("keep")
    labfiles.remove_lab_files(topology.source, "files")
    assert list(folder.iterdir()) == [mine]
    mine.unlink()
    labfiles.remove_lab_files(topology.source, "files")
    assert not folder.exists()
    labfiles.remove_lab_files(topology.source, "files")


def test_a_lab_directory_that_cannot_be_made_is_named(topology: Topology) -> None:
    folder = labfiles.lab_directory(topology.source, "files")
    folder.write_text("in the way")
    with pytest.raises(LabError) as caught:
        labfiles.write_lab_files(topology, [])
    assert caught.value.message == f"cannot write the lab directory {folder}: File exists"
