"""Topology file to resolved topology: `load`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.topology import addresses, source
from lab.topology.checks import Checker, check_mgmt
from lab.topology.expand import Expanded, expand
from lab.topology.model import Mgmt, Topology
from lab.topology.problems import KeyPath, Mistake, Problem, Report, TopologyError, dotted
from lab.topology.resolve import Resolver, check_labels
from lab.topology.resolve_links import SPECIAL_NODES, LinkResolver
from lab.topology.scalars import kebab
from lab.topology.spec import NAME_PATTERN, FileSpec, MgmtSpec
from lab.topology.validate import validate

SUFFIXES = (".clab.yml", ".clab.yaml")
MAX_LAB_NAME = 40
MAX_PREFIX = 20
MAX_NODE_NAME = 63
"""A node's name is its host name (sethostname(2) takes 64, a DNS label 63)."""
MAX_CONTAINER_NAME = 115
"""`dpulab:LAB:NODE` marks interfaces as an altname of at most 127 characters (ALTIFNAMSIZ)."""

PINNED_SUBNETS = {4: "172.20.20.0/24", 6: "3fff:172:20:20::/64"}
"""containerlab's management subnets. A file that pins management addresses without naming a subnet
counts on them; all others get a free subnet when the lab comes up."""

_NAME = re.compile(NAME_PATTERN)


def find(path: Path) -> Path:
    """The topology file for a path: a file, or the only `*.clab.yml` of a folder."""
    if not path.is_dir():
        return path
    found = sorted(item for item in path.iterdir() if item.name.endswith(SUFFIXES))
    if len(found) == 1:
        return found[0]
    if not found:
        raise LabError(f"{path}: no topology file here", "topology files end in .clab.yml")
    names = ", ".join(item.name for item in found)
    raise LabError(f"{path}: several topology files: {names}", "name one of them")


def load(path: Path, *, name: str | None = None, env: Mapping[str, str] | None = None) -> Topology:
    """Read, check and resolve a topology file, or the only one of a folder.

    `name` replaces the lab's name. `env` are the variables that the file may refer to; without it
    those of the process. Raises TopologyError with everything that is wrong with the file, and
    LabError when there is no file to read or `name` is no lab name.
    """
    path = find(path)
    if name is not None and (wrong := _wrong_name(name, MAX_LAB_NAME)):
        raise LabError(f"lab name {wrong}", "letters, digits, '.', '_' and '-'")
    text = _read(path)
    expanded = expand(text, os.environ if env is None else env)
    file = _File(str(path), expanded)
    try:
        tree = source.parse(expanded.text)
        spec, mistakes = validate(source.data(tree))
    except source.SourceError as error:
        raise TopologyError([file.source_problem(error)]) from error
    if spec is None:
        raise TopologyError([file.problem(tree, mistake) for mistake in mistakes])
    topology, report = _resolve(spec, path, name)
    if report.mistakes:
        raise TopologyError([file.problem(tree, mistake) for mistake in report.mistakes])
    return topology


@dataclass(frozen=True, slots=True)
class _File:
    """Turns offsets in the expanded text into places in the file."""

    name: str
    expanded: Expanded

    def problem(self, tree: source.Value, mistake: Mistake) -> Problem:
        """Where a mistake is. Merged or inherited values are where they are written."""
        line, column = self.expanded.origin(source.locate(tree, mistake.path, key=mistake.key))
        return Problem(self.name, line, column, mistake.what, dotted(mistake.path), mistake.hint)

    def source_problem(self, error: source.SourceError) -> Problem:
        """Where the text is not usable as YAML."""
        line, column = self.expanded.origin(error.index or 0)
        return Problem(self.name, line, column, error.what, hint=error.hint)


