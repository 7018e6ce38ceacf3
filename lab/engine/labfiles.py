"""What `up` writes beside the topology file, for people and for other tools.

`topology-data.json` has containerlab's shape (name, nodes, links) and adds the tables of the cards;
`ansible-inventory.yml` reaches nodes through docker exec, without ssh; `opictl.yml` has a context
per DPU; `exec.md` is a cheat sheet.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from lab.card import card_table
from lab.engine.readiness import GRPC_PORT
from lab.errors import LabError
from lab.runtime.container import Container
from lab.topology.model import Endpoint, Kind, Link, Node, Role, Topology
from opi.contexts import Context

_FILES = ("topology-data.json", "ansible-inventory.yml", "opictl.yml", "exec.md")


def lab_directory(source: Path, lab: str) -> Path:
    """The lab directory: dpulab-<lab> beside the topology file."""
    return source.parent / f"dpulab-{lab}"


def write_lab_files(topology: Topology, containers: Sequence[Container]) -> Path:
    """Write all files; they belong to whoever called, also under sudo. Raises LabError."""
    folder = lab_directory(topology.source, topology.name)
    by_node = {one.node: one for one in containers}
    contents = {
        "topology-data.json": json.dumps(topology_data(topology, by_node), indent=2) + "\n",
        "ansible-inventory.yml": _yaml(ansible_inventory(topology)),
        "opictl.yml": _yaml(opictl_contexts(topology, by_node)),
        "exec.md": cheat_sheet(topology),
    }
    try:
        _write(folder, contents)
    except OSError as error:
        raise LabError(
            f"cannot write the lab directory {folder}: {error.strerror}",
            "it is beside the topology file: make room there, or copy the file elsewhere",
        ) from error
    return folder


def _write(folder: Path, contents: Mapping[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    _give_to_caller(folder)
    for name, text in contents.items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        _give_to_caller(path)


def remove_lab_files(source: Path, lab: str) -> None:
    """Remove what `write_lab_files` wrote; a folder with anything else in it stays."""
    folder = lab_directory(source, lab)
    try:
        for name in _FILES:
            (folder / name).unlink(missing_ok=True)
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    except OSError as error:
        raise LabError(f"cannot remove the lab directory {folder}: {error.strerror}") from error


def _give_to_caller(path: Path) -> None:
    if os.geteuid() == 0 and "SUDO_UID" in os.environ:
        shutil.chown(path, int(os.environ["SUDO_UID"]), int(os.environ.get("SUDO_GID", "-1")))


def topology_data(topology: Topology, containers: Mapping[str, Container]) -> dict[str, Any]:
    """The lab as data: containerlab's shape and, under `cards`, the functions of the DPUs."""
    nodes = enumerate(topology.nodes.values())
    return {
        "name": topology.name,
        "type": "dpulab",
        "nodes": {
            node.name: _node_data(topology, index, node, containers.get(node.name))
            for index, node in nodes
        },
        "links": [_link_data(link) for link in topology.links],
        "cards": {
            node.name: card_table(topology, node.name)
            for node in topology.nodes.values()
            if node.role is Role.DPU
        },
    }


def _node_data(
    topology: Topology, index: int, node: Node, container: Container | None
) -> dict[str, Any]:
    return {
        "index": str(index),
        "shortname": node.name,
        "longname": topology.container_name(node.name),
        "group": node.group,
        "role": str(node.role),
        "kind": str(node.kind),
        "image": node.image,
        "mgmt-ipv4-address": container.ipv4 if container else "",
        "mgmt-ipv6-address": container.ipv6 if container else "",
        "labels": node.labels,
        "port-bindings": [
            {
                "host-ip": port.host_ip,
                "host-port": port.host_port,
                "port": port.port,
                "protocol": port.protocol,
            }
            for port in node.ports
        ],
    }


def _link_data(link: Link) -> dict[str, Any]:
    ends = {"a": _end_data(link.a, "z" if link.b else str(link.type))}
    if link.b is not None:
        ends["z"] = _end_data(link.b, "a")
    return {"type": str(link.type), "mtu": link.mtu, "endpoints": ends}


def _end_data(end: Endpoint, peer: str) -> dict[str, str]:
    data = {"node": end.node, "interface": end.interface, "mac": end.mac}
    return {**data, "ipv4": end.ipv4, "ipv6": end.ipv6, "peer": peer}


def ansible_inventory(topology: Topology) -> dict[str, Any]:
    """Hosts by role, reached through the community.docker connection."""
    groups: dict[str, Any] = {}
    for node in topology.nodes.values():
        if node.kind is Kind.BRIDGE:
            continue
        group = groups.setdefault(str(node.role), {"hosts": {}})
        group["hosts"][node.name] = {
            "ansible_connection": "community.docker.docker",
            "ansible_host": topology.container_name(node.name),
        }
    return {"all": {"children": groups}}


def opictl_contexts(topology: Topology, containers: Mapping[str, Container]) -> dict[str, Any]:
    """One context per DPU: where its OPI gRPC server listens."""
    contexts = [
        Context(node.name, f"{containers[node.name].ipv4}:{GRPC_PORT}", insecure=True).to_data()
        for node in topology.nodes.values()
        if node.role is Role.DPU and node.name in containers
    ]
    return {"contexts": contexts, "current-context": contexts[0]["name"] if contexts else ""}


def cheat_sheet(topology: Topology) -> str:
    """Commands to copy, for every node."""
    lines = [f"# Lab {topology.name}: commands to copy", ""]
    for node in topology.nodes.values():
        if node.kind is Kind.BRIDGE:
            continue
        lines += [f"## {node.name} ({node.role})", "", "```"]
        lines.append(f"dpulab exec {node.name} --lab {topology.name} -- ip -br address")
        lines.append(f"docker exec -it {topology.container_name(node.name)} sh")
        lines += [
            f"dpulab capture {end} --lab {topology.name} | tshark -r -"
            for _, end in topology.links_of(node.name)
        ]
        lines += ["```", ""]
    return "\n".join(lines)


def _yaml(data: Any) -> str:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    stream = StringIO()
    yaml.dump(data, stream)
    return stream.getvalue()
