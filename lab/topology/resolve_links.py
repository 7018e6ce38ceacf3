"""From the file's links to resolved ones: both forms become one, addresses and units are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from lab.topology import addresses, units
from lab.topology.inherit import Found
from lab.topology.model import Endpoint, Impairment, Link, LinkType
from lab.topology.problems import KeyPath, Report
from lab.topology.spec_links import (
    BriefLink,
    CommonLinkSpec,
    EndpointSpec,
    ImpairmentSpec,
    LinkSpec,
    MacvlanLink,
    OneEndLink,
    VarsSpec,
    VethLink,
    VxlanLink,
)

T = TypeVar("T")

DEFAULT_MTU = {LinkType.MACVLAN: 1500, LinkType.VXLAN: 1450}
"""Links whose packets leave through an Ethernet interface of the machine."""
OTHER_MTU = 9500
"""containerlab's default (constants.DefaultLinkMTU)."""

SPECIAL_NODES = {
    "host": LinkType.HOST,
    "mgmt-net": LinkType.MGMT_NET,
    "macvlan": LinkType.MACVLAN,
}
"""Names that stand for the machine's side in the brief form."""


@dataclass(frozen=True, slots=True)
class Side:
    """An end as written: its texts (mac, ipv4, ipv6), each with its place in the file."""

    node: str
    interface: str
    path: KeyPath
    texts: dict[str, Found] = field(default_factory=dict)
    vars: VarsSpec | None = None
    is_brief: bool = False

    @property
    def node_path(self) -> KeyPath:
        """Where the node's name is written."""
        return self.path if self.is_brief else (*self.path, "node")

    @property
    def interface_path(self) -> KeyPath:
        """Where the interface's name is written."""
        return self.path if self.is_brief else (*self.path, "interface")

    def place(self, name: str) -> KeyPath:
        """Where a text of this end is written; the end itself when it is not."""
        return self.texts[name].path if name in self.texts else self.path


@dataclass(frozen=True, slots=True)
class PlacedLink:
    """A resolved link with its place in the file; `sides` go with `link.endpoints`."""

    path: KeyPath
    link: Link
    sides: tuple[Side, ...]
    machine_path: KeyPath = ()
    """Where the name of the end on the machine is written."""


