"""From the file's models to resolved nodes: inheritance applied, every value read and checked."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from lab.topology import addresses, binds, capabilities, labels, ports, stages, units
from lab.topology.inherit import Found, Inherited, inherited
from lab.topology.model import (
    Dns,
    Forwarding,
    Healthcheck,
    Kind,
    Node,
    PortBinding,
    Readiness,
    Role,
)
from lab.topology.problems import Report
from lab.topology.scalars import kebab
from lab.topology.spec import DnsSpec, HealthcheckSpec, NodeSpec, TopologySpec

T = TypeVar("T")

_MAGIC = re.compile(r"__(?:clab|git)[A-Z]\w*?__")
_NO_WORDS: tuple[str, ...] = ()
_NODE_NAME = "__clabNodeName__"

CONTAINER_ONLY = frozenset(NodeSpec.model_fields) - {"kind", "group", "labels"}
"""Fields that mean nothing for a bridge node."""
CONFIGURABLE = (Role.DPU, Role.ROUTER)
"""Roles that have a start-up configuration."""


ROLES_OF_LABEL: Mapping[str, tuple[Role, ...]] = {
    labels.FORWARDING: (Role.DPU,),
    labels.PERSONALITY: (Role.DPU,),
    labels.VERIFY: (Role.HOST,),
    labels.STORAGE: (Role.HOST,),
    labels.BRIDGE: (),
}
"""Roles for which a label has a meaning."""


@dataclass(frozen=True, slots=True)
class Resolver:
    """Resolves the nodes of one file. `folder` is the file's, absolute."""

    spec: TopologySpec
    folder: Path
    report: Report = field(default_factory=Report)

    def node(self, name: str) -> Node:
        """One node. What is wrong goes to the report, and its value falls back to the default."""
        source = inherited(self.spec, name)
        if source.kind is None:
            self.report.add(
                source.path,
                f"node '{name}' has no kind",
                "add `kind: linux` (or `kind: bridge`) here or in topology.defaults",
                key=True,
            )
        if source.kind == "bridge":
            return self._bridge(source)
        return self._container(source)

    def _bridge(self, source: Inherited) -> Node:
        for layer in source.layers:
            if layer.path == ("topology", "defaults"):
                continue
            for name in sorted(layer.spec.model_fields_set & CONTAINER_ONLY):
                key = kebab(name)
                self.report.add(
                    (*layer.path, key),
                    f"'{key}' means nothing for a bridge",
                    "a bridge node has no container; remove the key",
                    key=True,
                )
        return Node(
            name=source.name,
            kind=Kind.BRIDGE,
            group=source.group,
            labels=source.mapping("labels"),
        )

    def _container(self, source: Inherited) -> Node:
        own = source.mapping("labels")
        role = _member(Role, own.get(labels.ROLE), Role.GENERIC)
        ready = Readiness.GRPC if role is Role.DPU else Readiness.RUNNING
        self._misplaced_labels(source, role)
        memory = self._read(source.pick("memory"), units.bytes_of, 0)
        return Node(
            name=source.name,
            kind=Kind.LINUX,
            image=self._image(source),
            group=source.group,
            role=role,
            forwarding=_member(Forwarding, own.get(labels.FORWARDING), Forwarding.ROUTED),
            readiness=_member(Readiness, own.get(labels.READY), ready),
            personality=own.get(labels.PERSONALITY, "generic"),
            verify=own.get(labels.VERIFY, "on") == "on",
            storage=own.get(labels.STORAGE, "off") == "on",
            env=self._env(source),
            binds=self._binds(source),
            exec=tuple(self._command(entry, source.name) for entry in source.entries("exec")),
            labels=own,
            ports=self._ports(source),
            network_mode=_text(source.pick("network_mode")),
            cmd=self._read(source.pick("cmd"), _words, _NO_WORDS),
            entrypoint=self._read(source.pick("entrypoint"), _words, _NO_WORDS),
            sysctls=source.mapping("sysctls"),
            cap_add=self._capabilities(source),
            privileged=bool(_value(source.pick("privileged"), default=False)),
            devices=self._devices(source),
            cpu=float(_value(source.pick("cpu"), default=0.0)),
            memory_bytes=self._memory(source, memory),
            healthcheck=self._healthcheck(source.pick("healthcheck")),
            startup_config=self._startup_config(source, role),
            mgmt_ipv4=self._mgmt_address(source, 4),
            mgmt_ipv6=self._mgmt_address(source, 6),
            dns=self._dns(source.pick("dns")),
            stages=stages.rules(
                list(source.given("stages")), lambda entry: self._command(entry, source.name)
            ),
        )

    def _misplaced_labels(self, source: Inherited, role: Role) -> None:
        """Labels that the node itself carries although its role has no use for them."""
        if not _is_known_role(source):
            return
        for label, roles in ROLES_OF_LABEL.items():
            if label in source.layers[-1].spec.labels and role not in roles:
                what = f"label '{label}' means nothing for a node with role {role}"
                hint = f"roles: {', '.join(roles)}" if roles else "it is for bridge nodes"
                self.report.add((*source.path, "labels", label), what, hint, key=True)

    def _read(self, found: Found | None, reader: Callable[[str], T], default: T) -> T:
        """Read a text with a reader that raises ValueError."""
        if found is None:
            return default
        try:
            return reader(found.value)
        except ValueError as error:
            self.report.add(found.path, str(error))
            return default

    def _magic(self, found: Found, node: str) -> str:
        """Replace containerlab's magic variables; only the node's name is known here."""
        text = str(found.value).replace(_NODE_NAME, node)
        if match := _MAGIC.search(text):
            self.report.add(
                found.path,
                f"magic variable {match[0]} of containerlab is not supported",
                f"{_NODE_NAME} is",
            )
        return text

    def _command(self, found: Found, node: str) -> str:
        """A command line that will be split, not given to a shell."""
        text = self._magic(found, node)
        self._read(Found(found.path, text), _words, _NO_WORDS)
        return text

    def _image(self, source: Inherited) -> str:
        image = source.pick("image")
        if image is not None:
            return str(image.value)
        if source.kind is not None:
            hint = "add `image:` here, or in topology.defaults, .kinds.linux or a group"
            if source.group and source.group not in self.spec.groups:
                hint = f"group '{source.group}' is not in topology.groups; {hint}"
            self.report.add(source.path, f"node '{source.name}' has no image", hint, key=True)
        return ""

    def _env(self, source: Inherited) -> dict[str, str]:
        for part in source.given("env"):
            for name in part.value:
                if name == "__IMPORT_ENVS" or not name or "=" in name or "\0" in name:
                    what = f"'{name}' is no name of an environment variable here"
                    self.report.add((*part.path, name), what, "name each variable", key=True)
        return source.mapping("env")

    def _binds(self, source: Inherited) -> tuple[str, ...]:
        by_destination: dict[str, binds.Bind] = {}
        for entry in source.entries("binds"):
            text = self._magic(entry, source.name)
            bind = self._read(Found(entry.path, text), self._parse_bind, None)
            if bind is None:
                continue
            by_destination[bind.destination] = bind
            if not _MAGIC.search(text) and not Path(bind.source).exists():
                self.report.add(
                    entry.path,
                    f"bind source '{text.split(':')[0]}' does not exist",
                    "relative sources start at the topology file's folder",
                )
        return tuple(str(bind) for bind in by_destination.values())

    def _parse_bind(self, text: str) -> binds.Bind | None:
        return binds.parse(text, self.folder)

    def _ports(self, source: Inherited) -> tuple[PortBinding, ...]:
        found = source.pick("ports")
        bindings: list[PortBinding] = []
        for position, text in enumerate(found.value if found else ()):
            entry = Found((*(found.path if found else ()), position), text)
            bindings += self._read(entry, ports.parse, [])
        return tuple(bindings)

    def _capabilities(self, source: Inherited) -> tuple[str, ...]:
        names: dict[str, None] = {}
        for entry in source.entries("cap_add"):
            if name := self._read(entry, capabilities.normalise, ""):
                names[name] = None
        return tuple(names)

    def _devices(self, source: Inherited) -> tuple[str, ...]:
        for entry in source.entries("devices"):
            if not str(entry.value).startswith("/"):
                what = f"device '{entry.value}' is not an absolute path"
                self.report.add(entry.path, what, "for example /dev/net/tun")
        return tuple(str(entry.value) for entry in source.entries("devices"))

    def _memory(self, source: Inherited, amount: int) -> int:
        found = source.pick("memory")
        if found and 0 < amount < 6 << 20:
            hint = "Docker needs at least 6MiB; is the unit missing?"
            self.report.add(found.path, f"memory '{found.value}' is too little", hint)
        return amount

    def _healthcheck(self, found: Found | None) -> Healthcheck | None:
        if found is None:
            return None
        spec: HealthcheckSpec = found.value
        if spec.test[0] == "NONE":
            return None
        if spec.test[0] not in {"CMD", "CMD-SHELL"} or len(spec.test) < 2:
            self.report.add(
                (*found.path, "test"),
                "a health check starts with CMD or CMD-SHELL and names a command",
                'for example ["CMD", "test", "-e", "/run/ready"]',
            )
        default = Healthcheck(test=())
        return Healthcheck(
            test=tuple(spec.test),
            interval=float(spec.interval) or default.interval,
            timeout=float(spec.timeout) or default.timeout,
            retries=spec.retries or default.retries,
            start_period=float(spec.start_period),
        )

    def _startup_config(self, source: Inherited, role: Role) -> str:
        found = source.pick("startup_config")
        if found is None:
            return ""
        if not _is_known_role(source):
            return ""
        if role not in CONFIGURABLE:
            self.report.add(
                found.path,
                f"startup-config means nothing for node '{source.name}' with role {role}",
                f"roles that have one: {', '.join(CONFIGURABLE)} (label {labels.ROLE})",
                key=True,
            )
            return ""
        text = self._magic(found, source.name)
        path = binds.absolute(text, self.folder)
        if not _MAGIC.search(text) and not Path(path).is_file():
            what = f"startup-config '{text}' is no file"
            hint = "a relative path starts at the topology file's folder"
            self.report.add(found.path, what, hint)
        return path

    def _mgmt_address(self, source: Inherited, version: int) -> str:
        name = f"mgmt_ipv{version}"
        for found in source.given(name):
            if found.path[1] != "nodes":
                what = f"{kebab(name)} belongs to one node, not to {found.path[1]}"
                self.report.add(found.path, what, "move it to the node", key=True)
                return ""
            return self._read(found, lambda text: addresses.host(text, version), "")
        return ""

    def _dns(self, found: Found | None) -> Dns:
        if found is None:
            return Dns()
        spec: DnsSpec = found.value
        for position, server in enumerate(spec.servers):
            self._read(Found((*found.path, "servers", position), server), addresses.host, "")
        return Dns(tuple(spec.servers), tuple(spec.search), tuple(spec.options))


