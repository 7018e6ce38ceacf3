"""Containers as plain values: what to ask the engine for, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.ownership import LABEL_LAB, LABEL_NODE, LABEL_ROLE, LABEL_SPEC, LABEL_TOPOLOGY


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """Everything that `create` needs; its hash decides whether a container still fits its file."""

    name: str
    image: str
    labels: Mapping[str, str]
    network: str = "none"
    """A Docker network name, `none`, `host` or `container:NAME`."""
    ipv4: str = ""
    ipv6: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    binds: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    privileged: bool = False
    devices: tuple[str, ...] = ()
    nano_cpus: int = 0
    memory_bytes: int = 0
    dns: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    dns_options: tuple[str, ...] = ()
    ports: tuple[tuple[str, int, int, str], ...] = ()
    """(host address, host port or 0, container port, protocol)."""
    hostname: str = ""
    security: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Container:
    """What the engine says about a container."""

    id: str
    name: str
    lab: str
    node: str
    role: str
    state: str
    image: str
    spec: str
    topology: str
    pid: int = 0
    ipv4: str = ""
    ipv6: str = ""
    mac: str = ""
    exit_code: int = 0

    @property
    def running(self) -> bool:
        """Whether its main process runs."""
        return self.state == "running"


def described(raw: Mapping[str, Any]) -> Container:
    """A container from the daemon's answer to inspect."""
    labels = raw["Config"]["Labels"] or {}
    endpoints = (raw["NetworkSettings"].get("Networks") or {}).values()
    on_mgmt: Mapping[str, Any] = next((one for one in endpoints if one.get("IPAddress")), {})
    return Container(
        id=raw["Id"],
        name=raw["Name"].lstrip("/"),
        lab=labels.get(LABEL_LAB, ""),
        node=labels.get(LABEL_NODE, ""),
        role=labels.get(LABEL_ROLE, ""),
        state=raw["State"]["Status"],
        image=raw["Config"]["Image"],
        spec=labels.get(LABEL_SPEC, ""),
        topology=labels.get(LABEL_TOPOLOGY, ""),
        pid=raw["State"]["Pid"],
        ipv4=on_mgmt.get("IPAddress", ""),
        ipv6=on_mgmt.get("GlobalIPv6Address", ""),
        mac=on_mgmt.get("MacAddress", ""),
        exit_code=raw["State"]["ExitCode"],
    )
