"""Ours is a subset of containerlab's format: checked against containerlab's own material.

DPULAB_CLAB_SCHEMA: path of its schemas/clab.schema.json.
DPULAB_CLAB_EXAMPLES: a folder with its topology files, such as a checkout.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from lab.topology.loader import load
from lab.topology.problems import Problem, TopologyError
from lab.topology.schema import json_schema

ROOT = Path(__file__).parents[3]
OURS = [
    *sorted(ROOT.glob("topologies/**/*.clab.yml")),
    *sorted((Path(__file__).parent / "valid").glob("*.clab.yml")),
]
DEFS = json_schema()["$defs"]
NODE_KEYS = set(DEFS["NodeSpec"]["properties"])
LINK_TYPES = {"veth", "host", "mgmt-net", "macvlan", "vxlan", "dummy"}
LINK_KEYS = {
    key for name, model in DEFS.items() if name.endswith("Link") for key in model["properties"]
}


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_files_validate_against_containerlabs_schema(path: Path) -> None:
    schema = os.environ.get("DPULAB_CLAB_SCHEMA")
    if not schema:
        pytest.skip("DPULAB_CLAB_SCHEMA does not name containerlab's clab.schema.json")
    document = YAML(typ="safe", pure=True).load(path.read_text())
    # Its regular expressions use \p{..}, which Python's engine does not have.
    text = Path(schema).read_text().replace("\\\\p{N}\\\\p{L}", "\\\\w")
    jsonschema.validate(document, json.loads(text))


def outside_subset(document: Any) -> str:
    """Why a file uses more than the subset, found without the code under test, or ''."""
    topology = document.get("topology") or {}
    if extra := set(document) - {"name", "prefix", "mgmt", "topology"}:
        return f"top level {extra}"
    if extra := set(document.get("mgmt") or {}) - set(DEFS["MgmtSpec"]["properties"]):
        return f"mgmt {extra}"
    if document.get("prefix", "x") in {"", "__lab-name"}:
        return "prefix"
    kinds = topology.get("kinds") or {}
    places = [topology.get("defaults"), *kinds.values()]
    for part in ("groups", "nodes"):
        places += (topology.get(part) or {}).values()
    for node in filter(None, places):
        if extra := set(node) - NODE_KEYS:
            return f"node keys {extra}"
        if node.get("kind", "linux") not in {"linux", "bridge"}:
            return f"kind {node['kind']}"
    if extra := set(kinds) - {"linux", "bridge"}:
        return f"kinds {extra}"
    if any("|" in name for name in topology.get("nodes") or {}):
        return "bridges in another node's namespace"
    return outside_links(topology)


def outside_links(topology: Any) -> str:
    nodes = topology.get("nodes") or {}
    for link in topology.get("links") or []:
        if link.get("type", "veth") not in LINK_TYPES or set(link) - LINK_KEYS:
            return "link form"
        for end in link.get("endpoints", []):
            if isinstance(end, str) and len(end.partition(":")[2]) > 15:
                return "interface alternative names"
    for node in filter(None, nodes.values()):
        mode = str(node.get("network-mode", ""))
        if mode.startswith("container:") and mode.removeprefix("container:") not in nodes:
            return "a container outside the lab"
    return ""


def test_containerlabs_files_in_the_subset_load(subtests: pytest.Subtests) -> None:
    folder = os.environ.get("DPULAB_CLAB_EXAMPLES")
    if not folder:
        pytest.skip("DPULAB_CLAB_EXAMPLES does not name a folder with containerlab's files")
    loaded = 0
    for path in sorted([*Path(folder).rglob("*.clab.yml"), *Path(folder).rglob("*.clab.yaml")]):
        text = path.read_text()
        try:
            document = YAML(typ="safe", pure=True).load(text)
        except YAMLError:
            continue  # a Go template, not YAML yet
        if "{{" in text or outside_subset(document):
            continue
        with subtests.test(path.name):
            problems: tuple[Problem, ...] = ()
            try:
                load(path, env={})
            except TopologyError as error:
                problems = error.problems
            assert [str(p) for p in problems if "does not exist" not in p.what] == []
            loaded += 1
    assert loaded, f"no file of the subset below {folder}"