def check_labels(spec: TopologySpec, report: Report) -> None:
    """Check the `dpulab.*` labels where they are written."""
    places: dict[tuple[str, ...], NodeSpec | None] = {("defaults",): spec.defaults}
    places |= {("kinds", name): getattr(spec.kinds, name) for name in ("linux", "bridge")}
    places |= {("groups", name): group for name, group in spec.groups.items()}
    places |= {("nodes", name): node for name, node in spec.nodes.items()}
    for place, layer in places.items():
        written: Mapping[str, str] = layer.labels if layer else {}
        for name, what, hint in labels.mistakes(written):
            path = ("topology", *place, "labels", name)
            report.add(path, what, hint, key=what.startswith("unknown"))


def _member(kind: type[T], text: str | None, default: T) -> T:
    """Read an enumeration from a label; a wrong value is reported where it is written."""
    return next((m for m in kind if m == text), default)  # type: ignore[attr-defined]


def _is_known_role(source: Inherited) -> bool:
    """False after a wrong role label: it is reported, and what would follow from it is not."""
    return source.mapping("labels").get(labels.ROLE, Role.GENERIC) in tuple(Role)


def _value(found: Found | None, *, default: T) -> T:
    return default if found is None else found.value


def _text(found: Found | None) -> str:
    return "" if found is None else str(found.value)


def _words(text: str) -> tuple[str, ...]:
    """Split a command line as a shell does."""
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise ValueError(f"'{text}' is no command line: {error}") from None
