"""Topology node -> container specification. Pure, but for reading start-up files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from lab.card import card_table, storage_pairs
from lab.errors import LabError
from lab.ownership import (
    LABEL_LAB,
    LABEL_NODE,
    LABEL_ROLE,
    LABEL_SPEC,
    LABEL_TOPOLOGY,
    function_folder,
)
from lab.runtime.container import ContainerSpec
from lab.topology.model import Node, Role, Topology
from lab.trust import STORAGE_POWERS

ROLE_CAPABILITIES: Mapping[Role, tuple[str, ...]] = {
    Role.HOST: ("NET_ADMIN", "NET_RAW"),
    Role.TGEN: ("NET_ADMIN", "NET_RAW"),
    Role.STORAGE: ("NET_ADMIN", "NET_RAW"),
    Role.DPU: ("NET_ADMIN", "NET_RAW"),
    Role.ROUTER: (
        *("NET_ADMIN", "NET_RAW", "SYS_ADMIN", "NET_BIND_SERVICE"),
        *("SETUID", "SETGID", "DAC_OVERRIDE", "KILL"),
    ),
}
"""All that a role gets, beside the file's own cap-add; docs/images.md says why."""

GENERIC_CAPABILITIES = ("NET_ADMIN",)
"""Added to Docker's defaults for images that are not ours: `ip` must work in `exec`."""

FUNCTIONS = "/run/dpulab/functions"
"""In DPUs and their hosts: a folder for each of the other side, with a socket per function."""

CARD_TABLE = "/etc/dpulab/card.json"
FRR_CONFIG = "/etc/frr/frr.conf"

_IPV6_ON = {
    "net.ipv6.conf.all.disable_ipv6": "0",
    "net.ipv6.conf.default.disable_ipv6": "0",
    "net.ipv6.conf.default.accept_dad": "0",
    "net.ipv6.conf.default.keep_addr_on_down": "1",
}
"""Docker switches IPv6 off in containers that it gives no IPv6 network. The loader has refused
duplicates,
so no address need be tentative for its first second, and a cut link keeps its addresses."""


def files_of(topology: Topology, node: Node) -> dict[str, bytes]:
    """Files that the engine puts into a node before it starts: path -> content."""
    files: dict[str, bytes] = {}
    if node.role is Role.DPU:
        table = card_table(topology, node.name)
        files[CARD_TABLE] = json.dumps(table, indent=2).encode() + b"\n"
    if node.role is Role.ROUTER and node.startup_config:
        try:
            files[FRR_CONFIG] = Path(node.startup_config).read_bytes()
        except OSError as error:
            raise LabError(f"{node.startup_config}: {error.strerror}") from error
    return files


def container_spec(
    topology: Topology,
    node: Node,
    network: str,
    image_id: str,
    files: Mapping[str, bytes],
    *,
    loops: Sequence[int] = (),
) -> ContainerSpec:
    """What to ask the container engine for. `loops` are the node's loop devices, by number.

    The label dpulab.spec holds a digest of everything that went in, so that `up` can tell a
    container that still fits its file from one that has to be made anew.
    """
    spec = ContainerSpec(
        name=topology.container_name(node.name),
        hostname="" if node.network_mode == "host" or _shares(node) else node.name,
        image=node.image,
        labels=_labels(topology, node),
        network=_network(topology, node, network),
        ipv4=node.mgmt_ipv4,
        ipv6=node.mgmt_ipv6,
        env=_environment(topology, node),
        binds=(*node.binds, *_function_binds(topology, node)),
        cmd=node.cmd,
        entrypoint=node.entrypoint,
        sysctls=_sysctls(node),
        cap_add=_cap_add(node),
        cap_drop=() if node.role is Role.GENERIC else ("ALL",),
        privileged=node.privileged,
        devices=(*node.devices, *_storage_devices(node, loops)),
        nano_cpus=int(node.cpu * 1e9),
        memory_bytes=node.memory_bytes,
        dns=node.dns.servers,
        dns_search=node.dns.search,
        dns_options=node.dns.options,
        ports=tuple((p.host_ip, p.host_port, p.port, p.protocol) for p in node.ports),
        security=_security(node),
    )
    labels = {**spec.labels, LABEL_SPEC: _digest(spec, image_id, files)}
    return replace(spec, labels=labels)


def _digest(spec: ContainerSpec, image_id: str, files: Mapping[str, bytes]) -> str:
    contents = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    text = json.dumps([asdict(spec), image_id, contents], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _shares(node: Node) -> bool:
    return node.network_mode.startswith("container:")


def _labels(topology: Topology, node: Node) -> dict[str, str]:
    return {
        **node.labels,
        LABEL_LAB: topology.name,
        LABEL_NODE: node.name,
        LABEL_ROLE: str(node.role),
        LABEL_TOPOLOGY: str(topology.source),
    }


def _network(topology: Topology, node: Node, network: str) -> str:
    if node.on_mgmt:
        return network
    if _shares(node):
        return f"container:{topology.container_name(node.network_mode.partition(':')[2])}"
    return node.network_mode


def _environment(topology: Topology, node: Node) -> dict[str, str]:
    """The node's env, and CLAB_INTFS: containerlab's count of interfaces to wait for."""
    env = {"CLAB_INTFS": str(len(topology.links_of(node.name))), **node.env}
    if node.role is Role.DPU:
        env.setdefault("OPID_PERSONALITY", node.personality)
        # serial number and UUID derive from it: labs from one file get different cards
        env.setdefault("OPID_NODE", f"{topology.name}/{node.name}")
    return env


def _sysctls(node: Node) -> dict[str, str]:
    if node.network_mode == "host" or _shares(node):
        return dict(node.sysctls)
    return {**_IPV6_ON, **node.sysctls}


def _cap_add(node: Node) -> tuple[str, ...]:
    given = ROLE_CAPABILITIES.get(node.role, GENERIC_CAPABILITIES)
    powers = STORAGE_POWERS if node.storage else ()
    return tuple(dict.fromkeys((*given, *powers, *node.cap_add)))


def _security(node: Node) -> tuple[str, ...]:
    """Docker's AppArmor profile, where there is AppArmor, forbids mount(2) whatever the powers."""
    if node.role is Role.GENERIC:
        return ()
    return ("no-new-privileges", *(("apparmor=unconfined",) if node.storage else ()))


def _storage_devices(node: Node, loops: Sequence[int]) -> tuple[str, ...]:
    if not node.storage:
        return ()
    devices = ("/dev/fuse", *(f"/dev/loop{number}" for number in loops))
    return tuple(f"{device}:{device}:rw" for device in devices)


def _function_binds(topology: Topology, node: Node) -> tuple[str, ...]:
    """For each pair of DPU and host a folder that only the two have, named after the other one."""
    folders = (
        (function_folder(topology.name, dpu, host), host if dpu == node.name else dpu)
        for dpu, host in storage_pairs(topology)
        if node.name in (dpu, host)
    )
    return tuple(f"{folder}:{FUNCTIONS}/{other}" for folder, other in folders)
