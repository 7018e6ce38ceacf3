"""The functions of a simulated card: one table for everything that names them.

Representors, inventory entries, OPI Vnic and PCIe ids, session LIF numbers and firewall functions
all come from here. A function's numbers follow from its name alone, never from the wiring, so they
stay when links are added or removed.

Names follow Linux (devlink port flavours, `phys_port_name`): `pf<P>hpf` is the representor of
physical function P on the host's side, `pf<P>vf<V>` that of its virtual function V, `p<N>` an
uplink. Linux counts VFs from 0; OPI's PciEndpoint counts them from 1, 0 being the PF itself
(opi_api.storage.v1.PciEndpoint).
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from lab.topology.model import Endpoint, Link, Role, Topology

MAX_PF = 7
"""A PCI device has eight functions (PCIe base specification, without ARI)."""
MAX_VF = 63
"""Virtual functions per PF, minus one."""
MAX_UPLINK = 255
NAMES = f"names: pf<0-{MAX_PF}>hpf, pf<0-{MAX_PF}>vf<0-{MAX_VF}>, uplinks p0, p1, ..."

_BUS = 3
_FIRST_VF_OFFSET = 16
_VF_STRIDE = 64
_LIF_STRIDE = 256

_FUNCTION = re.compile(r"pf(?P<pf>0|[1-9]\d?)(?:hpf|vf(?P<vf>0|[1-9]\d?))", re.ASCII)
_UPLINK = re.compile(r"p(0|[1-9]\d{0,2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Uplink:
    """A network port of the card."""

    number: int


@dataclass(frozen=True, slots=True)
class Function:
    """A PCIe function of the card. `vf` counts from 0 and is None for the PF itself."""

    pf: int
    vf: int | None = None

    @property
    def representor(self) -> str:
        """Interface in the DPU that stands for the function."""
        return f"pf{self.pf}hpf" if self.vf is None else f"pf{self.pf}vf{self.vf}"

    @property
    def number(self) -> int:
        """OPI's virtual_function: 0 for the PF, VFs from 1."""
        return 0 if self.vf is None else self.vf + 1

    @property
    def lif(self) -> int:
        """Logical interface number in OPI sessions, from 1."""
        return 1 + self.pf * _LIF_STRIDE + self.number

    @property
    def address(self) -> str:
        """PCI address DDDD:BB:DD.F; VFs follow the PFs by routing id and may pass the bus."""
        offset = self.pf if self.vf is None else _FIRST_VF_OFFSET + self.pf * _VF_STRIDE + self.vf
        bus, devfn = _BUS + offset // 256, offset % 256
        return f"0000:{bus:02x}:{devfn >> 3:02x}.{devfn & 7}"


@dataclass(frozen=True, slots=True)
class CardFunction:
    """A function that a topology wires.

    `opi` has the fields of OPI's PciEndpoint. `host` and `host_interface` are '' where the
    function's link does not end in another node.
    """

    representor: str
    pf: int
    vf: int | None
    opi: dict[str, int]
    lif: int
    address: str
    host: str = ""
    host_interface: str = ""


def parse_interface(name: str) -> Function | Uplink | None:
    """What an interface of a DPU is; None when a card has no such interface."""
    if match := _UPLINK.fullmatch(name):
        number = int(match[1])
        return Uplink(number) if number <= MAX_UPLINK else None
    match = _FUNCTION.fullmatch(name)
    if match is None or int(match["pf"]) > MAX_PF or int(match["vf"] or 0) > MAX_VF:
        return None
    return Function(int(match["pf"]), None if match["vf"] is None else int(match["vf"]))


def functions(topology: Topology, dpu_node: str) -> list[CardFunction]:
    """The functions that a DPU's links wire: PF, then its VFs, by number."""
    found: list[tuple[Function, Link, Endpoint]] = []
    for link, end in topology.links_of(dpu_node):
        parsed = parse_interface(end.interface)
        if isinstance(parsed, Function):
            found.append((parsed, link, end))
    return [_wired(*item) for item in sorted(found, key=lambda item: item[0].lif)]


def _wired(function: Function, link: Link, end: Endpoint) -> CardFunction:
    other = next((peer for peer in link.endpoints if peer is not end), None)
    return CardFunction(
        representor=function.representor,
        pf=function.pf,
        vf=function.vf,
        opi={
            "port_id": 0,
            "physical_function": function.pf,
            "virtual_function": function.number,
        },
        lif=function.lif,
        address=function.address,
        host=other.node if other else "",
        host_interface=other.interface if other else "",
    )


def uplinks(topology: Topology, dpu: str) -> list[str]:
    """The uplinks that a DPU's links wire, by number."""
    found = {
        parsed.number: end.interface
        for _, end in topology.links_of(dpu)
        if isinstance(parsed := parse_interface(end.interface), Uplink)
    }
    return [found[number] for number in sorted(found)]


def storage_pairs(topology: Topology) -> list[tuple[str, str]]:
    """DPUs and hosts that a function joins, where the host can have block devices."""
    pairs = [
        (name, function.host)
        for name, node in topology.nodes.items()
        if node.role is Role.DPU
        for function in functions(topology, name)
        if function.host and topology.nodes[function.host].storage
    ]
    return list(dict.fromkeys(pairs))


def card_table(topology: Topology, node: str) -> dict[str, Any]:
    """The card of a DPU as JSON.

    {"personality": str, "uplinks": [str, ...], "functions": [{"representor": str, "pf": int,
    "vf": int | null, "opi": {"port_id": int, "physical_function": int, "virtual_function": int},
    "lif": int, "address": str, "host": str, "host_interface": str}, ...]}
    """
    return {
        "personality": topology.nodes[node].personality,
        "uplinks": uplinks(topology, node),
        "functions": [asdict(function) for function in functions(topology, node)],
    }
