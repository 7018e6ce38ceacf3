"""The topology file as it is written: a strict subset of containerlab's `*.clab.yml`.

These models are the single source of truth for keys; the JSON Schema is generated from them.
Unknown keys are refused everywhere but in labels, env, sysctls and vars, where the format is open.
What the values mean together is decided later, in resolve.py and checks.py.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from lab.topology import units
from lab.topology.labels import json_schema as labels_schema
from lab.topology.scalars import (
    NUMBER,
    WHOLE,
    Flag,
    Loose,
    Name,
    Spec,
    Text,
    Texts,
    json_schema,
    read_by,
    unique,
)
from lab.topology.spec_links import LinkSpec

NAME_PATTERN = r"^[a-zA-Z0-9][a-zA-Z0-9._-]*$"


class HealthcheckSpec(Spec):
    """A command that tells whether the node is healthy. Times are whole seconds."""

    test: Annotated[list[Text], Field(min_length=1)] = Field(
        description='Command: ["CMD", program, argument...] or ["CMD-SHELL", line].'
    )
    interval: Annotated[int, Field(ge=0, le=86400), WHOLE] = Field(
        default=0, description="Seconds between two checks; 0 is the default of 1."
    )
    timeout: Annotated[int, Field(ge=0, le=86400), WHOLE] = Field(
        default=0, description="Seconds until a check counts as failed; 0 is the default of 5."
    )
    retries: Annotated[int, Field(ge=0, le=100000), WHOLE] = Field(
        default=0,
        description="Failures in a row until the node is unhealthy; 0 is the default of 30.",
    )
    start_period: Annotated[int, Field(ge=0, le=86400), WHOLE] = Field(
        default=0, description="Seconds after the start in which failures do not count."
    )


class DnsSpec(Spec):
    """Resolver settings of a node."""

    servers: Texts = Field(default=[], description="Addresses of name servers.")
    search: Texts = Field(default=[], description="Search domains.")
    options: Texts = Field(default=[], description="Options of resolv.conf(5).")


class WaitForSpec(Spec):
    """Another node's stage that must be complete."""

    node: Name = Field(description="Node to wait for.")
    stage: Literal["create", "create-links", "configure", "healthy", "exit"] = Field(
        description="Stage that the node must have completed."
    )


class StageCommandSpec(Spec):
    """A command bound to a stage."""

    command: Name = Field(description="Command line; split like a shell does, run without one.")
    target: Literal["container", "host"] = Field(
        default="container",
        description="Where it runs: in the node, or on the machine (needs --trust).",
    )
    phase: Literal["on-enter", "on-exit"] = Field(
        default="on-enter", description="When it runs: as the node enters the stage, or leaves it."
    )


class StagePhasesSpec(Spec):
    """The short form of commands bound to a stage; they run in the node."""

    on_enter: list[Name] = Field(
        default=[], description="Commands run as the node enters the stage."
    )
    on_exit: list[Name] = Field(
        default=[], description="Commands run as the node leaves the stage."
    )


def _exec_form(value: object) -> str:
    return "commands" if isinstance(value, list) else "phases"


StageExec = Annotated[
    Annotated[list[StageCommandSpec], Tag("commands")] | Annotated[StagePhasesSpec, Tag("phases")],
    Discriminator(_exec_form),
]


class StageSpec(Spec):
    """What must have happened before a node enters a stage, and what to run in it."""

    wait_for: list[WaitForSpec] = Field(
        default=[], description="Stages of other nodes to wait for."
    )
    exec: StageExec = Field(
        default=[], description="Commands to run on entering or leaving the stage."
    )


class StagesSpec(Spec):
    """Life-cycle stages of a node."""

    create: StageSpec | None = Field(default=None, description="Creation of the container.")
    create_links: StageSpec | None = Field(
        default=None, description="Creation of the node's links."
    )
    configure: StageSpec | None = Field(
        default=None, description="Running the node's exec commands."
    )
    healthy: StageSpec | None = Field(default=None, description="The node is ready.")
    exit: StageSpec | None = Field(default=None, description="The node's main process has ended.")