def _read(path: Path) -> str:
    """The file's text. Raises LabError, or TopologyError when it is no text."""
    try:
        with path.open("rb") as file:
            content = file.read(source.MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise LabError(f"{path}: cannot be read: {reason}", "name a *.clab.yml file") from error
    if len(content) > source.MAX_BYTES:
        what = f"the file is larger than {source.MAX_BYTES >> 10} KiB"
        raise TopologyError([Problem(str(path), 1, 1, what)])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        problem = Problem(str(path), line, column, "the file is not UTF-8 text")
        raise TopologyError([problem]) from error


def _resolve(spec: FileSpec, path: Path, name: str | None) -> tuple[Topology, Report]:
    """Resolve and check a file that has the right form; the topology counts if nothing is wrong."""
    report = Report()
    path = path.absolute()
    _check_names(spec, report)
    check_labels(spec.topology, report)
    resolver = Resolver(spec.topology, path.parent, report)
    nodes = {node: resolver.node(node) for node in spec.topology.nodes}
    mgmt = _mgmt(spec.mgmt, report)
    for version, subnet in PINNED_SUBNETS.items():
        pinned = any(getattr(node, f"mgmt_ipv{version}") for node in nodes.values())
        given: dict[str, Any] = {f"ipv{version}_subnet": subnet}
        if pinned and not getattr(mgmt, f"ipv{version}_subnet"):
            mgmt = replace(mgmt, **given)
    link_resolver = LinkResolver(report)
    links = [
        link_resolver.link(link, ("topology", "links", position))
        for position, link in enumerate(spec.topology.links or ())
    ]
    placed = [link for link in links if link is not None]
    topology = Topology(
        name=name or spec.name,
        source=path,
        prefix=spec.prefix,
        mgmt=mgmt,
        nodes=nodes,
        links=tuple(link.link for link in placed),
    )
    Checker(topology, placed, report).run()
    check_mgmt(mgmt, topology, report)
    return topology, report


def _wrong_name(text: str, longest: int) -> str:
    """What is wrong with a name, or ''."""
    if not _NAME.fullmatch(text):
        return f"'{text}' is not made of letters, digits, '.', '_' and '-', a letter or digit first"
    return f"'{text}' is longer than {longest} characters" if len(text) > longest else ""


def _check_names(spec: FileSpec, report: Report) -> None:
    if wrong := _wrong_name(spec.name, MAX_LAB_NAME):
        report.add(("name",), f"lab name {wrong}")
    if spec.prefix in {"", "__lab-name"}:
        what = f"prefix '{spec.prefix}' of containerlab is not supported"
        report.add(("prefix",), what, "containers are called <prefix>-<lab>-<node>")
    elif wrong := _wrong_name(spec.prefix, MAX_PREFIX):
        report.add(("prefix",), f"prefix {wrong}")
    for node in spec.topology.nodes:
        path: KeyPath = ("topology", "nodes", node)
        if wrong := _wrong_name(node, MAX_NODE_NAME):
            report.add(path, f"node name {wrong}", key=True)
        elif node in SPECIAL_NODES:
            report.add(path, f"node name '{node}' stands for the machine in links", key=True)
        elif len(f"{spec.prefix}-{spec.name}-{node}") > MAX_CONTAINER_NAME:
            what = f"prefix, lab and node name are longer than {MAX_CONTAINER_NAME} together"
            report.add(path, what, key=True)


def _read_mgmt(key: str, text: str) -> str:
    if key == "bridge":
        return addresses.interface_name(text)
    version = int(key[3])
    if key.endswith("subnet"):
        return str(addresses.network(text, version))
    return addresses.host(text, version)


def _mgmt(spec: MgmtSpec, report: Report) -> Mgmt:
    """The management network; what cannot be read counts as not given."""
    values: dict[str, Any] = {}
    for key in ("ipv4_subnet", "ipv6_subnet", "ipv4_gw", "ipv6_gw", "bridge"):
        text = getattr(spec, key)
        if text is None or (text == "auto" and key.endswith("subnet")):
            continue
        try:
            values[key] = _read_mgmt(key, text)
        except ValueError as error:
            report.add(("mgmt", kebab(key)), str(error))
    return Mgmt(
        network=spec.network or "",
        mtu=spec.mtu,
        external_access=spec.external_access,
        **values,
    )
