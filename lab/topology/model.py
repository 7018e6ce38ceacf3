"""The resolved topology: what a file means after defaults, kinds, groups and checks.

Everything downstream (plan, engine, scenario) reads these values and never the file. Instances are
frozen; `to_json`/`from_json` round-trip them so that a running lab can be handled without its file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter


class Kind(StrEnum):
    """containerlab node kinds that the subset has."""

    LINUX = "linux"
    BRIDGE = "bridge"


class Role(StrEnum):
    """What a node is in a DPU lab; node label `dpulab.role`."""

    DPU = "dpu"
    HOST = "host"
    ROUTER = "router"
    TGEN = "tgen"
    STORAGE = "storage"
    GENERIC = "generic"


class Forwarding(StrEnum):
    """How a DPU joins its representors to its uplinks; node label `dpulab.forwarding`."""

    ROUTED = "routed"
    BRIDGE = "bridge"


class Readiness(StrEnum):
    """What the engine waits for; node label `dpulab.ready`."""

    GRPC = "grpc"
    """gRPC health check of the whole server says SERVING."""
    FILE = "file"
    """The file /run/dpulab/ready exists in the node."""
    RUNNING = "running"
    """The container runs (and its health check, where the file gives one, succeeds)."""


class LinkType(StrEnum):
    """containerlab link types that the subset has."""

    VETH = "veth"
    HOST = "host"
    MGMT_NET = "mgmt-net"
    MACVLAN = "macvlan"
    VXLAN = "vxlan"
    DUMMY = "dummy"


class Stage(StrEnum):
    """containerlab's node life-cycle stages."""

    CREATE = "create"
    CREATE_LINKS = "create-links"
    CONFIGURE = "configure"
    HEALTHY = "healthy"
    EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Impairment:
    """What a link end does to the frames that leave through it.

    Times are in microseconds, probabilities in [0, 1], rate in bit/s; 0 means "none". `seed` makes
    the n-th frame's fate reproducible.
    """

    delay_us: int = 0
    jitter_us: int = 0
    loss: float = 0.0
    duplicate: float = 0.0
    corrupt: float = 0.0
    rate_bps: int = 0
    seed: int = 1

    @property
    def is_none(self) -> bool:
        """Whether frames pass untouched."""
        return not (self.delay_us or self.loss or self.duplicate or self.corrupt or self.rate_bps)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of a link. `ipv4`/`ipv6` are interface addresses with prefix length, or ''."""

    node: str
    interface: str
    mac: str = ""
    ipv4: str = ""
    ipv6: str = ""
    impairment: Impairment = field(default_factory=Impairment)

    def __str__(self) -> str:
        return f"{self.node}:{self.interface}"


@dataclass(frozen=True, slots=True)
class Link:
    """A link. `b` is None for host, mgmt-net, macvlan, vxlan and dummy links."""

    type: LinkType
    a: Endpoint
    b: Endpoint | None = None
    mtu: int = 9500
    labels: dict[str, str] = field(default_factory=dict)
    host_interface: str = ""
    """host, mgmt-net: name of the end on the machine; macvlan: the parent interface."""
    macvlan_mode: str = "bridge"
    vxlan_remote: str = ""
    vxlan_vni: int = 0
    vxlan_dst_port: int = 0
    vxlan_src_port: int = 0

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The ends that sit in nodes of this lab."""
        return (self.a,) if self.b is None else (self.a, self.b)


@dataclass(frozen=True, slots=True)
class PortBinding:
    """A published port. `host_port` 0 lets the kernel choose."""

    host_ip: str
    host_port: int
    port: int
    protocol: str = "tcp"


@dataclass(frozen=True, slots=True)
class Healthcheck:
    """Docker-style health check; the engine runs it itself. Times in seconds."""

    test: tuple[str, ...]
    interval: float = 1.0
    timeout: float = 5.0
    retries: int = 30
    start_period: float = 0.0


@dataclass(frozen=True, slots=True)
class StageExec:
    """A command bound to a stage. `phase` is on-enter or on-exit; `target` container or host."""

    command: str
    phase: str = "on-exit"
    target: str = "container"