class NodeSpec(Spec):
    """A node, or what nodes inherit from defaults, kinds and groups."""

    kind: Literal["linux", "bridge"] | None = Field(
        default=None, description="linux: a container; bridge: a Linux bridge that joins its links."
    )
    image: Name | None = Field(default=None, description="Container image.")
    group: Name | None = Field(
        default=None, description="Group to inherit from (topology.groups); otherwise free text."
    )
    env: dict[str, Loose] = Field(default={}, description="Environment variables.")
    binds: Annotated[list[Name], Field(min_length=1), AfterValidator(unique)] | None = Field(
        default=None,
        description="Bind mounts source:destination[:options]; sources are relative to the file.",
        json_schema_extra={"uniqueItems": True},
    )
    exec: Annotated[list[Name], Field(min_length=1)] | None = Field(
        default=None,
        description="Commands run in the node after its links exist; one that fails fails up.",
    )
    labels: Annotated[dict[str, Text], json_schema(**labels_schema())] = Field(
        default={}, description="Container labels; dpulab.* say what the node is in a DPU lab."
    )
    ports: list[Name] | None = Field(
        default=None,
        description="Published ports [[address:]host-port:]port[/tcp|udp|sctp]; ranges allowed. "
        "They bind 127.0.0.1 unless an address is given.",
    )
    network_mode: (
        Annotated[
            Text, json_schema(type="string", pattern=r"^(host|none|container:[a-zA-Z0-9][\w.-]*)$")
        ]
        | None
    ) = Field(
        default=None,
        description="none, host or container:NODE; without it the node is on the management "
        "network.",
    )
    cmd: Text | None = Field(default=None, description="Command line that replaces the image's.")
    entrypoint: Text | None = Field(
        default=None, description="Entry point that replaces the image's."
    )
    sysctls: dict[str, Loose] = Field(default={}, description="Kernel parameters set in the node.")
    cap_add: Texts = Field(
        default=[], description="Linux capabilities to add, with or without CAP_."
    )
    privileged: Flag | None = Field(
        default=None, description="Run without isolation from the machine (needs --trust)."
    )
    devices: Texts = Field(
        default=[], description="Devices of the machine to pass in, by absolute path."
    )
    cpu: Annotated[float, Field(ge=0, le=4096), NUMBER] | None = Field(
        default=None, description="CPUs the node may use; fractions allowed."
    )
    memory: (
        Annotated[
            Text,
            read_by(units.bytes_of),
            json_schema(type="string", pattern=units.MEMORY_PATTERN),
        ]
        | None
    ) = Field(default=None, description="Memory limit: 512mb (decimal), 1Gib (binary).")
    healthcheck: HealthcheckSpec | None = Field(
        default=None, description="Health check; the lab runs it itself."
    )
    startup_config: Name | None = Field(
        default=None, description="File with the start-up configuration of a DPU or router."
    )
    mgmt_ipv4: Name | None = Field(
        default=None, description="Management IPv4 address, without prefix."
    )
    mgmt_ipv6: Name | None = Field(
        default=None, description="Management IPv6 address, without prefix."
    )
    dns: DnsSpec | None = Field(default=None, description="Resolver settings.")
    stages: StagesSpec | None = Field(
        default=None,
        description="Dependencies between nodes and commands bound to life-cycle stages.",
    )


class KindsSpec(Spec):
    """What all nodes of a kind inherit."""

    linux: NodeSpec | None = Field(default=None, description="What container nodes inherit.")
    bridge: NodeSpec | None = Field(default=None, description="What bridge nodes inherit.")


class MgmtSpec(Spec):
    """The management network."""

    network: Name | None = Field(default=None, description="Name of the Docker network.")
    bridge: Name | None = Field(
        default=None, description="Name of its Linux bridge on the machine."
    )
    ipv4_subnet: Name | None = Field(
        default=None, description="IPv4 subnet; without it, or with `auto`, a free one is found."
    )
    ipv6_subnet: Name | None = Field(
        default=None, description="IPv6 subnet; without it, or with `auto`, there is no IPv6."
    )
    ipv4_gw: Name | None = Field(
        default=None, description="IPv4 address of the machine in the subnet."
    )
    ipv6_gw: Name | None = Field(
        default=None, description="IPv6 address of the machine in the subnet."
    )
    mtu: Annotated[int, Field(ge=68, le=65535), WHOLE] = Field(
        default=1500, description="MTU in bytes."
    )
    external_access: Flag = Field(
        default=False, description="Whether nodes reach beyond the machine through it."
    )


class TopologySpec(Spec):
    """The lab's nodes and links."""

    defaults: NodeSpec = Field(default=NodeSpec(), description="What every node inherits.")
    kinds: KindsSpec = Field(default=KindsSpec(), description="What nodes of a kind inherit.")
    groups: dict[str, NodeSpec] = Field(
        default={}, description="What nodes of a group inherit, by group."
    )
    nodes: Annotated[
        dict[str, NodeSpec | None],
        Field(min_length=1, json_schema_extra={"propertyNames": {"pattern": NAME_PATTERN}}),
    ] = Field(description="The nodes by name; nothing after the name inherits everything.")
    links: Annotated[list[LinkSpec], Field(min_length=1)] | None = Field(
        default=None,
        description="Links between nodes, or from a node to the machine or another machine.",
    )


class FileSpec(Spec):
    """A lab."""

    name: Annotated[
        Name, json_schema(type="string", pattern=NAME_PATTERN, minLength=1, maxLength=40)
    ] = Field(description="Name of the lab; containers are called <prefix>-<name>-<node>.")
    prefix: Annotated[
        Text, json_schema(type="string", pattern=NAME_PATTERN, minLength=1, maxLength=20)
    ] = Field(default="dpulab", description="First part of container names.")
    mgmt: MgmtSpec = Field(default=MgmtSpec(), description="The management network.")
    topology: TopologySpec = Field(description="The lab's nodes and links.")
