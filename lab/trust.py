"""What a topology asks of root on the machine, so that a person can say yes or no.

A topology file is code: what it mounts, runs and connects happens with root's rights. `grants`
lists every such request. Those that reach beyond the lab's own containers need `--trust`:

- bind mounts and start-up files from outside the topology's folder (symbolic links followed),
- privileged nodes, devices other than /dev/net/tun, network-mode host,
- host, macvlan and vxlan links, bridges in the machine's namespace, a named management bridge,
- commands on the machine,
- capabilities that amount to root on the machine (POWERFUL): SYS_MODULE, SYS_RAWIO and ALL always;
  SYS_ADMIN and the like unless the image is one of ours *and* the file runs and mounts nothing in
  the node, because then only what we ship uses them. A role brings such capabilities as well as
  cap-add does.

The rest is listed only: published ports beyond loopback, other capabilities, management links,
access to outside networks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.topology.model import Link, LinkType, Node, Role, Topology

IMAGE_PREFIX = "dpulab/"
"""Our images; the engine never pulls them."""

DOCKER_DEFAULTS = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "NET_RAW",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)
ORDINARY = DOCKER_DEFAULTS | {"NET_ADMIN"}
"""Capabilities that act inside the node's own namespaces only."""

ALWAYS_POWERFUL = frozenset({"ALL", "SYS_MODULE", "SYS_RAWIO", "SYS_BOOT", "DAC_READ_SEARCH"})
POWERFUL = ALWAYS_POWERFUL | {"SYS_ADMIN", "SYS_PTRACE", "BPF", "PERFMON", "MAC_ADMIN"}
"""Capabilities with which a process can become root on the machine."""

STORAGE_POWERS = ("SYS_ADMIN",)
"""What a host with `dpulab.storage` gets besides: mount(2), and the settings of loop devices."""

ROLE_POWERS = {Role.ROUTER: ("SYS_ADMIN",)}
"""Powerful capabilities that a role brings along without cap-add."""

SAFE_DEVICES = frozenset({"/dev/net/tun"})

_TOUCHING_LINKS = {
    LinkType.HOST: "an interface appears on the machine and is wired to the node",
    LinkType.MACVLAN: "the node joins the network of one of the machine's interfaces",
    LinkType.VXLAN: "the node's frames leave the machine for another one",
}


@dataclass(frozen=True, slots=True)
class Grant:
    """One request. `node` is '' for the lab as a whole."""

    node: str
    what: str
    why_risky: str
    needs_trust: bool

    def __str__(self) -> str:
        """One line for a person."""
        who = f"{self.node}: " if self.node else ""
        mark = " [needs --trust]" if self.needs_trust else ""
        return f"{who}{self.what}: {self.why_risky}{mark}"


def grants(topology: Topology) -> list[Grant]:
    """Everything a topology asks of root, in the order of its nodes, then links.

    Reads nothing but the targets of symbolic links.
    """
    folder = topology.source.parent.resolve()
    found = list(_mgmt(topology))
    for node in topology.nodes.values():
        found += _files(node, folder)
        found += _isolation(node)
        found += _capabilities(node)
        found += _commands(node)
        found += _ports(node)
    for link in topology.links:
        found += _link(link)
    return found


def _mgmt(topology: Topology) -> Iterator[Grant]:
    mgmt = topology.mgmt
    if mgmt.bridge:
        why = "if the machine has that bridge, the nodes join what is on it"
        yield Grant("", f"management network on bridge {mgmt.bridge}", why, needs_trust=True)
    if mgmt.external_access:
        why = "nodes reach the networks that the machine reaches"
        yield Grant("", "management network with external access", why, needs_trust=False)


def _files(node: Node, folder: Path) -> Iterator[Grant]:
    for bind in node.binds:
        source, _, rest = bind.partition(":")
        if _is_outside(Path(source), folder):
            writable = "ro" not in rest.partition(":")[2].split(",")
            why = f"the node can {'change' if writable else 'read'} files of the machine"
            yield Grant(node.name, f"bind mount of {_shown(source)}", why, needs_trust=True)
    if node.startup_config and _is_outside(Path(node.startup_config), folder):
        what = f"start-up configuration {_shown(node.startup_config)}"
        why = "a file of the machine, read with root's rights, goes into the node"
        yield Grant(node.name, what, why, needs_trust=True)


def _is_outside(path: Path, folder: Path) -> bool:
    """Whether a path leads out of the topology's folder; / as the folder excludes nothing."""
    real = path.resolve()
    return folder == Path(folder.anchor) or not real.is_relative_to(folder)


def _shown(source: str) -> str:
    real = str(Path(source).resolve())
    return source if real == source else f"{source} ({real})"


def _isolation(node: Node) -> Iterator[Grant]:
    if node.privileged:
        why = "no isolation from the machine is left"
        yield Grant(node.name, "privileged", why, needs_trust=True)
    if node.network_mode == "host":
        why = "the node uses the machine's interfaces and sockets"
        yield Grant(node.name, "network-mode host", why, needs_trust=True)
    for device in node.devices:
        if device not in SAFE_DEVICES:
            why = "the node drives a device of the machine"
            yield Grant(node.name, f"device {device}", why, needs_trust=True)
    if node.machine_bridge:
        why = "a bridge appears in the machine's own network"
        yield Grant(node.name, "bridge on the machine", why, needs_trust=True)


def _capabilities(node: Node) -> Iterator[Grant]:
    ours = node.image.startswith(IMAGE_PREFIX) and not _runs_own_code(node)
    for name in node.cap_add:
        if name in ORDINARY:
            continue
        needs_trust = name in ALWAYS_POWERFUL or (name in POWERFUL and not ours)
        why = "enough to become root on the machine" if name in POWERFUL else "acts on the kernel"
        yield Grant(node.name, f"capability {name}", why, needs_trust=needs_trust)
    brought = [(name, f"role {node.role}") for name in ROLE_POWERS.get(node.role, ())]
    brought += [(name, "dpulab.storage") for name in STORAGE_POWERS if node.storage]
    for name, through in brought:
        if not ours:
            what = f"capability {name} through {through}"
            why = "enough to become root on the machine, and the file decides what runs there"
            yield Grant(node.name, what, why, needs_trust=True)


def _runs_own_code(node: Node) -> bool:
    """Whether the file itself brings commands or files into the node."""
    staged = any(rule.exec for rule in node.stages)
    return bool(
        node.exec or node.cmd or node.entrypoint or node.healthcheck or node.binds or staged
    )


def _commands(node: Node) -> Iterator[Grant]:
    for rule in node.stages:
        for command in rule.exec:
            if command.target == "host":
                what = f"command on the machine: {command.command}"
                yield Grant(node.name, what, "it runs as root on the machine", needs_trust=True)


def _ports(node: Node) -> Iterator[Grant]:
    for port in node.ports:
        if not (port.host_ip.startswith("127.") or port.host_ip == "::1"):
            what = f"port {port.port}/{port.protocol} published on {port.host_ip}"
            why = "others in the network can reach the node"
            yield Grant(node.name, what, why, needs_trust=False)


def _link(link: Link) -> Iterator[Grant]:
    if why := _TOUCHING_LINKS.get(link.type):
        far = link.host_interface or link.vxlan_remote
        yield Grant(link.a.node, f"{link.type} link {link.a} - {far}", why, needs_trust=True)
    elif link.type is LinkType.MGMT_NET:
        what = f"mgmt-net link {link.a} - {link.host_interface}"
        why = "a port of the management bridge appears on the machine"
        yield Grant(link.a.node, what, why, needs_trust=False)