@dataclass(frozen=True, slots=True)
class StageRule:
    """What must have happened elsewhere before this node enters `stage`, and what to run then."""

    stage: Stage
    wait_for: tuple[tuple[str, Stage], ...] = ()
    exec: tuple[StageExec, ...] = ()


@dataclass(frozen=True, slots=True)
class Dns:
    """Resolver settings of a node."""

    servers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """A node after inheritance (node, then group, then kind, then defaults)."""

    name: str
    kind: Kind = Kind.LINUX
    image: str = ""
    group: str = ""
    role: Role = Role.GENERIC
    forwarding: Forwarding = Forwarding.ROUTED
    readiness: Readiness = Readiness.RUNNING
    personality: str = "generic"
    """DPU nodes: name of the card's personality file; node label `dpulab.personality`."""
    verify: bool = True
    """Hosts: take part in the host-to-host check of `up`; node label `dpulab.verify: "off"`."""
    storage: bool = False
    """Hosts: can have block devices; node label `dpulab.storage: "on"`."""
    env: dict[str, str] = field(default_factory=dict)
    binds: tuple[str, ...] = ()
    exec: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    ports: tuple[PortBinding, ...] = ()
    network_mode: str = ""
    """'' joins the management network; 'none', 'host' or 'container:NODE' do not."""
    cmd: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    sysctls: dict[str, str] = field(default_factory=dict)
    cap_add: tuple[str, ...] = ()
    privileged: bool = False
    devices: tuple[str, ...] = ()
    cpu: float = 0.0
    memory_bytes: int = 0
    healthcheck: Healthcheck | None = None
    startup_config: str = ""
    """Absolute path of the file, or ''."""
    mgmt_ipv4: str = ""
    mgmt_ipv6: str = ""
    dns: Dns = field(default_factory=Dns)
    stages: tuple[StageRule, ...] = ()

    @property
    def on_mgmt(self) -> bool:
        """Whether the node has an interface on the management network."""
        return self.kind is Kind.LINUX and not self.network_mode

    @property
    def machine_bridge(self) -> bool:
        """Bridge nodes: live in the machine's own namespace (label `dpulab.bridge: machine`)."""
        return self.kind is Kind.BRIDGE and self.labels.get("dpulab.bridge") == "machine"


@dataclass(frozen=True, slots=True)
class Mgmt:
    """The management network. An empty subnet means "find a free one"."""

    network: str = ""
    bridge: str = ""
    ipv4_subnet: str = ""
    ipv6_subnet: str = ""
    ipv4_gw: str = ""
    ipv6_gw: str = ""
    mtu: int = 1500
    external_access: bool = False


@dataclass(frozen=True, slots=True)
class Topology:
    """A lab. `source` is the absolute path of the topology file."""

    name: str
    source: Path
    prefix: str = "dpulab"
    mgmt: Mgmt = field(default_factory=Mgmt)
    nodes: dict[str, Node] = field(default_factory=dict)
    links: tuple[Link, ...] = ()

    def container_name(self, node: str) -> str:
        """Container name of a node: <prefix>-<lab>-<node>."""
        return f"{self.prefix}-{self.name}-{node}"

    def links_of(self, node: str) -> list[tuple[Link, Endpoint]]:
        """The links that end in `node`, each with that end."""
        return [(link, end) for link in self.links for end in link.endpoints if end.node == node]

    def endpoint(self, node: str, interface: str) -> tuple[Link, Endpoint] | None:
        """The link that ends in `node`:`interface`, with that end."""
        found = (pair for pair in self.links_of(node) if pair[1].interface == interface)
        return next(found, None)


_ADAPTER = TypeAdapter(Topology)


def to_json(topology: Topology) -> bytes:
    """Serialise a topology; `from_json` reads it back."""
    return _ADAPTER.dump_json(topology, indent=2)


def from_json(data: bytes) -> Topology:
    """Read what `to_json` wrote. Raises pydantic.ValidationError on anything else."""
    return _ADAPTER.validate_json(data)