@dataclass(frozen=True, slots=True)
class LinkResolver:
    """Resolves the links of one file."""

    report: Report = field(default_factory=Report)

    def link(self, spec: LinkSpec, path: KeyPath) -> PlacedLink | None:
        """One link at `path`; None when its ends cannot be told."""
        if isinstance(spec, BriefLink):
            return self._brief(spec, path)
        if isinstance(spec, VethLink):
            sides = [
                self._placed(_side(end, (*path, "endpoints", i)), spec, path, i)
                for i, end in enumerate(spec.endpoints)
            ]
            return self._wire(spec, path, sides)
        return self._one_end(spec, path)

    def _brief(self, spec: BriefLink, path: KeyPath) -> PlacedLink | None:
        read = [self._split(text, (*path, "endpoints", i)) for i, text in enumerate(spec.endpoints)]
        sides = [self._placed(side, spec, path, i) for i, side in enumerate(read) if side]
        if len(sides) < 2:
            return None
        machine = [side for side in sides if side.node in SPECIAL_NODES]
        if not machine:
            return self._wire(spec, path, sides)
        if len(machine) == 2:
            hint = "one end must be a node of the lab"
            self.report.add((*path, "endpoints"), "both ends are on the machine", hint)
            return None
        node = next(side for side in sides if side is not machine[0])
        return self._to_machine(spec, path, machine[0], node)

    def _split(self, text: str, path: KeyPath) -> Side | None:
        node, _, interface = text.partition(":")
        if not (node and interface):
            self.report.add(path, f"'{text}' is no endpoint", "write node:interface")
            return None
        return Side(node, interface, path, is_brief=True)

    def _placed(self, side: Side, spec: BriefLink | VethLink, path: KeyPath, position: int) -> Side:
        """Give an end the addresses that the link lists in the order of its endpoints."""
        texts = dict(side.texts)
        for family in ("ipv4", "ipv6"):
            listed: list[str] = getattr(spec, family) or []
            if position >= len(listed) or not listed[position].strip():
                continue
            found = Found((*path, family, position), listed[position].strip())
            if family in texts:
                what = f"{side.node}:{side.interface} gets two {family} addresses"
                self.report.add(found.path, what, f"its endpoint gives {family}; write '' here")
            texts[family] = found
        return replace(side, texts=texts)

    def _wire(self, spec: BriefLink | VethLink, path: KeyPath, sides: list[Side]) -> PlacedLink:
        a, b = (self._end(side, spec.vars, path) for side in sides)
        return PlacedLink(
            path, Link(type=LinkType.VETH, a=a, b=b, **_common(spec, LinkType.VETH)), tuple(sides)
        )

    def _to_machine(self, spec: BriefLink, path: KeyPath, machine: Side, node: Side) -> PlacedLink:
        kind = SPECIAL_NODES[machine.node]
        for text in machine.texts.values():
            what = f"the machine's end of a {kind} link gets no address from the file"
            self.report.add(text.path, what, "write '' in its place")
        self._read(machine.interface, machine.path, addresses.interface_name, "")
        link = Link(
            type=kind,
            a=self._end(node, spec.vars, path),
            host_interface=machine.interface,
            **_common(spec, kind),
        )
        return PlacedLink(path, link, (node,), machine.path)

    def _one_end(self, spec: OneEndLink, path: KeyPath) -> PlacedLink:
        kind = LinkType(spec.type)
        side = _side(spec.endpoint, (*path, "endpoint"))
        interface: str = getattr(spec, "host_interface", "")
        if interface:
            self._read(interface, (*path, "host-interface"), addresses.interface_name, "")
        link = Link(
            type=kind,
            a=self._end(side, spec.vars, path),
            host_interface=interface,
            macvlan_mode=spec.mode if isinstance(spec, MacvlanLink) else "bridge",
            **_common(spec, kind),
        )
        if isinstance(spec, VxlanLink):
            link = replace(
                link,
                vxlan_remote=self._read(spec.remote, (*path, "remote"), addresses.host, ""),
                vxlan_vni=spec.vni,
                vxlan_dst_port=spec.dst_port,
                vxlan_src_port=spec.src_port or 0,
            )
        return PlacedLink(path, link, (side,), (*path, "host-interface"))

    def _end(self, side: Side, link_vars: VarsSpec | None, path: KeyPath) -> Endpoint:
        """An end in a node, with what its texts say."""
        self._read(side.interface, side.interface_path, addresses.interface_name, "")
        readers: dict[str, Callable[[str], str]] = {
            "mac": addresses.mac,
            "ipv4": lambda text: addresses.interface(text, 4).with_prefixlen,
            "ipv6": lambda text: addresses.interface(text, 6).with_prefixlen,
        }
        values = {
            name: self._read(found.value, found.path, readers[name], "")
            for name, found in side.texts.items()
        }
        impairment = self._impairment(side, link_vars, path)
        return Endpoint(side.node, side.interface, impairment=impairment, **values)

    def _impairment(self, side: Side, link_vars: VarsSpec | None, path: KeyPath) -> Impairment:
        """The link's impairment; what the end itself says wins key by key."""
        shared = link_vars.dpulab if link_vars and link_vars.dpulab else ImpairmentSpec()
        own = side.vars.dpulab if side.vars and side.vars.dpulab else None
        spec = shared.model_copy(update=own.model_dump(exclude_unset=True)) if own else shared
        if spec.jitter and not spec.delay:
            place = side.path if own and own.jitter else path
            hint = "jitter varies a delay; add delay"
            self.report.add((*place, "vars", "dpulab", "jitter"), "jitter without delay", hint)
        return impairment(spec)

    def _read(self, text: str, path: KeyPath, reader: Callable[[str], T], default: T) -> T:
        """Read a text with a reader that raises ValueError."""
        try:
            return reader(text)
        except ValueError as error:
            self.report.add(path, str(error))
            return default


def impairment(spec: ImpairmentSpec) -> Impairment:
    """Numbers of an impairment; the texts were checked when the file was read."""
    return Impairment(
        delay_us=units.microseconds(spec.delay) if spec.delay else 0,
        jitter_us=units.microseconds(spec.jitter) if spec.jitter else 0,
        loss=units.probability(spec.loss) if spec.loss else 0.0,
        duplicate=units.probability(spec.duplicate) if spec.duplicate else 0.0,
        corrupt=units.probability(spec.corrupt) if spec.corrupt else 0.0,
        rate_bps=units.bits_per_second(spec.rate) if spec.rate else 0,
        seed=1 if spec.seed is None else spec.seed,
    )


def _side(spec: EndpointSpec, path: KeyPath) -> Side:
    texts = {
        name: Found((*path, name), value)
        for name in ("mac", "ipv4", "ipv6")
        if (value := getattr(spec, name)) is not None
    }
    return Side(spec.node, spec.interface, path, texts, spec.vars)


def _common(spec: CommonLinkSpec, kind: LinkType) -> dict[str, Any]:
    return {"mtu": spec.mtu or DEFAULT_MTU.get(kind, OTHER_MTU), "labels": dict(spec.labels)}
